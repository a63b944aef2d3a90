"""Open slots: where a visit can begin, as patients and the desk look for one."""

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, field, frozen

from patientportal.application.accounts.sessions import SignedIn, WhileIn
from patientportal.application.appointments.choosing import beside, type_of, usable_type, visit_type_id_or_none
from patientportal.application.appointments.directory import Names, names_of
from patientportal.application.environment import Environment
from patientportal.application.on_patient import permitted
from patientportal.application.pages import LIMIT_MAX, Page, as_views, cursor_at, page, usable_place
from patientportal.domain.appointments.directory import BookableBy, Place, VisitType, usable_place_id
from patientportal.domain.appointments.runs import Choice, run
from patientportal.domain.appointments.schedules import Slot, SlotStatus
from patientportal.domain.errors import BadInputError
from patientportal.domain.ids import PlaceId, SlotId, StaffId, VisitTypeId
from patientportal.domain.staff import StaffMember, usable_staff_id
from patientportal.domain.values.zones import in_utc, local
from patientportal.ports.store import Answering, Is, Query, Where

LOOKS_MAX = 10
LOOKED_AT_LEAST = 50


@frozen(kw_only=True)
class OpenSlot:
    """Where a visit can begin.

    Attributes:
        slot_id: book it by this.
        provider_id: whose time it is.
        provider_name: what they are called now; their id, where the practice never said.
        place: where, as it is called now, with the zone by whose clocks the slot was made.
        starts_at: from when, as the clocks there show it, with their offset from UTC.
        ends_at: until when the visit would last, likewise.
    """

    slot_id: SlotId
    provider_id: StaffId
    provider_name: str
    place: Place
    starts_at: datetime
    ends_at: datetime


@frozen(kw_only=True)
class Wanted:
    """Which open slots somebody looks for; ``None``: any.

    Attributes:
        provider_id: of whom.
        place_id: where.
        after: from when on.
        before: until when, not included.
        visit_type_id: for a visit of which kind; ``None``: one that takes one slot.
    """

    provider_id: StaffId | None = None
    place_id: PlaceId | None = None
    after: datetime | None = None
    before: datetime | None = None
    visit_type_id: VisitTypeId | None = field(default=None, converter=visit_type_id_or_none)


def open_slots(env: Environment, who: SignedIn, wanted: Wanted, *, limit: int, cursor: str | None) -> Page[OpenSlot]:
    """The free slots that lie ahead, the next one first; who has the others isn't shown, nor that there are others."""
    now, limits = env.now(), env.policy.appointments
    earliest = None if limits.book_notice is None else now + limits.book_notice
    latest = None if limits.horizon is None else now + limits.horizon
    query = _free(wanted, now=now, earliest=earliest, latest=latest)
    asked = WhileIn(env.store, who, env)
    return _offered(env, query, wanted, first=asked, by=BookableBy.PATIENT, limit=limit, cursor=cursor)


def open_slots_for_staff(
    env: Environment, member: StaffMember, wanted: Wanted, *, limit: int, cursor: str | None
) -> Page[OpenSlot]:
    """The same for the practice, which then books one of them for somebody."""
    permitted(env, member, "schedule.open_slots")
    query = _free(wanted, now=env.now())
    return _offered(env, query, wanted, first=env.store, by=BookableBy.PRACTICE, limit=limit, cursor=cursor)


