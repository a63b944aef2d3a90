"""Choosing: how a slot, the slots after it and a kind of visit are loaded; of all three, only slots are locked."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import chain
from typing import Any

from attrs import frozen

from patientportal.domain.appointments.appointments import Appointment
from patientportal.domain.appointments.directory import BookableBy, VisitType, usable_visit_type_id
from patientportal.domain.appointments.runs import Choice
from patientportal.domain.appointments.schedules import Slot
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import AppointmentId, SlotId, VisitTypeId
from patientportal.ports.store import Is, Key, Query, Transaction, Where


@frozen
class Choosing:
    """What somebody chose, by its ids: a slot, and perhaps a kind of visit.

    One slot is locked by its key. With a kind of visit it is looked up, and what stands beside it; all that is locked.

    Attributes:
        slot_id: of the slot.
        visit_type_id: of the kind.
        under_keys: what the patient has under the keys with which they want it.
    """

    slot_id: SlotId
    visit_type_id: VisitTypeId | None
    under_keys: tuple[Query[Appointment], ...] = ()

    @property
    def asked(self) -> tuple[Key[Any] | Query[Any], ...]:
        """What to ask for where no other slot is wanted: one that is enough by itself is locked at once."""
        return (*self._asked, *self.under_keys)

    @property
    def _asked(self) -> tuple[Key[Any] | Query[Any], ...]:
        return self.looked_up or (Key(Slot, (self.slot_id,)),)

    def apart(self, found: Sequence[Any]) -> tuple[list[Appointment], list[Any]]:
        """What answers ``under_keys``, and all else that answers ``asked`` and ``also``."""
        first, last = len(self._asked), len(self.asked)
        return list(chain.from_iterable(found[first:last])), [*found[:first], *found[last:]]

    @property
    def looked_up(self) -> tuple[Query[Any], ...]:
        """What to look up before any slot is locked."""
        if self.visit_type_id is None:
            return ()
        return (type_of(self.visit_type_id), Query(state=Slot, where=(Where("id", Is.EQ, self.slot_id),)))

    def also(self, tx: Transaction, *found: Any) -> list[Key[Slot]]:
        """The keys of what ``asked`` didn't lock yet, in the order of the locks."""
        return [] if self.visit_type_id is None else self.keys(tx, *found[:2])

    def keys(self, tx: Transaction, types: Sequence[VisitType] = (), slots: Sequence[Slot] = ()) -> list[Key[Slot]]:
        """All the slots that are wanted, given what was looked up, in the order of the locks."""
        if self.visit_type_id is None:
            return [Key(Slot, (self.slot_id,))]
        near = [one for kind in types for slot in slots for one in tx.select(beside([slot], kind.holds))]
        return [Key(Slot, (id_,)) for id_ in sorted({one.id for one in near})]

    def locked(self, found: Sequence[Any]) -> list[Slot]:
        """The slots among what was found: what follows the answers to ``looked_up``."""
        return [slot for slot in found[len(self.looked_up) :] if slot is not None]

    def chosen(self, found: Sequence[Any], *, by: BookableBy | None) -> Choice:
        """What was chosen, of what was looked up and the slots that are locked now.

        Args:
            found: what answers ``looked_up``, and then slots.
            by: who books; ``None``: a visit is moved, which is of its kind already.

        Raises:
            NotFoundError: there is no such kind of visit, not for them; or no such slot any more.
        """
        visit_type = None if self.visit_type_id is None else usable_type(found[0], by=by)
        there = self.locked(found)
        for slot in there:
            if slot.id == self.slot_id:
                return Choice(slot=slot, beside=there, visit_type=visit_type)
        raise NotFoundError(what="slot")


def visit_type_id_or_none(value: object) -> VisitTypeId | None:
    """The id of a kind of visit that somebody gave, if they did.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return None if value is None else usable_visit_type_id(value, field="visit_type_id")


def type_of(visit_type_id: VisitTypeId) -> Query[VisitType]:
    """The kind of visit with this id, which nobody locks."""
    return Query(state=VisitType, where=(Where("id", Is.EQ, visit_type_id),))


def usable_type(types: Sequence[VisitType], *, by: BookableBy | None) -> VisitType:
    """The kind of visit that was looked up.

    Raises:
        NotFoundError: there is none, it isn't active, or it isn't for patients and one of them asks.
    """
    for one in types:
        if by is None or (one.active and by in {one.bookable_by, BookableBy.PRACTICE}):
            return one
    raise NotFoundError(what="visit_type")


def beside(slots: Sequence[Slot], holds: timedelta) -> Query[Slot]:
    """The slots of these slots' providers that begin from the first one on until the last one would be held."""
    providers = tuple(sorted({slot.provider_id for slot in slots}))
    within = (
        Where("provider_id", Is.ONE_OF, providers),
        Where("starts_at", Is.GE, min(slot.starts_at for slot in slots)),
        Where("starts_at", Is.LT, max(slot.starts_at for slot in slots) + holds),
    )
    return Query(state=Slot, where=within)


def of_visit(appointment_id: AppointmentId) -> Query[Slot]:
    """The slots that a visit takes."""
    return Query(state=Slot, where=(Where("appointment_id", Is.EQ, appointment_id),), order=("id",))
