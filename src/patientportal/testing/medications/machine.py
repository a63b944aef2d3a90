"""A state machine over medications: patients ask, providers decide, time ends; each answer predicted."""

from collections import Counter
from datetime import date, datetime, timedelta
from functools import partial
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from patientportal.application.worker.work import Worked
from patientportal.domain.ids import StaffId
from patientportal.domain.policy import Policy, SessionPolicy
from patientportal.domain.staff import Role, StaffMember
from patientportal.testing.machine_base import DONE, INSTANT, PredictingMachine, agree, indexes, latest, offsets, rarely
from patientportal.testing.medications.model import Colleague, Drug, Gift, MedicationsModel, Request, Taker
from patientportal.testing.world import activated

RUN_MAX = timedelta(days=90) - INSTANT
"""The first things that are swept are told notices and ended covers of ninety days."""
A_LONG_TIME = timedelta(days=3650)
STARTED = date(2026, 1, 1)
HOUSE, WILSON, SUSAN = StaffId("dr-house"), StaffId("dr-wilson"), StaffId("susan")
SITUATIONS = frozenset(
    {
        "a commit failed",
        "a covering provider decided",
        "a cover that had just ended decided nothing",
        "a cover was ended early",
        "a decided request was decided again",
        "a decision came late, before the worker",
        "a discontinued medication was asked for",
        "a patient decided for themselves",
        "a request waited already",
        "a stranger's medication was asked for",
        "a withdrawn request was decided",
        "an approved request ended with its medication",
        "an approved request was refilled later",
        "an expired request was decided",
        "an expiry couldn't be saved",
        "refills would have been too many",
        "somebody put themselves in charge",
        "two requests expired at once",
    }
)
"""What is rare, and what a run that is worth its time has come to; see ``MedicationsMachine.reached``."""

takers: st.SearchStrategy[int] = st.integers(0, 1)
anybody: st.SearchStrategy[int] = st.integers(0, 2)
providers: st.SearchStrategy[int] = st.integers(0, 1)
gifts: st.SearchStrategy[Gift] = st.builds(
    Gift,
    refills=st.sampled_from((0, 1, 1, 2, 98, 99)),
    changes=st.sampled_from((None, None, "In the evening.")),
    refilled=st.sampled_from((True, False)),
)


