"""Which broken store must be caught by which tests of the contract."""

from collections.abc import Callable
from typing import TypeVar

from tests.testing.store_contract.bendable import Bendable, Transaction

BROKEN: list[tuple[type[Bendable], str]] = []
B = TypeVar("B", bound=type[Bendable])


def caught_by(*tests: str) -> Callable[[B], B]:
    def register(broken: B) -> B:
        BROKEN.extend((broken, f"test_{test}") for test in tests)
        return broken

    return register


def bent_by(transaction: type[Transaction], *tests: str) -> None:
    caught_by(*tests)(type(f"With{transaction.__name__}", (Bendable,), {"transactions": transaction}))
