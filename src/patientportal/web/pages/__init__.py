"""The patients' pages: one table."""

from collections.abc import Iterator

from patientportal import Portal
from patientportal.web.pages import (
    account,
    appointments,
    devices,
    getting_back_in,
    getting_in,
    health,
    history,
    home,
    language,
    link_pages,
    medications,
    messages,
    paying,
    payments,
    secrets,
    statements,
    support,
)
from patientportal.web.screens import Screen


def screens(portal: Portal) -> Iterator[Screen]:
    """Every page for patients, and for those who aren't logged in.

    Args:
        portal: whose they are; it says where its mailed links lead.
    """
    mine = (home, appointments, medications, payments, statements, paying, messages)
    for topic in (getting_in, getting_back_in, health, language, *mine, support, account, secrets, devices, history):
        yield from topic.SCREENS
    yield from link_pages.screens(portal.link_paths)
