"""Every page of the desk, reached by links alone and looked at in each look, as it is and with errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from patientportal import RecordingNotifier
from patientportal.testing import clinic, portal
from patientportal.web.desk import SCREENS
from patientportal.web.screens import nothing
from tests.web.crawl import crawled
from tests.web.test_desk import everybody

FILES = {"/desk/statements/{statement_id}/document"}
OF_A_FORM = {"/desk/schedule/published"}


def test_every_page_of_the_desk_is_reached_from_the_day(browse: Any, serve_portal: Callable[..., str]) -> None:
    one = portal(notifier=RecordingNotifier())
    clinic(one)
    seen = crawled(browse(), serve_portal(one, staff=everybody), SCREENS, start="/desk")
    shown = {screen.path for screen in SCREENS if screen.show is not nothing}
    assert shown - seen - FILES - OF_A_FORM == set()
