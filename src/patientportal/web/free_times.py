"""The free times that somebody looks for, week by week, without those at which they have another visit."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from attrs import field, frozen

from patientportal import (
    NotFoundError,
    OpenSlot,
    Page,
    Place,
    Provider,
    SlotTakenError,
    Visit,
    VisitType,
)
from patientportal.web.visitor import Visitor

T = TypeVar("T")

TIMES_MAX = 60
SOME, MANY = 20, 200
LOOKS_MAX = 10
A_WEEK = timedelta(days=7)
YEARS = range(2000, 3000)


@frozen(kw_only=True)
class Offers:
    """What somebody chooses from: a patient, or the desk for one.

    Attributes:
        kinds: the kinds of visits.
        providers: who sees patients.
        places: where.
        open_slots: when, by the face's verb of that name.
    """

    kinds: Iterable[VisitType]
    providers: Iterable[Provider]
    places: Iterable[Place]
    open_slots: Callable[..., Page[OpenSlot]]


@frozen(kw_only=True)
class Search:
    """What somebody looks for.

    Attributes:
        visitor: who.
        open_slots: gives the free times.
        kinds: the kinds of visits that there are. An address has the numbers of these lists, as an id might tell.
        providers: whom they may choose.
        places: where they may choose to go.
        chosen: the number of each choice by its name in the address, ``kind``, ``provider`` and ``place``.
        own: the visits of who comes, but for the one that is moved.
    """

    visitor: Visitor
    open_slots: Callable[..., Page[OpenSlot]]
    kinds: Mapping[str, VisitType]
    providers: Mapping[str, Provider]
    places: Mapping[str, Place]
    chosen: Mapping[str, str]
    own: tuple[Visit, ...] = field(repr=False)

    @property
    def kind(self) -> VisitType | None:
        """Which kind of visit they want."""
        return self.kinds.get(self.chosen["kind"])

    def free(
        self, *, after: datetime | None, before: datetime | None = None, limit: int, cursor: str | None = None
    ) -> Page[OpenSlot]:
        """The next free times that suit."""
        kind = self.kind
        provider = self.providers.get(self.chosen["provider"])
        place = self.places.get(self.chosen["place"])
        found = self.open_slots(
            visit_type_id=kind.id if kind else None,
            provider_id=provider.id if provider else None,
            place_id=place.id if place else None,
            after=after,
            before=before,
            limit=limit,
            cursor=cursor,
        )
        return Page(items=tuple(filter(self.suits, found.items)), next_cursor=found.next_cursor)

    def first(self, *, after: datetime | None = None) -> OpenSlot | None:
        """The next free time that suits, as far as one looks."""
        cursor = None
        for _ in range(LOOKS_MAX):
            found = self.free(after=after, limit=SOME, cursor=cursor)
            if found.items or found.next_cursor is None:
                return next(iter(found.items), None)
            cursor = found.next_cursor
        return None

    def near(self, slot_id: str) -> tuple[OpenSlot | None, tuple[OpenSlot, ...]]:
        """A time that was chosen, if it is free, and those that follow."""
        found = self.free(after=moment_of(self.visitor.query.get("at", "")), limit=MANY).items
        others = tuple(one for one in found if one.slot_id != slot_id)
        return next((one for one in found if one.slot_id == slot_id), None), others

    def suits(self, slot: OpenSlot) -> bool:
        """Whether whoever comes has no other visit then."""
        return not any(one.starts_at < slot.ends_at and slot.starts_at < one.ends_at for one in self.own)


def looked_for(visitor: Visitor, offers: Offers, own: Iterable[Visit], *, moved: Visit | None = None) -> Search:
    """What somebody looks for, as the page's address says.

    Args:
        visitor: who.
        offers: what they choose from.
        own: the visits that whoever comes has.
        moved: the one that is to be moved: its kind stays, and its provider is the first choice.
    """
    kinds = _numbered(offers.kinds)
    kind = visitor.query.get("kind", "1" if len(kinds) == 1 else "")
    if moved is not None:
        kind = next((number for number, one in kinds.items() if one.id == moved.visit_type_id), "")
    wanted = kinds.get(kind)
    providers = _numbered(one for one in offers.providers if wanted is None or wanted.is_offered_by(one.id))
    places = _numbered(offers.places)
    usual = next((number for number, one in providers.items() if moved and one.id == moved.provider_id), "")
    return Search(
        visitor=visitor,
        open_slots=offers.open_slots,
        kinds=kinds,
        providers=providers,
        places=places,
        chosen={
            "kind": _one_of(kinds, kind),
            "provider": _one_of(providers, visitor.query.get("provider", usual)),
            "place": _one_of(places, visitor.query.get("place", "")),
        },
        own=tuple(one for one in own if moved is None or one.appointment_id != moved.appointment_id),
    )


def gone(error: NotFoundError) -> NotFoundError | SlotTakenError:
    """A time that the practice withdrew meanwhile is as good as taken: there are others to choose."""
    return SlotTakenError() if error.what == "slot" else error


@frozen(kw_only=True)
class Week:
    """The free times of a week.

    Attributes:
        first_day: with which it begins.
        last_day: with which it ends.
        days: the times of each day, by the clocks there, and each provider at each place.
        rest: where the times of this week go on that aren't here.
        earlier: a day of the week before, if there is any free time before this one.
        later: a day of the next week with free times.
    """

    first_day: date
    last_day: date
    days: Mapping[date, Mapping[tuple[str, str], list[OpenSlot]]]
    rest: str | None
    earlier: date | None
    later: date | None

    @property
    def is_next(self) -> bool:
        """Whether the later week is the one after this."""
        return self.later is not None and self.later <= self.last_day + A_WEEK


def week_of(wanted: Search) -> Week | None:
    """The week that the page's address says, else the first with free times; ``None``: there is neither."""
    visitor = wanted.visitor
    first = wanted.first()
    zone = ZoneInfo(visitor.portal.policy.zone)
    asked = day_of(visitor.query.get("week", "")) or _day(first, zone)
    if asked is None:
        return None
    locale = visitor.language.locale
    begins = asked - timedelta(days=(asked.weekday() - locale.first_week_day) % 7)
    after, before = (datetime.combine(day, time.min, zone) for day in (begins, begins + A_WEEK))
    found = wanted.free(after=after, before=before, limit=TIMES_MAX, cursor=visitor.query.get("cursor"))
    return Week(
        first_day=begins,
        last_day=begins + A_WEEK - timedelta(days=1),
        days=by_day(found.items),
        rest=found.next_cursor,
        earlier=begins - A_WEEK if first and first.starts_at < after else None,
        later=_day(wanted.first(after=before), zone),
    )


def _day(slot: OpenSlot | None, zone: ZoneInfo) -> date | None:
    return slot.starts_at.astimezone(zone).date() if slot else None


def day_of(text: str) -> date | None:
    """A day out of an address; ``None``: it is none of our days."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def moment_of(text: str) -> datetime | None:
    """A moment out of an address; ``None``: it is none of our days."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in YEARS and found.tzinfo is not None else None


def by_day(slots: Iterable[OpenSlot]) -> Mapping[date, Mapping[tuple[str, str], list[OpenSlot]]]:
    """Free times by the day there, and by the provider and the place."""
    found: dict[date, dict[tuple[str, str], list[OpenSlot]]] = {}
    for slot in slots:
        of_day = found.setdefault(slot.starts_at.date(), {})
        of_day.setdefault((slot.provider_name, slot.place.name), []).append(slot)
    return found


def _numbered(entries: Iterable[T]) -> dict[str, T]:
    return {str(number): one for number, one in enumerate(entries, start=1)}


def _one_of(entries: Mapping[str, object], number: str) -> str:
    return number if number in entries else ""
