"""What is kept of messages, what happens to them, and who is told of it."""

from collections.abc import Mapping
from types import MappingProxyType

from patientportal.domain.events import Event
from patientportal.domain.kinds import Kind
from patientportal.domain.told import NoticeKind, Plainly, Telling

from .messages import InboxMessage, MessageSent

KINDS: tuple[Kind, ...] = (Kind(InboxMessage, "inbox_messages", ("patient_id", "id")),)


EVENTS: Mapping[type[Event], Telling] = MappingProxyType({MessageSent: Plainly(NoticeKind.NEW_MESSAGE)})
