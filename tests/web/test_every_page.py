"""Every page of the table, reached by links alone and looked at in each look, as it is and with errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from patientportal import Portal, RecordingNotifier
from patientportal.testing import PASSWORD, clinic, portal
from patientportal.web.pages import screens
from patientportal.web.screens import Screen, Who, nothing
from tests.web.crawl import crawled

Serve = Callable[..., str]
NO_PAGES = {"/healthz", "/session", "/appointments/{appointment_id}/calendar"}


@pytest.fixture(scope="module")
def filled() -> Portal:
    one = portal(notifier=RecordingNotifier())
    clinic(one)
    return one


def shown(table: tuple[Screen, ...], *who: Who) -> set[str]:
    return {one.path for one in table if one.show is not nothing and one.who in who} - NO_PAGES


def test_a_stranger_reaches_every_page_that_is_for_anybody(
    filled: Portal, browse: Any, serve_portal: Callable[..., str]
) -> None:
    table = tuple(screens(filled))
    page = browse()
    seen = crawled(page, serve_portal(filled), table, start="/log-in")
    assert shown(table, Who.ANYBODY) - seen == set()


def test_a_patient_reaches_every_page_by_links_from_home(
    filled: Portal, browse: Any, serve_portal: Callable[..., str]
) -> None:
    table = tuple(screens(filled))
    page = browse()
    address = serve_portal(filled)
    page.goto(f"{address}/log-in")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{address}/")
    seen = crawled(page, address, table, start="/")
    assert shown(table, Who.PATIENT) - seen == set()
