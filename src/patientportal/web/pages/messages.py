"""What the practice has written to the patient, in the patient's language."""

from collections.abc import Mapping
from types import MappingProxyType

from starlette.responses import Response

from patientportal import MessageId, MessageKind
from patientportal.web.languages import N_
from patientportal.web.screens import Screen
from patientportal.web.visitor import Visitor
from patientportal.words import message

_RENEWAL = ("/medications/renewals/", N_("See your renewal request"))
_PAYMENT = ("/statements/payments/", N_("See this payment"))
_ABOUT: Mapping[MessageKind, tuple[str, str]] = MappingProxyType(
    {
        MessageKind.RENEWAL_APPROVED: _RENEWAL,
        MessageKind.RENEWAL_REFILLED: _RENEWAL,
        MessageKind.RENEWAL_DENIED: _RENEWAL,
        MessageKind.RENEWAL_EXPIRED: _RENEWAL,
        MessageKind.MEDICATION_DISCONTINUED: _RENEWAL,
        MessageKind.PAYMENT_RECEIPT: _PAYMENT,
        MessageKind.PAYMENT_NOT_MADE: _PAYMENT,
        MessageKind.SUPPORT_ANSWERED: ("/support/", N_("See what you asked us")),
    }
)
"""Below which path stands what a message is about, and what the link to it says."""


def show_inbox(visitor: Visitor) -> Response:
    """What was written to them; what they haven't read is marked."""
    page = visitor.me.messages.inbox(cursor=visitor.query.get("cursor"))
    subjects = {one.message_id: message(one, visitor.language).subject for one in page.items}
    return visitor.show("messages/inbox.html", page=page, subjects=subjects)


def show_message(visitor: Visitor) -> Response:
    """One message, which is read from now on, and the way to what it is about."""
    received = visitor.me.messages.get(MessageId(visitor.at("message_id")))
    path, says = _ABOUT.get(received.kind, ("", ""))
    return visitor.show(
        "messages/message.html",
        received=received,
        text=message(received, visitor.language),
        about=(path + received.about_id, says) if path and received.about_id else None,
    )


SCREENS = (
    Screen("/messages", show_inbox),
    Screen("/messages/{message_id}", show_message),
)
