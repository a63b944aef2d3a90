"""A state machine over visits: practice, patients, worker and clock in any order, each answer predicted."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import ClassVar, TypeVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from patientportal.application.pages import Page
from patientportal.application.worker.work import Worked
from patientportal.domain.appointments import schedules
from patientportal.domain.appointments.appointments import Appointment, NotBookedError, VisitsOverlapError
from patientportal.domain.appointments.requests import (
    AppointmentRequest,
    AppointmentRequestEndedError,
    PartOfDay,
    Window,
)
from patientportal.domain.appointments.schedules import Place, SlotsBookedError, SlotsOverlapError
from patientportal.domain.errors import NotFoundError, PortalError
from patientportal.domain.ids import AppointmentId, AppointmentRequestId, PlaceId, SlotId, StaffId
from patientportal.domain.notices.notices import Delivery
from patientportal.domain.policy import Policy, SessionPolicy
from patientportal.domain.told import NoticeKind
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import Query
from patientportal.testing.appointments.model import (
    A_DAY,
    AppointmentsModel,
    Hours,
    Period,
    Person,
    Request,
    Slot,
    Visit,
    clock_on_the_wall,
    times,
)
from patientportal.testing.appointments.shown import (
    local,
    request_foretold,
    request_shown,
    slot_foretold,
    slot_shown,
    visit_foretold,
    visit_shown,
)
from patientportal.testing.machine_base import DONE, INSTANT, PredictingMachine, agree, indexes, offsets, rarely
from patientportal.testing.world import PASSWORD, activated

T = TypeVar("T")
S = TypeVar("S")

RUN_MAX = timedelta(days=60)
"""Nothing of a visit's is forgotten before ninety days."""
WHOLE_RUN = SessionPolicy(idle=2 * RUN_MAX, absolute=2 * RUN_MAX)
PROVIDERS = (StaffId("dr-lovelace"), StaffId("dr-somerville"))
NAMES = ("countess", "sister", "neighbour")
REASONS = ("", "A cough", "Line one\nLine two")
NOBODYS = "id-999999"
FREE_AT_LEAST = 4
EVERY_DAY = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
HALF_AN_HOUR, A_QUARTER = timedelta(minutes=30), timedelta(minutes=15)
MORNINGS = Hours(EVERY_DAY, time(9), time(10, 30), HALF_AN_HOUR)
NIGHTS = Hours(EVERY_DAY, time(1), time(4), HALF_AN_HOUR)
AT_NIGHT = (
    NIGHTS,
    Hours(EVERY_DAY, time(1, 30), time(3, 30), timedelta(minutes=40)),
    Hours(EVERY_DAY, time(1, 30), time(3), timedelta(minutes=90)),
)
EVENINGS = Hours(EVERY_DAY, time(23, 45), time(0, 15), A_QUARTER)
EVERY_SECOND_WEEK = Hours(("MO", "WE", "SA"), time(12), time(13), HALF_AN_HOUR, every_weeks=2)
HOURS = (
    MORNINGS,
    MORNINGS,
    Hours(EVERY_DAY, time(9, 15), time(10, 45), timedelta(minutes=45)),
    Hours(EVERY_DAY, time(8), time(11), timedelta(minutes=90)),
    *AT_NIGHT,
    EVENINGS,
    EVERY_SECOND_WEEK,
)
SPANS = (INSTANT, HALF_AN_HOUR, timedelta(days=1), timedelta(days=31), timedelta(days=31))
SITUATIONS = frozenset(
    {
        "a begun slot was tried for a request",
        "a begun visit was to be cancelled",
        "a begun visit was to be moved",
        "a cancelled visit was to be moved",
        "a cancelled visit's slot was booked again",
        "a commit failed",
        "a confirmation had become pointless",
        "a day began with a visit at midnight",
        "a list had several pages",
        "a local time came twice",
        "a local time was skipped",
        "a missed visit was to be fulfilled",
        "a moved visit was moved again",
        "a pattern made no slot",
        "a request ended twice",
        "a request was withdrawn",
        "a scheduled visit was cancelled",
        "a slot was booked just before it began",
        "a slot was tried at its very start",
        "a stranger's request was to be withdrawn",
        "a stranger's visit was to be cancelled",
        "a taken slot was tried",
        "a visit was cancelled just before it began",
        "a visit was fulfilled at its very start",
        "a visit was marked before it began",
        "a visit was marked twice",
        "a visit was moved",
        "a visit was moved onto a part of its own time",
        "a visit was to be cancelled at its very start",
        "a visit was to be cancelled twice",
        "a visit was to be moved onto another one",
        "a visit was to be moved to a stranger's slot",
        "a visit was to be moved to where it is",
        "a window was over",
        "a withdrawn slot was tried",
        "booked slots were to be withdrawn",
        "free slots were withdrawn",
        "slots were published again",
        "slots would have overlapped",
        "slots would have overlapped at two places",
        "somebody shut out tried",
        "the practice cancelled a visit of somebody shut out",
        "the practice declined a request",
        "the practice scheduled a request",
        "their own slot was tried",
        "too many requests were open",
        "visits touched",
        "visits would have overlapped",
        "visits would have overlapped at two places",
        "what was missing was published",
    }
)
"""What is rare, and what a run that is worth its time has come to; see ``AppointmentsMachine.reached``."""
WITH_NOTICE = frozenset({"it was too late to cancel", "it was just early enough to cancel"})
"""What needs a policy with a ``cancel_notice``."""

