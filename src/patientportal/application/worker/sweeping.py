"""Forgetting what has long been over, a little at a time."""

from collections.abc import Iterator, Sequence
from typing import Any

from patientportal.application.environment import Environment
from patientportal.application.saving import in_transaction, select_locked
from patientportal.domain.accounts.challenges import RecoveryGuard
from patientportal.domain.accounts.email_change import EmailChange
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.links import Link, LinkSecret, LinkStatus
from patientportal.domain.accounts.sessions import Session
from patientportal.domain.events import Recorded
from patientportal.domain.ids import NOBODY
from patientportal.domain.medications.covers import Cover
from patientportal.domain.notices.notices import Delivery, DeliveryStatus
from patientportal.domain.patients.patients import Patient
from patientportal.domain.support.support import SupportRequest
from patientportal.domain.sweeping import is_forgotten, kept_for
from patientportal.domain.told import NoticeKind
from patientportal.ports.catalogue import EVENTS, KINDS
from patientportal.ports.store import Is, Key, Query, Transaction, Where, key_of

BATCH_MAX = 100
TOGETHER_MAX = 25  # go in one transaction: a commit, a wait for the disk, costs as much as they do
_OVER = tuple(status for status in DeliveryStatus if status is not DeliveryStatus.WAITING)
SWEEPS: tuple[tuple[type[Any], str, tuple[Where, ...]], ...] = (
    *(
        (Delivery, "next_try_at", (Where("status", Is.EQ, status), Where("kind", Is.ONE_OF, tuple(NoticeKind))))
        for status in _OVER
    ),
    (LogInGuard, "last_failed_at", (Where("locked_at", Is.NONE),)),
    (Session, "started_at", ()),
    (Link, "created_at", (Where("status", Is.ONE_OF, (LinkStatus.USED, LinkStatus.ENDED)),)),
    (Link, "last_minted_at", (Where("status", Is.EQ, LinkStatus.OPEN),)),
    (EmailChange, "requested_at", ()),
    (RecoveryGuard, "last_failed_at", ()),
    (SupportRequest, "resolved_at", ()),
    (Cover, "until", ()),
    (Recorded, "at", (Where("patient_id", Is.EQ, NOBODY), Where("event.name", Is.ONE_OF, tuple(EVENTS)))),
)
"""Where to look for what may be forgotten; what only a newer release knows is left to it."""


def sweep(env: Environment, *, limit: int) -> int:
    """Forgets at most ``limit`` of each kind, and says how many in all."""
    queries = [_old(env, *one, limit=min(limit, BATCH_MAX)) for one in SWEEPS]
    found: tuple[Sequence[object], ...] = env.store.find_all(*queries)
    return sum(_forgotten(env, keys) for states in found for keys in _together(states))


def _old(env: Environment, kind: type[Any], moment: str, where: tuple[Where, ...], *, limit: int) -> Query[Any]:
    before = env.now() - kept_for(kind, env.policy)
    is_old = Where(moment, Is.LE, before)
    return Query(state=kind, where=(*where, is_old), order=(moment, *KINDS[kind].key), limit=limit)


def _together(found: Sequence[object]) -> Iterator[list[Key[Any]]]:
    """What one transaction forgets, in the order of the locks."""
    keys = sorted((key_of(state) for state in found), key=lambda key: key.parts)
    return (keys[at : at + TOGETHER_MAX] for at in range(0, len(keys), TOGETHER_MAX))


def _owners(keys: Sequence[Key[Any]]) -> list[Key[Patient]]:
    """The patients who guard what is kept under these keys, where it is anybody's."""
    owned = (key.parts[0] for key in keys if KINDS[key.state].key[0] == "patient_id")
    return [Key(Patient, (owner,)) for owner in dict.fromkeys(owned) if owner != NOBODY]


def _forgotten(env: Environment, keys: list[Key[Any]]) -> int:
    owners = _owners(keys)

    def body(tx: Transaction) -> int:
        found = tx.get_all(*owners, *keys)[len(owners) :]
        now = env.now()
        over = [state for state in found if state is not None and is_forgotten(state, now=now, policy=env.policy)]
        return sum(_removed(tx, state) for state in over if not _is_awaited(tx, state))

    return in_transaction(env, body)


def _is_awaited(tx: Transaction, state: object) -> bool:
    """Whether a notice waits that needs to know where to go."""
    if not isinstance(state, EmailChange):
        return False
    where = (Where("status", Is.EQ, DeliveryStatus.WAITING), Where("email_change_id", Is.EQ, state.id))
    return bool(tx.select(Query(state=Delivery, where=where, order=("id",), limit=1)))


def _removed(tx: Transaction, state: object) -> int:
    if isinstance(state, Link):
        of_link = (Where("patient_id", Is.EQ, state.patient_id), Where("link_id", Is.EQ, state.id))
        for secret in select_locked(tx, Query(state=LinkSecret, where=of_link, order=("secret_hash",))):
            tx.remove(key_of(secret))
    tx.remove(key_of(state))
    return 1
