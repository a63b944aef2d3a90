"""Where the practice asks no questions, a name or a person leads to a mailed link, and nobody learns whose it is."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from patientportal import (
    ChallengeInvalidError,
    LinkInvalidError,
    NoQuestionsError,
    Policy,
    Portal,
    RecordingNotifier,
    RecoveryPolicy,
    WrongAnswerError,
    WrongCredentialsError,
)
from patientportal.adapters.postgres_connections import Connection as PostgresConnection
from patientportal.adapters.sqlite_connections import Connection as SqliteConnection
from patientportal.domain.accounts.links import Purpose
from patientportal.domain.accounts.security_questions import SecurityAnswers
from patientportal.domain.told import NoticeKind
from patientportal.testing import ANSWERS, BORN, PASSWORD, FrozenClock, Member, activated, asked, desk, invited, person
from tests.application.accounts.recovery.answering import HOUR, MICROSECOND, MINUTE, NEW, Contents, last_link, right

PASSPHRASE = "violet kettle 42 drifts along"
FREE = {"decoy"}


@pytest.fixture
def silent(portal_with: Callable[..., Portal]) -> Portal:
    """A portal that asks no questions."""
    return portal_with(policy=Policy(zone="America/New_York", recovery=RecoveryPolicy(by_question=False)))


@pytest.fixture
def countess(silent: Portal, notifier: RecordingNotifier, calls: Counter[str]) -> Member:
    """A patient of it, who has no answers."""
    member = activated(silent, notifier)
    notifier.messages.clear()
    calls.clear()
    return member


def mailed(portal: Portal, notifier: RecordingNotifier) -> list[NoticeKind]:
    """What is mailed now."""
    notifier.messages.clear()
    portal.work()
    return [mail.kind for mail in notifier.messages]


def test_under_the_policy_of_nist_a_patient_joins_and_gets_back_in_without_a_question(
    portal_with: Callable[..., Portal], notifier: RecordingNotifier, contents: Contents
) -> None:
    portal = portal_with(policy=Policy.nist(zone="America/New_York"))
    _, link = invited(portal, notifier)
    portal.activate(link, date_of_birth=BORN, username="countess", password=PASSPHRASE)
    assert contents()["security_answers"] == set()
    assert portal.recovery.forgot_password(" Countess ") is None
    portal.recovery.reset_password(last_link(portal, notifier), "copper lantern 19 hums aloud")
    portal.log_in("countess", "copper lantern 19 hums aloud")


def test_a_forgotten_username_is_mailed_with_a_link(
    silent: Portal, notifier: RecordingNotifier, countess: Member
) -> None:
    assert silent.recovery.forgot_username(person(last_name="B\u00fdron")) is None
    silent.work()
    (mail,) = notifier.messages
    assert (mail.kind, mail.to_email, mail.username) == (
        NoticeKind.USERNAME_REMINDER,
        "ada.byron@example.org",
        countess.username,
    )
    silent.recovery.reset_password(str(mail.link).partition("#")[2], NEW)
    assert "recovery_link_requested" in {
        entry.what for entry in silent.log_in(countess.username, NEW).account.history().items
    }


def test_answers_are_neither_taken_nor_changed_and_the_link_stays_usable(
    silent: Portal, notifier: RecordingNotifier, contents: Contents
) -> None:
    patient_id, link = invited(silent, notifier)
    before = contents()
    with pytest.raises(NoQuestionsError):
        silent.activate(link, date_of_birth=BORN, username="countess", password=PASSWORD, security_answers=ANSWERS)
    assert contents() == before
    assert (
        silent.activate(link, date_of_birth=BORN, username="countess", password=PASSWORD, security_answers={})
        == patient_id
    )
    me = silent.log_in("countess", PASSWORD)
    before = contents()
    for password in (PASSWORD, "not the password 0"):
        with pytest.raises(NoQuestionsError):
            me.account.set_security_answers(password, ANSWERS)
    assert contents() == before


# Strangers


@pytest.fixture
def sorts(silent: Portal, notifier: RecordingNotifier, countess: Member) -> dict[str, str]:
    """A name of each sort that an attacker may try."""
    for sort in ("inactive", "locked", "tired", "waiting"):
        member = activated(silent, notifier, f"{sort}.one", email=f"{sort}@example.org")
        if sort == "inactive":
            desk(silent).patients.deactivate(member.patient_id)
        for _ in range(4 if sort == "locked" else 0):
            with pytest.raises(WrongCredentialsError):
                silent.log_in(member.username, "not the password 0")
        for number in range(5 if sort == "tired" else 0):
            silent.recovery.forgot_password(member.username)
            silent.recovery.reset_password(last_link(silent, notifier), f"amber lantern 7{number} drifts")
        if sort == "waiting":
            silent.recovery.forgot_password(member.username)
    invited(silent, notifier, email="never.activated@example.org")
    assert notifier.messages
    notifier.messages.clear()
    names = {sort: f"{sort}.one" for sort in ("inactive", "locked", "tired", "waiting")}
    return {"known": countess.username, "unknown": "nobody.here", **names, "never": "never.activated@example.org"}


def test_every_sort_of_name_is_answered_alike_with_the_same_calls_and_one_row_saved(
    silent: Portal, notifier: RecordingNotifier, sorts: dict[str, str], calls: Counter[str]
) -> None:
    costs = {}
    for sort, name in sorts.items():
        calls.clear()
        assert silent.recovery.forgot_password(name) is None, sort
        costs[sort] = Counter(calls)
    for sort, cost in costs.items():
        assert cost.total() == costs["known"].total(), f"{sort}: {cost} against {costs['known']}"
        assert (cost["transaction"], cost["view"], cost["verify"], cost["hash"]) == (1, 1, 0, 0), sort
        assert cost["put"] + cost["add"] + cost["record"] == 4, sort
    assert mailed(silent, notifier) == [NoticeKind.PASSWORD_RESET] * 2
    assert {mail.to_email for mail in notifier.messages} == {"ada.byron@example.org", "locked@example.org"}


def test_every_sort_of_person_is_answered_alike_with_the_same_calls(
    silent: Portal, sorts: dict[str, str], calls: Counter[str]
) -> None:
    costs = {}
    for email in ("ada.byron@example.org", *(f"{sort}@example.org" for sort in sorts), "never.activated@example.org"):
        calls.clear()
        assert silent.recovery.forgot_username(person(email=email)) is None
        costs[email] = calls.total()
    assert len(set(costs.values())) == 1, costs


def test_however_many_names_a_stranger_tries_no_more_than_256_rows_are_kept_and_they_name_nobody(
    silent: Portal, contents: Contents
) -> None:
    for number in range(300):
        assert silent.recovery.forgot_password(f"nobody.{number}") is None
    kept = contents()
    assert 150 < len(kept["recovery_guards"]) <= 256
    assert {table for table, rows in kept.items() if rows} == {"recovery_guards"}


def test_however_often_a_stranger_asks_the_patient_has_a_letter_that_works_and_two_mails_an_hour(
    silent: Portal, notifier: RecordingNotifier, countess: Member, clock: FrozenClock, contents: Contents
) -> None:
    links: list[str] = []
    for _ in range(3 * 12):
        for _ in range(3):
            silent.recovery.forgot_password(countess.username)
        mailed(silent, notifier)
        links += [str(mail.link).partition("#")[2] for mail in notifier.messages]
        silent.check_link(links[-1])
        clock.advance(5 * MINUTE)
    assert len(links) == 6
    assert len(contents()["links"]) == 2, "the invitation's, and one for a new password"
    silent.recovery.forgot_username(person())
    assert mailed(silent, notifier) == [NoticeKind.USERNAME_REMINDER]


def test_of_sixteen_requests_at_once_one_makes_a_letter(silent: Portal, countess: Member, contents: Contents) -> None:
    with ThreadPoolExecutor(8) as pool:
        asked_for = [pool.submit(silent.recovery.forgot_password, countess.username) for _ in range(16)]
        assert [one.result() for one in asked_for] == [None] * 16
    kept = contents()
    assert len([link for link in kept["links"] if link.purpose is Purpose.PASSWORD_RESET]) == 1
    assert len([one for one in kept["deliveries"] if one.kind is NoticeKind.PASSWORD_RESET]) == 1


def test_a_letter_on_its_way_is_ended_by_no_other_and_any_letter_ends_them_all(
    silent: Portal, notifier: RecordingNotifier, countess: Member, clock: FrozenClock
) -> None:
    silent.recovery.forgot_password(countess.username)
    first = last_link(silent, notifier)
    silent.recovery.forgot_username(person())
    second = last_link(silent, notifier)
    assert first != second
    silent.check_link(first)
    silent.recovery.reset_password(second, NEW)
    with pytest.raises(LinkInvalidError):
        silent.check_link(first)
    clock.advance(MINUTE)
    silent.recovery.forgot_password(countess.username)
    assert mailed(silent, notifier)[-1] is NoticeKind.PASSWORD_RESET


def test_five_mails_within_an_hour_are_enough(
    silent: Portal, notifier: RecordingNotifier, countess: Member, clock: FrozenClock
) -> None:
    for number in range(7):
        silent.recovery.forgot_password(countess.username)
        silent.work()
        with suppress(LinkInvalidError):
            silent.recovery.reset_password(last_link(silent, notifier), f"amber lantern 7{number} drifts")
        clock.advance(MINUTE)
    assert [mail.kind for mail in notifier.messages].count(NoticeKind.PASSWORD_RESET) == 5
    clock.advance(HOUR - 7 * MINUTE - MICROSECOND)
    silent.recovery.forgot_password(countess.username)
    assert NoticeKind.PASSWORD_RESET not in mailed(silent, notifier)
    clock.advance(MICROSECOND)
    silent.recovery.forgot_password(countess.username)
    assert mailed(silent, notifier) == [NoticeKind.PASSWORD_RESET]


# A practice that changes its mind


def test_answers_given_before_stay_and_are_asked_for_again_when_the_practice_asks_again(
    usual: Portal, silent: Portal, notifier: RecordingNotifier, member: Member, contents: Contents
) -> None:
    challenge = asked(usual.recovery.forgot_password(member.username))
    with pytest.raises(ChallengeInvalidError):
        silent.recovery.answer(challenge.id, right(challenge))
    (kept,) = contents()["security_answers"]
    assert isinstance(kept, SecurityAnswers)
    assert silent.recovery.forgot_password(member.username) is None
    assert mailed(silent, notifier) == [NoticeKind.PASSWORD_RESET]
    assert contents()["security_answers"] == {kept}


def test_whoever_joined_without_answers_is_asked_decoys_until_they_set_some(
    usual: Portal, countess: Member, notifier: RecordingNotifier
) -> None:
    decoy = asked(usual.recovery.forgot_password(countess.username))
    answers: dict[Any, str] = dict.fromkeys(decoy.questions, "Mopsy")
    with pytest.raises(WrongAnswerError):
        usual.recovery.answer(decoy.id, answers)
    me = usual.log_in(countess.username, countess.password)
    assert me.account.security_questions() == ()
    me.account.set_security_answers(countess.password, ANSWERS)
    assert me.account.security_questions() == tuple(ANSWERS)
    challenge = asked(usual.recovery.forgot_password(countess.username))
    usual.recovery.answer(challenge.id, right(challenge))
    assert NoticeKind.PASSWORD_RESET in mailed(usual, notifier)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many statements that read and that change the database was given; it is none in memory."""
    counted: Counter[str] = Counter()
    for connection, reading in ((SqliteConnection, "rows"), (PostgresConnection, "rows_of_all")):
        for name in (reading, "change"):
            monkeypatch.setattr(connection, name, counting(name, getattr(connection, name), counted))
    return counted


def counting(name: str, method: Callable[..., Any], counted: Counter[str]) -> Callable[..., Any]:
    def call(self: object, text: Any, *values: Any, **bounds: Any) -> Any:
        if name != "change" or not text.startswith("SELECT 1 /"):  # what holds absences goes out with the COMMIT
            counted[name] += len(text) if name == "rows_of_all" else 1
        return method(self, text, *values, **bounds)

    return call


def test_every_sort_of_name_takes_as_many_statements_and_changes_as_many_rows(
    silent: Portal, sorts: dict[str, str], said: Counter[str], clock: FrozenClock
) -> None:
    costs = {}
    for sort, name in sorts.items():
        clock.advance(MICROSECOND)
        said.clear()
        silent.recovery.forgot_password(name)
        costs[sort] = Counter(said)
    assert all(cost == costs["known"] for cost in costs.values()), costs
