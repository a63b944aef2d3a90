"""What the databases themselves refuse, for whoever goes past the rules."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from patientportal import AppointmentId, AppointmentStatus, ConflictError, PatientId, PlaceId, SlotId, StaffId
from patientportal.domain.appointments.appointments import Appointment
from patientportal.domain.appointments.schedules import Schedule, Slot
from patientportal.domain.events import ActorKind
from patientportal.domain.patients.patients import Patient
from patientportal.ports.store import Store, key_of

MINUTE = timedelta(minutes=1)
NINE = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
NORTH = PlaceId("north")
DORA, EMIL = StaffId("dora"), StaffId("emil")
ADA, BEN = PatientId("ada"), PatientId("ben")

of_each_engine = pytest.mark.parametrize("raw_store", ["sqlite", "postgres"], indirect=True)
of_every_store = pytest.mark.parametrize("raw_store", ["memory", "sqlite", "postgres"], indirect=True)


def visit(
    name: str, begins: int = 0, ends: int = 30, *, of: PatientId = ADA, by: StaffId = DORA, slot: str = ""
) -> Appointment:
    """A booked one from so many minutes after nine until so many."""
    return Appointment(
        patient_id=of,
        id=AppointmentId(name),
        slot_id=SlotId(slot or name),
        provider_id=by,
        place_id=NORTH,
        zone="America/New_York",
        starts_at=NINE + begins * MINUTE,
        ends_at=NINE + ends * MINUTE,
        reason="",
        booked_at=NINE,
        held_until=NINE + ends * MINUTE,
        series_id=AppointmentId(name),
    )


def cancelled(of: Appointment) -> Appointment:
    return evolve(of, status=AppointmentStatus.CANCELLED, ended_at=NINE, cancelled_by=ActorKind.PATIENT)


def slot(name: str, begins: int = 0, ends: int = 30, *, of: StaffId = DORA) -> Slot:
    return Slot(
        id=SlotId(name),
        provider_id=of,
        place_id=NORTH,
        zone="America/New_York",
        starts_at=NINE + begins * MINUTE,
        ends_at=NINE + ends * MINUTE,
    )


def add(store: Store, *states: object) -> None:
    with store.transaction() as tx:
        for state in states:
            tx.add(state)


def put(store: Store, state: object) -> None:
    with store.transaction() as tx:
        tx.get(key_of(state))
        tx.put(state)


@pytest.fixture
def store(raw_store: Store) -> Store:
    """One that knows two patients and two providers."""
    patients = [Patient(id=of, registered_at=NINE) for of in (ADA, BEN)]
    add(raw_store, *patients, *(Schedule(provider_id=of, begun_at=NINE) for of in (DORA, EMIL)))
    return raw_store


@of_every_store
def test_a_slot_has_one_booked_visit(store: Store) -> None:
    first = visit("first", slot="s-1")
    add(store, first)
    with pytest.raises(ConflictError):
        add(store, visit("second", of=BEN, slot="s-1"))
    put(store, cancelled(first))
    add(store, visit("third", of=BEN, slot="s-1"))
    with pytest.raises(ConflictError):
        put(store, first)


@of_each_engine
@pytest.mark.parametrize(
    ("begins", "ends", "overlaps"),
    [
        (-30, 0, False),
        (-30, 1, True),
        (-30, 60, True),
        (0, 30, True),
        (10, 20, True),
        (29, 60, True),
        (30, 60, False),
    ],
)
def test_visits_of_a_patient_do_not_overlap(store: Store, begins: int, ends: int, *, overlaps: bool) -> None:
    add(store, visit("before", -90, -60), visit("first"), visit("after", 90, 120))
    other = visit("other", begins, ends)
    add(store, visit("of-ben", begins, ends, of=BEN, by=EMIL), cancelled(visit("cancelled", begins, ends)))
    if overlaps:
        with pytest.raises(ConflictError):
            add(store, other)
        add(store, cancelled(other))
        with pytest.raises(ConflictError):
            put(store, other)
    else:
        add(store, other)


@of_each_engine
def test_a_visit_may_be_changed_where_it_stands(store: Store) -> None:
    add(store, visit("first"), visit("second", 30, 60))
    put(store, evolve(visit("first"), reason="My back"))
    put(store, visit("first", 0, 29))
    with pytest.raises(ConflictError):
        put(store, visit("first", 0, 31))


@of_each_engine
@pytest.mark.parametrize(
    ("begins", "ends", "overlaps"),
    [(-30, 0, False), (-30, 1, True), (-30, 60, True), (5, 25, True), (29, 60, True), (30, 60, False)],
)
def test_slots_of_a_provider_do_not_overlap(store: Store, begins: int, ends: int, *, overlaps: bool) -> None:
    add(store, slot("before", -90, -60), slot("first"), slot("after", 90, 120))
    other = slot("other", begins, ends)
    add(store, slot("of-emil", begins, ends, of=EMIL))
    if overlaps:
        with pytest.raises(ConflictError):
            add(store, other)
        add(store, slot("other", 200, 230))
        with pytest.raises(ConflictError):
            put(store, other)
    else:
        add(store, other)


@of_every_store
def test_a_provider_has_one_slot_at_an_instant(store: Store) -> None:
    add(store, slot("first"), slot("of-emil", of=EMIL))
    with pytest.raises(ConflictError):
        add(store, slot("second", 0, 10))


@of_each_engine
@pytest.mark.parametrize(
    ("begins", "ends", "overlaps"),
    [(-30, 0, False), (-30, 1, True), (-30, 90, True), (40, 50, True), (59, 90, True), (60, 90, False)],
)
def test_booked_visits_of_a_provider_do_not_overlap_with_what_they_hold(
    store: Store, begins: int, ends: int, *, overlaps: bool
) -> None:
    held_longer = evolve(visit("first"), held_until=NINE + 60 * MINUTE)
    add(store, held_longer, cancelled(visit("cancelled", begins, ends, of=BEN)))
    other = visit("other", begins, ends, of=BEN)
    add(store, visit("of-emil", 200, 230, of=BEN, by=EMIL))
    if overlaps:
        with pytest.raises(ConflictError):
            add(store, other)
        add(store, cancelled(other))
        with pytest.raises(ConflictError):
            put(store, other)
    else:
        add(store, other)
