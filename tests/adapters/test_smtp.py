"""Mail by SMTP, against a real server over real TLS, and against one that breaks every rule."""

import asyncio
import email.policy
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from attrs import evolve

from patientportal import ENGLISH, Answer, ConfigurationError, MailWords, Message, NoticeKind, Security, SmtpNotifier
from patientportal.adapters import smtp
from patientportal.domain.notices.notices import LEASE
from patientportal.testing import FrozenClock

ADDRESS, NAME, PASSWORD = "ada.canary@example.org", "Adacanary", "pass-canary-4711"
LINK = "https://portal.example/activate#" + "secretcanary" * 12
CANARIES = (ADDRESS, NAME, PASSWORD, LINK, "canary", "portal.example", "mailer")
SECOND = timedelta(seconds=1)
DROP, HANG = "drop", "hang"


def message(number: int = 1, **changes: Any) -> Message:
    invitation = Message(
        id=f"0198-{number}", kind=NoticeKind.INVITATION, to_email=ADDRESS, to_name=NAME, language="en", link=LINK
    )
    return evolve(invitation, **changes)


class Post:
    """A server's mail room.

    Attributes:
        raw: what it took, byte for byte.
        recipients: for whom.
        peers: the connection that each came over.
        log_ins: the credentials it was shown.
        says: for a verb, another answer than yes: a line, ``DROP`` (it hangs up) or ``HANG``.
    """

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.recipients: list[str] = []
        self.peers: list[object] = []
        self.log_ins: list[tuple[bytes, bytes]] = []
        self.says: dict[str, str] = {}

    @property
    def mails(self) -> list[EmailMessage]:
        """What it took, as a mail program reads it."""
        return [message_from_bytes(one, EmailMessage, policy=email.policy.SMTP) for one in self.raw]

    async def handle_MAIL(self, server: Any, _: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802 - aiosmtpd's name
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._answer("MAIL", server)

    async def handle_RCPT(self, server: Any, _: Any, envelope: Any, address: str, __: list[str]) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        return await self._answer("RCPT", server)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        answer = await self._answer("DATA", server)
        if answer.startswith("2"):
            self.raw.append(envelope.content)
            self.recipients += envelope.rcpt_tos
            self.peers.append(session.peer)
            if "TAKEN" in self.says:
                return await self._answer("TAKEN", server)
        return answer

    async def handle_NOOP(self, server: Any, *_: Any) -> str:  # noqa: N802
        return await self._answer("NOOP", server)

    async def handle_RSET(self, server: Any, *_: Any) -> str:  # noqa: N802
        return await self._answer("RSET", server)

    def authenticate(self, _: Any, __: Any, ___: Any, ____: str, credentials: Any) -> AuthResult:
        self.log_ins.append((credentials.login, credentials.password))
        return AuthResult(success=credentials.password == PASSWORD.encode(), handled=False)

    async def _answer(self, verb: str, server: Any) -> str:
        answer = self.says.get(verb, "250 OK")
        if answer == DROP:
            server.transport.abort()
        if answer == HANG:
            await asyncio.sleep(60)
        return answer


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def served(opened: ExitStack, authority: trustme.CA) -> Callable[..., tuple[Post, int]]:
    """Starts a server on this machine."""

    def start(security: Security = Security.STARTTLS, *, name: str = "localhost", **more: Any) -> tuple[Post, int]:
        post, context = Post(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        match security:
            case Security.STARTTLS:
                more |= {"tls_context": context, "require_starttls": True, "authenticator": post.authenticate}
            case Security.TLS:
                more |= {"ssl_context": context, "auth_require_tls": False, "authenticator": post.authenticate}
            case Security.NONE:
                pass
        port = free_port()
        controller = Controller(post, hostname="127.0.0.1", port=port, **more)
        controller.start()
        opened.callback(controller.stop)
        return post, port

    return start


@pytest.fixture
def notifying(opened: ExitStack, trusting: ssl.SSLContext) -> Callable[..., SmtpNotifier]:
    """Makes notifiers, which are closed in the end."""

    def make(port: int, **changes: Any) -> SmtpNotifier:
        given: dict[str, Any] = {
            "sender": "no-reply@clinic.example",
            "practice": "Lake Clinic",
            "ssl_context": trusting,
        }
        return opened.enter_context(closing(SmtpNotifier("localhost", port=port, **(given | changes))))

    return make


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def parts(mail: EmailMessage) -> list[str]:
    return [part.get_content().replace("\r\n", "\n") for part in mail.iter_parts()]


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "patientportal"]


Served = Callable[..., tuple[Post, int]]
Notifying = Callable[..., SmtpNotifier]
LOG_IN = {"username": "mailer", "password": PASSWORD}


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_mail_goes_out_encrypted_after_a_log_in(served: Served, notifying: Notifying, security: Security) -> None:
    post, port = served(security)
    assert notifying(port, security=security, **LOG_IN).send(message()) is Answer.SENT
    assert post.log_ins == [(b"mailer", PASSWORD.encode())]
    assert post.recipients == [ADDRESS]
    (mail,) = post.mails
    text, page = parts(mail)
    assert LINK in text.splitlines()
    assert f'<a href="{LINK}">{LINK}</a>' in page


def test_the_headers_name_the_practice_the_bare_address_and_the_message(served: Served, notifying: Notifying) -> None:
    post, port = served()
    notifier = notifying(port, practice="Dr. Müller, Lake Clinic", clock=FrozenClock())
    notifier.send(message(7))
    notifier.send(message(7))
    mail, again = post.mails
    assert mail["From"].addresses[0].display_name == "Dr. Müller, Lake Clinic"
    assert mail["From"].addresses[0].addr_spec == "no-reply@clinic.example"
    assert mail["To"] == ADDRESS
    assert mail["Subject"] == "Your invitation to the patient portal of Dr. Müller, Lake Clinic"
    assert mail["Date"].datetime == FrozenClock()()
    assert mail["Message-ID"] == again["Message-ID"] == "<0198-7@clinic.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "en"
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_no_line_is_longer_than_a_mail_may_have(notifying: Notifying) -> None:
    mail = notifying(1)._written(message(to_name="Ü" * 100, to_email="a" * 64 + "@" + "b.example." * 18 + "org"))
    assert mail is not None
    head, _, body = mail.content.partition(b"\r\n\r\n")
    assert max(len(one) for one in head.split(b"\r\n")) <= 998  # RFC 5322, 2.1.1
    assert max(len(one) for one in body.split(b"\r\n")) <= 78
    assert b"\n" not in mail.content.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "name", ["$link", "${name}", "$$", "%s", "{0.__class__}", "=?utf-8?q?Eve?=", "Ada\r\nBcc: eve@example.org", "."]
)
def test_a_name_ends_as_literal_text_in_both_parts(served: Served, notifying: Notifying, name: str) -> None:
    post, port = served()
    assert notifying(port).send(message(to_name=name)) is Answer.SENT
    (mail,) = post.mails
    literal = name.replace("\r\n", "\n")
    text, page = parts(mail)
    assert f"Hello {literal}," in text
    assert f"<p>Hello {literal},</p>" in page
    assert mail["Bcc"] is None
    assert mail["To"] == ADDRESS


