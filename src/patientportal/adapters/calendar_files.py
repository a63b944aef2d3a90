"""A calendar entry as a file that calendar programs read (RFC 5545, 5546); needs the extra ``ical``."""

from datetime import UTC, datetime

from patientportal.ports.notifier import CalendarEntry

MEDIA_TYPE = "text/calendar"
FILE_NAME = "visit.ics"


def require_extra() -> None:
    """That calendar files can be written.

    Raises:
        ImportError: ``icalendar`` isn't installed.
    """
    try:
        import icalendar  # noqa: F401
    except ImportError as error:
        raise ImportError("calendar files need the extra: pip install patientportal[ical]") from error


def method_of(entry: CalendarEntry) -> str:
    """What the file asks a calendar to do (RFC 5546, 1.4): keep the entry, or take it out.

    Not ``REQUEST``, which has programs ask whether the patient comes, and mail the practice an answer that changes no
    visit.
    """
    return "CANCEL" if entry.is_cancelled else "PUBLISH"


def calendar_file(entry: CalendarEntry, *, practice: str, email: str, now: datetime) -> bytes:
    """The file. It says when and where, and by whom one is expected; never for what.

    Args:
        entry: what it is about.
        practice: its name.
        email: its address, for the file's organizer (RFC 5546, 3.2.1).
        now: aware.

    Raises:
        ImportError: ``icalendar`` isn't installed.
    """
    require_extra()
    from icalendar import Calendar, Event, vCalAddress

    organizer = vCalAddress(f"mailto:{email}")
    organizer.params["CN"] = practice
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
    # In UTC: a moment that no program reads otherwise, whatever it knows of the zone's clocks, and shows by its own.
    event.add("dtstart", entry.starts_at.astimezone(UTC))
    event.add("dtend", entry.ends_at.astimezone(UTC))
    event.add("summary", practice)
    event.add("location", entry.place)
    event.add("organizer", organizer)
    event.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    event.add("class", "PRIVATE")
    calendar = Calendar()
    calendar.add("prodid", "-//patientportal//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method_of(entry))
    calendar.add_component(event)
    file: bytes = calendar.to_ical()
    return file
