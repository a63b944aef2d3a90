"""The practice's digest: a notice for each day, and what it says when it is sent."""

from datetime import datetime
from typing import Any

from attrs import evolve

from patientportal.application.appointments import requests
from patientportal.application.environment import Environment
from patientportal.application.medications import renewals
from patientportal.application.saving import in_transaction
from patientportal.application.statements import concluding
from patientportal.application.support import requests as support
from patientportal.domain.appointments.requests import RequestStatus
from patientportal.domain.medications.renewals import RenewalStatus
from patientportal.domain.notices import digests as rules
from patientportal.domain.notices.digests import COUNTED_MAX, Digest
from patientportal.domain.notices.notices import UNDELIVERED, Delivery, DeliveryStatus
from patientportal.domain.support.support import OF_STATEMENTS, Asker
from patientportal.domain.told import NoticeKind
from patientportal.ports.store import Is, Key, Query, Transaction, Where


def add_due(env: Environment) -> bool:
    """Adds the digest of the day, where the practice wants one and nobody has added it; and says whether it did."""
    chosen = env.policy.notices.digest
    if chosen is None:
        return False
    day = rules.last_day(chosen, now=env.now(), policy=env.policy)
    key = Key(Delivery, (rules.digest_id(day),))
    with env.store.view() as view:
        if view.find(key) is not None:
            return False

    def body(tx: Transaction) -> bool:
        if tx.get(key) is not None:
            return False
        tx.add(rules.of_day(day, now=env.now()))
        return True

    return in_transaction(env, body)


def counted(tx: Transaction, *, now: datetime) -> Digest:
    """How much waits for somebody at the practice now."""

    def found(query: Query[Any]) -> list[Any]:
        return list(tx.select(evolve(query, limit=COUNTED_MAX)))

    asked = [request for of in Asker for request in found(support.standing(of))]
    of_statements = sum(request.about in OF_STATEMENTS for request in asked)
    return Digest(
        visit_requests=len(found(requests.standing(RequestStatus.OPEN))),
        renewals=len(found(renewals.standing(RenewalStatus.REQUESTED))),
        statement_requests=of_statements,
        support_requests=len(asked) - of_statements,
        unclear_payments=len(found(concluding.waiting(now))),
        undelivered=min(sum(len(found(oldest_with(status))) for status in UNDELIVERED), COUNTED_MAX),
    )


def oldest_with(status: DeliveryStatus) -> Query[Delivery]:
    """The notices that stand so, the oldest first; of a kind that only a newer release knows are left to it."""
    where = (Where("status", Is.EQ, status), Where("kind", Is.ONE_OF, tuple(NoticeKind)))
    return Query(state=Delivery, where=where, order=("created_at", "id"))
