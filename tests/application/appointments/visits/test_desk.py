"""The desk books and moves for its patients, at any notice, and reads back what they have; with names, in one trip."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from patientportal import (
    AppointmentPolicy,
    AppointmentStatus,
    IdempotencyKeyReusedError,
    NotFoundError,
    NoticeKind,
    PatientAccess,
    PatientId,
    PatientInactiveError,
    Policy,
    Portal,
    PracticeAccess,
    SlotTakenError,
    VisitsOverlapError,
)
from patientportal.testing import desk
from tests.application.appointments.visits.schedule import DORA, EMIL, MONDAY, SOUTH, Told, publish, slots

OTHER_DAY = MONDAY + timedelta(days=1)


def test_who_phones_has_a_visit_that_the_desk_found_and_is_told(
    me: PatientAccess, practice: PracticeAccess, told: Told, calls: Counter[str]
) -> None:
    first = practice.schedule.open_slots(provider_id=DORA, limit=1).items[0]
    visit_id = practice.appointments.book(me.patient_id, first.slot_id, reason="My back")
    (visit,) = me.appointments.upcoming().items
    assert (visit.appointment_id, visit.reason, visit.starts_at) == (visit_id, "My back", first.starts_at)
    assert told() == [NoticeKind.VISIT_BOOKED]
    calls.clear()
    assert practice.appointments.book(me.patient_id, first.slot_id, reason="My knee") == visit_id, "a double click"
    assert not calls.keys() & {"add", "put", "record"}


def test_limits_of_patients_do_not_bind_the_desk_and_overlap_and_taken_do(
    me: PatientAccess, other: PatientAccess, practice: PracticeAccess, portal_with: Callable[..., Portal]
) -> None:
    strict = Policy(zone="UTC", appointments=AppointmentPolicy(cancel_notice=timedelta(days=365)))
    at_the_desk = desk(portal_with(policy=strict)).appointments
    first, second, third, *_ = slots(me)
    visit_id = at_the_desk.book(me.patient_id, first)
    with pytest.raises(SlotTakenError):
        at_the_desk.book(other.patient_id, first)
    publish(practice, provider_id=EMIL)
    with pytest.raises(VisitsOverlapError) as refusal:
        at_the_desk.book(me.patient_id, slots(me, provider_id=EMIL)[0])
    assert refusal.value.appointment_id == visit_id
    moved_id = at_the_desk.reschedule(visit_id, second)
    assert at_the_desk.reschedule(visit_id, second) == moved_id
    assert me.appointments.get(visit_id).rescheduled_to == moved_id
    assert (me.appointments.get(visit_id).cancelled_by, at_the_desk.get(moved_id).rescheduled_from) == (
        "staff",
        visit_id,
    )
    at_the_desk.book(other.patient_id, third)
    with pytest.raises(SlotTakenError):
        at_the_desk.reschedule(moved_id, third)


def test_who_is_shut_out_is_neither_booked_nor_moved(
    me: PatientAccess, practice: PracticeAccess, contents: Callable[[], dict[str, set[object]]]
) -> None:
    first, second, *_ = slots(me)
    visit_id = practice.appointments.book(me.patient_id, first)
    practice.patients.deactivate(me.patient_id)
    before = contents()
    with pytest.raises(PatientInactiveError):
        practice.appointments.book(me.patient_id, second)
    with pytest.raises(PatientInactiveError):
        practice.appointments.reschedule(visit_id, second)
    assert contents() == before


@pytest.mark.parametrize("key", ["external_id", "idempotency_key"])
def test_under_one_key_there_is_one_visit_whatever_became_of_it(
    me: PatientAccess, other: PatientAccess, practice: PracticeAccess, key: str, told: Told
) -> None:
    first, second, *_ = slots(me)
    book: Any = practice.appointments.book
    visit_id = book(me.patient_id, first, reason="My back", **{key: "A-1"})
    for otherwise in ({"slot_id": second}, {"reason": "My knee"}):
        with pytest.raises(IdempotencyKeyReusedError) as refusal:
            book(**({"patient_id": me.patient_id, "slot_id": first, "reason": "My back"} | otherwise), **{key: "A-1"})
        assert (refusal.value.what, refusal.value.id, refusal.value.status) == ("appointment", visit_id, "booked")
    assert book(other.patient_id, second, **{key: "A-1"}) != visit_id, "another patient's key is another key"
    practice.appointments.cancel(visit_id, "The doctor is ill")
    assert book(me.patient_id, first, reason="My back", **{key: "A-1"}) == visit_id, "an answer that was lost"
    assert practice.appointments.get(visit_id).status is AppointmentStatus.CANCELLED
    assert told() == [NoticeKind.VISIT_BOOKED, NoticeKind.VISIT_CANCELLED]


def test_what_a_patient_has_is_read_back_whatever_became_of_it(
    me: PatientAccess, other: PatientAccess, practice: PracticeAccess
) -> None:
    first, second, third, *_ = slots(me)
    cancelled = practice.appointments.book(me.patient_id, first)
    practice.appointments.cancel(cancelled, "The doctor is ill")
    kept = practice.appointments.book(me.patient_id, second, external_id="A-1")
    practice.appointments.book(other.patient_id, third)
    page = practice.appointments.of_patient(me.patient_id, limit=1)
    rest = practice.appointments.of_patient(me.patient_id, cursor=page.next_cursor)
    assert [one.appointment_id for one in (*page.items, *rest.items)] == [kept, cancelled]
    assert (page.items[0].patient_name, page.items[0].external_id) == ("Ada Byron", "A-1")
    assert rest.items[0].cancellation_reason == "The doctor is ill"
    assert practice.appointments.get(kept) == page.items[0]
    assert "Ada" not in repr(page.items[0])
    with pytest.raises(NotFoundError):
        practice.appointments.of_patient(PatientId("nobody-1"))
    with pytest.raises(NotFoundError):
        practice.appointments.get(first)  # type: ignore[arg-type] # an id of something else


def test_a_day_is_seen_for_one_provider_or_for_all_with_names_and_no_query_per_patient(
    me: PatientAccess, other: PatientAccess, practice: PracticeAccess, calls: Counter[str]
) -> None:
    publish(
        practice, place=SOUTH, provider_id=EMIL, first_day=OTHER_DAY, last_day=OTHER_DAY, pattern="FREQ=WEEKLY;BYDAY=TU"
    )
    publish(practice, first_day=OTHER_DAY, last_day=OTHER_DAY, pattern="FREQ=WEEKLY;BYDAY=TU")
    of_dora, of_emil = (slots(me, provider_id=one)[-1] for one in (DORA, EMIL))
    practice.appointments.book(me.patient_id, of_dora)
    practice.appointments.book(other.patient_id, of_emil)
    calls.clear()
    everybody = practice.appointments.of_day(None, OTHER_DAY)
    assert [(one.provider_id, one.patient_name) for one in everybody] == [(EMIL, "Ada Byron"), (DORA, "Ada Byron")]
    assert (calls["select"], calls["find_all"], calls["find"]) == (1, 1, 0)
    assert [one.patient_id for one in practice.appointments.of_day(EMIL, OTHER_DAY)] == [other.patient_id]
