"""A notifier that sends mail by SMTP: over TLS, on one connection that is kept, and each message in bounded time."""

import logging
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from enum import Enum, unique

from patientportal.adapters.mail import letterhead
from patientportal.adapters.mail_words import ENGLISH, MailWords
from patientportal.adapters.smtp_session import Envelope, FailedError, LogIn, Session, Step, TlsSession, at
from patientportal.adapters.system import utc_now
from patientportal.domain.errors import ConfigurationError
from patientportal.domain.told import Channel
from patientportal.ports.notifier import Answer, Message

SHORTEST_TIMEOUT, LONGEST_TIMEOUT = timedelta(seconds=1), timedelta(minutes=1)
# From the wait for the connection to the last answer. Only what is under way may outlast it, by one time-out,
# and the look-up of the host by the resolver's own: together less than the five minutes of ``domain.notices.LEASE``.
WHOLE_SEND = timedelta(minutes=2)
IDLE_MAX = timedelta(minutes=1)
HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_log = logging.getLogger("patientportal")


@unique
class Security(Enum):
    """How the connection is encrypted; the value is the usual port."""

    STARTTLS = 587
    TLS = 465
    NONE = 25


class SmtpNotifier:
    """Sends mail by SMTP. Thread-safe, one message at a time; a process that forks should do so before its first.

    A message that the server may or may not have taken is sent again, with the same Message-ID.

    Args:
        host: the server's name; its certificate must be for it.
        port: ``None``: the usual one of ``security``.
        security: ``Security.NONE`` is for this machine alone, and sends no password.
        sender: the address that mail comes from.
        practice: its name, for the sender and in the texts.
        phone: the number to call it under, for the texts; ``None``: they name none.
        reply_to: the address that answers go to; ``None``: to the sender.
        username: for the log-in; ``None``: without one.
        password: for the log-in.
        token: gives an access token of OAuth 2 in place of a password, within seconds; asked before each log-in
            (OAUTHBEARER of RFC 7628 where the server offers it, else XOAUTH2).
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
        phone: str | None = None,
        reply_to: str | None = None,
        username: str | None = None,
        password: str | None = None,
        token: Callable[[], str] | None = None,
        words: Sequence[MailWords] = (ENGLISH,),
        timeout: timedelta = timedelta(seconds=20),
        ssl_context: ssl.SSLContext | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._host = _checked_host(host, security)
        self._port = _checked_port(security.value if port is None else port)
        self._security = security
        self._letterhead = letterhead(
            sender=sender, practice=practice, reply_to=reply_to, phone=phone, words=words, clock=clock
        )
        self._log_in = _checked_log_in(username, password, token, security)
        if not SHORTEST_TIMEOUT <= timeout <= LONGEST_TIMEOUT:
            raise ConfigurationError(setting="timeout", reason="must be from a second to a minute")
        self._timeout_s = timeout.total_seconds()
        self._tls = _checked_tls(ssl_context)
        self._clock = clock
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._session_process = os.getpid()
        self._used_at = clock()

    def send(self, message: Message) -> Answer:
        """See ``Notifier.send``; whatever goes wrong with a mail is an answer, and a code in the log."""
        ends_at = time.monotonic() + WHOLE_SEND.total_seconds()
        if message.channel is not Channel.EMAIL:
            _log.warning("smtp: asked to send a text message")
            return Answer.LATER
        mail = self._written(message)
        if mail is None:
            _log.warning("smtp: mail can't be written")
            return Answer.NEVER
        if not self._lock.acquire(timeout=WHOLE_SEND.total_seconds()):
            _log.warning("smtp: too busy")
            return Answer.UNREACHED
        try:
            return self._sent(mail, ends_at=ends_at)
        finally:
            self._lock.release()

    def close(self) -> None:
        """Closes the connection; the next message opens a new one."""
        with self._lock:
            if self._session is not None and self._session_process == os.getpid():
                self._session.ends_at = time.monotonic() + self._timeout_s
                with suppress(OSError):
                    self._session.quit()
            self._hang_up()

    def _written(self, message: Message) -> Envelope | None:
        mail = self._letterhead.mail(message)
        return None if mail is None else Envelope(to=mail.to, content=mail.as_email().as_bytes())

    def _sent(self, mail: Envelope, *, ends_at: float) -> Answer:
        try:
            session = self._connected(ends_at=ends_at)
            if mail.options and not session.has_extn("smtputf8"):
                _log.warning("smtp: recipient needs SMTPUTF8")
                return Answer.NEVER
            session.hand_over(mail, sender=self._letterhead.sender.addr_spec)
        except FailedError as failed:
            _log.warning("smtp: %s", failed)
            if not (failed.is_clear and self._session is not None and self._session.is_ready("RSET")):
                self._hang_up()
            # What MAIL asks for such an address may be what was refused: that says nothing about other mails.
            return Answer.LATER if mail.options and failed.step is Step.SENDER else failed.answer
        except BaseException:  # an answer that nobody read would be taken for the next mail's
            self._hang_up()
            raise
        return Answer.SENT

    def _connected(self, *, ends_at: float) -> Session:
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

    def _opened(self, *, ends_at: float) -> Session:
        token = None if self._log_in is None else self._log_in.fresh_token()
        with at(Step.CONNECTION):
            # smtplib tries one address after the other, each for a time-out
            addresses = len(socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM))
            kind, tls = (TlsSession, {"context": self._tls}) if self._security is Security.TLS else (Session, {})
            step_s = min(self._timeout_s, max(ends_at - time.monotonic(), 0.001) / addresses)
            session = kind(self._host, self._port, step_s=step_s, whole_s=WHOLE_SEND.total_seconds(), **tls)
        session.step_s, session.ends_at = self._timeout_s, ends_at
        try:
            session.begin(self._tls if self._security is Security.STARTTLS else None, self._log_in, token=token)
        except BaseException:
            session.close()
            raise
        return session

    def _hang_up(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None


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


def _checked_log_in(
    username: str | None, password: str | None, token: Callable[[], str] | None, security: Security
) -> LogIn | None:
    if username is None and password is None and token is None:
        return None
    if password is not None and token is not None:
        raise ConfigurationError(setting="token", reason="give either password or token")
    if not username or (token is None and not password):
        raise ConfigurationError(setting="password", reason="a username comes with a password or a token")
    if security is Security.NONE:
        raise ConfigurationError(setting="password", reason="is never sent without TLS")
    if not f"{username}{password}".isascii() or not f"{username}{password}".isprintable():
        raise ConfigurationError(setting="password", reason="username and password must be printable ASCII")
    return LogIn(username=username, password=password, token=token)


def _checked_tls(given: ssl.SSLContext | None) -> ssl.SSLContext:
    if given is None:
        given = ssl.create_default_context()
        given.minimum_version = ssl.TLSVersion.TLSv1_2
    if not given.check_hostname or given.verify_mode is not ssl.CERT_REQUIRED:
        raise ConfigurationError(setting="ssl_context", reason="must check the certificate and its host name")
    if given.minimum_version < ssl.TLSVersion.TLSv1_2:
        raise ConfigurationError(setting="ssl_context", reason="must begin with TLS 1.2")
    return given
