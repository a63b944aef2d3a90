"""Every page of the table, reached by links alone and looked at in each look, as it is and with errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from patientportal import Portal, Purpose, RecordingNotifier
from patientportal.testing import ANSWERS, PASSWORD, Clinic, clinic, portal
from patientportal.web.pages import screens
from patientportal.web.screens import Screen, Who, nothing
from patientportal.words import label
from tests.web.browser import check_page
from tests.web.crawl import crawled

Serve = Callable[..., str]
FILES = {"/appointments/{appointment_id}/calendar", "/statements/{statement_id}/document"}
OF_SCRIPTS = {"/healthz", "/session"}
OF_A_FORM = {
    "/help/question",
    "/help/sent",
    "/statements/{statement_id}/pay/back",
    "/statements/{statement_id}/pay/check",  # these three: tests/web/test_paying_in_browser.py
    "/statements/{statement_id}/pay/how",
}


@pytest.fixture(scope="module")
def one() -> Portal:
    return portal(notifier=RecordingNotifier())


@pytest.fixture(scope="module")
def filled(one: Portal) -> Clinic:
    return clinic(one)


def shown(table: tuple[Screen, ...], who: Who) -> set[str]:
    paths = {one.path for one in table if one.show is not nothing and one.who is who}
    return {path for path in paths if not path.endswith("/{secret}")} - FILES - OF_SCRIPTS - OF_A_FORM


@pytest.mark.usefixtures("filled")
def test_a_stranger_reaches_every_page_that_is_for_anybody(one: Portal, browse: Any, serve_portal: Serve) -> None:
    table = tuple(screens(one))
    seen = crawled(browse(), serve_portal(one), table, start="/log-in")
    confirm = next(screen.path for screen in table if screen.path == f"/{one.link_paths[Purpose.EMAIL_CHANGE]}")
    assert shown(table, Who.ANYBODY) - seen == {confirm}  # to which a patient's page and a mail lead


@pytest.mark.usefixtures("filled")
def test_a_patient_reaches_every_page_by_links_from_home(one: Portal, browse: Any, serve_portal: Serve) -> None:
    table = tuple(screens(one))
    page, address = browse(), serve_portal(one)
    page.goto(f"{address}/log-in")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{address}/")
    seen = crawled(page, address, table, start="/")
    assert shown(table, Who.PATIENT) - seen == set()


def test_who_forgot_a_password_is_led_back_in(one: Portal, filled: Clinic, browse: Any, serve_portal: Serve) -> None:
    page, address = browse(), serve_portal(one)
    page.goto(f"{address}/help/password")
    page.get_by_label("Username").fill(filled.ben.username)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(re.compile("/help/question$"))
    check_page(page)
    for question, answer in ANSWERS.items():
        asked = page.get_by_label(label(question, "en"))
        if asked.count():
            asked.fill(answer)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(re.compile("/help/sent$"))
    check_page(page)
