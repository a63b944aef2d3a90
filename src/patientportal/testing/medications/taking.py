"""Medications are written down and ended, and patients ask for more: a layer of ``MedicationsMachine``."""

from collections import Counter
from datetime import date
from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from patientportal.domain.ids import StaffId
from patientportal.testing.machine_base import DONE, agree, indexes, latest, rarely
from patientportal.testing.medications.machine_base import HOUSE, WILSON, PracticeMachine, anybody, takers
from patientportal.testing.medications.model import Drug, Request, Taker

STARTED = date(2026, 1, 1)


class TakingMachine(PracticeMachine):
    """What patients take, ask for and are told.

    Attributes:
        granted: the refills of each medication that were written down, set or granted.
        filled: those that were filled since.
    """

    def __init__(self) -> None:
        super().__init__()
        self.granted: Counter[str] = Counter()
        self.filled: Counter[str] = Counter()

    # The practice

    @initialize(whose=takers, refills=st.sampled_from((0, 1, 99)))
    def somebody_takes_something(self, whose: int, refills: int) -> None:
        """Runs begin where somebody takes two things and has asked for more of both, each by a form with a key."""
        for prescriber, form in ((HOUSE, "form-1"), (WILSON, "form-2")):
            self.record(whose, 0, prescriber, refills, never=False)
            self.request_own(0, form)

    @precondition(lambda self: len(self.model.drugs) < 6)  # noqa: PLR2004 - enough
    @rule(
        whose=takers,
        by=anybody,
        prescriber=st.sampled_from((HOUSE, HOUSE, WILSON)),
        refills=st.sampled_from((0, 1, 99)),
        never=rarely,
    )
    def record(self, whose: int, by: int, prescriber: StaffId, refills: int, *, never: bool) -> None:
        """A provider writes down what somebody takes."""
        drug = Drug(self.model.takers[whose], prescriber, refills, is_renewable=not never)
        answer, drug_id = self._ask(
            lambda: self.staff[by].desk.medications.record(
                drug.owner.id,
                name="Lisinopril",
                prescriber_id=prescriber,
                started_on=STARTED,
                refills_left=refills,
                is_renewable=not never,
            ),
            self.model.record(self.staff[by], drug),
        )
        if answer == DONE and drug_id is not None:
            drug.id = drug_id
            self.granted[drug_id] = refills

    @precondition(lambda self: self.model.drugs)
    @rule(which=indexes, by=anybody)
    def discontinue(self, which: int, by: int) -> None:
        """A provider ends a medication, whoever prescribed it."""
        drug = latest(self.model.drugs, which)
        approved = [one for one in self.model.standing("approved") if one.drug is drug]
        answer, _ = self._ask(
            lambda: self.staff[by].desk.medications.discontinue(drug.id), self.model.discontinue(self.staff[by], drug)
        )
        self._reach("an approved request ended with its medication", when=answer == DONE and approved)

    # The patients

    @precondition(lambda self: self.model.drugs)
    @rule(which=indexes, who=takers)
    def request(self, which: int, who: int) -> None:
        """Somebody asks for more, mostly of their own."""
        self._request(latest(self.model.drugs, which), self.model.takers[who])

    @precondition(lambda self: self.model.drugs)
    @rule(which=indexes, form=st.sampled_from((None, None, None, "form-1", "form-2")))
    def request_own(self, which: int, form: str | None = None) -> None:
        """Somebody asks for more of what is theirs, by a form that may have a key."""
        drug = latest(self.model.drugs, which)
        self._request(drug, drug.owner, form)

    def _request(self, drug: Drug, by: Taker, form: str | None = None) -> None:
        request, earlier = Request(drug, self.clock(), form), self.model.under(by, form)
        answer, request_id = self._ask(
            lambda: by.me.medications.request_renewal(drug.id, pharmacy="Corner", note="Please.", idempotency_key=form),
            self.model.request(by, drug, request),
        )
        if request_id is not None and earlier is not None:
            agree("request", predicted=earlier.id, answered=request_id)
        elif request_id is not None:
            request.id = request_id
        self._reach("a form was sent again", when=answer == DONE and earlier)
        self._reach("a form's key was used for something else", when=answer == "idempotency_key_reused")
        self._reach("a request waited already", when=answer == "renewal_pending")
        self._reach("a stranger's medication was asked for", when=answer == "not_found")
        self._reach("a discontinued medication was asked for", when=answer == "medication_discontinued")

    @precondition(lambda self: self.model.requests)
    @rule(which=indexes, who=takers)
    def withdraw(self, which: int, who: int) -> None:
        """Somebody takes a request back, mostly their own."""
        request, by = latest(self.model.requests, which), self.model.takers[who]
        self._ask(lambda: by.me.medications.withdraw_renewal(request.id), self.model.withdraw(by, request))

    @rule(which=indexes, who=takers)
    def read(self, which: int, who: int) -> None:
        """Somebody opens a message, perhaps again."""
        by = self.model.takers[who]
        seen = by.me.messages.inbox().items[::-1]
        agree("messages", predicted=[letter.kind for letter in by.letters], answered=[one.kind for one in seen])
        if not by.letters:
            return
        letter, one = latest(list(zip(by.letters, seen, strict=True)), which)
        _, opened = self._ask(partial(by.me.messages.get, one.message_id), self.model.read(letter))
        if opened is not None:
            agree("when it was read", predicted=letter.read_at, answered=opened.read_at)
