"""The patients' pages: one table."""

from collections.abc import Iterator

from patientportal.web.pages import appointments, getting_in, health, home, language
from patientportal.web.screens import Screen


def screens() -> Iterator[Screen]:
    """Every page for patients, and for those who aren't logged in."""
    for topic in (getting_in, health, home, language, appointments):
        yield from topic.SCREENS
