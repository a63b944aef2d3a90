"""Patients and the practice look at what there is, and the store is looked into: a layer of ``AppointmentsMachine``."""

from datetime import time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from patientportal.domain.appointments import schedules
from patientportal.domain.appointments.appointments import Appointment
from patientportal.domain.ids import AppointmentId, StaffId
from patientportal.testing.appointments.booking import BookingMachine
from patientportal.testing.appointments.hours import A_DAY, A_QUARTER, EVENINGS
from patientportal.testing.appointments.kept import Request
from patientportal.testing.appointments.machine_base import PROVIDERS, pick, providers
from patientportal.testing.appointments.shown import (
    Seen,
    request_foretold,
    request_shown,
    slot_foretold,
    slot_shown,
    visit_foretold,
    visit_shown,
)
from patientportal.testing.machine_base import DONE, agree, indexes, offsets


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
        place_id = None if place is None else self.buildings[place].id
        start = (slot.starts_at if slot else self.model.now) + offset
        after = start if bounds in {"after", "both"} else None
        before = {"before": start, "both": start + A_DAY}.get(bounds)
        predicted = [
            slot_foretold(slot, self.model.names)
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

    @rule(which=indexes, offset=st.integers(-1, 1), provider_id=st.none() | providers)
    def see_day(self, which: int, offset: int, provider_id: StaffId | None) -> None:
        """The practice looks at the day of a visit, or at one beside it."""
        visit = pick(self.model.visits, which)
        if visit is None:
            return
        local = visit.slot.starts_at.astimezone(ZoneInfo(visit.slot.place.zone))
        day, provider = local.date() + offset * A_DAY, provider_id or visit.slot.provider_id
        predicted = [visit_foretold(one, self.model.names) for one in self.model.of_day(provider, day)]
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

    # What always holds

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
