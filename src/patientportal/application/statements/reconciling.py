"""Reconciling: what became of payments whose end nobody heard of."""

from datetime import datetime

from patientportal.application.environment import Environment
from patientportal.application.saving import Act, in_transaction, save
from patientportal.application.statements.payments import conclude_charge, next_look
from patientportal.application.statements.refunds import conclude_refund
from patientportal.domain.events import SYSTEM
from patientportal.domain.patients.patients import Patient
from patientportal.domain.statements import settlement
from patientportal.domain.statements.payments import Payment, PaymentStatus
from patientportal.domain.statements.settlement import Postponed
from patientportal.ports.payments import PaymentProcessor
from patientportal.ports.store import Is, Key, Query, Transaction, Where


def unheard_of(env: Environment) -> Query[Payment]:
    """The payments whose processor must long have answered, the longest due first."""
    where = (Where("look_at", Is.LE, env.now()),)
    return Query(state=Payment, where=where, order=("look_at", "patient_id", "id"))


def look_at(_: Environment, found: Payment) -> datetime:
    """Since when somebody should look what became of one."""
    return found.look_at or found.requested_at


def reconcile(env: Environment, found: Payment) -> bool:
    """Finds out what became of one; without a processor, it is left to a worker that has one."""
    if env.payments is None:
        return False
    act = Act(patient_id=found.patient_id, by=SYSTEM)
    payment = _taken(env, env.payments, found, act=act)
    if payment is None:
        return False
    if payment.status is PaymentStatus.PENDING:
        return conclude_charge(env, payment, act=act)
    return conclude_refund(env, payment, act=act)


def _taken(env: Environment, processor: PaymentProcessor, found: Payment, *, act: Act) -> Payment | None:
    """The payment, if it is due still; the next look at it comes later, whatever becomes of this one."""

    def body(tx: Transaction) -> Payment | None:
        _, payment = tx.get_all(Key(Patient, (found.patient_id,)), Key(Payment, (found.patient_id, found.id)))
        now = env.now()
        if payment is None:
            return None
        outcome = settlement.take(payment, now=now, look_at=next_look(env, processor, now=now))
        save(tx, outcome, env=env, act=act, now=now)
        return outcome.payment if isinstance(outcome, Postponed) else None

    return in_transaction(env, body)
