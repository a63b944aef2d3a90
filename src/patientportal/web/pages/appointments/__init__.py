"""The patient's appointments: what they have, how they book and move one, and how they ask for one."""

from patientportal.web.pages.appointments import booking, requests, visits

SCREENS = (*booking.SCREENS, *requests.SCREENS, *visits.SCREENS)
"""The fixed paths first: ``/appointments/book`` is no visit."""
