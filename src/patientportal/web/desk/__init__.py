"""The practice's pages, for the host's own staff: one table."""

from patientportal.web.desk import (
    accounts,
    audit,
    booking,
    closing,
    day,
    letters,
    payments,
    people,
    practice,
    registering,
    requests,
    schedule,
    statements,
    unclear,
    visits,
)
from patientportal.web.screens import Screen

PEOPLE = (registering, people, accounts, letters, booking)
TOPICS = (day, visits, *PEOPLE, requests, schedule, closing, practice, statements, payments, unclear, audit)
SCREENS: tuple[Screen, ...] = tuple(screen for topic in TOPICS for screen in topic.SCREENS)
