"""Who sees patients and where: the practice's own words for them, looked up by id wherever people read a name."""

from datetime import datetime
from typing import ClassVar

from attrs import field, frozen

from patientportal.domain.errors import BadInputError
from patientportal.domain.events import Event
from patientportal.domain.ids import PlaceId, StaffId
from patientportal.domain.outcomes import Unchanged, changed, happened
from patientportal.domain.staff import usable_staff_id
from patientportal.domain.values.text import bounded, line
from patientportal.domain.values.zones import is_zone, local

ID_MAX = 64
NAME_MAX = 200
ADDRESS_MAX = 200
ZONE_BYTES_MAX = 64


def usable_place_id(value: object, *, field: str) -> PlaceId:
    """The host's own id of a place: one line of at most 64 characters.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return PlaceId(line(value, field=field, at_most=ID_MAX))


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
    if type(value) is not bool:
        raise TypeError(f"active must be bool, not {type(value).__name__}")
    return value


@frozen(kw_only=True)
class Provider:
    """Somebody who sees patients.

    Attributes:
        id: the id of their ``StaffMember``, at most 64 characters.
        name: as patients know them, at most 200 characters.
        active: whether slots may still be published for them.

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

    def local(self, moment: datetime) -> datetime:
        """What the clocks show there at this moment, with their offset from UTC."""
        return local(moment, self.zone)


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
class Put:
    """From now on everybody reads this."""

    entry: Provider | Place = changed()
    event: ProviderPut | PlacePut = happened()


def put(known: Provider | Place | None, wanted: Provider | Place) -> Put | Unchanged:
    """The practice says who a provider or what a place is; what it said before is over, and nothing that stands moves.

    Args:
        known: the entry under the same id; ``None``: there is none.
        wanted: what it is from now on.
    """
    if known == wanted:
        return Unchanged()
    match wanted:
        case Provider():
            return Put(entry=wanted, event=ProviderPut(provider_id=wanted.id))
        case Place():
            return Put(entry=wanted, event=PlacePut(place_id=wanted.id))
