"""Every list of visits, slots, medications, renewals, covers, messages and requests is found by an index."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from patientportal import (
    Asker,
    MemoryStore,
    PatientAccess,
    PatientState,
    Place,
    PlaceId,
    PracticeAccess,
    RecordingNotifier,
    SqliteStore,
    StaffId,
    Store,
    VisitType,
    VisitTypeId,
    Window,
)
from patientportal.adapters.sql.statements import Statements
from patientportal.adapters.sqlite import SqliteDialect
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.links import Link
from patientportal.domain.accounts.recovery_names import RecoveryName
from patientportal.domain.appointments.appointments import Appointment
from patientportal.domain.appointments.requests import AppointmentRequest
from patientportal.domain.appointments.schedules import Slot
from patientportal.domain.medications.covers import Cover
from patientportal.domain.medications.medications import Medication
from patientportal.domain.medications.renewals import Renewal
from patientportal.domain.messages.messages import InboxMessage
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.patients.search_words import SearchWord
from patientportal.domain.support.support import SupportRequest
from patientportal.domain.values.retractions import RetractionReason
from patientportal.ports.store import Query
from patientportal.testing import FrozenClock, activated, desk, person, portal

KINDS = {
    Patient,
    Account,
    Link,
    SearchWord,
    RecoveryName,
    PersonalRecord,
    Medication,
    Renewal,
    Cover,
    InboxMessage,
    SupportRequest,
    Slot,
    Appointment,
    AppointmentRequest,
}
SORTED = {
    "renewals_one_requested",  # the one request of a patient that waits for one medication
    "appointments_by_provider",  # one day of one provider
    "appointments_by_day",  # one day of all of them
}


class Listening(Store):
    """A store that keeps every query that it is asked."""

    def __init__(self) -> None:
        self._inner: Store = MemoryStore()
        self.asked: list[Query[Any]] = []

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self._inner.transaction() as block:
            yield _Heard(block, self.asked)

    @contextmanager
    def view(self) -> Iterator[Any]:
        with self._inner.view() as block:
            yield _Heard(block, self.asked)

    def find_all(self, *asked: Any) -> Any:
        with self.view() as view:
            return view.find_all(*asked)

    def close(self) -> None:
        self._inner.close()


class _Heard:
    def __init__(self, inner: Any, asked: list[Query[Any]]) -> None:
        self._inner = inner
        self._asked = asked

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def select(self, query: Query[Any]) -> Any:
        self._asked.append(query)
        return self._inner.select(query)

    def find_all(self, *asked: Any) -> Any:
        self._asked.extend(one for one in asked if isinstance(one, Query))
        return self._inner.find_all(*asked)


def do_everything_about_visits(
    me: PatientAccess, practice: PracticeAccess, clock: FrozenClock
) -> list[Callable[..., Any]]:
    """Publishes, books, moves, asks and cancels; and the lists that there are of it, each narrowed in each way."""
    north, dora = Place(id=PlaceId("north"), name="North Building", zone="UTC"), StaffId("dora")
    begins_at, today = clock(), clock().date()
    tomorrow = today + timedelta(days=1)
    practice.schedule.publish(
        *(north, "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU"),
        opens=time(9),
        closes=time(12),
        visit_length=timedelta(minutes=30),
        provider_id=dora,
        first_day=tomorrow,
        last_day=tomorrow,
    )
    first, second, third, *_ = (slot.slot_id for slot in me.appointments.open_slots().items)
    moved_id = me.appointments.reschedule(me.appointments.book(first), second)
    me.appointments.cancel(moved_id)
    days = [Window(first_day=today, last_day=tomorrow)]
    requests = [me.appointments.request("A cough", days, idempotency_key=form) for form in (None, "form")]
    practice.appointments.decline_request(requests[0], "Nobody is free")
    practice.appointments.cancel(practice.appointments.schedule_request(requests[1], third), "The doctor is ill")
    for narrowed in ({}, {"place_id": north.id}):
        practice.schedule.withdraw(after=begins_at, before=begins_at + timedelta(hours=1), provider_id=dora, **narrowed)
    for provider_id in (dora, None):
        practice.appointments.of_day(provider_id, tomorrow)
    kinds = [VisitType(id=VisitTypeId(who), name=who, length=timedelta(hours=1)) for who in ("any", "dora")]
    for kind in (kinds[0], evolve(kinds[1], provider_ids=(dora,))):
        practice.visit_types.put(kind)
    keys = {"external_id": "A-1", "idempotency_key": "form"}
    long_id = practice.appointments.book(me.patient_id, third, visit_type_id=kinds[0].id, **keys)
    practice.appointments.get(practice.appointments.reschedule(long_id, first))
    narrowings: list[dict[str, Any]] = [
        {"provider_id": dora},
        {"place_id": north.id},
        {"provider_id": dora, "place_id": north.id},
        {"visit_type_id": kinds[0].id},
        {"visit_type_id": kinds[1].id},
        {"after": begins_at + timedelta(hours=1), "before": begins_at + timedelta(days=2)},
    ]
    lists: list[Callable[..., Any]] = [
        me.appointments.upcoming,
        me.appointments.past,
        me.appointments.requests,
        practice.appointments.requests,
        me.appointments.open_slots,
        partial(practice.appointments.of_patient, me.patient_id),
    ]
    return lists + [partial(me.appointments.open_slots, **narrowed) for narrowed in narrowings]


@pytest.fixture(scope="module")
def asked() -> list[Query[Any]]:
    """All that is asked about this by whatever the face can do."""
    store, clock, notifier = Listening(), FrozenClock(), RecordingNotifier()
    one = portal(store=store, clock=clock, notifier=notifier)
    member = activated(one, notifier)
    me, practice = one.log_in(member.username, member.password), desk(one)
    taken = [
        practice.medications.record(me.patient_id, name="Aspirin", started_on=date(2026, 1, 1), refills_left=1)
        for _ in range(2)
    ]
    for medication_id in taken:
        renewal_id = me.medications.request_renewal(medication_id)
        practice.medications.approve_renewal(renewal_id, refills=1, refilled=False)
        practice.medications.mark_refilled(renewal_id)
        me.medications.request_renewal(medication_id, idempotency_key=f"form {medication_id}")
    message_id = practice.messages.send(me.patient_id, subject="Your test", body="All is well.", idempotency_key="form")
    practice.messages.retract(practice.messages.get(message_id).message_id, RetractionReason.OTHER)
    request_id = me.support.ask("Where do I park?", idempotency_key="form")
    one.recovery.ask_support("ada@example.org", "Let me in.")
    practice.support.resolve(practice.support.get(request_id).request_id, answer="Behind the house.")
    lists: list[Callable[..., Any]] = [
        *do_everything_about_visits(me, practice, clock),
        *(me.medications.active, me.medications.all, me.medications.renewals, me.messages.inbox, me.support.requests),
        *(partial(practice.support.open_requests, of=of) for of in Asker),
        *(partial(listed, me.patient_id) for listed in (practice.messages.of_patient, practice.support.of_patient)),
        *(practice.medications.pending_renewals, practice.medications.unfilled_renewals),
        *(partial(of, me.patient_id) for of in (practice.medications.of_patient, practice.medications.renewals)),
        *(partial(practice.patients.all, state=state) for state in (None, *PatientState)),
    ]
    for listed in lists:
        cursor = listed(limit=1).next_cursor
        listed(limit=1, cursor=cursor)
    born: dict[str, Any] = {"date_of_birth": date(1980, 12, 10)}
    practice.patients.find(external_id="K-1")
    for known in ({"last_name": "Byron"}, {"text": "Ada Byron"}, {"phone": "555 0123"}, born):
        practice.patients.find(**known)
        practice.patients.find(**known | born)
    one.recovery.forgot_username(person())
    me.messages.unread_count()
    practice.medications.cover(StaffId("staff-1"), StaffId("staff-2"), clock() + timedelta(days=1))
    practice.medications.covers()
    practice.medications.reassign(StaffId("staff-1"), StaffId("staff-2"))
    one.health()
    practice.medications.discontinue(taken[0])
    clock.advance(timedelta(days=100))
    one.work()
    return [query for query in store.asked if query.state in KINDS]


def test_no_query_goes_through_a_whole_table_or_sorts_more_than_its_page(
    asked: list[Query[Any]], tmp_path: Path
) -> None:
    SqliteStore(tmp_path / "portal.db").close()
    statements = Statements(SqliteDialect())
    assert {query.state for query in asked} == KINDS
    with closing(sqlite3.connect(tmp_path / "portal.db")) as connection:
        for query in asked:
            text, values = statements.selected(query)
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]
            assert plan[0].startswith("SEARCH"), (text, plan)
            if any(where.name == "patient_id" for where in query.where):
                assert "patient_id=?" in plan[0], (text, plan)
            assert len(plan) == 1 or any(index in plan[0] for index in SORTED), (text, plan)
