"""Concluding payments that only somebody can: which ones wait for that, and what somebody says of one."""

from datetime import datetime

from attrs import frozen

from patientportal.application.environment import Environment
from patientportal.application.finding import by_id
from patientportal.application.on_patient import on_patient, permitted
from patientportal.application.pages import Page, as_views, page
from patientportal.application.statements.payments import PaymentDetails, details
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import MessageId, PatientId, PaymentId
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember
from patientportal.domain.statements import conclusions as rules
from patientportal.domain.statements.conclusions import Concluded, Conclusion
from patientportal.domain.statements.payments import Payment
from patientportal.domain.statements.statements import Statement
from patientportal.ports.store import Is, Key, Query, Transaction, Where


@frozen(kw_only=True)
class UnclearPayment:
    """A payment that waits for somebody to conclude it.

    Attributes:
        patient_id: whose it is.
        payment: the payment, with what was charged and since when it waits.
    """

    patient_id: PatientId
    payment: PaymentDetails


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
    return as_views(found, lambda one: UnclearPayment(patient_id=one.patient_id, payment=details(one)))


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
        _: Transaction, __: Patient, now: datetime, statement: Statement | None, payment: Payment | None
    ) -> Concluded:
        if statement is None or payment is None:
            raise NotFoundError(what="payment")
        return rules.conclude(statement, payment, conclusion=wanted, reference=name, message_id=message_id, now=now)

    owner = found.patient_id
    keys = Key(Statement, (owner, found.statement_id)), Key(Payment, (owner, found.id))
    return details(on_patient(env, member, "statements.conclude", owner, decide, *keys).payment)