providers: st.SearchStrategy[StaffId] = st.sampled_from(PROVIDERS)
reasons: st.SearchStrategy[str] = st.sampled_from(REASONS)
hours_of_day: st.SearchStrategy[Hours] = st.sampled_from(HOURS)
which_slots: st.SearchStrategy[str] = st.sampled_from(
    ("free", "free", "free", "taken", "own", "overlapping", "touching", "begun", "gone", "none")
)
for_requests: st.SearchStrategy[str] = st.sampled_from(
    ("free", "free", "free", "taken", "overlapping", "begun", "begun", "gone", "none")
)
which_visits: st.SearchStrategy[str] = st.sampled_from(
    ("booked", "booked", "booked", "begun", "ended", "stranger's", "none")
)
which_requests: st.SearchStrategy[str] = st.sampled_from(("open", "open", "open", "ended", "none"))
just_then: st.SearchStrategy[timedelta] = st.sampled_from((timedelta(0), timedelta(0), -INSTANT, INSTANT))
almost_never: st.SearchStrategy[bool] = st.sampled_from((*[False] * 9, True))


def another_than(provider_id: StaffId) -> StaffId:
    """The other provider."""
    return PROVIDERS[1 - PROVIDERS.index(provider_id)]


def pick(things: Sequence[T], which: int) -> T | None:
    """One of them, the first for 0, if there is any."""
    return things[which % len(things)] if things else None


