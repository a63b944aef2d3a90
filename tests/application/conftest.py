"""What the use-case tests share: a portal of fakes over each shipped store, with every costly call counted."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from patientportal import (
    MemoryStore,
    PasswordHasher,
    Policy,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    SandboxProcessor,
    SqliteStore,
    Store,
)
from patientportal.domain.audit.looks import StaffRefused
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import Query
from patientportal.testing import (
    CheapHasher,
    FrozenClock,
    Member,
    activated,
    desk,
    ids_in_a_row,
    portal,
    secrets_in_a_row,
)


class Counting:
    """Anything, with each call of its methods counted under the method's name."""

    def __init__(self, inner: Any, calls: Counter[str]) -> None:
        self._inner = inner
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)

        def counted(*args: Any, **named: Any) -> Any:
            self._calls[name] += 1
            return method(*args, **named)

        return counted


class CountingStore(Store):
    """A store, with each block and each call within one counted."""

    def __init__(self, inner: Store, calls: Counter[str]) -> None:
        self._inner = inner
        self._calls = calls

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        self._calls["transaction"] += 1
        with self._inner.transaction() as transaction:
            yield Counting(transaction, self._calls)

    @contextmanager
    def view(self) -> Iterator[Any]:
        self._calls["view"] += 1
        with self._inner.view() as view:
            yield Counting(view, self._calls)

    def find_all(self, *asked: Any) -> Any:
        with self.view() as view:
            return view.find_all(*asked)

    def close(self) -> None:
        self._inner.close()


@pytest.fixture
def calls() -> Counter[str]:
    """How often each method of the hasher and the store was called."""
    return Counter()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def raw_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Each shipped store, empty."""
    store: Store
    match request.param:
        case "memory":
            store = MemoryStore()
        case "sqlite":
            store = SqliteStore(tmp_path / "portal.db", durable=False)
        case _:
            store = request.getfixturevalue("emptied_postgres")
    yield store
    store.close()


@pytest.fixture
def store(raw_store: Store, calls: Counter[str]) -> Store:
    """The same, counted."""
    return CountingStore(raw_store, calls)


@pytest.fixture
def counted(calls: Counter[str]) -> Callable[[PasswordHasher], PasswordHasher]:
    """Makes a hasher count."""
    return lambda inner: cast("PasswordHasher", Counting(inner, calls))


@pytest.fixture
def hasher(counted: Callable[[PasswordHasher], PasswordHasher]) -> PasswordHasher:
    """A cheap one, counted."""
    return counted(CheapHasher())


@pytest.fixture
def clock() -> FrozenClock:
    """The time, which moves only when told to."""
    return FrozenClock()


@pytest.fixture
def notifier() -> RecordingNotifier:
    """Who was told what."""
    return RecordingNotifier()


@pytest.fixture
def sandbox() -> SandboxProcessor:
    """Who was charged what."""
    return SandboxProcessor()


@pytest.fixture
def portal_with(
    store: Store,
    hasher: PasswordHasher,
    clock: FrozenClock,
    notifier: RecordingNotifier,
    sandbox: SandboxProcessor,
) -> Callable[..., Portal]:
    """Opens another portal on the same store, with the policy, the hasher, the notifier ... that the test wants."""
    usual: dict[str, Any] = {
        "store": store,
        "hasher": hasher,
        "clock": clock,
        "notifier": notifier,
        "payments": sandbox,
        "new_id": ids_in_a_row(),
        "new_secret": secrets_in_a_row(),
    }
    return lambda **otherwise: portal(**(usual | otherwise))


@pytest.fixture
def usual(portal_with: Callable[..., Portal]) -> Portal:
    """A portal with the mission's numbers."""
    return portal_with(policy=Policy(zone="America/New_York"))


@pytest.fixture
def practice(usual: Portal) -> PracticeAccess:
    """The practice's side, with every role."""
    return desk(usual)


@pytest.fixture
def member(usual: Portal, notifier: RecordingNotifier, calls: Counter[str]) -> Member:
    """A patient who can log in; nothing is counted yet and nobody was told anything."""
    member = activated(usual, notifier)
    notifier.messages.clear()
    calls.clear()
    return member


@pytest.fixture
def contents(raw_store: Store) -> Callable[[], dict[str, set[object]]]:
    """Reads everything that the store holds, but for what was refused to staff (``audit/test_history.py`` does)."""
    return partial(_contents, raw_store)


@pytest.fixture
def untouched(
    contents: Callable[[], dict[str, set[object]]], calls: Counter[str]
) -> Callable[[], AbstractContextManager[None]]:
    """Begins a block that changes nothing in the store and hashes nothing."""

    @contextmanager
    def untouched() -> Iterator[None]:
        before = contents()
        calls.clear()
        yield
        assert contents() == before
        assert not calls.keys() & {"hash", "verify"}

    return untouched


def _contents(store: Store) -> dict[str, set[object]]:
    with store.view() as view:
        held = {kind.table: set(view.select(Query(state=kind.state))) for kind in KINDS.values()}
    held["events"] = {one for one in held["events"] if not isinstance(one.event, StaffRefused)}
    return held
