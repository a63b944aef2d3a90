"""What tests of pages are given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from patientportal import Portal
from patientportal.web import create_app
from tests.web.browser import DESKTOP, Look, launched, opened, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    Browse = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one file's tests: playwright's event loop stays in the thread, where others start their own."""
    with launched() as browser:
        yield browser


@pytest.fixture
def browse(browser: Browser) -> Iterator[Browse]:
    """Opens pages: ``browse(look, script=, language=)``, each in a context of its own, without anybody's cookies."""
    with ExitStack() as contexts:

        def page(look: Look = DESKTOP, *, script: bool = True, language: str = "en-US") -> Page:
            page = opened(browser, look, script=script, language=language)
            contexts.callback(page.context.close)
            return page

        yield page


@pytest.fixture
def serve() -> Iterator[Callable[[Any], str]]:
    """Serves ASGI applications: ``serve(app)`` gives the address, without a slash at its end."""
    with ExitStack() as servers:
        yield lambda app: servers.enter_context(serving(lambda _: app))


@pytest.fixture
def serve_portal() -> Iterator[Callable[..., str]]:
    """Serves the pages of a portal: ``serve_portal(portal, staff=...)`` gives the address."""
    with ExitStack() as servers:

        def address_of(portal: Portal, **more: Any) -> str:
            def made_for(address: str) -> Any:
                return create_app(portal, practice="Lake Clinic", trusted_origins=[address], **more)

            return servers.enter_context(serving(made_for))

        yield address_of
