"""Everything that is kept, in the order in which it is locked; everything that happens; who is told of it."""

from collections.abc import Mapping
from itertools import chain
from types import MappingProxyType
from typing import Any

from patientportal.domain import events
from patientportal.domain.accounts import catalogue as accounts
from patientportal.domain.appointments import catalogue as appointments
from patientportal.domain.audit import catalogue as audit
from patientportal.domain.events import Event
from patientportal.domain.kinds import Kind
from patientportal.domain.medications import catalogue as medications
from patientportal.domain.messages import catalogue as messages
from patientportal.domain.notices import catalogue as deliveries
from patientportal.domain.patients import catalogue as patients
from patientportal.domain.policy import Policy
from patientportal.domain.statements import catalogue as statements
from patientportal.domain.support import catalogue as support
from patientportal.domain.told import Notice, Telling

ROOMS = (accounts, appointments, messages, support, medications, statements, deliveries, audit)

LOCK_ORDER = (
    "deliveries",
    "log_in_guards",
    "recovery_guards",
    "usernames",
    "patients",
    "personal_records",
    "search_words",
    "recovery_names",
    "accounts",
    "security_answers",
    "links",
    "link_secrets",
    "email_changes",
    "support_requests",
    "sessions",
    "medications",
    "renewals",
    "statements",
    "statement_documents",
    "payments",
    "refunds",
    "inbox_messages",
    "appointments",
    "appointment_requests",
    "providers",
    "places",
    "visit_types",
    "schedules",
    "slots",
    "covers",
    "events",
)
"""The tables in the one order in which rows are locked: a name, say, is guarded before its patient is known."""

_DECLARED = {kind.table: kind for kind in chain(events.KINDS, *(room.KINDS for room in (patients, *ROOMS)))}

KINDS: Mapping[type[Any], Kind] = MappingProxyType({_DECLARED[table].state: _DECLARED[table] for table in LOCK_ORDER})
"""Every kind of state, in the order of the locks."""

_TELLING: Mapping[type[Event], Telling] = dict(chain.from_iterable(room.EVENTS.items() for room in ROOMS))

EVENTS: Mapping[str, type[Event]] = MappingProxyType({event.name: event for event in _TELLING})
"""Every event, by the name under which it is kept."""


def notices(event: Event, policy: Policy) -> tuple[Notice, ...]:
    """What the patient whom an event is about is told of it."""
    return _TELLING[type(event)](event, policy)
