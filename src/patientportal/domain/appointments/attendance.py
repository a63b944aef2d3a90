"""Whether the patient came: said once the visit has begun."""

from datetime import datetime
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import AppointmentId
from patientportal.domain.outcomes import Unchanged, changed, happened

from .appointments import Appointment, AppointmentStatus, require_booked


@frozen(kw_only=True)
class AppointmentFulfilled(Event):
    """The patient came."""

    name: ClassVar[str] = "appointment_fulfilled"
    appointment_id: AppointmentId


@frozen(kw_only=True)
class AppointmentMissed(Event):
    """The patient didn't come."""

    name: ClassVar[str] = "appointment_missed"
    appointment_id: AppointmentId


@frozen(kw_only=True)
class NotYetBegunError(RefusedError):
    """The visit hasn't begun, so nobody has come to it or missed it yet. Nothing changed."""

    code: ClassVar[str] = "not_yet_begun"


@frozen(kw_only=True)
class Fulfilled:
    """They came."""

    appointment: Appointment = changed()
    event: AppointmentFulfilled = happened()


@frozen(kw_only=True)
class Missed:
    """They didn't come."""

    appointment: Appointment = changed()
    event: AppointmentMissed = happened()


def mark_fulfilled(appointment: Appointment, *, now: datetime) -> Fulfilled | Unchanged:
    """The patient came. A second time changes nothing.

    Args:
        appointment: a patient's.
        now: UTC.

    Raises:
        NotBookedError: it was cancelled, or missed.
        NotYetBegunError: it lies ahead.
    """
    if appointment.status is AppointmentStatus.FULFILLED:
        return Unchanged()
    _require_begun(appointment, now=now)
    return Fulfilled(
        appointment=evolve(appointment, status=AppointmentStatus.FULFILLED, ended_at=now),
        event=AppointmentFulfilled(appointment_id=appointment.id),
    )


def mark_noshow(appointment: Appointment, *, now: datetime) -> Missed | Unchanged:
    """The patient didn't come. A second time changes nothing.

    Args:
        appointment: a patient's.
        now: UTC.

    Raises:
        NotBookedError: it was cancelled, or they came.
        NotYetBegunError: it lies ahead.
    """
    if appointment.status is AppointmentStatus.NOSHOW:
        return Unchanged()
    _require_begun(appointment, now=now)
    return Missed(
        appointment=evolve(appointment, status=AppointmentStatus.NOSHOW, ended_at=now),
        event=AppointmentMissed(appointment_id=appointment.id),
    )


def _require_begun(appointment: Appointment, *, now: datetime) -> None:
    require_booked(appointment)
    if now < appointment.starts_at:
        raise NotYetBegunError
