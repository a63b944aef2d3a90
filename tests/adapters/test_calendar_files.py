"""A visit in a patient's calendar: programs read it, update it and take it out; nobody reads there what it is for."""

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from typing import Any

import icalendar
import pytest
import vobject
from hypothesis import example, given
from hypothesis import strategies as st

from patientportal import (
    Answer,
    CallableNotifier,
    ConfigurationError,
    Mail,
    Message,
    NoticePolicy,
    PatientAccess,
    Place,
    PlaceId,
    Policy,
    Portal,
    RecordingNotifier,
    StaffId,
    VisitType,
    VisitTypeId,
    ical,
    open_portal,
    testing,
)
from patientportal.adapters.calendar_files import calendar_file
from patientportal.ports.notifier import CalendarEntry
from patientportal.testing import FrozenClock

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PRACTICE, EMAIL = "Lake Clinic; M\u00fcller, Sons", "front.desk@clinic.example"
ENTRY = CalendarEntry(
    uid="0198-1", sequence=0, starts_at=NOW, ends_at=NOW + HOUR, place="North, Room 7; Lake St 1", is_cancelled=False
)
MAILING = Policy(zone="America/New_York", notices=NoticePolicy(calendar_entries=True))
SECRET = ("canary", "dora", "Endoscopy")


def read(file: bytes) -> Any:
    """As the library reads it that wrote it, strictly."""
    calendar = icalendar.Calendar.from_ical(file)
    (event,) = calendar.walk("VEVENT")
    assert event.errors == []
    return event


def read_by_another(file: bytes) -> Any:
    (calendar,) = vobject.readComponents(file.decode())
    assert calendar.validate(raiseException=True)
    return calendar


entries = st.builds(
    CalendarEntry,
    uid=st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    sequence=st.integers(0, 99),
    starts_at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.timezones()).map(  # noqa: DTZ001
        lambda at: at.replace(microsecond=0)
    ),
    ends_at=st.just(NOW),
    place=st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=200)
    .map(str.strip)
    .filter(bool),
    is_cancelled=st.booleans(),
)


@given(entry=entries)
@example(entry=ENTRY)
def test_programs_that_are_not_ours_read_what_was_written(entry: CalendarEntry) -> None:
    file = calendar_file(entry, practice=PRACTICE, email=EMAIL, now=NOW)
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))  # RFC 5545, 3.1
    assert b"\n" not in file.replace(b"\r\n", b"")
    calendar = read_by_another(file)
    theirs, ours = calendar.vevent, read(file)
    instant = entry.starts_at.astimezone(UTC)  # where the clocks change, one of a zone equals none of another (PEP 495)
    predicted = (entry.uid, entry.sequence, instant, entry.place)
    of_another = (theirs.uid.value, int(theirs.sequence.value), theirs.dtstart.value, theirs.location.value)
    assert of_another == (ours["UID"], ours["SEQUENCE"], ours["DTSTART"].dt, ours["LOCATION"]) == predicted
    assert theirs.status.value == ours["STATUS"] == ("CANCELLED" if entry.is_cancelled else "CONFIRMED")
    assert calendar.method.value == ("CANCEL" if entry.is_cancelled else "PUBLISH")
    assert calendar.vevent.organizer.value == f"mailto:{EMAIL}"
    assert calendar.vevent.summary.value == PRACTICE


def test_a_file_has_what_the_standard_asks_of_its_method() -> None:
    event = read(calendar_file(ENTRY, practice=PRACTICE, email=EMAIL, now=NOW + timedelta(microseconds=5)))
    assert {"UID", "DTSTAMP", "DTSTART", "SUMMARY", "ORGANIZER", "SEQUENCE"} <= event.keys()  # RFC 5546, 3.2.1
    assert "ATTENDEE" not in event  # the same; and nobody is asked whether they come
    assert event["DTSTAMP"].dt == NOW
    assert event["DTEND"].dt == NOW + HOUR
    assert event["CLASS"] == "PRIVATE"


class Calendar:
    """A calendar program, as RFC 5546, 2.1.5, has it compare what comes with what it has."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[int, datetime]] = {}

    def take(self, file: bytes) -> None:
        read_file = read_by_another(file)
        event = read_file.vevent
        uid, sequence = event.uid.value, int(event.sequence.value)
        if uid in self.kept and sequence <= self.kept[uid][0]:
            return
        if read_file.method.value == "CANCEL":
            self.kept.pop(uid)
        else:
            self.kept[uid] = (sequence, event.dtstart.value)


class Mailing(RecordingNotifier):
    """Keeps what it is given, and the mails that come of it."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Mail] = []
        self._writer = CallableNotifier(self.mails.append, sender=EMAIL, practice="Lake Clinic")

    def send(self, message: Message) -> Answer:
        super().send(message)
        return self._writer.send(message)


@pytest.fixture
def notifier() -> Mailing:
    return Mailing()


