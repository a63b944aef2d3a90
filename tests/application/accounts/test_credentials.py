"""The credential behind a log-in: upgraded when it is old, and never decided on once it was replaced."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise

import pytest

from patientportal import ConflictError, PasswordHasher, Portal, TooBusyError, WrongCredentialsError
from patientportal.domain.accounts.activation import Account
from patientportal.ports.store import Key, Store
from patientportal.testing import CheapHasher, Member

NEW = "amber lantern 77 drifts"
NEWEST = "cobalt harvest 91 drifts"


class Meanwhile(CheapHasher):
    """A hasher while whose verifications something else happens, as often as the test says."""

    def __init__(self, what: Callable[[], object], *, times: int = 1) -> None:
        super().__init__()
        self.verified = 0
        self.what = what
        self.times = times

    def verify(self, text: str, against: str) -> bool:
        matched = super().verify(text, against)
        self.verified += 1
        if self.times:
            self.times -= 1
            self.what()
        return matched


class MeanwhileHashing(CheapHasher):
    """A newer hasher while whose hashing something else happens."""

    def __init__(self, what: Callable[[], object]) -> None:
        super().__init__(generation=2)
        self._what = what

    def hash(self, text: str) -> str:
        self._what()
        return super().hash(text)


def too_busy() -> None:
    raise TooBusyError(queue="hashing")


def stored_hash(store: Store, member: Member) -> str:
    with store.view() as view:
        account = view.find(Key(Account, (member.patient_id,)))
    assert account is not None
    return account.password_hash


def test_a_good_log_in_upgrades_an_outdated_hash_once(
    portal_with: Callable[..., Portal],
    raw_store: Store,
    member: Member,
    calls: Counter[str],
    counted: Callable[..., PasswordHasher],
) -> None:
    newer = portal_with(hasher=counted(CheapHasher(generation=2)))
    before = stored_hash(raw_store, member)
    newer.log_in(member.username, member.password)
    after = stored_hash(raw_store, member)
    newer.log_in(member.username, member.password)
    assert (before.split("$")[1], after.split("$")[1]) == ("1", "2")
    assert stored_hash(raw_store, member) == after
    assert calls["hash"] == 1


def test_an_older_setting_of_a_fleet_leaves_a_stronger_hash_as_it_is(
    portal_with: Callable[..., Portal], raw_store: Store, member: Member
) -> None:
    older, newer = (portal_with(hasher=CheapHasher(generation=generation)) for generation in (1, 2))
    newer.log_in(member.username, member.password)
    stored = stored_hash(raw_store, member)
    for portal in (older, newer, older):
        portal.log_in(member.username, member.password)
        assert stored_hash(raw_store, member) == stored


@pytest.mark.parametrize("password", ["violet kettle 42 drifts", "not the password 0"])
def test_a_hash_that_only_changed_form_while_it_was_checked_is_not_checked_again(
    portal_with: Callable[..., Portal], member: Member, password: str
) -> None:
    newer = portal_with(hasher=CheapHasher(generation=2))
    slow = Meanwhile(lambda: newer.log_in(member.username, member.password))
    with suppress(WrongCredentialsError):
        portal_with(hasher=slow).log_in(member.username, password)
    assert slow.verified == 1


def test_a_wrong_password_upgrades_nothing(
    portal_with: Callable[..., Portal], raw_store: Store, member: Member
) -> None:
    before = stored_hash(raw_store, member)
    with pytest.raises(WrongCredentialsError):
        portal_with(hasher=CheapHasher(generation=2)).log_in(member.username, NEW)
    assert stored_hash(raw_store, member) == before


def test_a_password_that_was_replaced_while_it_was_checked_lets_nobody_in(
    usual: Portal, portal_with: Callable[..., Portal], member: Member
) -> None:
    me = usual.log_in(member.username, member.password)
    slow = portal_with(hasher=Meanwhile(lambda: me.account.change_password(member.password, NEW)))
    with pytest.raises(WrongCredentialsError):
        slow.log_in(member.username, member.password)
    assert usual.log_in(member.username, NEW).patient_id == member.patient_id


def test_a_new_password_that_was_checked_against_the_old_hash_is_checked_again_and_not_counted(
    usual: Portal, portal_with: Callable[..., Portal], member: Member
) -> None:
    me = usual.log_in(member.username, member.password)
    slow = portal_with(hasher=Meanwhile(lambda: me.account.change_password(member.password, NEW)))
    assert slow.log_in(member.username, NEW).patient_id == member.patient_id
    assert "log_in_failed" not in {entry.what for entry in me.account.history().items}


def test_an_upgrade_never_brings_a_replaced_password_back(
    usual: Portal, portal_with: Callable[..., Portal], member: Member
) -> None:
    me = usual.log_in(member.username, member.password)
    slow = portal_with(hasher=MeanwhileHashing(lambda: me.account.change_password(member.password, NEW)))
    slow.log_in(member.username, member.password)
    assert usual.log_in(member.username, NEW).patient_id == member.patient_id
    with pytest.raises(WrongCredentialsError):
        usual.log_in(member.username, member.password)


def test_who_is_in_stays_in_when_there_is_no_time_for_the_upgrade(
    portal_with: Callable[..., Portal], raw_store: Store, member: Member
) -> None:
    before = stored_hash(raw_store, member)
    me = portal_with(hasher=MeanwhileHashing(too_busy)).log_in(member.username, member.password)
    assert me.patient_id == member.patient_id
    assert stored_hash(raw_store, member) == before


def test_a_password_that_is_replaced_again_and_again_ends_in_a_conflict_and_counts_nothing(
    usual: Portal, portal_with: Callable[..., Portal], member: Member
) -> None:
    me = usual.log_in(member.username, member.password)
    passwords = [member.password, NEW, NEWEST, member.password, NEW]
    turns = pairwise(passwords)
    slow = Meanwhile(lambda: me.account.change_password(*next(turns)), times=4)
    with pytest.raises(ConflictError):
        portal_with(hasher=slow).log_in(member.username, "not the password 0")
    assert {entry.what for entry in me.account.history().items} == {
        "patient_registered",
        "account_activated",
        "logged_in",
        "password_changed",
    }
