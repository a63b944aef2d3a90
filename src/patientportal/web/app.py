"""The portal as one ASGI application: the table of pages, answered one after another, each in a thread."""

import math
import os
import time
from collections.abc import Callable, Iterable
from functools import partial

from anyio import CapacityLimiter, Semaphore, to_thread
from attrs import define, field
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from patientportal import (
    BadInputError,
    ConfigurationError,
    NotFoundError,
    NotPermittedError,
    Portal,
    PortalError,
    RefusedError,
    SandboxProcessor,
    SessionEndedError,
    TooBusyError,
)
from patientportal.http import is_allowed, status_of
from patientportal.http.asgi import with_headers
from patientportal.web.desk import SCREENS as DESK
from patientportal.web.forms import Form, read
from patientportal.web.pages import screens
from patientportal.web.pages.errors import sorry
from patientportal.web.payment_forms import PaymentForm, checked
from patientportal.web.rates import Rates
from patientportal.web.sandbox_form import SandboxForm
from patientportal.web.screens import FORM_BYTES_MAX, Screen, Who, nothing
from patientportal.web.site import STATIC, Site, Staff, peer
from patientportal.web.visitor import FLASH_COOKIE, Visitor

PAGES_AT_ONCE = 8
OUTSIDE_AT_ONCE = 8
CLOSED_REQUEST = 499  # nobody reads it


def create_app(
    portal: Portal,
    *,
    practice: str,
    phone: str | None = None,
    email: str | None = None,
    language: str = "en-US",
    staff: Staff | None = None,
    trusted_origins: Iterable[str] = (),
    address: Callable[[Request], str] = peer,
    payment_form: PaymentForm | None = None,
    hashing: int | None = None,
    hashing_waiting: int = 256,
    form_seconds: float = 60,
) -> Starlette:
    """The portal's pages, ready to be served, or mounted under a path of another application.

    Make it where the portal is made: once for each process, after any fork.

    Args:
        portal: what the pages show; its ``link_base_url`` is where they stand.
        practice: its name, for the head of every page.
        phone: the practice's phone number, where somebody may need it; ``None``: none is named.
        email: the practice's e-mail address, which calendar files name (extra ``ical``); ``None``: there are none.
        language: the practice's own with its country (BCP 47); a page is in the reader's language.
        staff: who of the staff asks, by the host's own log-in; ``None`` from it answers 404; without it there is no
            desk.
        trusted_origins: more addresses at which browsers see the portal, such as ``https://www.clinic.example``.
        address: from where a request comes, as far as the host trusts its proxy.
        payment_form: how patients say with what they pay, where the portal has a processor; ``None``: the sandbox's own
            for a sandbox, and with any other they can't pay here.
        hashing: how many log-ins and the like are worked on at once; ``None``: one less than there are processors.
        hashing_waiting: how many may wait for that; more are told to come again. Under WSGI, where each holds a
            thread, about half of the server's threads.
        form_seconds: how long a form may take to arrive.

    Raises:
        ConfigurationError: ``practice`` is empty, ``payment_form`` can't be used, or one of the numbers is too small.
    """
    if not practice.strip():
        raise ConfigurationError(setting="practice", reason="must be the practice's name")
    slots = max(1, (os.cpu_count() or 1) - 1) if hashing is None else hashing
    if slots < 1 or hashing_waiting < 1:
        raise ConfigurationError(setting="hashing", reason="must be 1 or more")
    if form_seconds <= 0:
        raise ConfigurationError(setting="form_seconds", reason="must be more than 0")
    table = sorted((*screens(portal), *(DESK if staff else ())), key=lambda screen: screen.path.count("{"))
    site = Site(
        portal=portal,
        practice=practice,
        phone=phone,
        email=email,
        language=language,
        staff=staff,
        address=address,
        origins=frozenset({portal.origin, *trusted_origins}),
        payment_form=_form_of(portal, payment_form),
        flashes={code: text for screen in table for code, text in screen.says.items()},
        rates=Rates(burst=10, seconds_each=6, clock=time.monotonic),
    )
    server = Server(site, hashing=slots, waiting=hashing_waiting, form_seconds=form_seconds)
    return Pages(
        routes=[
            *(Route(screen.path, partial(server.answer, screen), methods=_methods(screen)) for screen in table),
            Mount("/static", Static(directory=STATIC), name="static"),
        ],
        exception_handlers={HTTPException: server.refused, Exception: server.failed},
    )


def _form_of(portal: Portal, given: PaymentForm | None) -> PaymentForm | None:
    if given is not None:
        return checked(given, portal)
    return SandboxForm() if isinstance(portal.payments, SandboxProcessor) else None


class Pages(Starlette):
    """An application whose every answer has the headers of safety, a fault's too."""

    def build_middleware_stack(self) -> ASGIApp:
        """Puts them around everything else."""
        return with_headers(super().build_middleware_stack())


