"""Paying: how much, with what, a look at both, and then the money moves, once."""

import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

from attrs import field, frozen
from babel.numbers import get_currency_symbol
from starlette.responses import Response

from patientportal import (
    AmountExceedsBalanceError,
    BadInputError,
    IdempotencyKeyReusedError,
    Money,
    OutcomeUnknownError,
    PaymentStatus,
    StatementDetails,
    StatementId,
)
from patientportal.http import status_of
from patientportal.web.languages import N_
from patientportal.web.pages.statements import can_pay
from patientportal.web.payment_forms import Checkout, policy_of
from patientportal.web.screens import Screen
from patientportal.web.visitor import Visitor

ORDER_SECONDS = 30 * 60
SOURCE_BYTES_MAX = 3000  # a browser keeps 4,096 in one cookie (RFC 6265, 6.1)
_KEY = re.compile(r"[0-9A-Za-z_-]{22}", re.ASCII)
_ORDER = re.compile(r"([0-9]{1,12})\.([A-Z]{3})(?:\.([0-9A-Za-z_-]+))?", re.ASCII)
_PAID = re.compile(r"paid\.([0-9A-Za-z_-]{1,64})", re.ASCII)


@frozen(kw_only=True)
class Order:
    """What somebody is about to pay, as their browser keeps it from page to page.

    Attributes:
        key: one for each payment that is begun: however often its forms are sent, it is paid once.
        amount: how much.
        source: the processor's token; nothing yet, until it is chosen.
    """

    key: str
    amount: Money
    source: str = field(default="", repr=False)


def show_amount(visitor: Visitor) -> Response:
    """All that is left, or a part of it."""
    statement = _statement(visitor)
    if not can_pay(visitor, statement):
        return visitor.go(_path(statement))
    return visitor.show(
        "statements/pay.html",
        statement=statement,
        key=_key(visitor.form.fields) or _key(visitor.query) or secrets.token_urlsafe(16),
        symbol=get_currency_symbol(statement.remaining.currency, visitor.language.locale),
    )


def choose_amount(visitor: Visitor) -> Response:
    """Goes on with an amount that can be paid."""
    statement = _statement(visitor)
    key = _key(visitor.form.fields) or secrets.token_urlsafe(16)
    if paid := _paid(visitor, key):
        return paid
    visitor.form.need("amount")
    amount = Money.parse(visitor.form["amount"].strip(), statement.remaining.currency)
    if amount.is_zero:
        raise BadInputError(field="amount", problem="out_of_range", limit=1)
    if amount > statement.remaining:
        raise AmountExceedsBalanceError(remaining=statement.remaining)
    _keep(visitor, key, f"{amount.minor_units}.{amount.currency}")
    return visitor.go(f"{_path(statement)}/pay/how", key=key)


def show_how(visitor: Visitor) -> Response:
    """The processor's own form, the one page that may load something of another host's."""
    statement, order, form = _statement(visitor), _order(visitor), visitor.site.payment_form
    if order is None or form is None or not can_pay(visitor, statement):
        return visitor.go(f"{_path(statement)}/pay")
    fields = form.show(_checkout(visitor, order))
    response = visitor.show("statements/how.html", statement=statement, order=order, fields=fields)
    response.headers["Content-Security-Policy"] = policy_of(form)
    return response


def choose_how(visitor: Visitor) -> Response:
    """Goes on with what the processor's fields say."""
    return _chosen(visitor, visitor.form.fields)


def come_back(visitor: Visitor) -> Response:
    """Goes on with what the processor's page says; its token leaves the address bar at once."""
    try:
        return _chosen(visitor, visitor.query)
    except BadInputError as error:
        visitor.blame(error)
        return show_how(visitor)


def show_check(visitor: Visitor) -> Response:
    """What is about to be paid, of what; where it was refused, why."""
    statement, order = _statement(visitor), _order(visitor)
    if paid := _paid(visitor, _key(visitor.query)):
        return paid
    if order is None or not order.source:
        return visitor.go(f"{_path(statement)}/pay")
    if visitor.fault("amount"):
        return show_amount(visitor)
    return visitor.show("statements/check.html", statement=statement, order=order)


