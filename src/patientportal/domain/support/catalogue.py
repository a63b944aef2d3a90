"""What is kept of support, what happens to them, and who is told of it."""

from collections.abc import Mapping
from types import MappingProxyType

from patientportal.domain.events import Event
from patientportal.domain.kinds import Kind, Unique
from patientportal.domain.policy import Policy
from patientportal.domain.told import Notice, NoticeKind, Telling, untold

from .support import SupportAsked, SupportRequest, SupportResolved

KINDS: tuple[Kind, ...] = (
    Kind(SupportRequest, "support_requests", ("patient_id", "id"), (Unique(("patient_id", "idempotency_key")),)),
)


def _of_answer(event: SupportResolved, _: Policy) -> tuple[Notice, ...]:
    """Of a request that support answers its patient is told that there is a message."""
    if event.message_id is None:
        return ()
    return (Notice(kind=NoticeKind.NEW_MESSAGE, about_id=event.message_id),)


EVENTS: Mapping[type[Event], Telling] = MappingProxyType(
    {
        SupportAsked: untold,
        SupportResolved: _of_answer,
    }
)
