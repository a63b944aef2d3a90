"""A mail server that keeps what it gets, and one that answers whatever it is told to."""

import asyncio
import email.policy
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import AuthResult

from patientportal import SmtpNotifier
from tests.adapters.smtp.mails import PASSWORD

DROP, HANG = "drop", "hang"


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


class TokenPost(Post):
    """A mail room that also lets in whoever shows an access token.

    Attributes:
        good: the tokens that are taken.
        shown: each mechanism with what was said by it, the last word after a refusal too.
    """

    def __init__(self) -> None:
        super().__init__()
        self.good: set[str] = set()
        self.shown: list[tuple[str, bytes]] = []

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's name
        return await self._shown(server, args, error=b'{"status":"400","schemes":"Bearer"}')

    async def auth_OAUTHBEARER(self, server: Any, args: list[str]) -> AuthResult:  # noqa: N802
        return await self._shown(server, args, error=b'{"status":"invalid_token"}')

    async def _shown(self, server: Any, args: list[str], *, error: bytes) -> AuthResult:
        said = await server.challenge_auth("")
        self.shown.append((args[0], said))
        if any(f"\1auth=Bearer {token}\1\1".encode() in said for token in self.good):
            return AuthResult(success=True)
        self.shown.append((args[0], await server.challenge_auth(error)))
        return AuthResult(success=False, handled=False)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


Served = Callable[..., tuple[Post, int]]
Notifying = Callable[..., SmtpNotifier]
LOG_IN = {"username": "mailer", "password": PASSWORD}


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


StartRude = Callable[[dict[bytes, Sequence[bytes]]], Rude]
TEMPTING = b"250-hello\r\n250-AUTH PLAIN LOGIN\r\n"
