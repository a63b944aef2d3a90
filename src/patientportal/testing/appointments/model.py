"""What the practice's visits will be, in a few lists: the model of ``AppointmentsMachine``, which imports no rule."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from attrs import define, frozen

from patientportal.domain.appointments.requests import Window
from patientportal.domain.appointments.schedules import Place
from patientportal.domain.ids import AppointmentId, AppointmentRequestId, PatientId, PlaceId, SlotId, StaffId
from patientportal.domain.policy import Policy
from patientportal.domain.told import NoticeKind
from patientportal.patient_access import PatientAccess
from patientportal.testing.fakes import FrozenClock
from patientportal.testing.machine_base import DONE, Prediction, nothing

STEP, A_DAY = timedelta(minutes=5), timedelta(days=1)
WINDOWS_MAX = 5
UNSEEN, UNBOOKED, UNASKED = SlotId(""), AppointmentId(""), AppointmentRequestId("")
"""The id of what hasn't been called by one yet."""
CONFIRMS = frozenset({NoticeKind.VISIT_BOOKED, NoticeKind.VISIT_RESCHEDULED})
"""What is told only while the visit is booked."""
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@frozen
class Hours:
    """When a provider sees patients, every so many weeks; all in steps of five minutes."""

    days: tuple[str, ...]
    opens: time
    closes: time
    visit_length: timedelta
    every_weeks: int = 1

    @property
    def pattern(self) -> str:
        """As RFC 5545 writes it."""
        return f"FREQ=WEEKLY;INTERVAL={self.every_weeks};BYDAY={','.join(self.days)}"


@frozen
class Period:
    """From when on hours hold and until when, and on which days they don't."""

    first_day: date
    last_day: date
    exceptions: tuple[date, ...] = ()

    def days(self, hours: Hours) -> list[date]:
        """The days with these hours; weeks begin on Monday, and the first one is that of the first day."""
        all_days = [self.first_day + number * A_DAY for number in range((self.last_day - self.first_day).days + 1)]
        first_monday = self.first_day - self.first_day.weekday() * A_DAY
        return [
            day
            for day in all_days
            if WEEKDAYS[day.weekday()] in hours.days
            and (day - first_monday).days // 7 % hours.every_weeks == 0
            and day not in self.exceptions
        ]


@define(eq=False)
class Person:
    """A patient, the handle that they came in by, and whether they are in still."""

    id: PatientId
    name: str
    email: str
    me: PatientAccess
    is_active: bool = True
    is_in: bool = True

    def __repr__(self) -> str:
        return f"<{self.name}>"


@define(eq=False)
class Slot:
    """A time of a provider's.

    Attributes:
        id: as the portal calls it; empty while nobody has seen it.
        visit: which has it.
    """

    provider_id: StaffId
    place: Place
    starts_at: datetime
    ends_at: datetime
    id: SlotId = UNSEEN
    visit: "Visit | None" = None
    is_withdrawn: bool = False

    def overlaps(self, other: "Slot") -> bool:
        """Whether the two have a moment in common."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@define(eq=False)
class Visit:
    """Somebody in a slot, in FHIR's words for where it stands."""

    person: Person
    slot: Slot
    reason: str
    booked_at: datetime
    former: "Visit | None" = None
    later: "Visit | None" = None
    id: AppointmentId = UNBOOKED
    status: str = "booked"
    ended_at: datetime | None = None
    cancelled_by: str | None = None
    cancellation_reason: str = ""


@define(eq=False)
class Request:
    """A wish for a visit."""

    person: Person
    provider_id: StaffId | None
    reason: str
    windows: tuple[Window, ...]
    requested_at: datetime
    id: AppointmentRequestId = UNASKED
    status: str = "open"
    ended_at: datetime | None = None
    decline_reason: str = ""
    visit: Visit | None = None


@define(eq=False)
class Notice:
    """Something to be told."""

    person: Person
    kind: NoticeKind
    visit: Visit | None = None


