"""Processes that die as if by ``kill -9``, at a step of what their portal was given."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any

from attrs import define

from patientportal import Answer, Approved, Declined, Message, Money, Notifier, PaymentProcessor
from patientportal.ports.store import Store, Transaction, View


@define
class Step:
    """How many steps a process lives on."""

    left: int

    def __call__(self) -> None:
        """Takes one, or dies as if by ``kill -9``."""
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1


class Stepping:
    """A block of which every operation is two steps: one before it and one after."""

    def __init__(self, block: View | Transaction, step: Step) -> None:
        self._block = block
        self._step = step

    def __getattr__(self, name: str) -> Callable[..., object]:
        operation = getattr(self._block, name)

        def stepped(*arguments: object) -> object:
            self._step()
            answer = operation(*arguments)
            self._step()
            return answer

        return stepped


class DyingStore(Store):
    """A store whose process dies at a step of its: an operation, or the beginning or the end of a block."""

    def __init__(self, store: Store, step: Step) -> None:
        self._store = store
        self._step = step

    def transaction(self) -> AbstractContextManager[Any]:
        return self._stepped(self._store.transaction())

    def view(self) -> AbstractContextManager[Any]:
        return self._stepped(self._store.view())

    def find_all(self, *asked: Any) -> Any:
        with self.view() as view:
            return view.find_all(*asked)

    def close(self) -> None:
        self._store.close()

    @contextmanager
    def _stepped(self, block: AbstractContextManager[Any]) -> Iterator[Stepping]:
        with block as begun:
            self._step()
            yield Stepping(begun, self._step)
            self._step()
        self._step()


class DyingNotifier:
    """A notifier of which sending is two steps: one before it and one after."""

    def __init__(self, notifier: Notifier, step: Step) -> None:
        self._notifier = notifier
        self._step = step

    def send(self, message: Message) -> Answer:
        self._step()
        answer = self._notifier.send(message)
        self._step()
        return answer


class DyingProcessor:
    """A payment processor of which each call is two steps: one before it and one after."""

    def __init__(self, processor: PaymentProcessor, step: Step) -> None:
        self._processor = processor
        self._step = step

    @property
    def timeout(self) -> timedelta:
        return self._processor.timeout

    def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
        with self._stepped():
            return self._processor.charge(key, amount, source)

    def find(self, key: str) -> Approved | Declined | None:
        with self._stepped():
            return self._processor.find(key)

    def void(self, key: str) -> bool:
        with self._stepped():
            return self._processor.void(key)

    def refund(self, key: str, *, refund_key: str, amount: Money) -> bool:
        with self._stepped():
            return self._processor.refund(key, refund_key=refund_key, amount=amount)

    @contextmanager
    def _stepped(self) -> Iterator[None]:
        self._step()
        try:
            yield
        finally:
            self._step()
