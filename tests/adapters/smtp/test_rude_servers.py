"""A server that breaks every rule is told no secret and makes nobody wait without end."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from patientportal import Answer, Security, SmtpNotifier
from patientportal.adapters import smtp
from patientportal.domain.notices.notices import LEASE
from tests.adapters.smtp.mails import SECOND, message, said
from tests.adapters.smtp.servers import LOG_IN, TEMPTING, Notifying, StartRude, free_port


@pytest.mark.parametrize(
    "script",
    [
        {b"ehlo": [TEMPTING + b"250 SIZE 1000\r\n"]},
        {b"ehlo": [TEMPTING + b"250 STARTTLS\r\n"], b"star": [b"454 not now\r\n"]},
        {b"ehlo": [TEMPTING + b"250 STARTTLS\r\n"], b"star": [b"220 go on\r\n250 no TLS here\r\n"]},
        {b"ehlo": [b"502 what?\r\n"]},
    ],
)
def test_a_server_without_tls_is_told_neither_a_mail_nor_a_password(
    rude: StartRude, notifying: Notifying, script: dict[bytes, Sequence[bytes]]
) -> None:
    server = rude(script)
    assert notifying(server.port, timeout=SECOND, **LOG_IN).send(message()) is Answer.UNREACHED
    assert b"AUTH" not in server.heard.upper()
    assert b"MAIL FROM" not in server.heard.upper()


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ({b"": [b"554 go away\r\n"]}, "connection refused (554)"),
        ({b"": [b"421 later\r\n"]}, "connection refused (421)"),
        ({b"": [b"HTTP/1.1 400 Bad Request\r\n"]}, "connection failed"),
        ({b"ehlo": [b"550 no\r\n"], b"helo": [b"550 no\r\n"]}, "connection refused (550)"),
        ({b"rcpt": [b"550 " + b"x" * 9000 + b"\r\n"]}, "recipient failed"),
        ({b"rcpt": [b"hello\r\n"]}, "recipient failed"),
        ({b"data": [b"421 bye\r\n"]}, "message refused (421)"),
    ],
)
def test_an_odd_answer_means_later_and_before_there_is_a_recipient_for_all(
    rude: StartRude,
    notifying: Notifying,
    caplog: pytest.LogCaptureFixture,
    script: dict[bytes, Sequence[bytes]],
    code: str,
) -> None:
    notifier = notifying(rude(script).port, security=Security.NONE, timeout=SECOND)
    shut = code.startswith("connection")
    assert notifier.send(message()) is (Answer.UNREACHED if shut else Answer.LATER)
    assert said(caplog) == [f"smtp: {code}"]


@pytest.mark.parametrize("greeting", [[], [b"2."] * 40, [b"220-hello\r\n220-."] * 40])
def test_an_answer_has_a_time_out_as_a_whole(
    rude: StartRude, notifying: Notifying, caplog: pytest.LogCaptureFixture, greeting: Sequence[bytes]
) -> None:
    notifier = notifying(rude({b"": greeting}).port, security=Security.NONE, timeout=SECOND)
    begun = time.monotonic()
    assert notifier.send(message()) is Answer.UNREACHED
    assert time.monotonic() - begun < 3
    assert said(caplog) == ["smtp: connection failed"]


def test_a_message_has_a_time_out_as_a_whole(
    rude: StartRude, notifying: Notifying, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "WHOLE_SEND", timedelta(seconds=0.3))
    notifier = notifying(rude({b"mail": []}).port, security=Security.NONE, timeout=smtp.LONGEST_TIMEOUT)
    begun = time.monotonic()
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(notifier.send, [message()] * 3))
    assert answers == [Answer.UNREACHED] * 3
    assert time.monotonic() - begun < 5


def test_the_wait_for_other_mails_ends_too(
    notifying: Notifying, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "WHOLE_SEND", timedelta(milliseconds=1))
    notifier = notifying(free_port())
    with notifier._lock:
        assert notifier.send(message()) is Answer.UNREACHED
    assert said(caplog) == ["smtp: too busy"]


def test_the_longest_send_is_shorter_than_a_workers_lease() -> None:
    resolver = timedelta(minutes=1)
    assert smtp.WHOLE_SEND + smtp.LONGEST_TIMEOUT + resolver < LEASE


@pytest.mark.parametrize("host", ["localhost", "no-such-host.invalid", "a" * 70 + ".example"])
def test_where_nobody_is_nothing_is_reached(caplog: pytest.LogCaptureFixture, host: str) -> None:
    notifier = SmtpNotifier(host, port=free_port(), sender="a@clinic.example", practice="Clinic", timeout=SECOND)
    assert notifier.send(message()) is Answer.UNREACHED
    assert said(caplog) == ["smtp: connection failed"]
