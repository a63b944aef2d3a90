"""Statements at the desk: what a patient owes, a new one, one once more, and one that is taken back."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from starlette.responses import Response

from patientportal import BadInputError, PatientId, RetractionReason, StatementStatus
from patientportal.web.desk.money import (
    LIST_MAX,
    amount_in,
    choice_in,
    day_in,
    person_of,
    statement_at,
    symbol,
    usual_currency,
)
from patientportal.web.desk.people import patient_at
from patientportal.web.languages import N_
from patientportal.web.pages.statements import copy
from patientportal.web.screens import UPLOAD_BYTES_MAX, Screen, Who
from patientportal.web.visitor import Visitor

A_DAY = timedelta(days=1)
DAYS_COOKIE, DAYS_SECONDS = "days", 12 * 3600
PAYMENTS_SHOWN = 10
_DAYS = re.compile(r"(\d{4}-\d\d-\d\d)\.(\d{4}-\d\d-\d\d)\.(\d{4}-\d\d-\d\d)?", re.ASCII)
_KINDS = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def show_all(visitor: Visitor) -> Response:
    """What somebody owes, and what they have paid."""
    person, desk = patient_at(visitor), visitor.practice.statements
    page = desk.of_patient(person.patient_id, limit=LIST_MAX, cursor=visitor.query.get("cursor"))
    return visitor.show(
        "desk/statements/list.html",
        person=person,
        page=page,
        current=next((one for one in page.items if one.status is StatementStatus.CURRENT), None),
        payments=desk.payments(person.patient_id, limit=PAYMENTS_SHOWN),
    )


def show_upload(visitor: Visitor) -> Response:
    """The form of a new statement, with the days of the one before it: at a month's end they are the same."""
    person = patient_at(visitor)
    issued_on, due_on, posted_until = _days_before(visitor)
    return visitor.show(
        "desk/statements/upload.html",
        person=person,
        issued_on=issued_on,
        due_on=due_on,
        posted_until=posted_until,
        symbol=symbol(visitor, _currency(visitor, person.patient_id)),
    )


def upload(visitor: Visitor) -> Response:
    """A new statement; then the next patient's, if there are more."""
    form, person = visitor.form, patient_at(visitor)
    form.need("number", "balance", "issued_on", "due_on", "covers_earlier", "document")
    issued_on, due_on, posted_until = day_in(visitor, "issued_on"), day_in(visitor, "due_on"), _posted_until(visitor)
    _, content = form.files.get("document", ("", b""))
    visitor.practice.statements.upload(
        person.patient_id,
        number=form["number"].strip(),
        balance=amount_in(visitor, "balance", _currency(visitor, person.patient_id)),
        issued_on=issued_on,
        due_on=due_on,
        document=content,
        media_type=_kind(content),
        covers_earlier=form["covers_earlier"] != "no",
        posted_until=posted_until,
    )
    kept = ".".join((issued_on.isoformat(), due_on.isoformat(), str(form.date("posted_until") or "")))
    visitor.keep(DAYS_COOKIE, kept, seconds=DAYS_SECONDS, path="/desk/people")
    if form["next"]:
        return visitor.go("/desk/people", flash="statement_added")
    return visitor.go(_all(person.patient_id), flash="statement_added")


def show_one(visitor: Visitor) -> Response:
    """One statement: its sums, what counts on it, and whether it was opened."""
    statement = statement_at(visitor)
    person = person_of(visitor, statement.patient_id)
    paid = visitor.practice.statements.payments(person.patient_id, limit=LIST_MAX).items
    return visitor.show(
        "desk/statements/one.html",
        person=person,
        statement=statement,
        payments=[one for one in paid if statement.statement_id in {one.statement_id, one.counts_on}],
    )


def document(visitor: Visitor) -> Response:
    """The copy of a statement."""
    statement = statement_at(visitor)
    return copy(visitor, statement, visitor.practice.statements.document(statement.statement_id))


