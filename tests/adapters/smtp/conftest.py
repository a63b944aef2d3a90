"""What the tests of mail by SMTP share: a server over real TLS, one that breaks every rule, and notifiers to them."""

import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller

from patientportal import Security, SmtpNotifier
from tests.adapters.smtp.servers import Post, Rude, free_port


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

    def start(
        security: Security = Security.STARTTLS,
        *,
        name: str = "localhost",
        kind: Callable[[], Post] = Post,
        **more: Any,
    ) -> tuple[Post, int]:
        post, context = kind(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
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


@pytest.fixture
def rude(opened: ExitStack) -> Callable[[dict[bytes, Sequence[bytes]]], Rude]:
    """Starts a server that answers lines by how they begin; the greeting is the answer to none."""

    def start(script: dict[bytes, Sequence[bytes]]) -> Rude:
        polite = {b"": [b"220 hello\r\n"], b"ehlo": [b"250 hello\r\n"]}

        def says(line: bytes) -> Sequence[bytes]:
            return (polite | script).get(line[:4].lower(), [b"250 ok\r\n"])

        return opened.enter_context(closing(Rude(says)))

    return start
