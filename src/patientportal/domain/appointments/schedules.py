"""A provider's schedule: the slots that the practice publishes and takes away again."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import AppointmentId, PatientId, PlaceId, SlotId, StaffId
from patientportal.domain.outcomes import Unchanged, added, changed, happened, removed

WITHDRAWN_AT_ONCE = timedelta(days=31)


@unique
class SlotStatus(StrEnum):
    """Whether somebody has it."""

    FREE = "free"
    BUSY = "busy"


@frozen(kw_only=True)
class Schedule:
    """A provider's schedule; the row that guards its slots."""

    provider_id: StaffId
    begun_at: datetime


@frozen(kw_only=True)
class Slot:
    """A time that a provider has for one visit.

    Attributes:
        id: its own.
        provider_id: whose time.
        place_id: where.
        zone: the IANA zone by whose clocks its instant was made.
        starts_at: from when.
        ends_at: until when, not included.
        status: free or busy.
        patient_id: who has it; ``None`` while it is free. Only staff may see it.
        appointment_id: with which visit.
        is_closing: whether it is gone once that visit is given up: the practice closes.
    """

    id: SlotId
    provider_id: StaffId
    place_id: PlaceId
    zone: str
    starts_at: datetime
    ends_at: datetime
    status: SlotStatus = SlotStatus.FREE
    patient_id: PatientId | None = None
    appointment_id: AppointmentId | None = None
    is_closing: bool = False


@frozen(kw_only=True)
class SlotsPublished(Event):
    """The practice added slots to a provider's schedule."""

    name: ClassVar[str] = "slots_published"
    provider_id: StaffId
    slots: int


@frozen(kw_only=True)
class SlotsWithdrawn(Event):
    """The practice took free slots out of a provider's schedule.

    Attributes:
        provider_id: whose.
        slots: how many.
        closing: how many more, which are booked, are gone once their visits are given up.
    """

    name: ClassVar[str] = "slots_withdrawn"
    provider_id: StaffId
    slots: int
    closing: int = 0


@frozen(kw_only=True)
class SlotsOverlapError(RefusedError):
    """A slot would overlap a free one of its provider that lies ahead, at any place: withdraw that first.

    Attributes:
        starts_at: when the first such slot would begin, UTC.
    """

    code: ClassVar[str] = "slots_overlap"
    starts_at: datetime


@frozen(kw_only=True)
class SlotsBookedError(RefusedError):
    """Slots that were to be withdrawn are booked: cancel these visits first. Nothing changed.

    Attributes:
        appointment_ids: the visits, in their order.
    """

    code: ClassVar[str] = "slots_booked"
    appointment_ids: tuple[AppointmentId, ...]


@frozen(kw_only=True)
class LeftOut:
    """A slot of a pattern that wasn't added, because its provider is busy then.

    Attributes:
        starts_at: when it would begin.
        ends_at: when it would end.
        appointment_ids: the visits then, in their order; none where a slot stands that has begun and was nobody's.
    """

    starts_at: datetime
    ends_at: datetime
    appointment_ids: tuple[AppointmentId, ...]


@frozen(kw_only=True)
class Published:
    """They can be booked now.

    Attributes:
        left_out: those that were wanted, too, in order.
    """

    schedule: Schedule | None = changed()
    slots: tuple[Slot, ...] = added()
    event: SlotsPublished = happened()
    left_out: tuple[LeftOut, ...] = ()


@frozen(kw_only=True)
class NothingToAdd(Unchanged):
    """All that were wanted are there or left out.

    Attributes:
        left_out: those that are, in order.
    """

    left_out: tuple[LeftOut, ...] = ()


@frozen(kw_only=True)
class Withdrawn:
    """They are gone; those that are booked go with their visits."""

    slots: tuple[Slot, ...] = removed()
    closing: tuple[Slot, ...] = changed()
    event: SlotsWithdrawn = happened()


