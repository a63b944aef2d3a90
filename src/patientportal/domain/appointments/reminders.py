"""Patients are reminded of visits that begin soon, and of no visit is told what isn't so any more."""

from datetime import datetime, timedelta
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.events import Event
from patientportal.domain.ids import AppointmentId
from patientportal.domain.outcomes import Unchanged, changed, happened
from patientportal.domain.policy import Policy
from patientportal.domain.told import NoticeKind

from .appointments import Appointment, AppointmentStatus

A_MINUTE = timedelta(minutes=1)


@frozen(kw_only=True)
class ReminderDue(Event):
    """A visit began so soon that its patient was to be reminded of it.

    Attributes:
        appointment_id: which.
        before_minutes: how long before its beginning the practice wants that, in minutes.
    """

    name: ClassVar[str] = "reminder_due"
    appointment_id: AppointmentId
    before_minutes: int


@frozen(kw_only=True)
class Reminded:
    """The patient is told, and this moment is over."""

    appointment: Appointment = changed()
    event: ReminderDue = happened()


def is_awaited(appointment: Appointment, *, now: datetime) -> bool:
    """Whether somebody is to come yet: it is booked and lies ahead, and they aren't here."""
    is_booked = appointment.status is AppointmentStatus.BOOKED
    return is_booked and appointment.arrived_at is None and now < appointment.starts_at


def remind(appointment: Appointment, *, now: datetime, policy: Policy) -> Reminded | Unchanged:
    """The patient is told of a visit that begins soon, of which they were to be reminded after it was booked.

    Once, where several such moments have passed meanwhile; and never once the visit has begun or they are here.

    Args:
        appointment: a patient's.
        now: UTC.
        policy: how long before a visit its patient is reminded, whatever that was when it was booked.
    """
    left = appointment.starts_at - now
    due = [before for before in policy.notices.reminders if left <= before < appointment.remind_within]
    if not due or not is_awaited(appointment, now=now):
        return Unchanged()
    before = min(due)
    return Reminded(
        appointment=evolve(appointment, remind_within=before),
        event=ReminderDue(appointment_id=appointment.id, before_minutes=before // A_MINUTE),
    )


def is_stale(kind: NoticeKind, visit: Appointment | None, *, now: datetime) -> bool:
    """Whether a notice would confirm a visit that isn't booked any more, or remind of one to which nobody is to come.

    Args:
        kind: of the notice.
        visit: that it is about; ``None``: none, or it is no more.
        now: UTC.
    """
    if kind is NoticeKind.VISIT_REMINDER:
        return visit is None or not is_awaited(visit, now=now)
    confirms = kind in {NoticeKind.VISIT_BOOKED, NoticeKind.VISIT_RESCHEDULED}
    return confirms and (visit is None or visit.status is not AppointmentStatus.BOOKED)
