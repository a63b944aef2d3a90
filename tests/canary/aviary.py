"""A portal on a file, with all that it showed and refused, and how canaries are found in it."""

import pickle
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from attrs import field, frozen

from patientportal import Approved, Declined, Money, Portal, RecordingNotifier, SandboxProcessor, SandboxSource
from patientportal.testing import FrozenClock
from tests.canary.canaries import BROKEN_SOURCE, MADE_UP, PERSONAL_CANARIES


@frozen(kw_only=True)
class Aviary:
    """A portal on a real file, and everything that it showed or handed out."""

    file: Path
    portal: Portal
    notifier: RecordingNotifier
    clock: FrozenClock
    errors: list[BaseException] = field(factory=list)
    shown: list[object] = field(factory=list)
    handed_out: list[str] = field(factory=list)

    @property
    def secrets(self) -> list[str]:
        """What people made up, and what was handed out to them."""
        links = [str(message.link) for message in self.notifier.messages if message.link]
        return [*MADE_UP, *(text.rpartition(".")[2] for text in (*links, *self.handed_out))]

    @property
    def canaries(self) -> list[str]:
        return [*self.secrets, *PERSONAL_CANARIES]

    def refused(self, call: Callable[..., object], *arguments: Any, **named: Any) -> None:
        """Makes a call that must fail, and keeps how it did."""
        with pytest.raises(Exception) as refusal:  # noqa: PT011 - whatever it is, it is swept
            call(*arguments, **named)
        self.errors.append(refusal.value)

    def show(self, *things: object) -> None:
        self.shown.extend(things)

    def rows(self, table: str) -> str:
        with closing(sqlite3.connect(self.file)) as connection:
            return repr(connection.execute(f"SELECT * FROM {table}").fetchall())  # noqa: S608 - ours


class Teller(SandboxProcessor):
    """A processor that approves every token but one, of which it speaks in its error."""

    def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
        if source == BROKEN_SOURCE:
            raise ConnectionError(f"{source} for {amount}")
        return super().charge(key, amount, SandboxSource.APPROVE)


def found(canaries: list[str], haystack: str | bytes) -> list[str]:
    """The canaries that stand in a text or in bytes, in any case."""
    if isinstance(haystack, bytes):
        return [canary for canary in canaries if canary.encode().lower() in haystack.lower()]
    return [canary for canary in canaries if canary.lower() in haystack.lower()]


def chained(error: BaseException | None) -> Iterator[BaseException]:
    """An error and everything behind it."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or one in seen:
            continue
        seen.append(one)
        yield one
        waiting += [one.__cause__, one.__context__]
        waiting += one.exceptions if isinstance(one, BaseExceptionGroup) else ()


def told_by(error: BaseException) -> Iterator[str | bytes]:
    """All that can be read off an error; a traceback without the values of its locals."""
    for one in chained(error):
        yield from (str(one), repr(one), repr(one.args), *getattr(one, "__notes__", ()), repr(vars(one)))
        yield pickle.dumps(one)
        yield pickle.dumps(one, protocol=0)
    yield "".join(traceback.format_exception(error))
