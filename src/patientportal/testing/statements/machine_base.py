"""What every layer of ``StatementsMachine`` stands on: a practice, a payment processor in a mood, and the clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from patientportal.application.statements.payments import PaymentDetails
from patientportal.domain.errors import NotFoundError, PortalError
from patientportal.domain.statements.conclusions import ChargedOtherwiseError, PaymentNotUnclearError
from patientportal.domain.statements.paying import AmountExceedsBalanceError
from patientportal.domain.statements.recording import ReductionExceedsOwedError
from patientportal.domain.statements.refund_ends import RefundNotUnclearError
from patientportal.domain.statements.refunds import (
    PaymentNotOnlineError,
    PaymentNotSettledError,
    RefundExceedsPaymentError,
)
from patientportal.domain.statements.statements import StatementOverdueError
from patientportal.patient_access import PatientAccess
from patientportal.portal import Portal
from patientportal.testing.accounts.kept import Person, Seat
from patientportal.testing.machine_base import INSTANT, PredictingMachine, agree, indexes, nothing, offsets
from patientportal.testing.statements.auditor import Auditor
from patientportal.testing.statements.kept import Payment, Refund, Statement, Steps
from patientportal.testing.statements.model import StatementsModel
from patientportal.testing.statements.model_settling import FAILED
from patientportal.testing.statements.processor import Mood, MoodyProcessor
from patientportal.testing.statements.shown import payment_shown
from patientportal.testing.world import PASSWORD, portal

BEGINS_AT: datetime = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
"""A few days before the clocks change in New York, a few weeks before they do in Berlin."""
RUN_MAX: timedelta = timedelta(days=90) - INSTANT
"""The first things that are swept are notices that were told ninety days ago."""


class PracticeMachine(PredictingMachine):
    """A practice where nobody does anything yet, but where time passes and commits fail.

    Attributes:
        over_at: when a run must be over, at the latest.
        model: what it must be like.
        auditor: looks into its books, and those of the processor.
        processor: charges, as the machine has it do.
    """

    def __init__(self) -> None:
        super().__init__()
        self.clock.advance(BEGINS_AT - self.clock())
        self.over_at: datetime = self.clock() + RUN_MAX
        self.model: StatementsModel = StatementsModel(self.policy, self.clock, timeout=self.processor.timeout)
        self.auditor: Auditor = Auditor(self.store, self.processor, self.model.zone)
        self.store.after_commit = self.auditor.at_commit

    def new_portal(self) -> Portal:
        """A portal on the sandbox, in a mood that the machine chooses."""
        self.processor: MoodyProcessor = MoodyProcessor(self.store)
        return portal(
            policy=self.policy,
            store=self.store,
            notifier=self.notifier,
            payments=self.processor,
            clock=self.clock,
        )

    def spoken(self, error: PortalError) -> str:  # noqa: PLR0911 - an error a line
        """Its code, and what it carries."""
        match error:
            case AmountExceedsBalanceError(remaining=remaining):
                return f"{error.code}: {remaining.minor_units} {remaining.currency}"
            case StatementOverdueError(due_on=due_on):
                return f"{error.code}: {due_on}"
            case PaymentNotSettledError(status=state) | PaymentNotUnclearError(status=state):
                return f"{error.code}: {state}"
            case RefundNotUnclearError(status=state) | PaymentNotOnlineError(method=state):
                return f"{error.code}: {state}"
            case RefundExceedsPaymentError(refundable=money) | ReductionExceedsOwedError(owed=money):
                return f"{error.code}: {money.minor_units} {money.currency}"
            case ChargedOtherwiseError(charged=charged):
                return f"{error.code}: {charged}"
            case NotFoundError(what=what):
                return f"{error.code}: {what}"
            case _:
                return super().spoken(error)

    # Time and mishap

    @precondition(lambda self: self.model.edges())
    @rule(which=indexes, offset=offsets)
    def time_passes_to_an_edge(self, which: int, offset: timedelta) -> None:
        """The clock goes to where something ends or is due: just before, there, or just after."""
        edges = self.model.edges()
        self._wait_until(edges[which % len(edges)] + offset)

    @rule(after=st.integers(0, 2))
    def a_commit_will_fail(self, after: int) -> None:
        """The database will fail at the end of a transaction."""
        self.store.good_commits = after

    def _may_fail(self, after: int | None) -> None:
        if after is not None:
            self.a_commit_will_fail(after)

    # What there is

    def current(self) -> list[Statement]:
        """The statements that nothing has superseded."""
        return [one for one in self.model.statements if one.is_current]

    def settled(self) -> list[Payment]:
        """The payments of which something can be given back."""
        return [one for one in self.model.payments if one.fate == "settled" and one.left]

    def keyed(self) -> list[Payment]:
        """The payments that have a key."""
        return [one for one in self.model.payments if one.order.key is not None]

    def open_ends(self) -> list[Payment]:
        """The payments of which nobody knows what became of them."""
        return [one for one in self.model.payments if one.fate == "pending"]

    def open_refunds(self) -> list[Refund]:
        """The refunds of which nobody knows that either."""
        return [one for one in self.model.refunds() if one.fate == "pending"]

    # How it is done

    def _pass_through(self, done: Steps, call: Callable[[], PaymentDetails], mood: Mood) -> None:
        """Makes a call of several transactions, which must answer and save what was predicted."""
        commits = self.store.commits
        self.processor.mood = mood
        answer, shown = self._said(call)
        self.processor.mood = Mood.WELL
        if self.processor.disagreement is not None:
            raise self.processor.disagreement
        agree("answer", predicted=done.answer, answered=answer)
        agree("commits", predicted=commits + done.commits, answered=self.store.commits)
        if shown is not None and done.payment is not None:
            done.payment.id = done.payment.id or shown.payment_id
            agree("payment", predicted=done.payment.shown(), answered=payment_shown(shown))
        self._reach("a commit failed", when=answer == FAILED)
        self.auditor.audit()

    def _seat(self, somebody: Person, *, stays: bool = False) -> Seat:
        """The session that a patient uses: the last one, or a new one unless they stay in one that is over."""
        if somebody.is_active and not stays and not self.model.is_live(somebody.seats[-1]):
            self._come_in(somebody)
        return somebody.seats[-1]

    def _come_in(self, somebody: Person) -> None:
        """A patient logs in, which isn't what may fail here."""
        name = somebody.name or ""
        with self._undisturbed():
            _, handle = self._ask(lambda: self.portal.log_in(name, PASSWORD), self.model.log_in(name, PASSWORD, ""))
        somebody.seats[-1].handle = handle

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """What happens beside the story, moves no money and meets no commit that fails."""
        good_commits, self.store.good_commits = self.store.good_commits, None
        after_commit, self.store.after_commit = self.store.after_commit, nothing
        yield
        self.store.good_commits, self.store.after_commit = good_commits, after_commit

    def _wait_until(self, moment: datetime) -> None:
        """The clock goes on, never back, and never so far that anything is forgotten."""
        super()._wait_until(min(moment, self.over_at))


def handle_of(seat: Seat) -> PatientAccess:
    """What a patient holds who is in."""
    assert seat.handle is not None
    return seat.handle
