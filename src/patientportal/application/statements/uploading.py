"""Statements at the practice's side: uploaded, sent again, and taken back."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from patientportal.application.environment import Environment
from patientportal.application.finding import by_id, under_key
from patientportal.application.on_patient import on_patient, permitted
from patientportal.application.saving import hold, select_locked
from patientportal.application.statements.statements import current_of, open_requests
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import PatientId, StatementId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient, usable_external_id
from patientportal.domain.staff import StaffMember
from patientportal.domain.statements import resending, retracting, uploading
from patientportal.domain.statements import statements as rules
from patientportal.domain.statements.payments import Payment, PaymentStatus
from patientportal.domain.statements.resending import Resent
from patientportal.domain.statements.retracting import Retracted
from patientportal.domain.statements.statements import Statement
from patientportal.domain.statements.uploading import StatementUpload, Uploaded
from patientportal.domain.support.support import OF_STATEMENTS, SupportRequest, SupportTopic
from patientportal.domain.values.days import usable_day
from patientportal.domain.values.form_keys import Repeated
from patientportal.domain.values.money import Money
from patientportal.domain.values.retractions import RetractionReason, usable_retraction_reason
from patientportal.domain.values.types import of_type
from patientportal.domain.values.zones import midnight_before
from patientportal.ports.store import Is, Key, Query, Transaction, Where

A_DAY = timedelta(days=1)


def upload(
    env: Environment,
    member: StaffMember,
    patient_id: PatientId,
    *,
    number: str,
    balance: Money,
    issued_on: date,
    due_on: date,
    document: bytes,
    media_type: str,
    covers_earlier: bool,
    posted_until: datetime | None,
    external_id: str | None,
) -> StatementId:
    """A new statement for a patient; the current one from now on, if it was issued last."""
    issued, due = rules.usable_days(issued_on, due_on)
    of_type(balance, Money, field="balance")
    of_type(covers_earlier, bool, field="covers_earlier")
    wanted = StatementUpload(
        statement_id=StatementId(env.new_id()),
        patient_id=patient_id,
        number=rules.usable_number(number),
        external_id=None if external_id is None else usable_external_id(external_id),
        balance=balance,
        issued_on=issued,
        due_on=due,
        covers_earlier=covers_earlier,
        posted_until=rules.usable_posted_until(posted_until),
        media_type=rules.usable_media_type(media_type),
        content=rules.usable_document(document),
    )

    def decide(
        tx: Transaction, patient: Patient, now: datetime, *found: Sequence[Any]
    ) -> Uploaded | Repeated[Statement]:
        asked_for, current, same_number, pending, settled, *same_external_id = found
        payments = [*pending, *settled]
        outcome = uploading.upload(
            wanted,
            same_external_id=[one for some in same_external_id for one in some],
            same_number=next(iter(same_number), None),
            current=next(iter(current), None),
            payments=payments,
            holders=_holders(tx, patient.id, payments),
            open_requests=asked_for,
            by=member.id,
            now=now,
            policy=env.policy,
        )
        return outcome if isinstance(outcome, Repeated) else hold(tx, outcome)

    asked: tuple[Query[Any], ...] = (
        open_requests(patient_id, *OF_STATEMENTS),
        current_of(patient_id),
        _numbered(patient_id, wanted.number),
        *_unposted(env, wanted),
        *under_key(Statement, patient_id, wanted.external_id, field="external_id", limit=None),
    )
    outcome = on_patient(env, member, "statements.upload", patient_id, decide, *asked)
    return outcome.kept.id if isinstance(outcome, Repeated) else outcome.statement.id


def resend(env: Environment, member: StaffMember, statement_id: StatementId, *, due_on: date) -> None:
    """The current statement may be paid until another due date, and the patient is told of it."""
    permitted(env, member, "statements.resend")
    last_day = usable_day(due_on, field="due_on")
    found = by_id(env, Statement, statement_id, field="statement_id", what="statement")

    def decide(tx: Transaction, patient: Patient, now: datetime) -> Resent:
        asked_for = select_locked(tx, open_requests(patient.id, SupportTopic.RESEND_STATEMENT))
        statement = tx.get(Key(Statement, (patient.id, found.id)))
        if statement is None:
            raise NotFoundError(what="statement")
        return resending.resend(
            statement, due_on=last_day, open_requests=asked_for, by=member.id, now=now, policy=env.policy
        )

    on_patient(env, member, "statements.resend", found.patient_id, decide)


def retract(env: Environment, member: StaffMember, statement_id: StatementId, reason: RetractionReason) -> None:
    """A statement is taken back, once."""
    permitted(env, member, "statements.retract")
    why = usable_retraction_reason(reason)
    found = by_id(env, Statement, statement_id, field="statement_id", what="statement")

    def decide(tx: Transaction, _: Patient, now: datetime, *lists: Sequence[Any]) -> Retracted | Unchanged:
        answered, asked_for, statements, payments = lists
        by_ids = {one.id: one for one in statements}
        outcome = retracting.retract(
            by_ids.pop(found.id),
            reason=why,
            others=list(by_ids.values()),
            payments=payments,
            answered=answered,
            open_requests=asked_for,
            now=now,
        )
        return hold(tx, outcome)

    owner = found.patient_id
    of_patient = Where("patient_id", Is.EQ, owner)
    asked = (
        Query(
            state=SupportRequest, where=(of_patient, Where("answered_by", Is.EQ, found.id)), order=("asked_at", "id")
        ),
        open_requests(owner, *OF_STATEMENTS),
        Query(state=Statement, where=(of_patient,)),
        Query(state=Payment, where=(of_patient,)),
    )
    on_patient(env, member, "statements.retract", owner, decide, *asked)


def _holders(tx: Transaction, patient_id: PatientId, payments: Sequence[Payment]) -> Sequence[Statement]:
    """The statements on which these payments count."""
    ids = sorted({one.counts_on for one in payments})
    if not ids:
        return ()
    where = (Where("patient_id", Is.EQ, patient_id), Where("id", Is.ONE_OF, tuple(ids)))
    return tx.select(Query(state=Statement, where=where))


def _unposted(env: Environment, wanted: StatementUpload) -> tuple[Query[Payment], Query[Payment]]:
    """The patient's payments that the books may not have known: what is pending, and what was settled late enough."""
    of_patient = Where("patient_id", Is.EQ, wanted.patient_id)
    at_least = wanted.posted_until or midnight_before(wanted.issued_on - A_DAY, env.policy.zone)
    since = Where("ended_at", Is.GE, at_least)
    return (
        Query(state=Payment, where=(of_patient, Where("status", Is.EQ, PaymentStatus.PENDING))),
        Query(state=Payment, where=(of_patient, Where("status", Is.EQ, PaymentStatus.SETTLED), since)),
    )


def _numbered(patient_id: PatientId, number: str) -> Query[Statement]:
    where = (
        Where("patient_id", Is.EQ, patient_id),
        Where("number", Is.EQ, number),
        Where("retracted_at", Is.NONE),
    )
    return Query(state=Statement, where=where, limit=1)
