"""Reminders, whoever works, moves visits or is killed: each is told once, of a moved visit at its new time."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta

from patientportal.domain.ids import SlotId
from patientportal.domain.notices.notices import LEASE
from patientportal.testing import desk, person
from tests.clinics import Answer, Call, Clinic, Pace
from tests.races.schedule import FIRST_DAY, published

WORKERS, PATIENTS, VISITS = 8, 4, 16
DYING = 40
A_DAY = timedelta(days=1)
BEGINS_AT = datetime.combine(FIRST_DAY, time(9), tzinfo=UTC)
TOLD = timedelta(days=2) // timedelta(microseconds=1)
FOUND = "SELECT event_data ->> 'appointment_id' FROM events WHERE event_name = 'reminder_due'"


def ahead_s(before: timedelta) -> float:
    """How far the clocks are ahead that stand so long before the visits."""
    return (BEGINS_AT - before - datetime.now(UTC)).total_seconds()


def book(clinic: Clinic, number: int, provider: str = "dora") -> list[str]:
    """So many visits of a few patients, confirmed long ago."""
    practice = desk(clinic.portal)
    patients = [
        practice.patients.register(person(email=f"{provider}.{one}@example.org"), invite=False)
        for one in range(PATIENTS)
    ]
    slots = published(clinic, provider, slots=number, minutes=5)
    visits = [practice.appointments.book(patients[at % PATIENTS], SlotId(slot)) for at, slot in enumerate(slots)]
    clinic.portal.work(limit=2 * number)
    return [str(visit) for visit in visits]


def everybody_works(clinic: Clinic, *, before: timedelta = A_DAY) -> list[Answer]:
    return clinic.race([[[("work", {"limit": 3})]] for _ in range(WORKERS)], ahead_s=ahead_s(before))


def hold_reminded(clinic: Clinic, visits: list[str]) -> Counter[str]:
    """Each of these is told to have been reminded of once, and was; how often each mail was sent."""
    clinic.hold_whole()
    assert sorted(visit for (visit,) in clinic.rows(FOUND)) == sorted(visits)
    text = "SELECT id, about_id FROM deliveries WHERE kind = 'visit_reminder' AND status = 'sent'"
    sent = dict(clinic.rows(text))
    assert sorted(sent.values()) == sorted(visits)
    kept = dict(clinic.rows("SELECT id, remind_within FROM appointments"))
    assert {kept[visit] for visit in visits} == {TOLD}
    times = Counter(message["id"] for message in clinic.mailed())
    assert times.keys() == sent.keys()
    return times


def test_eight_workers_remind_once_of_each_visit(clinic: Clinic, pace: Pace) -> None:
    visits = book(clinic, pace.number(VISITS, 0.5))
    answers = everybody_works(clinic)
    assert {answer["code"] for answer in answers} == {"ok"}
    assert sum(answer["concluded"] for answer in answers) == sum(answer["sent"] for answer in answers) == len(visits)
    assert set(hold_reminded(clinic, visits).values()) == {1}
    assert sum(answer["sent"] for answer in everybody_works(clinic, before=A_DAY / 2)) == 0


def test_whoever_dies_at_any_step_leaves_no_visit_unreminded_and_none_reminded_twice(
    clinic: Clinic, pace: Pace
) -> None:
    told: list[str] = []
    for seed in pace.seeds(1, 0.02):
        told += book(clinic, DYING, f"dora.{seed}")
        dying: list[Call] = [("die", {"after": 3 * at, "what": "work", "named": {"limit": 2}}) for at in range(DYING)]
        with clinic.start([[[call]] for call in dying], ahead_s=ahead_s(A_DAY)) as race:
            assert race.stdout is not None
            alive = {answer["process"] for answer in clinic.recorded(list(race.stdout))}
        clinic.bury()
        everybody_works(clinic)
        everybody_works(clinic, before=A_DAY - LEASE - timedelta(minutes=5))
        times = hold_reminded(clinic, told)
        first = {message["id"]: message["process"] for message in reversed(clinic.mailed())}
        assert not {first[one] for one, number in times.items() if number > 1} & alive, "the living told it again"
        pace.tell(
            "measured", f"{len(told)} reminders, {sum(times.values()) - len(told)} told twice by heirs of the dead"
        )


def test_a_visit_that_is_moved_while_eight_work_is_reminded_of_at_its_new_time(clinic: Clinic, pace: Pace) -> None:
    booked = set[str]()
    for seed in pace.seeds(1, 0.05):
        visits = book(clinic, VISITS, f"dora.{seed}")
        booked |= {*visits}
        later = published(clinic, f"emil.{seed}", slots=VISITS, minutes=5, day=FIRST_DAY + 7 * A_DAY)
        moves: list[Call] = [
            ("move_at_the_desk", {"appointment_id": visit, "slot_id": slot})
            for visit, slot in zip(visits[::2], later, strict=False)
        ]
        working: list[Call] = [("work", {"limit": 2})]
        answers = clinic.race(
            [[working] for _ in range(WORKERS // 2)] + [[moves[one::2]] for one in range(2)], ahead_s=ahead_s(A_DAY)
        )
        assert {answer["code"] for answer in answers} == {"ok"}
        everybody_works(clinic)
        everybody_works(clinic, before=-6 * A_DAY)
        moved = dict(clinic.rows("SELECT id, rescheduled_to FROM appointments WHERE rescheduled_to IS NOT NULL"))
        found = Counter(visit for (visit,) in clinic.rows(FOUND))
        assert (booked - moved.keys()) | {*moved.values()} <= found.keys() <= booked | {*moved.values()}
        assert set(found.values()) == {1}
        ends = Counter(clinic.rows("SELECT about_id, status FROM deliveries WHERE kind = 'visit_reminder'"))
        assert {about for about, _ in ends} == found.keys()
        assert set(ends.values()) == {1}
        assert {status for about, status in ends if about not in moved} == {"sent"}
        assert {status for about, status in ends if about in moved} <= {"sent", "pointless"}