def test_a_name_brings_no_html_along(served: Served, notifying: Notifying) -> None:
    post, port = served()
    notifying(port).send(message(to_name='<b onload="x">&amp;\''))
    text, page = parts(post.mails[0])
    assert 'Hello <b onload="x">&amp;\',' in text
    assert "<p>Hello &lt;b onload=&quot;x&quot;&gt;&amp;amp;&#x27;,</p>" in page


def test_the_words_are_those_of_the_language(served: Served, notifying: Notifying) -> None:
    post, port = served()
    notifier = notifying(port, words=(ENGLISH, MailWords("es", ENGLISH.words, greeting="Hola $name:")))
    for language in ("es-MX", "de", None):
        notifier.send(message(language=language))
    assert [mail["Content-Language"] for mail in post.mails] == ["es", "en", "en"]
    assert [parts(mail)[0].split()[0] for mail in post.mails] == ["Hola", "Hello", "Hello"]


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_the_certificate_of_another_host_ends_it_before_the_log_in(
    served: Served, notifying: Notifying, caplog: pytest.LogCaptureFixture, security: Security
) -> None:
    post, port = served(security, name="mail.other.example")
    assert notifying(port, security=security, **LOG_IN).send(message()) is Answer.LATER
    assert (post.log_ins, post.mails) == ([], [])
    assert said(caplog) == ["smtp: STARTTLS failed" if security is Security.STARTTLS else "smtp: connection failed"]


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_an_unknown_authority_ends_it_before_the_log_in(
    served: Served, notifying: Notifying, security: Security
) -> None:
    post, port = served(security)
    assert notifying(port, security=security, ssl_context=None, **LOG_IN).send(message()) is Answer.LATER
    assert (post.log_ins, post.mails) == ([], [])