class AppointmentsModel:
    """A practice in a few lists; each method says what the call of its name will answer, given what happened so far."""

    def __init__(self, policy: Policy, clock: FrozenClock) -> None:
        self.policy = policy
        self.clock = clock
        self.people: list[Person] = []
        self.slots: list[Slot] = []
        self.visits: list[Visit] = []
        self.requests: list[Request] = []
        self.notices: list[Notice] = []

    @property
    def now(self) -> datetime:
        """Where the clock stands."""
        return self.clock()

    @property
    def today(self) -> date:
        """The day that it is where the practice is."""
        return self.now.astimezone(ZoneInfo(self.policy.zone)).date()

    # What there is

    def published(self, *, provider_id: StaffId | None = None, place_id: PlaceId | None = None) -> list[Slot]:
        """The slots of the practice in order; of a provider, at a place."""
        found = [
            slot
            for slot in self.slots
            if not slot.is_withdrawn and provider_id in {None, slot.provider_id} and place_id in {None, slot.place.id}
        ]
        return sorted(found, key=lambda slot: (slot.starts_at, slot.id))

    def offered(self, *, provider_id: StaffId | None = None, place_id: PlaceId | None = None) -> list[Slot]:
        """The free slots that lie ahead."""
        slots = self.published(provider_id=provider_id, place_id=place_id)
        return [slot for slot in slots if slot.visit is None and slot.starts_at > self.now]

    def booked(self, person: Person) -> list[Visit]:
        """Somebody's booked visits in order."""
        found = [visit for visit in self.visits if visit.person is person and visit.status == "booked"]
        return sorted(found, key=lambda visit: visit.slot.starts_at)

    def upcoming(self, person: Person) -> list[Visit]:
        """Those that aren't over."""
        return [visit for visit in self.booked(person) if visit.slot.ends_at > self.now]

    def past(self, person: Person) -> list[Visit]:
        """Somebody's other visits, the latest first."""
        upcoming = self.upcoming(person)
        found = [visit for visit in self.visits if visit.person is person and visit not in upcoming]
        return sorted(found, key=lambda visit: (visit.slot.starts_at, visit.id), reverse=True)

    def of_day(self, provider_id: StaffId, day: date) -> list[Visit]:
        """A provider's visits of a day as the clocks of each place count it, but for cancelled ones."""
        found = [
            visit
            for visit in self.visits
            if visit.slot.provider_id == provider_id
            and visit.status != "cancelled"
            and visit.slot.starts_at.astimezone(ZoneInfo(visit.slot.place.zone)).date() == day
        ]
        return sorted(found, key=lambda visit: visit.slot.starts_at)

    def open_requests(self, person: Person | None = None) -> list[Request]:
        """What is open; of somebody."""
        return [one for one in self.requests if one.status == "open" and person in {None, one.person}]

    def slots_of(self, sort: str, person: Person) -> list[Slot]:
        """The slots of a sort, as they are to this patient; in order, and only those whose id somebody has seen."""
        known = [slot for slot in self.slots if slot.id]
        there = [slot for slot in known if not slot.is_withdrawn]
        own = [visit.slot for visit in self.booked(person)]
        ends = {moment for slot in own for moment in (slot.starts_at, slot.ends_at)}
        free = [slot for slot in self.offered() if slot.id]
        overlapping = [slot for slot in free if any(map(slot.overlaps, own))]
        return {
            "free": free,
            "taken": [slot for slot in there if slot.visit and slot.visit.person is not person],
            "own": own,
            "overlapping": overlapping,
            "touching": [slot for slot in free if slot not in overlapping and {slot.starts_at, slot.ends_at} & ends],
            "begun": [slot for slot in there if slot.starts_at <= self.now],
            "gone": [slot for slot in known if slot.is_withdrawn],
            "none": [],
        }[sort]

    def visits_of(self, sort: str, person: Person) -> list[Visit]:
        """The visits of a sort, as they are to this patient."""
        own = [visit for visit in self.visits if visit.person is person]
        booked = self.booked(person)
        return {
            "booked": [visit for visit in booked if visit.slot.starts_at > self.now],
            "begun": [visit for visit in booked if visit.slot.starts_at <= self.now],
            "ended": [visit for visit in own if visit.status != "booked"],
            "stranger's": [visit for visit in self.visits if visit.person is not person and visit.status == "booked"],
            "none": [],
        }[sort]

    def requests_of(self, sort: str) -> list[Request]:
        """The requests of a sort, of anybody."""
        return {
            "open": self.open_requests(),
            "ended": [request for request in self.requests if request.status != "open"],
            "none": [],
        }[sort]

    def edges(self) -> list[datetime]:
        """The moments ahead at which something begins, ends or is too late."""
        notice = self.policy.appointments.cancel_notice or timedelta(0)
        slots = self.published()
        found = {moment for slot in slots for moment in (slot.starts_at, slot.ends_at, slot.starts_at - notice)}
        midnight = datetime.combine(self.today + A_DAY, time(), tzinfo=ZoneInfo(self.policy.zone))
        return sorted(moment for moment in {*found, midnight.astimezone(self.now.tzinfo)} if moment > self.now)

    # The practice

    def publish(self, provider_id: StaffId, place: Place, times: Sequence[tuple[datetime, datetime]]) -> Prediction:
        """Adds what isn't there, unless the provider is busy then, wherever."""
        if not times:
            return Prediction("bad_input: no_slot")
        others = self.published(provider_id=provider_id)
        there = {(slot.place.id, slot.starts_at, slot.ends_at) for slot in others}
        wanted = [Slot(provider_id, place, starts_at, ends_at) for starts_at, ends_at in times]
        new = [slot for slot in wanted if (place.id, slot.starts_at, slot.ends_at) not in there]
        for slot in new:
            if any(map(slot.overlaps, others)):
                return Prediction(f"slots_overlap: {slot.starts_at}")
        return Prediction(DONE, lambda: self.slots.extend(new))

    def withdraw(
        self, provider_id: StaffId, place_id: PlaceId | None, after: datetime, before: datetime
    ) -> tuple[Prediction, int]:
        """Takes all of them away that lie ahead, or none if somebody has one; and how many that are."""
        slots = self.published(provider_id=provider_id, place_id=place_id)
        within = [slot for slot in slots if after <= slot.starts_at < before and slot.starts_at > self.now]
        visits = [slot.visit.id for slot in within if slot.visit is not None]
        if visits:
            return Prediction(f"slots_booked: {', '.join(visits)}"), 0

        def effect() -> None:
            for slot in within:
                slot.is_withdrawn = True

        return Prediction(DONE, effect), len(within)

    def shut_out(self, person: Person) -> Prediction:
        """Out at once; their visits stay."""

        def effect() -> None:
            person.is_active = person.is_in = False

        return Prediction(DONE, effect if person.is_active else nothing)

    def let_in(self, person: Person) -> Prediction:
        """May log in again."""

        def effect() -> None:
            person.is_active = True

        return Prediction(DONE, nothing if person.is_active else effect)

    def log_in(self, person: Person) -> Prediction:
        """Who isn't shut out gets in."""

        def effect() -> None:
            person.is_in = True

        return Prediction(DONE, effect)

    def cancel_by_practice(self, visit: Visit | None, reason: str) -> Prediction:
        """One that is booked and hasn't begun, at any notice."""
        refusal = self._why_not_ahead(visit)
        if visit is None or refusal:
            return Prediction(refusal)

        def effect() -> None:
            self._cancel(visit, by="staff", reason=reason)
            self._tell(visit.person, NoticeKind.VISIT_CANCELLED, visit)

        return Prediction(DONE, effect)

    def mark(self, visit: Visit | None, status: str) -> Prediction:
        """Who came and who didn't is known from the start on, and said once."""
        if visit is None:
            return Prediction("not_found: appointment")
        if visit.status == status:
            return Prediction(DONE, nothing)
        if visit.status != "booked":
            return Prediction(f"not_booked: {visit.status}")
        if self.now < visit.slot.starts_at:
            return Prediction("not_yet_begun")

        def effect() -> None:
            visit.status, visit.ended_at = status, self.now

        return Prediction(DONE, effect)

    def schedule_request(self, request: Request | None, slot: Slot | None) -> Prediction:
        """One booking for an open request, whichever windows it had; told once."""
        if request is None:
            return Prediction("not_found: appointment_request")
        if slot is None or slot.is_withdrawn:
            return Prediction("not_found: slot")
        if request.status != "open":
            return Prediction(f"appointment_request_ended: {request.status}")
        refusal = self._why_not_free(slot, request.person)
        if refusal:
            return Prediction(refusal)

        def effect() -> None:
            request.status, request.ended_at = "scheduled", self.now
            request.visit = self._book(request.person, slot, request.reason)
            self._tell(request.person, NoticeKind.VISIT_BOOKED, request.visit)

        return Prediction(DONE, effect)

    def decline_request(self, request: Request | None, reason: str) -> Prediction:
        """With a reason; told once."""
        return self._end_request(request, "declined", reason)

    # The patients

    def look(self, person: Person) -> Prediction:
        """Whoever is in may look."""
        return Prediction(DONE if person.is_in else "session_ended")

    def book(self, person: Person, slot: Slot | None, reason: str) -> Prediction:
        """A free slot that lies ahead, when they have nothing else."""
        if not person.is_in:
            return Prediction("session_ended")
        if slot is None or slot.is_withdrawn:
            return Prediction("not_found: slot")
        refusal = self._why_not_free(slot, person)
        if refusal:
            return Prediction(refusal)

        def effect() -> None:
            self._tell(person, NoticeKind.VISIT_BOOKED, self._book(person, slot, reason))

        return Prediction(DONE, effect)

    def cancel(self, person: Person, visit: Visit | None) -> Prediction:
        """Their own that is booked and hasn't begun, early enough."""
        refusal = self._why_not_given_up(person, visit)
        if visit is None or refusal:
            return Prediction(refusal)

        def effect() -> None:
            self._cancel(visit, by="patient")
            self._tell(person, NoticeKind.VISIT_CANCELLED, visit)

        return Prediction(DONE, effect)

    def reschedule(self, person: Person, visit: Visit | None, slot: Slot | None) -> Prediction:
        """A visit that could be cancelled, to a slot that could be booked if it weren't for this visit."""
        is_hopeless = visit is None or visit.person is not person or visit.status != "booked"
        if person.is_in and not is_hopeless and (slot is None or slot.is_withdrawn):
            return Prediction("not_found: slot")
        refusal = self._why_not_given_up(person, visit)
        if visit is None or slot is None or refusal:
            return Prediction(refusal)
        refusal = self._why_not_free(slot, person, but_for=visit)
        if refusal:
            return Prediction(refusal)

        def effect() -> None:
            self._cancel(visit, by="patient")
            visit.later = self._book(person, slot, visit.reason)
            visit.later.former = visit
            self._tell(person, NoticeKind.VISIT_RESCHEDULED, visit.later)

        return Prediction(DONE, effect)

    def request(
        self, person: Person, provider_id: StaffId | None, reason: str, windows: tuple[Window, ...]
    ) -> Prediction:
        """A few windows, none of them over; a few open requests."""
        if not 1 <= len(windows) <= WINDOWS_MAX:
            return Prediction(f"bad_input: {'too_many' if windows else 'too_few'}")
        if not person.is_in:
            return Prediction("session_ended")
        if any(window.last_day < self.today for window in windows):
            return Prediction("bad_input: in_past")
        if len(self.open_requests(person)) >= self.policy.appointments.open_requests:
            return Prediction("too_many_appointment_requests")

        def effect() -> None:
            self.requests.append(Request(person, provider_id, reason, windows, self.now))

        return Prediction(DONE, effect)

    def withdraw_request(self, person: Person, request: Request | None) -> Prediction:
        """Their own that is open; told once."""
        if not person.is_in:
            return Prediction("session_ended")
        return self._end_request(request if request and request.person is person else None, "withdrawn")

    # The worker

    def work(self) -> list[Notice]:
        """What is told now, in order: nobody who is shut out, and nothing of a visit that is off is confirmed."""
        waiting, self.notices = self.notices, []
        return [one for one in waiting if one.person.is_active and not self.is_stale(one)]

    def is_stale(self, notice: Notice) -> bool:
        """Whether it would send somebody to a visit that isn't booked any more."""
        return notice.kind in CONFIRMS and notice.visit is not None and notice.visit.status != "booked"

    # What becomes so, and why not

    def _why_not_free(self, slot: Slot, person: Person, *, but_for: Visit | None = None) -> str:
        if slot.visit is not None:
            return "slot_taken"
        if slot.starts_at <= self.now:
            return "visit_begun"
        others = [visit for visit in self.booked(person) if visit is not but_for and visit.slot.overlaps(slot)]
        return f"visits_overlap: {others[-1].id}" if others else ""

    def _why_not_given_up(self, person: Person, visit: Visit | None) -> str:
        if not person.is_in:
            return "session_ended"
        refusal = self._why_not_ahead(visit if visit and visit.person is person else None)
        notice = self.policy.appointments.cancel_notice
        if refusal or visit is None or notice is None or self.now + notice <= visit.slot.starts_at:
            return refusal
        return "too_late_to_cancel"

    def _why_not_ahead(self, visit: Visit | None) -> str:
        if visit is None:
            return "not_found: appointment"
        if visit.status != "booked":
            return f"not_booked: {visit.status}"
        return "visit_begun" if visit.slot.starts_at <= self.now else ""

    def _book(self, person: Person, slot: Slot, reason: str) -> Visit:
        slot.visit = Visit(person, slot, reason, self.now)
        self.visits.append(slot.visit)
        return slot.visit

    def _cancel(self, visit: Visit, *, by: str, reason: str = "") -> None:
        visit.status, visit.ended_at = "cancelled", self.now
        visit.cancelled_by, visit.cancellation_reason = by, reason
        visit.slot.visit = None

    def _end_request(self, request: Request | None, status: str, reason: str = "") -> Prediction:
        if request is None:
            return Prediction("not_found: appointment_request")
        if request.status != "open":
            return Prediction(f"appointment_request_ended: {request.status}")

        def effect() -> None:
            request.status, request.ended_at, request.decline_reason = status, self.now, reason
            self._tell(request.person, NoticeKind.REQUEST_CLOSED)

        return Prediction(DONE, effect)

    def _tell(self, person: Person, kind: NoticeKind, visit: Visit | None = None) -> None:
        self.notices.append(Notice(person, kind, visit))


