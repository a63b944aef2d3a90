"""Providers and places: the practice writes down who and what they are, and every list looks names up."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from attrs import frozen

from patientportal.application.accounts.sessions import SignedIn, WhileIn
from patientportal.application.environment import Environment
from patientportal.application.names import People, looked_up
from patientportal.application.on_patient import by_staff, permitted
from patientportal.application.saving import Act, in_transaction, save
from patientportal.domain.appointments import directory as rules
from patientportal.domain.appointments.appointments import Appointment
from patientportal.domain.appointments.directory import BookableBy, Entry, Place, Provider, VisitType
from patientportal.domain.appointments.schedules import Slot
from patientportal.domain.ids import NOBODY, PlaceId, VisitTypeId
from patientportal.domain.patients.patients import PersonalRecord
from patientportal.domain.staff import StaffMember
from patientportal.domain.values.stored import as_stored, revised
from patientportal.ports.store import Answering, Key, Query, Transaction, key_of

E = TypeVar("E", bound=Entry)


def put_by_staff(env: Environment, member: StaffMember, verb: str, entry: Entry, kind: type[Entry]) -> None:
    """The practice says who or what an entry of its directory is."""
    act = by_staff(env, member, verb, NOBODY)
    if not isinstance(entry, kind):
        raise TypeError(f"the entry must be {kind.__name__}, not {type(entry).__name__}")
    put(env, act, entry)


def entries(env: Environment, member: StaffMember, verb: str, kind: type[E]) -> tuple[E, ...]:
    """Every entry of a kind that the practice wrote down, in the order of their names."""
    permitted(env, member, verb)
    (found,) = env.store.find_all(Query(state=kind, order=("id",)))
    return _by_name(found)


def entries_for_patients(env: Environment, who: SignedIn, kind: type[E]) -> tuple[E, ...]:
    """Every entry of a kind that is still in use, in the order of their names."""
    (found,) = WhileIn(env.store, who, env).find_all(Query(state=kind, order=("id",)))
    return _by_name(one for one in found if one.active)


def visit_types_for_patients(env: Environment, who: SignedIn) -> tuple[VisitType, ...]:
    """The kinds of visits that patients can book, in the order of their names."""
    found = entries_for_patients(env, who, VisitType)
    return tuple(one for one in found if one.bookable_by is BookableBy.PATIENT)


def put(env: Environment, act: Act, entry: Entry) -> None:
    """Saves what an entry of the directory is from now on; the same again changes nothing."""
    key: Key[Any] = key_of(entry)

    def body(tx: Transaction) -> None:
        known, now = tx.get(key), env.now()
        save(tx, rules.put(known, entry), env=env, act=act, now=now)

    in_transaction(env, body)


def _by_name(found: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.id)))


@frozen
class Names(People):
    """The places and the kinds of visits of a list, too."""

    places: Mapping[PlaceId, Place | None]
    visit_types: Mapping[VisitTypeId, VisitType | None]

    def place(self, of: Slot | Appointment) -> Place:
        """Where a slot or a visit is, as it is called now, with the zone by whose clocks this one was made."""
        return place_now(self.places[of.place_id], of)

    def visit_type(self, visit_type_id: VisitTypeId | None) -> str | None:
        """What a kind of visit is called."""
        known = None if visit_type_id is None else self.visit_types[visit_type_id]
        return visit_type_id if known is None else known.name


def place_now(known: Place | None, of: Slot | Appointment) -> Place:
    """Where a slot or a visit is, by what is known of that place now, or by its id alone."""
    if known is None:
        return as_stored(Place)(id=of.place_id, name=of.place_id, zone=of.zone, address=None, active=True)
    return revised(known, zone=of.zone)


def names_of(where: Answering, listed: Iterable[Slot | Appointment], *, for_staff: bool = False) -> Names:
    """The names of everything in a list: of patients, too, where staff look at it."""
    some = tuple(listed)
    visits = [one for one in some if isinstance(one, Appointment)]
    of = looked_up(
        where,
        (Provider, {one.provider_id for one in some}),
        (Place, {one.place_id for one in some}),
        (VisitType, {one.visit_type_id for one in visits if one.visit_type_id is not None}),
        (PersonalRecord, {one.patient_id for one in visits} if for_staff else set()),
    )
    return Names(of(Provider), of(PersonalRecord), of(Place), of(VisitType))
