"""Slots, visits and requests as ``AppointmentsMachine`` compares them: as they are shown, and as they will be."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from patientportal.application.appointments.appointments import Visit as ShownVisit
from patientportal.application.appointments.open_slots import OpenSlot
from patientportal.application.appointments.requests import RequestedVisit
from patientportal.domain.appointments.directory import VisitType
from patientportal.domain.ids import StaffId
from patientportal.testing.appointments.kept import Building, Request, Slot, Visit, ends_at

Seen = tuple[object, ...]
Names = Mapping[StaffId, str]


def local(moment: datetime, place: Building) -> tuple[str, str]:
    """What the clocks show at a place then, with their offset, and its name."""
    return moment.astimezone(ZoneInfo(place.zone)).isoformat(), place.name


def slot_shown(slot: OpenSlot) -> Seen:
    """A slot as it is shown."""
    return (
        slot.slot_id,
        slot.provider_id,
        slot.provider_name,
        (slot.starts_at.isoformat(), slot.place.name),
        (slot.ends_at.isoformat(), slot.place.name),
    )


def slot_foretold(slot: Slot, names: Names, kind: VisitType | None = None) -> Seen:
    """A slot as it will be shown."""
    return (
        slot.id,
        slot.provider_id,
        names.get(slot.provider_id, slot.provider_id),
        local(slot.starts_at, slot.place),
        local(ends_at(slot, kind), slot.place),
    )


def visit_shown(visit: ShownVisit) -> Seen:
    """A visit as it is shown."""
    return (
        visit.appointment_id,
        visit.patient_id,
        visit.provider_id,
        visit.provider_name,
        (visit.starts_at.isoformat(), visit.place.name),
        (visit.ends_at.isoformat(), visit.place.name),
        visit.reason,
        visit.status,
        visit.booked_at,
        visit.arrived_at,
        visit.ended_at,
        visit.cancelled_by,
        visit.cancellation_reason,
        visit.rescheduled_from,
        visit.rescheduled_to,
        visit.visit_type_name,
        visit.series_id,
        visit.revision,
    )


def visit_foretold(visit: Visit, names: Names) -> Seen:
    """A visit as it will be shown."""
    return (
        visit.id,
        visit.person.id,
        visit.slot.provider_id,
        names.get(visit.slot.provider_id, visit.slot.provider_id),
        local(visit.slot.starts_at, visit.slot.place),
        local(visit.ends_at, visit.slot.place),
        visit.reason,
        visit.status,
        visit.booked_at,
        visit.arrived_at,
        visit.ended_at,
        visit.cancelled_by,
        visit.cancellation_reason,
        visit.former.id if visit.former else None,
        visit.later.id if visit.later else None,
        visit.kind.name if visit.kind else None,
        visit.series[0].id,
        len(visit.series) - 1,
    )


def request_shown(request: RequestedVisit) -> Seen:
    """A request as it is shown."""
    return (
        request.request_id,
        request.patient_id,
        request.patient_name,
        request.provider_id,
        request.provider_name,
        request.reason,
        request.windows,
        request.status,
        request.requested_at,
        request.expires_at,
        request.ended_at,
        request.decline_reason,
        request.appointment_id,
    )


def request_foretold(request: Request, names: Names, zone: str, patient_name: str | None) -> Seen:
    """A request as it will be shown at a practice in this zone."""
    return (
        request.id,
        request.person.id,
        patient_name,
        request.provider_id,
        names.get(request.provider_id, request.provider_id) if request.provider_id else None,
        request.reason,
        request.windows,
        request.status,
        request.requested_at,
        request.ends_at(zone),
        request.ended_at,
        request.decline_reason,
        request.visit.id if request.visit else None,
    )
