"""A notifier that sends mail by SMTP: over TLS, on one connection that is kept, and each message in bounded time."""

import logging
import os
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from enum import Enum, unique
from typing import Any

from attrs import field, frozen

from patientportal.adapters.mail_words import ENGLISH, MailWords, best_words
from patientportal.adapters.system import utc_now
from patientportal.domain.errors import BadInputError, ConfigurationError
from patientportal.domain.patients.personal import email_address
from patientportal.domain.values.text import line
from patientportal.ports.notifier import Answer, Message

SHORTEST_TIMEOUT, LONGEST_TIMEOUT = timedelta(seconds=1), timedelta(minutes=1)
# From the wait for the connection to the last answer. Only what is under way may outlast it, by one time-out,
# and the look-up of the host by the resolver's own: together less than the five minutes of ``domain.notices.LEASE``.
WHOLE_SEND = timedelta(minutes=2)
IDLE_MAX = timedelta(minutes=1)
PRACTICE_MAX = 100
HERE = frozenset({"localhost", "127.0.0.1", "::1"})
# RFC 5321, 4.1.3. What smtplib falls back to, without asking the resolver for a name that nobody needs.
_OUR_NAME = "[127.0.0.1]"
_CODES, _OK, _REFUSED, _PERMANENT = range(200, 600), range(200, 300), range(400, 600), range(500, 600)
_CLOSING = 421  # RFC 5321, 3.8: the server hangs up
_BY_POLICY = b"5.7."  # RFC 3463, 3.8: such as "relay access denied", which says nothing about the recipient
_LOG_IN_REQUIRED = 530  # RFC 4954, 6: it may answer any command
_log = logging.getLogger("patientportal")


@unique
class Security(Enum):
    """How the connection is encrypted; the value is the usual port."""

    STARTTLS = 587
    TLS = 465
    NONE = 25


@unique
class _Step(Enum):
    """Where a message fails, in the log's words."""

    CONNECTION = "connection"
    STARTTLS = "STARTTLS"
    LOG_IN = "log-in"
    SENDER = "sender"
    RECIPIENT = "recipient"
    MESSAGE = "message"


class _FailedError(Exception):
    """A step failed: with the code of the server's answer, or without one."""

    def __init__(self, step: _Step, code: int | None = None, *, by_policy: bool = False) -> None:
        super().__init__()
        self.step = step
        self.code = code
        self.by_policy = by_policy

    @property
    def is_clear(self) -> bool:
        """Whether the server refused this message alone, and the connection is as good as before."""
        about_one = self.step in {_Step.SENDER, _Step.RECIPIENT, _Step.MESSAGE}
        return about_one and self.code in _REFUSED and self.code != _CLOSING

    @property
    def answer(self) -> Answer:
        is_set_up = self.code == _LOG_IN_REQUIRED or (self.step is _Step.RECIPIENT and self.by_policy)
        is_theirs = self.step in {_Step.RECIPIENT, _Step.MESSAGE} and not is_set_up
        return Answer.NEVER if is_theirs and self.code in _PERMANENT else Answer.LATER

    def __str__(self) -> str:
        return f"{self.step.value} failed" if self.code is None else f"{self.step.value} refused ({self.code})"


@frozen(kw_only=True)
class _Mail:
    """One mail, ready for the wire."""

    to: str = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def options(self) -> tuple[str, ...]:
        return () if self.to.isascii() else ("SMTPUTF8", "BODY=8BITMIME")  # RFC 6531, 3.4


