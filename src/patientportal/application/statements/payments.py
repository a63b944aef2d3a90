"""Payments: reserve in one transaction, charge outside any, settle or release in a second; workers do the rest."""

import hashlib
import hmac
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from attrs import frozen

from patientportal.application.accounts.sessions import SignedIn, in_session, require
from patientportal.application.environment import Environment
from patientportal.application.finding import own_key, under_key
from patientportal.application.log_lines import log_line
from patientportal.application.on_patient import look_at
from patientportal.application.pages import Page, as_views, page, usable_place
from patientportal.application.saving import Act, in_transaction, save
from patientportal.domain.errors import ConfigurationError, NotFoundError, PortalError
from patientportal.domain.ids import MessageId, PatientId, PaymentId, StatementId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember
from patientportal.domain.statements import payments as rules
from patientportal.domain.statements import settlement
from patientportal.domain.statements.payments import (
    Pay,
    Payment,
    PaymentOrder,
    PaymentStatus,
    Reserved,
    Resumed,
)
from patientportal.domain.statements.statements import Statement
from patientportal.domain.values.form_keys import Repeated, usable_key
from patientportal.domain.values.money import Money
from patientportal.domain.values.text import line
from patientportal.ports.payments import WORD_MAX, Approved, Declined, PaymentProcessor
from patientportal.ports.store import Is, Key, Query, Transaction, View, Where, key_of

T = TypeVar("T")

_log = logging.getLogger("patientportal")


@frozen
class Voided:
    """The processor has promised never to charge it."""


Heard = Approved | Declined | Voided
"""What can be known of a charge."""


@frozen(kw_only=True)
class PaymentDetails:
    """A payment as it is now.

    Attributes:
        payment_id: its own.
        statement_id: of which statement.
        amount: how much.
        status: where it stands.
        requested_at: when, UTC.
        ended_at: when it was settled, declined, released or refunded, UTC; ``None``: it is pending.
        decline_code: why it was declined, in the processor's words.
        reference: the processor's name for it.
        charged: what the processor says it has charged, where that doesn't count as this payment.
        unclear_since: since when it has waited for the practice to conclude what became of it, UTC; ``None``: it
            doesn't.
    """

    payment_id: PaymentId
    statement_id: StatementId
    amount: Money
    status: PaymentStatus
    requested_at: datetime
    ended_at: datetime | None
    decline_code: str | None
    reference: str | None
    charged: Money | None
    unclear_since: datetime | None


def pay(
    env: Environment,
    who: SignedIn,
    statement_id: StatementId,
    *,
    amount: Money | Pay,
    source: str,
    idempotency_key: str | None,
) -> PaymentDetails:
    """The patient pays of a statement."""
    processor = processor_of(env)
    key = own_key(Statement, who.patient_id, statement_id, field="statement_id", what="statement")
    token = rules.usable_source(source)
    wanted, once = rules.usable_amount(amount), usable_key(idempotency_key)
    order = PaymentOrder(
        payment_id=PaymentId(env.new_id()) if once is None else rules.id_under(who.patient_id, once),
        amount=wanted,
        idempotency_key=once,
        source_hash=hmac.digest(env.secret_key, b"payment-source\0" + token.encode(), hashlib.sha256),
    )

    def decide(
        tx: Transaction, now: datetime, statement: Statement | None, earlier: Sequence[Payment] = ()
    ) -> Reserved | Resumed | Repeated[Payment]:
        if statement is None:
            raise NotFoundError(what="statement")
        return rules.pay(
            statement,
            order=order,
            earlier=next((tx.get(key_of(one)) for one in earlier), None),
            now=now,
            look_at=next_look(env, processor, now=now),
            policy=env.policy,
        )

    outcome = in_session(env, who, decide, key, *under_key(Payment, who.patient_id, once))
    if isinstance(outcome, Repeated):
        return details(outcome.kept)
    payment = outcome.payment

    def ask() -> Heard:
        return _known(processor.charge(payment.id, payment.amount, token))

    answer = answer_of(payment, ask)
    ended = reread(env, payment) if answer is None else _concluded(env, payment, answer, act=who.act)
    if ended.status is PaymentStatus.PENDING:
        log_line("payment_pending", patient_id=ended.patient_id, payment_id=ended.id)
    return details(ended)


def payments(env: Environment, who: SignedIn, *, limit: int, cursor: str | None) -> Page[PaymentDetails]:
    """The patient's payments, the latest first."""
    with env.store.view() as view:
        require(view, who, env=env)
        return _page(view, who.patient_id, limit=limit, cursor=cursor)


def payments_of(
    env: Environment, member: StaffMember, patient_id: PatientId, *, limit: int, cursor: str | None
) -> Page[PaymentDetails]:
    """A patient's payments, the latest first, as the practice sees them."""
    usable_place(limit, cursor)
    look_at(env, member, "statements.payments", patient_id)
    with env.store.view() as view:
        return _page(view, patient_id, limit=limit, cursor=cursor)


def processor_of(env: Environment) -> PaymentProcessor:
    """Who charges.

    Raises:
        ConfigurationError: nobody does.
    """
    if env.payments is None:
        raise ConfigurationError(setting="payments", reason="there is no processor to pay with")
    return env.payments


