"""Inside Django: its templates show a visit by the clocks of its place, whatever the zone of the site."""

from datetime import date, time, timedelta

import pytest

from patientportal import (
    LeftOut,
    PatientAccess,
    Place,
    PracticeAccess,
    PublishedSlots,
    RecordingNotifier,
    StaffId,
    testing,
)

pytest.importorskip("django")

from django.template import Context, Engine
from django.utils import timezone

from tests.embedding.site import set_up_django

set_up_django()


@pytest.fixture
def me() -> PatientAccess:
    """A patient whose provider has hours in Los Angeles."""
    mailbox = RecordingNotifier()
    portal = testing.portal(notifier=mailbox)
    member = testing.activated(portal, mailbox)
    in_los_angeles(testing.desk(portal), timedelta(minutes=30))
    return portal.log_in(member.username, member.password)


def in_los_angeles(staff: PracticeAccess, visit_length: timedelta) -> PublishedSlots:
    """An hour of a Tuesday in slots."""
    return staff.schedule.publish(
        Place(id="west", name="West Building", zone="America/Los_Angeles"),
        "FREQ=WEEKLY;BYDAY=TU",
        opens=time(9),
        closes=time(10),
        visit_length=visit_length,
        first_day=date(2026, 1, 6),
        last_day=date(2026, 1, 6),
        provider_id=StaffId("dora"),
    )


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


def test_every_view_that_has_times_of_a_place_shows_them_by_its_clocks() -> None:
    mailbox, clock = RecordingNotifier(), testing.FrozenClock()
    portal = testing.portal(notifier=mailbox, clock=clock)
    member = testing.activated(portal, mailbox)
    me, staff = portal.log_in(member.username, member.password), testing.desk(portal)
    in_los_angeles(staff, timedelta(hours=1))
    views: list[object] = [me.appointments.open_slots().items[0], staff.schedule.open_slots().items[0]]
    visit_id = me.appointments.book(me.appointments.open_slots().items[0].slot_id)
    mailbox.messages.clear()
    portal.work()
    views += [
        in_los_angeles(staff, timedelta(minutes=20)).left_out[0],
        me.appointments.get(visit_id),
        me.appointments.upcoming().items[0],
        staff.appointments.get(visit_id),
        staff.appointments.of_patient(member.patient_id).items[0],
        staff.appointments.of_day(None, date(2026, 1, 6))[0],
    ]
    clock.advance(timedelta(days=2))
    views.append(portal.log_in(member.username, member.password).appointments.past().items[0])
    assert {shown('{{ view.starts_at|date:"H:i" }}', view=view) for view in views} == {"09:00"}
    assert [shown('{{ view.ends_at|date:"H:i" }}', view=view) for view in views] == [
        "09:20" if isinstance(view, LeftOut) else "10:00" for view in views
    ]
    assert shown('{{ mail.visit_at|date:"H:i" }}', mail=mailbox.messages[0]) == "09:00"


def test_a_moment_that_is_of_no_place_is_shown_by_the_clocks_of_the_site(me: PatientAccess) -> None:
    slot, _ = me.appointments.open_slots().items
    visit = me.appointments.get(me.appointments.book(slot.slot_id))
    assert visit.booked_at.isoformat() == "2026-01-05T09:00:00+00:00"
    assert shown('{{ visit.booked_at|date:"D j M H:i" }}', visit=visit) == "Mon 5 Jan 04:00"
