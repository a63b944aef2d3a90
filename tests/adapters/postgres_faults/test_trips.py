"""How often what a patient does waits for PostgreSQL, and how many statements it sends, BEGIN and COMMIT among them.

A look is one trip, and one more where names are looked up for what was found. A change is two: what is decided on is
read and locked, and the rest goes out with the COMMIT. What takes more says why.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from patientportal import Money, PatientAccess, Portal, PostgresStore, SandboxProcessor, Window
from patientportal.adapters.postgres_connections import Connection
from patientportal.testing import (
    PASSWORD,
    CheapHasher,
    Clinic,
    FrozenClock,
    clinic,
    ids_in_a_row,
    portal,
    secrets_in_a_row,
)
from tests.adapters.postgres_faults.server import Proxy

CLOCK = FrozenClock()
CENT = Money(minor_units=1, currency="USD")
Verb = Callable[[Portal, PatientAccess, Clinic], object]


def asked_for(_: Portal, me: PatientAccess, __: Clinic) -> object:
    today = CLOCK().date()
    return me.appointments.request("A cough", [Window(first_day=today, last_day=today)])


def booked(_: Portal, me: PatientAccess, __: Clinic) -> object:
    slots = me.appointments.open_slots().items
    return me.appointments.book(slots[0].slot_id)


def later(me: PatientAccess) -> PatientAccess:
    CLOCK.advance(timedelta(minutes=2))
    return me


VERBS: dict[str, tuple[Verb, int, int]] = {
    "log in": (lambda one, _, of: one.log_in(of.ada.username, PASSWORD), 12, 3),
    "resume": (lambda one, me, _: one.resume(me.token), 4, 1),
    "resume, a minute later": (lambda one, me, _: one.resume(later(me).token), 9, 3),  # a look, then a change
    "open_slots": (lambda _, me, __: me.appointments.open_slots(), 11, 2),
    "upcoming": (lambda _, me, __: me.appointments.upcoming(), 13, 2),
    "past": (lambda _, me, __: me.appointments.past(), 16, 2),
    "a visit": (lambda _, me, of: me.appointments.get(of.ahead[0]), 10, 2),
    "what was asked for": (lambda _, me, __: me.appointments.requests(), 5, 1),
    "visit_types": (lambda _, me, __: me.appointments.visit_types(), 5, 1),
    "medications": (lambda _, me, __: me.medications.active(), 8, 2),
    "renewals": (lambda _, me, __: me.medications.renewals(), 12, 3),  # of which medications, and whose
    "statements": (lambda _, me, __: me.statements.all(), 5, 1),
    "current": (lambda _, me, __: me.statements.current(), 5, 1),
    "payments": (lambda _, me, __: me.statements.payments(), 5, 1),
    "a document": (lambda _, me, of: me.statements.document(of.current), 12, 3),  # opened for the first time
    "a document, again": (lambda _, me, of: me.statements.document(of.current), 6, 1),
    "inbox": (lambda _, me, __: me.messages.inbox(), 5, 1),
    "unread_count": (lambda _, me, __: me.messages.unread_count(), 5, 1),
    "support": (lambda _, me, __: me.support.requests(), 8, 2),  # with their answers
    "profile": (lambda _, me, __: me.account.profile(), 7, 1),
    "devices": (lambda _, me, __: me.account.devices(), 5, 1),
    "history": (lambda _, me, __: me.account.history(), 12, 3),  # with devices, and who of the providers
    # 2 for the slots that are offered, and 3: what was booked before is looked for once the slot is known
    "book": (booked, 21, 5),
    "cancel": (lambda _, me, of: me.appointments.cancel(of.ahead[0]), 13, 3),  # the slots that it takes, once known
    "ask for a visit": (
        lambda _, me, __: me.appointments.request(
            "A cough", [Window(first_day=CLOCK().date(), last_day=CLOCK().date())]
        ),
        7,
        2,
    ),
    "pay": (lambda _, me, of: me.statements.pay(of.current, CENT, source="approve"), 18, 4),  # two transactions
    "request_renewal": (lambda _, me, of: me.medications.request_renewal(of.medications[1]), 8, 2),
    "withdraw_renewal": (lambda _, me, of: me.medications.withdraw_renewal(of.renewal), 7, 2),
    "request_resend": (lambda _, me, of: me.statements.request_resend(of.current), 8, 2),
    "ask support": (lambda _, me, __: me.support.ask("Hello"), 7, 2),
    "set_language": (lambda _, me, __: me.account.set_language("de"), 7, 2),
    "log off": (lambda _, me, __: me.log_off(), 6, 2),
}


@pytest.fixture
def practice(store: PostgresStore, through: PostgresStore) -> Iterator[tuple[Portal, PatientAccess, Clinic]]:
    """A small practice, as it is reached through the proxy, and Ada in it."""
    given: dict[str, Any] = {
        "clock": CLOCK,
        "hasher": CheapHasher(),
        "new_id": ids_in_a_row(),
        "new_secret": secrets_in_a_row(),
        "payments": SandboxProcessor(),
    }
    of = clinic(portal(store=store, **given))
    with closing(portal(store=through, **given)) as one:
        yield one, one.log_in(of.ada.username, PASSWORD), of


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the stores send, one entry for each statement."""
    every: list[object] = []
    send = Connection._sent

    def noted(self: Connection, text: str, *values: Any, **named: Any) -> Any:
        every.append(text)
        return send(self, text, *values, **named)

    monkeypatch.setattr(Connection, "_sent", noted)
    return every


def test_what_a_patient_does_takes_so_many_statements_and_trips(
    practice: tuple[Portal, PatientAccess, Clinic], proxy: Proxy, sent: list[object]
) -> None:
    took = {}
    for name, (verb, *_) in VERBS.items():
        sent.clear()
        proxy.bursts = []
        verb(*practice)
        took[name] = len(sent), len(proxy.bursts)
    assert took == {name: tuple(expected) for name, (_, *expected) in VERBS.items()}
