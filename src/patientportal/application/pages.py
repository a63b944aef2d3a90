"""Lists in pages: so many at a time, and where to go on."""

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Generic, ParamSpec, TypeVar

from attrs import evolve, frozen

from patientportal.domain.errors import BadInputError
from patientportal.domain.values.numbers import whole
from patientportal.domain.values.text import bounded
from patientportal.domain.values.tokens import ID
from patientportal.ports.store import Answering, Query, View

T = TypeVar("T")
S = TypeVar("S")
P = ParamSpec("P")

LIMIT_MAX = 200
PAGES_MAX = 1_000
CURSOR_BYTES_MAX = 512
LOOKED_AT_MAX = 1_000


@frozen(kw_only=True)
class Page(Generic[T]):
    """Some of a list.

    Attributes:
        items: in the list's order.
        next_cursor: pass it as ``cursor=`` to get the next page; ``None`` at the end.
    """

    items: tuple[T, ...]
    next_cursor: str | None


def pages(list_of: Callable[P, Page[T]], *arguments: P.args, **named: P.kwargs) -> Iterator[Page[T]]:
    """Every page of a list, each asked for when it is wanted; 1,000 at most.

    Args:
        list_of: what gives one page, such as ``me.appointments.past``.
        arguments: what it takes.
        named: what it takes by name: the ``limit`` of each page, and the ``cursor`` where to begin.

    Yields:
        Pages. Where there are more than 1,000, the last one's ``next_cursor`` says where to go on.

    Raises:
        PortalError: as ``list_of`` does, when a page is asked for; ``SessionEndedError`` in the middle, too.
    """
    cursor = named.pop("cursor", None)
    for _ in range(PAGES_MAX):
        found = list_of(*arguments, **(named | {"cursor": cursor}))  # type: ignore[arg-type] # every list takes one
        yield found
        if (cursor := found.next_cursor) is None:
            return


def page(
    where: Answering,
    query: Query[S],
    *others: Query[S],
    limit: int,
    cursor: str | None,
    place: Callable[[S], tuple[datetime, str]],
    at: Callable[[datetime], object] | None = None,
) -> Page[S]:
    """One page of what a query asks for, in its order of a moment and an id.

    Args:
        where: a view, or what answers for it.
        query: what.
        others: what else, in the same order: the list is all of it.
        limit: how many at most.
        cursor: of the page before.
        place: a state's values of the order.
        at: what the query's own order has in the moment's place; ``None``: the moment.

    Raises:
        TypeError: ``limit`` isn't an ``int``, or ``cursor`` no ``str``.
        BadInputError: ``limit`` isn't 1 to 200, or the cursor isn't one. That of another list isn't known as such, and
            names a place in this one.
    """
    begins = usable_place(limit, cursor)
    after = begins if begins is None or at is None else (at(begins[0]), begins[1])
    answers = where.find_all(*(evolve(some, limit=limit + 1, after=after) for some in (query, *others)))
    found = [one for some in answers for one in some]
    if others:
        found.sort(key=place, reverse=query.descending)
    as_views = tuple(found[:limit])
    more = len(found) > limit
    return Page(items=as_views, next_cursor=cursor_at(*place(as_views[-1])) if more else None)


def sieved(
    view: View,
    query: Query[S],
    sieve: Callable[[Sequence[S]], Sequence[S]],
    *,
    limit: int,
    cursor: str | None,
    place: Callable[[S], tuple[datetime, str]],
) -> Page[S]:
    """One page of those that a sieve lets through, of at most 1,000 looked at; so it may be short where more follow.

    First as many are looked at as may be wanted, then each time twice as many.

    Args:
        view: where.
        query: what is looked at.
        sieve: given some of it, gives those that are wanted, in their order.
        limit: how many at most.
        cursor: of the page before.
        place: as ``page`` has it; it raises as that does, too.
    """
    after, size, looked_at = usable_place(limit, cursor), min(limit + 1, LOOKED_AT_MAX), 0
    wanted: list[S] = []
    while True:
        found = view.select(evolve(query, limit=size + 1, after=after))
        some, more = found[:size], len(found) > size
        if some:
            wanted.extend(sieve(some))
            looked_at += len(some)
        if len(wanted) > limit:
            return Page(items=tuple(wanted[:limit]), next_cursor=cursor_at(*place(wanted[limit - 1])))
        if not more or looked_at == LOOKED_AT_MAX:
            return Page(items=tuple(wanted), next_cursor=cursor_at(*place(some[-1])) if more else None)
        after, size = place(some[-1]), min(2 * size, LOOKED_AT_MAX - looked_at)


def usable_place(limit: int, cursor: str | None) -> tuple[datetime, str] | None:
    """Where a page begins; raises as ``page`` does, for whoever does something before it."""
    whole(limit, field="limit", at_least=1, at_most=LIMIT_MAX)
    return None if cursor is None else _read(cursor)


def as_views(found: Page[S], make: Callable[[S], T]) -> Page[T]:
    """The same page, each of its states in the form that is shown."""
    return Page(items=tuple(make(state) for state in found.items), next_cursor=found.next_cursor)


def cursor_at(at: datetime, id: str) -> str:  # noqa: A002 - what it is
    """The cursor of what comes after this moment and id."""
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), id]).encode()).decode()


def _read(cursor: str) -> tuple[datetime, str]:
    text = bounded(cursor, field="cursor", at_most_bytes=CURSOR_BYTES_MAX)
    try:
        at, id_ = json.loads(base64.urlsafe_b64decode(text.encode()))
        moment = datetime.fromisoformat(at)
        if moment.utcoffset() is not None and ID.fullmatch(id_):
            return moment.astimezone(UTC), id_
    except (ValueError, TypeError, OverflowError, RecursionError):
        pass
    raise BadInputError(field="cursor", problem="bad_format")
