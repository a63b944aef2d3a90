"""The practice's pages, for the host's own staff: one table."""

from patientportal.web.desk import (
    accounts,
    audit,
    booking,
    closing,
    covers,
    day,
    letters,
    medications,
    messages,
    payments,
    people,
    practice,
    registering,
    renewals,
    requests,
    schedule,
    statements,
    support,
    unclear,
    visits,
)
from patientportal.web.screens import Screen

PEOPLE = (registering, people, accounts, letters, booking, medications, statements, payments, messages)
TOPICS = (day, visits, *PEOPLE, requests, schedule, closing, practice, renewals, covers, unclear, support, audit)
SCREENS: tuple[Screen, ...] = tuple(screen for topic in TOPICS for screen in topic.SCREENS)
