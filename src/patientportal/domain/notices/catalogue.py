"""What is kept of notices, what happens to them, and who is told of it."""

from collections.abc import Mapping
from types import MappingProxyType

from patientportal.domain.events import Event
from patientportal.domain.kinds import Kind
from patientportal.domain.told import Telling, untold

from .notices import Delivery
from .undelivered import NoticeDismissed, NoticeSentAgain

KINDS: tuple[Kind, ...] = (Kind(Delivery, "deliveries", ("id",)),)

EVENTS: Mapping[type[Event], Telling] = MappingProxyType({NoticeDismissed: untold, NoticeSentAgain: untold})