def show_resend(visitor: Visitor) -> Response:
    """Until when it may be paid."""
    statement = statement_at(visitor)
    return visitor.show(
        "desk/statements/resend.html", person=person_of(visitor, statement.patient_id), statement=statement
    )


def resend(visitor: Visitor) -> Response:
    """Sends it again, with a new due date."""
    statement = statement_at(visitor)
    visitor.practice.statements.resend(statement.statement_id, due_on=day_in(visitor, "due_on"))
    return visitor.go(_all(statement.patient_id), flash="statement_resent")


def show_retract(visitor: Visitor) -> Response:
    """Whose statement is about to be taken back, and what that means."""
    statement = statement_at(visitor)
    return visitor.show(
        "desk/statements/retract.html",
        person=person_of(visitor, statement.patient_id),
        statement=statement,
        reasons=tuple(RetractionReason),
    )


def retract(visitor: Visitor) -> Response:
    """Takes it back."""
    statement = statement_at(visitor)
    visitor.form.need("reason")
    reason = choice_in(visitor, "reason", RetractionReason)
    visitor.practice.statements.retract(statement.statement_id, reason)
    return visitor.go(_all(statement.patient_id), flash="statement_retracted")


def _all(patient_id: PatientId) -> str:
    return f"/desk/people/{patient_id}/statements"


def _currency(visitor: Visitor, patient_id: PatientId) -> str:
    """That of the statement before it, else the country's."""
    found = visitor.practice.statements.of_patient(patient_id, limit=1).items
    return found[0].balance.currency if found else usual_currency(visitor)


def _kind(content: bytes) -> str:
    """What a file is by its first bytes; what a browser says of it may be a lie.

    Raises:
        BadInputError: of ``document``: it is empty, or of no kind that patients can open.
    """
    if not content:
        raise BadInputError(field="document", problem="empty")
    for start, kind in _KINDS.items():
        if content.startswith(start):
            return kind
    raise BadInputError(field="document", problem="unknown")


def _posted_until(visitor: Visitor) -> datetime | None:
    """The midnight that ended the last day which the books know; ``None``: nobody says.

    Raises:
        BadInputError: of ``posted_until``: it is no day, or one that isn't over.
    """
    last = visitor.form.date("posted_until")
    if last is None:
        return None
    if last >= visitor.today:
        raise BadInputError(field="posted_until", problem="too_late")
    return datetime.combine(last + A_DAY, time(0), ZoneInfo(visitor.portal.policy.zone))


def _days_before(visitor: Visitor) -> tuple[date | None, date | None, date | None]:
    """The days of the statement that was uploaded before this one, at this desk, today."""
    found = _DAYS.fullmatch(visitor.request.cookies.get(DAYS_COOKIE, ""))
    if found is None:
        return None, None, None
    try:
        issued_on, due_on, posted_until = (date.fromisoformat(one) if one else None for one in found.groups())
    except ValueError:
        return None, None, None
    return issued_on, due_on, posted_until


SCREENS = (
    Screen("/desk/people/{patient_id}/statements", show_all, who=Who.STAFF),
    Screen(
        "/desk/people/{patient_id}/statements/new",
        show_upload,
        upload,
        who=Who.STAFF,
        bytes_max=UPLOAD_BYTES_MAX,
        rename={"amount": "balance", "media_type": "document"},
        says={"statement_added": N_("The statement was added.")},
    ),
    Screen("/desk/statements/{statement_id}", show_one, who=Who.STAFF),
    Screen("/desk/statements/{statement_id}/document", document, who=Who.STAFF),
    Screen(
        "/desk/statements/{statement_id}/resend",
        show_resend,
        resend,
        who=Who.STAFF,
        says={"statement_resent": N_("The statement was sent again.")},
    ),
    Screen(
        "/desk/statements/{statement_id}/retract",
        show_retract,
        retract,
        who=Who.STAFF,
        says={"statement_retracted": N_("The statement was taken back. Its patient can't see it any more.")},
    ),
)
