"""Schedules: the practice publishes slots."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, time, timedelta

from attrs import evolve, frozen

from patientportal.application.appointments.directory import put
from patientportal.application.environment import Environment
from patientportal.application.on_patient import by_staff
from patientportal.application.saving import Act, in_transaction, save
from patientportal.domain.appointments import schedules as rules
from patientportal.domain.appointments.directory import Place, Provider, usable_place_id
from patientportal.domain.appointments.patterns import LONGEST_VISIT, Pattern, usable_pattern, visits
from patientportal.domain.appointments.schedules import (
    LeftOut,
    NothingToAdd,
    Published,
    Schedule,
    Slot,
)
from patientportal.domain.errors import BadInputError, NotFoundError
from patientportal.domain.ids import NOBODY, PlaceId, SlotId, StaffId
from patientportal.domain.staff import Role, StaffMember, usable_staff_id
from patientportal.domain.values.zones import day
from patientportal.ports.store import Is, Key, Query, Transaction, Where

BATCH = 500


@frozen(kw_only=True)
class PublishedSlots:
    """What became of a pattern.

    Attributes:
        added: how many slots are new.
        already_there: how many were there before.
        left_out: those that weren't added because the provider is busy then, in order and as the clocks there show it.
    """

    added: int
    already_there: int
    left_out: tuple[LeftOut, ...] = ()


def publish(
    env: Environment,
    member: StaffMember,
    place: Place | PlaceId,
    pattern: str,
    *,
    opens: time,
    closes: time,
    visit_length: timedelta,
    step: timedelta | None,
    first_day: date,
    last_day: date,
    exceptions: Iterable[date],
    provider_id: StaffId | None,
    progress: Callable[[int, int], object] | None,
) -> PublishedSlots:
    """Adds what is missing of a pattern, 500 slots a transaction, once it is known that none overlaps a free one."""
    act = by_staff(env, member, "schedule.publish", NOBODY)
    provider = whose_schedule(provider_id, member)
    if progress is not None and not callable(progress):
        raise TypeError("progress must be a function")
    place_id = place.id if isinstance(place, Place) else usable_place_id(place, field="place")
    with env.store.view() as view:
        known, whose = view.find_all(Key(Place, (place_id,)), Key(Provider, (provider,)))
        where = _open_place(place if isinstance(place, Place) else known, whose)
        hours = usable_pattern(
            pattern=pattern,
            opens=opens,
            closes=closes,
            visit_length=visit_length,
            step=step,
            first_day=first_day,
            last_day=last_day,
            exceptions=exceptions,
            today=day(env.now(), where.zone),
        )
        wanted = _slots(env, provider, where, hours)
        batches = [wanted[at : at + BATCH] for at in range(0, len(wanted), BATCH)]
        for batch in batches:
            rules.publish(None, wanted=batch, existing=view.select(_near(batch)), now=env.now())
    if where != known:
        put(env, act, where)
    added = done = 0
    left_out: list[LeftOut] = []
    for batch in batches:
        outcome = _added(env, batch, act)
        added += len(outcome.slots) if isinstance(outcome, Published) else 0
        left_out += outcome.left_out
        done += len(batch)
        if progress is not None:
            progress(done, len(wanted))
    return PublishedSlots(
        added=added,
        already_there=len(wanted) - added - len(left_out),
        left_out=tuple(
            evolve(one, starts_at=where.local(one.starts_at), ends_at=where.local(one.ends_at)) for one in left_out
        ),
    )


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


def _added(env: Environment, batch: Sequence[Slot], act: Act) -> Published | NothingToAdd:
    def body(tx: Transaction) -> Published | NothingToAdd:
        schedule = tx.get(Key(Schedule, (batch[0].provider_id,)))
        now = env.now()
        outcome = rules.publish(schedule, wanted=batch, existing=tx.select(_near(batch)), now=now)
        save(tx, outcome, env=env, act=act, now=now)
        return outcome

    return in_transaction(env, body)


def _near(batch: Sequence[Slot]) -> Query[Slot]:
    """The slots of the provider that may overlap one of these."""
    within = (
        Where("provider_id", Is.EQ, batch[0].provider_id),
        Where("starts_at", Is.GT, batch[0].starts_at - LONGEST_VISIT),
        Where("starts_at", Is.LT, batch[-1].ends_at),
    )
    return Query(state=Slot, where=within, order=("starts_at", "id"))


def whose_schedule(provider_id: object, member: StaffMember) -> StaffId:
    """Whose schedule is meant: the member's own, if they are a provider and say nothing else.

    Raises:
        TypeError: ``provider_id`` isn't a ``str``, and the member is no provider.
        BadInputError: it can't be an id of staff.
    """
    if provider_id is None and Role.PROVIDER in member.roles:
        return member.id
    return usable_staff_id(provider_id, field="provider_id")
