"""Codes on paper: typed as people type, worth nothing without the birth date, and told from no code by nobody."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

import pytest

from patientportal import (
    AlreadyActivatedError,
    CodeInvalidError,
    LinkInvalidError,
    NotFoundError,
    NoticeKind,
    OwnAddressChangeError,
    PatientInactiveError,
    Policy,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    RecoveryPolicy,
    UsernameTakenError,
    WeakPasswordError,
    WrongCredentialsError,
)
from patientportal.testing import ANSWERS, BORN, PASSWORD, FrozenClock, Member, invited, last_link_secret, person

NOT_BORN = BORN + timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
FORTNIGHT = timedelta(days=14)
NEW = "amber lantern 77 drifts"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GOOD: dict[str, Any] = {"username": "lovelace", "password": PASSWORD, "security_answers": ANSWERS}
Contents = Callable[[], dict[str, set[Any]]]


@pytest.fixture
def activate(usual: Portal) -> Callable[..., Any]:
    """Activates with what is good, save for what the test wants otherwise."""
    return lambda code, born=BORN, **otherwise: usual.activate(code, date_of_birth=born, **(GOOD | otherwise))


@pytest.mark.parametrize(
    "typed",
    [
        str,
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: f"  {code.replace('-', ' ')} ",
        lambda code: code.replace("-", "\u2013"),
        lambda code: code.replace("0", "o").replace("1", "l"),
        lambda code: "".join(chr(ord(c) + 0xFEE0) for c in code),
    ],
    ids=["as printed", "small", "no hyphens", "spaces", "long dashes", "look-alikes", "wide"],
)
def test_a_printed_invitation_is_typed_in_any_way(
    practice: PracticeAccess, activate: Callable[..., Any], usual: Portal, typed: Callable[[str], str]
) -> None:
    patient_id = practice.patients.register(person())
    printed = practice.patients.print_invitation(patient_id)
    assert activate(typed(printed.code)) == patient_id
    assert usual.log_in("lovelace", PASSWORD).patient_id == patient_id
    with pytest.raises(CodeInvalidError):
        activate(printed.code)


def test_a_code_is_shown_once_and_neither_it_nor_a_plain_hash_of_it_is_kept(
    practice: PracticeAccess, contents: Contents
) -> None:
    printed = practice.patients.print_invitation(practice.patients.register(person()))
    assert printed.code not in repr(printed)
    assert set(printed.code) - {"-"} <= set(ALPHABET)
    assert [len(group) for group in printed.code.split("-")] == [4, 4, 4]
    assert printed.code not in repr(contents())


def test_paper_ends_what_was_mailed_and_mail_ends_what_was_printed(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, activate: Callable[..., Any]
) -> None:
    patient_id, mailed = invited(usual, notifier)
    first = practice.patients.print_invitation(patient_id)
    with pytest.raises(LinkInvalidError):
        activate(mailed)
    second = practice.patients.print_invitation(patient_id)
    practice.patients.invite(patient_id)
    for code in (first.code, second.code):
        with pytest.raises(CodeInvalidError):
            activate(code)
    usual.work()
    assert activate(last_link_secret(notifier)) == patient_id


def test_a_code_works_for_a_fortnight_to_the_microsecond(
    practice: PracticeAccess, clock: FrozenClock, activate: Callable[..., Any]
) -> None:
    patient_id = practice.patients.register(person())
    printed = practice.patients.print_invitation(patient_id)
    clock.advance(FORTNIGHT)
    assert clock() == printed.valid_until
    with pytest.raises(CodeInvalidError):
        activate(printed.code)
    clock.advance(-MICROSECOND)
    assert activate(printed.code) == patient_id


def test_a_mailed_invitation_is_not_typed_and_nothing_else_is_a_code(
    activate: Callable[..., Any], untouched: Callable[[], AbstractContextManager[None]]
) -> None:
    with untouched():
        for text in ("", "A" * 11, "A" * 13, "U" * 12, "AAAA-AAAA-AAA!", "A" * 12 + " " * 1_000, "\u0661" * 12):
            with pytest.raises(LinkInvalidError):
                activate(text)


@pytest.mark.usefixtures("member")
def test_an_unknown_code_and_a_wrong_birth_date_cost_and_answer_alike(
    practice: PracticeAccess, activate: Callable[..., Any], usual: Portal, calls: Counter[str], member: Member
) -> None:
    invitation = practice.patients.print_invitation(practice.patients.register(person(email="second@example.org")))
    reset = practice.support.print_password_reset(member.patient_id)
    unknown = "0000-0000-0000"
    tries: list[Callable[[str, date | None], object]] = [
        activate,
        lambda code, born: activate(code, born, username="countess"),
        lambda code, born: activate(code, born, password="short"),
    ]
    ways: list[tuple[str, Callable[[str, date | None], object]]] = [(invitation.code, one) for one in tries[:1]]
    ways += [(reset.code, lambda code, born: usual.recovery.reset_password(code, NEW, date_of_birth=born))]
    for code, attempt in ways:
        costs = []
        for typed, born in ((unknown, BORN), (unknown, None), (code, NOT_BORN), (code, None)):
            calls.clear()
            with pytest.raises(CodeInvalidError) as refusal:
                attempt(typed, born)
            costs.append((str(refusal.value), calls.copy()))
        assert all(cost == costs[0] for cost in costs)
        assert not costs[0][1].keys() & {"hash", "verify"}
    with pytest.raises(UsernameTakenError):
        tries[1](invitation.code, BORN)
    with pytest.raises(WeakPasswordError):
        tries[2](invitation.code, BORN)


def test_a_stranger_with_the_first_eleven_characters_gets_no_more_than_four_birth_dates(
    usual: Portal,
    practice: PracticeAccess,
    activate: Callable[..., Any],
    contents: Contents,
) -> None:
    """The last character is soon tried out; but nothing tells which one it was, and the birth date ends the code."""
    patient_id = practice.patients.register(person())
    printed = practice.patients.print_invitation(patient_id)
    guesses = 0
    for day in range(1, 12):
        for last in ALPHABET:
            guesses += 1
            with pytest.raises(CodeInvalidError):
                activate(printed.code[:-1] + last, BORN + timedelta(days=day))
    assert guesses == 11 * 32
    (wrong,) = {link.wrong_dates for link in contents()["links"] if link.is_printed}
    assert wrong == 4
    with pytest.raises(CodeInvalidError):
        activate(printed.code)
    usual.work()
    assert [one.patient_id for one in practice.audit.undelivered().items if one.tries == 0] == [patient_id]
    typed = [one for one in contents()["events"] if one.event.name == "code_unknown"]
    assert len(typed) == guesses - 4 + 1
    assert {one.patient_id for one in typed} == {"nobody"}
    assert len(contents()["recovery_guards"]) <= 64, "however many are tried"
    assert activate(practice.patients.print_invitation(patient_id).code) == patient_id


def test_a_printed_reset_lets_a_patient_back_in_and_they_are_told_that_it_was_printed(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, member: Member
) -> None:
    printed = practice.support.print_password_reset(member.patient_id)
    usual.work()
    assert [(mail.kind, mail.link) for mail in notifier.messages] == [(NoticeKind.PASSWORD_RESET_PRINTED, None)]
    with pytest.raises(CodeInvalidError):
        usual.recovery.reset_password(printed.code, NEW, date_of_birth=NOT_BORN)
    with pytest.raises(WeakPasswordError):
        usual.recovery.reset_password(printed.code, "short", date_of_birth=BORN)
    usual.recovery.reset_password(printed.code, NEW, date_of_birth=BORN)
    with pytest.raises(CodeInvalidError):
        usual.recovery.reset_password(printed.code, PASSWORD, date_of_birth=BORN)
    with pytest.raises(WrongCredentialsError):
        usual.log_in(member.username, PASSWORD)
    assert usual.log_in(member.username, NEW).patient_id == member.patient_id


def test_a_code_does_what_it_was_printed_for_and_nothing_else(
    usual: Portal, practice: PracticeAccess, activate: Callable[..., Any], member: Member
) -> None:
    reset = practice.support.print_password_reset(member.patient_id)
    invitation = practice.patients.print_invitation(practice.patients.register(person(email="second@example.org")))
    with pytest.raises(CodeInvalidError):
        activate(reset.code)
    with pytest.raises(CodeInvalidError):
        usual.recovery.reset_password(invitation.code, NEW, date_of_birth=BORN)
    with pytest.raises(LinkInvalidError):
        usual.confirm_email(invitation.code)
    usual.recovery.reset_password(reset.code, NEW, date_of_birth=BORN)


def test_a_stranger_who_asks_for_a_letter_takes_no_paper_away(
    portal_with: Callable[..., Portal], practice: PracticeAccess, notifier: RecordingNotifier, member: Member
) -> None:
    silent = portal_with(policy=Policy(zone="UTC", recovery=RecoveryPolicy(by_question=False)))
    printed = practice.support.print_password_reset(member.patient_id)
    assert silent.recovery.forgot_password(member.username) is None
    silent.work()
    mailed = last_link_secret(notifier)
    silent.check_link(mailed)
    silent.recovery.reset_password(printed.code, NEW, date_of_birth=BORN)
    with pytest.raises(LinkInvalidError):
        silent.check_link(mailed)


def test_who_can_not_be_invited_or_reset_gets_no_paper_either(
    practice: PracticeAccess, member: Member, contents: Contents
) -> None:
    never = practice.patients.register(person(email="second@example.org"))
    practice.patients.change_email(member.patient_id, "moved@example.org")
    before = contents()
    with pytest.raises(AlreadyActivatedError):
        practice.patients.print_invitation(member.patient_id)
    with pytest.raises(NotFoundError):
        practice.support.print_password_reset(never)
    with pytest.raises(OwnAddressChangeError):
        practice.support.print_password_reset(member.patient_id)
    assert contents() == before
    practice.patients.deactivate(never)
    practice.patients.deactivate(member.patient_id)
    with pytest.raises(PatientInactiveError):
        practice.patients.print_invitation(never)
    with pytest.raises(PatientInactiveError):
        practice.support.print_password_reset(member.patient_id)
