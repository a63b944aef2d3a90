"""A visit for the patient's calendar, as a file that they download (RFC 5545, 5546). Needs the extra ``ical``."""

from collections.abc import Callable
from datetime import datetime

from patientportal.adapters.calendar_files import FILE_NAME, MEDIA_TYPE, calendar_file
from patientportal.adapters.system import utc_now
from patientportal.application.appointments.appointments import Visit, calendar_entry

__all__ = ["FILE_NAME", "MEDIA_TYPE", "to_ics"]


def to_ics(visit: Visit, *, practice: str, email: str, clock: Callable[[], datetime] = utc_now) -> bytes:
    """A visit as a calendar file: the same entry for all that came of one by being moved, and taken out by a cancelled.

    It holds the practice's name, when and where: no provider, no reason, no kind of visit.

    Args:
        visit: the patient's.
        practice: its name, as the calendar shows it.
        email: its address, such as the one that mails come from.
        clock: now, as an aware ``datetime``.

    Returns:
        The file, in UTF-8: of ``MEDIA_TYPE``, named ``FILE_NAME``, say.

    Raises:
        ImportError: the extra isn't installed.
        ValueError: the visit was moved: its entry is the one of the visit in its place.
    """
    if visit.rescheduled_to is not None:
        raise ValueError("the visit was moved: give the one in its place")
    entry = calendar_entry(visit, place=visit.place)
    return calendar_file(entry, practice=practice, email=email, now=clock())
