"""Statements: what is owed and until when, one statement, its copy, and asking for another."""

from collections.abc import Iterator

from starlette.responses import Response

from patientportal import Document, PaymentDetails, PaymentStatus, StatementDetails, StatementId, StatementStatus
from patientportal.http import download
from patientportal.web.languages import N_
from patientportal.web.screens import Screen
from patientportal.web.visitor import Visitor

LIST_MAX = 200
_NOT_MADE = {PaymentStatus.DECLINED, PaymentStatus.RELEASED}
"""What a statement's copy may be called; anything else is bytes, as the practice says what it is and isn't believed."""


def show_all(visitor: Visitor) -> Response:
    """The statement of now, and those before."""
    me = visitor.me
    current = me.statements.current()
    found = me.statements.all(cursor=visitor.query.get("cursor"))
    return visitor.show(
        "statements/list.html",
        current=current,
        can_pay=current is not None and can_pay(visitor, current),
        earlier=[one for one in found.items if one.status is not StatementStatus.CURRENT],
        page=found,
    )


def show_one(visitor: Visitor) -> Response:
    """One statement: its sums, and what counts on it."""
    me = visitor.me
    statement = me.statements.get(_id(visitor))
    found = list(_paid(visitor, statement))
    return visitor.show(
        "statements/one.html",
        statement=statement,
        current=me.statements.current(),
        can_pay=can_pay(visitor, statement),
        payments=[one for one in found if one.counts_on == statement.statement_id],
        moved=[one for one in found if one.counts_on != statement.statement_id],
        numbers=numbers(visitor),
    )


def document(visitor: Visitor) -> Response:
    """The copy of a statement, to be kept and never to be run by a browser."""
    statement = visitor.me.statements.get(_id(visitor))
    return copy(visitor, statement, visitor.me.statements.document(statement.statement_id))


def copy(visitor: Visitor, statement: StatementDetails, found: Document) -> Response:
    """A file to be kept, whatever it says it is: no browser runs it in the portal's name.

    Args:
        visitor: who gets it.
        statement: which.
        found: its copy.
    """
    status, headers, body = download(found, f"statement-{statement.issued_on}")
    return visitor.with_cookies(Response(body, status, headers))


def ask_for_new(visitor: Visitor) -> Response:
    """Asks the practice for a new statement; asked twice, it is one request."""
    visitor.me.statements.request_new_statement()
    return visitor.go("/statements", flash="asked_for_new")


def ask_again(visitor: Visitor) -> Response:
    """Asks the practice to send the statement of now once more, so that it can be paid."""
    statement_id = _id(visitor)
    visitor.me.statements.request_resend(statement_id)
    return visitor.go(f"/statements/{statement_id}", flash="asked_again")


def can_pay(visitor: Visitor, statement: StatementDetails) -> bool:
    """Whether a statement can be paid on these pages now.

    Args:
        visitor: who looks at it.
        statement: theirs.
    """
    in_time = not statement.is_overdue or visitor.portal.policy.payments.overdue_payable
    return visitor.site.payment_form is not None and in_time and not statement.remaining.is_zero


def numbers(visitor: Visitor) -> dict[StatementId, str]:
    """What the practice calls each statement of a patient's; what it took back isn't among them."""
    return {one.statement_id: one.number for one in visitor.me.statements.all(limit=LIST_MAX).items}


def _id(visitor: Visitor) -> StatementId:
    return StatementId(visitor.at("statement_id"))


def _paid(visitor: Visitor, statement: StatementDetails) -> Iterator[PaymentDetails]:
    """What was paid of a statement, or counts on it; what wasn't made is none of that."""
    for one in visitor.me.statements.payments(limit=LIST_MAX).items:
        if one.status not in _NOT_MADE and statement.statement_id in {one.statement_id, one.counts_on}:
            yield one


SCREENS = (
    Screen("/statements", show_all),
    Screen(
        "/statements/new",
        do=ask_for_new,
        says={"asked_for_new": N_("We have your request. We will send you a new statement.")},
    ),
    Screen("/statements/{statement_id}", show_one),
    Screen("/statements/{statement_id}/document", document),
    Screen(
        "/statements/{statement_id}/resend",
        do=ask_again,
        says={"asked_again": N_("We have your request. We will send you this statement again.")},
    ),
)
