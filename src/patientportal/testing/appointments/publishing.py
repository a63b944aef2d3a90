"""The practice opens, publishes slots and withdraws them: a layer of ``AppointmentsMachine``."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from patientportal.application.appointments.schedules import PublishedSlots
from patientportal.domain.appointments.directory import Provider
from patientportal.domain.ids import StaffId
from patientportal.testing.appointments.hours import (
    A_DAY,
    AT_NIGHT,
    EVENINGS,
    EVERY_DAY,
    EVERY_SECOND_WEEK,
    HALF_AN_HOUR,
    HOURS,
    MORNINGS,
    NIGHTS,
    Hours,
    Period,
    clock_on_the_wall,
    times,
)
from patientportal.testing.appointments.kept import Building, Slot
from patientportal.testing.appointments.machine_base import PROVIDERS, VISIT_TYPES, PracticeMachine, pick, providers
from patientportal.testing.machine_base import INSTANT, agree, indexes, offsets, rarely

SPANS = (INSTANT, HALF_AN_HOUR, timedelta(days=1), timedelta(days=31), timedelta(days=31))

hours_of_day: st.SearchStrategy[Hours] = st.sampled_from(HOURS)


def another_than(provider_id: StaffId) -> StaffId:
    """The other provider."""
    return PROVIDERS[1 - PROVIDERS.index(provider_id)]


class PublishingMachine(PracticeMachine):
    """What the practice does to its slots.

    Attributes:
        published: what of whom, where and when; ``publish_again`` does it once more.
    """

    def __init__(self) -> None:
        super().__init__()
        self.published: list[tuple[StaffId, Building, Hours, Period]] = []

    @initialize(provider_id=providers, place=st.integers(0, 1))
    def the_practice_opens(self, provider_id: StaffId, place: int) -> None:
        """Three patients are in, one of whom only looks; a provider is at either place."""
        self._everybody_joins()
        self.work()
        for building in self.buildings:
            self.desk.places.put(building.written_down)
        for visit_type in VISIT_TYPES:
            self.desk.visit_types.put(visit_type)
        self.publish(provider_id, place, MORNINGS, 0, 2, skips=False)
        self.publish(another_than(provider_id), 1 - place, NIGHTS, 0, 2, skips=False)
        self.publish(provider_id, 1 - place, EVENINGS, 1, 0, skips=False)

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
        where = self.buildings[place]
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

    def _publish(self, provider_id: StaffId, place: Building, hours: Hours, period: Period) -> None:
        wanted = times(hours, period, place.zone)
        before = len(self.model.slots)
        others = self.model.published(provider_id=provider_id)
        prediction, left_out = self.model.publish(provider_id, place, wanted)
        answer, published = self._ask(
            lambda: self.desk.schedule.publish(
                place.id if before % 2 else place.written_down,
                hours.pattern,
                opens=hours.opens,
                closes=hours.closes,
                visit_length=hours.visit_length,
                step=hours.step,
                first_day=period.first_day,
                last_day=period.last_day,
                exceptions=period.exceptions,
                provider_id=provider_id,
            ),
            prediction,
        )
        code, _, at = answer.partition(": ")
        overlaps = code == "slots_overlap"
        then = [s for s in others if overlaps and s.starts_at <= datetime.fromisoformat(at) < s.ends_at]
        self._reach("slots would have overlapped", when=overlaps)
        self._reach("slots would have overlapped at two places", when=any(slot.place != place for slot in then))
        self._reach("a pattern made no slot", when=answer == "bad_input: no_slot")
        if published is None:
            return
        added = len(self.model.slots) - before
        there = len(wanted) - added - len(left_out)
        agree("published", predicted=(added, there), answered=(published.added, published.already_there))
        self._see_left_out(left_out, others, published)
        self.published.append((provider_id, place, hours, period))
        self._see_changes(place, self.model.slots[before:], hours, period)
        self._reach("slots were published again", when=there == len(wanted))
        self._reach("what was missing was published", when=added and there)
        self.exactly_the_free_slots_ahead_are_offered()

    def _see_left_out(self, left_out: list[Slot], others: list[Slot], published: PublishedSlots) -> None:
        visits = [[other.visit for other in others if other.visit and other.overlaps(slot)] for slot in left_out]
        predicted = [
            (slot.starts_at, slot.ends_at, tuple(dict.fromkeys(visit.id for visit in then)))
            for slot, then in zip(left_out, visits, strict=True)
        ]
        answered = [(one.starts_at, one.ends_at, one.appointment_ids) for one in published.left_out]
        agree("left out", predicted=predicted, answered=answered)
        self._reach("a slot was left out beside a visit", when=any(visits))
        self._reach("a slot was left out beside a begun one", when=not all(visits))

    def _see_changes(self, place: Building, slots: list[Slot], hours: Hours, period: Period) -> None:
        wall_times = [slot.starts_at.astimezone(ZoneInfo(place.zone)).replace(tzinfo=None) for slot in slots]
        shown = clock_on_the_wall(place.zone, period.first_day, period.last_day)
        is_skipped = datetime.combine(period.first_day, time(2, 30)) not in shown
        self._reach("a local time came twice", when=len(wall_times) > len({*wall_times}))
        self._reach("a local time was skipped", when=slots and hours in AT_NIGHT and is_skipped)

    def _publish_beside(self, slot: Slot, place: Building, later_by: timedelta) -> None:
        """The other provider sees patients at about the time of a slot, at a place."""
        opens, closes = (
            (slot.starts_at + later_by + after).astimezone(ZoneInfo(place.zone))
            for after in (timedelta(0), HALF_AN_HOUR)
        )
        hours = Hours(EVERY_DAY, opens.time(), closes.time(), HALF_AN_HOUR)
        self._publish(another_than(slot.provider_id), place, hours, Period(opens.date(), opens.date()))

    @rule(place=st.integers(0, 1), name=st.sampled_from(("North Building", "New Building", "5 Mill Road")))
    def rename_place(self, place: int, name: str) -> None:
        """A place is called otherwise: what is booked there, too."""
        where = self.buildings[place]
        is_new, before = name != where.name, where.written_down
        self._ask(lambda: self.desk.places.put(evolve(before, name=name)), self.model.rename(where, name))
        ahead = any(visit.slot.place is where and visit.status == "booked" for visit in self.model.visits)
        self._reach("a place was called otherwise with visits ahead", when=is_new and ahead)

    @rule(provider_id=providers, name=st.sampled_from(("Dr Lovelace", "Dr King")))
    def name_provider(self, provider_id: StaffId, name: str) -> None:
        """A provider gets a name, or another one."""
        had_another = self.model.names.get(provider_id, name) != name
        self._ask(
            lambda: self.desk.providers.put(Provider(id=provider_id, name=name)),
            self.model.name_provider(provider_id, name),
        )
        self._reach("a provider got another name", when=had_another)

    @precondition(lambda self: self.model.slots)
    @rule(which=indexes, place=st.integers(0, 1), wanted=st.sampled_from(("booked", "begun", "any")))
    def publish_over_a_slot(self, which: int, place: int, wanted: str) -> None:
        """The same provider's time again at a place, as somebody has it, or as it has begun."""
        sorts = {
            "booked": [slot for slot in self.model.published() if slot.visit],
            "begun": [slot for slot in self.model.published() if slot.starts_at <= self.model.now],
            "any": self.model.published(),
        }
        if (slot := pick(sorts[wanted], which)) is None:
            return
        where = self.buildings[place]
        zone = ZoneInfo(where.zone)
        opens, closes = (at.astimezone(zone) for at in (slot.starts_at, slot.ends_at))
        hours = Hours(EVERY_DAY, opens.time(), closes.time(), slot.ends_at - slot.starts_at)
        self._publish(slot.provider_id, where, hours, Period(opens.date(), opens.date()))

    @precondition(lambda self: self.model.slots)
    @rule(which=indexes, offset=offsets, span=st.sampled_from(SPANS), anywhere=st.booleans(), is_free=st.booleans())
    def withdraw(self, which: int, offset: timedelta, span: timedelta, *, anywhere: bool, is_free: bool) -> None:
        """What a provider has from about the start of one of the slots on, at its place or anywhere."""
        taken = [slot for slot in self.model.published() if slot.visit is not None]
        slot = pick(self.model.offered() if is_free else taken, which)
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
            agree("withdrawn", predicted=(number, 0), answered=(withdrawn.slots, withdrawn.visits))
