"""The notifiers for trials and tests: one prints, one keeps."""

import io
from datetime import UTC, datetime

import pytest
from attrs import evolve, fields

from patientportal import Digest
from patientportal.adapters.console import ConsoleNotifier
from patientportal.adapters.mail_words import ENGLISH
from patientportal.adapters.recording import RecordingNotifier
from patientportal.domain.ids import PatientId
from patientportal.domain.told import WITH_VISIT, NoticeKind
from patientportal.ports.notifier import Answer, Message

LINK = "https://portal.example/#secret-4711"


def message(kind: NoticeKind = NoticeKind.INVITATION, link: str | None = LINK) -> Message:
    usual = Message(
        id="1",
        patient_id=PatientId("ada"),
        kind=kind,
        to_email="ada@example.org",
        to_name="Ada",
        link=link,
        username="countess",
    )
    if kind is NoticeKind.PRACTICE_DIGEST:
        return evolve(usual, digest=Digest(**{one.name: 3 for one in fields(Digest)}))
    visit_at = datetime(2026, 1, 5, 9, tzinfo=UTC)
    return evolve(usual, visit_at=visit_at, visit_place="North Building") if kind in WITH_VISIT else usual


def test_the_console_hides_a_link_unless_told_to_print_it() -> None:
    hiding, printing = io.StringIO(), io.StringIO()
    assert ConsoleNotifier(to=hiding).send(message()) is Answer.SENT
    assert ConsoleNotifier(to=printing, print_links=True).send(message()) is Answer.SENT
    assert "secret-4711" not in hiding.getvalue()
    assert "(link hidden)" in hiding.getvalue()
    assert LINK in printing.getvalue()


def test_the_console_prints_one_line_to_the_present_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    notifier = ConsoleNotifier()
    assert capsys.readouterr().out == ""
    notifier.send(message())
    out = capsys.readouterr().out
    assert out.startswith("[mail] Hello Ada, ")
    assert out.count("\n") == 1


def test_the_console_never_prints_the_address_and_speaks_of_links_only_where_there_is_one() -> None:
    printed = io.StringIO()
    ConsoleNotifier(to=printed, print_links=True).send(message(NoticeKind.NEW_LOG_IN, link=None))
    assert "example.org" not in printed.getvalue()
    assert "link" not in printed.getvalue()


@pytest.mark.parametrize("kind", NoticeKind)
def test_the_console_prints_what_a_mail_would_say(kind: NoticeKind) -> None:
    printed = io.StringIO()
    ConsoleNotifier(to=printed, print_links=True).send(message(kind))
    text = ENGLISH.letter(message(kind), practice="your practice").text
    assert printed.getvalue().split() == ["[mail]", *text.split()]


def test_the_recording_notifier_keeps_what_it_is_given_and_answers_what_it_is_told() -> None:
    notifier = RecordingNotifier()
    notifier.answers = [Answer.LATER, Answer.NEVER]
    first, second = message(), message(NoticeKind.PASSWORD_CHANGED, link=None)
    assert [notifier.send(one) for one in (first, second, first)] == [Answer.LATER, Answer.NEVER, Answer.SENT]
    assert notifier.messages == [first, second, first]


def test_a_message_does_not_show_who_gets_what() -> None:
    shown = repr(message())
    assert not [secret for secret in ("secret-4711", "example.org", "Ada") if secret in shown]
