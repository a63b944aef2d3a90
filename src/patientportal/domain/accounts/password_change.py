"""Changing a known password: whoever is in says the present one again, and everybody else is out."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.events import Event
from patientportal.domain.outcomes import changed, happened
from patientportal.domain.policy import Policy

from . import links, sessions
from .activation import Account, with_new_password
from .guards import LogInGuard, cleared
from .links import Link, LinkEnd
from .log_in import CredentialReplaced, Locked, StillLocked, Wrong, reauthenticate
from .passwords import Verification
from .sessions import Session


@frozen(kw_only=True)
class PasswordChanged(Event):
    """A patient exchanged a password that they knew."""

    name: ClassVar[str] = "password_changed"
    sessions_ended: int
    links_ended: int


@frozen(kw_only=True)
class Changed:
    """The new password holds; this session goes on under another secret, every other one and every link is ended."""

    guard: LogInGuard | None = changed()
    account: Account = changed()
    links: tuple[Link, ...] = changed()
    session: Session = changed()
    sessions: tuple[Session, ...] = changed()
    event: PasswordChanged = happened()


def change(
    account: Account,
    *,
    guard: LogInGuard | None,
    name_hash: bytes,
    verification: Verification,
    password_hash: str,
    open_links: Sequence[Link],
    session: Session,
    secret_hash: bytes,
    other_sessions: Sequence[Session],
    now: datetime,
    policy: Policy,
) -> Changed | Wrong | Locked | StillLocked | CredentialReplaced:
    """The present password, said again, makes way for the new one; a wrong one counts like a wrong log-in.

    Args:
        account: the patient's.
        guard: of the account's username; ``None`` when nothing was counted for it.
        name_hash: the guard's key.
        verification: what the hasher said of the present password, outside the transaction.
        password_hash: of the new one.
        open_links: those of the patient.
        session: the one that asks.
        secret_hash: of its next token's secret.
        other_sessions: every session that hasn't ended, but the one that asks.
        now: UTC.
        policy: the practice's limits.
    """
    refused = reauthenticate(
        account, guard=guard, name_hash=name_hash, verification=verification, now=now, policy=policy
    )
    if refused is not None:
        return refused
    return Changed(
        guard=cleared(guard),
        account=with_new_password(account, password_hash, now=now),
        links=links.ended(open_links, LinkEnd.NEW_PASSWORD),
        session=evolve(session, secret_hash=secret_hash),
        sessions=sessions.ended(other_sessions, now=now),
        event=PasswordChanged(
            sessions_ended=sessions.how_many_live(other_sessions, now=now, policy=policy), links_ended=len(open_links)
        ),
    )
