"""The practice's pages, for the host's own staff: one table."""

from patientportal.web.desk import covers, day, medications, messages, people, renewals, support
from patientportal.web.screens import Screen

SCREENS: tuple[Screen, ...] = tuple(
    screen for topic in (day, people, renewals, medications, covers, messages, support) for screen in topic.SCREENS
)
