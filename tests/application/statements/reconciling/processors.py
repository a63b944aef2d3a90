"""A processor whose answers are lost, and what is seen of a payment of sixty dollars."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from patientportal import Money, PatientAccess, PaymentDetails, SandboxProcessor, StatementId

Contents = Callable[[], dict[str, set[Any]]]
TIMEOUT_AND_MARGIN = timedelta(seconds=30) + timedelta(minutes=5)
MICROSECOND = timedelta(microseconds=1)
SIXTY = Money.parse("60.00", "USD")


def latest(me: PatientAccess) -> PaymentDetails:
    return me.statements.payments().items[0]


def spent(me: PatientAccess, bill: StatementId) -> tuple[str, str]:
    statement = me.statements.get(bill)
    return str(statement.paid), str(statement.pending)


class Deaf(SandboxProcessor):
    """A processor whose answers to some calls are lost on the way, once it has done what it was asked."""

    def __init__(self, *lost: str) -> None:
        super().__init__()
        self.lost = set(lost)
        self.calls: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in {"charge", "find", "void", "refund"}:
            return found

        def lossy(*args: Any, **named: Any) -> Any:
            self.calls.append(name)
            answer = found(*args, **named)
            if name in self.lost:
                raise ConnectionError(name)
            return answer

        return lossy
