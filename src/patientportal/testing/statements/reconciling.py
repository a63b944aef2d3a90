"""A worker finds out what became of payments, at once or after a mishap: a layer of ``StatementsMachine``."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from patientportal.adapters.sandbox import SandboxSource
from patientportal.application.worker.work import Worked
from patientportal.ports.notifier import Answer
from patientportal.testing.machine_base import DONE, INSTANT, agree, indexes, latest, offsets, rarely
from patientportal.testing.statements.kept import Order, Payment, Refund, Steps
from patientportal.testing.statements.model_settling import FAILED, HEARD_AT_ONCE
from patientportal.testing.statements.paying import PayingMachine
from patientportal.testing.statements.processor import Mood

lost: st.SearchStrategy[SandboxSource] = st.sampled_from(
    tuple(one for one in SandboxSource if one not in HEARD_AT_ONCE)
)
moods: st.SearchStrategy[Mood] = st.sampled_from((Mood.WELL, Mood.WELL, Mood.WELL, *Mood))


class ReconcilingMachine(PayingMachine):
    """A worker comes when something is due, too early, or when the database fails."""

    @rule(limit=st.sampled_from((1, 100)), mood=moods, answer=st.sampled_from((Answer.SENT, Answer.SENT, Answer.LATER)))
    def work(self, limit: int, mood: Mood, answer: Answer) -> None:
        """A worker finds out what became of payments, and tells what is due; every number was predicted."""
        due, before = self.model.due(limit), [(one, one.fate, one.ledger) for one in self.model.payments]
        pending = self.open_refunds()
        messages, commits, charged = len(self.notifier.messages), self.store.commits, self.processor.charged.total()
        looked, told = self.model.work_through(
            limit=limit, mood=mood, answer=answer, good_commits=self.store.good_commits
        )
        self.notifier.answers, self.processor.mood = [answer] * limit, mood
        said, worked = self._said(lambda: self.portal.work(limit=limit))
        self.processor.mood = Mood.WELL
        agree("work", predicted=FAILED if told.fails else DONE, answered=said)
        agree("commits", predicted=commits + looked.commits + told.commits, answered=self.store.commits)
        agree("charged by a worker", predicted=charged, answered=self.processor.charged.total())
        numbers = Worked(sent=told.sent, postponed=told.postponed, given_up=told.given_up, concluded=looked.concluded)
        agree("worked", predicted=None if told.fails else numbers, answered=worked)
        mailed = [(one.kind, one.to_email) for one in self.notifier.messages[messages:]]
        agree("messages", predicted=[(one.kind, one.to_email) for one in told.told], answered=mailed)
        self.auditor.audit()
        self._reach("a commit failed", when=told.fails)
        self._see_work(looked, due, before)
        self._reach("a refund was concluded by a worker", when=[one for one in pending if one.fate == "done"])
        self._reach("a refund was refused to a worker", when=[one for one in pending if one.fate == "declined"])

    def _see_work(self, looked: Steps, due: list[Payment | Refund], before: list[tuple[Payment, str, str]]) -> None:
        self._reach("a worker couldn't begin to look", when=looked.stuck)
        in_vain = any(isinstance(one, Payment) and one.fate == "pending" and one.ledger == "silent" for one in due)
        self._reach("a worker looked in vain", when=in_vain)
        self._reach("two payments ended in one call", when=looked.concluded > 1)
        ended = [(one, was, ledger) for one, was, ledger in before if was != one.fate]
        for one, was, ledger in ended:
            is_heard = one.order.source in HEARD_AT_ONCE
            settled = one.fate == "settled" and was == "pending"
            is_earlier = not one.order.statement.is_current
            is_elsewhere = one.counts_on is not one.order.statement
            self._reach("a lost charge was found by a worker", when=settled and not is_heard)
            self._reach("a payment was settled that couldn't be written down at first", when=settled and is_heard)
            self._reach("a declined payment was found by a worker", when=one.fate == "declined")
            self._reach("a payment was released", when=one.fate == "released")
            self._reach("a payment was released that had been voided before", when=ledger == "voided")
            self._reach("a payment of an earlier statement was settled", when=settled and is_earlier)
            self._reach("a payment was settled that had moved", when=settled and is_elsewhere)
            self._reach("a payment wasn't made that had moved", when=not settled and is_elsewhere)
            self._reach("a payment of a retracted statement was voided", when=one.is_stopped and one.fate == "released")
            self._reach("a payment of a retracted statement was settled", when=one.is_stopped and settled)
            self._reach("a payment ended while its patient was shut out", when=not one.order.person.is_active)

    @precondition(lambda self: self.open_ends())
    @rule(
        which=indexes,
        offset=offsets,
        mood=moods,
        fails_after=st.sampled_from((None, None, None, 0, 1)),
    )
    def work_when_due(self, which: int, offset: timedelta, mood: Mood, fails_after: int | None) -> None:
        """A worker waits until a payment is about to be looked at, or just is; perhaps its database fails then."""
        self._work_at(latest(self.open_ends(), which), offset, mood, fails_after)

    def _find_out(self, mood: Mood, fails_after: int | None = None) -> None:
        """A worker comes when the last payment is due of which nobody knows what became of it."""
        if self.open_ends():
            self._work_at(self.open_ends()[-1], timedelta(0), mood, fails_after)

    def _work_at(self, one: Payment | Refund, offset: timedelta, mood: Mood, fails_after: int | None) -> None:
        assert one.look_at is not None
        if one.look_at >= self.model.now:
            self._wait_until(one.look_at + offset)
            self._reach("a worker looked too early by an instant", when=one.look_at - self.model.now == INSTANT)
        self._may_fail(fails_after)
        self.work(100, mood, Answer.SENT)

    @rule(who=indexes, source=lost, after=st.sampled_from((0, 1, 1)), mood=moods)
    def work_with_a_mishap(self, who: int, source: SandboxSource, after: int, mood: Mood) -> None:
        """A worker comes too early by an instant; the database fails under the next; the one after that asks again."""
        self._owe(who)
        self.pay(who, 0, "half", source, None)
        if self.open_ends():
            self._work_at(self.open_ends()[-1], -INSTANT, mood, None)
        self._find_out(Mood.WELL, after)
        self._find_out(mood)

    @rule(who=indexes, source=st.sampled_from(SandboxSource), looks=rarely, fails_after=st.sampled_from((None, 1, 1)))
    def pay_what_never_arrived(self, who: int, source: SandboxSource, fails_after: int | None, *, looks: bool) -> None:
        """A charge never arrives; perhaps a worker has it voided, or can't save that; the patient tries again."""
        statement = self._owe(who)
        if statement is None:
            return
        order = Order(statement.person, statement, self._portion(statement, "half"), source, self._fresh_key())
        self._pay(order, mood=Mood.OUT_OF_REACH)
        if looks:
            self._find_out(Mood.WELL, fails_after)
        self._pay(order)

    @rule(
        who=indexes,
        portion=st.sampled_from(("full", "all", "half", "one")),
        source=st.sampled_from(tuple(HEARD_AT_ONCE)),
        after=st.integers(0, 1),
        looks=st.booleans(),
    )
    def pay_with_a_mishap(self, who: int, portion: str, source: SandboxSource, after: int, *, looks: bool) -> None:
        """The database fails before the processor is asked, or when it has answered; the patient tries again."""
        statement = self._owe(who)
        if statement is not None:
            order = Order(statement.person, statement, self._portion(statement, portion), source, self._fresh_key())
            self.a_commit_will_fail(after)
            self._pay(order)
            if looks:
                self._find_out(Mood.WELL)
            self._pay(order)
