"""Concluding what only somebody can: which payments and refunds wait for that, and what somebody says of one."""

from collections.abc import Sequence
from datetime import datetime

from attrs import asdict, field, frozen

from patientportal.application.environment import Environment
from patientportal.application.finding import by_id
from patientportal.application.names import people_of
from patientportal.application.on_patient import on_patient, permitted
from patientportal.application.pages import Page, as_views, page
from patientportal.application.saving import hold
from patientportal.application.statements.payments import PaymentDetails, details, there
from patientportal.application.statements.refunds import RefundDetails, refund_details
from patientportal.domain.ids import MessageId, PatientId, PaymentId, RefundId
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember
from patientportal.domain.statements import conclusions as rules
from patientportal.domain.statements import refund_ends
from patientportal.domain.statements.conclusions import Concluded, Conclusion
from patientportal.domain.statements.payments import Payment
from patientportal.domain.statements.refund_ends import Refunded, StaysSettled
from patientportal.domain.statements.refunds import Refund
from patientportal.domain.statements.statements import Statement
from patientportal.ports.store import Is, Query, Transaction, Where


@frozen(kw_only=True)
class UnclearPayment:
    """A payment that waits for somebody to conclude it.

    Attributes:
        patient_id: whose it is.
        patient_name: what they are called.
        payment: the payment, with what was charged and since when it waits.
    """

    patient_id: PatientId
    patient_name: str = field(repr=False)
    payment: PaymentDetails


@frozen(kw_only=True)
class UnclearRefund(RefundDetails):
    """A refund that waits for somebody to conclude it.

    Attributes:
        patient_name: what they are called whose payment it is of.
    """

    patient_name: str = field(repr=False)


def unclear(env: Environment, member: StaffMember, *, limit: int, cursor: str | None) -> Page[UnclearPayment]:
    """The payments that wait for somebody, the longest waiting first."""
    permitted(env, member, "statements.unclear")
    with env.store.view() as view:
        found = page(
            view,
            waiting(env.now()),
            limit=limit,
            cursor=cursor,
            place=lambda one: (one.unclear_since or one.requested_at, one.id),
        )
        names = people_of(view, patients=(one.patient_id for one in found.items))

    def shown(one: Payment) -> UnclearPayment:
        return UnclearPayment(
            patient_id=one.patient_id, patient_name=names.patient(one.patient_id), payment=details(one)
        )

    return as_views(found, shown)


def waiting(now: datetime) -> Query[Payment]:
    """The payments that wait for somebody, the longest waiting first."""
    where = (Where("unclear_since", Is.LE, now),)
    return Query(state=Payment, where=where, order=("unclear_since", "id"))


def conclude(
    env: Environment, member: StaffMember, payment_id: PaymentId, conclusion: Conclusion, *, reference: str | None
) -> PaymentDetails:
    """Somebody says what became of a payment."""
    permitted(env, member, "statements.conclude")
    wanted, name = rules.usable_conclusion(conclusion), rules.usable_reference(reference)
    found = by_id(env, Payment, payment_id, field="payment_id", what="payment")
    message_id = MessageId(env.new_id())

    def decide(
        tx: Transaction, _: Patient, now: datetime, payments: Sequence[Payment], statements: Sequence[Statement]
    ) -> Concluded:
        payment = there(next(iter(payments), None))
        outcome = rules.conclude(
            rules.counts_where(payment, statements),
            payment,
            conclusion=wanted,
            reference=name,
            message_id=message_id,
            now=now,
        )
        return hold(tx, outcome)

    of_patient = Where("patient_id", Is.EQ, found.patient_id)
    asked = (
        Query(state=Payment, where=(of_patient, Where("id", Is.EQ, found.id)), limit=1),
        Query(state=Statement, where=(of_patient,)),
    )
    return details(on_patient(env, member, "statements.conclude", found.patient_id, decide, *asked).payment)


def unclear_refunds(env: Environment, member: StaffMember, *, limit: int, cursor: str | None) -> Page[UnclearRefund]:
    """The refunds that wait for somebody, the longest waiting first."""
    permitted(env, member, "statements.unclear_refunds")
    with env.store.view() as view:
        found = page(
            view,
            waiting_refunds(env.now()),
            limit=limit,
            cursor=cursor,
            place=lambda one: (one.unclear_since or one.requested_at, one.id),
        )
        names = people_of(view, patients=(one.patient_id for one in found.items))

    def shown(one: Refund) -> UnclearRefund:
        return UnclearRefund(**asdict(refund_details(one), recurse=False), patient_name=names.patient(one.patient_id))

    return as_views(found, shown)


def waiting_refunds(now: datetime) -> Query[Refund]:
    """The refunds that wait for somebody, the longest waiting first."""
    where = (Where("unclear_since", Is.LE, now),)
    return Query(state=Refund, where=where, order=("unclear_since", "id"))


def conclude_refund(
    env: Environment, member: StaffMember, refund_id: RefundId, conclusion: Conclusion
) -> RefundDetails:
    """Somebody says what became of a refund."""
    permitted(env, member, "statements.conclude_refund")
    wanted = rules.usable_conclusion(conclusion)
    found = by_id(env, Refund, refund_id, field="refund_id", what="refund")
    of_patient = Where("patient_id", Is.EQ, found.patient_id)

    def decide(
        tx: Transaction, _: Patient, now: datetime, payments: Sequence[Payment], refunds: Sequence[Refund]
    ) -> Refunded | StaysSettled:
        payment = there(next(iter(payments), None))
        (refund,) = refunds
        (statement,) = tx.select(Query(state=Statement, where=(of_patient, Where("id", Is.EQ, payment.counts_on))))
        return hold(tx, refund_ends.conclude_refund(statement, payment, refund, conclusion=wanted, now=now))

    asked = (
        Query(state=Payment, where=(of_patient, Where("id", Is.EQ, found.payment_id)), limit=1),
        Query(state=Refund, where=(of_patient, Where("id", Is.EQ, found.id)), limit=1),
    )
    outcome = on_patient(env, member, "statements.conclude_refund", found.patient_id, decide, *asked)
    return refund_details(outcome.refund)
