"""The state machine of visits holds on the stores that we ship, and comes to what is rare."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from patientportal import Store
from patientportal.domain.appointments.directory import Place
from patientportal.domain.ids import PlaceId
from patientportal.domain.policy import AppointmentPolicy, Policy
from patientportal.testing.appointments.machine import SITUATIONS, WHOLE_RUN, WITH_NOTICE, AppointmentsMachine
from tests.length import times
from tests.testing.alone import in_a_process_of_its_own
from tests.testing.on_engines import OnFile, OnPostgres

USUAL = settings(max_examples=times(20), stateful_step_count=40)
FIXED = settings(max_examples=200, stateful_step_count=50, derandomize=True, database=None)


class OnMemory(AppointmentsMachine):
    """The machine as it is."""


class OnSqlite(OnFile, AppointmentsMachine):
    """The machine on a new file each time."""


class OnAServer(OnPostgres, AppointmentsMachine):
    """The machine on PostgreSQL."""


class UnderAnotherPolicy(AppointmentsMachine):
    """The machine where visits can't be cancelled late, and clocks skip an hour or repeat half of one."""

    policy: ClassVar[Policy] = Policy(
        zone="Pacific/Auckland",
        sessions=WHOLE_RUN,
        appointments=AppointmentPolicy(
            cancel_notice=timedelta(hours=3),
            book_notice=timedelta(minutes=30),
            horizon=timedelta(days=12),
            most_ahead=2,
            open_requests=1,
        ),
    )
    begins_at: ClassVar[datetime] = datetime(2026, 3, 6, 15, tzinfo=UTC)
    places: ClassVar[tuple[Place, ...]] = (
        Place(id=PlaceId("west"), name="West Building", zone="America/New_York"),
        Place(id=PlaceId("island"), name="Island Clinic", zone="Australia/Lord_Howe"),
    )
    changes: ClassVar[tuple[date, ...]] = (date(2026, 3, 8), date(2026, 4, 5))


class Seeded(AppointmentsMachine):
    """The machine on the same paths each time."""


class SeededUnderAnotherPolicy(UnderAnotherPolicy):
    """The same under the other policy."""


def test_visits_in_memory_are_as_predicted() -> None:
    run_state_machine_as_test(OnMemory, settings=USUAL)


def test_visits_on_sqlite_are_as_predicted() -> None:
    run_state_machine_as_test(OnSqlite, settings=settings(USUAL, max_examples=times(12)))


def test_visits_on_postgres_are_as_predicted(new_emptied_postgres: Callable[[], Store]) -> None:
    OnAServer.emptied = new_emptied_postgres
    run_state_machine_as_test(OnAServer, settings=settings(USUAL, max_examples=times(4)))


def test_visits_under_another_policy_are_as_predicted() -> None:
    run_state_machine_as_test(UnderAnotherPolicy, settings=USUAL)


@in_a_process_of_its_own
def test_the_machine_comes_to_every_rare_situation() -> None:
    run_state_machine_as_test(Seeded, settings=FIXED)
    run_state_machine_as_test(SeededUnderAnotherPolicy, settings=FIXED)
    reached = set(Seeded.reached) | set(SeededUnderAnotherPolicy.reached)
    assert reached == SITUATIONS | WITH_NOTICE, (SITUATIONS | WITH_NOTICE) - reached
