"""Hypothesis strategies for every state, event and value: consistent by default, and close to the edges."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from hypothesis.strategies import SearchStrategy

from patientportal.testing.strategies.accounts import BY_TYPE as OF_ACCOUNTS
from patientportal.testing.strategies.accounts import (
    accounts,
    email_changes,
    hashed_answers,
    link_secrets,
    links,
    log_in_guards,
    patients,
    personal_records,
    recovery_guards,
    sessions,
    taken_usernames,
)
from patientportal.testing.strategies.appointments import BY_TYPE as OF_APPOINTMENTS
from patientportal.testing.strategies.appointments import (
    appointment_requests,
    appointments,
    places,
    providers,
    schedules,
    slots,
    spans,
    visit_types,
    windows,
)
from patientportal.testing.strategies.events import BY_TYPE as OF_EVENTS
from patientportal.testing.strategies.events import actors, event, events, recorded
from patientportal.testing.strategies.medications import BY_TYPE as OF_MEDICATIONS
from patientportal.testing.strategies.medications import covers, grants, medications, numbers_of_refills, renewals
from patientportal.testing.strategies.messages import BY_TYPE as OF_MESSAGES
from patientportal.testing.strategies.messages import inbox_messages
from patientportal.testing.strategies.notices import BY_TYPE as OF_NOTICES
from patientportal.testing.strategies.notices import deliveries
from patientportal.testing.strategies.people import BY_TYPE as OF_PEOPLE
from patientportal.testing.strategies.people import (
    WeakPassword,
    device_names,
    emails,
    languages,
    names,
    normal_usernames,
    passwords,
    personal_information,
    phones,
    postal_codes,
    security_answers,
    spellings,
    staff_members,
    usernames,
    weak_passwords,
)
from patientportal.testing.strategies.policies import BY_TYPE as OF_POLICIES
from patientportal.testing.strategies.policies import (
    appointment_policies,
    email_change_policies,
    invitation_policies,
    lockout_policies,
    notice_policies,
    password_policies,
    payment_policies,
    policies,
    recovery_policies,
    renewal_policies,
    session_policies,
)
from patientportal.testing.strategies.statements import BY_TYPE as OF_STATEMENTS
from patientportal.testing.strategies.statements import (
    currencies,
    media_types,
    money,
    payments,
    statement_documents,
    statements,
)
from patientportal.testing.strategies.support import BY_TYPE as OF_SUPPORT
from patientportal.testing.strategies.support import support_requests
from patientportal.testing.strategies.values import BY_TYPE as OF_VALUES
from patientportal.testing.strategies.values import (
    EARLIEST,
    LATEST,
    ZONES,
    appointment_ids,
    appointment_request_ids,
    delivery_ids,
    email_change_ids,
    event_ids,
    ids,
    link_ids,
    medication_ids,
    message_ids,
    moments,
    password_hashes,
    patient_ids,
    payment_ids,
    place_ids,
    renewal_ids,
    rising,
    secret_hashes,
    secrets,
    session_ids,
    slot_ids,
    staff_ids,
    statement_ids,
    support_request_ids,
    tokens,
    visit_type_ids,
)

__all__ = [
    "BY_TYPE",
    "EARLIEST",
    "LATEST",
    "ZONES",
    "WeakPassword",
    "accounts",
    "actors",
    "appointment_ids",
    "appointment_policies",
    "appointment_request_ids",
    "appointment_requests",
    "appointments",
    "covers",
    "currencies",
    "deliveries",
    "delivery_ids",
    "device_names",
    "email_change_ids",
    "email_change_policies",
    "email_changes",
    "emails",
    "event",
    "event_ids",
    "events",
    "grants",
    "hashed_answers",
    "ids",
    "inbox_messages",
    "invitation_policies",
    "languages",
    "link_ids",
    "link_secrets",
    "links",
    "lockout_policies",
    "log_in_guards",
    "media_types",
    "medication_ids",
    "medications",
    "message_ids",
    "moments",
    "money",
    "names",
    "normal_usernames",
    "notice_policies",
    "numbers_of_refills",
    "password_hashes",
    "password_policies",
    "passwords",
    "patient_ids",
    "patients",
    "payment_ids",
    "payment_policies",
    "payments",
    "personal_information",
    "personal_records",
    "phones",
    "place_ids",
    "places",
    "policies",
    "postal_codes",
    "providers",
    "recorded",
    "recovery_guards",
    "recovery_policies",
    "renewal_ids",
    "renewal_policies",
    "renewals",
    "rising",
    "schedules",
    "secret_hashes",
    "secrets",
    "security_answers",
    "session_ids",
    "session_policies",
    "sessions",
    "slot_ids",
    "slots",
    "spans",
    "spellings",
    "staff_ids",
    "staff_members",
    "statement_documents",
    "statement_ids",
    "statements",
    "support_request_ids",
    "support_requests",
    "taken_usernames",
    "tokens",
    "usernames",
    "visit_type_ids",
    "visit_types",
    "weak_passwords",
    "windows",
]

BY_TYPE: Mapping[Any, Callable[[], SearchStrategy[Any]]] = MappingProxyType(
    {
        **OF_VALUES,
        **OF_PEOPLE,
        **OF_POLICIES,
        **OF_ACCOUNTS,
        **OF_SUPPORT,
        **OF_MEDICATIONS,
        **OF_MESSAGES,
        **OF_APPOINTMENTS,
        **OF_STATEMENTS,
        **OF_NOTICES,
        **OF_EVENTS,
    }
)
"""What ``st.from_type`` answers with, by the type asked for."""
