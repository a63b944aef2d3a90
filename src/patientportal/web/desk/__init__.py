"""The practice's pages, for the host's own staff: one table."""

from patientportal.web.desk import day, payments, people, statements, unclear
from patientportal.web.screens import Screen

TOPICS = (day, people, statements, payments, unclear)
SCREENS: tuple[Screen, ...] = tuple(screen for topic in TOPICS for screen in topic.SCREENS)
