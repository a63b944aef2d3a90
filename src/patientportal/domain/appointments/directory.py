"""Who sees patients, where and for what: the practice's own words, looked up by id wherever people read a name."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum, unique
from itertools import islice
from typing import ClassVar

from attrs import Factory, field, frozen

from patientportal.domain.errors import BadInputError
from patientportal.domain.events import Event
from patientportal.domain.ids import PlaceId, StaffId, VisitTypeId
from patientportal.domain.outcomes import Unchanged, changed, happened
from patientportal.domain.staff import usable_staff_id
from patientportal.domain.values.text import bounded, line
from patientportal.domain.values.types import of_type
from patientportal.domain.values.zones import is_zone, local

from .patterns import usable_length

ID_MAX = 64
NAME_MAX = 200
ADDRESS_MAX = 200
ZONE_BYTES_MAX = 64
PROVIDERS_OF_A_TYPE_MAX = 20


def usable_place_id(value: object, *, field: str) -> PlaceId:
    """The host's own id of a place: one line of at most 64 characters.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return PlaceId(line(value, field=field, at_most=ID_MAX))


def usable_visit_type_id(value: object, *, field: str) -> VisitTypeId:
    """The host's own id of a kind of visit: one line of at most 64 characters.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return VisitTypeId(line(value, field=field, at_most=ID_MAX))


def _visit_type_id(value: object) -> VisitTypeId:
    return usable_visit_type_id(value, field="id")


def _length(value: object) -> timedelta:
    return usable_length(value, field="length")


def _holds(value: object) -> timedelta:
    return usable_length(value, field="holds")


def _provider_ids(value: Iterable[object]) -> tuple[StaffId, ...]:
    some = list(islice(value, PROVIDERS_OF_A_TYPE_MAX + 1))
    if isinstance(value, str):
        raise TypeError("provider_ids must be a collection of str")
    if len(some) > PROVIDERS_OF_A_TYPE_MAX:
        raise BadInputError(field="provider_ids", problem="too_many", limit=PROVIDERS_OF_A_TYPE_MAX)
    return tuple(sorted({usable_staff_id(one, field="provider_ids") for one in some}))


def _provider_id(value: object) -> StaffId:
    return usable_staff_id(value, field="id")


def _place_id(value: object) -> PlaceId:
    return usable_place_id(value, field="id")


def _name(value: object) -> str:
    return line(value, field="name", at_most=NAME_MAX)


def _address(value: object) -> str | None:
    return None if value is None else line(value, field="address", at_most=ADDRESS_MAX)


def _zone(value: object) -> str:
    name = bounded(value, field="zone", at_most_bytes=ZONE_BYTES_MAX)
    if not is_zone(name):
        raise BadInputError(field="zone", problem="unknown")
    return name


def _yes_or_no(value: object) -> bool:
    return of_type(value, bool, field="active")


@frozen(kw_only=True)
class Provider:
    """Somebody who sees patients.

    Attributes:
        id: the id of their ``StaffMember``, at most 64 characters.
        name: as patients know them, at most 200 characters.
        active: whether slots may still be published for them, and medications and covers be left to them.

    Raises:
        BadInputError: ``id`` or ``name`` can't be used.
        TypeError: a value has the wrong type.
    """

    id: StaffId = field(converter=_provider_id)
    name: str = field(converter=_name)
    active: bool = field(default=True, converter=_yes_or_no)


@frozen(kw_only=True)
class Place:
    """Where visits are.

    Attributes:
        id: the host's own, at most 64 characters.
        name: at most 200 characters; mail says it, so that it should tell nothing of what is treated there.
        zone: the IANA zone of its clocks, for what is published from now on.
        address: one line of at most 200 characters; ``None``: nobody needs it.
        active: whether slots may still be published there.

    Raises:
        BadInputError: ``id``, ``name`` or ``address`` can't be used, or ``zone`` is ``unknown``.
        TypeError: a value has the wrong type.

    >>> Place(id="north", name="North Building", zone="America/New_York").zone
    'America/New_York'
    """

    id: PlaceId = field(converter=_place_id)
    name: str = field(converter=_name)
    zone: str = field(converter=_zone)
    address: str | None = field(default=None, converter=_address)
    active: bool = field(default=True, converter=_yes_or_no)

    @property
    def is_zone_known(self) -> bool:
        """Whether this machine's time zone database has its zone; while it doesn't, times there are shown in UTC."""
        return is_zone(self.zone)

    def local(self, moment: datetime) -> datetime:
        """What the clocks show there at this moment, with their offset from UTC; UTC if ``is_zone_known`` is false."""
        return local(moment, self.zone)


@unique
class BookableBy(StrEnum):
    """Who may book visits of a kind: patients too, or the practice alone."""

    PATIENT = "patient"
    PRACTICE = "practice"


@frozen(kw_only=True)
class VisitType:
    """A kind of visit, which takes as many slots, one after another, as it needs.

    Attributes:
        id: the host's own, at most 64 characters.
        name: as patients know it, at most 200 characters.
        length: how long the patient is there, in whole minutes, from 5 to 12 hours.
        holds: how long the provider is taken, with what comes after; at least ``length``, which it is by default.
        bookable_by: who may book it.
        provider_ids: whose visits are of this kind, 20 at most; none: everybody's.
        active: whether it can still be booked.

    Raises:
        BadInputError: a value can't be used, or ``out_of_order``: ``holds`` is less than ``length``.
        TypeError: a value has the wrong type.
    """

    id: VisitTypeId = field(converter=_visit_type_id)
    name: str = field(converter=_name)
    length: timedelta = field(converter=_length)
    holds: timedelta = field(default=Factory(lambda self: self.length, takes_self=True), converter=_holds)
    bookable_by: BookableBy = BookableBy.PATIENT
    provider_ids: tuple[StaffId, ...] = field(default=(), converter=_provider_ids)
    active: bool = field(default=True, converter=_yes_or_no)

    def __attrs_post_init__(self) -> None:
        of_type(self.bookable_by, BookableBy, field="bookable_by")
        if self.holds < self.length:
            raise BadInputError(field="holds", problem="out_of_order")

    def is_offered_by(self, provider_id: StaffId) -> bool:
        """Whether somebody's visits may be of this kind."""
        return not self.provider_ids or provider_id in self.provider_ids


