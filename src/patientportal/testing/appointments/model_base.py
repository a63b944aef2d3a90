"""What the predictions about visits look at: the practice's lists, what of them there is, and what is told."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from patientportal.domain.appointments.directory import VisitType
from patientportal.domain.ids import PlaceId, StaffId
from patientportal.domain.policy import Policy
from patientportal.domain.told import Channel, NoticeKind
from patientportal.testing.appointments.hours import A_DAY
from patientportal.testing.appointments.kept import Notice, Person, Request, Slot, Visit, ends_at
from patientportal.testing.fakes import FrozenClock
from patientportal.testing.machine_base import DONE, Prediction, nothing

CONFIRMS = frozenset({NoticeKind.VISIT_BOOKED, NoticeKind.VISIT_RESCHEDULED})
"""What is told only while the visit is booked."""
MORNING, EVENING = 8, 21
"""Between which hours phones may ring."""


class Told(NamedTuple):
    """What the worker does about what is to be told."""

    told: list[Notice]
    given_up: list[Notice]
    held: list[Notice]


class ModelBase:
    """The practice in a few lists, what of them there is for whom, and what the worker tells."""

    def __init__(self, policy: Policy, clock: FrozenClock) -> None:
        self.policy = policy
        self.clock = clock
        self.people: list[Person] = []
        self.slots: list[Slot] = []
        self.visits: list[Visit] = []
        self.requests: list[Request] = []
        self.notices: list[Notice] = []
        self.names: dict[StaffId, str] = {}

    @property
    def now(self) -> datetime:
        """Where the clock stands."""
        return self.clock()

    @property
    def today(self) -> date:
        """The day that it is where the practice is."""
        return self.now.astimezone(ZoneInfo(self.policy.zone)).date()

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

    def within_limits(self, slot: Slot) -> str:
        """Which limit of patients a slot breaks; none where it may be booked."""
        limits = self.policy.appointments
        if limits.book_notice is not None and slot.starts_at < self.now + limits.book_notice:
            return "notice"
        is_far = limits.horizon is not None and slot.starts_at > self.now + limits.horizon
        return "horizon" if is_far else ""

    def run(self, slot: Slot, kind: VisitType | None, but_for: Visit | None = None) -> list[Slot]:
        """The slots that a visit would take that begins there, going by what else the provider has; none: it can't."""
        until = slot.ends_at if kind is None else slot.starts_at + kind.holds
        near = self.published(provider_id=slot.provider_id)
        near = [one for one in near if slot.starts_at <= one.starts_at < until]
        found: list[Slot] = []
        free_until = slot.starts_at
        for one in near:
            if one.visit not in {None, but_for} or one.is_closing:
                return []
            if one.starts_at == free_until and one.place is slot.place:
                found.append(one)
                free_until = one.ends_at
        return found if free_until >= ends_at(slot, kind) else []

    def booked(self, person: Person) -> list[Visit]:
        """Somebody's booked visits in order."""
        found = [visit for visit in self.visits if visit.person is person and visit.status == "booked"]
        return sorted(found, key=lambda visit: visit.slot.starts_at)

    def upcoming(self, person: Person) -> list[Visit]:
        """Those that aren't over."""
        return [visit for visit in self.booked(person) if visit.ends_at > self.now]

    def past(self, person: Person) -> list[Visit]:
        """Somebody's other visits, the latest first."""
        upcoming = self.upcoming(person)
        found = [visit for visit in self.visits if visit.person is person and visit not in upcoming]
        return sorted(found, key=lambda visit: (visit.slot.starts_at, visit.id), reverse=True)

    def of_patient(self, person: Person) -> list[Visit]:
        """All of somebody's visits, the latest first."""
        found = [visit for visit in self.visits if visit.person is person]
        return sorted(found, key=lambda visit: (visit.slot.starts_at, visit.id), reverse=True)

    def of_day(self, provider_id: StaffId | None, day: date) -> list[Visit]:
        """The visits of a day as the clocks of each place count it, of a provider or of all; without cancelled ones."""
        found = [
            visit
            for visit in self.visits
            if provider_id in {None, visit.slot.provider_id}
            and visit.status != "cancelled"
            and visit.slot.starts_at.astimezone(ZoneInfo(visit.slot.place.zone)).date() == day
        ]
        return sorted(found, key=lambda visit: (visit.slot.starts_at, visit.id))

    def open_requests(self, person: Person | None = None) -> list[Request]:
        """What is open; of somebody."""
        return [one for one in self.requests if one.status == "open" and person in {None, one.person}]

    def slots_of(self, sort: str, person: Person) -> list[Slot]:
        """The slots of a sort, as they are to this patient; in order, and only those whose id somebody has seen."""
        known = [slot for slot in self.slots if slot.id]
        there = [slot for slot in known if not slot.is_withdrawn]
        own = [visit.slot for visit in self.booked(person)]
        ends = {moment for visit in self.booked(person) for moment in (visit.slot.starts_at, visit.ends_at)}
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
        limits = self.policy.appointments
        before = [limit for limit in (limits.cancel_notice, limits.book_notice, limits.horizon) if limit is not None]
        slots = self.published()
        found = {moment for slot in slots for moment in (slot.starts_at, slot.ends_at)}
        found |= {slot.starts_at - limit for slot in slots for limit in before}
        found |= {visit.booked_at + limits.grace for visit in self.visits if limits.grace is not None}
        found |= {visit.slot.starts_at - before for visit in self.visits for before in self.policy.notices.reminders}
        found |= {request.ends_at(self.policy.zone) for request in self.open_requests()}
        found |= {notice.due_at for notice in self.notices}
        midnight = datetime.combine(self.today + A_DAY, time(), tzinfo=ZoneInfo(self.policy.zone))
        return sorted(moment for moment in {*found, midnight.astimezone(self.now.tzinfo)} if moment > self.now)

    # What is told

    def choose(self, person: Person, wants: Channel) -> Prediction:
        """Whoever is in chooses, text messages where the practice sends any; nobody is told."""
        if not person.is_in:
            return Prediction("session_ended")
        if wants is Channel.TEXT and not self.policy.notices.texts:
            return Prediction("texts_not_offered")

        def effect() -> None:
            person.wants = wants

        return Prediction(DONE, effect if wants is not person.wants else nothing)

    def expired(self) -> list[Request]:
        """The open requests whose last day is over."""
        return [one for one in self.open_requests() if one.ends_at(self.policy.zone) <= self.now]

    def to_remind_of(self) -> list[Visit]:
        """The visits of which somebody is reminded now, in order: each once, however many moments have passed."""
        ahead = [visit for visit in self.visits if self._is_awaited(visit)]
        ahead.sort(key=lambda visit: (visit.slot.starts_at, visit.id))
        found = [visit for before in self.policy.notices.reminders for visit in ahead if before in self.passed(visit)]
        return list(dict.fromkeys(found))

    def passed(self, visit: Visit) -> set[timedelta]:
        """How long before it the moments were that came since it was booked, and that nobody was reminded at."""
        starts_at = visit.slot.starts_at
        came = {one for one in self.policy.notices.reminders if visit.booked_at < starts_at - one <= self.now}
        return came - visit.reminded_of

    def work(self) -> Told:
        """What is told now, in order, what is given up, as it waited for too long, and what waits for the morning.

        First what was asked for in vain ends, and what begins soon is to be reminded of. Nobody is told who is shut
        out, and nothing of a visit that is off is confirmed.
        """
        for request in sorted(self.expired(), key=lambda one: (one.ends_at(self.policy.zone), one.id)):
            request.status, request.ended_at = "expired", self.now
            self._tell(request.person, NoticeKind.REQUEST_CLOSED)
        for visit in self.to_remind_of():
            visit.reminded_of |= self.passed(visit)
            self._tell(visit.person, NoticeKind.VISIT_REMINDER, visit)
        due = sorted((one for one in self.notices if one.due_at <= self.now), key=lambda one: one.due_at)
        wanted = [one for one in due if self.is_wanted(one)]
        late = [one for one in wanted if self.now >= one.made_at + self.policy.notices.patience]
        held = [one for one in wanted if one not in late and self._waits_for_the_morning(one)]
        for one in held:
            one.due_at = self.morning()
        self.notices = [one for one in self.notices if one not in due or one in held]
        return Told([one for one in wanted if one not in late and one not in held], late, held)

    def is_wanted(self, notice: Notice) -> bool:
        """Whether there is still somebody to tell, who wants it, and something true to say."""
        return notice.person.is_active and notice.person.wants is not Channel.NONE and not self.is_stale(notice)

    def morning(self) -> datetime:
        """The next time that it is eight in the morning where the practice is."""
        day = self.today if self._hour() < MORNING else self.today + A_DAY
        return datetime.combine(day, time(MORNING), tzinfo=ZoneInfo(self.policy.zone)).astimezone(UTC)

    def _hour(self) -> int:
        return self.now.astimezone(ZoneInfo(self.policy.zone)).hour

    def _waits_for_the_morning(self, notice: Notice) -> bool:
        if not notice.person.is_texted or MORNING <= self._hour() < EVENING:
            return False
        return notice.visit is None or not self.now <= notice.visit.slot.starts_at <= self.morning()

    def is_stale(self, notice: Notice) -> bool:
        """Whether it would send somebody to a visit that isn't booked any more, or remind of what has begun."""
        visit = notice.visit
        if visit is None:
            return False
        if notice.kind is NoticeKind.VISIT_REMINDER:
            return not self._is_awaited(visit)
        return notice.kind in CONFIRMS and visit.status != "booked"

    def _is_awaited(self, visit: Visit) -> bool:
        return visit.status == "booked" and visit.arrived_at is None and visit.slot.starts_at > self.now

    def _tell(self, person: Person, kind: NoticeKind, visit: Visit | None = None) -> None:
        self.notices.append(Notice(person, kind, visit, self.now, self.now))
