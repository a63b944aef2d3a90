"""The log of whoever runs a portal: a line of a code and opaque ids for what they want to see, and never more."""

import logging
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from patientportal import (
    AccountLockedError,
    Answer,
    CodeInvalidError,
    Money,
    NotPermittedError,
    OwnAccountError,
    Pay,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    Role,
    SandboxSource,
    StaffId,
    StaffMember,
    WrongAnswerError,
    WrongBirthDateError,
    WrongCredentialsError,
    testing,
)
from patientportal.testing import ANSWERS, BORN, PASSWORD, FrozenClock, Member

ROOT = Path(__file__).parent.parent.parent
Lines = Callable[[], list[str]]
OTHER_DAY = BORN + timedelta(days=1)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    """The lines since it was called last; each of them has its code and its ids as attributes, too."""
    caplog.set_level(logging.INFO, "patientportal")

    def lines() -> list[str]:
        records = [record for record in caplog.records if record.levelno == logging.INFO]
        caplog.clear()
        for record in records:
            code, *ids = record.getMessage().split(" ")
            kept = vars(record)
            assert code == kept["code"]
            assert ids == [f"{name}={kept[name]}" for name in (one.partition("=")[0] for one in ids)]
        return [record.getMessage() for record in records]

    return lines


def test_wrong_passwords_and_locks_are_lines_for_a_name_that_is_known_and_one_that_isnt(
    usual: Portal, member: Member, lines: Lines
) -> None:
    for username, patient_id in ((member.username, member.patient_id), ("nobody.here", "nobody")):
        for _ in range(4):
            with pytest.raises(WrongCredentialsError):
                usual.log_in(username, "a wrong guess")
        with pytest.raises(AccountLockedError):
            usual.log_in(username, PASSWORD)
        assert lines() == [
            *(f"log_in_refused patient_id={patient_id} attempts_left={left}" for left in (3, 2, 1)),
            f"locked_out patient_id={patient_id}",
            f"log_in_while_locked patient_id={patient_id}",
        ]


def test_a_present_password_that_is_wrong_is_the_same_line(usual: Portal, member: Member, lines: Lines) -> None:
    me = usual.log_in(member.username, member.password)
    with pytest.raises(WrongCredentialsError):
        me.account.change_email("a wrong guess", "ada@elsewhere.example")
    assert lines() == [f"log_in_refused patient_id={member.patient_id} attempts_left=3"]


def test_a_wrong_answer_and_a_wrong_birth_date_are_lines(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, member: Member, lines: Lines
) -> None:
    challenge = testing.asked(usual.recovery.forgot_password(member.username))
    with pytest.raises(WrongAnswerError):
        usual.recovery.answer(challenge.id, dict.fromkeys(challenge.questions, "wrong"))
    assert lines() == [f"answer_refused patient_id={member.patient_id} attempts_left=3"]
    patient_id, link = testing.invited(usual, notifier, email="second@example.org")
    account = {"username": "second", "password": PASSWORD, "security_answers": ANSWERS}
    with pytest.raises(WrongBirthDateError):
        usual.activate(link, date_of_birth=OTHER_DAY, **account)  # type: ignore[arg-type] # of any type
    code = practice.patients.print_invitation(patient_id).code
    with pytest.raises(CodeInvalidError):
        usual.activate(code, date_of_birth=OTHER_DAY, **account)  # type: ignore[arg-type] # the same
    assert lines() == [f"birth_date_refused patient_id={patient_id} attempts_left=3", "code_refused"]


def test_what_staff_may_not_is_a_line_with_the_patient_if_there_is_one(
    usual: Portal, member: Member, lines: Lines
) -> None:
    roles = {Role.INTERFACE, Role.SUPPORT}
    dora = StaffMember(id=StaffId("dora"), name="Dora", roles=roles, patient_id=member.patient_id)
    for patient_id in (member.patient_id, "Ada Byron\n"):
        with pytest.raises(NotPermittedError):
            usual.practice(dora).medications.of_patient(patient_id)  # type: ignore[arg-type] # as it came from outside
    with pytest.raises(OwnAccountError):
        usual.practice(dora).support.unlock(member.patient_id)
    assert lines() == [
        f"not_permitted verb=medications.of_patient patient_id={member.patient_id}",
        "not_permitted verb=medications.of_patient patient_id=nobody",
        f"own_account verb=support.unlock patient_id={member.patient_id}",
    ]


def test_a_payment_of_which_nobody_knows_yet_is_a_line(
    usual: Portal, practice: PracticeAccess, member: Member, lines: Lines
) -> None:
    me = usual.log_in(member.username, member.password)
    statement_id = practice.statements.upload(
        member.patient_id,
        number="A-1",
        balance=Money.parse("100.00", "USD"),
        issued_on=date(2026, 1, 2),
        due_on=date(2026, 2, 1),
        document=b"%PDF",
        media_type="application/pdf",
    )
    payment = me.statements.pay(statement_id, Pay.FULL, source=SandboxSource.TIME_OUT)
    assert lines() == [f"payment_pending patient_id={member.patient_id} payment_id={payment.payment_id}"]


def test_a_notice_that_is_given_up_is_one_line_however_it_ends(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, clock: FrozenClock, lines: Lines
) -> None:
    refused = practice.patients.register(testing.person(email="gone@example.org"))
    notifier.answers = [Answer.NEVER]
    usual.work()
    (line,) = lines()
    assert re.fullmatch(rf"notice_given_up patient_id={refused} delivery_id=\S+ kind=invitation", line)
    late = practice.patients.register(testing.person(email="late@example.org"))
    clock.advance(timedelta(days=30))
    usual.work()
    (line,) = lines()
    assert line.startswith(f"notice_given_up patient_id={late} ")
    usual.work()
    assert lines() == []


def test_where_nobody_wants_such_lines_none_are_made(
    usual: Portal, member: Member, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(WrongCredentialsError):
        usual.log_in(member.username, "a wrong guess")
    assert caplog.records == []


def test_the_page_lists_every_line_and_no_other() -> None:
    found = set()
    for file in (ROOT / "src").rglob("*.py"):
        found |= set(re.findall(r'log_line\(\s*"(\w+)"', file.read_text(encoding="utf-8")))
    found |= {NotPermittedError.code, OwnAccountError.code}
    table = (ROOT / "docs/observing.md").read_text(encoding="utf-8").partition("| line |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == found
