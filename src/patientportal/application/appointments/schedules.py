"""Schedules: the practice publishes slots; patients look for one that suits."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta

from attrs import frozen

from patientportal.application.accounts.sessions import SignedIn, require
from patientportal.application.appointments.directory import Names, names_of, put
from patientportal.application.environment import Environment
from patientportal.application.on_patient import by_staff
from patientportal.application.pages import Page, as_views, page
from patientportal.application.saving import Act, in_transaction, save
from patientportal.domain.appointments import schedules as rules
from patientportal.domain.appointments.directory import Place, Provider, usable_place_id
from patientportal.domain.appointments.patterns import LONGEST_VISIT, Pattern, usable_pattern, visits
from patientportal.domain.appointments.schedules import (
    Published,
    Schedule,
    Slot,
    SlotStatus,
)
from patientportal.domain.errors import BadInputError, NotFoundError
from patientportal.domain.ids import NOBODY, PlaceId, SlotId, StaffId
from patientportal.domain.staff import STAFF_ID_MAX, Role, StaffMember
from patientportal.domain.values.text import line
from patientportal.domain.values.zones import in_utc, local
from patientportal.ports.store import Is, Key, Query, Transaction, Where

BATCH = 500


@frozen(kw_only=True)
class PublishedSlots:
    """What became of a pattern.

    Attributes:
        added: how many slots are new.
        already_there: how many were there before.
    """

    added: int
    already_there: int


@frozen(kw_only=True)
class OpenSlot:
    """A slot that can be booked.

    Attributes:
        slot_id: book it by this.
        provider_id: whose time it is.
        provider_name: what they are called now; their id, where the practice never said.
        place: where, as it is called now, with the zone by whose clocks the slot was made.
        starts_at: from when, as the clocks there show it, with their offset from UTC.
        ends_at: until when, likewise.
    """

    slot_id: SlotId
    provider_id: StaffId
    provider_name: str
    place: Place
    starts_at: datetime
    ends_at: datetime


def publish(
    env: Environment,
    member: StaffMember,
    place: Place | PlaceId,
    pattern: str,
    *,
    opens: time,
    closes: time,
    visit_length: timedelta,
    first_day: date,
    last_day: date,
    exceptions: Iterable[date],
    provider_id: StaffId | None,
    progress: Callable[[int, int], object] | None,
) -> PublishedSlots:
    """Adds what is missing of a pattern, 500 slots a transaction, once it is known that none overlaps another."""
    act = by_staff(member, "schedule.publish", NOBODY)
    provider = whose_schedule(provider_id, member)
    if progress is not None and not callable(progress):
        raise TypeError("progress must be a function")
    hours = usable_pattern(
        pattern=pattern,
        opens=opens,
        closes=closes,
        visit_length=visit_length,
        first_day=first_day,
        last_day=last_day,
        exceptions=exceptions,
    )
    place_id = place.id if isinstance(place, Place) else usable_place_id(place, field="place")
    with env.store.view() as view:
        known, whose = view.find_all(Key(Place, (place_id,)), Key(Provider, (provider,)))
        where = _open_place(place if isinstance(place, Place) else known, whose)
        wanted = _slots(env, provider, where, hours)
        batches = [wanted[at : at + BATCH] for at in range(0, len(wanted), BATCH)]
        for batch in batches:
            rules.publish(None, wanted=batch, existing=view.select(_near(batch)), now=env.now())
    if where != known:
        put(env, act, where)
    added = done = 0
    for batch in batches:
        added += _added(env, batch, act)
        done += len(batch)
        if progress is not None:
            progress(done, len(wanted))
    return PublishedSlots(added=added, already_there=len(wanted) - added)


def _open_place(place: Place | None, provider: Provider | None) -> Place:
    """The place where slots may be published, for somebody for whom they may.

    Raises:
        NotFoundError: nobody wrote it down.
        BadInputError: ``inactive``: the place is, or the provider.
    """
    if place is None:
        raise NotFoundError(what="place")
    if not place.active:
        raise BadInputError(field="place", problem="inactive")
    if provider is not None and not provider.active:
        raise BadInputError(field="provider_id", problem="inactive")
    return place


def _slots(env: Environment, provider_id: StaffId, place: Place, hours: Pattern) -> list[Slot]:
    return [
        Slot(
            id=SlotId(env.new_id()),
            provider_id=provider_id,
            place_id=place.id,
            zone=place.zone,
            starts_at=starts_at,
            ends_at=ends_at,
        )
        for starts_at, ends_at in visits(hours, zone=place.zone)
    ]


def _added(env: Environment, batch: Sequence[Slot], act: Act) -> int:
    def body(tx: Transaction) -> int:
        schedule = tx.get(Key(Schedule, (batch[0].provider_id,)))
        now = env.now()
        outcome = rules.publish(schedule, wanted=batch, existing=tx.select(_near(batch)), now=now)
        save(tx, outcome, env=env, act=act, now=now)
        return len(outcome.slots) if isinstance(outcome, Published) else 0

    return in_transaction(env, body)


def _near(batch: Sequence[Slot]) -> Query[Slot]:
    """The slots of the provider that may overlap one of these."""
    within = (
        Where("provider_id", Is.EQ, batch[0].provider_id),
        Where("starts_at", Is.GT, batch[0].starts_at - LONGEST_VISIT),
        Where("starts_at", Is.LT, batch[-1].ends_at),
    )
    return Query(state=Slot, where=within, order=("starts_at", "id"))


def open_slots(
    env: Environment,
    who: SignedIn,
    *,
    provider_id: StaffId | None,
    place_id: PlaceId | None,
    after: datetime | None,
    before: datetime | None,
    limit: int,
    cursor: str | None,
) -> Page[OpenSlot]:
    """The free slots that lie ahead, the next one first; who has the others isn't shown, nor that there are others."""
    where = [Where("status", Is.EQ, SlotStatus.FREE)]
    if provider_id is not None:
        where.append(Where("provider_id", Is.EQ, line(provider_id, field="provider_id", at_most=STAFF_ID_MAX)))
    if place_id is not None:
        where.append(Where("place_id", Is.EQ, usable_place_id(place_id, field="place_id")))
    first, end = _between(after, before)
    now = env.now()
    # Of two lower bounds, SQLite may look for the wrong one in the index.
    where.append(Where("starts_at", Is.GT, now) if first is None or first <= now else Where("starts_at", Is.GE, first))
    if end is not None:
        where.append(Where("starts_at", Is.LT, end))
    query = Query(state=Slot, where=tuple(where), order=("starts_at", "id"))
    with env.store.view() as view:
        require(view, who, env=env)
        found = page(view, query, limit=limit, cursor=cursor, place=_place_in_list)
        names = names_of(view, found.items)
    return as_views(found, lambda slot: _open_slot(slot, names))


