"""Who has died or moved: visits ahead end with it where the practice says so, and no mail is sent to them."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest

from patientportal import (
    AppointmentStatus,
    NotFoundError,
    PatientAccess,
    PatientId,
    Place,
    PlaceId,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    StaffId,
)
from patientportal.domain.events import ActorKind
from patientportal.testing import FrozenClock, Member, activated

Contents = Callable[[], dict[str, set[Any]]]
DORA = StaffId("dora")
MONDAY = date(2026, 1, 12)


@pytest.fixture
def me(usual: Portal, practice: PracticeAccess, member: Member) -> PatientAccess:
    """A patient with two visits on a Monday."""
    practice.schedule.publish(
        Place(id=PlaceId("north"), name="North Building", zone="UTC"),
        "FREQ=WEEKLY;BYDAY=MO",
        opens=time(9),
        closes=time(12),
        visit_length=timedelta(hours=1),
        first_day=MONDAY,
        last_day=MONDAY,
        provider_id=DORA,
    )
    me = usual.log_in(member.username, member.password)
    for slot in me.appointments.open_slots().items[:2]:
        me.appointments.book(slot.slot_id, "My knee")
    usual.work()
    return me


def free(usual: Portal, notifier: RecordingNotifier) -> int:
    other = activated(usual, notifier, "other.one", first_name="Allegra")
    return len(usual.log_in(other.username, other.password).appointments.open_slots().items)


def test_visits_ahead_end_and_their_slots_are_free(
    usual: Portal, practice: PracticeAccess, me: PatientAccess, notifier: RecordingNotifier, contents: Contents
) -> None:
    notifier.messages.clear()
    practice.patients.deactivate(me.patient_id, cancel_visits="We are sorry.")
    visits = contents()["appointments"]
    assert {visit.status for visit in visits} == {AppointmentStatus.CANCELLED}
    assert {(visit.cancelled_by, visit.cancellation_reason) for visit in visits} == {(ActorKind.STAFF, "We are sorry.")}
    assert free(usual, notifier) == 3
    usual.work()
    assert "visit_cancelled" not in {message.kind.value for message in notifier.messages}
    assert practice.audit.undelivered().items == ()
    happened = [entry.what for entry in practice.audit.of_patient(me.patient_id).items]
    assert happened.count("appointment_cancelled") == 2
    assert happened.count("patient_deactivated") == 1


def test_without_a_reason_they_stay_and_can_end_later(
    practice: PracticeAccess, me: PatientAccess, contents: Contents
) -> None:
    practice.patients.deactivate(me.patient_id)
    assert {visit.status for visit in contents()["appointments"]} == {AppointmentStatus.BOOKED}
    practice.patients.deactivate(me.patient_id, cancel_visits="Moved")
    assert {visit.status for visit in contents()["appointments"]} == {AppointmentStatus.CANCELLED}
    before = contents()
    practice.patients.deactivate(me.patient_id, cancel_visits="Moved")
    assert contents() == before


def test_what_has_begun_stays(
    practice: PracticeAccess, me: PatientAccess, clock: FrozenClock, contents: Contents
) -> None:
    first = min(visit.starts_at for visit in contents()["appointments"])
    clock.advance(first - clock())
    practice.patients.deactivate(me.patient_id, cancel_visits="Moved")
    status = {visit.starts_at: visit.status for visit in contents()["appointments"]}
    assert status.pop(first) is AppointmentStatus.BOOKED
    assert set(status.values()) == {AppointmentStatus.CANCELLED}


def test_nobodys_visits_end(practice: PracticeAccess, me: PatientAccess, contents: Contents) -> None:
    before = contents()
    with pytest.raises(NotFoundError):
        practice.patients.deactivate(PatientId("nobody"), cancel_visits="Moved")
    assert contents() == before
    del me
