"""The desk lists patients by where they stand; each list says so at the moment at which time changes it."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from patientportal import (
    Answer,
    LockoutPolicy,
    PatientId,
    PatientState,
    Policy,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    WrongCredentialsError,
)
from patientportal.application import pages
from patientportal.testing import FrozenClock, activated, desk, invited, person

INSTANT = timedelta(microseconds=1)


def who(practice: PracticeAccess, state: PatientState | None, *, limit: int = 50) -> list[PatientId]:
    """All of a list, page by page."""
    found: list[PatientId] = []
    cursor = None
    for _ in range(100):
        page = practice.patients.all(state=state, limit=limit, cursor=cursor)
        found.extend(one.patient_id for one in page.items)
        assert [practice.patients.get(one.patient_id) for one in page.items] == list(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("without an end")


def test_everybody_stands_in_the_list_of_all_in_the_order_in_which_they_came(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock
) -> None:
    came = []
    for number in range(5):
        came.append(practice.patients.register(person(email=f"{number}@example.org"), invite=number % 2 == 0))
        clock.advance(timedelta(days=1))
    member = activated(usual, notifier)
    for limit in (1, 2, 50):
        assert who(practice, None, limit=limit) == [*came, member.patient_id]


def test_a_patient_is_invited_then_never_activated_and_then_active(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock
) -> None:
    patient_id, _ = invited(usual, notifier)
    valid_for = Policy(zone="UTC").invitations.valid_for
    clock.advance(valid_for - INSTANT)
    assert who(practice, PatientState.INVITED) == [patient_id]
    assert who(practice, PatientState.NEVER_ACTIVATED) == []
    clock.advance(INSTANT)
    assert who(practice, PatientState.INVITED) == []
    assert who(practice, PatientState.NEVER_ACTIVATED) == [patient_id]
    practice.patients.invite(patient_id)
    assert who(practice, PatientState.INVITED) == [patient_id]
    member = activated(usual, notifier, "other.one", first_name="Allegra")
    assert who(practice, PatientState.ACTIVE) == [member.patient_id]
    practice.patients.deactivate(member.patient_id)
    assert who(practice, PatientState.ACTIVE) == []
    assert who(practice, PatientState.INACTIVE) == [member.patient_id]
    practice.patients.reactivate(member.patient_id)
    assert who(practice, PatientState.ACTIVE) == [member.patient_id]


def test_who_was_not_invited_or_has_no_address_was_never_activated(usual: Portal, practice: PracticeAccess) -> None:
    uninvited = practice.patients.register(person(), invite=False)
    unreachable = practice.patients.register(person(email=None))
    assert who(practice, PatientState.NEVER_ACTIVATED) == [uninvited]
    usual.work()
    assert who(practice, PatientState.NEVER_ACTIVATED) == [uninvited, unreachable]


def test_what_no_mail_server_takes_invites_for_as_long_as_the_last_try_might_have_arrived(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock
) -> None:
    notifier.answers = [Answer.NEVER]
    patient_id, _ = practice.patients.register(person()), usual.work()
    assert who(practice, PatientState.INVITED) == [patient_id]
    clock.advance(timedelta(days=90))
    assert who(practice, PatientState.NEVER_ACTIVATED) == [patient_id]


@pytest.mark.parametrize("unlock_after", [None, timedelta(minutes=30)])
def test_a_locked_account_stands_in_the_list_for_as_long_as_its_lock_holds(
    portal_with: Callable[..., Portal],
    notifier: RecordingNotifier,
    clock: FrozenClock,
    unlock_after: timedelta | None,
) -> None:
    policy = Policy(zone="UTC", lockout=LockoutPolicy(unlock_after=unlock_after))
    portal = portal_with(policy=policy)
    practice = desk(portal)
    member = activated(portal, notifier)
    for _ in range(4):
        with pytest.raises(WrongCredentialsError):
            portal.log_in(member.username, "not the password 0")
    assert who(practice, PatientState.LOCKED) == who(practice, PatientState.ACTIVE) == [member.patient_id]
    clock.advance(timedelta(minutes=30) - INSTANT)
    assert who(practice, PatientState.LOCKED) == [member.patient_id]
    clock.advance(INSTANT)
    assert who(practice, PatientState.LOCKED) == ([] if unlock_after else [member.patient_id])
    practice.support.unlock(member.patient_id)
    assert who(practice, PatientState.LOCKED) == []


def test_nobody_is_lost_where_many_are_sieved_out(
    usual: Portal, practice: PracticeAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "LOOKED_AT_MAX", 3)
    registered = [practice.patients.register(person(), invite=number % 4 == 0) for number in range(14)]
    never = [one for number, one in enumerate(registered) if number % 4]
    for limit in (1, 2, 3, 200):
        assert who(practice, PatientState.NEVER_ACTIVATED, limit=limit) == never
        assert who(practice, PatientState.INVITED, limit=limit) == registered[::4]
    del usual


@pytest.mark.parametrize("state", [None, *PatientState])
def test_a_page_is_two_or_three_trips_whatever_is_on_it(
    practice: PracticeAccess, state: PatientState | None, calls: Counter[str]
) -> None:
    for number in range(9):
        practice.patients.register(person(email=f"{number}@example.org"), invite=number % 2 == 0)
    calls.clear()
    practice.patients.all(state=state)
    assert calls["view"] == 1
    assert calls["find_all"] + calls["select"] <= 3
