"""One request of somebody's browser: who they are, what they sent, what they are shown, and where they go on."""

import re
import secrets
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from attrs import define, field
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from patientportal import (
    AccountLockedError,
    BadInputError,
    PatientAccess,
    PatientId,
    Portal,
    PortalError,
    PracticeAccess,
    RecoveryClosedError,
    SessionEndedError,
)
from patientportal.http import cookie, cookie_name, status_of
from patientportal.web import menus
from patientportal.web.forms import Form
from patientportal.web.languages import LANGUAGES, translations
from patientportal.web.render import rendered, version
from patientportal.web.screens import Screen
from patientportal.web.site import Site
from patientportal.words import Language, Said, choose, say

FLASH_COOKIE, LANGUAGE_COOKIE = "flash", "lang"
FLASH_SECONDS, LANGUAGE_SECONDS = 60, 365 * 24 * 3600
_BACK = re.compile(r"/[0-9A-Za-z_-]+(?:/[0-9A-Za-z_-]+)*", re.ASCII)


@define(eq=False, repr=False, slots=False)
class Visitor:
    """One request, as a page sees it.

    Attributes:
        site: what every page knows.
        request: as it came.
        screen: what they look at; ``None``: it is nowhere.
        form: what they sent.
        problems: what is wrong with that, each with whether it is about what was typed into one field.
        patient: who is logged in, on a page for patients.
        desk: what they may do, on a page for staff.
        error: what was wrong with the form, for a page that shows another way then.
        names: what this form calls the library's fields, beside ``Screen.rename``, where that depends on what was sent.
    """

    site: Site
    request: Request
    screen: Screen | None
    form: Form = field(factory=Form)
    problems: tuple[tuple[Said, bool], ...] = ()
    patient: PatientAccess | None = None
    desk: PracticeAccess | None = None
    status: int = 200
    error: PortalError | ExceptionGroup[PortalError] | None = None
    names: dict[str, str] = field(factory=dict, init=False)
    _labels: dict[str, str | None] = field(factory=dict, init=False)
    _faults: Mapping[str, tuple[str, ...]] = field(factory=dict, init=False)
    _cookies: list[str] = field(factory=list, init=False)

    @property
    def portal(self) -> Portal:
        """The portal itself."""
        return self.site.portal

    @property
    def me(self) -> PatientAccess:
        """Who is logged in.

        Raises:
            SessionEndedError: nobody is.
        """
        if self.patient is None:
            raise SessionEndedError
        return self.patient

    @property
    def practice(self) -> PracticeAccess:
        """What the member of staff who asks may do."""
        if self.desk is None:
            raise TypeError("this page is for nobody of the staff")
        return self.desk

    @cached_property
    def language(self) -> Language:
        """What they read: as chosen here, else by their browser, else the practice's."""
        return choose(
            chosen=self.request.cookies.get(LANGUAGE_COOKIE),
            accept=self.request.headers.get("accept-language"),
            practice=self.site.language,
        )

    @property
    def today(self) -> date:
        """The day by the practice's clocks."""
        return self.portal.now.astimezone(ZoneInfo(self.portal.policy.zone)).date()

    @property
    def mount(self) -> str:
        """Where the portal stands on its host: nothing, or ``/portal``."""
        return str(self.request.scope.get("root_path", "")).rstrip("/")

    @property
    def path(self) -> str:
        """Where they are, below the mount."""
        return self.request.url.path.removeprefix(self.mount) or "/"

    @property
    def query(self) -> Mapping[str, str]:
        """What stands behind the ``?``."""
        return self.request.query_params

    @cached_property
    def form_key(self) -> str:
        """What makes a form one thing however often it is sent: hidden in it as ``key``, and given back with it."""
        return self.form["key"] or secrets.token_urlsafe(16)

    def at(self, name: str) -> str:
        """A parameter of the page's path."""
        return str(self.request.path_params[name])

    def url(self, path: str, **query: str | None) -> str:
        """A page's address from the host's root.

        Args:
            path: below the mount.
            query: what stands behind the ``?``; what is ``None`` doesn't.
        """
        given = {name: value for name, value in query.items() if value is not None}
        return self.mount + quote(path) + (f"?{urlencode(given)}" if given else "")

    def static(self, name: str) -> str:
        """A static file's address, which is another one when the file is."""
        return f"{self.mount}/static/{name}?v={version(name)}"

    @property
    def menu(self) -> tuple[tuple[str, str], ...]:
        """Where one can go from here: paths, and what stands there."""
        if self.desk is not None:
            return menus.of_desk(self.desk)
        return menus.PATIENT if self.patient is not None else ()

    def patient_menu(self, patient_id: PatientId) -> tuple[tuple[str, str], ...]:
        """What there is of a patient whom a page of the desk is about.

        Args:
            patient_id: of whom.
        """
        return menus.about(self.practice, patient_id)

    def is_below(self, path: str) -> bool:
        """Whether this page is that one, or stands below it."""
        return self.path == path or (path not in {"/", "/desk"} and self.path.startswith(f"{path}/"))

    @property
    def idle_seconds(self) -> int:
        """After how long without a request the session ends."""
        return int(self.portal.policy.sessions.idle.total_seconds())

    @property
    def left_seconds(self) -> int:
        """After how long the session is over, whatever is asked."""
        return int((self.me.ends_at - self.portal.now).total_seconds())

    @property
    def date_order(self) -> tuple[str, ...]:
        """In which order the parts of a day are written in their country."""
        pattern = self.language.locale.date_formats["short"].pattern.lower()
        return tuple(sorted(("day", "month", "year"), key=lambda part: pattern.index(part[0])))

    def fault(self, name: str, label: str | None = None) -> str:
        """What is wrong with a field that stands on the page; nothing, where nothing is.

        Args:
            name: the field's.
            label: what the page calls it, which the list of what is wrong then does, too.
        """
        self._labels.setdefault(name, label)
        return " ".join(self._faults.get(name, ()))

    def listed(self) -> Iterator[tuple[str, str | None]]:
        """Each problem in a sentence or a few, and the field on the page that it is about; once the page is written."""
        for said, is_typed in self.problems:
            name = next((name for name in said.fields if name in self._labels), None)
            label = self._labels[name] if name and is_typed else None
            if name is None or label is None:
                yield said.summary, name
            else:
                yield f"{label}{'' if label.endswith('?') else ':'} {' '.join(said.fields[name])}", name

    def blame(self, error: PortalError | ExceptionGroup[PortalError]) -> None:
        """Says at the form what is wrong with it; the page is shown next.

        Args:
            error: one, or several of one form.
        """
        rename = {**(self.screen.rename if self.screen else {}), **self.names}
        self.error = error
        several = error.exceptions if isinstance(error, ExceptionGroup) else (error,)
        self.status = 422 if isinstance(error, ExceptionGroup) else status_of(error)
        self._faults = say(error, self.language, rename=rename).fields
        self.problems = tuple(
            (say(one, self.language, rename=rename), isinstance(one, BadInputError)) for one in several
        )

    def text(self, english: str) -> str:
        """One of the pages' own texts in the reader's language."""
        return translations(self.language.tag).gettext(english)

    def show(self, template: str, /, **values: Any) -> Response:
        """A page.

        Args:
            template: its name below ``templates``.
            values: what it shows.
        """
        shown = {"visitor": self, "site": self.site, "flash": self._flash(), "languages": LANGUAGES}
        page = rendered(self.language.tag, template, shown | values)
        headers = {"Content-Language": self.language.tag, "Vary": "Cookie, Accept-Language"}
        return self.with_cookies(HTMLResponse(page, self.status, headers))

    def go(self, path: str, *, flash: str | None = None, **query: str | None) -> Response:
        """Goes on to a page.

        Args:
            path: below the mount.
            flash: what is said there once, by its code.
            query: what stands behind the ``?``.
        """
        if flash is not None:
            if flash not in self.site.flashes:
                raise KeyError(flash)
            self.keep(FLASH_COOKIE, flash, seconds=FLASH_SECONDS)
        return self.with_cookies(RedirectResponse(self.url(path, **query), 303))

    def keep(self, name: str, value: str, *, seconds: int | None, path: str = "/") -> None:
        """Keeps something in their browser.

        Args:
            name: of the cookie.
            value: letters, digits, ``-``, ``_`` and ``.``; nothing ends it.
            seconds: for how long; ``None``: until the browser is closed.
            path: below the mount, for which pages.
        """
        age = "" if seconds is None else f" Max-Age={seconds if value else 0};"
        where = (self.mount + path).rstrip("/") or "/"
        self._cookies.append(f"{name}={value}; Path={where};{age} Secure; HttpOnly; SameSite=Lax")

    def keep_session(self, me: PatientAccess | None) -> None:
        """Keeps who is logged in, or ends that."""
        if me is not None or self.session_token:
            self._cookies.append(cookie(me, path=self.mount or "/"))

    @property
    def is_last_attempt(self) -> bool:
        """Whether what was wrong with the form closed this way, or it was closed before."""
        is_closed = isinstance(self.error, AccountLockedError | RecoveryClosedError)
        return is_closed or getattr(self.error, "attempts_left", 1) == 0

    @property
    def session_token(self) -> str:
        """What the browser says of who is logged in."""
        return self.request.cookies.get(cookie_name(path=self.mount or "/"), "")

    @property
    def back(self) -> str | None:
        """The page of this portal to which somebody goes on after the log-in, if they asked for one."""
        asked = self.query.get("back") or self.form["back"]
        return asked if _BACK.fullmatch(asked) else None

    def with_cookies(self, response: Response) -> Response:
        """An answer with what is kept in their browser."""
        for one in self._cookies:
            response.headers.append("Set-Cookie", one)
        return response

    def _flash(self) -> str | None:
        code = self.request.cookies.get(FLASH_COOKIE)
        if code is None:
            return None
        self.keep(FLASH_COOKIE, "", seconds=0)
        return self.site.flashes.get(code)