def next_look(env: Environment, processor: PaymentProcessor, *, now: datetime) -> datetime:
    """When the processor must long have answered what it is asked now."""
    return now + processor.timeout + env.policy.payments.reconcile_after


def answer_of(payment: Payment, ask: Callable[[], T]) -> T | None:
    """What the processor answers; ``None``: nothing that can be used, so that the payment stays as it is."""
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - whatever it is, nobody knows what became of the payment
        _log.warning("payment %s: the processor raised %s", payment.id, type(error).__name__)
        return None


def reread(env: Environment, payment: Payment) -> Payment:
    """A payment of which nothing was heard, as a worker may have left it; as it was, if that can't be read."""
    try:
        with env.store.view() as view:
            found = view.find(Key(Payment, (payment.patient_id, payment.id)))
    except PortalError as error:
        _log.warning("payment %s couldn't be read again: %s", payment.id, error.code)
        return payment
    return found or payment


def conclude_charge(env: Environment, payment: Payment, *, act: Act) -> bool:
    """Asks the processor what became of a charge, and has it refused for ever if it never arrived."""
    processor = processor_of(env)

    def ask() -> Heard | None:
        found = processor.find(payment.id)
        if found is not None:
            return _known(found)
        return Voided() if processor.void(payment.id) is True else None

    answer = answer_of(payment, ask)
    return answer is not None and _concluded(env, payment, answer, act=act).status is not PaymentStatus.PENDING


def save_answer(
    env: Environment, payment: Payment, decide: Callable[[Statement, Payment, datetime], Any], *, act: Act
) -> Payment:
    """The payment after what the processor answered is saved.

    If that can't be saved, the payment is as it was, and a worker asks the processor again.

    Args:
        env: everything that the portal was given.
        payment: as it was when the processor was asked.
        decide: given the statement and the payment as they are now, and the moment, gives the rule's outcome.
        act: who asked.
    """
    owner = payment.patient_id
    keys = Key(Statement, (owner, payment.statement_id)), Key(Payment, (owner, payment.id))

    def body(tx: Transaction) -> Payment:
        _, statement, found = tx.get_all(Key(Patient, (owner,)), *keys)
        if statement is None or found is None:
            raise NotFoundError(what="payment")
        now = env.now()
        outcome = decide(statement, found, now)
        save(tx, outcome, env=env, act=act, now=now)
        changed: Payment = found if isinstance(outcome, Unchanged) else outcome.payment
        return changed

    try:
        return in_transaction(env, body)
    except PortalError as error:
        _log.warning("payment %s: what became of it couldn't be saved: %s", payment.id, error.code)
        return payment


def details(payment: Payment) -> PaymentDetails:
    """A payment as it is shown."""
    return PaymentDetails(
        payment_id=payment.id,
        statement_id=payment.statement_id,
        amount=payment.amount,
        status=payment.status,
        requested_at=payment.requested_at,
        ended_at=payment.ended_at,
        decline_code=payment.decline_code,
        reference=payment.reference,
        charged=payment.charged,
        unclear_since=payment.unclear_since,
    )


def _known(answer: object) -> Approved | Declined:
    """An answer that can be kept.

    Raises:
        TypeError: it isn't one, or an approval that says no amount.
        BadInputError: its reference or code is no line of text.
    """
    match answer:
        case Approved(amount=Money() as amount, reference=reference):
            return Approved(amount=amount, reference=line(reference, field="reference", at_most=WORD_MAX))
        case Declined(code=code):
            return Declined(code=line(code, field="code", at_most=WORD_MAX))
        case _:
            raise TypeError(f"a processor answers Approved or Declined, not {type(answer).__name__}")


def _concluded(env: Environment, payment: Payment, answer: Heard, *, act: Act) -> Payment:
    message_id = MessageId(env.new_id())

    def decide(
        statement: Statement, found: Payment, now: datetime
    ) -> settlement.Settled | settlement.Unclear | settlement.Declined | settlement.Released | Unchanged:
        match answer:
            case Approved(amount=charged, reference=reference):
                return settlement.settle(
                    statement, found, charged=charged, reference=reference, message_id=message_id, now=now
                )
            case Declined(code=code):
                return settlement.decline(statement, found, code=code, message_id=message_id, now=now)
            case Voided():
                return settlement.release(statement, found, message_id=message_id, now=now)

    ended = save_answer(env, payment, decide, act=act)
    if ended.unclear_since is not None and ended.charged != payment.charged:
        _log.error("payment %s is %s and was charged otherwise: somebody has to conclude it", ended.id, ended.status)
    return ended


def _page(view: View, patient_id: PatientId, *, limit: int, cursor: str | None) -> Page[PaymentDetails]:
    query = Query(
        state=Payment,
        where=(Where("patient_id", Is.EQ, patient_id),),
        order=("requested_at", "id"),
        descending=True,
    )
    found = page(view, query, limit=limit, cursor=cursor, place=lambda one: (one.requested_at, one.id))
    return as_views(found, details)
