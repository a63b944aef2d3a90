"""The desk books and moves visits for those who phone: a layer of ``AppointmentsMachine``."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from patientportal.domain.appointments.directory import VisitType
from patientportal.domain.ids import AppointmentId, SlotId
from patientportal.testing.appointments.booking import reasons, which_slots, which_visits
from patientportal.testing.appointments.changing import ChangingMachine
from patientportal.testing.appointments.kept import Person, Slot
from patientportal.testing.appointments.machine_base import NOBODYS, kinds
from patientportal.testing.machine_base import DONE, agree, indexes, rarely

keys: st.SearchStrategy[str | None] = st.sampled_from((None, "A-1", "A-1", "A-2"))


class DeskMachine(ChangingMachine):
    """What the desk does for patients."""

    @rule(
        who=indexes,
        sort=which_slots,
        which=indexes,
        reason=reasons,
        key=keys,
        kind=kinds,
        again=st.sampled_from(("", "", "the same", "the same", "another")),
        is_out=rarely,
    )
    def book_by_practice(
        self,
        who: int,
        sort: str,
        which: int,
        *,
        reason: str,
        key: str | None,
        kind: VisitType | None,
        again: str,
        is_out: bool,
    ) -> None:
        """The desk books for somebody, perhaps one who is shut out just then; perhaps twice, or two visits."""
        person = self.person(who)
        slot = self._slot(sort, person, which)
        if is_out:
            self._ask(lambda: self.desk.patients.deactivate(person.id), self.model.shut_out(person))
        self._book_by_practice(person, slot, reason, key, kind)
        if again:
            second = slot if again == "the same" else self._slot("free", person, which)
            self._book_by_practice(person, second, reason, key, kind)
        if is_out:
            self.let_in(who)

    def _book_by_practice(
        self, person: Person, slot: Slot | None, reason: str, key: str | None, kind: VisitType | None
    ) -> None:
        before = len(self.model.visits)
        kept = [visit for visit in self.model.visits if visit.person is person and visit.key == key is not None]
        held = kept[0] if kept else slot and slot.visit
        answer, visit_id = self._ask(
            lambda: self.desk.appointments.book(
                person.id,
                slot.id if slot else SlotId(NOBODYS),
                reason=reason,
                visit_type_id=kind.id if kind else None,
                external_id=key,
            ),
            self.model.book_by_practice(person, slot, reason, key, kind),
        )
        if len(self.model.visits) > before and visit_id is not None:
            self.model.visits[-1].id = visit_id
        elif held and visit_id is not None:
            agree("visit", predicted=held.id, answered=visit_id)
        self._reach("a kind of visit was not offered", when=answer == "bad_input: not_offered")
        self._reach("the desk booked a visit", when=len(self.model.visits) > before)
        self._reach("the desk tried to book somebody shut out", when=answer == "patient_inactive")
        self._reach("a key was used twice for one visit", when=answer == DONE and kept)
        self._reach("a key was used for another visit", when=answer.startswith("idempotency_key_reused"))

    @rule(who=indexes, visits=which_visits, slots=which_slots, which=indexes, again=rarely)
    def reschedule_by_practice(self, who: int, visits: str, slots: str, which: int, *, again: bool) -> None:
        """The desk moves a visit, and perhaps by a double click."""
        person = self.person(who)
        visit = self._visit(visits, person, which)
        slot = self._slot(slots, visit.person if visit else person, which)
        for _ in range(1 + again):
            before = len(self.model.visits)
            answer, visit_id = self._ask(
                lambda: self.desk.appointments.reschedule(
                    visit.id if visit else AppointmentId(NOBODYS), slot.id if slot else SlotId(NOBODYS)
                ),
                self.model.reschedule_by_practice(visit, slot),
            )
            if len(self.model.visits) > before and visit_id is not None:
                self.model.visits[-1].id = visit_id
            elif visit and visit.later and visit_id is not None:
                agree("visit", predicted=visit.later.id, answered=visit_id)
            self._reach("the desk moved a visit", when=answer == DONE)
