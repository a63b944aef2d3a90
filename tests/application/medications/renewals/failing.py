"""Stores that fail on one kind of state: when it is saved, or when it is looked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from patientportal import AdapterError, Store
from patientportal.domain.medications.renewals import Renewal
from patientportal.ports.store import Key, Query


class FailingStore(Store):
    """A store whose commits fail while told to, and that can't save the end of some renewals."""

    fails = False

    def __init__(self, inner: Store, *, spoilt: str = "") -> None:
        self._inner = inner
        self._spoilt = spoilt

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self._inner.transaction() as transaction:
            yield _Spoilt(transaction, self._spoilt)
            if self.fails:
                raise AdapterError(adapter="failing", reason="commit_failed")

    def view(self) -> Any:
        return self._inner.view()

    def find_all(self, *asked: Any) -> Any:
        with self.view() as view:
            return view.find_all(*asked)

    def close(self) -> None:
        self._inner.close()


class _Spoilt:
    def __init__(self, inner: Any, spoilt: str) -> None:
        self._inner = inner
        self._spoilt = spoilt

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def get_all(self, *asked: Key[Any] | Query[Any]) -> Any:
        if any(isinstance(one, Key) and one.state is Renewal and one.parts[1] == self._spoilt for one in asked):
            raise AdapterError(adapter="sql", reason="unreadable_row")
        return self._inner.get_all(*asked)


class BlindStore(Store):
    """A store that can't look for renewals."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner

    def transaction(self) -> Any:
        return self._inner.transaction()

    @contextmanager
    def view(self) -> Iterator[Any]:
        with self._inner.view() as view:
            yield _Blind(view)

    def find_all(self, *asked: Any) -> Any:
        with self.view() as view:
            return view.find_all(*asked)

    def close(self) -> None:
        self._inner.close()


class _Blind:
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def find_all(self, *asked: Key[Any] | Query[Any]) -> Any:
        if any(isinstance(one, Query) and one.state is Renewal for one in asked):
            raise AdapterError(adapter="sql", reason="unreadable_row")
        return self._inner.find_all(*asked)

    def select(self, query: Query[Any]) -> Any:
        (found,) = self.find_all(query)
        return found
