"""The practice's pages, for the host's own staff: one table."""

from patientportal.web.desk import day, people
from patientportal.web.screens import Screen

SCREENS: tuple[Screen, ...] = tuple(screen for topic in (day, people) for screen in topic.SCREENS)
