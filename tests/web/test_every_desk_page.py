"""Every page of the desk, reached by links alone and looked at in each look, as it is and with errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from patientportal import Answer, RecordingNotifier
from patientportal.testing import FrozenClock, clinic, desk, portal
from patientportal.web.desk import SCREENS
from patientportal.web.screens import nothing
from tests.web.crawl import crawled
from tests.web.desk import Wrong, everybody, with_unclear

FILES = {"/desk/statements/{statement_id}/document"}
OF_A_FORM = {"/desk/schedule/published", "/desk/covers/leaving/check"}


def test_every_page_of_the_desk_is_reached_from_the_day(browse: Any, serve_portal: Callable[..., str]) -> None:
    clock, mailbox = FrozenClock(), RecordingNotifier()
    one = portal(notifier=mailbox, payments=Wrong(), clock=clock)
    filled = clinic(one)
    with_unclear(one, clock, filled.ada, filled.current)
    one.recovery.ask_support("+1 207 555 0100", "I can't get in.")
    desk(one).messages.send(filled.ben.patient_id, subject="Hello", body="We have moved.")
    mailbox.answers = [Answer.NEVER]
    one.work()
    seen = crawled(browse(), serve_portal(one, staff=everybody), SCREENS, start="/desk")
    shown = {screen.path for screen in SCREENS if screen.show is not nothing}
    assert shown - seen - FILES - OF_A_FORM == set()
