"""The patients' pages: one table."""

from collections.abc import Iterator

from patientportal.web.pages import appointments, getting_in, health, home, language, paying, payments, statements
from patientportal.web.screens import Screen


def screens() -> Iterator[Screen]:
    """Every page for patients, and for those who aren't logged in."""
    for topic in (getting_in, health, home, language, appointments, payments, statements, paying):
        yield from topic.SCREENS
