"""The patients' pages: one table."""

from collections.abc import Iterator

from patientportal.web.pages import (
    account,
    devices,
    getting_in,
    history,
    home,
    language,
    medications,
    messages,
    secrets,
    support,
)
from patientportal.web.screens import Screen


def screens() -> Iterator[Screen]:
    """Every page for patients, and for those who aren't logged in."""
    for topic in (getting_in, home, language, medications, messages, support, account, secrets, devices, history):
        yield from topic.SCREENS
