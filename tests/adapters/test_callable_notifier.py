"""What a host's own function is given to send: the mail that SMTP would send, and nothing that it would refuse."""

import logging
import re
from typing import Any

import pytest

from patientportal import Answer, CallableNotifier, Channel, ConfigurationError, Mail, SmtpNotifier
from patientportal.testing import FrozenClock
from tests.adapters.smtp.mails import ADDRESS, CANARIES, LINK, message, said

SET_UP: dict[str, Any] = {
    "sender": "no-reply@clinic.example",
    "practice": "Lake Clinic",
    "phone": "+1 202 555 0123",
    "reply_to": "desk@clinic.example",
    "clock": FrozenClock(),
}


def test_a_function_of_the_hosts_is_given_the_whole_mail() -> None:
    given: list[Mail] = []
    assert CallableNotifier(given.append, **SET_UP).send(message(7)) is Answer.SENT
    (mail,) = given
    assert (mail.id, mail.to) == ("0198-7", ADDRESS)
    assert str(mail.sender) == "Lake Clinic <no-reply@clinic.example>"
    assert str(mail.reply_to) == "Lake Clinic <desk@clinic.example>"
    assert mail.subject == "Your invitation to the patient portal of Lake Clinic"
    assert LINK in mail.text.splitlines()
    assert f'<a href="{LINK}">' in mail.page
    assert mail.headers == {
        "Date": "Mon, 05 Jan 2026 09:00:00 +0000",
        "Message-ID": "<0198-7@clinic.example>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "en",
    }


@pytest.mark.parametrize("address", [ADDRESS, "ada@m\u00fcller.example", "zo\u00eb@example.org"])
def test_it_is_the_mail_that_goes_out_by_smtp(address: str) -> None:
    given: list[Mail] = []
    CallableNotifier(given.append, **SET_UP).send(message(to_email=address))
    by_smtp = SmtpNotifier("smtp.clinic.example", **SET_UP)._written(message(to_email=address))
    assert by_smtp is not None
    assert by_smtp.to == given[0].to
    assert bare(by_smtp.content) == bare(given[0].as_email().as_bytes())


def bare(mail: bytes) -> bytes:
    """Without the boundary of its parts, which is another one each time."""
    return re.sub(rb"=+\d+==", b"", mail)


@pytest.mark.parametrize("answer", [*Answer, None])
def test_what_the_function_answers_is_the_answer(answer: Answer | None) -> None:
    assert CallableNotifier(lambda _: answer, **SET_UP).send(message()) is (answer or Answer.SENT)


@pytest.mark.parametrize("changes", [{"to_email": "=?utf-8?q?eve?=@example.org"}, {"link": None}, {"id": "1\r\n"}])
def test_what_no_mail_can_be_made_of_reaches_no_function(
    changes: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    given: list[Mail] = []
    assert CallableNotifier(given.append, **SET_UP).send(message(**changes)) is Answer.NEVER
    assert given == []
    assert said(caplog) == ["mail can't be written"]


def test_a_text_message_is_no_mail(caplog: pytest.LogCaptureFixture) -> None:
    given: list[Mail] = []
    text = message(channel=Channel.TEXT, to_email=None, to_phone="+13175550123")
    assert CallableNotifier(given.append, **SET_UP).send(text) is Answer.LATER
    assert (given, said(caplog)) == ([], ["asked to mail a text message"])


@pytest.mark.parametrize("setting", ["sender", "practice", "phone", "reply_to"])
def test_a_wrong_set_up_is_refused_when_it_is_made(setting: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        CallableNotifier(lambda _: None, **SET_UP | {setting: "\r\n"})
    assert caught.value.setting == setting


def test_neither_a_mail_nor_the_notifier_shows_whom_it_is_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    given: list[Mail] = []
    notifier = CallableNotifier(given.append, **SET_UP)
    notifier.send(message())
    notifier.send(message(to_email="nobody.canary"))
    shown = [repr(notifier), repr(given[0]), *(str(vars(one)) for one in caplog.records)]
    assert [(canary, text) for canary in CANARIES for text in shown if canary in text] == []