def _free(
    wanted: Wanted, *, now: datetime, earliest: datetime | None = None, latest: datetime | None = None
) -> Query[Slot]:
    """The free slots that lie ahead, from the earliest up to and with the latest moment at which one may begin."""
    where = [Where("status", Is.EQ, SlotStatus.FREE)]
    if wanted.provider_id is not None:
        where.append(Where("provider_id", Is.EQ, usable_staff_id(wanted.provider_id, field="provider_id")))
    if wanted.place_id is not None:
        where.append(Where("place_id", Is.EQ, usable_place_id(wanted.place_id, field="place_id")))
    first, end = _between(wanted.after, wanted.before)
    # Of two lower bounds, SQLite may look for the wrong one in the index: one of each is enough.
    first = earliest if first is None or (earliest is not None and first < earliest) else first
    where.append(Where("starts_at", Is.GT, now) if first is None or first <= now else Where("starts_at", Is.GE, first))
    if latest is not None and (end is None or latest < end):
        where.append(Where("starts_at", Is.LE, latest))
    elif end is not None:
        where.append(Where("starts_at", Is.LT, end))
    return Query(state=Slot, where=tuple(where), order=("starts_at", "id"))


def _offered(
    env: Environment,
    query: Query[Slot],
    wanted: Wanted,
    *,
    first: Answering,
    by: BookableBy,
    limit: int,
    cursor: str | None,
) -> Page[OpenSlot]:
    """What of this is offered; ``first`` is what is asked first.

    Each trip has its own moment: whoever books looks again.
    """
    visit_type = None
    if wanted.visit_type_id is None:
        found = page(first, query, limit=limit, cursor=cursor, place=_place_in_list)
    else:
        visit_type = usable_type(*first.find_all(type_of(wanted.visit_type_id)), by=by)
        usable_place(limit, cursor)
        found = _beginnings(env.store, query, wanted, visit_type, limit=limit, cursor=cursor)
    names = names_of(env.store, found.items)
    return as_views(found, lambda slot: _open_slot(Choice(slot=slot, visit_type=visit_type), names))


def _beginnings(
    where: Answering, query: Query[Slot], wanted: Wanted, visit_type: VisitType, *, limit: int, cursor: str | None
) -> Page[Slot]:
    """The slots where a visit of a kind can begin; ten looks at most, so that a page may be short and yet not the last.

    Where a kind is some providers' alone, each of them is looked up by themselves: nobody else's slots are read.
    """
    queries = _of_its_providers(query, wanted, visit_type)
    found: list[Slot] = []
    for _ in range(LOOKS_MAX if queries else 0):
        some = page(where, *queries, limit=_so_many(limit), cursor=cursor, place=_place_in_list)
        found += _where_a_run_begins(where, some.items, visit_type)
        cursor = some.next_cursor
        if len(found) > limit:
            return Page(items=tuple(found[:limit]), next_cursor=cursor_at(*_place_in_list(found[limit - 1])))
        if cursor is None:
            break
    return Page(items=tuple(found), next_cursor=cursor if queries else None)


def _so_many(limit: int) -> int:
    return min(LIMIT_MAX, max(LOOKED_AT_LEAST, 2 * limit))


def _of_its_providers(query: Query[Slot], wanted: Wanted, visit_type: VisitType) -> list[Query[Slot]]:
    if wanted.provider_id is not None:
        return [query] if visit_type.is_offered_by(wanted.provider_id) else []
    of_each = [Where("provider_id", Is.EQ, one) for one in visit_type.provider_ids]
    return [evolve(query, where=(query.where[0], of_one, *query.where[1:])) for of_one in of_each] or [query]


def _where_a_run_begins(where: Answering, slots: Sequence[Slot], visit_type: VisitType) -> list[Slot]:
    near: dict[StaffId, list[Slot]] = {}
    for one in where.find_all(beside(slots, visit_type.holds))[0] if slots else ():
        near.setdefault(one.provider_id, []).append(one)
    return [slot for slot in slots if run(Choice(slot=slot, beside=near[slot.provider_id], visit_type=visit_type))]


def _open_slot(choice: Choice, names: Names) -> OpenSlot:
    slot = choice.slot
    return OpenSlot(
        slot_id=slot.id,
        provider_id=slot.provider_id,
        provider_name=names.provider(slot.provider_id),
        place=names.place(slot),
        starts_at=local(slot.starts_at, slot.zone),
        ends_at=local(choice.ends_at, slot.zone),
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
