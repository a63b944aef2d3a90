"""Providers and places: the practice writes down who and what they are, and every list looks their names up."""

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
from patientportal.domain.ids import NOBODY, PlaceId, StaffId
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
    """The providers and places that some list is about, looked up in one trip for all of it."""

    providers: Mapping[StaffId, Provider | None]
    places: Mapping[PlaceId, Place | None]

    def provider(self, provider_id: StaffId) -> str:
        """What somebody is called; by their id, where the practice didn't write them down."""
        known = self.providers[provider_id]
        return provider_id if known is None else known.name

    def place(self, of: Slot | Appointment) -> Place:
        """Where a slot or a visit is, as it is called now, with the zone by whose clocks this one was made."""
        known = self.places[of.place_id]
        return Place(id=of.place_id, name=of.place_id, zone=of.zone) if known is None else evolve(known, zone=of.zone)


def names_of(view: View, listed: Iterable[Slot | Appointment]) -> Names:
    """The names of everybody and every place in a list."""
    some = tuple(listed)
    return _names(view, {one.provider_id for one in some}, {one.place_id for one in some})


def names_of_providers(view: View, provider_ids: Iterable[StaffId | None]) -> Names:
    """The names of these, and of no place."""
    return _names(view, {one for one in provider_ids if one is not None}, set())


def _names(view: View, provider_ids: set[StaffId], place_ids: set[PlaceId]) -> Names:
    who, where = sorted(provider_ids), sorted(place_ids)
    keys = [*(Key(Provider, (one,)) for one in who), *(Key(Place, (one,)) for one in where)]
    found: tuple[Any, ...] = view.find_all(*keys) if keys else ()
    return Names(
        dict(zip(who, found[: len(who)], strict=True)),
        dict(zip(where, found[len(who) :], strict=True)),
    )
