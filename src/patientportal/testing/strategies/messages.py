"""Strategies for the messages in patients' inboxes and their event."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from patientportal.domain.events import Event
from patientportal.domain.messages.messages import InboxMessage, MessageKind, MessageSent
from patientportal.testing.strategies.values import ids, lines, message_ids, patient_ids, rising, staff_ids


@st.composite
def inbox_messages(draw: DrawFn, *, skewed: bool = False) -> InboxMessage:
    """Messages in somebody's inbox, read and unread.

    Args:
        draw: given by Hypothesis.
        skewed: whether the clock was set back in between.
    """
    sent, read = draw(rising(2, skewed=skewed))
    kind = draw(st.sampled_from(MessageKind))
    is_from_staff = kind is MessageKind.FROM_PRACTICE
    return InboxMessage(
        patient_id=draw(patient_ids()),
        id=draw(message_ids()),
        kind=kind,
        about_id=None if is_from_staff else draw(ids()),
        subject=draw(lines(max_size=80)),
        body=draw(lines(max_size=200)),
        sent_at=sent,
        sent_by=draw(staff_ids()) if is_from_staff else None,
        read_at=draw(st.sampled_from((None, read))),
        idempotency_key=draw(st.none() | lines(max_size=80)) if is_from_staff else None,
    )


VERBS: Mapping[type[Event], str] = MappingProxyType({MessageSent: "messages.send"})
"""The practice's verb that an event comes from; a patient's events aren't in it."""

OUTSIDE_A_SESSION: frozenset[type[Event]] = frozenset()
"""What patients do outside a session."""

BY_TYPE: Mapping[Any, Callable[[], SearchStrategy[Any]]] = MappingProxyType({InboxMessage: inbox_messages})
"""What ``st.from_type`` answers with, by the type asked for."""