class AppointmentsMachine(PredictingMachine):
    """Practice, patients, worker and clock in any order over visits; each answer is predicted before the call.

    It begins a few days before the clocks change at one of two places. An adapter's author overrides ``new_store`` and
    ``teardown``, and runs its ``TestCase``, as for ``PortalMachine``.

    Attributes:
        policy: its section of appointments, and its zone, may be others; sessions must last.
        begins_at: when the run does.
        places: where visits are.
        changes: the day on which the clocks change there.
        reached: how often each of ``situations`` was come to, over all examples of this class.
    """

    policy: ClassVar[Policy] = Policy(zone="America/New_York", sessions=WHOLE_RUN)
    situations: ClassVar[frozenset[str]] = SITUATIONS | WITH_NOTICE
    begins_at: ClassVar[datetime] = datetime(2026, 10, 23, 5, tzinfo=UTC)
    places: ClassVar[tuple[Place, ...]] = (
        Place(id=PlaceId("north"), name="North Building", zone="Europe/Berlin"),
        Place(id=PlaceId("south"), name="South Building", zone="America/New_York"),
    )
    changes: ClassVar[tuple[date, ...]] = (date(2026, 10, 25), date(2026, 11, 1))

    def __init__(self) -> None:
        super().__init__()
        self.clock.advance(self.begins_at - self.clock())
        self.over_at: datetime = self.begins_at + RUN_MAX
        self.model: AppointmentsModel = AppointmentsModel(self.policy, self.clock)
        self.published: list[tuple[StaffId, Place, Hours, Period]] = []
        self.ended: set[AppointmentId] = set()

    def spoken(self, error: PortalError) -> str:
        """Its code, and what it names."""
        match error:
            case NotFoundError(what=what):
                return f"{error.code}: {what}"
            case SlotsOverlapError(starts_at=starts_at):
                return f"{error.code}: {starts_at}"
            case SlotsBookedError(appointment_ids=ids):
                return f"{error.code}: {', '.join(ids)}"
            case VisitsOverlapError(appointment_id=id_):
                return f"{error.code}: {id_}"
            case NotBookedError(status=status) | AppointmentRequestEndedError(status=status):
                return f"{error.code}: {status}"
            case _:
                return super().spoken(error)

    # The practice

    @initialize(provider_id=providers, place=st.integers(0, 1))
    def the_practice_opens(self, provider_id: StaffId, place: int) -> None:
        """Three patients are in, one of whom only looks; a provider is at either place."""
        self.onlooker: Person
        *self.model.people, self.onlooker = [self._joined(name) for name in NAMES]
        self.work()
        self.publish(provider_id, place, MORNINGS, 0, 2, skips=False)
        self.publish(another_than(provider_id), 1 - place, NIGHTS, 0, 2, skips=False)
        self.publish(provider_id, 1 - place, EVENINGS, 1, 0, skips=False)

    def _joined(self, name: str) -> Person:
        email = f"{name}@example.org"
        member = activated(self.portal, self.notifier, name, email=email)
        return Person(member.patient_id, name, email, self.portal.log_in(name, PASSWORD))

    @rule(
        provider_id=providers,
        place=st.integers(0, 1),
        hours=hours_of_day,
        first=st.sampled_from((-1, 0, 0, 1, 2, None)),
        days=st.integers(0, 2),
        skips=rarely,
    )
    def publish(
        self, provider_id: StaffId, place: int, hours: Hours, first: int | None, days: int, *, skips: bool
    ) -> None:
        """Some days' slots: from yesterday on, from today, later, or (for ``None``) on the day the clocks change."""
        where = self.places[place]
        today = self.model.now.astimezone(ZoneInfo(where.zone)).date()
        first_day = self.changes[place] if first is None else today + first * A_DAY
        self._publish(provider_id, where, hours, Period(first_day, first_day + days * A_DAY, (first_day,) * skips))

    @rule(provider_id=providers, place=st.integers(0, 1), hours=st.sampled_from(AT_NIGHT))
    def publish_while_clocks_change(self, provider_id: StaffId, place: int, hours: Hours) -> None:
        """A night's slots, with local times that are skipped or come twice."""
        self.publish(provider_id, place, hours, None, 0, skips=False)

    @rule(provider_id=providers, place=st.integers(0, 1), first=st.integers(0, 6))
    def publish_every_second_week(self, provider_id: StaffId, place: int, first: int) -> None:
        """More than a week's slots, of which the second week has none."""
        self.publish(provider_id, place, EVERY_SECOND_WEEK, first, 7, skips=False)

    @precondition(lambda self: self.published)
    @rule(which=indexes)
    def publish_again(self, which: int) -> None:
        """The same once more: only what is missing is added."""
        self._publish(*self.published[which % len(self.published)])

    def _publish(self, provider_id: StaffId, place: Place, hours: Hours, period: Period) -> None:
        wanted = times(hours, period, place.zone)
        before = len(self.model.slots)
        elsewhere = [slot for slot in self.model.published(provider_id=provider_id) if slot.place != place]
        answer, published = self._ask(
            lambda: self.desk.schedule.publish(
                place,
                hours.pattern,
                opens=hours.opens,
                closes=hours.closes,
                visit_length=hours.visit_length,
                first_day=period.first_day,
                last_day=period.last_day,
                exceptions=period.exceptions,
                provider_id=provider_id,
            ),
            self.model.publish(provider_id, place, wanted),
        )
        code, _, at = answer.partition(": ")
        overlaps = code == "slots_overlap"
        is_elsewhere = overlaps and any(s.starts_at <= datetime.fromisoformat(at) < s.ends_at for s in elsewhere)
        self._reach("slots would have overlapped", when=overlaps)
        self._reach("slots would have overlapped at two places", when=is_elsewhere)
        self._reach("a pattern made no slot", when=answer == "bad_input: no_slot")
        if published is None:
            return
        added = len(self.model.slots) - before
        agree("published", predicted=(added, len(wanted) - added), answered=(published.added, published.already_there))
        self.published.append((provider_id, place, hours, period))
        self._see_changes(place, self.model.slots[before:], hours, period)
        self._reach("slots were published again", when=not added)
        self._reach("what was missing was published", when=0 < added < len(wanted))
        self.exactly_the_free_slots_ahead_are_offered()

    def _see_changes(self, place: Place, slots: list[Slot], hours: Hours, period: Period) -> None:
        wall_times = [slot.starts_at.astimezone(ZoneInfo(place.zone)).replace(tzinfo=None) for slot in slots]
        shown = clock_on_the_wall(place.zone, period.first_day, period.last_day)
        is_skipped = datetime.combine(period.first_day, time(2, 30)) not in shown
        self._reach("a local time came twice", when=len(wall_times) > len({*wall_times}))
        self._reach("a local time was skipped", when=slots and hours in AT_NIGHT and is_skipped)

    @precondition(lambda self: self.model.slots)
    @rule(which=indexes, offset=offsets, span=st.sampled_from(SPANS), anywhere=st.booleans(), is_free=st.booleans())
    def withdraw(self, which: int, offset: timedelta, span: timedelta, *, anywhere: bool, is_free: bool) -> None:
        """What a provider has from about the start of one of the slots on, at its place or anywhere."""
        slot = pick([slot for slot in self.model.published() if (slot.visit is None) == is_free], which)
        if slot is None:
            return
        place_id = None if anywhere else slot.place.id
        after = slot.starts_at + offset
        prediction, number = self.model.withdraw(slot.provider_id, place_id, after, after + span)
        answer, withdrawn = self._ask(
            lambda: self.desk.schedule.withdraw(
                after=after, before=after + span, provider_id=slot.provider_id, place_id=place_id
            ),
            prediction,
        )
        self._reach("booked slots were to be withdrawn", when=answer.startswith("slots_booked"))
        self._reach("free slots were withdrawn", when=withdrawn)
        if withdrawn is not None:
            agree("withdrawn", predicted=number, answered=withdrawn)

    @rule(who=indexes, which=indexes, sort=which_visits, is_out=rarely)
    def cancel_by_practice(self, who: int, which: int, sort: str, *, is_out: bool) -> None:
        """The practice calls a visit off, perhaps one of somebody whom it has shut out."""
        person = self.person(who)
        visit = self._visit(sort, person, which)
        if is_out:
            self._ask(lambda: self.desk.patients.deactivate(person.id), self.model.shut_out(person))
        answer, _ = self._ask(
            lambda: self.desk.appointments.cancel(visit.id if visit else AppointmentId(NOBODYS), "Dr. L. is ill"),
            self.model.cancel_by_practice(visit, "Dr. L. is ill"),
        )
        was_out = answer == DONE and visit and not visit.person.is_active
        self._reach("the practice cancelled a visit of somebody shut out", when=was_out)
        if is_out:
            self.let_in(who)

    @rule(
        who=indexes,
        which=indexes,
        sort=st.sampled_from(("booked", "booked", "booked", "begun", "ended", "none")),
        status=st.sampled_from(("fulfilled", "noshow", "noshow")),
        offset=st.none() | just_then,
        again=st.sampled_from((None, "fulfilled", "noshow", "noshow")),
    )
    def mark(
        self, who: int, which: int, sort: str, *, status: str, offset: timedelta | None, again: str | None
    ) -> None:
        """The practice says who came; now or at about the start, and perhaps once more."""
        visit = self._visit(sort, self.person(who), which)
        if visit and offset is not None:
            self._wait_until(visit.slot.starts_at + offset)
        for one in (status, *filter(None, [again])):
            self._mark(visit, one)

    def _mark(self, visit: Visit | None, status: str) -> None:
        before = visit and visit.status
        verb = self.desk.appointments.mark_fulfilled if status == "fulfilled" else self.desk.appointments.mark_noshow
        answer, _ = self._ask(
            lambda: verb(visit.id if visit else AppointmentId(NOBODYS)), self.model.mark(visit, status)
        )
        is_at_start = visit and self.model.now == visit.slot.starts_at
        self._reach("a visit was marked before it began", when=answer == "not_yet_begun")
        self._reach("a visit was marked twice", when=answer == DONE and before == status)
        self._reach("a missed visit was to be fulfilled", when=answer == "not_booked: noshow")
        self._reach("a visit was fulfilled at its very start", when=answer == DONE and is_at_start)

    @rule(which=indexes, sort=which_requests, slots=for_requests, whose=indexes, in_vain=rarely)
    def schedule_request(self, which: int, sort: str, slots: str, whose: int, *, in_vain: bool) -> None:
        """The practice books what somebody asked for, who then perhaps doesn't come."""
        request = self._request(sort, self.person(whose), which)
        slot = self._slot(slots, request.person if request else self.model.people[0], whose)
        before = request and request.status
        answer, visit_id = self._ask(
            lambda: self.desk.appointments.schedule_request(
                request.id if request else AppointmentRequestId(NOBODYS), slot.id if slot else SlotId(NOBODYS)
            ),
            self.model.schedule_request(request, slot),
        )
        if visit_id is not None:
            self.model.visits[-1].id = visit_id
        self._reach("the practice scheduled a request", when=answer == DONE)
        self._reach("a request ended twice", when=before != "open" and answer.startswith("appointment_request_ended"))
        self._reach("a begun slot was tried for a request", when=answer == "visit_begun")
        if in_vain and request and request.visit:
            self._cancel(request.person, request.visit)

    @rule(who=indexes, which=indexes, sort=which_requests)
    def decline_request(self, who: int, which: int, sort: str) -> None:
        """The practice can't do what somebody asked for."""
        request = self._request(sort, self.person(who), which)
        answer, _ = self._ask(
            lambda: self.desk.appointments.decline_request(
                request.id if request else AppointmentRequestId(NOBODYS), "Ask your doctor"
            ),
            self.model.decline_request(request, "Ask your doctor"),
        )
        self._reach("the practice declined a request", when=answer == DONE)
        self._reach("a request ended twice", when=answer.startswith("appointment_request_ended"))

    @rule(who=indexes, which=indexes, for_long=almost_never, sort=which_slots)
    def shut_out(self, who: int, which: int, sort: str, *, for_long: bool) -> None:
        """The practice deactivates somebody, who tries to book all the same; mostly that was a mistake."""
        person = self.person(who)
        self._ask(lambda: self.desk.patients.deactivate(person.id), self.model.shut_out(person))
        self._book(person, self._slot(sort, person, which), "")
        if not for_long:
            self.let_in(who)

    @rule(who=indexes)
    def let_in(self, who: int) -> None:
        """The practice lets somebody in again, who logs in."""
        person = self.person(who)
        self._ask(lambda: self.desk.patients.reactivate(person.id), self.model.let_in(person))
        if person.is_active and not person.is_in:
            _, me = self._ask(lambda: self.portal.log_in(person.name, PASSWORD), self.model.log_in(person))
            person.me = me or person.me

    @rule(which=indexes, offset=st.integers(-1, 1), provider_id=st.none() | providers)
    def see_day(self, which: int, offset: int, provider_id: StaffId | None) -> None:
        """The practice looks at the day of a visit, or at one beside it."""
        visit = pick(self.model.visits, which)
        if visit is None:
            return
        local = visit.slot.starts_at.astimezone(ZoneInfo(visit.slot.place.zone))
        day, provider = local.date() + offset * A_DAY, provider_id or visit.slot.provider_id
        predicted = [visit_foretold(one) for one in self.model.of_day(provider, day)]
        shown = self.desk.appointments.of_day(provider, day)
        agree("visits of a day", predicted=predicted, answered=[visit_shown(one) for one in shown])
        at_midnight = predicted and shown[0].starts_at.time() == time(0)
        self._reach("a day began with a visit at midnight", when=at_midnight)

    @rule(who=indexes, place=st.integers(0, 1), which=indexes)
    def see_midnight(self, who: int, place: int, which: int) -> None:
        """Somebody books a visit about midnight, and the practice looks at the day that begins then."""
        self.publish(PROVIDERS[who % 2], place, EVENINGS, 0, which % 2, skips=False)
        late = [
            slot for slot in self.model.slots_of("free", self.person(who)) if slot.ends_at - slot.starts_at == A_QUARTER
        ]
        self._book(self.person(who), pick(late, which), "")
        self.see_day(-1, 0, None)

    # The patients

    @rule(who=indexes, sort=which_slots, which=indexes, reason=reasons)
    def book(self, who: int, sort: str, which: int, reason: str) -> None:
        """Somebody takes a slot, or tries to."""
        person = self.person(who)
        self._book(person, self._slot(sort, person, which), reason)

    @rule(who=indexes, which=indexes, offset=offsets)
    def book_at_the_last_moment(self, who: int, which: int, offset: timedelta) -> None:
        """Somebody takes a slot that is about to begin, or just has."""
        person = self.person(who)
        slot = self._slot("free", person, which)
        if slot is None:
            return
        self._wait_until(slot.starts_at + offset)
        self._book(person, slot, "")

    def _book(self, person: Person, slot: Slot | None, reason: str) -> None:
        now, held = self.model.now, slot and slot.visit
        booked = [visit.slot for visit in self.model.booked(person)]
        answer, visit_id = self._ask(
            lambda: person.me.appointments.book(slot.id if slot else SlotId(NOBODYS), reason),
            self.model.book(person, slot, reason),
        )
        if visit_id is not None:
            self.model.visits[-1].id = visit_id
        is_own, is_done = held and held.person is person, answer == DONE
        was_cancelled = any(visit.slot is slot and visit.status == "cancelled" for visit in self.model.visits)
        self._reach("somebody shut out tried", when=answer == "session_ended")
        if slot is None:
            return
        others = [other for other in booked if other.overlaps(slot)]
        overlaps = answer.startswith("visits_overlap")
        self._reach("a taken slot was tried", when=answer == "slot_taken" and not is_own)
        self._reach("their own slot was tried", when=answer == "slot_taken" and is_own)
        self._reach("a withdrawn slot was tried", when=answer == "not_found: slot")
        self._reach("a slot was tried at its very start", when=answer == "visit_begun" and slot.starts_at == now)
        self._reach("a slot was booked just before it began", when=is_done and slot.starts_at - INSTANT == now)
        self._reach("a cancelled visit's slot was booked again", when=is_done and was_cancelled)
        self._reach("visits would have overlapped", when=overlaps)
        elsewhere = any(other.place != slot.place for other in others)
        self._reach("visits would have overlapped at two places", when=overlaps and elsewhere)
        touches = any(slot.starts_at == other.ends_at or slot.ends_at == other.starts_at for other in booked)
        self._reach("visits touched", when=is_done and touches)

    @rule(who=indexes, sort=which_visits, which=indexes)
    def cancel(self, who: int, sort: str, which: int) -> None:
        """Somebody gives a visit up, or tries to."""
        person = self.person(who)
        self._cancel(person, self._visit(sort, person, which))

    @rule(who=indexes, which=indexes, offset=just_then, is_early=st.sampled_from((True, True, False)))
    def cancel_at_the_last_moment(self, who: int, which: int, offset: timedelta, *, is_early: bool) -> None:
        """Somebody gives a visit up when it is about to begin, or to be too late for that."""
        person = self.person(who)
        notice = self.policy.appointments.cancel_notice if is_early else None
        if notice:
            self.publish(PROVIDERS[which % 2], which % 2, MORNINGS, 1, 1, skips=False)
            self._book(person, pick(self.model.slots_of("free", person), -1 - which), "")
        visit = self._visit("booked", person, -1 if notice else which)
        if visit is not None:
            self._wait_until(visit.slot.starts_at - (notice or timedelta(0)) + offset)
            self._cancel(person, visit)

    def _cancel(self, person: Person, visit: Visit | None) -> None:
        left = visit.slot.starts_at - self.model.now if visit else None
        before, notice = visit and visit.status, self.policy.appointments.cancel_notice
        answer, _ = self._ask(
            lambda: person.me.appointments.cancel(visit.id if visit else AppointmentId(NOBODYS)),
            self.model.cancel(person, visit),
        )
        if visit is None:
            return
        is_done = answer == DONE
        was_asked_for = any(request.visit is visit for request in self.model.requests)
        self._reach("a scheduled visit was cancelled", when=is_done and was_asked_for)
        self._reach("a visit was cancelled just before it began", when=is_done and left == INSTANT)
        self._reach("a visit was to be cancelled at its very start", when=answer == "visit_begun" and not left)
        self._reach("a begun visit was to be cancelled", when=answer == "visit_begun" and left)
        self._reach("a visit was to be cancelled twice", when=answer == "not_booked: cancelled")
        is_strangers = person.is_in and visit.person is not person and before == "booked"
        self._reach("a stranger's visit was to be cancelled", when=is_strangers)
        self._reach("it was too late to cancel", when=answer == "too_late_to_cancel")
        self._reach("it was just early enough to cancel", when=is_done and notice and left == notice)

    @rule(who=indexes, visits=which_visits, slots=which_slots, which=indexes, again=rarely)
    def reschedule(self, who: int, visits: str, slots: str, which: int, *, again: bool) -> None:
        """Somebody moves a visit to another slot, or tries to, and then perhaps moves it once more."""
        person = self.person(who)
        visit = self._visit(visits, person, which)
        self._reschedule(person, visit, self._slot(slots, person, which))
        if again and visit and visit.later:
            self._reschedule(person, visit.later, self._slot("free", person, which))

    @rule(who=indexes, which=indexes, where=indexes, onto_another=st.booleans())
    def reschedule_a_little(self, who: int, which: int, where: int, *, onto_another: bool) -> None:
        """Somebody moves a visit to a slot that is partly at the same time, or is the same; or to where another is."""
        person = self.person(who)
        visit = self._visit("booked", person, which)
        if visit is not None and onto_another:
            self._book(person, self._slot("touching", person, where), "")
        others = [other for other in self.model.visits_of("booked", person) if other is not visit]
        beside = (pick(others, where) if onto_another else None) or visit
        if beside is not None:
            self._publish_beside(beside.slot, self.places[where % 2], A_QUARTER * (where % 3 - 1))
            near = [slot for slot in self.model.published() if slot.id and slot.overlaps(beside.slot)]
            self._reschedule(person, visit, pick(near, which))

    def _reschedule(self, person: Person, visit: Visit | None, slot: Slot | None) -> None:
        held = slot and slot.visit
        answer, visit_id = self._ask(
            lambda: person.me.appointments.reschedule(
                visit.id if visit else AppointmentId(NOBODYS), slot.id if slot else SlotId(NOBODYS)
            ),
            self.model.reschedule(person, visit, slot),
        )
        if visit_id is not None:
            self.model.visits[-1].id = visit_id
        if visit is None or slot is None:
            return
        is_done, is_taken = answer == DONE, answer == "slot_taken"
        self._reach("a visit was moved", when=is_done)
        self._reach("a moved visit was moved again", when=is_done and visit.former)
        self._reach("a visit was moved onto a part of its own time", when=is_done and slot.overlaps(visit.slot))
        self._reach("a visit was to be moved to where it is", when=is_taken and slot is visit.slot)
        self._reach(
            "a visit was to be moved to a stranger's slot", when=is_taken and held and held.person is not person
        )
        self._reach("a visit was to be moved onto another one", when=answer.startswith("visits_overlap"))
        is_begun = answer == "visit_begun" and visit.slot.starts_at <= self.model.now
        self._reach("a begun visit was to be moved", when=is_begun)
        self._reach("a cancelled visit was to be moved", when=answer == "not_booked: cancelled")

    @rule(
        who=indexes,
        provider_id=st.none() | providers,
        reason=st.sampled_from(REASONS[1:]),
        last=st.lists(st.sampled_from((-1, 0, 0, 0, 7)), min_size=1, max_size=3)
        | st.sampled_from(([], [1] * 5, [1] * 6)),
        times=st.sampled_from((1, 1, 4)),
    )
    def request(self, who: int, provider_id: StaffId | None, reason: str, last: list[int], times: int) -> None:
        """Somebody asks for a visit, within windows that end so many days from now; perhaps again and again."""
        person, today = self.person(who), self.model.today
        windows = tuple(
            Window(first_day=today - A_DAY, last_day=today + days * A_DAY, part=PartOfDay.MORNING) for days in last
        )
        for _ in range(times):
            answer, request_id = self._ask(
                lambda: person.me.appointments.request(reason, windows, provider_id=provider_id),
                self.model.request(person, provider_id, reason, windows),
            )
            if request_id is not None:
                self.model.requests[-1].id = request_id
            self._reach("a window was over", when=answer == "bad_input: in_past")
            self._reach("too many requests were open", when=answer == "too_many_appointment_requests")

    @rule(who=indexes, sort=which_requests, which=indexes)
    def withdraw_request(self, who: int, sort: str, which: int) -> None:
        """Somebody no longer wants what they asked for."""
        person = self.person(who)
        request = self._request(sort, person, which)
        before = request and request.status
        answer, _ = self._ask(
            lambda: person.me.appointments.withdraw_request(request.id if request else AppointmentRequestId(NOBODYS)),
            self.model.withdraw_request(person, request),
        )
        is_strangers = request and request.person is not person and before == "open"
        self._reach("a request was withdrawn", when=answer == DONE)
        self._reach("a request ended twice", when=answer.startswith("appointment_request_ended"))
        self._reach("a stranger's request was to be withdrawn", when=person.is_in and is_strangers)

    @rule(
        who=indexes,
        provider_id=st.none() | providers,
        place=st.none() | st.integers(0, 1),
        which=indexes,
        offset=offsets,
        bounds=st.sampled_from(("none", "after", "before", "both")),
        limit=st.sampled_from((1, 3, 200)),
    )
    def see_open_slots(
        self,
        who: int,
        provider_id: StaffId | None,
        place: int | None,
        *,
        which: int,
        offset: timedelta,
        bounds: str,
        limit: int,
    ) -> None:
        """Somebody looks for a slot: of a provider, at a place, within some time, page by page."""
        person, slot = self.person(who), pick(self.model.offered(), which)
        place_id = None if place is None else self.places[place].id
        start = (slot.starts_at if slot else self.model.now) + offset
        after = start if bounds in {"after", "both"} else None
        before = {"before": start, "both": start + A_DAY}.get(bounds)
        predicted = [
            slot_foretold(slot)
            for slot in self.model.offered(provider_id=provider_id, place_id=place_id)
            if (after is None or after <= slot.starts_at) and (before is None or slot.starts_at < before)
        ]
        look = partial(
            person.me.appointments.open_slots, provider_id=provider_id, place_id=place_id, after=after, before=before
        )
        answered = self._pages(person, look, limit)
        if answered is not None:
            agree("open slots", predicted=predicted, answered=[slot_shown(one) for one in answered])

    @rule(who=indexes, limit=st.sampled_from((1, 3, 200)), which=indexes)
    def see_visits(self, who: int, limit: int, which: int) -> None:
        """Somebody looks at what is ahead of them and what was, page by page, and at one visit, be it theirs or not."""
        person = self.person(who)
        both = (
            ("upcoming", person.me.appointments.upcoming, self.model.upcoming(person)),
            ("past", person.me.appointments.past, self.model.past(person)),
        )
        for name, look, visits in both:
            answered = self._pages(person, look, limit)
            if answered is not None:
                predicted = [visit_foretold(visit) for visit in visits]
                agree(name, predicted=predicted, answered=[visit_shown(one) for one in answered])
        visit = pick(self.model.visits, which)
        if visit is not None and person.is_in:
            answer, shown = self._said(partial(person.me.appointments.get, visit.id))
            predicted_answer = DONE if visit.person is person else "not_found: appointment"
            agree("a visit", predicted=predicted_answer, answered=answer)
            if shown is not None:
                agree("a visit", predicted=visit_foretold(visit), answered=visit_shown(shown))

    @rule(who=indexes, limit=st.sampled_from((1, 3, 200)))
    def see_requests(self, who: int, limit: int) -> None:
        """Somebody looks at what they asked for, and the practice at what is open."""
        person = self.person(who)
        own = [one for one in self.model.requests if one.person is person]
        own.sort(key=lambda one: (one.requested_at, one.id), reverse=True)
        answered = self._pages(person, person.me.appointments.requests, limit)
        if answered is not None:
            agree(
                "own requests",
                predicted=[request_foretold(one) for one in own],
                answered=[request_shown(one) for one in answered],
            )
        still_open = [request_foretold(one) for one in self.model.open_requests()]
        shown = self.desk.appointments.requests(limit=200).items
        agree("open requests", predicted=still_open, answered=[request_shown(one) for one in shown])

    # The worker, time and mishap

    @rule()
    def work(self) -> None:
        """The worker tells what is due, as predicted; that its commits may fail is another machine's matter."""
        self.store.good_commits = None
        before = len(self.notifier.messages)
        pointless = [notice for notice in self.model.notices if self.model.is_stale(notice)]
        notices = self.model.work()
        predicted = [
            (one.kind, one.person.email, one.visit and local(one.visit.slot.starts_at, one.visit.slot.place))
            for one in notices
        ]
        worked = self.portal.work(limit=1000)
        answered = [
            (one.kind, one.to_email, one.visit_at and (one.visit_at.isoformat(), one.visit_place))
            for one in self.notifier.messages[before:]
        ]
        agree("messages", predicted=predicted, answered=answered)
        agree("work", predicted=Worked(sent=len(predicted)), answered=worked)
        self._reach("a confirmation had become pointless", when=pointless)

    @precondition(lambda self: self.model.edges())
    @rule(which=indexes, offset=offsets)
    def time_passes_to_an_edge(self, which: int, offset: timedelta) -> None:
        """The clock goes to where something begins, ends or is too late: just before, there, or just after."""
        edges = self.model.edges()
        self._wait_until(edges[which % len(edges)] + offset)

    @rule(after=st.integers(0, 2))
    def a_commit_will_fail(self, after: int) -> None:
        """The database will fail at the end of a transaction."""
        self.store.good_commits = after

    # What always holds

    @invariant()
    def exactly_the_free_slots_ahead_are_offered(self) -> None:
        """To everybody alike; a slot that is seen for the first time gets its id here."""
        look = self.onlooker.me.appointments.open_slots
        offered = {(one.provider_id, one.starts_at): one for one in self._pages(self.onlooker, look, 200) or []}
        free = {(slot.provider_id, slot.starts_at): slot for slot in self.model.offered()}
        agree("offered", predicted=sorted(free), answered=sorted(offered))
        for key, slot in free.items():
            shown = offered[key]
            slot.id = slot.id or shown.slot_id
            agree("a free slot", predicted=slot_foretold(slot), answered=slot_shown(shown))

    @invariant()
    def what_is_saved_holds_together(self) -> None:
        """No two booked visits of a patient overlap, each busy slot is one visit's, and what ended never comes back."""
        saved = self._saved(Appointment)
        booked = [visit for visit in saved if visit.status == "booked"]
        held = [visit for visit in saved if visit.status != "cancelled"]
        busy = [slot for slot in self._saved(schedules.Slot) if slot.status == "busy"]
        agree(
            "busy slots",
            predicted=sorted((visit.slot_id, visit.id, visit.patient_id) for visit in held),
            answered=sorted((slot.id, slot.appointment_id or "", slot.patient_id or "") for slot in busy),
        )
        overlapping = [
            (one.id, other.id)
            for one in booked
            for other in booked
            if one.id < other.id
            and one.patient_id == other.patient_id
            and one.starts_at < other.ends_at
            and other.starts_at < one.ends_at
        ]
        agree("overlapping visits", predicted=[], answered=overlapping)
        agree("visits that came back", predicted=[], answered=[visit.id for visit in booked if visit.id in self.ended])
        self.ended |= {visit.id for visit in saved if visit.status != "booked"}

    @invariant()
    def each_end_of_a_request_is_told_once(self) -> None:
        """In one notice, and in no second message."""
        requests, deliveries = self._saved(AppointmentRequest), self._saved(Delivery)
        closed = sorted(one.patient_id for one in requests if one.status in {"declined", "withdrawn"})
        told_of = sorted(one.patient_id for one in deliveries if one.kind is NoticeKind.REQUEST_CLOSED)
        agree("closed requests that are told", predicted=closed, answered=told_of)
        kept = {one.appointment_id for one in requests if one.appointment_id is not None}
        confirmed = [one.appointment_id for one in deliveries if one.kind is NoticeKind.VISIT_BOOKED]
        agree("scheduled requests that are told", predicted=len(kept), answered=sum(one in kept for one in confirmed))
        ids = [message.id for message in self.notifier.messages]
        agree("messages told twice", predicted=len({*ids}), answered=len(ids))

    # What there is

    def person(self, who: int) -> Person:
        """One of the patients."""
        return self.model.people[who % len(self.model.people)]

    # How it is done

    def _slot(self, sort: str, person: Person, which: int) -> Slot | None:
        """A slot of a sort, as it is to this patient; where there is none, something is done about that first."""
        if sort != "none" and not self.model.slots_of(sort, person):
            self._make_slot(sort, person, which)
        return pick(self.model.slots_of(sort, person), which)

    def _make_slot(self, sort: str, person: Person, which: int) -> None:
        if len(self.model.slots_of("free", person)) < FREE_AT_LEAST:
            for place, provider_id in enumerate(PROVIDERS):
                self.publish(provider_id, place, pick(HOURS, which * place) or MORNINGS, 1, 1, skips=False)
        free = pick(self.model.slots_of("free", person), which)
        if free is None:
            return
        match sort:
            case "taken":
                self._book(self._other(person), free, REASONS[1])
            case "own" | "touching":
                self._book(person, free, REASONS[2])
            case "overlapping":
                visit = self._visit("booked", person, which)
                if visit is not None:
                    self._publish_beside(visit.slot, self.places[which % 2], A_QUARTER * (which % 3 - 1))
            case "begun":
                self._wait_until(free.starts_at)
            case "gone":
                self.withdraw(which, timedelta(0), INSTANT, anywhere=True, is_free=True)
            case _:
                pass

    def _publish_beside(self, slot: Slot, place: Place, later_by: timedelta) -> None:
        """The other provider sees patients at about the time of a slot, at a place."""
        opens, closes = (
            (slot.starts_at + later_by + after).astimezone(ZoneInfo(place.zone))
            for after in (timedelta(0), HALF_AN_HOUR)
        )
        hours = Hours(EVERY_DAY, opens.time(), closes.time(), HALF_AN_HOUR)
        self._publish(another_than(slot.provider_id), place, hours, Period(opens.date(), opens.date()))

    def _visit(self, sort: str, person: Person, which: int) -> Visit | None:
        """A visit of a sort, as it is to this patient; where there is none, something is done about that first."""
        if sort != "none" and not self.model.visits_of(sort, person):
            self._make_visit(sort, person, which)
        return pick(self.model.visits_of(sort, person), which)

    def _make_visit(self, sort: str, person: Person, which: int) -> None:
        whose = self._other(person) if sort == "stranger's" else person
        self._book(whose, self._slot("free", whose, which), REASONS[which % len(REASONS)])
        visit = pick(self.model.booked(whose), 0)
        if visit is not None and sort == "ended":
            self._cancel(whose, visit)
        elif visit is not None and sort == "begun":
            self._wait_until(visit.slot.starts_at)

    def _other(self, person: Person) -> Person:
        return self.person(1 - self.model.people.index(person))

    def _request(self, sort: str, person: Person, which: int) -> Request | None:
        """A request of a sort; where there is none, somebody asks first."""
        if sort != "none" and not self.model.requests_of(sort):
            who = self.model.people.index(person)
            self.request(who, None, REASONS[1], [7], 1)
            if sort == "ended":
                self.withdraw_request(who, "open", which)
        return pick(self.model.requests_of(sort), which)

    def _wait_until(self, moment: datetime) -> None:
        """The clock goes on, never back, and never so far that anything is forgotten."""
        super()._wait_until(min(moment, self.over_at))

    def _pages(self, person: Person, look: Callable[..., Page[S]], limit: int) -> list[S] | None:
        """A whole list, page by page; ``None``: they are out."""
        items: list[S] = []
        cursor, pages = None, 0
        while pages == 0 or cursor is not None:
            _, page = self._ask(partial(look, limit=limit, cursor=cursor), self.model.look(person))
            if page is None:
                return None
            items += page.items
            cursor, pages = page.next_cursor, pages + 1
        self._reach("a list had several pages", when=pages > 1)
        return items

    def _saved(self, state: type[S]) -> Sequence[S]:
        with self.store.view() as view:
            return view.select(Query(state=state, order=KINDS[state].key))
