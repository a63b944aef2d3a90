"""Other security questions and answers: whoever is in says the password again."""

from datetime import datetime
from typing import ClassVar

from attrs import frozen

from patientportal.domain.events import Event
from patientportal.domain.outcomes import changed, happened
from patientportal.domain.policy import Policy

from .activation import Account, unlocked
from .guards import LogInGuard, cleared
from .log_in import CredentialReplaced, Locked, StillLocked, Wrong, reauthenticate
from .passwords import Verification
from .security_questions import SecurityAnswers


@frozen(kw_only=True)
class SecurityAnswersChanged(Event):
    """A patient chose other security questions or answers."""

    name: ClassVar[str] = "security_answers_changed"


@frozen(kw_only=True)
class AnswersReplaced:
    """From now on the patient is asked these."""

    guard: LogInGuard | None = changed()
    account: Account | None = changed()
    answers: SecurityAnswers = changed()
    event: SecurityAnswersChanged = happened()


def replace(
    account: Account,
    *,
    guard: LogInGuard | None,
    name_hash: bytes,
    verification: Verification,
    answers: SecurityAnswers,
    now: datetime,
    policy: Policy,
) -> AnswersReplaced | Wrong | Locked | StillLocked | CredentialReplaced:
    """The password, said again, lets a patient choose other answers; a wrong one counts like a wrong log-in.

    Args:
        account: the patient's.
        guard: of the account's username; ``None`` when nothing was counted for it.
        name_hash: the guard's key.
        verification: what the hasher said of the password, outside the transaction.
        answers: the new ones, hashed.
        now: UTC.
        policy: the practice's limits.
    """
    refused = reauthenticate(
        account, guard=guard, name_hash=name_hash, verification=verification, now=now, policy=policy
    )
    if refused is not None:
        return refused
    return AnswersReplaced(
        guard=cleared(guard),
        account=unlocked(account),
        answers=answers,
        event=SecurityAnswersChanged(),
    )
