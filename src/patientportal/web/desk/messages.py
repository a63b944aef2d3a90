"""What was written to a patient; writing to them, and taking it back."""

from starlette.responses import Response

from patientportal import (
    BadInputError,
    MessageId,
    NotFoundError,
    PatientId,
    PatientMessage,
    RetractionReason,
)
from patientportal.web.desk.people import patient_at
from patientportal.web.desk.staff_names import called
from patientportal.web.languages import N_
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor
from patientportal.words import label, message

ALL = "/desk/people/{patient_id}/messages"
ONE = f"{ALL}/{{message_id}}"


def show_all(visitor: Visitor) -> Response:
    """What was written to them, by whom, and whether they have read it."""
    person = patient_at(visitor)
    page = visitor.practice.messages.of_patient(person.patient_id, cursor=visitor.query.get("cursor"))
    return visitor.show(
        "desk/messages/all.html",
        person=person,
        page=page,
        subjects={one.message_id: message(one, visitor.language).subject for one in page.items},
    )


def show_write(visitor: Visitor) -> Response:
    """The form for a message."""
    return visitor.show("desk/messages/write.html", person=patient_at(visitor))


def write(visitor: Visitor) -> Response:
    """Puts a message into their inbox."""
    visitor.form.need("subject", "body")
    visitor.practice.messages.send(
        PatientId(visitor.at("patient_id")),
        subject=visitor.form["subject"],
        body=visitor.form["body"],
        idempotency_key=visitor.form["key"] or None,
    )
    return _back(visitor, "message_written")


def show_one(visitor: Visitor) -> Response:
    """One message, and what became of it."""
    sent = _message(visitor)
    return visitor.show(
        "desk/messages/one.html",
        person=patient_at(visitor),
        sent=sent,
        text=message(sent, visitor.language),
        sent_by=called(visitor, sent.sent_by),
        retracted_by=called(visitor, sent.retracted_by),
    )


def show_retract(visitor: Visitor) -> Response:
    """Asks why, and once more, before a message is taken back."""
    sent = _message(visitor)
    return visitor.show(
        "desk/messages/retract.html",
        person=patient_at(visitor),
        sent=sent,
        subject=message(sent, visitor.language).subject,
        reasons=[(one, label(one, visitor.language)) for one in RetractionReason],
    )


def retract(visitor: Visitor) -> Response:
    """Takes a message back."""
    visitor.form.need("reason")
    try:
        reason = RetractionReason(visitor.form["reason"])
    except ValueError:
        raise BadInputError(field="reason", problem="unknown") from None
    visitor.practice.messages.retract(_message(visitor).message_id, reason)
    return _back(visitor, "message_retracted")


def _message(visitor: Visitor) -> PatientMessage:
    """What the page is about, of whom it is about."""
    found = visitor.practice.messages.get(MessageId(visitor.at("message_id")))
    if found.patient_id != visitor.at("patient_id"):
        raise NotFoundError(what="message")
    return found


def _back(visitor: Visitor, flash: str) -> Response:
    return visitor.go(f"/desk/people/{visitor.at('patient_id')}/messages", flash=flash)


SCREENS = (
    Screen(ALL, show_all, who=Who.STAFF),
    Screen(
        f"{ALL}/write",
        show_write,
        write,
        who=Who.STAFF,
        says={"message_written": N_("The message is in their inbox, and a mail tells them of it.")},
    ),
    Screen(ONE, show_one, who=Who.STAFF),
    Screen(
        f"{ONE}/retract",
        show_retract,
        retract,
        who=Who.STAFF,
        says={"message_retracted": N_("The message is taken back. The patient does not see it any more.")},
    ),
)
