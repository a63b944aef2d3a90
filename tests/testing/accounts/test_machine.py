"""The state machine holds on the stores that we ship, and comes to what is rare."""

from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from patientportal import Store
from patientportal.domain.policy import InvitationPolicy, LockoutPolicy, Policy, RecoveryPolicy, SessionPolicy
from patientportal.testing.accounts.machine import SITUATIONS, WITHOUT_QUESTIONS, PortalMachine
from tests.length import times
from tests.testing.alone import in_a_process_of_its_own
from tests.testing.on_engines import OnFile, OnPostgres

USUAL = settings(max_examples=times(40), stateful_step_count=40)
FIXED = settings(max_examples=400, stateful_step_count=50, derandomize=True, database=None)


class OnMemory(PortalMachine):
    """The machine as it is."""


class OnSqlite(OnFile, PortalMachine):
    """The machine on a new file each time."""


class OnAServer(OnPostgres, PortalMachine):
    """The machine on PostgreSQL."""


class UnderAnotherPolicy(PortalMachine):
    """The machine where time ends a lock and everything is short."""

    policy: ClassVar[Policy] = Policy(
        zone="Europe/Berlin",
        lockout=LockoutPolicy(attempts=2, unlock_after=timedelta(minutes=30)),
        sessions=SessionPolicy(idle=timedelta(minutes=2), absolute=timedelta(minutes=10)),
        invitations=InvitationPolicy(valid_for=timedelta(hours=1)),
        recovery=RecoveryPolicy(
            attempts=2,
            reopen_after=timedelta(minutes=20),
            answer_within=timedelta(minutes=5),
            link_valid_for=timedelta(hours=2),
            mails_an_hour=1,
        ),
    )


class WithoutQuestions(PortalMachine):
    """The machine where a name alone leads to a mailed link, on the same paths each time."""

    policy: ClassVar[Policy] = Policy(zone="UTC", recovery=RecoveryPolicy(by_question=False, mails_an_hour=3))


class Seeded(PortalMachine):
    """The machine on the same paths each time."""


def test_a_portal_in_memory_answers_as_predicted() -> None:
    run_state_machine_as_test(OnMemory, settings=USUAL)


def test_a_portal_on_sqlite_answers_as_predicted() -> None:
    run_state_machine_as_test(OnSqlite, settings=settings(USUAL, max_examples=times(15)))


def test_a_portal_on_postgres_answers_as_predicted(new_emptied_postgres: Callable[[], Store]) -> None:
    OnAServer.emptied = new_emptied_postgres
    run_state_machine_as_test(OnAServer, settings=settings(USUAL, max_examples=times(4)))


def test_a_portal_under_another_policy_answers_as_predicted() -> None:
    run_state_machine_as_test(UnderAnotherPolicy, settings=settings(USUAL, max_examples=times(30)))


def test_a_portal_that_asks_no_questions_answers_as_predicted_and_comes_to_what_is_rare() -> None:
    run_state_machine_as_test(WithoutQuestions, settings=settings(FIXED, max_examples=100))
    assert set(WithoutQuestions.reached) >= WITHOUT_QUESTIONS, WITHOUT_QUESTIONS - set(WithoutQuestions.reached)


@in_a_process_of_its_own
def test_the_machine_comes_to_every_rare_situation() -> None:
    run_state_machine_as_test(Seeded, settings=FIXED)
    assert set(Seeded.reached) == SITUATIONS, SITUATIONS - set(Seeded.reached)
