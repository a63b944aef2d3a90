"""Refunds: say so in one transaction, give back outside any, write down in a second what became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attrs import field, frozen

from patientportal.application.environment import Environment
from patientportal.application.finding import by_id, under_key
from patientportal.application.on_patient import by_staff, look_at, looked_at, on_patient, permitted
from patientportal.application.pages import Page, as_views, page, usable_place
from patientportal.application.saving import Act, hold
from patientportal.application.statements.paying import answer_of, next_look, processor_of, reread, save_answer
from patientportal.application.statements.payments import PaymentDetails, details, there
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import PatientId, PaymentId, RefundId, StaffId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember
from patientportal.domain.statements import refund_ends
from patientportal.domain.statements import refunds as rules
from patientportal.domain.statements.payments import Payment
from patientportal.domain.statements.recording import usable_note
from patientportal.domain.statements.refund_ends import Refunded, StaysSettled
from patientportal.domain.statements.refunds import Refund, RefundedByHand, Refunding, RefundOrder, RefundStatus
from patientportal.domain.statements.statements import Statement
from patientportal.domain.values.form_keys import Repeated, usable_key
from patientportal.domain.values.money import Money
from patientportal.ports.store import Is, Key, Query, Transaction, Where, key_of

VERB, BY_HAND = "statements.refund", "statements.refund(by_hand)"


@frozen(kw_only=True)
class RefundDetails:
    """A refund as it is now.

    Attributes:
        refund_id: its own; the key under which the processor knows it.
        patient_id: whose payment it is.
        payment_id: of which payment.
        amount: how much.
        by_hand: whether the practice gave it back itself, or it was taken back, and the processor isn't asked.
        status: where it stands.
        reason: what the practice wrote of it; ``None``: nothing.
        given_by: who gave it back; ``None``: the history alone says.
        requested_at: when, UTC.
        ended_at: when it was given back, or the processor refused, UTC; ``None``: it is pending.
        unclear_since: since when it has waited for the practice to conclude what became of it, UTC; ``None``: it
            doesn't.
    """

    refund_id: RefundId
    patient_id: PatientId
    payment_id: PaymentId
    amount: Money
    by_hand: bool
    status: RefundStatus
    reason: str | None = field(repr=False)
    given_by: StaffId | None
    requested_at: datetime
    ended_at: datetime | None
    unclear_since: datetime | None


def refund(
    env: Environment,
    member: StaffMember,
    payment_id: PaymentId,
    amount: Money | None,
    *,
    by_hand: bool,
    reason: str,
    idempotency_key: str | None,
) -> PaymentDetails:
    """The practice gives some or all of a payment back."""
    permitted(env, member, VERB)
    order = rules.usable_order(
        RefundOrder(
            amount=amount,
            by_hand=by_hand,
            reason=usable_note(reason, field="reason"),
            idempotency_key=usable_key(idempotency_key),
        )
    )
    verb = BY_HAND if by_hand else VERB
    permitted(env, member, verb)
    processor = None if by_hand else processor_of(env)
    found = by_id(env, Payment, payment_id, field="payment_id", what="payment")

    def decide(
        tx: Transaction,
        _: Patient,
        now: datetime,
        payments: Sequence[Payment],
        before: Sequence[Refund],
        earlier: Sequence[Refund] = (),
    ) -> Refunding | RefundedByHand | Repeated[Refund] | Repeated[Payment]:
        payment = there(next(iter(payments), None))
        (statement,) = tx.select(_holder(payment))
        outcome = rules.refund(
            statement,
            payment,
            order=order,
            earlier=next(iter(earlier), None),
            before=len(before),
            by=member.id,
            now=now,
            look_at=now if processor is None else next_look(env, processor, now=now),
        )
        return outcome if isinstance(outcome, Repeated) else hold(tx, outcome)

    owner = found.patient_id
    asked: tuple[Query[Any], ...] = (
        _payment(owner, found.id),
        _of(owner, Where("payment_id", Is.EQ, found.id)),
        *under_key(Refund, owner, order.idempotency_key),
    )
    outcome = on_patient(env, member, verb, owner, decide, *asked)
    match outcome:
        case Repeated():
            return details(reread(env, found))
        case RefundedByHand(payment=payment):
            return details(payment)
        case Refunding(payment=payment, refund=new):
            return details(_given_back(env, payment, new, act=by_staff(env, member, verb, owner)))


def refunds(
    env: Environment, member: StaffMember, patient_id: PatientId, *, limit: int, cursor: str | None
) -> Page[RefundDetails]:
    """A patient's refunds, the latest first."""
    usable_place(limit, cursor)
    look_at(env, member, "statements.refunds", patient_id)
    query = Query(
        state=Refund,
        where=(Where("patient_id", Is.EQ, patient_id),),
        order=("requested_at", "id"),
        descending=True,
    )
    with env.store.view() as view:
        found = page(view, query, limit=limit, cursor=cursor, place=lambda one: (one.requested_at, one.id))
    return as_views(found, refund_details)


def get_refund(env: Environment, member: StaffMember, refund_id: RefundId) -> RefundDetails:
    """One refund, whoever's payment it is of; that it was looked at is kept with its patient."""
    found = looked_at(env, member, "statements.get_refund", Refund, refund_id, field="refund_id", what="refund")
    with env.store.view() as view:
        return refund_details(view.find(key_of(found)) or found)


def refund_details(refund: Refund) -> RefundDetails:
    """A refund as it is shown."""
    return RefundDetails(
        refund_id=refund.id,
        patient_id=refund.patient_id,
        payment_id=refund.payment_id,
        amount=refund.amount,
        by_hand=refund.by_hand,
        status=refund.status,
        reason=refund.reason,
        given_by=refund.given_by,
        requested_at=refund.requested_at,
        ended_at=refund.ended_at,
        unclear_since=refund.unclear_since,
    )


def ask_again(env: Environment, refund: Refund, *, act: Act) -> bool:
    """Asks the processor again for a refund, which it does once."""
    with env.store.view() as view:
        payment = there(view.find(Key(Payment, (refund.patient_id, refund.payment_id))))
    return _given_back(env, payment, refund, act=act).refunding < payment.refunding


def _given_back(env: Environment, payment: Payment, refund: Refund, *, act: Act) -> Payment:
    processor = processor_of(env)
    answer = answer_of(payment, lambda: processor.refund(payment.id, refund_key=refund.id, amount=refund.amount))
    if not isinstance(answer, bool):
        return reread(env, payment)

    def decide(
        now: datetime, statement: Statement, found: Payment, kept: Refund | None
    ) -> Refunded | StaysSettled | Unchanged:
        if kept is None:
            raise NotFoundError(what="refund")
        if answer:
            return refund_ends.refunded(statement, found, kept, now=now)
        return refund_ends.refund_declined(found, kept, now=now)

    return save_answer(env, payment, decide, key_of(refund), act=act)


def _payment(patient_id: PatientId, payment_id: PaymentId) -> Query[Payment]:
    where = (Where("patient_id", Is.EQ, patient_id), Where("id", Is.EQ, payment_id))
    return Query(state=Payment, where=where, limit=1)


def _holder(payment: Payment) -> Query[Statement]:
    """The statement on which a payment counts."""
    where = (Where("patient_id", Is.EQ, payment.patient_id), Where("id", Is.EQ, payment.counts_on))
    return Query(state=Statement, where=where, limit=1)


def _of(patient_id: PatientId, *where: Where) -> Query[Refund]:
    return Query(state=Refund, where=(Where("patient_id", Is.EQ, patient_id), *where))
