"""Around any ASGI app: only pages of ours may send, and every answer says what browsers must know."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from patientportal.http import SECURITY_HEADERS, guarded

OURS = {"https://portal.example"}
FROM_US = [(b"Sec-Fetch-Site", b"same-origin"), (b"Origin", b"https://portal.example")]
Message = MutableMapping[str, Any]


def asked(kind: str, headers: list[tuple[bytes, bytes]], **scope: str) -> tuple[list[str], list[Message]]:
    """What reached the app, and what was answered."""
    reached: list[str] = []
    sent: list[Message] = []

    async def app(scope: Message, receive: Any, send: Any) -> None:
        del receive
        reached.append(scope["type"])
        if scope["type"] == "http":
            own = [(b"Content-Security-Policy", b"sandbox"), (b"content-type", b"text/plain")]
            await send({"type": "http.response.start", "status": 200, "headers": own})
            await send({"type": "http.response.body", "body": b"hello"})

    async def receive() -> Message:
        return {}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(_run(guarded(app, OURS), {"type": kind, "headers": headers, **scope}, receive, send))
    return reached, sent


async def _run(app: Any, *arguments: Any) -> None:
    await app(*arguments)


@pytest.mark.parametrize(
    ("method", "headers"), [("POST", FROM_US), ("GET", []), ("HEAD", [(b"origin", b"https://evil.example")])]
)
def test_what_may_ask_reaches_the_app_and_its_own_headers_stay(method: str, headers: list[tuple[bytes, bytes]]) -> None:
    reached, (start, body) = asked("http", headers, method=method)
    assert (reached, start["status"], body["body"]) == (["http"], 200, b"hello")
    said = [(name.decode().lower(), value.decode()) for name, value in start["headers"]]
    expected = {name.lower(): value for name, value in SECURITY_HEADERS.items()}
    assert dict(said) == expected | {"content-security-policy": "sandbox", "content-type": "text/plain"}
    assert len(said) == len(dict(said))


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"origin", b"https://evil.example")],
        [*FROM_US, (b"origin", b"https://evil.example")],
        [(b"sec-fetch-site", b"same-origin"), (b"sec-fetch-site", b"cross-site")],
        [(b"origin", b"https://portal.example\xff")],
    ],
)
def test_another_site_is_told_nothing_but_no(headers: list[tuple[bytes, bytes]]) -> None:
    reached, (start, body) = asked("http", headers, method="POST")
    assert (reached, start["status"], body["body"]) == ([], 403, b"")
    assert (b"x-frame-options", b"DENY") in start["headers"]


def test_a_socket_proves_where_it_comes_from_and_what_has_no_headers_passes() -> None:
    assert asked("websocket", FROM_US) == (["websocket"], [])
    for headers in ([], [(b"origin", b"https://evil.example")]):
        assert asked("websocket", headers) == ([], [{"type": "websocket.close", "code": 1008}])
    assert asked("lifespan", []) == (["lifespan"], [])
