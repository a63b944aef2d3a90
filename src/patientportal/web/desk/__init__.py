"""The practice's pages, for the host's own staff: one table."""

from patientportal.web.desk import accounts, audit, day, letters, people, registering, visits
from patientportal.web.screens import Screen

TOPICS = (day, visits, registering, people, accounts, letters, audit)
SCREENS: tuple[Screen, ...] = tuple(screen for topic in TOPICS for screen in topic.SCREENS)
