"""Patients and the practice look at what there is, and the store is looked into: a layer of ``AppointmentsMachine``."""

from datetime import time, timedelta
from functools import partial
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from patientportal.domain.appointments import schedules
from patientportal.domain.appointments.appointments import Appointment
from patientportal.domain.appointments.directory import VisitType
from patientportal.domain.ids import AppointmentId, StaffId
from patientportal.testing.appointments.booking import BookingMachine
from patientportal.testing.appointments.hours import A_DAY, A_QUARTER, EVENINGS
from patientportal.testing.appointments.kept import Request
from patientportal.testing.appointments.machine_base import AT_THE_DESK, PROVIDERS, kinds, pick, providers
from patientportal.testing.appointments.shown import (
    Seen,
    request_foretold,
    request_shown,
    slot_foretold,
    slot_shown,
    visit_foretold,
    visit_shown,
)
from patientportal.testing.machine_base import DONE, Prediction, agree, indexes, nothing, offsets


class LookingMachine(BookingMachine):
    """What is seen of slots, visits and requests.

    Attributes:
        ended: the visits that were seen to be over or off.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ended: set[AppointmentId] = set()

    # The patients

    @rule(
        who=indexes,
        provider_id=st.none() | providers,
        place=st.none() | st.integers(0, 1),
        which=indexes,
        offset=offsets,
        bounds=st.sampled_from(("none", "after", "before", "both")),
        limit=st.sampled_from((1, 3, 200)),
        kind=kinds,
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
        kind: VisitType | None,
    ) -> None:
        """Somebody looks for a slot: whose, where, within some time, for some kind of visit; page by page."""
        person, slot = self.person(who), pick(self.model.offered(), which)
        place_id = None if place is None else self.buildings[place].id
        start = (slot.starts_at if slot else self.model.now) + offset
        after = start if bounds in {"after", "both"} else None
        before = {"before": start, "both": start + A_DAY}.get(bounds)
        at_the_desk = kind is AT_THE_DESK
        predicted = [
            slot_foretold(slot, self.model.names, kind)
            for slot in self.model.offered(provider_id=provider_id, place_id=place_id)
            if (after is None or after <= slot.starts_at)
            and (before is None or slot.starts_at < before)
            and self.model.run(slot, kind)
            and (not kind or not kind.provider_ids or slot.provider_id in kind.provider_ids)
            and (at_the_desk or not self.model.within_limits(slot))
        ]
        look = partial(
            self.desk.schedule.open_slots if at_the_desk else person.me.appointments.open_slots,
            provider_id=provider_id,
            place_id=place_id,
            after=after,
            before=before,
            visit_type_id=kind.id if kind else None,
        )
        answered = self._pages(self.onlooker if at_the_desk else person, look, limit)
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
                predicted = [visit_foretold(visit, self.model.names) for visit in visits]
                agree(name, predicted=predicted, answered=[visit_shown(one) for one in answered])
        visit = pick(self.model.visits, which)
        if visit is not None and person.is_in:
            answer, shown = self._said(partial(person.me.appointments.get, visit.id))
            predicted_answer = DONE if visit.person is person else "not_found: appointment"
            agree("a visit", predicted=predicted_answer, answered=answer)
            if shown is not None:
                agree("a visit", predicted=visit_foretold(visit, self.model.names), answered=visit_shown(shown))

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
                predicted=[self._foretold(one) for one in own],
                answered=[request_shown(one) for one in answered],
            )
        still_open = [self._foretold(one, one.person.full_name) for one in self.model.open_requests()]
        shown = self.desk.appointments.requests(limit=200).items
        agree("open requests", predicted=still_open, answered=[request_shown(one) for one in shown])

    def _foretold(self, request: Request, patient_name: str | None = None) -> Seen:
        return request_foretold(request, self.model.names, self.policy.zone, patient_name)

    # The practice

    @rule(which=indexes, offset=st.integers(-1, 1), provider_id=st.none() | providers, of_everybody=st.booleans())
    def see_day(self, which: int, offset: int, provider_id: StaffId | None, *, of_everybody: bool) -> None:
        """The practice looks at the day of a visit, or at one beside it; of a provider, or of everybody."""
        visit = pick(self.model.visits, which)
        if visit is None:
            return
        local = visit.slot.starts_at.astimezone(ZoneInfo(visit.slot.place.zone))
        day = local.date() + offset * A_DAY
        provider = None if of_everybody else provider_id or visit.slot.provider_id
        visits = self.model.of_day(provider, day)
        predicted = [(visit_foretold(one, self.model.names), one.person.full_name) for one in visits]
        shown = self.desk.appointments.of_day(provider, day)
        agree("visits of a day", predicted=predicted, answered=[(visit_shown(one), one.patient_name) for one in shown])
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
        self.see_day(-1, 0, None, of_everybody=False)

    @rule(who=indexes, which=indexes, limit=st.sampled_from((1, 3, 200)))
    def read_back(self, who: int, which: int, limit: int) -> None:
        """The practice looks at all that somebody has, page by page, and at one visit; each look is kept."""
        person = self.person(who)
        look, kept = partial(self.desk.appointments.of_patient, person.id), Prediction(DONE, nothing)
        answered = self._listed(look, limit, kept)
        if answered is not None:
            predicted = [visit_foretold(one, self.model.names) for one in self.model.of_patient(person)]
            agree("visits of a patient", predicted=predicted, answered=[visit_shown(one) for one in answered])
        visit = pick(self.model.visits, which)
        if visit is not None:
            _, shown = self._ask(partial(self.desk.appointments.get, visit.id), kept)
            if shown is not None:
                agree("a visit", predicted=visit_foretold(visit, self.model.names), answered=visit_shown(shown))

    # What always holds

    @invariant()
    def what_is_saved_holds_together(self) -> None:
        """No two booked visits of anybody overlap, each has its slots, and what ended never comes back."""
        saved = self._saved(Appointment)
        booked = [visit for visit in saved if visit.status == "booked"]
        self._each_visit_has_its_run([visit for visit in saved if visit.status != "cancelled"])
        overlapping = [
            (one.id, other.id)
            for one in booked
            for other in booked
            if one.id < other.id
            and (
                (one.patient_id == other.patient_id and one.starts_at < other.ends_at and other.starts_at < one.ends_at)
                or (
                    one.provider_id == other.provider_id
                    and one.starts_at < other.held_until
                    and other.starts_at < one.held_until
                )
            )
        ]
        agree("overlapping visits", predicted=[], answered=overlapping)
        agree("visits that came back", predicted=[], answered=[visit.id for visit in booked if visit.id in self.ended])
        self.ended |= {visit.id for visit in saved if visit.status != "booked"}

    def _each_visit_has_its_run(self, held: list[Appointment]) -> None:
        """Each busy slot is one visit's, whose slots follow each other at one place until it holds no more."""
        runs: dict[tuple[str, str], list[schedules.Slot]] = {}
        for slot in sorted(self._saved(schedules.Slot), key=lambda one: one.starts_at):
            if slot.status == "busy":
                runs.setdefault((slot.patient_id or "", slot.appointment_id or ""), []).append(slot)
        agree(
            "runs",
            predicted=sorted(
                (visit.patient_id, visit.id, visit.slot_id, visit.starts_at, visit.held_until, visit.place_id)
                for visit in held
            ),
            answered=sorted(
                (*visit, run[0].id, run[0].starts_at, run[-1].ends_at, "".join({slot.place_id for slot in run}))
                for visit, run in runs.items()
            ),
        )
        holes = [one.id for run in runs.values() for one, other in pairwise(run) if one.ends_at != other.starts_at]
        agree("holes in runs", predicted=[], answered=holes)
