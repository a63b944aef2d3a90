"""Prescribers correct what is written down, and leave: a layer of ``MedicationsMachine``."""

from datetime import timedelta

from attrs import asdict
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from patientportal.domain.ids import StaffId
from patientportal.testing.machine_base import DONE, agree, indexes, latest, rarely
from patientportal.testing.medications.deciding import DecidingMachine
from patientportal.testing.medications.machine_base import HOUSE, SUSAN, WILSON, anybody
from patientportal.testing.medications.model import Drug, Gift, Other

others: st.SearchStrategy[Other] = st.sampled_from(
    (
        Other(dose="two tablets"),
        Other(directions="At noon."),
        Other(refills_left=0),
        Other(refills_left=99),
        Other(is_renewable=False),
        Other(dose="", directions="", refills_left=3, is_renewable=True),
        Other(),
    )
)
staff_ids: st.SearchStrategy[StaffId] = st.sampled_from((HOUSE, WILSON, SUSAN))


class PrescribingMachine(DecidingMachine):
    """How a medication is, and whose it is."""

    @precondition(lambda self: self.model.drugs)
    @rule(which=indexes, by=anybody, other=others)
    def correct(self, which: int, by: int, other: Other) -> None:
        """Somebody says how a medication is, whoever prescribes it."""
        self._correct(latest(self.model.drugs, which), by, other)

    def _correct(self, drug: Drug, by: int, other: Other) -> None:
        who = self.staff[by]
        waits = any(one.drug is drug for one in self.model.standing("requested"))
        answer, _ = self._ask(
            lambda: who.desk.medications.correct(drug.id, **asdict(other)), self.model.correct(who, drug, other)
        )
        if answer != DONE:
            return
        if other.refills_left is not None:
            self.granted[drug.id], self.filled[drug.id] = other.refills_left, 0
        self._reach("a number of refills was set", when=other.refills_left is not None)
        self._reach("what was asked for can't be asked for any more", when=waits and other.is_renewable is False)

    @rule(by=anybody, prescriber=staff_ids, to=staff_ids, one=rarely, which=indexes)
    def reassign(self, by: int, prescriber: StaffId, to: StaffId, which: int, *, one: bool) -> None:
        """Somebody gives what a provider prescribes, or one of it, to another."""
        drug = latest(self.model.drugs, which) if one and self.model.drugs else None
        self._reassign(by, prescriber, to, drug)

    def _reassign(self, by: int, prescriber: StaffId, to: StaffId, drug: Drug | None) -> None:
        going, good = self.model.going(prescriber, drug), self.store.good_commits
        waiting = [one for one in self.model.standing("requested") if one.drug in going]
        medication_id = None if drug is None else drug.id
        answer, moved = self._ask(
            lambda: self.staff[by].desk.medications.reassign(prescriber, to, medication_id=medication_id),
            self.model.reassign(self.staff[by], prescriber, to, drug),
        )
        if answer == "adapter_failed" and good:
            for each in self._in_order(going)[:good]:
                each.prescriber = to
            self._reach("some had changed hands when a commit failed")
        if answer == DONE:
            agree("moved", predicted=len(going), answered=moved)
            self._reach("what waited changed hands", when=waiting)
            self._reach("nothing was left to change hands", when=not going)
        self._reach("somebody took another's patients", when=answer == "reassignment_not_allowed")

    @precondition(lambda self: self.model.standing("requested"))
    @rule(which=indexes)
    def leave_what_waits_to_another(self, which: int) -> None:
        """A prescriber leaves; then they decide nothing of it any more, and who came does."""
        request = latest(self.model.standing("requested"), which)
        leaves = request.drug.prescriber
        comes = WILSON if leaves == HOUSE else HOUSE
        self._reassign(2, leaves, comes, None)
        gift = Gift(1, None, refilled=True)
        for by in (self._colleague_of(leaves), self._colleague_of(comes)):
            if by is not None:
                self.approve(self._place(request), by, gift)
                self._reach("who had left decided nothing any more", when=request.status == "requested")

    @precondition(lambda self: any(not one.is_active for one in self.model.drugs))
    @rule(which=indexes)
    def reassign_what_has_ended(self, which: int) -> None:
        """What isn't taken any more stays with who prescribed it."""
        drug = latest([one for one in self.model.drugs if not one.is_active], which)
        self._reassign(2, drug.prescriber, WILSON if drug.prescriber == HOUSE else HOUSE, drug)

    @precondition(lambda self: any(len(self.model.going(one, None)) > 1 for one in (HOUSE, WILSON)))
    @rule()
    def leave_as_a_commit_fails(self) -> None:
        """A prescriber leaves, the database fails after some of it, and it is done again."""
        leaves = HOUSE if len(self.model.going(HOUSE, None)) > 1 else WILSON
        comes = WILSON if leaves == HOUSE else HOUSE
        self.a_commit_will_fail(1)
        self._reassign(2, leaves, comes, None)
        self._reassign(2, leaves, comes, None)

    @precondition(lambda self: self.model.standing("requested"))
    @rule(which=indexes)
    def fill_the_last_elsewhere(self, which: int) -> None:
        """A pharmacy fills what was just approved; the request waits until the number is set again."""
        request = latest(self.model.standing("requested"), which)
        drug, by = request.drug, self._prescriber(request)
        self._correct(drug, by, Other(refills_left=0))
        self.approve(self._place(request), by, Gift(1, None, refilled=False))
        for left in (0, 1):
            self._correct(drug, by, Other(refills_left=left))
            self.mark_refilled(self._place(request), by)

    @precondition(lambda self: self.model.standing("requested"))
    @rule(which=indexes, again=st.booleans())
    def end_asking_for_what_waits(self, which: int, *, again: bool) -> None:
        """What waits waits on, and is decided, although it can't be asked for any more; later, perhaps, it can."""
        request = latest(self.model.standing("requested"), which)
        by = self._prescriber(request)
        self._correct(request.drug, by, Other(is_renewable=False))
        self.deny(self._place(request), by)
        self._request(request.drug, request.drug.owner)
        if again:
            self._correct(request.drug, by, Other(is_renewable=True))

    @precondition(lambda self: self.model.drugs)
    @rule(which=indexes, other=others)
    def cover_and_correct(self, which: int, other: Other) -> None:
        """Who covers for a prescriber corrects a medication."""
        drug = latest(self.model.drugs, which)
        instead = 1 if drug.prescriber == HOUSE else 0
        self.cover(2, drug.prescriber, self.staff[instead].id, timedelta(days=3))
        self._correct(drug, instead, other)

    def _colleague_of(self, staff_id: StaffId) -> int | None:
        """Which of the staff has this id, if they are a provider."""
        return next((at for at, one in enumerate(self.staff) if one.id == staff_id and one.is_provider), None)

    @staticmethod
    def _in_order(drugs: list[Drug]) -> list[Drug]:
        """As they change hands: patient by patient."""
        return sorted(drugs, key=lambda drug: (drug.owner.id, drug.id))
