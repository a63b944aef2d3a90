"""Inside Django: its templates show a visit by the clocks of its place, whatever the zone of the site."""

from datetime import date, time, timedelta

import pytest

from patientportal import PatientAccess, Place, RecordingNotifier, StaffId, testing

pytest.importorskip("django")

import django
from django.conf import settings
from django.template import Context, Engine
from django.utils import timezone

if not settings.configured:
    settings.configure(USE_TZ=True, TIME_ZONE="America/New_York")
    django.setup()


@pytest.fixture
def me() -> PatientAccess:
    """A patient whose provider has hours in Los Angeles."""
    mailbox = RecordingNotifier()
    portal = testing.portal(notifier=mailbox)
    member = testing.activated(portal, mailbox)
    testing.desk(portal).schedule.publish(
        Place(id="west", name="West Building", zone="America/Los_Angeles"),
        "FREQ=WEEKLY;BYDAY=TU",
        opens=time(9),
        closes=time(10),
        visit_length=timedelta(minutes=30),
        first_day=date(2026, 1, 6),
        last_day=date(2026, 1, 6),
        provider_id=StaffId("dora"),
    )
    return portal.log_in(member.username, member.password)


def shown(template: str, **values: object) -> str:
    with timezone.override("America/New_York"):
        return str(Engine().from_string(template).render(Context(values, use_tz=True)))


def test_a_visit_is_shown_by_the_clocks_of_its_place(me: PatientAccess) -> None:
    slot, _ = me.appointments.open_slots().items
    assert shown('{{ slot.starts_at|date:"D j M H:i" }}', slot=slot) == "Tue 6 Jan 09:00"
    visit = me.appointments.get(me.appointments.book(slot.slot_id))
    assert shown('{{ visit.starts_at|date:"D j M H:i" }}-{{ visit.ends_at|time:"H:i" }}', visit=visit) == (
        "Tue 6 Jan 09:00-09:30"
    )
    assert "9 a.m." in shown("{{ visit.starts_at }}", visit=visit)


def test_a_moment_that_is_of_no_place_is_shown_by_the_clocks_of_the_site(me: PatientAccess) -> None:
    slot, _ = me.appointments.open_slots().items
    visit = me.appointments.get(me.appointments.book(slot.slot_id))
    assert visit.booked_at.isoformat() == "2026-01-05T09:00:00+00:00"
    assert shown('{{ visit.booked_at|date:"D j M H:i" }}', visit=visit) == "Mon 5 Jan 04:00"
