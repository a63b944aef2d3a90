"""Providers and places: the practice writes down who and what they are, and every list looks names up."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from attrs import evolve, frozen

from patientportal.application.environment import Environment
from patientportal.application.on_patient import by_staff
from patientportal.application.saving import Act, in_transaction, save
from patientportal.domain import staff
from patientportal.domain.appointments import directory as rules
from patientportal.domain.appointments.appointments import Appointment
from patientportal.domain.appointments.directory import Place, Provider
from patientportal.domain.appointments.schedules import Slot
from patientportal.domain.ids import NOBODY, PatientId, PlaceId, StaffId
from patientportal.domain.patients.patients import PersonalRecord
from patientportal.domain.staff import StaffMember
from patientportal.ports.store import Key, Query, Transaction, View, key_of

E = TypeVar("E")


def put_provider(env: Environment, member: StaffMember, provider: Provider) -> None:
    """The practice says who somebody is."""
    act = by_staff(member, "providers.put", NOBODY)
    put(env, act, _of_kind(provider, Provider))


def providers(env: Environment, member: StaffMember) -> tuple[Provider, ...]:
    """Everybody whom the practice wrote down, in the order of their names."""
    staff.permit(member, "providers.all")
    return _all(env, Provider)


def put_place(env: Environment, member: StaffMember, place: Place) -> None:
    """The practice says what a place is."""
    act = by_staff(member, "places.put", NOBODY)
    put(env, act, _of_kind(place, Place))


def places(env: Environment, member: StaffMember) -> tuple[Place, ...]:
    """Every place that the practice wrote down, in the order of their names."""
    staff.permit(member, "places.all")
    return _all(env, Place)


def put(env: Environment, act: Act, entry: Provider | Place) -> None:
    """Saves what an entry of the directory is from now on; the same again changes nothing."""
    key: Key[Any] = key_of(entry)

    def body(tx: Transaction) -> None:
        known, now = tx.get(key), env.now()
        save(tx, rules.put(known, entry), env=env, act=act, now=now)

    in_transaction(env, body)


def _of_kind(entry: E, kind: type[E]) -> E:
    if not isinstance(entry, kind):
        raise TypeError(f"{kind.__name__.lower()} must be {kind.__name__}, not {type(entry).__name__}")
    return entry


def _all(env: Environment, kind: type[Any]) -> tuple[Any, ...]:
    with env.store.view() as view:
        found = view.select(Query(state=kind, order=("id",)))
    return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.id)))


@frozen
class Names:
    """The providers, the places and, for staff, the patients of a list, looked up in one trip for all of it."""

    providers: Mapping[StaffId, Provider | None]
    places: Mapping[PlaceId, Place | None]
    patients: Mapping[PatientId, PersonalRecord | None]

    def provider(self, provider_id: StaffId) -> str:
        """What somebody is called; by their id, where the practice didn't write them down."""
        known = self.providers[provider_id]
        return provider_id if known is None else known.name

    def place(self, of: Slot | Appointment) -> Place:
        """Where a slot or a visit is, as it is called now, with the zone by whose clocks this one was made."""
        known = self.places[of.place_id]
        return Place(id=of.place_id, name=of.place_id, zone=of.zone) if known is None else evolve(known, zone=of.zone)

    def patient(self, patient_id: PatientId) -> str:
        """What the practice calls a patient."""
        known = self.patients[patient_id]
        return "" if known is None else f"{known.personal.first_name} {known.personal.last_name}"


def names_of(view: View, listed: Iterable[Slot | Appointment]) -> Names:
    """The names of every provider and place in a list, as patients may read them."""
    some = tuple(listed)
    return _names(view, {one.provider_id for one in some}, {one.place_id for one in some})


def names_for_staff(view: View, visits: Iterable[Appointment]) -> Names:
    """The names of everybody and every place in a list of visits."""
    some = tuple(visits)
    of_patients = {one.patient_id for one in some}
    return _names(view, {one.provider_id for one in some}, {one.place_id for one in some}, of_patients)


def names_of_providers(view: View, provider_ids: Iterable[StaffId | None]) -> Names:
    """The names of these, and of no place."""
    return _names(view, {one for one in provider_ids if one is not None}, set())


def _names(
    view: View, provider_ids: set[StaffId], place_ids: set[PlaceId], patient_ids: Iterable[PatientId] = ()
) -> Names:
    keys: list[Key[Any]] = [
        *(Key(Provider, (one,)) for one in sorted(provider_ids)),
        *(Key(Place, (one,)) for one in sorted(place_ids)),
        *(Key(PersonalRecord, (one,)) for one in sorted(patient_ids)),
    ]
    found = dict(zip(keys, view.find_all(*keys), strict=True)) if keys else {}

    def of(kind: type[Any]) -> dict[Any, Any]:
        return {key.parts[0]: one for key, one in found.items() if key.state is kind}

    return Names(of(Provider), of(Place), of(PersonalRecord))
