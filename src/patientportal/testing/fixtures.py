"""Fixtures for a host's tests, opted in by ``pytest_plugins = ["patientportal.testing.fixtures"]``.

Each stands on the ones before it, so that a host replaces what it wants other: ``link_form`` or ``portal`` in its own
``conftest.py``, and everything else follows.
"""

from collections.abc import Iterator

import pytest

from patientportal.adapters.recording import RecordingNotifier
from patientportal.application.environment import LinkForm
from patientportal.portal import Portal
from patientportal.practice_access import PracticeAccess
from patientportal.testing import small_practice, world
from patientportal.testing.fakes import FrozenClock
from patientportal.testing.small_practice import Clinic
from patientportal.testing.world import Member


@pytest.fixture
def clock() -> FrozenClock:
    """The time, which moves only when told to: a Monday morning."""
    return FrozenClock()


@pytest.fixture
def mailbox() -> RecordingNotifier:
    """Keeps what was mailed."""
    return RecordingNotifier()


@pytest.fixture
def link_form() -> LinkForm:
    """Where in a link its secret stands."""
    return LinkForm.FRAGMENT


@pytest.fixture
def portal(clock: FrozenClock, mailbox: RecordingNotifier, link_form: LinkForm) -> Iterator[Portal]:
    """A portal in memory, made of fakes."""
    with world.portal(clock=clock, notifier=mailbox, link_form=link_form) as one:
        yield one


@pytest.fixture
def member(portal: Portal, mailbox: RecordingNotifier) -> Member:
    """A patient who can log in; their invitation isn't in the mailbox any more."""
    one = world.activated(portal, mailbox)
    mailbox.messages.clear()
    return one


@pytest.fixture
def desk(portal: Portal) -> PracticeAccess:
    """The practice's side, for a member of staff with every role."""
    return world.desk(portal)


@pytest.fixture
def clinic(portal: Portal) -> Clinic:
    """A small practice that has been at work for six weeks."""
    return small_practice.clinic(portal)
