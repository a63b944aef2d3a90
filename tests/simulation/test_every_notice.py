"""Of a clinic's week every notice is accounted for, from the events alone: told, unreachable, given up or pointless."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import define, field

from patientportal import Answer, NoticeKind
from patientportal.domain.events import Recorded
from patientportal.domain.ids import NOBODY
from patientportal.domain.notices.notices import Delivery, DeliveryStatus
from patientportal.domain.patients.patients import PersonalRecord
from patientportal.ports.store import Query
from tests.length import LENGTH
from tests.simulation.life import A_DAY, OPENS_AT, PATIENCE, REMINDERS, Life

TOLD = {
    "patient_registered": NoticeKind.INVITATION,
    "appointment_booked": NoticeKind.VISIT_BOOKED,
    "request_scheduled": NoticeKind.VISIT_BOOKED,
    "appointment_rescheduled": NoticeKind.VISIT_RESCHEDULED,
    "appointment_cancelled": NoticeKind.VISIT_CANCELLED,
    "reminder_due": NoticeKind.VISIT_REMINDER,
    "request_declined": NoticeKind.REQUEST_CLOSED,
    "request_expired": NoticeKind.REQUEST_CLOSED,
    "statement_uploaded": NoticeKind.STATEMENT_AVAILABLE,
    "renewal_approved": NoticeKind.NEW_MESSAGE,
    "renewal_denied": NoticeKind.NEW_MESSAGE,
    "renewal_expired": NoticeKind.NEW_MESSAGE,
}
CONFIRMS = {NoticeKind.VISIT_BOOKED, NoticeKind.VISIT_RESCHEDULED}
ENDS = {"appointment_cancelled", "appointment_fulfilled", "appointment_missed"}
STARTS = {"appointment_booked", "request_scheduled", "appointment_rescheduled"}


@define(eq=False)
class Course:
    """A visit's, as its events tell it."""

    starts_at: datetime
    booked_at: datetime
    changes: list[tuple[datetime, str]] = field(factory=list)

    def is_booked(self, at: datetime) -> bool:
        """Whether it was then, what happened at that moment included."""
        return not any(moment <= at and what in ENDS for moment, what in self.changes)

    def is_awaited(self, at: datetime) -> bool:
        """Whether somebody was to come yet."""
        marks = [
            what for moment, what in self.changes if moment <= at and what in {"patient_arrived", "arrival_undone"}
        ]
        return self.is_booked(at) and marks[-1:] != ["patient_arrived"] and at < self.starts_at


class Books:
    """What the events of a life tell."""

    def __init__(self, life: Life) -> None:
        with life.store.view() as view:
            recorded = view.select(Query(state=Recorded))
            self.deliveries = list(view.select(Query(state=Delivery)))
            self.without = {
                one.patient_id for one in view.select(Query(state=PersonalRecord)) if not one.personal.email
            }
        self.life = life
        self.events = sorted(recorded, key=lambda one: (one.at, one.id))
        self.courses: dict[str, Course] = {}
        for one in self.events:
            self._follow(one, one.event)

    def _follow(self, one: Recorded, event: Any) -> None:
        name = event.name
        if name in STARTS:
            self.courses[event.appointment_id] = Course(self.life.starts_at[event.slot_id], one.at)
            if name == "appointment_rescheduled":
                self.courses[event.former_id].changes.append((one.at, "appointment_cancelled"))
        elif getattr(event, "appointment_id", None) in self.courses:
            self.courses[event.appointment_id].changes.append((one.at, name))

    def expected(self) -> Counter[tuple[str, NoticeKind, object, datetime]]:
        """Whom what happened tells of what, about which visit, since when."""
        return Counter(
            (one.patient_id, TOLD[name], getattr(one.event, "appointment_id", None), one.at)
            for one in self.events
            if (name := one.event.name) in TOLD
            and getattr(one.event, "is_told", True)
            and not (name == "patient_registered" and one.event.link_id is None)  # type: ignore[attr-defined]
        )

    def reminders(self) -> Counter[tuple[str, datetime]]:
        """Of which visit somebody was to be reminded by the first worker after which moment; once for what passed."""
        found: Counter[tuple[str, datetime]] = Counter()
        for visit, course in self.courses.items():
            moments = sorted(course.starts_at - before for before in REMINDERS)
            ahead = [moment for moment in moments if moment > course.booked_at]
            works = {next((at for at in self.life.worked_at if at >= moment), None) for moment in ahead}
            found.update((visit, at) for at in works if at is not None and course.is_awaited(at))
        return found

    def is_active(self, patient_id: str, at: datetime) -> bool:
        """Whether somebody wasn't shut out then."""
        names = {"patient_deactivated", "patient_reactivated"}
        marks = [one.event.name for one in self.events if one.patient_id == patient_id and one.at <= at]
        return [name for name in marks if name in names][-1:] != ["patient_deactivated"]

    def is_stale(self, one: Delivery, at: datetime) -> bool:
        """Whether nobody needed it any more then."""
        course = self.courses.get(one.about_id or "")
        if one.kind is NoticeKind.VISIT_REMINDER:
            return course is None or not course.is_awaited(at)
        return one.kind in CONFIRMS and (course is None or not course.is_booked(at))

    def why(self, one: Delivery) -> str:
        """Why it ended as it did; nothing: nobody knows."""
        at = one.next_try_at
        answers = [answer for id_, when, answer in self.life.mail.answered if id_ == one.id and when <= at]
        is_needed = one.patient_id == NOBODY or (self.is_active(one.patient_id, at) and not self.is_stale(one, at))
        patience_over = at >= (one.sent_again_at or one.created_at) + PATIENCE
        match one.status:
            case DeliveryStatus.SENT if is_needed and answers[-1] is Answer.SENT:
                return "told"
            case DeliveryStatus.UNREACHABLE if is_needed and one.patient_id in self.without:
                return "unreachable"
            case DeliveryStatus.DEAD if is_needed and (answers[-1:] == [Answer.NEVER] or patience_over):
                return "given up"
            case DeliveryStatus.POINTLESS if not is_needed:
                return "pointless"
            case DeliveryStatus.POINTLESS if self._was_dismissed(one) or self._is_empty_digest(one):
                return "let be"
        return ""

    def _was_dismissed(self, one: Delivery) -> bool:
        return any(
            event.at == one.next_try_at and getattr(event.event, "delivery_id", None) == one.id
            for event in self.events
            if event.event.name == "notice_dismissed"
        )

    def _is_empty_digest(self, one: Delivery) -> bool:
        """On a day that was followed by the next one's, or on which nothing waited."""
        is_late = one.next_try_at - one.created_at >= A_DAY - timedelta(minutes=10)
        waited = [event for event in self.events if event.event.name in WAITS and event.at < one.next_try_at]
        return one.kind is NoticeKind.PRACTICE_DIGEST and (is_late or not waited)


