"""A payment processor for tests and trials, which does what its source token says; it moves no money."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from enum import StrEnum, unique
from pathlib import Path
from typing import Protocol

from attrs import frozen

from patientportal.domain.values.money import Money
from patientportal.ports.payments import Approved, Declined

_WAIT_S = 30.0


@unique
class SandboxSource(StrEnum):
    """What the sandbox does with a charge; any other token is declined as ``unknown_source``."""

    APPROVE = "approve"
    DECLINE = "decline"
    TIME_OUT = "time_out"
    """It never arrives."""
    APPROVE_AND_LOSE_ANSWER = "approve_and_lose_answer"
    NEVER_ANSWER = "never_answer"
    """Nothing is ever said about it: whether it is charged can't be found out, and it can't be voided."""


@unique
class _Entry(StrEnum):
    """What stands in the ledger under a key."""

    APPROVED = "approved"
    DECLINED = "declined"
    SILENT = "silent"
    VOIDED = "voided"


@frozen(kw_only=True)
class SandboxCharge:
    """Something that the sandbox has charged.

    Attributes:
        key: under which.
        amount: how much.
        refunded: how much of it was refunded.
    """

    key: str
    amount: Money
    refunded: Money

    @property
    def is_refunded(self) -> bool:
        """Whether all of it was given back."""
        return self.refunded == self.amount


@frozen
class _Charge:
    entry: _Entry
    amount: Money | None
    code: str = ""


@frozen
class _Refund:
    of: str
    amount: Money


class _Ledger(Protocol):
    def get(self, key: str) -> _Charge | None: ...
    def put(self, key: str, charge: _Charge) -> None: ...
    def all(self) -> list[tuple[str, _Charge]]: ...
    def refunds(self) -> dict[str, _Refund]: ...
    def give_back(self, refund_key: str, refund: _Refund) -> None: ...


class SandboxProcessor:
    """Charges in a ledger of its own, for any number of threads, and of processes if they share a file.

    Args:
        ledger: the file (SQLite) that several processes share; ``None``: this object's memory.
        timeout: how long a charge is said to take at most.
    """

    def __init__(self, ledger: Path | None = None, *, timeout: timedelta = timedelta(seconds=30)) -> None:
        self._timeout = timeout
        self._file = ledger
        self._memory = _Memory()
        self._turn = threading.Lock()

    @property
    def timeout(self) -> timedelta:
        """See ``PaymentProcessor.timeout``."""
        return self._timeout

    def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
        """See ``PaymentProcessor.charge``.

        Raises:
            TimeoutError: the source says so.
        """
        if source == SandboxSource.TIME_OUT:
            raise TimeoutError
        with self._ledger() as ledger:
            found = ledger.get(key)
            if found is None:
                found = _decided(source, amount)
                ledger.put(key, found)
        if found.entry is _Entry.SILENT or source == SandboxSource.APPROVE_AND_LOSE_ANSWER:
            raise TimeoutError
        return _answer(key, found) or Declined(code="voided")

    def find(self, key: str) -> Approved | Declined | None:
        """See ``PaymentProcessor.find``.

        Raises:
            TimeoutError: it was charged with ``NEVER_ANSWER``.
        """
        with self._ledger() as ledger:
            return _answer(key, _heard(ledger.get(key)))

    def void(self, key: str) -> bool:
        """See ``PaymentProcessor.void``.

        Raises:
            TimeoutError: it was charged with ``NEVER_ANSWER``.
        """
        with self._ledger() as ledger:
            found = _heard(ledger.get(key))
            if found is None:
                ledger.put(key, _Charge(_Entry.VOIDED, None))
        return found is None or found.entry in {_Entry.VOIDED, _Entry.DECLINED}

    def refund(self, key: str, *, refund_key: str, amount: Money) -> bool:
        """See ``PaymentProcessor.refund``."""
        with self._ledger() as ledger:
            found, refunds = ledger.get(key), ledger.refunds()
            if refund_key in refunds:
                return refunds[refund_key] == _Refund(key, amount)
            if found is None or found.entry is not _Entry.APPROVED or found.amount is None:
                return False
            left = found.amount - _refunded(key, found.amount, refunds)
            if amount.currency != left.currency or not 0 < amount.minor_units <= left.minor_units:
                return False
            ledger.give_back(refund_key, _Refund(key, amount))
        return True

    def charges(self) -> tuple[SandboxCharge, ...]:
        """Everything that was charged, refunded or not, by key."""
        with self._ledger() as ledger:
            refunds = ledger.refunds()
            return tuple(
                SandboxCharge(key=key, amount=one.amount, refunded=_refunded(key, one.amount, refunds))
                for key, one in sorted(ledger.all(), key=lambda pair: pair[0])
                if one.entry is _Entry.APPROVED and one.amount is not None
            )

    @contextmanager
    def _ledger(self) -> Iterator[_Ledger]:
        """The ledger, for one caller at a time."""
        if self._file is None:
            with self._turn:
                yield self._memory
            return
        with closing(sqlite3.connect(self._file, timeout=_WAIT_S, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield _File(connection)
            connection.execute("COMMIT")


class _Memory:
    """A ledger that is gone with its processor."""

    def __init__(self) -> None:
        self._charges: dict[str, _Charge] = {}
        self._refunds: dict[str, _Refund] = {}

    def get(self, key: str) -> _Charge | None:
        return self._charges.get(key)

    def put(self, key: str, charge: _Charge) -> None:
        self._charges[key] = charge

    def all(self) -> list[tuple[str, _Charge]]:
        return list(self._charges.items())

    def refunds(self) -> dict[str, _Refund]:
        return self._refunds

    def give_back(self, refund_key: str, refund: _Refund) -> None:
        self._refunds[refund_key] = refund


class _File:
    """A ledger in a file, within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute(
            "CREATE TABLE IF NOT EXISTS charges (key TEXT PRIMARY KEY, entry TEXT NOT NULL, minor_units INTEGER,"
            " currency TEXT, code TEXT NOT NULL)"
        )
        connection.execute(
            "CREATE TABLE IF NOT EXISTS refunds (refund_key TEXT PRIMARY KEY, key TEXT NOT NULL,"
            " minor_units INTEGER NOT NULL, currency TEXT NOT NULL)"
        )

    def get(self, key: str) -> _Charge | None:
        return dict(self._rows("WHERE key = ?", key)).get(key)

    def put(self, key: str, charge: _Charge) -> None:
        amount = (None, None) if charge.amount is None else (charge.amount.minor_units, charge.amount.currency)
        self._connection.execute(
            "INSERT OR REPLACE INTO charges VALUES (?, ?, ?, ?, ?)", (key, charge.entry.value, *amount, charge.code)
        )

    def all(self) -> list[tuple[str, _Charge]]:
        return self._rows("")

    def refunds(self) -> dict[str, _Refund]:
        rows = self._connection.execute("SELECT refund_key, key, minor_units, currency FROM refunds")
        return {name: _Refund(key, Money(minor_units=units, currency=code)) for name, key, units, code in rows}

    def give_back(self, refund_key: str, refund: _Refund) -> None:
        values = (refund_key, refund.of, refund.amount.minor_units, refund.amount.currency)
        self._connection.execute("INSERT INTO refunds VALUES (?, ?, ?, ?)", values)

    def _rows(self, where: str, *values: str) -> list[tuple[str, _Charge]]:
        rows = self._connection.execute(f"SELECT key, entry, minor_units, currency, code FROM charges {where}", values)  # noqa: S608 - ours
        return [
            (
                key,
                _Charge(_Entry(entry), None if currency is None else Money(minor_units=units, currency=currency), code),
            )
            for key, entry, units, currency, code in rows
        ]


def _decided(source: str, amount: Money) -> _Charge:
    match source:
        case SandboxSource.APPROVE | SandboxSource.APPROVE_AND_LOSE_ANSWER:
            return _Charge(_Entry.APPROVED, amount)
        case SandboxSource.NEVER_ANSWER:
            return _Charge(_Entry.SILENT, amount)
        case SandboxSource.DECLINE:
            return _Charge(_Entry.DECLINED, amount, "declined")
        case _:
            return _Charge(_Entry.DECLINED, amount, "unknown_source")


def _heard(found: _Charge | None) -> _Charge | None:
    if found is not None and found.entry is _Entry.SILENT:
        raise TimeoutError
    return found


def _refunded(key: str, amount: Money, refunds: dict[str, _Refund]) -> Money:
    units = sum(one.amount.minor_units for one in refunds.values() if one.of == key)
    return Money(minor_units=units, currency=amount.currency)


def _answer(key: str, found: _Charge | None) -> Approved | Declined | None:
    match found:
        case _Charge(entry=_Entry.APPROVED, amount=Money() as amount):
            return Approved(amount=amount, reference=f"sandbox-{key}")
        case _Charge(entry=_Entry.DECLINED, code=code):
            return Declined(code=code)
        case _:
            return None
