"""The practice takes slots away: the free ones of some days, or all of them with the visits that are booked in them."""

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from patientportal.application.appointments.changes import call_off
from patientportal.application.appointments.schedules import whose_schedule
from patientportal.application.environment import Environment
from patientportal.application.on_patient import by_staff, permitted
from patientportal.application.saving import Act, in_transaction, save, select_locked
from patientportal.domain.appointments import schedules as rules
from patientportal.domain.appointments.appointments import Appointment, AppointmentStatus, usable_reason
from patientportal.domain.appointments.changes import Cancelled
from patientportal.domain.appointments.directory import usable_place_id
from patientportal.domain.appointments.patterns import LONGEST_VISIT
from patientportal.domain.appointments.schedules import WITHDRAWN_AT_ONCE, Schedule, Slot, Withdrawn
from patientportal.domain.errors import BadInputError
from patientportal.domain.ids import NOBODY, PlaceId, StaffId
from patientportal.domain.staff import StaffMember
from patientportal.domain.values.zones import in_utc
from patientportal.ports.store import Is, Key, Query, Transaction, Where


@frozen(kw_only=True)
class WithdrawnSlots:
    """What became of some days.

    Attributes:
        slots: how many slots were taken away.
        visits: how many visits were cancelled with theirs.
    """

    slots: int
    visits: int


@frozen(kw_only=True)
class _Days:
    """A provider's days, or part of them.

    Attributes:
        provider_id: whose.
        slots: what is to be taken away.
        booked: the visits that may be in them.
    """

    provider_id: StaffId
    slots: Query[Slot]
    booked: Query[Appointment]


def withdraw(
    env: Environment,
    member: StaffMember,
    *,
    after: datetime,
    before: datetime,
    provider_id: StaffId | None,
    place_id: PlaceId | None,
    cancelling: str | None,
) -> WithdrawnSlots:
    """Takes every slot away that lies ahead and begins within some days: none if one is booked, or with its visit."""
    act = by_staff(env, member, "schedule.withdraw", NOBODY)
    days = _days(whose_schedule(provider_id, member), after=after, before=before, place_id=place_id)
    if cancelling is not None:
        permitted(env, member, "appointments.cancel")
        return _closed(env, member, days, act=act, reason=usable_reason(cancelling, field="cancelling"))

    def body(tx: Transaction) -> int:
        slots, booked = _looked_at(tx, days)
        now = env.now()
        outcome = rules.withdraw(slots, booked={visit.id for visit in booked}, now=now)
        save(tx, outcome, env=env, act=act, now=now)
        return len(outcome.slots) if isinstance(outcome, Withdrawn) else 0

    return WithdrawnSlots(slots=in_transaction(env, body), visits=0)


def _days(provider_id: StaffId, *, after: datetime, before: datetime, place_id: PlaceId | None) -> _Days:
    first, end = in_utc(after, field="after"), in_utc(before, field="before")
    if end <= first:
        raise BadInputError(field="before", problem="out_of_order")
    if end - first > WITHDRAWN_AT_ONCE:
        raise BadInputError(field="before", problem="out_of_range", limit=WITHDRAWN_AT_ONCE.days)
    of_provider, is_before = Where("provider_id", Is.EQ, provider_id), Where("starts_at", Is.LT, end)
    within = [of_provider, Where("starts_at", Is.GE, first), is_before]
    if place_id is not None:
        within.append(Where("place_id", Is.EQ, usable_place_id(place_id, field="place_id")))
    is_booked = Where("status", Is.EQ, AppointmentStatus.BOOKED)
    may_reach_in = Where("starts_at", Is.GT, first - LONGEST_VISIT)
    order = ("starts_at", "id")
    return _Days(
        provider_id=provider_id,
        slots=Query(state=Slot, where=tuple(within), order=order),
        booked=Query(state=Appointment, where=(of_provider, is_booked, may_reach_in, is_before), order=order),
    )


def _looked_at(tx: Transaction, days: _Days) -> tuple[list[Slot], Sequence[Appointment]]:
    """The slots, locked under their schedule, and the booked visits, read after that: who has a slot is among them."""
    tx.get(Key(Schedule, (days.provider_id,)))
    return select_locked(tx, days.slots), tx.select(days.booked)


def _closed(env: Environment, member: StaffMember, days: _Days, *, act: Act, reason: str) -> WithdrawnSlots:
    """First takes away what is free and marks what is booked, then cancels one visit after another.

    One transaction can't do both, for a patient is locked before a schedule. From the first one on none of it can be
    booked, and whoever gives up a marked slot removes it; so what a call that is stopped leaves undone, the next does.
    """

    def body(tx: Transaction) -> tuple[int, list[Appointment]]:
        slots, booked = _looked_at(tx, days)
        now = env.now()
        outcome = rules.close(slots, now=now)
        save(tx, outcome, env=env, act=act, now=now)
        there = {slot.appointment_id for slot in slots}
        waiting = [visit for visit in booked if visit.id in there and visit.starts_at > now]
        return len(outcome.slots) if isinstance(outcome, Withdrawn) else 0, waiting

    gone, waiting = in_transaction(env, body)
    ends = [call_off(env, member, visit, reason=reason) for visit in waiting]
    cancelled = [end for end in ends if isinstance(end, Cancelled)]
    return WithdrawnSlots(slots=gone + sum(len(end.gone) for end in cancelled), visits=len(cancelled))