WAITS = {"appointment_requested", "renewal_requested", "support_asked"}


@pytest.fixture(scope="module", params=range(LENGTH))
def books(request: pytest.FixtureRequest) -> Books:
    """Of a short week, or, at length, of some whose day has three hundred visits."""
    life = Life(visits=20 if LENGTH == 1 else 300, chance=random.Random(request.param))  # noqa: S311 - of a test
    life.live()
    return Books(life)


def test_what_happened_is_told_and_nothing_else(books: Books) -> None:
    patients = [one for one in books.deliveries if one.patient_id != NOBODY]
    visits = [one.about_id if one.about_id in books.courses else None for one in patients]
    made = Counter(
        (one.patient_id, one.kind, visit, one.created_at) for one, visit in zip(patients, visits, strict=True)
    )
    assert made == books.expected()


def test_every_visit_is_reminded_of_once_a_moment_unless_nobody_was_to_come(books: Books) -> None:
    due = [(one.event, one.at) for one in books.events if one.event.name == "reminder_due"]
    assert Counter((event.appointment_id, at) for event, at in due) == books.reminders()  # type: ignore[attr-defined]
    assert len(due) > books.life.visits / 2


def test_every_notice_ended_and_the_events_say_why(
    books: Books, record_property: Callable[[str, object], None]
) -> None:
    assert [one for one in books.deliveries if one.status is DeliveryStatus.WAITING] == []
    ends = {one.id: books.why(one) for one in books.deliveries}
    assert [one for one in books.deliveries if not ends[one.id]] == []
    counted = Counter(ends.values())
    record_property("measured", f"{len(ends)} notices: {dict(counted)}")
    assert counted.keys() >= {"told", "unreachable", "pointless"}
    assert counted["given up"] + counted["let be"] > 0, "staff let some be that were given up, and have some sent again"


def test_nobody_is_told_twice(books: Books) -> None:
    told = Counter(id_ for id_, _, answer in books.life.mail.answered if answer is Answer.SENT)
    assert set(told.values()) == {1}


def test_the_practice_has_one_digest_a_day(books: Books) -> None:
    digests = [one for one in books.deliveries if one.kind is NoticeKind.PRACTICE_DIGEST]
    worked = books.life.worked_at
    assert len(digests) == (worked[-1].date() - worked[0].date()).days + 1
    assert any(one.status is DeliveryStatus.SENT for one in digests)


def test_the_week_was_one_in_which_much_went_wrong(books: Books) -> None:
    answers = Counter(answer for _, _, answer in books.life.mail.answered)
    assert answers.keys() == {Answer.SENT, Answer.LATER, Answer.NEVER, Answer.UNREACHED}
    assert any(moment > OPENS_AT for course in books.courses.values() for moment, _ in course.changes)
    assert books.life.refused < len(books.events) / 4
