"""A provider's schedule: the places, and the slots that the practice publishes there and takes away again."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import ClassVar

from attrs import field, frozen

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import AppointmentId, PatientId, PlaceId, SlotId, StaffId
from patientportal.domain.outcomes import Unchanged, added, changed, happened, removed
from patientportal.domain.values.text import bounded, line
from patientportal.domain.values.zones import is_zone, local

PLACE_ID_MAX = 64
PLACE_NAME_MAX = 200
ZONE_BYTES_MAX = 64
WITHDRAWN_AT_ONCE = timedelta(days=31)


def _place_id(value: object) -> PlaceId:
    return PlaceId(line(value, field="id", at_most=PLACE_ID_MAX))


def _place_name(value: object) -> str:
    return line(value, field="name", at_most=PLACE_NAME_MAX)


def _zone(value: object) -> str:
    name = bounded(value, field="zone", at_most_bytes=ZONE_BYTES_MAX)
    if not is_zone(name):
        raise BadInputError(field="zone", problem="unknown")
    return name


@frozen(kw_only=True)
class Place:
    """Where visits are.

    Attributes:
        id: the host's own, at most 64 characters.
        name: at most 200 characters; mail says it, so that it should tell nothing of what is treated there.
        zone: the IANA zone of its clocks.

    Raises:
        BadInputError: ``id`` or ``name`` can't be used, or ``zone`` is ``unknown``.
        TypeError: a value isn't a ``str``.

    >>> Place(id="north", name="North Building", zone="America/New_York").zone
    'America/New_York'
    """

    id: PlaceId = field(converter=_place_id)
    name: str = field(converter=_place_name)
    zone: str = field(converter=_zone)

    @property
    def is_zone_known(self) -> bool:
        """Whether this machine's time zone database has its zone; while it doesn't, times there are shown in UTC."""
        return is_zone(self.zone)

    def local(self, moment: datetime) -> datetime:
        """What the clocks show there at this moment, with their offset from UTC; UTC if ``is_zone_known`` is false."""
        return local(moment, self.zone)


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
        place: where.
        starts_at: from when.
        ends_at: until when, not included.
        status: free or busy.
        patient_id: who has it; ``None`` while it is free. Only staff may see it.
        appointment_id: with which visit.
    """

    id: SlotId
    provider_id: StaffId
    place: Place
    starts_at: datetime
    ends_at: datetime
    status: SlotStatus = SlotStatus.FREE
    patient_id: PatientId | None = None
    appointment_id: AppointmentId | None = None


@frozen(kw_only=True)
class SlotsPublished(Event):
    """The practice added slots to a provider's schedule."""

    name: ClassVar[str] = "slots_published"
    provider_id: StaffId
    slots: int


@frozen(kw_only=True)
class SlotsWithdrawn(Event):
    """The practice took free slots out of a provider's schedule."""

    name: ClassVar[str] = "slots_withdrawn"
    provider_id: StaffId
    slots: int


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
    """They are gone."""

    slots: tuple[Slot, ...] = removed()
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
    known = {(slot.place.id, slot.starts_at, slot.ends_at) for slot in existing}
    missing = [slot for slot in wanted if (slot.place.id, slot.starts_at, slot.ends_at) not in known]
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
    visits = tuple(other.appointment_id for other in others if other.appointment_id is not None)
    return LeftOut(starts_at=slot.starts_at, ends_at=slot.ends_at, appointment_ids=visits)


def withdraw(slots: Sequence[Slot], *, now: datetime) -> Withdrawn | Unchanged:
    """The practice takes the free slots that lie ahead out of a provider's schedule; what has begun stays as it was.

    Args:
        slots: of one provider.
        now: UTC.

    Raises:
        SlotsBookedError: some of those that lie ahead are booked.
    """
    ahead = tuple(slot for slot in slots if slot.starts_at > now)
    booked = sorted((slot.starts_at, slot.appointment_id) for slot in ahead if slot.appointment_id is not None)
    if booked:
        raise SlotsBookedError(appointment_ids=tuple(appointment_id for _, appointment_id in booked))
    if not ahead:
        return Unchanged()
    return Withdrawn(slots=ahead, event=SlotsWithdrawn(provider_id=ahead[0].provider_id, slots=len(ahead)))
