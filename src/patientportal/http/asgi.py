"""The same-origin rule and the security headers around an ASGI app, whatever it is written in."""

from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any

from patientportal.http.answers import SECURITY_HEADERS
from patientportal.http.requests import is_allowed

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_HEADERS = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
_POLICY_VIOLATION = 1008  # RFC 6455, 7.4.1


def guarded(app: App, origins: Collection[str]) -> App:
    """An ASGI app that is asked only what ``is_allowed`` lets in, and whose answers all say ``SECURITY_HEADERS``.

    What isn't let in is answered with 403. A WebSocket must prove where it comes from, too. A header that the app says
    itself is left as it is.

    Args:
        app: FastAPI, Starlette, Django's ``get_asgi_application()`` or any other; a middleware of theirs is made so:
            ``app.add_middleware(guarded, origins={portal.origin})``.
        origins: as ``is_allowed`` takes them.
    """
    answered = with_headers(app)

    async def guard(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            return await app(scope, receive, send)
        is_socket = scope["type"] == "websocket"
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        if is_allowed("CONNECT" if is_socket else scope["method"], headers, origins):
            return await answered(scope, receive, send)
        if is_socket:
            return await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        await send({"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"0"), *_HEADERS]})
        await send({"type": "http.response.body", "body": b""})
        return None

    return guard


def with_headers(app: App) -> App:
    """An ASGI app whose every answer says ``SECURITY_HEADERS``; a header that it says itself is left as it is.

    Args:
        app: in whatever it is written.
    """

    async def answered(scope: Message, receive: Receive, send: Send) -> None:
        await app(scope, receive, _saying(send) if scope["type"] == "http" else send)

    return answered


def _saying(send: Send) -> Send:
    """Sends an app's answers with the headers that it doesn't say itself."""

    async def saying(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = list(message.get("headers", ()))
            names = {name.lower() for name, _ in own}
            message = {**message, "headers": own + [header for header in _HEADERS if header[0] not in names]}
        await send(message)

    return saying
