"""What every state machine over ``Portal`` needs: each call predicted, commits that fail, notices watched."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar

from attrs import frozen
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from patientportal.adapters.memory import MemoryStore
from patientportal.adapters.recording import RecordingNotifier
from patientportal.domain.accounts.links import LinkSecret
from patientportal.domain.errors import AdapterError, BadInputError, PortalError
from patientportal.domain.ids import DeliveryId
from patientportal.domain.notices.notices import Delivery
from patientportal.domain.policy import Policy
from patientportal.domain.values.tokens import parsed
from patientportal.portal import Portal
from patientportal.ports.notifier import Answer, Message
from patientportal.ports.store import Key, Query, Store, StoreMisuseError, Transaction, View
from patientportal.practice_access import PracticeAccess
from patientportal.testing.fakes import FrozenClock
from patientportal.testing.world import desk, portal, secret_of

T = TypeVar("T")

DONE = "done"
INSTANT = timedelta(microseconds=1)
BOUNDED: settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
"""How long a machine's ``TestCase`` runs where nothing else is set: a store of 10 ms a call ends in two minutes."""


@frozen
class Prediction:
    """What a call will answer, and what will be so once it is saved; without an effect nothing will be.

    Attributes:
        earlier_commits: how many transactions it makes, in which nothing is saved, before the one that has the effect.
    """

    answer: str
    effect: Callable[[], None] | None = None
    earlier_commits: int = 0

    @property
    def commits(self) -> int:
        """How many transactions it makes."""
        return self.earlier_commits + (self.effect is not None)


def nothing() -> None:
    """The effect of a call that saves no change."""


class FailingStore(Store):
    """A store that passes everything on, and whose commits fail when told to, at the end of a block that went well.

    Attributes:
        commits: how many didn't.
        good_commits: after how many more one fails; ``None``: none does.
        after_commit: what is done after each that didn't.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.commits: int = 0
        self.good_commits: int | None = None
        self.after_commit: Callable[[], None] = nothing

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """See ``Store.transaction``."""
        with self._store.transaction() as transaction:
            yield transaction
            if self.good_commits == 0:
                self.good_commits = None
                raise AdapterError(adapter="failing", reason="commit_failed")
        self.commits += 1
        if self.good_commits is not None:
            self.good_commits -= 1
        self.after_commit()

    def view(self) -> AbstractContextManager[View]:
        """See ``Store.view``."""
        return self._store.view()

    def find_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]:
        """See ``Store.find_all``."""
        with self.view() as view:
            return view.find_all(*asked)

    def close(self) -> None:
        """See ``Store.close``."""
        self._store.close()


class WatchingNotifier(RecordingNotifier):
    """Keeps every message, and those which were told before the store had saved what they are about.

    Attributes:
        too_early: their ids.
    """

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self.too_early: list[str] = []

    def send(self, message: Message) -> Answer:
        """See ``Notifier.send``."""
        try:
            saved = self._is_saved(message)
        except StoreMisuseError:  # a view inside a block: the message is being sent before the commit
            saved = False
        if not saved:
            self.too_early.append(message.id)
        return super().send(message)

    def _is_saved(self, message: Message) -> bool:
        with self._store.view() as view:
            if view.find(Key(Delivery, (DeliveryId(message.id),))) is None:
                return False
            if message.link is None:
                return True
            token = parsed(secret_of(message.link), field="link")
            secret = token and view.find(Key(LinkSecret, (token.patient_id, token.id, token.secret_hash)))
            return secret is not None


def latest(things: Sequence[T], which: int) -> T:
    """One of them, the latest for 0."""
    return things[-1 - which % len(things)]


def agree(what: str, *, predicted: object, answered: object) -> None:
    """Holds a prediction against what came."""
    if predicted != answered:
        raise AssertionError(f"{what}: predicted {predicted!r}, answered {answered!r}")


indexes: st.SearchStrategy[int] = st.integers(0, 7)
offsets: st.SearchStrategy[timedelta] = st.sampled_from((-INSTANT, timedelta(0), INSTANT))
rarely: st.SearchStrategy[bool] = st.sampled_from((False, False, False, True))


class PredictingMachine(RuleBasedStateMachine):
    """A portal on a store that fails when told to; each answer is predicted before the call.

    A machine of one topic is a subclass with rules and a model of its own.

    Attributes:
        policy: the limits that hold.
        situations: what ``_reach`` may be told of; a subclass's own hold "a commit failed", too.
        reached: how often each of them was come to, over all examples of this class.
    """

    policy: ClassVar[Policy] = Policy(zone="America/New_York")
    situations: ClassVar[frozenset[str]] = frozenset({"a commit failed"})
    reached: ClassVar[Counter[str]] = Counter()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.reached = Counter()
        cls.TestCase.settings = BOUNDED

    def new_store(self) -> Store:
        """An empty store; override it to run the machine on another one."""
        return MemoryStore()

    def new_portal(self) -> Portal:
        """The portal that the machine drives; override it to pass more."""
        return portal(policy=self.policy, store=self.store, notifier=self.notifier, clock=self.clock)

    def __init__(self) -> None:
        super().__init__()
        self.clock: FrozenClock = FrozenClock()
        self.store: FailingStore = FailingStore(self.new_store())
        self.notifier: WatchingNotifier = WatchingNotifier(self.store)
        self.portal: Portal = self.new_portal()
        self.desk: PracticeAccess = desk(self.portal)

    def teardown(self) -> None:
        """Closes the store."""
        self.portal.close()

    def spoken(self, error: PortalError) -> str:
        """An error as a prediction says it: its code, and what is wrong with an input.

        Override it for errors that carry more.
        """
        match error:
            case BadInputError(problem=problem):
                return f"{error.code}: {problem}"
            case _:
                return error.code

    # What always holds

    @invariant()
    def what_was_not_saved_was_never_told(self) -> None:
        """Neither a notice nor a link's secret leaves before the commit, or without one."""
        agree("told before it was saved", predicted=[], answered=self.notifier.too_early)

    # How it is done

    def _wait_until(self, moment: datetime) -> None:
        """The clock goes on, never back."""
        self.clock.advance(max(moment - self.clock(), timedelta(0)))

    def _ask(self, call: Callable[[], T], prediction: Prediction) -> tuple[str, T | None]:
        """Makes a call: it must answer as predicted, save if predicted, and save nothing when its commit fails."""
        good = self.store.good_commits
        fails = good is not None and good < prediction.commits
        commits = self.store.commits + (good if good is not None and fails else prediction.commits)
        answer, value = self._said(call)
        agree("answer", predicted="adapter_failed" if fails else prediction.answer, answered=answer)
        agree("commits", predicted=commits, answered=self.store.commits)
        self._reach("a commit failed", when=fails)
        if prediction.effect is not None and not fails:
            prediction.effect()
        return answer, value

    def _said(self, call: Callable[[], T]) -> tuple[str, T | None]:
        try:
            return DONE, call()
        except PortalError as error:
            return self.spoken(error), None

    def _reach(self, situation: str, *, when: object = True) -> None:
        if when:
            assert situation in self.situations
            self.reached[situation] += 1
            event(situation)
