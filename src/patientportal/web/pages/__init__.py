"""The patients' pages: one table."""

from collections.abc import Iterator

from patientportal.web.pages import getting_in, home, language, paying, payments, statements
from patientportal.web.screens import Screen


def screens() -> Iterator[Screen]:
    """Every page for patients, and for those who aren't logged in."""
    for topic in (getting_in, home, language, payments, statements, paying):
        yield from topic.SCREENS
