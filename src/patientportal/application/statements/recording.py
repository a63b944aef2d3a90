"""Writing down at the practice what was paid otherwise than online, and what is let off."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from patientportal.application.environment import Environment
from patientportal.application.finding import by_id, under_key
from patientportal.application.on_patient import on_patient, permitted
from patientportal.application.saving import hold
from patientportal.application.statements.payments import PaymentDetails, details
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import PaymentId, StatementId
from patientportal.domain.patients.patients import Patient, usable_external_id
from patientportal.domain.staff import StaffMember
from patientportal.domain.statements import recording as rules
from patientportal.domain.statements.payments import Payment, PaymentMethod, usable_money
from patientportal.domain.statements.recording import PaymentCounts, PaymentReceived
from patientportal.domain.statements.statements import Statement
from patientportal.domain.values.form_keys import Repeated
from patientportal.domain.values.money import Money
from patientportal.ports.store import Is, Query, Transaction, Where

VERB = "statements.record_payment"
_VERBS = {
    PaymentMethod.INSURER: f"{VERB}(insurer)",
    PaymentMethod.REDUCTION: f"{VERB}(reduction)",
}


def record(
    env: Environment,
    member: StaffMember,
    statement_id: StatementId,
    amount: Money,
    *,
    method: PaymentMethod,
    received_on: date,
    reference: str,
    external_id: str | None,
) -> PaymentDetails:
    """The practice writes down what was paid of the current statement otherwise, or what is let off of it."""
    permitted(env, member, VERB)
    wanted = rules.usable_method(method)
    verb = _VERBS.get(wanted, VERB)
    permitted(env, member, verb)
    received = PaymentReceived(
        payment_id=PaymentId(env.new_id()),
        amount=usable_money(amount),
        method=wanted,
        received_on=rules.usable_received_on(received_on),
        reference=rules.usable_note(reference, field="reference"),
        external_id=None if external_id is None else usable_external_id(external_id),
    )
    found = by_id(env, Statement, statement_id, field="statement_id", what="statement")

    def decide(
        tx: Transaction,
        _: Patient,
        now: datetime,
        statements: Sequence[Statement],
        earlier: Sequence[Payment] = (),
    ) -> PaymentCounts | Repeated[Payment]:
        statement = next(iter(statements), None)
        if statement is None:
            raise NotFoundError(what="statement")
        was_known = rules.was_known(statement, received=received, now=now, policy=env.policy)
        all_of_them = tx.select(Query(state=Statement, where=of_patient)) if was_known else ()
        outcome = rules.record(
            statement,
            received=received,
            earlier=next(iter(earlier), None),
            others=[one for one in all_of_them if one.id != found.id],
            now=now,
            policy=env.policy,
        )
        return outcome if isinstance(outcome, Repeated) else hold(tx, outcome)

    owner = found.patient_id
    of_patient = (Where("patient_id", Is.EQ, owner),)
    asked: tuple[Query[Any], ...] = (
        Query(state=Statement, where=(*of_patient, Where("id", Is.EQ, found.id)), limit=1),
        *under_key(Payment, owner, received.external_id, field="external_id"),
    )
    outcome = on_patient(env, member, verb, owner, decide, *asked)
    return details(outcome.kept if isinstance(outcome, Repeated) else outcome.payment)
