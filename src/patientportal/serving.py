"""``python -m patientportal serve``: the reference portal in a process of its own, with a worker beside it if asked."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import uvicorn
from attrs import frozen
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from patientportal.domain.errors import ConfigurationError
from patientportal.portal import Portal
from patientportal.settings import Settings
from patientportal.web import PaymentForm, create_app
from patientportal.web.site import Staff
from patientportal.worker import stop_on_signals

GRACE_SECONDS = 10
_log = logging.getLogger("patientportal.web")


@frozen
class AccessLog:
    """Logs each request by its page's pattern, which holds no id and no secret.

    Attributes:
        app: what answers.
    """

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, state = time.monotonic(), 500, scope.setdefault("state", {})

        async def noted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            took_ms = 1000 * (time.monotonic() - began)
            _log.info("%s %s %d %.0f ms", scope["method"], state.get("pattern", "-"), status, took_ms)


def application(
    portal: Portal, settings: Settings, *, staff: Staff | None = None, payment_form: object = None
) -> ASGIApp:
    """The portal's pages below the path of ``link_base_url``, by the settings of the process.

    Args:
        portal: what the pages show.
        settings: ``PATIENTPORTAL_PRACTICE``, ``_PHONE``, ``_REPLY_TO`` or ``_SENDER``, and ``_LANGUAGES``.
        staff: who of the staff asks; ``None``: there is no desk.
        payment_form: a ``PaymentForm``, as ``create_app`` has it.

    Raises:
        ConfigurationError: a setting is missing or can't be used, or ``payment_form`` can't.
    """
    if payment_form is not None and not isinstance(payment_form, PaymentForm):
        raise ConfigurationError(setting="payment_form", reason="must be a PaymentForm")
    pages = create_app(
        portal,
        practice=settings.text("PRACTICE"),
        phone=settings.environ.get("PATIENTPORTAL_PHONE"),
        email=settings.environ.get("PATIENTPORTAL_REPLY_TO", settings.environ.get("PATIENTPORTAL_SENDER")),
        language=settings.environ.get("PATIENTPORTAL_LANGUAGES", "en-US").partition(",")[0].strip(),
        staff=staff,
        payment_form=payment_form,
    )
    return AccessLog(below(portal, pages))


def below(portal: Portal, pages: ASGIApp) -> ASGIApp:
    """The pages where the portal's links lead to: below the path of ``link_base_url``, if it has one."""
    path = urlsplit(portal.link_base_url).path.rstrip("/")
    return Starlette(routes=[Mount(path, pages)]) if path else pages


def listen(app: ASGIApp, *, host: str, port: int) -> None:
    """Serves an application until SIGINT or SIGTERM, and then ends what is under way.

    Args:
        app: from ``application``.
        host: the address it listens at.
        port: the port.
    """
    stop_on_signals()  # uvicorn ends at a signal, then raises it again, so that nothing after this would be done
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


@contextmanager
def working(portal: Portal) -> Iterator[None]:
    """A worker beside what is done within, in a thread; it ends with the notice that is under way.

    Args:
        portal: to work for.
    """
    stop = threading.Event()
    worker = threading.Thread(target=portal.work_until, args=[stop], name="patientportal work")
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join()
