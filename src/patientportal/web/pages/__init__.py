"""The patients' pages: one table."""

from collections.abc import Iterator

from patientportal import Portal
from patientportal.web.pages import getting_back_in, getting_in, home, language, link_pages
from patientportal.web.screens import Screen


def screens(portal: Portal) -> Iterator[Screen]:
    """Every page for patients, and for those who aren't logged in.

    Args:
        portal: whose they are; it says where its mailed links lead.
    """
    for topic in (getting_in, getting_back_in, home, language):
        yield from topic.SCREENS
    yield from link_pages.screens(portal.link_paths)
