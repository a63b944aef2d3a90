"""The state machine of medications holds on the stores that we ship, and comes to what is rare."""

from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar

from attrs import evolve
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from patientportal import Store
from patientportal.domain.policy import Policy, RenewalPolicy
from patientportal.testing.medications.machine import SITUATIONS, MedicationsMachine
from tests.length import times
from tests.testing.alone import in_a_process_of_its_own
from tests.testing.on_engines import OnFile, OnPostgres

USUAL = settings(max_examples=times(40), stateful_step_count=30)
FIXED = settings(max_examples=350, stateful_step_count=40, derandomize=True, database=None)


class OnMemory(MedicationsMachine):
    """The machine as it is."""


class OnSqlite(OnFile, MedicationsMachine):
    """The machine on a new file each time."""


class OnAServer(OnPostgres, MedicationsMachine):
    """The machine on PostgreSQL."""


class UnderAnotherPolicy(MedicationsMachine):
    """The machine where a request expires within a day."""

    policy: ClassVar[Policy] = evolve(
        MedicationsMachine.policy, renewals=RenewalPolicy(expires_after=timedelta(days=1))
    )


class Seeded(MedicationsMachine):
    """The machine on the same paths each time."""


def test_medications_in_memory_answer_as_predicted() -> None:
    run_state_machine_as_test(OnMemory, settings=USUAL)


def test_medications_on_sqlite_answer_as_predicted() -> None:
    run_state_machine_as_test(OnSqlite, settings=settings(USUAL, max_examples=times(30)))


def test_medications_on_postgres_answer_as_predicted(new_emptied_postgres: Callable[[], Store]) -> None:
    OnAServer.emptied = new_emptied_postgres
    run_state_machine_as_test(OnAServer, settings=settings(USUAL, max_examples=times(7)))


def test_medications_under_another_policy_answer_as_predicted() -> None:
    run_state_machine_as_test(UnderAnotherPolicy, settings=settings(USUAL, max_examples=times(30)))


@in_a_process_of_its_own
def test_the_machine_comes_to_every_rare_situation() -> None:
    run_state_machine_as_test(Seeded, settings=FIXED)
    assert set(Seeded.reached) == SITUATIONS, SITUATIONS - set(Seeded.reached)