class SmtpNotifier:
    """Sends mail by SMTP. Thread-safe, one message at a time; a process that forks should do so before its first.

    A message that the server may or may not have taken is sent again, with the same Message-ID.

    Args:
        host: the server's name; its certificate must bear it.
        port: ``None``: the usual one of ``security``.
        security: ``Security.NONE`` reaches this machine alone, and sends no password.
        sender: the address that mail comes from.
        practice: its name, for the sender and in the texts.
        username: for the log-in; ``None``: without one.
        password: for the log-in.
        words: the texts, one set a language; the first is the practice's own.
        timeout: how long each of the server's answers may take, from a second to a minute. A whole message takes two
            minutes at most, and one time-out more.
        ssl_context: ``None``: the system's authorities, TLS 1.2 or later.
        clock: now, as an aware ``datetime``.

    Raises:
        ConfigurationError: one of these can't be used.
    """

    def __init__(
        self,
        host: str,
        *,
        port: int | None = None,
        security: Security = Security.STARTTLS,
        sender: str,
        practice: str,
        username: str | None = None,
        password: str | None = None,
        words: Sequence[MailWords] = (ENGLISH,),
        timeout: timedelta = timedelta(seconds=20),
        ssl_context: ssl.SSLContext | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._host = _checked_host(host, security)
        self._port = _checked_port(security.value if port is None else port)
        self._security = security
        self._from = _checked_sender(sender, practice)
        self._log_in = _checked_log_in(username, password, security)
        self._words = _checked_words(words)
        if not SHORTEST_TIMEOUT <= timeout <= LONGEST_TIMEOUT:
            raise ConfigurationError(setting="timeout", reason="must be from a second to a minute")
        self._timeout_s = timeout.total_seconds()
        self._tls = _checked_tls(ssl_context)
        self._clock = clock
        self._lock = threading.Lock()
        self._session: _Session | None = None
        self._session_process = os.getpid()
        self._used_at = clock()

    def send(self, message: Message) -> Answer:
        """See ``Notifier.send``; whatever goes wrong with a mail is an answer, and a code in the log."""
        ends_at = time.monotonic() + WHOLE_SEND.total_seconds()
        mail = self._written(message)
        if mail is None:
            _log.warning("smtp: mail can't be written")
            return Answer.NEVER
        if not self._lock.acquire(timeout=WHOLE_SEND.total_seconds()):
            _log.warning("smtp: too busy")
            return Answer.LATER
        try:
            return self._sent(mail, ends_at=ends_at)
        finally:
            self._lock.release()

    def close(self) -> None:
        """Ends the connection; another message would open the next one."""
        with self._lock:
            if self._session is not None and self._session_process == os.getpid():
                self._session.ends_at = time.monotonic() + self._timeout_s
                with suppress(OSError):
                    self._session.quit()
            self._hang_up()

    def _written(self, message: Message) -> _Mail | None:
        """The mail; ``None`` where a link is missing, or the address can't stand in a header as it is."""
        words = best_words(self._words, message.language)
        try:
            to = email_address(message.to_email)
            letter = words.letter(message, practice=self._from.display_name)
            mail = EmailMessage(policy=policy.SMTP if to.isascii() else policy.SMTPUTF8)
            mail["From"] = self._from
            mail["To"] = to
            mail["Subject"] = letter.subject
            mail["Date"] = self._clock()
            mail["Message-ID"] = f"<{message.id}@{self._from.domain}>"
            mail["Auto-Submitted"] = "auto-generated"  # RFC 3834, 5: nobody's vacation answers it
            mail.set_content(letter.text, cte="quoted-printable")
            mail.add_alternative(letter.page, subtype="html", cte="quoted-printable")
            mail["Content-Language"] = letter.language  # last, as the parts take such headers with them
            if [one.addr_spec for one in mail["To"].addresses] != [to]:  # such as =?utf-8?q?eve?=@example.org
                return None
            return _Mail(to=to, content=mail.as_bytes())
        except (ValueError, KeyError):
            return None

    def _sent(self, mail: _Mail, *, ends_at: float) -> Answer:
        try:
            session = self._connected(ends_at=ends_at)
            if mail.options and not session.has_extn("smtputf8"):
                _log.warning("smtp: recipient needs SMTPUTF8")
                return Answer.NEVER
            session.hand_over(mail, sender=self._from.addr_spec)
        except _FailedError as failed:
            _log.warning("smtp: %s", failed)
            if not (failed.is_clear and self._session is not None and self._session.is_ready("RSET")):
                self._hang_up()
            return failed.answer
        except BaseException:  # an answer that nobody read would be taken for the next mail's
            self._hang_up()
            raise
        return Answer.SENT

    def _connected(self, *, ends_at: float) -> "_Session":
        """The kept connection where it still lives, else a new one.

        One that was idle for long is just closed: a firewall may have forgotten it, and asking would cost a time-out.
        """
        now = self._clock()
        is_fresh = timedelta(0) <= now - self._used_at <= IDLE_MAX and self._session_process == os.getpid()
        self._used_at = now
        if self._session is not None:
            self._session.ends_at = ends_at
            if is_fresh and self._session.is_ready("NOOP"):
                return self._session
            self._hang_up()
        session = self._opened(ends_at=ends_at)
        self._session, self._session_process = session, os.getpid()
        return session

    def _opened(self, *, ends_at: float) -> "_Session":
        with _step(_Step.CONNECTION):
            # smtplib tries one address after the other, each for a time-out
            addresses = len(socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM))
            kind, tls = (_TlsSession, {"context": self._tls}) if self._security is Security.TLS else (_Session, {})
            step_s = min(self._timeout_s, max(ends_at - time.monotonic(), 0.001) / addresses)
            session = kind(self._host, self._port, step_s=step_s, **tls)
        session.step_s, session.ends_at = self._timeout_s, ends_at
        try:
            session.begin(self._tls if self._security is Security.STARTTLS else None, self._log_in)
        except BaseException:
            session.close()
            raise
        return session

    def _hang_up(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None


class _Session(smtplib.SMTP):
    """A client whose every answer has a time-out as a whole; smtplib's is for each byte of it.

    Attributes:
        step_s: the seconds that an answer may take.
        ends_at: when the message must be done, on the monotonic clock.
    """

    def __init__(self, host: str, port: int, *, step_s: float, **tls: Any) -> None:
        self.step_s = step_s
        self.ends_at = time.monotonic() + WHOLE_SEND.total_seconds()
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

    def begin(self, tls: ssl.SSLContext | None, log_in: tuple[str, str] | None) -> None:
        """Everything before the first mail; the log-in only once the server proved who it is."""
        with _step(_Step.CONNECTION):
            self.ehlo_or_helo_if_needed()
        if tls is not None:
            with _step(_Step.STARTTLS):
                self.starttls(context=tls)
                self.ehlo_or_helo_if_needed()
        if log_in is not None:
            with _step(_Step.LOG_IN):
                self.login(*log_in)

    def hand_over(self, mail: _Mail, *, sender: str) -> None:
        """One mail: MAIL, RCPT and DATA."""
        with _step(_Step.SENDER):
            _accepted(self.mail(sender, mail.options))
        with _step(_Step.RECIPIENT):
            _accepted(self.rcpt(mail.to))
        with _step(_Step.MESSAGE):
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


class _TlsSession(_Session, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


def _cut(sock: socket.socket) -> None:
    """Ends a wait in another thread; the one of ``SSLSocket`` would take the thread's state away from under it."""
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _accepted(reply: tuple[int, bytes]) -> None:
    if reply[0] not in _OK:
        raise smtplib.SMTPResponseException(*reply)


@contextmanager
def _step(step: _Step) -> Iterator[None]:
    """Turns what smtplib raises, with addresses and the server's words in it, into a code."""
    try:
        yield
    except smtplib.SMTPResponseException as refused:
        words: object = refused.smtp_error  # bytes, though typed as str
        by_policy = isinstance(words, bytes) and words.startswith(_BY_POLICY)
        raise _FailedError(step, refused.smtp_code, by_policy=by_policy) from None
    except (OSError, ValueError, RuntimeError):  # the last: no thread could be started to keep the time
        raise _FailedError(step) from None


def _checked_host(host: str, security: Security) -> str:
    if not host or not host.isprintable() or " " in host:
        raise ConfigurationError(setting="host", reason="isn't the name of a server")
    if security is Security.NONE and host not in HERE:
        raise ConfigurationError(setting="security", reason="only this machine is reached without TLS")
    return host


def _checked_port(port: int) -> int:
    if not 1 <= port <= 65_535:  # noqa: PLR2004 - the ports of TCP
        raise ConfigurationError(setting="port", reason="must be from 1 to 65535")
    return port


def _checked_sender(sender: str, practice: str) -> Address:
    if "=?" in f"{sender}{practice}":
        raise ConfigurationError(setting="sender", reason="=? would be read as an encoded word (RFC 2047)")
    try:
        name = line(practice, field="practice", at_most=PRACTICE_MAX)
        username, _, domain = email_address(sender, field="sender").rpartition("@")
    except BadInputError as error:
        raise ConfigurationError(setting=error.field, reason=error.problem) from None
    if not sender.isascii():
        raise ConfigurationError(setting="sender", reason="must be ASCII, as not every server takes another")
    return Address(display_name=name, username=username, domain=domain)


def _checked_log_in(username: str | None, password: str | None, security: Security) -> tuple[str, str] | None:
    if username is None and password is None:
        return None
    if not username or not password:
        raise ConfigurationError(setting="password", reason="username and password come together")
    if security is Security.NONE:
        raise ConfigurationError(setting="password", reason="is never sent without TLS")
    if not f"{username}{password}".isascii() or not f"{username}{password}".isprintable():
        raise ConfigurationError(setting="password", reason="username and password must be printable ASCII")
    return username, password


def _checked_words(words: Sequence[MailWords]) -> tuple[MailWords, ...]:
    languages = [one.language.lower() for one in words]
    if not languages or len(set(languages)) < len(languages):
        raise ConfigurationError(setting="words", reason="there must be one set a language, and one at least")
    return tuple(words)


def _checked_tls(given: ssl.SSLContext | None) -> ssl.SSLContext:
    if given is None:
        given = ssl.create_default_context()
        given.minimum_version = ssl.TLSVersion.TLSv1_2
    if not given.check_hostname or given.verify_mode is not ssl.CERT_REQUIRED:
        raise ConfigurationError(setting="ssl_context", reason="must check the certificate and its host name")
    if given.minimum_version < ssl.TLSVersion.TLSv1_2:
        raise ConfigurationError(setting="ssl_context", reason="must begin with TLS 1.2")
    return given