@pytest.mark.parametrize(
    ("said_to", "becomes"),
    [
        ({"MAIL": "550 no"}, (Answer.LATER, "sender refused (550)")),
        ({"MAIL": "450 no"}, (Answer.LATER, "sender refused (450)")),
        ({"RCPT": "450 no"}, (Answer.LATER, "recipient refused (450)")),
        ({"RCPT": "530 log in"}, (Answer.LATER, "recipient refused (530)")),
        ({"RCPT": "550 no"}, (Answer.NEVER, "recipient refused (550)")),
        ({"RCPT": "550 5.1.1 no such user"}, (Answer.NEVER, "recipient refused (550)")),
        ({"RCPT": "554 5.7.1 relay access denied"}, (Answer.LATER, "recipient refused (554)")),
        ({"DATA": "451 no"}, (Answer.LATER, "message refused (451)")),
        ({"DATA": "554 no"}, (Answer.NEVER, "message refused (554)")),
    ],
)
def test_a_refused_mail_leaves_the_connection_to_the_next(
    served: Served,
    notifying: Notifying,
    caplog: pytest.LogCaptureFixture,
    said_to: dict[str, str],
    becomes: tuple[Answer, str],
) -> None:
    post, port = served()
    notifier = notifying(port)
    notifier.send(message())
    post.says = said_to
    assert notifier.send(message()) is becomes[0]
    assert said(caplog) == [f"smtp: {becomes[1]}"]
    post.says = {}
    assert notifier.send(message()) is Answer.SENT
    assert len(post.peers) == 2
    assert len(set(post.peers)) == 1


@pytest.mark.parametrize(
    ("verb", "says"),
    [(verb, says) for verb in ("MAIL", "RCPT", "DATA") for says in (DROP, "421 bye", "334 what?")] + [("RCPT", HANG)],
)
def test_an_unclear_connection_is_never_used_again(served: Served, notifying: Notifying, verb: str, says: str) -> None:
    post, port = served()
    notifier = notifying(port, timeout=SECOND)
    notifier.send(message())
    post.says = {verb: says}
    assert notifier.send(message()) is Answer.LATER
    post.says = {}
    assert notifier.send(message()) is Answer.SENT
    assert len(post.peers) == len(set(post.peers)) == 2


def test_a_mail_whose_receipt_was_lost_comes_again_under_the_same_id(served: Served, notifying: Notifying) -> None:
    post, port = served()
    notifier = notifying(port)
    post.says = {"TAKEN": DROP}
    assert notifier.send(message()) is Answer.LATER
    post.says = {}
    assert notifier.send(message()) is Answer.SENT
    first, second = post.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_a_connection_that_cannot_be_reset_is_not_used_again(served: Served, notifying: Notifying) -> None:
    post, port = served()
    notifier = notifying(port)
    notifier.send(message())
    post.says = {"RCPT": "550 no", "RSET": DROP}
    assert notifier.send(message()) is Answer.NEVER
    post.says = {}
    assert notifier.send(message()) is Answer.SENT
    assert len(set(post.peers)) == 2


