"""After a backup was put back: ends what could let somebody in, and says what to compare with the processor."""

from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

from attrs import evolve, frozen

from patientportal.application.accounts.links import open_links_of
from patientportal.application.accounts.sessions import open_sessions
from patientportal.application.environment import Environment
from patientportal.application.saving import Act, in_transaction, save, select_all_locked
from patientportal.application.statements.payments import PaymentDetails, details
from patientportal.domain.accounts import restored as rules
from patientportal.domain.accounts.links import Link, LinkStatus
from patientportal.domain.accounts.restored import RestoredFromBackup
from patientportal.domain.accounts.sessions import Session
from patientportal.domain.events import SYSTEM, Recorded
from patientportal.domain.ids import PatientId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.statements.payments import Payment, PaymentStatus
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import Is, Key, Query, Transaction, Where, key_of

S = TypeVar("S")

A_BATCH = 500


@frozen(kw_only=True)
class AfterRestore:
    """What was ended once a backup was put back, and what to compare with the payment processor.

    Attributes:
        last_at: the last thing that the backup knows of, UTC; ``None``: it knows of none.
        sessions_ended: how many sessions that nobody had ended.
        links_ended: how many links that were neither used nor ended.
        open_payments: those whose end, or the end of giving them back, the backup doesn't know.
    """

    last_at: datetime | None
    sessions_ended: int
    links_ended: int
    open_payments: tuple[PaymentDetails, ...]


def after_restore(env: Environment) -> AfterRestore:
    """Ends every session and open link, patient by patient; may be run again."""
    last_at = _last_at(env)
    let_in = {one.patient_id for one in _all(env, Query(state=Session, where=(Where("ended_at", Is.NONE),)))}
    still_open = Query(state=Link, where=(Where("status", Is.EQ, LinkStatus.OPEN),))
    let_in |= {one.patient_id for one in _all(env, still_open)}
    ended = [event for patient_id in sorted(let_in) if (event := _ended(env, patient_id)) is not None]
    unknown = Where("status", Is.EQ, PaymentStatus.PENDING), Where("refunding_minor_units", Is.GT, 0)
    return AfterRestore(
        last_at=last_at,
        sessions_ended=sum(one.sessions_ended for one in ended),
        links_ended=sum(one.links_ended for one in ended),
        open_payments=tuple(
            details(one) for where in unknown for one in _all(env, Query(state=Payment, where=(where,)))
        ),
    )


def _ended(env: Environment, patient_id: PatientId) -> RestoredFromBackup | None:
    def body(tx: Transaction) -> RestoredFromBackup | None:
        tx.get(Key(Patient, (patient_id,)))
        links, sessions = select_all_locked(tx, open_links_of(patient_id), open_sessions(patient_id))
        now = env.now()
        outcome = rules.after_restore(links, sessions, now=now)
        save(tx, outcome, env=env, act=Act(patient_id=patient_id, by=SYSTEM), now=now)
        return None if isinstance(outcome, Unchanged) else outcome.event

    return in_transaction(env, body)


def _last_at(env: Environment) -> datetime | None:
    with env.store.view() as view:
        latest = view.select(Query(state=Recorded, order=("at", "patient_id", "id"), descending=True, limit=1))
    return latest[0].at if latest else None


def _all(env: Environment, query: Query[S]) -> Iterator[S]:
    """All that a query finds, batch by batch, by their keys."""
    batch = evolve(query, order=KINDS[query.state].key, limit=A_BATCH)
    while True:
        with env.store.view() as view:
            found = view.select(batch)
        yield from found
        if len(found) < A_BATCH:
            return
        batch = evolve(batch, after=key_of(found[-1]).parts)