class MedicationsMachine(PredictingMachine):
    """Two patients, two providers and a front desk over one portal; each answer is predicted before the call.

    One of the providers is a patient, too. Run it on a store of yours as ``PortalMachine``.

    Attributes:
        policy: its time until a request expires may be another one.
        reached: how often each of ``SITUATIONS`` was come to, over all examples of this class.
    """

    policy: ClassVar[Policy] = Policy(
        zone="America/New_York", sessions=SessionPolicy(idle=A_LONG_TIME, absolute=A_LONG_TIME)
    )
    situations: ClassVar[frozenset[str]] = SITUATIONS

    def __init__(self) -> None:
        super().__init__()
        self.over_at: datetime = self.clock() + RUN_MAX
        self.model: MedicationsModel = MedicationsModel(self.policy, self.clock)
        self.granted: Counter[str] = Counter()
        for name in ("ada", "wilson"):
            member = activated(self.portal, self.notifier, name, email=f"{name}@example.org")
            me = self.portal.log_in(member.username, member.password)
            self.model.takers.append(Taker(member.patient_id, f"{name}@example.org", me))
        self.portal.work()
        self.notifier.messages.clear()
        self.staff: tuple[Colleague, Colleague, Colleague] = (
            self._colleague(HOUSE, Role.PROVIDER),
            self._colleague(WILSON, Role.PROVIDER, in_person=self.model.takers[1]),
            self._colleague(SUSAN, Role.FRONT_DESK),
        )

    def _colleague(self, id_: StaffId, role: Role, in_person: Taker | None = None) -> Colleague:
        patient_id = None if in_person is None else in_person.id
        member = StaffMember(id=id_, name="Sam Staff", roles=frozenset({role}), patient_id=patient_id)
        return Colleague(
            id=id_,
            desk=self.portal.practice(member),
            is_provider=role is Role.PROVIDER,
            is_at_the_front=role is Role.FRONT_DESK,
            in_person=in_person,
        )

    # The practice

    @initialize(whose=takers, refills=st.sampled_from((0, 1, 99)))
    def somebody_takes_something(self, whose: int, refills: int) -> None:
        """Runs begin where somebody takes two things and has asked for more of both."""
        for prescriber in (HOUSE, WILSON):
            self.record(whose, 0, prescriber, refills, never=False)
            self.request_own(0)

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

    @precondition(lambda self: self.model.requests)
    @rule(which=indexes, by=anybody, gift=gifts)
    def approve(self, which: int, by: int, gift: Gift) -> None:
        """Somebody says yes to a request, an old one perhaps."""
        request, who = latest(self.model.requests, which), self.staff[by]
        was = request.status
        late = self.model.is_overdue(request)
        answer, _ = self._ask(
            lambda: who.desk.medications.approve_renewal(
                request.id, refills=gift.refills, changes=gift.changes, refilled=gift.refilled
            ),
            self.model.approve(who, request, gift),
        )
        if answer == DONE:
            self.granted[request.drug.id] += gift.refills
            self._reach("a decision came late, before the worker", when=late)
        self._reach("refills would have been too many", when=answer == "too_many_refills")
        self._judged(request, who, answer=answer, was=was)

    @precondition(lambda self: self.model.standing("requested"))
    @rule(which=indexes, by=providers, gift=gifts)
    def approve_what_waits(self, which: int, by: int, gift: Gift) -> None:
        """A provider says yes to what waits."""
        waiting = self.model.standing("requested")
        self.approve(self._place(latest(waiting, which)), by, gift)

    @precondition(lambda self: self.model.requests)
    @rule(which=indexes, by=anybody)
    def deny(self, which: int, by: int) -> None:
        """Somebody says no to a request, an old one perhaps."""
        request, who = latest(self.model.requests, which), self.staff[by]
        was = request.status
        answer, _ = self._ask(
            lambda: who.desk.medications.deny_renewal(request.id, "Please come in."), self.model.deny(who, request)
        )
        self._judged(request, who, answer=answer, was=was)

    @precondition(lambda self: self.model.requests)
    @rule(which=indexes, by=anybody)
    def mark_refilled(self, which: int, by: int) -> None:
        """Somebody completes a request, whether it was approved or not."""
        request, who = latest(self.model.requests, which), self.staff[by]
        was = request.status
        answer, _ = self._ask(
            lambda: who.desk.medications.mark_refilled(request.id), self.model.mark_refilled(who, request)
        )
        self._reach("an approved request was refilled later", when=answer == DONE and was == "approved")

    @rule(
        by=anybody,
        prescriber=st.sampled_from((HOUSE, WILSON)),
        instead=st.sampled_from((HOUSE, WILSON, SUSAN)),
        ahead=st.sampled_from((-INSTANT, timedelta(0), timedelta(hours=1), timedelta(days=3), timedelta(days=367))),
    )
    def cover(self, by: int, prescriber: StaffId, instead: StaffId, ahead: timedelta) -> None:
        """Somebody puts one in another's place, or ends that."""
        until = self.clock() + ahead
        was_covered = self.model.covers_now(prescriber, instead)
        answer, _ = self._ask(
            lambda: self.staff[by].desk.medications.cover(prescriber, instead, until),
            self.model.cover(self.staff[by], prescriber, instead, until),
        )
        is_ended = was_covered and not self.model.covers_now(prescriber, instead)
        self._reach("a cover was ended early", when=answer == DONE and is_ended)
        own = answer == "cover_not_allowed" and instead == self.staff[by].id
        self._reach("somebody put themselves in charge", when=own)

    @precondition(lambda self: self.model.standing("requested"))
    @rule(which=indexes, offset=offsets)
    def decide_as_a_cover_ends(self, which: int, offset: timedelta) -> None:
        """The front desk puts somebody in a prescriber's place, who decides as that is about to end, or just has."""
        request = latest(self.model.standing("requested"), which)
        instead = 0 if request.drug.prescriber == WILSON else 1
        self.cover(2, request.drug.prescriber, self.staff[instead].id, timedelta(hours=1))
        until = self.model.covers.get((request.drug.prescriber, self.staff[instead].id))
        if until is not None:
            self._wait_until(until + offset)
        self.deny(self._place(request), instead)

    @precondition(lambda self: self.model.standing("requested"))
    @rule(which=indexes, then=st.sampled_from(("refill", "discontinue", "wait")))
    def approve_only(self, which: int, then: str) -> None:
        """The prescriber says yes, and it is refilled later, or never."""
        request = latest(self.model.standing("requested"), which)
        by = self._prescriber(request)
        self.approve(self._place(request), by, Gift(0, None, refilled=False))
        match then:
            case "refill":
                self.mark_refilled(self._place(request), by)
            case "discontinue":
                self.discontinue(len(self.model.drugs) - 1 - self.model.drugs.index(request.drug), by)
            case _:
                pass

    @rule(prescriber=providers, soon=st.booleans())
    def come_back_early(self, prescriber: int, *, soon: bool) -> None:
        """A prescriber goes away for days, and is back before that."""
        away, instead = self.staff[prescriber].id, self.staff[1 - prescriber].id
        self.cover(prescriber, away, instead, timedelta(days=3))
        self.time_passes(INSTANT if soon else timedelta(hours=1))
        self.cover(prescriber, away, instead, timedelta(0))

    # The patients

    @precondition(lambda self: self.model.drugs)
    @rule(which=indexes, who=takers)
    def request(self, which: int, who: int) -> None:
        """Somebody asks for more, mostly of their own."""
        self._request(latest(self.model.drugs, which), self.model.takers[who])

    @precondition(lambda self: self.model.drugs)
    @rule(which=indexes)
    def request_own(self, which: int) -> None:
        """Somebody asks for more of what is theirs."""
        drug = latest(self.model.drugs, which)
        self._request(drug, drug.owner)

    def _request(self, drug: Drug, by: Taker) -> None:
        request = Request(drug, self.clock())
        answer, request_id = self._ask(
            lambda: by.me.medications.request_renewal(drug.id, pharmacy="Corner", note="Please."),
            self.model.request(by, drug, request),
        )
        if request_id is not None:
            request.id = request_id
        self._reach("a request waited already", when=answer == "renewal_pending")
        self._reach("a stranger's medication was asked for", when=answer == "not_found")
        self._reach("a discontinued medication was asked for", when=answer == "medication_discontinued")

    @precondition(lambda self: self.model.requests)
    @rule(which=indexes, who=takers)
    def withdraw(self, which: int, who: int) -> None:
        """Somebody takes a request back, mostly their own."""
        request, by = latest(self.model.requests, which), self.model.takers[who]
        self._ask(lambda: by.me.medications.withdraw_renewal(request.id), self.model.withdraw(by, request))

    @precondition(lambda self: self.model.standing("requested"))
    @rule(which=indexes)
    def change_ones_mind(self, which: int) -> None:
        """A patient takes back what waits, and the prescriber, who still has it on the screen, decides."""
        request = latest(self.model.standing("requested"), which)
        self.withdraw(self._place(request), self.model.takers.index(request.drug.owner))
        self.deny(self._place(request), self._prescriber(request))

    @precondition(lambda self: self.model.standing("requested"))
    @rule(which=indexes, offset=offsets, first=st.sampled_from(("work", "approve")), fails=rarely)
    def wait_in_vain(self, which: int, offset: timedelta, first: str, *, fails: bool) -> None:
        """Nobody decides until a request is about to expire, or just has; then everybody wakes up."""
        request = latest(self.model.standing("requested"), which)
        self._wait_until(request.requested_at + self.policy.renewals.expires_after + offset)
        if fails:
            self.a_commit_will_fail(0)
        if first == "work":
            self.work()
        self.approve(self._place(request), self._prescriber(request), Gift(0, None, refilled=True))

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

    # Time and mishap

    @rule()
    def work(self) -> None:
        """A worker ends what nobody decided, the longest due first, and tells everybody, whatever came of that."""
        overdue = [one for one in self.model.requests if self.model.is_overdue(one)]
        failing = self.store.good_commits
        if failing is not None and failing >= len(overdue):
            self.store.good_commits = failing = None
        saved = [one for number, one in enumerate(overdue) if number != failing]
        before, told = self.store.commits, len(self.notifier.messages)
        for one in saved:
            self.model.expire(one)()
        answered = self._said(self.portal.work)
        worked = Worked(sent=len(self.model.mail), concluded=len(saved))
        none_of_them = bool(overdue) and not saved
        agree("work", predicted=("adapter_failed", None) if none_of_them else (DONE, worked), answered=answered)
        commits = len(saved) + len(self.model.mail) + 1
        agree("commits", predicted=before + commits, answered=self.store.commits)
        mailed = [(message.to_email, message.kind) for message in self.notifier.messages[told:]]
        agree("mail", predicted=[(to, "new_message") for to in self.model.mail], answered=mailed)
        self.model.mail.clear()
        self._reach("two requests expired at once", when=len(saved) > 1)
        self._reach("an expiry couldn't be saved", when=failing is not None)

    @rule(by=st.sampled_from((INSTANT, timedelta(hours=1), timedelta(days=1), timedelta(days=7))))
    def time_passes(self, by: timedelta) -> None:
        """The clock goes on, never back."""
        self._wait_until(self.clock() + by)

    @precondition(lambda self: self.model.edges())
    @rule(which=indexes, offset=offsets)
    def time_passes_to_an_edge(self, which: int, offset: timedelta) -> None:
        """The clock goes to where a request expires or a cover ends: just before, there, or just after."""
        edges = self.model.edges()
        self._wait_until(edges[which % len(edges)] + offset)

    @rule(after=st.integers(0, 1))
    def a_commit_will_fail(self, after: int) -> None:
        """The database will fail at the end of a transaction."""
        self.store.good_commits = after

    # What always holds

    @invariant()
    def refills_are_what_was_written_down_and_granted_and_nothing_else(self) -> None:
        """The ledger knows the answers of ``record`` and ``approve_renewal`` alone."""
        for taker in self.model.takers:
            seen = taker.me.medications.all().items[::-1]
            agree(
                "refills",
                predicted={one.id: self.granted[one.id] for one in taker.drugs},
                answered={one.medication_id: one.refills_left for one in seen},
            )
            answered = [(one.medication_id, one.directions, one.discontinued_at is None) for one in seen]
            predicted = [(one.id, one.directions, one.is_active) for one in taker.drugs]
            agree("medications", predicted=predicted, answered=answered)
            active = [one.medication_id for one in taker.me.medications.active().items[::-1]]
            agree("active", predicted=[one.id for one in taker.drugs if one.is_active], answered=active)

    @invariant()
    def no_request_is_lost(self) -> None:
        """What waits is on the practice's lists, and what became of each on its patient's."""
        desk = self.staff[2].desk.medications
        for status, listed in (("requested", desk.pending_renewals), ("approved", desk.unfilled_renewals)):
            predicted = [(one.id, one.drug.id) for one in self.model.standing(status)]
            answered = [(one.renewal_id, one.medication_id) for one in listed().items]
            agree(status, predicted=predicted, answered=answered)
        for taker in self.model.takers:
            own = [
                (one.renewal_id, one.status.value, one.refills_granted, one.decided_at, one.refilled_at)
                for one in taker.me.medications.renewals().items[::-1]
            ]
            predicted_own = [
                (one.id, one.status, one.granted, one.decided_at, one.refilled_at) for one in taker.requests
            ]
            agree("renewals", predicted=predicted_own, answered=own)

    @invariant()
    def each_decision_is_told_once(self) -> None:
        """The inbox has one message for each, about what was decided, and none of anything else."""
        for taker in self.model.takers:
            predicted = [(letter.kind, letter.about.id, letter.read_at) for letter in taker.letters]
            answered = [(one.kind.value, one.about_id, one.read_at) for one in taker.me.messages.inbox().items[::-1]]
            agree("inbox", predicted=predicted, answered=answered)
            unread = sum(letter.read_at is None for letter in taker.letters)
            agree("unread", predicted=unread, answered=taker.me.messages.unread_count())

    # How it is done

    def _place(self, request: Request) -> int:
        """By which index ``latest`` finds it."""
        return len(self.model.requests) - 1 - self.model.requests.index(request)

    def _prescriber(self, request: Request) -> int:
        """Which of the staff decides it without a cover; of their own they can't."""
        return [one.id for one in self.staff].index(request.drug.prescriber)

    def _wait_until(self, moment: datetime) -> None:
        """The clock goes on, never back, and never so far that anything is forgotten."""
        super()._wait_until(min(moment, self.over_at))

    def _judged(self, request: Request, who: Colleague, *, answer: str, was: str) -> None:
        """What a decision, or its refusal, has come to."""
        prescriber = request.drug.prescriber
        self._reach("a covering provider decided", when=answer == DONE and who.id != prescriber)
        until = self.model.covers.get((prescriber, who.id))
        is_over = until is not None and timedelta(0) <= self.clock() - until <= INSTANT
        over_now = answer == "not_prescriber" and is_over
        self._reach("a cover that had just ended decided nothing", when=over_now)
        self._reach("a patient decided for themselves", when=answer == "own_renewal")
        again = answer == "renewal_decided"
        self._reach("a decided request was decided again", when=again and was in {"approved", "refilled", "denied"})
        self._reach("a withdrawn request was decided", when=again and was == "withdrawn")
        self._reach("an expired request was decided", when=again and was == "expired")
