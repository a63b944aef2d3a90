"""The state machine holds on the stores that we ship, and comes to what is rare."""

from datetime import timedelta
from typing import ClassVar

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from patientportal.domain.policy import InvitationPolicy, LockoutPolicy, Policy, RecoveryPolicy, SessionPolicy
from patientportal.testing.accounts.machine import SITUATIONS, PortalMachine
from tests.length import times
from tests.testing.on_file import OnFile

USUAL = settings(max_examples=times(40), stateful_step_count=40)
FIXED = settings(max_examples=200, stateful_step_count=50, derandomize=True, database=None)


class OnMemory(PortalMachine):
    """The machine as it is."""


class OnSqlite(OnFile, PortalMachine):
    """The machine on a new file each time."""


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


class Seeded(PortalMachine):
    """The machine on the same paths each time."""


def test_a_portal_in_memory_answers_as_predicted() -> None:
    run_state_machine_as_test(OnMemory, settings=USUAL)


def test_a_portal_on_sqlite_answers_as_predicted() -> None:
    run_state_machine_as_test(OnSqlite, settings=settings(USUAL, max_examples=times(15)))


def test_a_portal_under_another_policy_answers_as_predicted() -> None:
    run_state_machine_as_test(UnderAnotherPolicy, settings=settings(USUAL, max_examples=times(30)))


def test_the_machine_comes_to_every_rare_situation() -> None:
    run_state_machine_as_test(Seeded, settings=FIXED)
    assert set(Seeded.reached) == SITUATIONS, SITUATIONS - set(Seeded.reached)
