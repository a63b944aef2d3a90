"""Recovery without questions: a link is mailed to whoever is named; alike for known and unknown people."""

import hashlib
import hmac
from datetime import datetime
from typing import Any

from attrs import evolve

from patientportal.application.accounts.links import open_links_of
from patientportal.application.environment import Environment
from patientportal.application.saving import Act, in_transaction, save
from patientportal.domain.accounts import link_requests as rules
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.challenges import MAILS_WITHIN, Flow, RecoveryGuard
from patientportal.domain.accounts.link_requests import LinkRequested, RecoveryLinkRequested
from patientportal.domain.accounts.links import Link, Purpose
from patientportal.domain.events import ANONYMOUS, Recorded
from patientportal.domain.ids import NOBODY, LinkId, PatientId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import Policy
from patientportal.ports.store import Is, Key, Query, Transaction, Where

GROUPS, STAND_INS = 64, 4


def request(env: Environment, flow: Flow, patient_id: PatientId, *, named: str) -> None:
    """Has a link mailed to a patient, or to nobody, with as many statements, and as many of them that change something.

    Args:
        env: everything that the portal was given.
        flow: what was forgotten.
        patient_id: who was named; ``NOBODY``: nobody was.
        named: what was typed, in the form that is compared.
    """
    link_id = LinkId(env.new_id())
    owner = (PatientId(link_id) if patient_id == NOBODY else patient_id,)  # a fresh id: NOBODY has a long history
    stand_ins = _stand_ins(env, named)

    def body(tx: Transaction) -> None:
        guards: list[Key[Any]] = [Key(RecoveryGuard, (one,)) for one in stand_ins]
        *_, patient, account = tx.get_all(*guards, Key(Patient, owner), Key(Account, owner))
        found = tx.select(_mailed_open(*owner))
        open_link = tx.get(Key(Link, (*owner, found[0].id if found else link_id)))
        now = env.now()
        letters = tx.select(_letters_of(*owner, now=now, policy=env.policy))
        outcome = rules.request(
            flow,
            patient=patient,
            account=account,
            open_link=open_link,
            letters=letters,
            link_id=link_id,
            now=now,
            policy=env.policy,
        )
        for one in stand_ins[_rows_of(outcome) :]:
            tx.put(RecoveryGuard(subject_hash=one, failed_answers=0, last_failed_at=now))
        save(tx, outcome, env=env, act=Act(patient_id=patient_id, by=ANONYMOUS), now=now)

    in_transaction(env, body)


def _mailed_open(patient_id: PatientId) -> Query[Link]:
    """The open link for a new password that letters carry; one on paper is left alone, whoever asks."""
    query = open_links_of(patient_id, Purpose.PASSWORD_RESET)
    return evolve(query, where=(*query.where, Where("is_printed", Is.EQ, False)))


def _stand_ins(env: Environment, named: str) -> list[bytes]:
    """The rows that a request changes in place of a letter's: of 256 that there are, so that requests don't add up."""
    group = hmac.digest(env.secret_key, b"recovery-link\0" + named.encode(), hashlib.sha256)[0] % GROUPS
    return sorted(
        hmac.digest(env.secret_key, f"recovery-link stand-in\0{group}\0{number}".encode(), hashlib.sha256)
        for number in range(STAND_INS)
    )


def _rows_of(outcome: LinkRequested | Unchanged) -> int:
    """How many rows a letter takes: a link where there was none, an event and a notice."""
    return 0 if isinstance(outcome, Unchanged) else 2 + (outcome.link is not None)


def _letters_of(patient_id: PatientId, *, now: datetime, policy: Policy) -> Query[Recorded]:
    """The last letters of those that may still work, or count."""
    since = now - max(MAILS_WITHIN, policy.recovery.link_valid_for)
    return Query(
        state=Recorded,
        where=(
            Where("patient_id", Is.EQ, patient_id),
            Where("event.name", Is.EQ, RecoveryLinkRequested.name),
            Where("at", Is.GT, since),
        ),
        order=("at", "id"),
        descending=True,
        limit=policy.recovery.mails_an_hour,
    )
