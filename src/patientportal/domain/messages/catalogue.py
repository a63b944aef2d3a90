"""What is kept of messages, what happens to them, and who is told of it."""

from collections.abc import Mapping
from types import MappingProxyType

from patientportal.domain.events import Event
from patientportal.domain.kinds import Kind, Unique
from patientportal.domain.policy import Policy
from patientportal.domain.told import Notice, NoticeKind, Telling, untold

from .messages import InboxMessage, MessageRetracted, MessageSent

KINDS: tuple[Kind, ...] = (
    Kind(InboxMessage, "inbox_messages", ("patient_id", "id"), (Unique(("patient_id", "idempotency_key")),)),
)


def _of_message(event: MessageSent, _: Policy) -> tuple[Notice, ...]:
    return (Notice(kind=NoticeKind.NEW_MESSAGE, about_id=event.message_id),)


EVENTS: Mapping[type[Event], Telling] = MappingProxyType({MessageRetracted: untold, MessageSent: _of_message})