class Static(StaticFiles):
    """Files that a browser may keep for a year, for their address is another one when they are."""

    def file_response(self, *args: object, **named: object) -> Response:
        """A file."""
        response: Response = super().file_response(*args, **named)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


@define(eq=False)
class Server:
    """Answers requests: so many pages at once, and few of those that hash, so that log-ins never starve pages.

    Attributes:
        site: what every page knows.
        hashing: how many that hash are answered at once.
        waiting: how many may wait for that.
        form_seconds: how long a form may take to arrive.
    """

    site: Site
    hashing: int
    waiting: int
    form_seconds: float
    _limits: "Limits | None" = field(default=None, init=False)

    async def answer(self, screen: Screen, request: Request) -> Response:
        """The answer to a request for one page."""
        if not is_allowed(request.method, request.headers.items(), self.site.origins):
            raise HTTPException(403)
        request.state.pattern = screen.path
        posted = request.method == "POST"
        limits = self._limits = self._limits or Limits(self.hashing)
        if posted and screen.bytes_max > FORM_BYTES_MAX:  # nobody's megabytes are read who isn't let in
            known = partial(_let_in, Visitor(self.site, request, screen), screen.who)
            await to_thread.run_sync(known, limiter=limits.pages)
        form = await self._read(screen, request) if posted else Form()
        work = partial(answered, self.site, screen, request, form)
        if not (posted and screen.hashes):
            return await to_thread.run_sync(work, limiter=limits.outside if screen.outside else limits.pages)
        wait = self.site.rates.wait_seconds(self.site.address(request))
        if wait:
            raise HTTPException(429, headers={"Retry-After": str(math.ceil(wait))})
        if limits.hashing.statistics().tasks_waiting >= self.waiting:
            raise HTTPException(503, headers={"Retry-After": "10"})
        async with limits.hashing:
            if await request.is_disconnected():
                return Response(status_code=CLOSED_REQUEST)
            return await to_thread.run_sync(work, limiter=limits.threads)

    async def _read(self, screen: Screen, request: Request) -> Form:
        return await read(request, bytes_max=screen.bytes_max, seconds_max=self.form_seconds)

    async def refused(self, request: Request, error: Exception) -> Response:
        """The page of a request that came to no page: nowhere, too long, too often, of another site."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        visitor = Visitor(self.site, request, None)
        return await to_thread.run_sync(partial(sorry, visitor, status, headers=headers))

    async def failed(self, request: Request, _: Exception) -> Response:
        """The page of a fault of ours, which tells nothing of it; the server logs it."""
        return await self.refused(request, HTTPException(500))


class Limits:
    """Who waits for whom, in the event loop that runs."""

    def __init__(self, hashing: int) -> None:
        self.pages: CapacityLimiter = CapacityLimiter(PAGES_AT_ONCE)
        self.hashing: Semaphore = Semaphore(hashing)
        self.threads: CapacityLimiter = CapacityLimiter(hashing)
        self.outside: CapacityLimiter = CapacityLimiter(OUTSIDE_AT_ONCE)


def answered(site: Site, screen: Screen, request: Request, form: Form) -> Response:
    """One page, or what a form there did; in a thread."""
    visitor = Visitor(site, request, screen, form)
    try:
        _let_in(visitor, screen.who)
        return screen.show(visitor) if request.method != "POST" else _done(visitor, screen)
    except SessionEndedError:
        visitor.keep_session(None)
        back = visitor.path if request.method == "GET" and visitor.path != "/" else None
        is_news = visitor.session_token and FLASH_COOKIE not in request.cookies  # nothing else is still to be said
        return visitor.go("/log-in", flash="session_ended" if is_news else None, back=back)
    except TooBusyError as error:
        wait_seconds = math.ceil(error.retry_after.total_seconds())
        return sorry(visitor, status_of(error), error=error, headers={"Retry-After": str(wait_seconds)})
    except PortalError as error:
        return sorry(visitor, status_of(error), error=error)


def _done(visitor: Visitor, screen: Screen) -> Response:
    """What a form did; what can be put right is said on the page that shows the form."""
    try:
        return screen.do(visitor)
    except (SessionEndedError, NotFoundError, NotPermittedError):
        raise
    except (BadInputError, RefusedError, ExceptionGroup) as error:
        if screen.show is nothing:
            raise
        visitor.blame(error)
        return screen.show(visitor)


def _let_in(visitor: Visitor, who: Who) -> None:
    match who:
        case Who.ANYBODY:
            return
        case Who.PATIENT:
            visitor.patient = visitor.portal.resume(visitor.session_token)
        case Who.STAFF:
            member = visitor.site.staff and visitor.site.staff(visitor.request)
            if member is None:
                raise HTTPException(404)
            visitor.desk = visitor.portal.practice(member)


def _methods(screen: Screen) -> list[str]:
    return ["GET"] * (screen.show is not nothing) + ["POST"] * (screen.do is not nothing)
