"""Visits are moved, called off, kept and missed, and patients are shut out: a layer of ``AppointmentsMachine``."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from patientportal.domain.ids import AppointmentId, SlotId
from patientportal.testing.appointments.booking import BookingMachine, just_then, which_slots, which_visits
from patientportal.testing.appointments.hours import A_QUARTER, MORNINGS, midnight_before
from patientportal.testing.appointments.kept import Person, Slot, Visit
from patientportal.testing.appointments.machine_base import LONG, NOBODYS, PROVIDERS, pick
from patientportal.testing.appointments.publishing import SPANS
from patientportal.testing.machine_base import DONE, agree, indexes, offsets, rarely
from patientportal.testing.world import PASSWORD

almost_never: st.SearchStrategy[bool] = st.sampled_from((*[False] * 9, True))


class ChangingMachine(BookingMachine):
    """What becomes of a booked visit, and what the practice does to its patients."""

    # The patients

    @rule(who=indexes, visits=which_visits, slots=which_slots, which=indexes, again=rarely)
    def reschedule(self, who: int, visits: str, slots: str, which: int, *, again: bool) -> None:
        """Somebody moves a visit, or tries to, and then once more: to another slot, or by a double click."""
        person = self.person(who)
        visit = self._visit(visits, person, which)
        self._reschedule(person, visit, self._slot(slots, person, which))
        if visit and visit.later and again:
            self._reschedule(person, visit.later, self._slot("free", person, which))
        elif visit and visit.later:
            self._reschedule(person, visit, visit.later.slot)

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
            self._publish_beside(beside.slot, self.buildings[where % 2], A_QUARTER * (where % 3 - 1))
            near = [slot for slot in self.model.published() if slot.id and slot.overlaps(beside.slot)]
            self._reschedule(person, visit, pick(near, which))

    @rule(who=indexes, which=indexes)
    def reschedule_a_long_visit(self, who: int, which: int) -> None:
        """Somebody has a visit over several slots, and moves it by one of them, onto a part of its own time."""
        person = self.person(who)
        self.publish(PROVIDERS[which % 2], which % 2, MORNINGS, 1, 1, skips=False)
        slot = pick([one for one in self.model.slots_of("free", person) if len(self.model.run(one, LONG)) > 1], which)
        if slot is None:
            return
        self._book(person, slot, "", LONG)
        if slot.visit is not None and slot.visit.person is person:
            self._reschedule(person, slot.visit, slot.visit.slots[-1])

    def _reschedule(self, person: Person, visit: Visit | None, slot: Slot | None) -> None:
        held, before = slot and slot.visit, visit and visit.later
        answer, visit_id = self._ask(
            lambda: person.me.appointments.reschedule(
                visit.id if visit else AppointmentId(NOBODYS), slot.id if slot else SlotId(NOBODYS)
            ),
            self.model.reschedule(person, visit, slot),
        )
        if before and visit_id is not None:
            agree("visit", predicted=before.id, answered=visit_id)
        elif visit_id is not None:
            self.model.visits[-1].id = visit_id
        if visit is None or slot is None:
            return
        is_done, is_taken = answer == DONE and not before, answer == "slot_taken"
        self._reach("a visit was moved twice to one slot", when=answer == DONE and before)
        self._reach("a visit was moved", when=is_done)
        self._reach("a visit over several slots was moved", when=is_done and visit.kind)
        self._reach("a moved visit was moved again", when=is_done and visit.former)
        self._reach(
            "a visit was moved onto a part of its own time", when=is_done and any(map(slot.overlaps, visit.slots))
        )
        self._reach("a visit was to be moved to where it is", when=is_taken and slot is visit.slot)
        self._reach(
            "a visit was to be moved to a stranger's slot", when=is_taken and held and held.person is not person
        )
        self._reach("a visit was to be moved onto another one", when=answer.startswith("visits_overlap"))
        is_begun = answer == "visit_begun" and visit.slot.starts_at <= self.model.now
        self._reach("a begun visit was to be moved", when=is_begun)
        self._reach("a visit was to be moved by somebody who is here", when=answer == "already_arrived")
        self._reach("a cancelled visit was to be moved", when=answer == "not_booked: cancelled")

    # The practice

    @rule(who=indexes, which=indexes, sort=which_visits, is_out=rarely, reopen=st.booleans(), late=rarely)
    def cancel_by_practice(self, who: int, which: int, sort: str, *, is_out: bool, reopen: bool, late: bool) -> None:
        """The practice calls a visit off, perhaps one of somebody whom it has shut out, or when it is over."""
        person = self.person(who)
        visit = self._visit(sort, person, which)
        if is_out:
            self._ask(lambda: self.desk.patients.deactivate(person.id), self.model.shut_out(person))
        if visit and late:
            self._wait_until(visit.ends_at)
        self._cancel_by_practice(visit, reopen=reopen)
        if is_out:
            self.let_in(who)

    @rule(who=indexes, which=indexes, times=st.integers(1, 2), offset=just_then, is_out=rarely)
    def wait_for_reminders(self, who: int, which: int, times: int, offset: timedelta, *, is_out: bool) -> None:
        """The moments come at which somebody, perhaps shut out, is to be reminded, or was to be before they booked."""
        person = self.person(who)
        visit = self._visit("booked", person, which)
        if visit is None:
            return
        if is_out:
            self._ask(lambda: self.desk.patients.deactivate(person.id), self.model.shut_out(person))
        for before in self.policy.notices.reminders[-times:]:
            self._wait_until(visit.slot.starts_at - before + offset)
            self.work()
        if is_out:
            self.let_in(who)

    def _cancel_by_practice(self, visit: Visit | None, *, reopen: bool) -> None:
        before, is_begun = visit and visit.status, visit and visit.slot.starts_at <= self.model.now
        answer, _ = self._ask(
            lambda: self.desk.appointments.cancel(
                visit.id if visit else AppointmentId(NOBODYS), "Dr. L. is ill", reopen=reopen
            ),
            self.model.cancel_by_practice(visit, "Dr. L. is ill", reopen=reopen),
        )
        is_done = answer == DONE
        self._reach("a visit that had ended was cancelled after all", when=is_done and before != "booked")
        self._reach("a begun visit was cancelled", when=is_done and before == "booked" and is_begun)
        self._reach("a slot went with its visit", when=is_done and visit and visit.slot.is_withdrawn)
        was_out = answer == DONE and visit and not visit.person.is_active
        self._reach("the practice cancelled a visit of somebody shut out", when=was_out)

    @rule(
        who=indexes,
        which=indexes,
        sort=st.sampled_from(("booked", "booked", "booked", "begun", "ended", "none")),
        status=st.sampled_from(("fulfilled", "noshow")),
        offset=st.none() | just_then,
        again=st.sampled_from((None, "fulfilled", "fulfilled", "noshow", "cancelled")),
    )
    def mark(
        self, who: int, which: int, sort: str, *, status: str, offset: timedelta | None, again: str | None
    ) -> None:
        """The practice says who came; now or at about the start, and perhaps something else after that."""
        visit = self._visit(sort, self.person(who), which)
        if visit and offset is not None:
            self._wait_until(visit.slot.starts_at + offset)
        self._mark(visit, status)
        if again == "cancelled":
            self._cancel_by_practice(visit, reopen=False)
        elif again is not None:
            self._mark(visit, again)

    def _mark(self, visit: Visit | None, status: str) -> None:
        before = visit and visit.status
        verb = self.desk.appointments.mark_fulfilled if status == "fulfilled" else self.desk.appointments.mark_noshow
        answer, _ = self._ask(
            lambda: verb(visit.id if visit else AppointmentId(NOBODYS)), self.model.mark(visit, status)
        )
        is_at_start = visit and self.model.now == visit.slot.starts_at
        is_changed = answer == DONE and before != status
        self._reach("a visit was marked before it began", when=answer == "not_yet_begun")
        self._reach("a visit was marked twice", when=answer == DONE and before == status)
        self._reach("a missed visit was kept after all", when=is_changed and before == "noshow")
        self._reach("a kept visit was missed after all", when=is_changed and before == "fulfilled")
        self._reach("a cancelled visit was to be marked", when=answer == "not_booked: cancelled")
        self._reach("a visit was fulfilled at its very start", when=answer == DONE and is_at_start)
        is_early = visit and self.model.now < visit.slot.starts_at
        self._reach("a visit was kept before it began", when=is_changed and is_early)

    @rule(
        who=indexes,
        which=indexes,
        sort=st.sampled_from(("booked", "booked", "booked", "begun", "ended", "none")),
        offset=st.none() | just_then,
        then=st.sampled_from(("undone", "cancelled", "moved", "kept", "kept")),
    )
    def mark_arrived(self, who: int, which: int, sort: str, *, offset: timedelta | None, then: str) -> None:
        """The practice says who is here, now or as the day begins; perhaps by mistake, or they want to leave."""
        person = self.person(who)
        visit = self._visit(sort, person, which)
        if visit and offset is not None:
            self._wait_until(midnight_before(visit.slot.starts_at, visit.slot.place.zone) + offset)
        self._mark_arrived(visit, is_here=True)
        match then:
            case "undone":
                self._mark_arrived(visit, is_here=False)
            case "cancelled":
                self._cancel(person, visit)
            case "moved":
                self._reschedule(person, visit, self._slot("free", person, which))
            case _:
                self._mark(visit, "fulfilled")

    def _mark_arrived(self, visit: Visit | None, *, is_here: bool) -> None:
        was_here = visit and visit.arrived_at
        verb = self.desk.appointments.mark_arrived if is_here else self.desk.appointments.unmark_arrived
        answer, _ = self._ask(
            lambda: verb(visit.id if visit else AppointmentId(NOBODYS)),
            self.model.mark_arrived(visit, is_here=is_here),
        )
        self._reach("somebody arrived", when=answer == DONE and is_here and not was_here)
        self._reach("somebody arrived on the day before", when=answer == "not_yet_begun")
        self._reach("somebody had not arrived after all", when=answer == DONE and not is_here and was_here)

    @rule(
        who=indexes,
        which=indexes,
        offset=offsets,
        span=st.sampled_from(SPANS),
        anywhere=st.booleans(),
        good_commits=st.sampled_from((None, 0, 1, 1, 2)),
        is_given_up=st.booleans(),
    )
    def close(
        self,
        who: int,
        which: int,
        offset: timedelta,
        span: timedelta,
        *,
        anywhere: bool,
        good_commits: int | None,
        is_given_up: bool,
    ) -> None:
        """The practice closes for some time from about the start of a visit on.

        Perhaps it is stopped after some of its transactions, and somebody gives up a visit there.
        """
        visit = self._visit("booked", self.person(who), which)
        slot = visit.slot if visit else pick(self.model.published(), which)
        if slot is None:
            return
        place_id = None if anywhere else slot.place.id
        after, reason = slot.starts_at + offset, "Dr. S. is ill"
        steps, predicted = self.model.close(slot.provider_id, place_id, after, after + span, reason)
        self.store.good_commits = good_commits
        answer, withdrawn = self._said(
            lambda: self.desk.schedule.withdraw(
                after=after, before=after + span, provider_id=slot.provider_id, place_id=place_id, cancelling=reason
            )
        )
        is_stopped = good_commits is not None and good_commits < len(steps)
        agree("answer", predicted="adapter_failed" if is_stopped else DONE, answered=answer)
        self.store.good_commits = None
        for step in steps[:good_commits]:
            step()
        if withdrawn is not None:
            agree("closed", predicted=predicted, answered=(withdrawn.slots, withdrawn.visits))
        self._reach("visits were cancelled with their slots", when=withdrawn and withdrawn.visits)
        self._reach("a closing was stopped in the middle", when=is_stopped and good_commits)
        if visit is not None and is_given_up:
            self._cancel(visit.person, visit)

    @rule(who=indexes, which=indexes, for_long=almost_never, sort=which_slots, reason=st.sampled_from((None, "Moved")))
    def shut_out(self, who: int, which: int, sort: str, reason: str | None, *, for_long: bool) -> None:
        """The practice deactivates somebody, who tries to book all the same; mostly that was a mistake."""
        person = self.person(who)
        ahead = self._visit("booked", person, which)
        self._ask(
            lambda: self.desk.patients.deactivate(person.id, cancel_visits=reason), self.model.shut_out(person, reason)
        )
        has_ended = ahead is not None and ahead.person is person and ahead.status == "cancelled"
        self._reach("a visit ended with somebody who left", when=reason and has_ended)
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