def times(hours: Hours, period: Period, zone: str) -> list[tuple[datetime, datetime]]:
    """When visits begin and end: by a look at a clock on the wall there, every five minutes.

    It must show the opening time of a day at a closing time that it shows, be it skipped or doubled what lies between.
    """
    shown = clock_on_the_wall(zone, period.first_day, period.last_day)
    found: list[tuple[datetime, datetime]] = []
    for day in period.days(hours):
        opens, closes = datetime.combine(day, hours.opens), datetime.combine(day, hours.closes)
        closes += timedelta(0) if closes > opens else A_DAY
        grid = [opens + number * hours.visit_length for number in range((closes - opens) // hours.visit_length)]
        for starts_at in sorted(moment for wall_time in grid for moment in shown.get(wall_time, ())):
            ends_at = starts_at + hours.visit_length
            if ends_at <= shown[closes][-1] and (not found or starts_at >= found[-1][1]):
                found.append((starts_at, ends_at))
    return found


@cache
def clock_on_the_wall(zone: str, first_day: date, last_day: date) -> dict[datetime, list[datetime]]:
    """The moments, in order and in UTC, at which it shows a time from the beginning of a day on until after another."""
    utc = ZoneInfo("UTC")
    moment = datetime.combine(first_day - A_DAY, time(), tzinfo=utc)
    shown: dict[datetime, list[datetime]] = {}
    while moment < datetime.combine(last_day + 3 * A_DAY, time(), tzinfo=utc):
        shown.setdefault(moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None), []).append(moment)
        moment += STEP
    return shown
