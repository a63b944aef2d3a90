"""The machine of statements and payments holds on the stores that we ship, and comes to what is rare."""

from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from patientportal import Store
from patientportal.domain.policy import PaymentPolicy, Policy, SessionPolicy
from patientportal.testing.statements.machine import SITUATIONS, StatementsMachine
from tests.length import times
from tests.testing.alone import in_a_process_of_its_own
from tests.testing.on_engines import OnFile, OnPostgres

USUAL = settings(max_examples=times(25), stateful_step_count=40)
FIXED = settings(max_examples=350, stateful_step_count=50, derandomize=True, database=None)
LENIENT = Policy(
    zone="Europe/Berlin",
    sessions=SessionPolicy(idle=timedelta(hours=1), absolute=timedelta(hours=2)),
    payments=PaymentPolicy(overdue_payable=True, reconcile_after=timedelta(seconds=1)),
)


class OnMemory(StatementsMachine):
    """The machine as it is."""


class OnSqlite(OnFile, StatementsMachine):
    """The machine on a new file each time."""


class OnAServer(OnPostgres, StatementsMachine):
    """The machine on PostgreSQL."""


class Lenient(StatementsMachine):
    """The machine where what is overdue may be paid."""

    policy: ClassVar[Policy] = LENIENT


class Seeded(StatementsMachine):
    """The machine on the same paths each time."""


class SeededAndLenient(Seeded):
    """The same, where what is overdue may be paid."""

    policy: ClassVar[Policy] = LENIENT


def test_statements_in_memory_answer_as_predicted() -> None:
    run_state_machine_as_test(OnMemory, settings=USUAL)


def test_statements_on_sqlite_answer_as_predicted() -> None:
    run_state_machine_as_test(OnSqlite, settings=settings(USUAL, max_examples=times(10)))


def test_statements_on_postgres_answer_as_predicted(new_emptied_postgres: Callable[[], Store]) -> None:
    OnAServer.emptied = new_emptied_postgres
    run_state_machine_as_test(OnAServer, settings=settings(USUAL, max_examples=times(4)))


def test_statements_under_a_lenient_policy_answer_as_predicted() -> None:
    run_state_machine_as_test(Lenient, settings=settings(USUAL, max_examples=times(15)))


@in_a_process_of_its_own
def test_the_machine_comes_to_every_rare_situation() -> None:
    run_state_machine_as_test(Seeded, settings=FIXED)
    run_state_machine_as_test(SeededAndLenient, settings=settings(FIXED, max_examples=30))
    reached = {*Seeded.reached, *SeededAndLenient.reached}
    assert reached == SITUATIONS, SITUATIONS - reached
