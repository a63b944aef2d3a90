"""Strategies for the messages in patients' inboxes, the facts in them, and their event."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import evolve, fields, resolve_types
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from patientportal.domain.events import Event
from patientportal.domain.messages.facts import FACTS, Facts, MessageKind, PaymentReceiptFacts
from patientportal.domain.messages.messages import InboxMessage, MessageRetracted, MessageSent, written
from patientportal.domain.values.money import Money
from patientportal.domain.values.retractions import RetractionReason
from patientportal.testing.strategies.statements import money
from patientportal.testing.strategies.values import ids, lines, message_ids, moments, patient_ids, rising, staff_ids

_OF_FIELDS: Mapping[Any, SearchStrategy[Any]] = MappingProxyType(
    {
        str: lines(max_size=80),
        str | None: st.none() | lines(max_size=80),
        Money: money(at_least=1),
    }
)
_OF_A_STATEMENT = ("statement_number", "paid", "balance")


def _built(of: type[Facts]) -> SearchStrategy[Facts]:
    return st.builds(of, **{one.name: _OF_FIELDS[one.type] for one in fields(resolve_types(of))})


def _receipts() -> SearchStrategy[Facts]:
    """Receipts that name a statement with its sums, or nothing of it."""
    amounts = money(at_least=1)
    unnamed = st.builds(PaymentReceiptFacts, amount=amounts, **dict.fromkeys(_OF_A_STATEMENT, st.none()))
    named = st.builds(
        PaymentReceiptFacts, amount=amounts, statement_number=lines(max_size=80), paid=money(), balance=money()
    )
    return named | unnamed


def facts() -> SearchStrategy[Facts]:
    """What the portal tells, of every kind."""
    return st.one_of(*(_built(of) for of in FACTS.values() if of is not PaymentReceiptFacts), _receipts())


@st.composite
def inbox_messages(draw: DrawFn, *, skewed: bool = False) -> InboxMessage:
    """Messages in somebody's inbox, read and unread, of the practice and of the portal, by older releases too.

    Args:
        draw: given by Hypothesis.
        skewed: whether the clock was set back in between.
    """
    sent, read = draw(rising(2, skewed=skewed))
    patient_id, message_id, read_at = draw(patient_ids()), draw(message_ids()), draw(st.sampled_from((None, read)))
    told = draw(st.none() | facts())
    if told is not None:
        by = draw(staff_ids()) if told.kind is MessageKind.SUPPORT_ANSWERED else None
        made = written(told, patient_id=patient_id, message_id=message_id, about_id=draw(ids()), now=sent, by=by)
        one = evolve(made, facts=draw(st.sampled_from((None, told))), read_at=read_at)
        return one if by is None else draw(_perhaps_retracted(one))
    by_practice = InboxMessage(
        patient_id=patient_id,
        id=message_id,
        kind=MessageKind.FROM_PRACTICE,
        subject=draw(lines(max_size=80)),
        body=draw(lines(max_size=200)),
        sent_at=sent,
        sent_by=draw(staff_ids()),
        read_at=read_at,
        idempotency_key=draw(st.none() | lines(max_size=80)),
    )
    return draw(_perhaps_retracted(by_practice))


@st.composite
def _perhaps_retracted(draw: DrawFn, message: InboxMessage) -> InboxMessage:
    if draw(st.booleans()):
        return message
    at, reason = draw(moments(earliest=message.sent_at)), draw(st.sampled_from(RetractionReason))
    return evolve(message, retracted_at=at, retracted_by=draw(staff_ids()), retract_reason=reason)


VERBS: Mapping[type[Event], str] = MappingProxyType(
    {MessageRetracted: "messages.retract", MessageSent: "messages.send"}
)
"""The practice's verb that an event comes from; a patient's events aren't in it."""

OUTSIDE_A_SESSION: frozenset[type[Event]] = frozenset()
"""What patients do outside a session."""

BY_TYPE: Mapping[Any, Callable[[], SearchStrategy[Any]]] = MappingProxyType(
    {Facts: facts, InboxMessage: inbox_messages}
)
"""What ``st.from_type`` answers with, by the type asked for."""