def test_a_refused_log_in_is_the_set_ups_fault_and_no_mails(
    served: Served, notifying: Notifying, caplog: pytest.LogCaptureFixture
) -> None:
    post, port = served()
    notifier = notifying(port, username="mailer", password="wrong-canary")
    assert notifier.send(message()) is Answer.LATER
    assert post.mails == []
    assert said(caplog) == ["smtp: log-in refused (535)"]


def test_many_messages_go_over_one_connection(served: Served, notifying: Notifying) -> None:
    post, port = served()
    notifier = notifying(port, **LOG_IN)
    assert {notifier.send(message(number)) for number in range(20)} == {Answer.SENT}
    assert len(post.mails) == 20
    assert len(set(post.peers)) == len(post.log_ins) == 1


@pytest.mark.parametrize("says", [DROP, "421 too long idle"])
def test_a_connection_that_the_server_gave_up_is_replaced(served: Served, notifying: Notifying, says: str) -> None:
    post, port = served()
    notifier = notifying(port)
    notifier.send(message())
    post.says = {"NOOP": says}
    assert notifier.send(message()) is Answer.SENT
    assert len(set(post.peers)) == 2


def test_a_connection_that_was_idle_for_long_is_replaced_unasked(served: Served, notifying: Notifying) -> None:
    post, port = served()
    clock = FrozenClock()
    notifier = notifying(port, clock=clock)
    for pause in (timedelta(0), smtp.IDLE_MAX, smtp.IDLE_MAX + SECOND, -SECOND):
        clock.advance(pause)
        assert notifier.send(message()) is Answer.SENT
    assert len(set(post.peers)) == 3
    assert post.peers[0] == post.peers[1]


def test_a_closed_notifier_opens_the_next_connection_when_it_is_needed(served: Served, notifying: Notifying) -> None:
    post, port = served()
    notifier = notifying(port)
    notifier.close()
    notifier.send(message())
    notifier.close()
    notifier.close()
    assert notifier.send(message()) is Answer.SENT
    assert len(set(post.peers)) == 2


def test_the_connection_of_another_process_is_not_used(served: Served, notifying: Notifying) -> None:
    post, port = served()
    notifier = notifying(port)
    notifier.send(message())
    notifier._session_process += 1
    notifier.send(message())
    assert len(set(post.peers)) == 2


def test_eight_threads_send_at_once(served: Served, notifying: Notifying) -> None:
    post, port = served()
    notifier = notifying(port)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: notifier.send(message(number)), range(40)))
    assert set(answers) == {Answer.SENT}
    assert {mail["Message-ID"] for mail in post.mails} == {f"<0198-{number}@clinic.example>" for number in range(40)}
    assert len(set(post.peers)) == 1


