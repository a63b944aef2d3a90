"""What happens where staff look or are refused, and that nobody is told of it."""

from collections.abc import Mapping
from types import MappingProxyType

from patientportal.domain.events import Event
from patientportal.domain.kinds import Kind
from patientportal.domain.told import Telling, untold

from .looks import RecordViewed, StaffRefused

KINDS: tuple[Kind, ...] = ()

EVENTS: Mapping[type[Event], Telling] = MappingProxyType({RecordViewed: untold, StaffRefused: untold})
