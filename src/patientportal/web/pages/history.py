"""What happened to the patient's account and record, and who of the practice looked."""

from collections.abc import Iterable, Iterator
from datetime import date
from zoneinfo import ZoneInfo

from attrs import frozen
from starlette.responses import Response

from patientportal import HistoryEntry
from patientportal.web.screens import Screen
from patientportal.web.visitor import Visitor
from patientportal.words import area, happened, label

HISTORY_AT_ONCE = 20  # each is four lines on a phone
LOOKED_THROUGH = 200  # entries of the history a page; looks are some of them


@frozen(kw_only=True)
class Look:
    """Somebody of the practice looked on a day at these parts of the record."""

    on: date
    who: str
    areas: tuple[str, ...]


def show_history(visitor: Visitor) -> Response:
    """What happened, the latest first."""
    page = visitor.me.account.history(limit=HISTORY_AT_ONCE, cursor=visitor.query.get("cursor"))
    told = [(one, happened(one.what, visitor.language)) for one in page.items]
    return visitor.show("account/history.html", page=page, told=told)


def show_looks(visitor: Visitor) -> Response:
    """Who looked, by person and day, and at what; to be printed, too."""
    page = visitor.me.account.history(limit=LOOKED_THROUGH, cursor=visitor.query.get("cursor"))
    return visitor.show(
        "account/looks.html",
        page=page,
        looks=list(_looks(page.items, visitor)),
        name=visitor.me.account.profile().personal.name,
        since=page.items[-1].at if page.items else None,
    )


def _looks(entries: Iterable[HistoryEntry], visitor: Visitor) -> Iterator[Look]:
    zone = ZoneInfo(visitor.portal.policy.zone)
    found: dict[tuple[date, str], set[str]] = {}
    for one in entries:
        if one.what == "record_viewed":
            day = one.at.astimezone(zone).date()
            found.setdefault((day, who_of(one, visitor)), set()).add(area(one.verb or "", visitor.language))
    for (on, who), areas in found.items():
        yield Look(on=on, who=who, areas=tuple(sorted(areas)))


def who_of(entry: HistoryEntry, visitor: Visitor) -> str:
    """A provider's name and role; of others, whom the portal doesn't know by name, the role and the practice's id."""
    role = label(entry.role or entry.by, visitor.language)
    first, second = (entry.staff_name, role) if entry.staff_name else (role, entry.staff_id or "")
    return f"{first} ({second})" if first and second else first or second


SCREENS = (
    Screen("/account/history", show_history),
    Screen("/account/who-looked", show_looks),
)
