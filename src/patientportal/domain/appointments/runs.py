"""Runs: the slots, one after another, that a visit of some kind takes."""

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from patientportal.domain.ids import AppointmentId

from .directory import VisitType
from .schedules import Slot, SlotStatus


@frozen(kw_only=True)
class Choice:
    """What somebody wants.

    Attributes:
        slot: the one that the visit begins with.
        beside: the provider's slots that begin while it would hold them, this one among them or not; others don't
            matter, such as those of the visit that is moved.
        visit_type: of which kind it is; ``None``: it takes this one slot.
    """

    slot: Slot
    beside: Sequence[Slot] = ()
    visit_type: VisitType | None = None

    @property
    def ends_at(self) -> datetime:
        """When the visit is over for the patient."""
        return self.slot.ends_at if self.visit_type is None else self.slot.starts_at + self.visit_type.length


def run(choice: Choice, *, moved: AppointmentId | None = None) -> tuple[Slot, ...]:
    """The slots that a visit takes: the fewest that cover what its kind holds, without a hole and at one place.

    Beyond its length what it holds may be missing, as at the end of a day; nothing of it may be somebody's.

    Args:
        choice: what is wanted.
        moved: the visit that is moved there, whose own slots count as free, unless they are closing.

    Returns:
        In order; none: the run isn't free, or too short.
    """
    first, visit_type = choice.slot, choice.visit_type
    if visit_type is None:
        return (first,) if _is_free(first, moved) else ()
    until = first.starts_at + visit_type.holds
    own = [slot for slot in choice.beside if slot.provider_id == first.provider_id]
    held = {slot.id: slot for slot in (first, *own) if first.starts_at <= slot.starts_at < until}
    found: list[Slot] = []
    for slot in sorted(held.values(), key=lambda one: one.starts_at):
        if not _is_free(slot, moved):
            return ()
        if not found or (slot.starts_at == found[-1].ends_at and slot.place_id == found[-1].place_id == first.place_id):
            found.append(slot)
    return tuple(found) if found[-1].ends_at >= choice.ends_at else ()


def _is_free(slot: Slot, moved: AppointmentId | None) -> bool:
    is_left = moved is not None and slot.appointment_id == moved and not slot.is_closing
    return slot.status is SlotStatus.FREE or is_left
