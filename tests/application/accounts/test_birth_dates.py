"""A link in the wrong hands: whoever doesn't know the patient's birth date learns nothing and gets nothing."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

import pytest
from attrs import evolve

from patientportal import (
    BadInputError,
    InvitationPolicy,
    LinkInvalidError,
    NoticeKind,
    NoticeLinkOverError,
    Policy,
    Portal,
    PortalError,
    PracticeAccess,
    RecordingNotifier,
    Store,
    UsernameTakenError,
    WeakPasswordError,
    WrongBirthDateError,
)
from patientportal.domain.patients.patients import PersonalRecord
from patientportal.ports.store import Key
from patientportal.testing import ANSWERS, BORN, PASSWORD, CheapHasher, invited, last_link_secret, person

NOT_BORN = BORN + timedelta(days=1)
Contents = Callable[[], dict[str, set[Any]]]
GOOD: dict[str, Any] = {"username": "lovelace", "password": PASSWORD, "security_answers": ANSWERS}


def left(portal: Portal, secret: str, born: date | None = NOT_BORN, **otherwise: Any) -> int:
    """How many attempts a wrong birth date leaves."""
    refused = refusal(portal, secret, born, **otherwise)
    assert isinstance(refused, WrongBirthDateError)
    return refused.attempts_left


def refusal(portal: Portal, secret: str, born: date | None = NOT_BORN, **otherwise: Any) -> PortalError:
    with pytest.raises(PortalError) as caught:
        portal.activate(secret, date_of_birth=born, **(GOOD | otherwise))
    return caught.value


def test_four_wrong_birth_dates_end_an_invitation_which_staff_see_and_the_patient_is_invited_anew(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, calls: Counter[str], contents: Contents
) -> None:
    patient_id, secret = invited(usual, notifier)
    calls.clear()
    assert [left(usual, secret) for _ in range(4)] == [3, 2, 1, 0]
    assert isinstance(refusal(usual, secret, BORN), LinkInvalidError)
    assert not calls.keys() & {"hash", "verify"}
    assert [link.wrong_dates for link in contents()["links"]] == [4]
    wrong = [one for one in contents()["events"] if one.event.name == "birth_date_wrong"]
    assert sorted((one.event.attempt, one.event.link_ended, one.by.kind.value) for one in wrong) == [
        (1, False, "anonymous"),
        (2, False, "anonymous"),
        (3, False, "anonymous"),
        (4, True, "anonymous"),
    ]
    notifier.messages.clear()
    usual.work()
    assert notifier.messages == []
    (seen,) = practice.audit.undelivered().items
    assert (seen.patient_id, seen.kind) == (patient_id, NoticeKind.INVITATION)
    assert usual.health().has_undelivered
    with pytest.raises(NoticeLinkOverError):
        practice.audit.deliver_again(seen.delivery_id)
    practice.patients.invite(patient_id)
    practice.audit.dismiss(seen.delivery_id)
    usual.work()
    assert usual.activate(last_link_secret(notifier), date_of_birth=BORN, **GOOD) == patient_id


@pytest.mark.parametrize(
    "otherwise",
    [
        {"username": "countess"},
        {"password": "short"},
        {"security_answers": {"first_pet": "x", "first_street": "Harbour Lane"}},
        {},
    ],
)
@pytest.mark.usefixtures("member")
def test_nothing_is_told_before_the_birth_date_was_right(
    usual: Portal, notifier: RecordingNotifier, calls: Counter[str], otherwise: dict[str, Any]
) -> None:
    _, secret = invited(usual, notifier, email="second@example.org")
    costs = []
    for number, asked in enumerate((otherwise, GOOD)):
        calls.clear()
        assert left(usual, secret, **asked) == 3 - number
        costs.append(calls.copy())
    assert costs[0] == costs[1]


@pytest.mark.usefixtures("member")
def test_with_the_right_one_everything_is_told_as_before(usual: Portal, notifier: RecordingNotifier) -> None:
    patient_id, secret = invited(usual, notifier, email="second@example.org")
    assert isinstance(refusal(usual, secret, BORN, username="countess"), UsernameTakenError)
    assert isinstance(refusal(usual, secret, BORN, password="short"), WeakPasswordError)
    assert left(usual, secret) == 3
    assert usual.activate(secret, date_of_birth=BORN, **GOOD) == patient_id


def test_no_birth_date_where_one_is_asked_for_is_a_mistake_of_the_page_and_counts_nothing(
    usual: Portal, notifier: RecordingNotifier, untouched: Callable[[], AbstractContextManager[None]]
) -> None:
    _, secret = invited(usual, notifier)
    with untouched():
        assert str(refusal(usual, secret, None)) == str(BadInputError(field="date_of_birth", problem="empty"))


def test_a_practice_may_do_without(portal_with: Callable[..., Portal], notifier: RecordingNotifier) -> None:
    policy = Policy(zone="UTC", invitations=InvitationPolicy(ask_birth_date=False))
    portal = portal_with(policy=policy)
    patient_id, secret = invited(portal, notifier)
    assert portal.activate(secret, **GOOD) == patient_id


def test_of_many_guesses_at_once_four_are_answered(usual: Portal, notifier: RecordingNotifier) -> None:
    _, secret = invited(usual, notifier)
    days = [BORN + timedelta(days=number) for number in range(1, 25)]
    with ThreadPoolExecutor(8) as threads:
        answers = Counter(threads.map(lambda born: refusal(usual, secret, born).code, days))
    assert answers == {"wrong_birth_date": 4, "link_invalid": 20}


def test_a_birth_date_that_is_corrected_while_the_password_is_hashed_is_the_one_that_counts(
    portal_with: Callable[..., Portal], raw_store: Store, notifier: RecordingNotifier, contents: Contents
) -> None:
    class Correcting(CheapHasher):
        def hash(self, text: str) -> str:
            with raw_store.transaction() as tx:
                record = tx.get(Key(PersonalRecord, (patient_id,)))
                assert record is not None
                tx.put(evolve(record, personal=person(date_of_birth=NOT_BORN)))
            return super().hash(text)

    portal = portal_with(hasher=Correcting())
    patient_id, secret = invited(portal, notifier)
    assert left(portal, secret, BORN) == 3
    assert contents()["accounts"] == set()
