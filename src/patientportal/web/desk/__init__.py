"""The practice's pages, for the host's own staff: one table."""

from patientportal.web.screens import Screen

SCREENS: tuple[Screen, ...] = ()
