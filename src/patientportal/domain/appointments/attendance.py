"""Whether the patient is here, came or didn't come: said on the visit's day, and corrected where it was a mistake."""

from datetime import datetime
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import AppointmentId
from patientportal.domain.outcomes import Unchanged, changed, happened
from patientportal.domain.values.zones import day

from .appointments import Appointment, AppointmentStatus, NotBookedError, require_booked


@frozen(kw_only=True)
class PatientArrived(Event):
    """The patient is here."""

    name: ClassVar[str] = "patient_arrived"
    appointment_id: AppointmentId


@frozen(kw_only=True)
class ArrivalUndone(Event):
    """The patient isn't here: that they were was a mistake."""

    name: ClassVar[str] = "arrival_undone"
    appointment_id: AppointmentId


@frozen(kw_only=True)
class AppointmentFulfilled(Event):
    """The patient came.

    Attributes:
        former: where the visit stood: booked, or ``noshow``, which was a mistake.
    """

    name: ClassVar[str] = "appointment_fulfilled"
    appointment_id: AppointmentId
    former: AppointmentStatus = AppointmentStatus.BOOKED


@frozen(kw_only=True)
class AppointmentMissed(Event):
    """The patient didn't come.

    Attributes:
        former: where the visit stood: booked, or ``fulfilled``, which was a mistake.
    """

    name: ClassVar[str] = "appointment_missed"
    appointment_id: AppointmentId
    former: AppointmentStatus = AppointmentStatus.BOOKED


@frozen(kw_only=True)
class NotYetBegunError(RefusedError):
    """It is too early to say this of the visit. Nothing changed."""

    code: ClassVar[str] = "not_yet_begun"


@frozen(kw_only=True)
class Arrived:
    """They are here."""

    appointment: Appointment = changed()
    event: PatientArrived = happened()


@frozen(kw_only=True)
class NotArrived:
    """They aren't here."""

    appointment: Appointment = changed()
    event: ArrivalUndone = happened()


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


Marked = Arrived | NotArrived | Fulfilled | Missed
"""What may become of it when somebody marks a visit."""


def mark_arrived(appointment: Appointment, *, now: datetime) -> Arrived | Unchanged:
    """The patient is here, on the visit's day by the clocks of its place or later. A second time changes nothing.

    Args:
        appointment: a patient's.
        now: UTC.

    Raises:
        NotBookedError: it isn't booked any more.
        NotYetBegunError: its day hasn't begun.
    """
    require_booked(appointment)
    if appointment.arrived_at is not None:
        return Unchanged()
    zone = appointment.zone
    if day(now, zone) < day(appointment.starts_at, zone):
        raise NotYetBegunError
    return Arrived(appointment=evolve(appointment, arrived_at=now), event=PatientArrived(appointment_id=appointment.id))


def unmark_arrived(appointment: Appointment) -> NotArrived | Unchanged:
    """The patient isn't here: that was a mistake. Of whom nobody said that they are, it changes nothing.

    Args:
        appointment: a patient's.

    Raises:
        NotBookedError: it isn't booked any more.
    """
    require_booked(appointment)
    if appointment.arrived_at is None:
        return Unchanged()
    return NotArrived(
        appointment=evolve(appointment, arrived_at=None), event=ArrivalUndone(appointment_id=appointment.id)
    )


def mark_fulfilled(appointment: Appointment, *, now: datetime) -> Fulfilled | Unchanged:
    """The patient came; also one of whom it was said that they didn't. A second time changes nothing.

    Args:
        appointment: a patient's.
        now: UTC.

    Raises:
        NotBookedError: it was cancelled.
        NotYetBegunError: it lies ahead, and the patient hasn't arrived.
    """
    if appointment.status is AppointmentStatus.FULFILLED:
        return Unchanged()
    _require_begun(appointment, now=now)
    return Fulfilled(
        appointment=evolve(appointment, status=AppointmentStatus.FULFILLED, ended_at=appointment.ended_at or now),
        event=AppointmentFulfilled(appointment_id=appointment.id, former=appointment.status),
    )


def mark_noshow(appointment: Appointment, *, now: datetime) -> Missed | Unchanged:
    """The patient didn't come, or left unseen; also one of whom it was said that they came. Again changes nothing.

    Args:
        appointment: a patient's.
        now: UTC.

    Raises:
        NotBookedError: it was cancelled.
        NotYetBegunError: it lies ahead, and the patient hasn't arrived.
    """
    if appointment.status is AppointmentStatus.NOSHOW:
        return Unchanged()
    _require_begun(appointment, now=now)
    return Missed(
        appointment=evolve(appointment, status=AppointmentStatus.NOSHOW, ended_at=appointment.ended_at or now),
        event=AppointmentMissed(appointment_id=appointment.id, former=appointment.status),
    )


def _require_begun(appointment: Appointment, *, now: datetime) -> None:
    if appointment.status is AppointmentStatus.CANCELLED:
        raise NotBookedError(status=appointment.status)
    is_booked = appointment.status is AppointmentStatus.BOOKED
    if is_booked and appointment.arrived_at is None and now < appointment.starts_at:
        raise NotYetBegunError
