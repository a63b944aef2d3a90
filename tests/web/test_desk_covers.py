"""Who decides in whose place, in a real browser: the page that no link leads to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from patientportal import RecordingNotifier
from patientportal.testing import clinic, portal
from tests.web.browser import check_page
from tests.web.desk import DORA, KING, SUSAN


def test_the_second_question_is_a_whole_page_in_a_browser(browse: Any, serve_portal: Callable[..., str]) -> None:
    one = portal(notifier=RecordingNotifier())
    clinic(one)
    page = browse()
    page.goto(f"{serve_portal(one, staff=lambda _: SUSAN)}/desk/renewals")
    page.get_by_role("link", name="Who decides in whose place").click()
    page.get_by_role("link", name="Give all that a provider prescribes to another").click()
    page.get_by_label("Who leaves").select_option(label=KING.name)
    page.get_by_label("Who prescribes it from now on").select_option(label=DORA.name)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Give all of it to Dr Dora Winter").wait_for()
    check_page(page)
