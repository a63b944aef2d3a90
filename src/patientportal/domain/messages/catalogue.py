"""What is kept of messages, what happens to them, and who is told of it."""

from collections.abc import Mapping
from types import MappingProxyType

from patientportal.domain.events import Event
from patientportal.domain.kinds import Kind, Unique
from patientportal.domain.told import NoticeKind, Plainly, Telling

from .messages import InboxMessage, MessageSent

KINDS: tuple[Kind, ...] = (
    Kind(InboxMessage, "inbox_messages", ("patient_id", "id"), (Unique(("patient_id", "idempotency_key")),)),
)


EVENTS: Mapping[type[Event], Telling] = MappingProxyType({MessageSent: Plainly(NoticeKind.NEW_MESSAGE)})
