"""Patients book visits and give them up, and what a rule needs is there: a layer of ``AppointmentsMachine``."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from patientportal.domain.appointments.directory import VisitType
from patientportal.domain.ids import AppointmentId, SlotId
from patientportal.testing.appointments.hours import A_QUARTER, HOURS, MORNINGS
from patientportal.testing.appointments.kept import Person, Slot, Visit
from patientportal.testing.appointments.machine_base import NOBODYS, PROVIDERS, REASONS, kinds, pick
from patientportal.testing.appointments.model_forms import under
from patientportal.testing.appointments.publishing import PublishingMachine
from patientportal.testing.machine_base import DONE, INSTANT, agree, indexes, offsets

FREE_AT_LEAST = 4

reasons: st.SearchStrategy[str] = st.sampled_from(REASONS)
which_slots: st.SearchStrategy[str] = st.sampled_from(
    ("free", "free", "free", "taken", "own", "overlapping", "touching", "begun", "gone", "gone", "none")
)
which_visits: st.SearchStrategy[str] = st.sampled_from(
    ("booked", "booked", "booked", "begun", "ended", "stranger's", "none")
)
forms: st.SearchStrategy[str | None] = st.sampled_from((None, None, "form-1", "form-2"))
just_then: st.SearchStrategy[timedelta] = st.sampled_from((timedelta(0), timedelta(0), -INSTANT, INSTANT))


class BookingMachine(PublishingMachine):
    """What patients do to have visits and to have them no more, and how a slot or a visit of a sort is come by."""

    @rule(who=indexes, sort=which_slots, which=indexes, reason=reasons, kind=kinds, form=forms)
    def book(
        self, who: int, sort: str, which: int, reason: str, kind: VisitType | None, *, form: str | None = None
    ) -> None:
        """Somebody takes a slot, or tries to; and where the form has a key, sends it twice."""
        person = self.person(who)
        slot = self._slot(sort, person, which)
        for _ in range(1 if form is None else 2):
            self._book(person, slot, reason, kind, form)

    @rule(who=indexes, which=indexes, offset=offsets)
    def book_at_the_last_moment(self, who: int, which: int, offset: timedelta) -> None:
        """Somebody takes a slot that is about to begin, or just has."""
        person = self.person(who)
        slot = self._slot("free", person, which)
        if slot is None:
            return
        self._wait_until(slot.starts_at + offset)
        self._book(person, slot, "")

    def _book(
        self,
        person: Person,
        slot: Slot | None,
        reason: str,
        kind: VisitType | None = None,
        form: str | None = None,
    ) -> None:
        now, before, kept = self.model.now, len(self.model.visits), under(self.model.visits, person, form)
        held = kept or (slot and slot.visit)
        booked = [slot for visit in self.model.booked(person) for slot in visit.slots]
        answer, visit_id = self._ask(
            lambda: person.me.appointments.book(
                slot.id if slot else SlotId(NOBODYS),
                reason,
                visit_type_id=kind.id if kind else None,
                idempotency_key=form,
            ),
            self.model.book_by_form(person, slot, reason, kind, form),
        )
        is_own = held and held.person is person
        is_done = len(self.model.visits) > before
        self._see_form(answer, kept)
        if is_done and visit_id is not None:
            self.model.visits[-1].id = visit_id
        elif held and visit_id is not None:
            agree("visit", predicted=held.id, answered=visit_id)
        self._reach("a visit took several slots", when=is_done and len(self.model.visits[-1].slots) > 1)
        self._reach("a run was broken", when=answer == "slot_taken" and slot and not slot.visit)
        self._reach("a kind of visit was not for patients", when=answer == "not_found: visit_type")
        for limit in ("notice", "horizon", "most_ahead"):
            self._reach(f"a limit of patients held: {limit}", when=answer == f"booking_limit: {limit}")
        was_cancelled = any(slot in visit.slots and visit.status == "cancelled" for visit in self.model.visits)
        self._reach("somebody shut out tried", when=answer == "session_ended")
        if slot is None:
            return
        others = [other for other in booked if other.overlaps(slot)]
        overlaps = answer.startswith("visits_overlap")
        self._reach("a taken slot was tried", when=answer == "slot_taken")
        self._reach("their own slot was tried", when=answer == DONE and is_own)
        self._reach("a withdrawn slot was tried", when=answer == "not_found: slot")
        self._reach("a slot was tried at its very start", when=answer == "visit_begun" and slot.starts_at == now)
        self._reach("a slot was booked just before it began", when=is_done and slot.starts_at - INSTANT == now)
        self._reach("a cancelled visit's slot was booked again", when=is_done and was_cancelled)
        self._reach("visits would have overlapped", when=overlaps)
        elsewhere = any(other.place != slot.place for other in others)
        self._reach("visits would have overlapped at two places", when=overlaps and elsewhere)
        touches = any(slot.starts_at == other.ends_at or slot.ends_at == other.starts_at for other in booked)
        self._reach("visits touched", when=is_done and touches)

    def _see_form(self, answer: str, kept: object) -> None:
        self._reach("a form was sent again", when=answer == DONE and kept)
        self._reach("a form's key was used for something else", when=answer.startswith("idempotency_key_reused"))

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
        was_closing = visit and visit.slot.is_closing
        before, notice = visit and visit.status, self.policy.appointments.cancel_notice
        answer, _ = self._ask(
            lambda: person.me.appointments.cancel(visit.id if visit else AppointmentId(NOBODYS)),
            self.model.cancel(person, visit),
        )
        if visit is None:
            return
        is_done = answer == DONE
        self._reach("a closing slot was given up", when=is_done and was_closing)
        was_asked_for = any(request.visit is visit for request in self.model.requests)
        self._reach("a scheduled visit was cancelled", when=is_done and was_asked_for)
        self._reach("a visit was cancelled just before it began", when=is_done and left == INSTANT)
        self._reach("a visit was to be cancelled at its very start", when=answer == "visit_begun" and not left)
        self._reach("a begun visit was to be cancelled", when=answer == "visit_begun" and left)
        self._reach("a visit was to be cancelled twice", when=answer == "not_booked: cancelled")
        is_strangers = person.is_in and visit.person is not person and before == "booked"
        self._reach("a stranger's visit was to be cancelled", when=is_strangers)
        self._reach("a visit was to be cancelled by somebody who is here", when=answer == "already_arrived")
        is_just_booked = notice and left is not None and left < notice
        self._reach("what was just booked was given up", when=is_done and is_just_booked)
        self._reach("it was too late to cancel", when=answer == "too_late_to_cancel")
        self._reach("it was just early enough to cancel", when=is_done and notice and left == notice)

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
                    self._publish_beside(visit.slot, self.buildings[which % 2], A_QUARTER * (which % 3 - 1))
            case "begun":
                self._wait_until(free.starts_at)
            case "gone":
                self.withdraw(which, timedelta(0), INSTANT, anywhere=True, is_free=True)
            case _:
                pass

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