def publish(
    schedule: Schedule | None, *, wanted: Sequence[Slot], existing: Sequence[Slot], now: datetime
) -> Published | NothingToAdd:
    """The practice adds slots to a provider's schedule: those that aren't there yet, where the provider is free.

    A slot that overlaps a free one is a mistake: that one can be withdrawn first. What can't be, a visit or a slot that
    has begun, stays, and the new slot is left out.

    Args:
        schedule: the provider's; ``None``: these are the first slots.
        wanted: in order, of one provider and at one place; no two of them overlap.
        existing: the provider's that may overlap them, in order.
        now: UTC.

    Raises:
        SlotsOverlapError: one of them overlaps a free slot of the provider that lies ahead, or the same one has another
            place or end.
    """
    known = {(slot.place_id, slot.starts_at, slot.ends_at) for slot in existing}
    missing = [slot for slot in wanted if (slot.place_id, slot.starts_at, slot.ends_at) not in known]
    in_the_way = [_overlapped(slot, existing) for slot in missing]
    for slot, others in zip(missing, in_the_way, strict=True):
        if any(other.status is SlotStatus.FREE and other.starts_at > now for other in others):
            raise SlotsOverlapError(starts_at=slot.starts_at)
    added = tuple(slot for slot, others in zip(missing, in_the_way, strict=True) if not others)
    left_out = tuple(_left_out(slot, others) for slot, others in zip(missing, in_the_way, strict=True) if others)
    if not added:
        return NothingToAdd(left_out=left_out)
    provider_id = added[0].provider_id
    return Published(
        schedule=Schedule(provider_id=provider_id, begun_at=now) if schedule is None else None,
        slots=added,
        event=SlotsPublished(provider_id=provider_id, slots=len(added)),
        left_out=left_out,
    )


def _overlapped(slot: Slot, existing: Sequence[Slot]) -> Sequence[Slot]:
    """Those of a provider's slots, which are in order and overlap each other nowhere, that overlap another one."""
    first = bisect_right(existing, slot.starts_at, key=lambda other: other.ends_at)
    return existing[first : bisect_left(existing, slot.ends_at, key=lambda other: other.starts_at)]


def _left_out(slot: Slot, others: Sequence[Slot]) -> LeftOut:
    visits = tuple(dict.fromkeys(other.appointment_id for other in others if other.appointment_id is not None))
    return LeftOut(starts_at=slot.starts_at, ends_at=slot.ends_at, appointment_ids=visits)


def withdraw(slots: Sequence[Slot], *, booked: Collection[AppointmentId], now: datetime) -> Withdrawn | Unchanged:
    """The practice takes the free slots that lie ahead out of a provider's schedule; what has begun stays as it was.

    Args:
        slots: of one provider.
        booked: those of the visits in them that are booked; who was seen before the time, or left, keeps the slot.
        now: UTC.

    Raises:
        SlotsBookedError: some of those that lie ahead are booked.
    """
    waiting = [
        slot.appointment_id
        for slot in sorted(slots, key=lambda slot: slot.starts_at)
        if _is_ahead(slot, now) and slot.appointment_id is not None and slot.appointment_id in booked
    ]
    if waiting:
        raise SlotsBookedError(appointment_ids=tuple(dict.fromkeys(waiting)))
    return _withdrawn(slots, closing=(), now=now)


def close(slots: Sequence[Slot], *, now: datetime) -> Withdrawn | Unchanged:
    """The practice closes: the free slots that lie ahead are gone, the others will be once their visits are given up.

    Args:
        slots: of one provider.
        now: UTC.
    """
    closing = tuple(
        evolve(slot, is_closing=True)
        for slot in slots
        if _is_ahead(slot, now) and slot.appointment_id is not None and not slot.is_closing
    )
    return _withdrawn(slots, closing=closing, now=now)


def _is_ahead(slot: Slot, now: datetime) -> bool:
    return slot.starts_at > now


def _withdrawn(slots: Sequence[Slot], *, closing: tuple[Slot, ...], now: datetime) -> Withdrawn | Unchanged:
    free = tuple(slot for slot in slots if _is_ahead(slot, now) and slot.appointment_id is None)
    if not free and not closing:
        return Unchanged()
    event = SlotsWithdrawn(provider_id=slots[0].provider_id, slots=len(free), closing=len(closing))
    return Withdrawn(slots=free, closing=closing, event=event)
