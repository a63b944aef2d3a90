"""Strategies for the events of every topic and for the envelopes in which they are recorded."""

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from attrs import fields, resolve_types
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from patientportal.domain import events as domain_events
from patientportal.domain.accounts.birth_dates import BirthDateWrong
from patientportal.domain.accounts.challenges import AnswerWrong, RecoveryAnswered, RecoveryClosed
from patientportal.domain.accounts.codes import CodeUnknown
from patientportal.domain.accounts.link_requests import RecoveryLinkRequested
from patientportal.domain.accounts.log_in import LockedOut, LogInFailed
from patientportal.domain.accounts.restored import RestoredFromBackup
from patientportal.domain.appointments.directory import PlacePut, ProviderPut, VisitTypePut
from patientportal.domain.appointments.requests import RequestExpired
from patientportal.domain.appointments.schedules import SlotsPublished, SlotsWithdrawn
from patientportal.domain.audit.looks import RecordViewed, StaffRefused
from patientportal.domain.events import Actor, ActorKind, Event, Recorded
from patientportal.domain.ids import NOBODY
from patientportal.domain.medications.covers import CoverGiven
from patientportal.domain.medications.renewals import RenewalExpired
from patientportal.domain.staff import PERMITTED, NotPermittedError, OwnAccountError, Role
from patientportal.domain.statements.settlement import PaymentReleased
from patientportal.domain.values.money import Money
from patientportal.ports import catalogue
from patientportal.testing.strategies.accounts import EVENTS as ACCOUNT_EVENTS
from patientportal.testing.strategies.accounts import OUTSIDE_A_SESSION as ACCOUNTS_OUTSIDE_A_SESSION
from patientportal.testing.strategies.accounts import VERBS as ACCOUNT_VERBS
from patientportal.testing.strategies.appointments import EVENTS as APPOINTMENT_EVENTS
from patientportal.testing.strategies.appointments import OUTSIDE_A_SESSION as APPOINTMENTS_OUTSIDE_A_SESSION
from patientportal.testing.strategies.appointments import VERBS as APPOINTMENT_VERBS
from patientportal.testing.strategies.medications import EVENTS as MEDICATION_EVENTS
from patientportal.testing.strategies.medications import OUTSIDE_A_SESSION as MEDICATIONS_OUTSIDE_A_SESSION
from patientportal.testing.strategies.medications import VERBS as MEDICATION_VERBS
from patientportal.testing.strategies.messages import OUTSIDE_A_SESSION as MESSAGES_OUTSIDE_A_SESSION
from patientportal.testing.strategies.messages import VERBS as MESSAGE_VERBS
from patientportal.testing.strategies.notices import VERBS as NOTICE_VERBS
from patientportal.testing.strategies.statements import OUTSIDE_A_SESSION as STATEMENTS_OUTSIDE_A_SESSION
from patientportal.testing.strategies.statements import VERBS as STATEMENT_VERBS
from patientportal.testing.strategies.statements import money
from patientportal.testing.strategies.support import OUTSIDE_A_SESSION as SUPPORT_OUTSIDE_A_SESSION
from patientportal.testing.strategies.support import VERBS as SUPPORT_VERBS
from patientportal.testing.strategies.values import BY_TYPE as OF_VALUES
from patientportal.testing.strategies.values import event_ids, moments, patient_ids, session_ids, staff_ids

E = TypeVar("E", bound=Event)

LOOKS_END = (
    *(".of_patient", ".get", ".get_request", ".renewals", ".renewal"),
    *("s.document", "s.payments", "s.get_payment", "s.refunds", "s.get_refund"),
)
LOOKS = tuple(verb for verb in PERMITTED if verb.endswith(LOOKS_END))
"""The verbs by which staff look at one patient."""

_LOOKS: Mapping[type[Event], SearchStrategy[Any]] = MappingProxyType(
    {
        RecordViewed: st.builds(RecordViewed, verb=st.sampled_from(LOOKS)),
        StaffRefused: st.builds(
            StaffRefused,
            verb=st.sampled_from(sorted(PERMITTED)),
            code=st.sampled_from((NotPermittedError.code, OwnAccountError.code)),
        ),
    }
)
_NARROWER: Mapping[type[Event], SearchStrategy[Any]] = MappingProxyType(
    {**ACCOUNT_EVENTS, **APPOINTMENT_EVENTS, **MEDICATION_EVENTS, **_LOOKS}
)
_OF_FIELDS: Mapping[Any, SearchStrategy[Any]] = MappingProxyType(
    {int: st.integers(0, 99), bool: st.booleans(), datetime: moments(), Money: money(at_least=1)}
)


def _of_field(wanted: Any) -> SearchStrategy[Any]:  # noqa: ANN401 - any annotation
    if typing.get_origin(wanted) in {types.UnionType, typing.Union}:
        return st.one_of(*(st.none() if one is types.NoneType else _of_field(one) for one in typing.get_args(wanted)))
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return st.sampled_from(wanted)
    return _OF_FIELDS[wanted] if wanted in _OF_FIELDS else OF_VALUES[wanted]()


