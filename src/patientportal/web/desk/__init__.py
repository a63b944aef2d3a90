"""The practice's pages, for the host's own staff: one table."""

from patientportal.web.desk import booking, closing, day, people, practice, requests, schedule
from patientportal.web.screens import Screen

SCREENS: tuple[Screen, ...] = tuple(
    screen for topic in (day, people, booking, requests, schedule, closing, practice) for screen in topic.SCREENS
)
