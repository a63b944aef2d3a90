"""The patients' pages: one table."""

from collections.abc import Iterator

from patientportal.web.pages import (
    account,
    appointments,
    devices,
    getting_in,
    health,
    history,
    home,
    language,
    medications,
    messages,
    paying,
    payments,
    secrets,
    statements,
    support,
)
from patientportal.web.screens import Screen


def screens() -> Iterator[Screen]:
    """Every page for patients, and for those who aren't logged in."""
    mine = (home, appointments, medications, payments, statements, paying, messages)
    for topic in (getting_in, health, language, *mine, support, account, secrets, devices, history):
        yield from topic.SCREENS
