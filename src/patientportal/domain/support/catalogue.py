"""What is kept of support, what happens to them, and who is told of it."""

from collections.abc import Mapping
from types import MappingProxyType

from patientportal.domain.events import Event
from patientportal.domain.kinds import Kind, Unique
from patientportal.domain.told import Telling, untold

from .support import SupportAsked, SupportRequest, SupportResolved

KINDS: tuple[Kind, ...] = (
    Kind(SupportRequest, "support_requests", ("patient_id", "id"), (Unique(("patient_id", "idempotency_key")),)),
)


EVENTS: Mapping[type[Event], Telling] = MappingProxyType(
    {
        SupportAsked: untold,
        SupportResolved: untold,
    }
)
