"""A flood of strangers neither hides nor drops what a patient asks, over each store."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from attrs import evolve

from patientportal import Asker, PatientAccess, Portal, PracticeAccess
from patientportal.domain.ids import SupportRequestId
from patientportal.domain.support.support import OPEN_MAX, STRANGERS_OPEN_MAX, SupportRequest
from patientportal.ports.store import Query
from patientportal.testing import FrozenClock, Member

Untouched = Callable[[], AbstractContextManager[None]]
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
MINE = "ada.byron@example.org"


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    """The patient, in by phone."""
    return usual.log_in(member.username, member.password, device="phone")


@pytest.fixture
def flooded(usual: Portal, clock: FrozenClock) -> Portal:
    """As many strangers as are seen have asked, an hour ago, each by a contact of their own."""
    usual.recovery.ask_support("stranger-0@example.org", "Call me.")
    with usual._env.store.transaction() as tx:
        (one,) = tx.select(Query(state=SupportRequest))
        for number in range(1, STRANGERS_OPEN_MAX):
            asked_at = one.asked_at + number * SECOND
            contact = f"stranger-{number}@example.org"
            tx.add(evolve(one, id=SupportRequestId(f"flood-{number}"), contact=contact, asked_at=asked_at))
    clock.advance(HOUR)
    return usual


def test_what_a_patient_asks_stands_on_the_first_page_however_many_strangers_asked_before(
    flooded: Portal, practice: PracticeAccess, me: PatientAccess, clock: FrozenClock, untouched: Untouched
) -> None:
    with untouched():
        flooded.recovery.ask_support("one more", "dropped")
    asked = []
    for number in range(OPEN_MAX):
        asked.append(me.support.ask(f"{number}"))
        clock.advance(SECOND)
    first = practice.support.open_requests(limit=OPEN_MAX)
    assert ([one.request_id for one in first.items], first.next_cursor) == (asked, None)
    strangers = practice.support.open_requests(of=Asker.STRANGERS, limit=200)
    assert (len(strangers.items), strangers.next_cursor) == (STRANGERS_OPEN_MAX, None)
    health = flooded.health()
    assert health.oldest_request == OPEN_MAX * SECOND
    assert health.oldest_strangers_request == HOUR + OPEN_MAX * SECOND


def test_what_strangers_ask_under_a_patients_address_counts_for_nothing_of_theirs(
    usual: Portal, practice: PracticeAccess, me: PatientAccess
) -> None:
    for number in range(OPEN_MAX):
        usual.recovery.ask_support(MINE, f"I am Ada. {number}")
    for number in range(OPEN_MAX):
        me.support.ask(f"{number}")
    assert len(practice.support.open_requests().items) == OPEN_MAX
    assert [one.message for one in me.support.requests().items[::-1]] == [f"{number}" for number in range(OPEN_MAX)]


def test_what_a_patient_asks_takes_no_strangers_place(
    usual: Portal, practice: PracticeAccess, me: PatientAccess
) -> None:
    for number in range(OPEN_MAX):
        me.support.ask(f"{number}")
        usual.recovery.ask_support(MINE, f"{number}")
    assert len(practice.support.open_requests(of=Asker.STRANGERS).items) == OPEN_MAX
