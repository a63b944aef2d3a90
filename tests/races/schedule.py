"""Visitors at one schedule, and what holds of it whatever they do at once."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from patientportal import Place
from patientportal.domain.ids import PlaceId, StaffId
from patientportal.patient_access import PatientAccess
from patientportal.testing.world import desk
from tests.clinics import Answer, Call, Clinic, Round

DAILY = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU"
PLACE = Place(id=PlaceId("north"), name="North Building", zone="UTC")
FIRST_DAY = datetime.now(UTC).date() + timedelta(days=7)


def visitors(clinic: Clinic, number: int, *, name: str = "countess") -> list[PatientAccess]:
    members = [clinic.member(f"{name}.{at}") for at in range(number)]
    return [clinic.portal.log_in(member.username, member.password) for member in members]


def published(
    clinic: Clinic, provider: str, *, slots: int = 1, opens: time = time(9), minutes: int = 30, day: date = FIRST_DAY
) -> list[str]:
    """The ids of so many slots of a day, one after another, of a provider who has no others."""
    closes = (datetime.combine(day, opens) + slots * timedelta(minutes=minutes)).time()
    desk(clinic.portal).schedule.publish(
        PLACE,
        DAILY,
        opens=opens,
        closes=closes,
        visit_length=timedelta(minutes=minutes),
        first_day=day,
        last_day=day,
        provider_id=StaffId(provider),
    )
    return [id_ for (id_,) in clinic.rows("SELECT id FROM slots WHERE provider_id = ? ORDER BY starts_at", provider)]


def book(visitor: PatientAccess, slot: str) -> Call:
    return "book", {"token": visitor.token, "slot_id": slot}


def book_a_kind(visitor: PatientAccess, slot: str, kind: str) -> Call:
    return "book_a_kind", {"token": visitor.token, "slot_id": slot, "visit_type_id": kind}


def book_at_the_desk(visitor: PatientAccess, slot: str, kind: str | None = None) -> Call:
    return "book_at_the_desk", {"patient_id": visitor.patient_id, "slot_id": slot, "visit_type_id": kind}


def cancel(visitor: PatientAccess, visit: str) -> Call:
    return "cancel", {"token": visitor.token, "appointment_id": visit}


def reschedule(visitor: PatientAccess, visit: str, slot: str) -> Call:
    return "reschedule", {"token": visitor.token, "appointment_id": visit, "slot_id": slot}


def all_at_once(calls: Sequence[Call]) -> Round:
    """Each by a process of its own."""
    return [[[call]] for call in calls]


def by_round(answers: list[Answer]) -> list[list[Answer]]:
    rounds = max(answer["round"] for answer in answers) + 1
    return [[answer for answer in answers if answer["round"] == number] for number in range(rounds)]


def hold_visits(clinic: Clinic) -> None:
    """Busy slots and their visits name each other, nothing overlaps, and the history tells how it came to that."""
    clinic.hold_whole()
    with clinic.snapshot() as rows:
        hold_runs(
            rows(
                "SELECT patient_id, appointment_id, id, starts_at, ends_at FROM slots WHERE status = 'busy'"
                " ORDER BY 1, 2, 4"
            ),
            rows("SELECT patient_id, id, slot_id, starts_at, held_until FROM appointments WHERE status <> 'cancelled'"),
        )
        hold_apart(
            rows("SELECT provider_id, starts_at, held_until FROM appointments WHERE status = 'booked' ORDER BY 1, 2, 3")
        )
        hold_apart(rows("SELECT provider_id, starts_at, ends_at FROM slots ORDER BY 1, 2, 3"))
        hold_apart(
            rows("SELECT patient_id, starts_at, ends_at FROM appointments WHERE status = 'booked' ORDER BY 1, 2, 3")
        )
        events = Counter(dict(rows("SELECT event_name, count(*) FROM events GROUP BY event_name")))
        visits = Counter(dict(rows("SELECT status, count(*) FROM appointments GROUP BY status")))
        told = Counter(dict(rows("SELECT kind, count(*) FROM deliveries GROUP BY kind")))
        booked, moved = events["appointment_booked"] + events["request_scheduled"], events["appointment_rescheduled"]
        assert booked + moved == visits.total()
        assert events["appointment_cancelled"] + moved == visits["cancelled"]
        assert told["visit_booked"] == booked
        assert told["visit_rescheduled"] == moved
        assert told["visit_cancelled"] == events["appointment_cancelled"]
        hold_history(
            rows(
                "SELECT event_name, event_data ->> 'slot_id', event_data ->> 'former_slot_id' FROM events"
                " WHERE event_name IN ('appointment_booked', 'request_scheduled', 'appointment_rescheduled',"
                " 'appointment_cancelled') ORDER BY at, id"
            )
        )


def hold_runs(busy: list[tuple[str, str, str, Any, Any]], visits: list[tuple[str, str, str, Any, Any]]) -> None:
    """The slots of a visit follow each other without a hole, until it holds no more."""
    runs: dict[tuple[str, str], list[tuple[str, Any, Any]]] = {}
    for patient_id, visit_id, *slot in busy:
        runs.setdefault((patient_id, visit_id), []).append((slot[0], slot[1], slot[2]))
    assert runs.keys() == {visit[:2] for visit in visits}
    for patient_id, visit_id, first, starts_at, held_until in visits:
        run = runs[patient_id, visit_id]
        assert (run[0][0], run[0][1], run[-1][2]) == (first, starts_at, held_until)
        assert all(ends == begins for (_, _, ends), (_, begins, _) in pairwise(run))


def hold_apart(times: list[tuple[str, Any, Any]]) -> None:
    """What is one person's doesn't overlap."""
    for (whose, _, ends_at), (whose_next, starts_at, _) in pairwise(times):
        assert whose != whose_next or ends_at <= starts_at


def hold_history(events: list[tuple[str, str, str | None]]) -> None:
    """Whoever took a slot found it free, and whoever gave it up had it."""
    busy: set[str] = set()
    for name, slot, former in events:
        left = slot if name == "appointment_cancelled" else former
        if left is not None:
            busy.remove(left)
        if name != "appointment_cancelled":
            assert slot not in busy
            busy.add(slot)