def _built(of: type[Event]) -> SearchStrategy[Any]:
    return st.builds(of, **{one.name: _of_field(one.type) for one in fields(resolve_types(of))})


EVENTS: Mapping[type[Event], SearchStrategy[Any]] = MappingProxyType(
    {of: _NARROWER[of] if of in _NARROWER else _built(of) for of in catalogue.EVENTS.values()}
)
"""Every event: by its fields' types, where its topic doesn't say that it can be less."""

VERBS: Mapping[type[Event], str] = MappingProxyType(
    {
        **ACCOUNT_VERBS,
        **SUPPORT_VERBS,
        **MESSAGE_VERBS,
        **APPOINTMENT_VERBS,
        **MEDICATION_VERBS,
        **STATEMENT_VERBS,
        **NOTICE_VERBS,
    }
)
"""The practice's verb that an event comes from; a patient's events aren't in it."""

OUTSIDE_A_SESSION: frozenset[type[Event]] = frozenset().union(
    ACCOUNTS_OUTSIDE_A_SESSION,
    SUPPORT_OUTSIDE_A_SESSION,
    MESSAGES_OUTSIDE_A_SESSION,
    APPOINTMENTS_OUTSIDE_A_SESSION,
    MEDICATIONS_OUTSIDE_A_SESSION,
    STATEMENTS_OUTSIDE_A_SESSION,
)
"""What patients do outside a session."""

ABOUT_NOBODY = (CoverGiven, PlacePut, ProviderPut, SlotsPublished, SlotsWithdrawn, VisitTypePut)
"""What staff do to no patient."""


def event(of: type[E]) -> SearchStrategy[E]:
    """One sort of event."""
    found: SearchStrategy[E] = EVENTS[of]
    return found


def events() -> SearchStrategy[Event]:
    """Any event."""
    return st.one_of(*EVENTS.values())


@st.composite
def actors(draw: DrawFn) -> Actor:
    """Whoever can have done something: patients and staff with their id, staff with their role."""
    kind = draw(st.sampled_from(list(ActorKind)))
    match kind:
        case ActorKind.PATIENT:
            return Actor(kind=kind, id=draw(patient_ids()))
        case ActorKind.STAFF:
            return Actor(kind=kind, id=draw(staff_ids()), role=draw(st.sampled_from(Role)))
        case ActorKind.SYSTEM | ActorKind.ANONYMOUS:
            return Actor(kind=kind)


def _members(roles: Sequence[Role | None]) -> SearchStrategy[Actor]:
    """Staff, by one of these roles."""
    return st.builds(Actor, kind=st.just(ActorKind.STAFF), id=staff_ids(), role=st.sampled_from(roles))


@st.composite
def recorded(draw: DrawFn) -> Recorded:
    """Events in their envelopes, by whom they can have been done and in a session where there was one."""
    happened = draw(events())
    patient_id = draw(patient_ids())
    session_id = None
    match happened:
        case AnswerWrong() | RecoveryClosed() | RecoveryAnswered():
            patient_id = draw(st.sampled_from((NOBODY, patient_id)))
            by = domain_events.ANONYMOUS
        case LogInFailed() | LockedOut(account_locked=False):
            patient_id = draw(st.sampled_from((NOBODY, patient_id)))
            by = domain_events.ANONYMOUS
        case LockedOut() | RecoveryLinkRequested() | BirthDateWrong():
            by = domain_events.ANONYMOUS
        case CodeUnknown():
            patient_id = NOBODY
            by = domain_events.ANONYMOUS
        case RequestExpired() | RenewalExpired() | PaymentReleased() | RestoredFromBackup():
            by = domain_events.SYSTEM
        case RecordViewed(verb=verb):
            by = draw(_members(sorted(PERMITTED[verb])))
        case StaffRefused():
            patient_id = draw(st.sampled_from((NOBODY, patient_id)))
            by = draw(_members([None]))
        case _ if type(happened) in VERBS:
            by = draw(_members(sorted(PERMITTED[VERBS[type(happened)]])))
            patient_id = NOBODY if isinstance(happened, ABOUT_NOBODY) else patient_id
        case _:
            by = Actor(kind=ActorKind.PATIENT, id=patient_id)
            session_id = None if type(happened) in OUTSIDE_A_SESSION else draw(session_ids())
    return Recorded(
        id=draw(event_ids()), at=draw(moments()), patient_id=patient_id, by=by, session_id=session_id, event=happened
    )


BY_TYPE: Mapping[Any, Callable[[], SearchStrategy[Any]]] = MappingProxyType(
    {
        Actor: actors,
        Event: events,
        Recorded: recorded,
        **{of: partial(event, of) for of in EVENTS},
    }
)
"""What ``st.from_type`` answers with, by the type asked for."""