@frozen(kw_only=True)
class ProviderPut(Event):
    """The practice wrote down who somebody is that sees patients."""

    name: ClassVar[str] = "provider_put"
    provider_id: StaffId


@frozen(kw_only=True)
class PlacePut(Event):
    """The practice wrote down what a place is."""

    name: ClassVar[str] = "place_put"
    place_id: PlaceId


@frozen(kw_only=True)
class VisitTypePut(Event):
    """The practice wrote down what a kind of visit is."""

    name: ClassVar[str] = "visit_type_put"
    visit_type_id: VisitTypeId


Entry = Provider | Place | VisitType


@frozen(kw_only=True)
class Put:
    """From now on everybody reads this."""

    entry: Provider | Place | VisitType = changed()
    event: ProviderPut | PlacePut | VisitTypePut = happened()


def put(known: Entry | None, wanted: Entry) -> Put | Unchanged:
    """The practice says what an entry is from now on; what it said before is over, and nothing that stands moves.

    Args:
        known: the entry under the same id; ``None``: there is none.
        wanted: what it is from now on.
    """
    if known == wanted:
        return Unchanged()
    if isinstance(wanted, Provider):
        return Put(entry=wanted, event=ProviderPut(provider_id=wanted.id))
    if isinstance(wanted, Place):
        return Put(entry=wanted, event=PlacePut(place_id=wanted.id))
    return Put(entry=wanted, event=VisitTypePut(visit_type_id=wanted.id))