def pay(visitor: Visitor) -> Response:
    """Moves the money, once for each key."""
    order, statement_id = _order(visitor), StatementId(visitor.at("statement_id"))
    if order is None or not order.source:
        return show_check(visitor)
    try:
        payment = visitor.me.statements.pay(statement_id, order.amount, source=order.source, idempotency_key=order.key)
    except IdempotencyKeyReusedError as error:
        return visitor.go(f"/statements/payments/{error.id}", flash="paid_before")
    except OutcomeUnknownError as error:
        visitor.status = status_of(error)
        return visitor.show("statements/unknown.html", order=order)
    _keep(visitor, order.key, f"paid.{payment.payment_id}")
    done = "paid" if payment.status is PaymentStatus.SETTLED else None
    return visitor.go(f"/statements/payments/{payment.payment_id}", flash=done)


def _chosen(visitor: Visitor, sent: Mapping[str, str]) -> Response:
    statement, order, form = _statement(visitor), _order(visitor), visitor.site.payment_form
    if order is None or form is None:
        return show_check(visitor)
    source = form.source(_checkout(visitor, order), sent).encode()
    if not source:
        raise BadInputError(field="source", problem="empty")
    if len(source) > SOURCE_BYTES_MAX:
        raise BadInputError(field="source", problem="too_long", limit=SOURCE_BYTES_MAX)
    kept = urlsafe_b64encode(source).decode().rstrip("=")
    _keep(visitor, order.key, f"{order.amount.minor_units}.{order.amount.currency}.{kept}")
    return visitor.go(f"{_path(statement)}/pay/check", key=order.key)


def _statement(visitor: Visitor) -> StatementDetails:
    return visitor.me.statements.get(StatementId(visitor.at("statement_id")))


def _path(statement: StatementDetails) -> str:
    return f"/statements/{statement.statement_id}"


def _key(given: Mapping[str, str]) -> str:
    """The key of a payment that was begun; nothing, where it is none of ours."""
    found = _KEY.fullmatch(given.get("key", ""))
    return found[0] if found else ""


def _kept(visitor: Visitor, key: str) -> str:
    return visitor.request.cookies.get(f"pay-{key}", "")


def _keep(visitor: Visitor, key: str, value: str) -> None:
    """Keeps what was chosen in the browser, out of every address, for as long as it takes to pay."""
    visitor.keep(f"pay-{key}", value, seconds=ORDER_SECONDS, path=f"/statements/{visitor.at('statement_id')}/pay")


def _order(visitor: Visitor) -> Order | None:
    """What was chosen so far; ``None``: nothing, too long ago, or it is paid."""
    key = _key(visitor.query)
    found = _ORDER.fullmatch(_kept(visitor, key))
    if found is None:
        return None
    units, currency, source = found.groups("")
    amount = Money(minor_units=int(units), currency=currency)
    return Order(key=key, amount=amount, source=urlsafe_b64decode(source + "===").decode(errors="replace"))


def _paid(visitor: Visitor, key: str) -> Response | None:
    """The payment that was made under this key, where there is one: a page that was left open, or gone back to."""
    found = _PAID.fullmatch(_kept(visitor, key))
    return visitor.go(f"/statements/payments/{found[1]}", flash="paid_before") if found else None


def _checkout(visitor: Visitor, order: Order) -> Checkout:
    path = f"/statements/{visitor.at('statement_id')}/pay/back"
    return Checkout(
        amount=order.amount,
        key=order.key,
        back_url=_origin(visitor) + visitor.url(path, key=order.key),
        language=str(visitor.language.locale).replace("_", "-"),
        problem=visitor.fault("source"),
    )


def _origin(visitor: Visitor) -> str:
    """Where this browser sees the portal, if that is one of the addresses where it stands."""
    host, usual = visitor.request.headers.get("host", ""), visitor.portal.origin
    return next((one for one in visitor.site.origins if one.partition("://")[2] == host), usual)


SCREENS = (
    Screen("/statements/{statement_id}/pay", show_amount, choose_amount),
    Screen("/statements/{statement_id}/pay/how", show_how, choose_how, outside=True),
    Screen("/statements/{statement_id}/pay/back", come_back, outside=True),
    Screen(
        "/statements/{statement_id}/pay/check",
        show_check,
        pay,
        outside=True,
        says={
            "paid": N_("Thank you. Your payment was made."),
            "paid_before": N_("You had sent this payment before. It was not sent again."),
        },
    ),
)
