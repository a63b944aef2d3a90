"""A conversation with a mail server, step by step: how long an answer may take, and what it says about a mail."""

import re
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum, unique
from typing import Any

from attrs import field, frozen

from patientportal.ports.notifier import Answer

# RFC 5321, 4.1.3. What smtplib falls back to, without asking the resolver for a name that nobody needs.
_OUR_NAME = "[127.0.0.1]"
_CODES, _OK, _REFUSED, _PERMANENT = range(200, 600), range(200, 300), range(400, 600), range(500, 600)
_CLOSING = 421  # RFC 5321, 3.8: the server hangs up
_STATUS = re.compile(rb"[45](\.\d{1,3}\.\d{1,3})\b")  # RFC 3463, 2
# RFC 3463, 3.2, 3.4 and 3.8, and what large providers made of it: security and policy, the sender's address, its quota,
# the right to send as it, and the server itself. None of these says anything about the recipient or the mail.
_OURS = re.compile(rb"\.(7\.\d+|1\.(7|8|90)|2\.252|3\.[01235]|4\.[56])")
_THEIRS = re.compile(rb"\.([1246]\.[1-9]\d*|3\.4)")  # RFC 3463, 3.2 to 3.7: the address, the mailbox, the mail
# What servers without such a status, or with one that says nothing, write where the sender or the set-up is refused.
_OUR_WORDS = re.compile(
    rb"relay|sender|from address|not verified|allowed to send|test purposes|sandbox|quota|limit|too many|credits"
    rb"|authenti|authoriz|spf\b|dkim|dmarc|spam|block|blacklist|reputation|client|prohibit|policy",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_LOG_IN_REQUIRED = 530  # RFC 4954, 6: it may answer any command


@unique
class Step(Enum):
    """Where a message fails, in the log's words."""

    CONNECTION = "connection"
    STARTTLS = "STARTTLS"
    TOKEN = "access token"  # noqa: S105 - a step
    LOG_IN = "log-in"
    SENDER = "sender"
    RECIPIENT = "recipient"
    MESSAGE = "message"


class FailedError(Exception):
    """A step failed: with the code of the server's answer, or without one.

    Attributes:
        step: which.
        code: the server's; ``None``: it gave no answer.
        is_ours: whether it refused our sender or our set-up, and says nothing about the recipient or the mail.
    """

    def __init__(self, step: Step, code: int | None = None, *, is_ours: bool = False) -> None:
        super().__init__()
        self.step: Step = step
        self.code: int | None = code
        self.is_ours: bool = is_ours

    @property
    def is_clear(self) -> bool:
        """Whether the server refused this message alone, and the connection is as good as before."""
        about_one = self.step in {Step.SENDER, Step.RECIPIENT, Step.MESSAGE}
        return about_one and self.code in _REFUSED and self.code != _CLOSING

    @property
    def answer(self) -> Answer:
        """What the notifier says of the message."""
        if self.step not in {Step.RECIPIENT, Step.MESSAGE} or self.code == _LOG_IN_REQUIRED:
            return Answer.UNREACHED
        # A provider may refuse our sender for its own recipients alone: that must not hold up everybody else's mail.
        return Answer.NEVER if self.code in _PERMANENT and not self.is_ours else Answer.LATER

    def __str__(self) -> str:
        return f"{self.step.value} failed" if self.code is None else f"{self.step.value} refused ({self.code})"


@frozen(kw_only=True)
class LogIn:
    """Who logs in, by a password or by an access token of OAuth 2."""

    username: str = field(repr=False)
    password: str | None = field(repr=False)
    token: Callable[[], str] | None = field(repr=False)

    def fresh_token(self) -> str | None:
        """A token of the host's; ``None`` where a password is used.

        Raises:
            FailedError: the host gave none, or nothing that RFC 6750, 2.1, calls one.
        """
        if self.token is None:
            return None
        try:
            token = self.token()
        except Exception:  # noqa: BLE001 - whatever the host's code raises, with the token in it perhaps
            token = None
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise FailedError(Step.TOKEN)
        return token


@frozen(kw_only=True)
class Envelope:
    """One mail, ready for the wire."""

    to: str = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def options(self) -> tuple[str, ...]:
        """What its address asks of the server."""
        return () if self.to.isascii() else ("SMTPUTF8", "BODY=8BITMIME")  # RFC 6531, 3.4


class Session(smtplib.SMTP):
    """A client whose every answer has a time-out as a whole; smtplib's is for each byte of it.

    Args:
        host: the server's name.
        port: its port.
        step_s: see below.
        whole_s: the seconds until ``ends_at``.
        **tls: what ``smtplib.SMTP_SSL`` takes besides.

    Attributes:
        step_s: the seconds that an answer may take.
        ends_at: when the message must be done, on the monotonic clock.
    """

    def __init__(self, host: str, port: int, *, step_s: float, whole_s: float, **tls: Any) -> None:
        self.step_s: float = step_s
        self.ends_at: float = time.monotonic() + whole_s
        self._server = f"host={host}\1port={port}\1"
        super().__init__(host, port, _OUR_NAME, timeout=step_s, **tls)

    def send(self, s: Any) -> None:  # noqa: ANN401 - typed with 3.12's Buffer
        """See ``smtplib``."""
        if self.sock is not None:
            self.sock.settimeout(self._left_s())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """See ``smtplib``; an answer that is no SMTP is no answer."""
        cut = threading.Timer(self._left_s(), _cut, (self.sock,))
        cut.daemon = True
        cut.start()
        with suppress(smtplib.SMTPResponseException):  # a line without end
            try:
                code, words = super().getreply()
            finally:
                cut.cancel()
            if code in _CODES:
                return code, words
        self.close()
        raise smtplib.SMTPServerDisconnected

    def begin(self, tls: ssl.SSLContext | None, log_in: LogIn | None, *, token: str | None) -> None:
        """Everything before the first mail; the log-in only once the server proved who it is."""
        with at(Step.CONNECTION):
            self.ehlo_or_helo_if_needed()
        if tls is not None:
            with at(Step.STARTTLS):
                self.starttls(context=tls)
                self.ehlo_or_helo_if_needed()
        if log_in is not None:
            with at(Step.LOG_IN):
                self._log_in(log_in, token)

    def _log_in(self, who: LogIn, token: str | None) -> None:
        if token is None:
            self.login(who.username, who.password or "")
            return
        if "OAUTHBEARER" in self.esmtp_features.get("auth", "").upper().split():
            name = who.username.replace("=", "=3D").replace(",", "=2C")  # RFC 5801, 4
            mechanism, about, last = "OAUTHBEARER", f"n,a={name},\1{self._server}", "\1"  # RFC 7628, 3.1 and 3.2.3
        else:
            mechanism, about, last = "XOAUTH2", f"user={who.username}\1", ""
        answers = iter([f"{about}auth=Bearer {token}\1\1"])
        # The token as an answer, since a command has 512 bytes at most (RFC 4954, 4); whoever asks on has refused it.
        self.auth(mechanism, lambda _=None: next(answers, last), initial_response_ok=False)

    def hand_over(self, mail: Envelope, *, sender: str) -> None:
        """One mail: MAIL, RCPT and DATA."""
        with at(Step.SENDER):
            _accepted(self.mail(sender, mail.options))
        with at(Step.RECIPIENT):
            _accepted(self.rcpt(mail.to))
        with at(Step.MESSAGE):
            _accepted(self.data(mail.content))

    def is_ready(self, command: str) -> bool:
        """Whether it answers a command that changes nothing of the next mail."""
        with suppress(OSError):
            return self.docmd(command)[0] in _OK
        return False

    def _left_s(self) -> float:
        left_s = min(self.step_s, self.ends_at - time.monotonic())
        if left_s <= 0:
            self.close()
            raise TimeoutError
        return left_s


class TlsSession(Session, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


def _cut(sock: socket.socket) -> None:
    """Ends a wait in another thread; the one of ``SSLSocket`` would take the thread's state away from under it."""
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _accepted(reply: tuple[int, bytes]) -> None:
    if reply[0] not in _OK:
        raise smtplib.SMTPResponseException(*reply)


def _is_ours(words: bytes) -> bool:
    """Whether a refusal is about who sends, and not about what is sent to whom."""
    status = _STATUS.match(words)
    if status is not None and _OURS.fullmatch(status[1]):
        return True
    if status is not None and _THEIRS.fullmatch(status[1]):
        return False
    return _OUR_WORDS.search(words) is not None


@contextmanager
def at(step: Step) -> Iterator[None]:
    """Turns what smtplib raises, with addresses and the server's words in it, into a code."""
    try:
        yield
    except smtplib.SMTPResponseException as refused:
        words: object = refused.smtp_error  # bytes, though typed as str
        is_ours = isinstance(words, bytes) and _is_ours(words)
        raise FailedError(step, refused.smtp_code, is_ours=is_ours) from None
    except (OSError, ValueError, RuntimeError):  # the last: no thread could be started to keep the time
        raise FailedError(step) from None