def _open_slot(slot: Slot, names: Names) -> OpenSlot:
    return OpenSlot(
        slot_id=slot.id,
        provider_id=slot.provider_id,
        provider_name=names.provider(slot.provider_id),
        place=names.place(slot),
        starts_at=local(slot.starts_at, slot.zone),
        ends_at=local(slot.ends_at, slot.zone),
    )


def _place_in_list(slot: Slot) -> tuple[datetime, str]:
    return slot.starts_at, slot.id


def _between(after: datetime | None, before: datetime | None) -> tuple[datetime | None, datetime | None]:
    """The two in UTC.

    Raises:
        TypeError: one of them isn't a ``datetime``.
        ValueError: one is naive.
        BadInputError: ``out_of_range`` or, where ``before`` isn't after ``after``, ``out_of_order``.
    """
    first = None if after is None else in_utc(after, field="after")
    end = None if before is None else in_utc(before, field="before")
    if first is not None and end is not None and end <= first:
        raise BadInputError(field="before", problem="out_of_order")
    return first, end


def whose_schedule(provider_id: object, member: StaffMember) -> StaffId:
    """Whose schedule is meant: the member's own, if they are a provider and say nothing else.

    Raises:
        TypeError: ``provider_id`` isn't a ``str``, and the member is no provider.
        BadInputError: it can't be an id of staff.
    """
    if provider_id is None and Role.PROVIDER in member.roles:
        return member.id
    return StaffId(line(provider_id, field="provider_id", at_most=STAFF_ID_MAX))