@pytest.mark.parametrize("address", ["zoë@example.org", "ada@müller.example"])
def test_an_international_address_needs_a_server_that_takes_it(
    served: Served, notifying: Notifying, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    post, port = served(enable_SMTPUTF8=True)
    assert notifying(port).send(message(to_email=address)) is Answer.SENT
    assert post.recipients == [address]
    assert f"\r\nTo: {address}\r\n".encode() in post.raw[0]
    plain, port = served(enable_SMTPUTF8=False)
    notifier = notifying(port)
    assert notifier.send(message(to_email=address)) is Answer.NEVER
    assert said(caplog) == ["smtp: recipient needs SMTPUTF8"]
    assert notifier.send(message()) is Answer.SENT
    assert plain.recipients == [ADDRESS]


@pytest.mark.parametrize(
    "changes",
    [
        {"to_email": "=?utf-8?q?eve?=@example.org"},
        {"to_email": "ada@example.org\r\nRCPT TO:<eve@example.org>"},
        {"to_email": "ada@example.org>,<eve@example.org"},
        {"to_email": "nobody"},
        {"id": "1\r\nBcc: eve@example.org"},
        {"link": None},
    ],
)
def test_what_no_mail_can_be_made_of_is_never_sent(
    notifying: Notifying, caplog: pytest.LogCaptureFixture, changes: dict[str, Any]
) -> None:
    assert notifying(free_port()).send(message(**changes)) is Answer.NEVER
    assert said(caplog) == ["smtp: mail can't be written"]


class Rude:
    """A bare server for one connection after another, without TLS, that says what it is told to.

    Attributes:
        port: where it listens.
        heard: every byte that it was sent.
    """

    def __init__(self, says: Callable[[bytes], Sequence[bytes]]) -> None:
        self._says = says
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.heard = b""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client, suppress(OSError), client.makefile("rb") as lines:
                self._answer(client, b"")
                for line in lines:
                    self.heard += line
                    self._answer(client, line)

    def _answer(self, client: socket.socket, line: bytes) -> None:
        for piece in self._says(line):
            client.sendall(piece)
            if piece.endswith(b"."):
                self._over.wait(0.2)


@pytest.fixture
def rude(opened: ExitStack) -> Callable[[dict[bytes, Sequence[bytes]]], Rude]:
    """Starts a server that answers lines by how they begin; the greeting is the answer to none."""

    def start(script: dict[bytes, Sequence[bytes]]) -> Rude:
        polite = {b"": [b"220 hello\r\n"], b"ehlo": [b"250 hello\r\n"]}

        def says(line: bytes) -> Sequence[bytes]:
            return (polite | script).get(line[:4].lower(), [b"250 ok\r\n"])

        return opened.enter_context(closing(Rude(says)))

    return start


StartRude = Callable[[dict[bytes, Sequence[bytes]]], Rude]
TEMPTING = b"250-hello\r\n250-AUTH PLAIN LOGIN\r\n"


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
    assert notifying(server.port, timeout=SECOND, **LOG_IN).send(message()) is Answer.LATER
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
def test_an_odd_answer_means_later(
    rude: StartRude,
    notifying: Notifying,
    caplog: pytest.LogCaptureFixture,
    script: dict[bytes, Sequence[bytes]],
    code: str,
) -> None:
    notifier = notifying(rude(script).port, security=Security.NONE, timeout=SECOND)
    assert notifier.send(message()) is Answer.LATER
    assert said(caplog) == [f"smtp: {code}"]


@pytest.mark.parametrize("greeting", [[], [b"2."] * 40, [b"220-hello\r\n220-."] * 40])
def test_an_answer_has_a_time_out_as_a_whole(
    rude: StartRude, notifying: Notifying, caplog: pytest.LogCaptureFixture, greeting: Sequence[bytes]
) -> None:
    notifier = notifying(rude({b"": greeting}).port, security=Security.NONE, timeout=SECOND)
    begun = time.monotonic()
    assert notifier.send(message()) is Answer.LATER
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
    assert answers == [Answer.LATER] * 3
    assert time.monotonic() - begun < 5


def test_the_wait_for_other_mails_ends_too(
    notifying: Notifying, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "WHOLE_SEND", timedelta(milliseconds=1))
    notifier = notifying(free_port())
    with notifier._lock:
        assert notifier.send(message()) is Answer.LATER
    assert said(caplog) == ["smtp: too busy"]


def test_the_longest_send_is_shorter_than_a_workers_lease() -> None:
    resolver = timedelta(minutes=1)
    assert smtp.WHOLE_SEND + smtp.LONGEST_TIMEOUT + resolver < LEASE


@pytest.mark.parametrize("host", ["localhost", "no-such-host.invalid", "a" * 70 + ".example"])
def test_nobody_there_means_later(caplog: pytest.LogCaptureFixture, host: str) -> None:
    notifier = SmtpNotifier(host, port=free_port(), sender="a@clinic.example", practice="Clinic", timeout=SECOND)
    assert notifier.send(message()) is Answer.LATER
    assert said(caplog) == ["smtp: connection failed"]


def test_an_interrupted_answer_is_not_taken_for_the_next_mails(
    served: Served, notifying: Notifying, monkeypatch: pytest.MonkeyPatch
) -> None:
    post, port = served()
    notifier = notifying(port)
    notifier.send(message())

    def interrupted(_: object) -> tuple[int, bytes]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("smtplib.SMTP.getreply", interrupted)
        notifier.send(message())
    assert notifier.send(message()) is Answer.SENT
    assert len(set(post.peers)) == 2


def test_neither_logs_nor_shown_values_speak_of_anybody(
    served: Served, notifying: Notifying, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    post, port = served()
    notifier = notifying(port, **LOG_IN)
    shown = [repr(notifier), str(notifier), repr(notifier._written(message()))]
    for verb in ("MAIL", "RCPT", "DATA", "TAKEN"):
        for says in (f"550 5.1.1 <{ADDRESS}> {NAME} {LINK}", f"450 {ADDRESS}", DROP):
            post.says = {verb: says}
            assert notifier.send(message()) is not Answer.SENT
    notifying(port, username="mailer", password="wrong-canary").send(message())
    notifying(port, ssl_context=None, **LOG_IN).send(message())
    notifier.send(message(to_email=f"{ADDRESS}>"))
    shown += [str(vars(record)) for record in caplog.records if record.name == "patientportal"]
    assert len(shown) == 3 + 12 + 3
    assert [(canary, text) for canary in CANARIES for text in shown if canary in text] == []


@pytest.mark.parametrize(
    ("changes", "setting"),
    [
        ({"host": ""}, "host"),
        ({"host": "mail.example\r\n"}, "host"),
        ({"port": 0}, "port"),
        ({"port": 65_536}, "port"),
        ({"security": Security.NONE}, "security"),
        ({"sender": "nobody"}, "sender"),
        ({"sender": "a@clinic.example\r\nBcc: eve@example.org"}, "sender"),
        ({"sender": "Clinic <a@clinic.example>"}, "sender"),
        ({"sender": "zoë@clinic.example"}, "sender"),
        ({"sender": "=?utf-8?q?eve?=@clinic.example"}, "sender"),
        ({"practice": "Clinic\r\nBcc: eve@example.org"}, "practice"),
        ({"practice": " "}, "practice"),
        ({"practice": "=?utf-8?q?Eve?="}, "sender"),
        ({"username": "mailer"}, "password"),
        ({"password": PASSWORD}, "password"),
        ({"username": "mailer", "password": ""}, "password"),
        ({"username": "mailer", "password": f"{PASSWORD}ü"}, "password"),
        ({"host": "localhost", "security": Security.NONE, **LOG_IN}, "password"),
        ({"words": ()}, "words"),
        ({"words": (ENGLISH, evolve(ENGLISH, language="EN"))}, "words"),
        ({"timeout": timedelta(milliseconds=999)}, "timeout"),
        ({"timeout": timedelta(seconds=61)}, "timeout"),
        ({"ssl_context": ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)}, "ssl_context"),
    ],
)
def test_a_wrong_set_up_is_refused_when_it_is_made(changes: dict[str, Any], setting: str) -> None:
    given = {"host": "smtp.clinic.example", "sender": "no-reply@clinic.example", "practice": "Lake Clinic"}
    with pytest.raises(ConfigurationError) as caught:
        SmtpNotifier(**(given | changes))
    assert caught.value.setting == setting
    assert PASSWORD not in f"{caught.value!r}{caught.value.__context__!r}"


def test_a_context_that_would_take_any_certificate_or_old_tls_is_refused() -> None:
    careless, old = ssl.create_default_context(), ssl.create_default_context()
    careless.check_hostname = False
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = ssl.TLSVersion.TLSv1_1
    for context in (careless, old):
        with pytest.raises(ConfigurationError, match="ssl_context"):
            SmtpNotifier("smtp.clinic.example", sender="a@clinic.example", practice="Clinic", ssl_context=context)


@pytest.mark.parametrize(("security", "port"), [(Security.STARTTLS, 587), (Security.TLS, 465), (Security.NONE, 25)])
def test_each_security_has_its_usual_port(security: Security, port: int) -> None:
    notifier = SmtpNotifier("localhost", security=security, sender="a@clinic.example", practice="Clinic")
    assert notifier._port == port
