"""A store that fails at any call, by chance and seed: what users' tests put beneath a portal to see it survive."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum, unique
from random import Random
from typing import Any, cast

from patientportal.domain.errors import (
    AdapterError,
    ConflictError,
    OutcomeUnknownError,
    PortalError,
    TooBusyError,
)
from patientportal.ports.store import Key, Query, Store, Transaction, View


@unique
class Fault(StrEnum):
    """What can go wrong between a portal and its store."""

    CONFLICT = "conflict"
    TOO_BUSY = "too_busy"
    FAILED = "failed"
    LOST_BEFORE = "lost_before"
    LOST_AFTER = "lost_after"


_AT_BEGIN = (Fault.TOO_BUSY, Fault.FAILED)
_IN_A_BLOCK = (Fault.CONFLICT, Fault.TOO_BUSY, Fault.FAILED)
_AT_COMMIT = tuple(Fault)


def _error(fault: Fault) -> PortalError:
    match fault:
        case Fault.CONFLICT:
            return ConflictError()
        case Fault.TOO_BUSY:
            return TooBusyError(queue="store")
        case Fault.FAILED:
            return AdapterError(adapter="faulty", reason="by_chance")
        case Fault.LOST_BEFORE | Fault.LOST_AFTER:
            return OutcomeUnknownError()


class FaultyStore(Store):
    """A store that passes everything on, and fails at some calls as a real one may: never in a way that isn't allowed.

    A block fails at its begin, at a call or at its end; then nothing of it is saved. ``LOST_BEFORE`` and
    ``LOST_AFTER`` are an ``OutcomeUnknownError`` at the end, of a block that wasn't saved and of one that was.

    Args:
        store: the real one, perhaps ``MemoryStore()``.
        seed: of the chance; the same calls under the same seed fail alike.
        share: of the calls that fail, 0 to 1.

    Attributes:
        happened: how often each fault did.
        is_well: while it is true, nothing fails.

    >>> from patientportal import MemoryStore, PortalError, testing
    >>> store = FaultyStore(MemoryStore(), seed=1, share=0.5)
    >>> portal = testing.portal(store=store)
    >>> for _ in range(20):
    ...     try:
    ...         _ = testing.desk(portal).patients.register(testing.person())
    ...     except PortalError:
    ...         pass
    >>> store.happened.total() > 0
    True
    """

    def __init__(self, store: Store, *, seed: int, share: float = 0.05) -> None:
        self._store = store
        self._chance = Random(seed)  # noqa: S311 - of tests
        self._share = share
        self.happened: Counter[Fault] = Counter()
        self.is_well: bool = False

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """See ``Store.transaction``."""
        self.meet(_AT_BEGIN)
        with self._store.transaction() as transaction:
            faulty = _Faulty(self, transaction)
            yield cast("Transaction", faulty)
            if faulty.has_failed:
                raise ConflictError
            fault = self._chosen(_AT_COMMIT)
            if fault is not None and fault is not Fault.LOST_AFTER:
                raise _error(fault)
        if fault is not None:
            raise _error(fault)

    @contextmanager
    def view(self) -> Iterator[View]:
        """See ``Store.view``."""
        self.meet(_AT_BEGIN)
        with self._store.view() as view:
            yield cast("View", _Faulty(self, view))

    def find_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]:
        """See ``Store.find_all``."""
        with self.view() as view:
            return view.find_all(*asked)

    def close(self) -> None:
        """See ``Store.close``."""
        self._store.close()

    def meet(self, faults: tuple[Fault, ...]) -> None:
        """Goes on, or fails in one of these ways."""
        if (fault := self._chosen(faults)) is not None:
            raise _error(fault)

    def _chosen(self, faults: tuple[Fault, ...]) -> Fault | None:
        if self.is_well or self._chance.random() >= self._share:
            return None
        fault = self._chance.choice(faults)
        self.happened[fault] += 1
        return fault


class _Faulty:
    """A transaction or a view of which each call may fail."""

    def __init__(self, store: FaultyStore, block: Transaction | View) -> None:
        self._store = store
        self._block = block
        self.has_failed = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the block has
        call = getattr(self._block, name)

        def perhaps(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - as above
            try:
                self._store.meet(_IN_A_BLOCK)
            except PortalError:
                self.has_failed = True
                raise
            return call(*arguments, **named)

        return perhaps
