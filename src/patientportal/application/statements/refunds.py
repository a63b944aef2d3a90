"""Refunds: say so in one transaction, give back outside any, write down in a second what became of it."""

from datetime import datetime

from patientportal.application.environment import Environment
from patientportal.application.finding import by_id
from patientportal.application.on_patient import by_staff, on_patient, permitted
from patientportal.application.saving import Act
from patientportal.application.statements.payments import (
    PaymentDetails,
    answer_of,
    details,
    next_look,
    processor_of,
    reread,
    save_answer,
)
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import PaymentId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember
from patientportal.domain.statements import refunds as rules
from patientportal.domain.statements.payments import Payment, PaymentStatus
from patientportal.domain.statements.refunds import Refunded, Refunding, StaysSettled
from patientportal.domain.statements.statements import Statement
from patientportal.domain.values.form_keys import Repeated
from patientportal.ports.store import Key, Transaction


def refund(env: Environment, member: StaffMember, payment_id: PaymentId) -> PaymentDetails:
    """The practice gives all of a payment back."""
    permitted(env, member, "statements.refund")
    processor = processor_of(env)
    found = by_id(env, Payment, payment_id, field="payment_id", what="payment")

    def decide(_: Transaction, __: Patient, now: datetime, payment: Payment | None) -> Refunding | Repeated[Payment]:
        if payment is None:
            raise NotFoundError(what="payment")
        return rules.refund(payment, look_at=next_look(env, processor, now=now))

    key = Key(Payment, (found.patient_id, found.id))
    outcome = on_patient(env, member, "statements.refund", found.patient_id, decide, key)
    if isinstance(outcome, Repeated):
        return details(outcome.kept)
    act = by_staff(env, member, "statements.refund", found.patient_id)
    return details(_given_back(env, outcome.payment, act=act))


def conclude_refund(env: Environment, payment: Payment, *, act: Act) -> bool:
    """Asks the processor again to give a payment back, which it does once."""
    return _given_back(env, payment, act=act).status is not PaymentStatus.REFUNDING


def _given_back(env: Environment, payment: Payment, *, act: Act) -> Payment:
    processor = processor_of(env)
    answer = answer_of(payment, lambda: processor.refund(payment.id, refund_key=payment.id, amount=payment.amount))
    if not isinstance(answer, bool):
        return reread(env, payment)

    def decide(statement: Statement, found: Payment, now: datetime) -> Refunded | StaysSettled | Unchanged:
        if answer:
            return rules.refunded(statement, found, now=now)
        return rules.refund_declined(found)

    return save_answer(env, payment, decide, act=act)