@pytest.fixture
def portal(notifier: Mailing) -> Portal:
    return testing.portal(policy=MAILING, clock=FrozenClock(), notifier=notifier)


@pytest.fixture
def me(portal: Portal, notifier: Mailing) -> PatientAccess:
    """Somebody who can choose among three slots of a morning."""
    desk = testing.desk(portal)
    desk.visit_types.put(VisitType(id=VisitTypeId("e"), name="Endoscopy", length=HOUR))
    desk.schedule.publish(
        Place(id=PlaceId("north"), name="North Building", zone="America/New_York", address="1 Lake St"),
        "FREQ=DAILY",
        opens=time(9),
        closes=time(12),
        visit_length=HOUR,
        provider_id=StaffId("dora"),
        first_day=date(2026, 1, 12),
        last_day=date(2026, 1, 12),
    )
    member = testing.activated(portal, notifier)
    portal.work()
    notifier.mails.clear()
    return portal.log_in(member.username, member.password)


def files(mails: list[Mail]) -> list[bytes]:
    return [one.attachments[0].content for one in mails]


def test_a_visit_that_was_booked_moved_and_cancelled_is_one_entry_that_goes(
    portal: Portal, me: PatientAccess, notifier: Mailing
) -> None:
    first, second, _ = me.appointments.open_slots().items
    calendar, seen = Calendar(), []
    visit = me.appointments.book(first.slot_id, "my canary knee", visit_type_id=VisitTypeId("e"))
    steps: list[Callable[[], Any]] = [
        lambda: visit,
        lambda: me.appointments.reschedule(visit, second.slot_id),
        lambda: testing.desk(portal).appointments.cancel(me.appointments.upcoming().items[0].appointment_id, "canary"),
    ]
    for step in steps:
        step()
        portal.work()
        calendar.take(files(notifier.mails)[-1])
        seen.append(dict(calendar.kept))
    assert [[(n, at) for n, at in kept.values()] for kept in seen] == [
        [(0, first.starts_at)],
        [(1, second.starts_at)],
        [],
    ]
    assert [secret for secret in SECRET for file in files(notifier.mails) if secret.encode() in file] == []
    assert b"North Building\\, 1 Lake St" in files(notifier.mails)[0]


def test_a_mail_brings_the_file_as_an_attachment_that_says_its_method(
    portal: Portal, me: PatientAccess, notifier: Mailing
) -> None:
    visit = me.appointments.book(me.appointments.open_slots().items[0].slot_id)
    portal.work()
    me.appointments.cancel(visit)
    portal.work()
    for mail, method in zip(notifier.mails, ["PUBLISH", "CANCEL"], strict=True):
        whole = mail.as_email()
        assert whole.get_content_type() == "multipart/mixed"
        (part,) = whole.iter_attachments()
        assert isinstance(part, EmailMessage)
        assert part.get_content_type() == "text/calendar"
        assert (part.get_param("method"), part.get_param("charset")) == (method, "utf-8")  # RFC 6047, 2.4
        assert part.get_filename() == "visit.ics"
        assert part.get_payload(decode=True) == mail.attachments[0].content
        body = whole.get_body(("plain",))
        assert body is not None
        assert body.get_content().replace("\r\n", "\n") == mail.text


def test_a_patient_downloads_what_the_mail_would_bring(me: PatientAccess) -> None:
    visit = me.appointments.book(me.appointments.open_slots().items[0].slot_id, "my canary knee")
    file = ical.to_ics(me.appointments.get(visit), practice="Lake Clinic", email=EMAIL, clock=lambda: NOW)
    event = read(file)
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (visit, 0, "CONFIRMED")
    assert event["DTSTART"].dt == me.appointments.get(visit).starts_at
    moved = me.appointments.reschedule(visit, me.appointments.open_slots().items[-1].slot_id)
    with pytest.raises(ValueError, match="was moved"):
        ical.to_ics(me.appointments.get(visit), practice="Lake Clinic", email=EMAIL)
    me.appointments.cancel(moved)
    event = read(ical.to_ics(me.appointments.get(moved), practice="Lake Clinic", email=EMAIL))
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (visit, 2, "CANCELLED")
    assert not [secret for secret in SECRET if secret.encode() in file]


def test_without_the_policy_no_mail_brings_one(me: PatientAccess, portal: Portal, notifier: Mailing) -> None:
    silent = testing.portal(
        policy=Policy(zone="America/New_York"), store=portal._env.store, clock=FrozenClock(), notifier=notifier
    )
    me.appointments.book(me.appointments.open_slots().items[0].slot_id)
    silent.work()
    assert [mail.attachments for mail in notifier.mails] == [()]


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "icalendar", None)
    with pytest.raises(ImportError, match=r"pip install patientportal\[ical\]"):
        calendar_file(ENTRY, practice=PRACTICE, email=EMAIL, now=NOW)
    with pytest.raises(ConfigurationError, match="calendar_entries: install patientportal"):
        open_portal("memory://", policy=MAILING)
    with open_portal("memory://", zone="UTC"):
        pass
