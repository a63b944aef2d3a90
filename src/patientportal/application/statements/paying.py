"""Payments: reserve in one transaction, charge outside any, settle or release in a second; workers do the rest."""

import hashlib
import hmac
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from attrs import frozen

from patientportal.application.accounts.sessions import SignedIn, in_session
from patientportal.application.environment import Environment
from patientportal.application.finding import own_key, under_key
from patientportal.application.log_lines import log_line
from patientportal.application.saving import Act, in_transaction, save
from patientportal.application.statements.payments import PaymentDetails, details
from patientportal.domain.errors import ConfigurationError, ConflictError, NotFoundError, PortalError
from patientportal.domain.ids import MessageId, PaymentId, StatementId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.statements import paying as rules
from patientportal.domain.statements import settlement
from patientportal.domain.statements.paying import Pay, PaymentOrder, Reserved, Resumed
from patientportal.domain.statements.payments import Payment, PaymentStatus
from patientportal.domain.statements.statements import Statement
from patientportal.domain.values.form_keys import Repeated, usable_key
from patientportal.domain.values.money import Money
from patientportal.domain.values.text import line
from patientportal.ports.payments import WORD_MAX, Approved, Declined, PaymentProcessor
from patientportal.ports.store import Key, Transaction, key_of

T = TypeVar("T")

_log = logging.getLogger("patientportal")


@frozen
class Voided:
    """The processor has promised never to charge it."""


Heard = Approved | Declined | Voided
"""What can be known of a charge."""


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


def save_answer(env: Environment, payment: Payment, decide: Callable[..., Any], *also: Key[Any], act: Act) -> Payment:
    """The payment after what the processor answered is saved.

    If that can't be saved, the payment is as it was, and a worker asks the processor again.

    Args:
        env: everything that the portal was given.
        payment: as it was when the processor was asked.
        decide: given the moment, the statement on which it counts, the payment as it is now and what stands under
            ``also``, gives the rule's outcome.
        also: keys that come after ``Payment`` in the order of the locks.
        act: who asked.
    """
    owner, counts_on = payment.patient_id, payment.counts_on

    def body(tx: Transaction) -> Payment:
        nonlocal counts_on
        keys = Key(Statement, (owner, counts_on)), Key(Payment, (owner, payment.id))
        _, statement, found, *more = tx.get_all(Key(Patient, (owner,)), *keys, *also)
        if statement is None or found is None:
            raise NotFoundError(what="payment")
        if found.counts_on != counts_on:
            counts_on = found.counts_on
            raise ConflictError  # another statement has taken it meanwhile: the next try locks that one
        now = env.now()
        outcome = decide(now, statement, found, *more)
        save(tx, outcome, env=env, act=act, now=now)
        changed: Payment = found if isinstance(outcome, Unchanged) else outcome.payment
        return changed

    try:
        return in_transaction(env, body)
    except PortalError as error:
        _log.warning("payment %s: what became of it couldn't be saved: %s", payment.id, error.code)
        return payment


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
        now: datetime, statement: Statement, found: Payment
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
