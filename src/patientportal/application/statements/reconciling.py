"""Reconciling: what became of payments and refunds whose end nobody heard of."""

from datetime import datetime
from typing import TypeVar

from patientportal.application.environment import Environment
from patientportal.application.saving import Act, in_transaction, save
from patientportal.application.statements.paying import conclude_charge, next_look
from patientportal.application.statements.refunds import ask_again
from patientportal.domain.events import SYSTEM
from patientportal.domain.patients.patients import Patient
from patientportal.domain.statements.looking import Postponed, take
from patientportal.domain.statements.payments import Payment
from patientportal.domain.statements.refunds import Refund
from patientportal.ports.payments import PaymentProcessor
from patientportal.ports.store import Is, Key, Query, Transaction, Where, key_of

S = TypeVar("S", Payment, Refund)


def unheard_of(env: Environment) -> Query[Payment]:
    """The payments whose processor must long have answered, the longest due first."""
    return _due(env, Payment)


def unheard_of_refunds(env: Environment) -> Query[Refund]:
    """The refunds of which the same is true."""
    return _due(env, Refund)


def _due(env: Environment, state: type[S]) -> Query[S]:
    where = (Where("look_at", Is.LE, env.now()),)
    return Query(state=state, where=where, order=("look_at", "patient_id", "id"))


def look_at(_: Environment, found: Payment | Refund) -> datetime:
    """Since when somebody should look what became of one."""
    return found.look_at or found.requested_at


def reconcile(env: Environment, found: Payment) -> bool:
    """Finds out what became of a payment; without a processor, it is left to a worker that has one."""
    act = Act(patient_id=found.patient_id, by=SYSTEM)
    payment = None if env.payments is None else _taken(env, env.payments, found, act=act)
    return payment is not None and conclude_charge(env, payment, act=act)


def reconcile_refund(env: Environment, found: Refund) -> bool:
    """Finds out what became of a refund, likewise: the processor is asked again, which gives back once."""
    act = Act(patient_id=found.patient_id, by=SYSTEM)
    refund = None if env.payments is None else _taken(env, env.payments, found, act=act)
    return refund is not None and ask_again(env, refund, act=act)


def _taken(env: Environment, processor: PaymentProcessor, found: S, *, act: Act) -> S | None:
    """What was found, if it is due still; the next look at it comes later, whatever becomes of this one."""

    def body(tx: Transaction) -> S | None:
        _, kept = tx.get_all(Key(Patient, (found.patient_id,)), key_of(found))
        now = env.now()
        if kept is None:
            return None
        outcome = take(kept, now=now, look_at=next_look(env, processor, now=now))
        save(tx, outcome, env=env, act=act, now=now)
        return outcome.kept if isinstance(outcome, Postponed) else None

    return in_transaction(env, body)
