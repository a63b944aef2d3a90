"""Who sees patients, where and for what: lists, and a form for each entry."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from typing import TypeVar
from zoneinfo import available_timezones

from starlette.responses import Response

from patientportal import (
    BadInputError,
    BookableBy,
    NotFoundError,
    Place,
    PlaceId,
    Provider,
    StaffId,
    VisitType,
    VisitTypeId,
)
from patientportal.web.languages import N_
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor

Entry = TypeVar("Entry", Provider, Place, VisitType)

HERE = "/desk/practice"
SLUG_MAX, MARK_CHARS = 40, 6
_NO_LETTER = re.compile(r"[^a-z0-9]+")


def show_all(visitor: Visitor) -> Response:
    """The three lists."""
    practice = visitor.practice
    providers = practice.providers.all()
    return visitor.show(
        "desk/practice.html",
        providers=providers,
        places=practice.places.all(),
        kinds=practice.visit_types.all(),
        names={one.id: one.name for one in providers},
    )


def show_provider(visitor: Visitor) -> Response:
    """Somebody who sees patients, or the form for somebody new."""
    return visitor.show("desk/provider.html", entry=_known(visitor, visitor.practice.providers.all()))


def put_provider(visitor: Visitor) -> Response:
    """Says who somebody is."""
    form = visitor.form
    form.need("name")
    everybody = visitor.practice.providers.all()
    known = _known(visitor, everybody)
    made = known.id if known else StaffId(form["id"].strip() or new_id(form["name"], form["key"]))
    provider = Provider(id=made, name=form["name"].strip(), active=_is_active(visitor))
    if known is None and any(one.id == made and one != provider for one in everybody):
        raise BadInputError(field="id", problem="unchanged")
    visitor.practice.providers.put(provider)
    return _saved(visitor)


def show_place(visitor: Visitor) -> Response:
    """A place, or the form for a new one."""
    entry = _known(visitor, visitor.practice.places.all())
    zone = entry.zone if entry else visitor.portal.policy.zone
    return visitor.show("desk/place.html", entry=entry, zone=zone, zones=_zones(zone))


def put_place(visitor: Visitor) -> Response:
    """Says what a place is."""
    form = visitor.form
    form.need("name", "zone")
    known = _known(visitor, visitor.practice.places.all())
    visitor.practice.places.put(
        Place(
            id=known.id if known else PlaceId(new_id(form["name"], form["key"])),
            name=form["name"].strip(),
            zone=form["zone"],
            address=form["address"].strip() or None,
            active=_is_active(visitor),
        )
    )
    return _saved(visitor)


def show_kind(visitor: Visitor) -> Response:
    """A kind of visit, or the form for a new one."""
    entry = _known(visitor, visitor.practice.visit_types.all())
    chosen = entry.provider_ids if entry else ()
    providers = [one for one in visitor.practice.providers.all() if one.active or one.id in chosen]
    return visitor.show(
        "desk/kind.html",
        entry=entry,
        length=_minutes(entry.length) if entry else "",
        holds=_minutes(entry.holds) if entry and entry.holds != entry.length else "",
        provider_options=[(one.id, one.name) for one in providers],
        bookers=tuple(BookableBy),
    )


def put_kind(visitor: Visitor) -> Response:
    """Says what a kind of visit is."""
    form = visitor.form
    form.need("name", "length")
    known = _known(visitor, visitor.practice.visit_types.all())
    length = form.minutes("length") or timedelta(0)
    if form["bookable_by"] not in set(BookableBy):
        raise BadInputError(field="bookable_by", problem="unknown")
    visitor.practice.visit_types.put(
        VisitType(
            id=known.id if known else VisitTypeId(new_id(form["name"], form["key"])),
            name=form["name"].strip(),
            length=length,
            holds=form.minutes("holds") or length,
            bookable_by=BookableBy(form["bookable_by"]),
            provider_ids=tuple(map(StaffId, form.all("provider_ids"))),
            active=_is_active(visitor),
        )
    )
    return _saved(visitor)


def new_id(name: str, key: str) -> str:
    """The id of a new entry, of its name; the same form again gives the same one.

    Args:
        name: as it was typed.
        key: of the form.

    >>> new_id("Dr. Zoë  Winter", "a form's key")
    'dr-zoe-winter-3fd846'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    mark = hashlib.sha256(key.encode()).hexdigest()[:MARK_CHARS]
    return "-".join(filter(None, (_NO_LETTER.sub("-", plain)[:SLUG_MAX].strip("-"), mark)))


def _known(visitor: Visitor, entries: Iterable[Entry]) -> Entry | None:
    """The entry that the page's address names; ``None``: it names none, for it is a new one.

    Raises:
        NotFoundError: there is none of that id.
    """
    asked = visitor.query.get("id")
    found = next((one for one in entries if one.id == asked), None)
    if asked is not None and found is None:
        raise NotFoundError(what="entry")
    return found


def _is_active(visitor: Visitor) -> bool:
    return visitor.form["active"] != "no"


def _saved(visitor: Visitor) -> Response:
    return visitor.go(HERE, flash="entry_saved")


def _minutes(length: timedelta) -> str:
    return str(length // timedelta(minutes=1))


def _zones(usual: str) -> list[tuple[str, str]]:
    """The zones that places have, the usual one first."""
    named = sorted(
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/", "right/"))
    )
    return [(name, name.replace("_", " ")) for name in dict.fromkeys((usual, *named))]


SCREENS = (
    Screen(HERE, show_all, who=Who.STAFF, says={"entry_saved": N_("This is saved.")}),
    Screen(f"{HERE}/provider", show_provider, put_provider, who=Who.STAFF),
    Screen(f"{HERE}/place", show_place, put_place, who=Who.STAFF),
    Screen(f"{HERE}/kind", show_kind, put_kind, who=Who.STAFF),
)
