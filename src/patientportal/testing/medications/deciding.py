"""Providers decide requests, and stand in for each other: a layer of ``MedicationsMachine``."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from patientportal.domain.ids import StaffId
from patientportal.testing.machine_base import DONE, INSTANT, indexes, latest, offsets, rarely
from patientportal.testing.medications.machine_base import HOUSE, SUSAN, WILSON, anybody, providers
from patientportal.testing.medications.model import Colleague, Gift, Request
from patientportal.testing.medications.taking import TakingMachine

gifts: st.SearchStrategy[Gift] = st.builds(
    Gift,
    refills=st.sampled_from((0, 1, 1, 2, 98, 99)),
    changes=st.sampled_from((None, None, "In the evening.")),
    refilled=st.sampled_from((True, False)),
)


class DecidingMachine(TakingMachine):
    """What becomes of a request, and who may say."""

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
            self.filled[request.drug.id] += gift.refilled
            self._reach("a decision came late, before the worker", when=late)
        self._reach("refills would have been too many", when=answer == "too_many_refills")
        self._reach("nothing was left to be filled", when=answer == "no_refills_left")
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
        if answer == DONE and was == "approved":
            self.filled[request.drug.id] += 1
            self._reach("an approved request was refilled later")
        self._reach("an approved request waits for a refill that is gone", when=answer == "no_refills_left")

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

    # Covers

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

    @rule(prescriber=providers, soon=st.booleans())
    def come_back_early(self, prescriber: int, *, soon: bool) -> None:
        """A prescriber goes away for days, and is back before that."""
        away, instead = self.staff[prescriber].id, self.staff[1 - prescriber].id
        self.cover(prescriber, away, instead, timedelta(days=3))
        self.time_passes(INSTANT if soon else timedelta(hours=1))
        self.cover(prescriber, away, instead, timedelta(0))

    # Late decisions

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

    # How it is done

    def _judged(self, request: Request, who: Colleague, *, answer: str, was: str) -> None:
        """What a decision, or its refusal, has come to."""
        prescriber = request.drug.prescriber
        self._reach("a covering provider decided", when=answer == DONE and who.id != prescriber)
        until = self.model.covers.get((prescriber, who.id))
        is_over = until is not None and timedelta(0) <= self.clock() - until <= INSTANT
        over_now = answer == "not_prescriber" and is_over
        self._reach("a cover that had just ended decided nothing", when=over_now)
        self._reach("a patient decided for themselves", when=answer == "own_account")
        again = answer == "renewal_decided"
        self._reach("a decided request was decided again", when=again and was in {"approved", "refilled", "denied"})
        self._reach("a withdrawn request was decided", when=again and was == "withdrawn")
        self._reach("an expired request was decided", when=again and was == "expired")
