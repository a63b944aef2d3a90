"""A small practice with limits, whose pages two patients read."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from patientportal import AppointmentPolicy, Policy, Portal, RecordingNotifier
from patientportal.testing import Clinic, FrozenClock, clinic, portal
from tests.web.patients import logged_in

EMAIL = "front.desk@clinic.example"
LIMITS = AppointmentPolicy(cancel_notice=timedelta(days=4), grace=None, horizon=timedelta(days=25), open_requests=2)


@pytest.fixture(scope="module")
def opened() -> tuple[Portal, Clinic]:
    policy = Policy(zone="America/New_York", appointments=LIMITS)
    one = portal(notifier=RecordingNotifier(), clock=FrozenClock(), policy=policy)
    return one, clinic(one)


@pytest.fixture
def of(opened: tuple[Portal, Clinic]) -> Portal:
    return opened[0]


@pytest.fixture
def small(opened: tuple[Portal, Clinic]) -> Clinic:
    return opened[1]


@pytest.fixture
def ada(of: Portal) -> Iterator[TestClient]:
    with logged_in(of, "ada", email=EMAIL) as found:
        yield found


@pytest.fixture
def ben(of: Portal) -> Iterator[TestClient]:
    with logged_in(of, "ben", email=EMAIL) as found:
        yield found
