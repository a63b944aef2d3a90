"""What is seen of a statement and of a processor once somebody paid."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

from patientportal import Money, PatientAccess, SandboxProcessor, StatementId

Contents = Callable[[], dict[str, set[Any]]]
Untouched = Callable[[], AbstractContextManager[None]]
Upload = Callable[..., StatementId]
DUE = date(2026, 2, 1)


def usd(text: str) -> Money:
    return Money.parse(text, "USD")


def shown(me: PatientAccess, statement_id: StatementId) -> tuple[str, str, str]:
    statement = me.statements.get(statement_id)
    return str(statement.paid), str(statement.pending), str(statement.remaining)


def charged(sandbox: SandboxProcessor) -> list[Money]:
    return [charge.amount for charge in sandbox.charges() if not charge.is_refunded]
