"""Activation: an invitation's link, looked at before anything is hashed, usable once and until it is used."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from patientportal import (
    AlreadyActivatedError,
    Answer,
    LinkInvalidError,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    SecurityQuestion,
    UsernameTakenError,
    WeakAnswersError,
    WeakPasswordError,
    WrongCredentialsError,
)
from patientportal.testing import ANSWERS, BORN, PASSWORD, FrozenClock, Member, invited, last_link_secret, person

Contents = Callable[[], dict[str, set[Any]]]
Untouched = Callable[[], AbstractContextManager[None]]
Activate = Callable[..., Any]
WEEK = timedelta(days=7)
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture
def activate(usual: Portal) -> Activate:
    """Activates with good answers, save for what the test wants otherwise."""

    def activate(link_secret: str, **otherwise: Any) -> Any:
        good: dict[str, Any] = {
            "date_of_birth": BORN,
            "username": "lovelace",
            "password": PASSWORD,
            "security_answers": ANSWERS,
        }
        return usual.activate(link_secret, **(good | otherwise))

    return activate


@pytest.fixture
def invitation(usual: Portal, notifier: RecordingNotifier) -> tuple[str, str]:
    """A patient who was invited, and the secret of their link."""
    return invited(usual, notifier, email="second@example.org")


def secrets_told(notifier: RecordingNotifier) -> list[str]:
    return [message.link.partition("#")[2] for message in notifier.messages if message.link]


def test_an_activated_patient_gets_in(usual: Portal, notifier: RecordingNotifier, activate: Activate) -> None:
    patient_id, secret = invited(usual, notifier)
    assert activate(secret) == patient_id
    assert usual.log_in("Lovelace", PASSWORD).patient_id == patient_id


def test_a_link_works_once(invitation: tuple[str, str], activate: Activate, untouched: Untouched) -> None:
    _, secret = invitation
    activate(secret)
    with untouched(), pytest.raises(LinkInvalidError):
        activate(secret, username="another")


def test_a_link_that_can_not_be_used_costs_no_hash(
    invitation: tuple[str, str], activate: Activate, untouched: Untouched, calls: Counter[str]
) -> None:
    patient_id, link_id, _ = invitation[1].split(".")
    bad = ("", "x", f"{patient_id}.{link_id}.{'A' * 43}", f"{patient_id}.other.{'A' * 43}", f"no.body.{'A' * 43}")
    with untouched():
        for forged in bad:
            with pytest.raises(LinkInvalidError):
                activate(forged)
    assert "transaction" not in calls


@pytest.mark.parametrize(
    ("otherwise", "refusal"),
    [
        ({"password": "short"}, WeakPasswordError),
        ({"password": "My lovelace 42 drifts"}, WeakPasswordError),
        ({"security_answers": {"first_pet": "x", "first_street": "Harbour Lane"}}, WeakAnswersError),
        ({"security_answers": ANSWERS | {SecurityQuestion.FIRST_PET: "LOVELACE"}}, WeakAnswersError),
        ({"security_answers": {"first_pet": "Mopsy"}}, ValueError),
        ({"username": "a b"}, ValueError),
        ({"username": "countess"}, UsernameTakenError),
        ({"username": "COUNTESS"}, UsernameTakenError),
    ],
)
@pytest.mark.usefixtures("member")
def test_a_failed_activation_leaves_the_link_usable_and_hashes_nothing(
    invitation: tuple[str, str],
    activate: Activate,
    untouched: Untouched,
    otherwise: dict[str, Any],
    refusal: type[Exception],
) -> None:
    patient_id, secret = invitation
    with untouched(), pytest.raises(refusal):
        activate(secret, **otherwise)
    assert activate(secret) == patient_id


def test_an_activation_hashes_the_password_and_each_answer_once(
    usual: Portal, notifier: RecordingNotifier, activate: Activate, calls: Counter[str], contents: Contents
) -> None:
    _, secret = invited(usual, notifier)
    calls.clear()
    activate(secret)
    (kept,) = contents()["security_answers"]
    assert calls["hash"] == 1 + len(ANSWERS)
    assert {answer.question for answer in kept.answers} == ANSWERS.keys()
    assert "mopsy" not in "".join(answer.answer_hash for answer in kept.answers).lower()


def test_a_link_expires_to_the_microsecond_seven_days_after_it_was_sent(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock, activate: Activate
) -> None:
    practice.patients.register(person())
    clock.advance(timedelta(days=4))
    usual.work()
    clock.advance(WEEK)
    with pytest.raises(LinkInvalidError):
        activate(last_link_secret(notifier))
    clock.advance(-MICROSECOND)
    activate(last_link_secret(notifier))


def test_every_try_of_delivery_mints_a_secret_and_all_of_them_work_until_one_is_used(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock, activate: Activate
) -> None:
    notifier.answers = [Answer.LATER, Answer.LATER]
    practice.patients.register(person())
    for _ in range(3):
        usual.work()
        clock.advance(timedelta(hours=1))
    first, second, third = secrets_told(notifier)
    assert len({first, second, third}) == 3
    assert len({message.id for message in notifier.messages}) == 1
    with pytest.raises(WeakPasswordError):
        activate(first, password="short")
    with pytest.raises(WeakPasswordError):
        activate(third, password="short")
    activate(second)
    for secret in (first, second, third):
        with pytest.raises(LinkInvalidError):
            activate(secret)


def test_a_later_try_has_its_whole_time_and_prolongs_no_earlier_one(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock, activate: Activate
) -> None:
    notifier.answers = [Answer.LATER]
    practice.patients.register(person())
    usual.work()
    clock.advance(timedelta(days=4))
    usual.work()
    first, second = secrets_told(notifier)
    clock.advance(timedelta(days=3))
    with pytest.raises(LinkInvalidError):
        activate(first)
    clock.advance(timedelta(days=4))
    with pytest.raises(LinkInvalidError):
        activate(second)
    clock.advance(-MICROSECOND)
    activate(second)


def test_a_newer_invitation_ends_the_earlier_ones_from_the_request_on(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, activate: Activate
) -> None:
    patient_id, old = invited(usual, notifier)
    practice.patients.invite(patient_id)
    with pytest.raises(LinkInvalidError):
        activate(old)
    usual.work()
    assert activate(last_link_secret(notifier)) == patient_id


def test_an_invitation_that_was_ended_before_it_was_told_is_not_told(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier
) -> None:
    patient_id = practice.patients.register(person())
    practice.patients.invite(patient_id)
    usual.work()
    assert len(notifier.messages) == 1


def test_an_expired_invitation_can_be_followed_by_a_new_one(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock, activate: Activate
) -> None:
    patient_id, old = invited(usual, notifier)
    clock.advance(WEEK)
    practice.patients.invite(patient_id)
    usual.work()
    with pytest.raises(LinkInvalidError):
        activate(old)
    activate(last_link_secret(notifier))


def test_who_has_an_account_is_not_invited_again(
    practice: PracticeAccess, member: Member, untouched: Untouched
) -> None:
    with untouched(), pytest.raises(AlreadyActivatedError):
        practice.patients.invite(member.patient_id)


def test_activation_clears_what_was_counted_against_the_name(
    usual: Portal, notifier: RecordingNotifier, activate: Activate
) -> None:
    for _ in range(4):
        with pytest.raises(WrongCredentialsError):
            usual.log_in("lovelace", "not the password 0")
    patient_id, secret = invited(usual, notifier)
    activate(secret)
    assert usual.log_in("lovelace", PASSWORD).patient_id == patient_id


def test_deactivation_ends_an_invitation_and_reactivation_does_not_revive_it(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, activate: Activate
) -> None:
    patient_id, secret = invited(usual, notifier)
    practice.patients.deactivate(patient_id)
    with pytest.raises(LinkInvalidError):
        activate(secret)
    practice.patients.reactivate(patient_id)
    with pytest.raises(LinkInvalidError):
        activate(secret)
    practice.patients.invite(patient_id)
    usual.work()
    activate(last_link_secret(notifier))


def test_no_secret_of_a_link_is_at_rest(usual: Portal, notifier: RecordingNotifier, contents: Contents) -> None:
    _, secret = invited(usual, notifier)
    minted = secret.rpartition(".")[2]
    for table in contents().values():
        for state in table:
            values = {getattr(state, name) for name in state.__slots__ if name != "__weakref__"}
            assert minted not in values
            assert minted.encode() not in values
