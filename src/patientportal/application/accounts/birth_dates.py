"""The birth date that is asked for beside a link: decided under the patient's lock, before anything else is told."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from patientportal.application.accounts.links import Presented
from patientportal.application.environment import Environment
from patientportal.application.log_lines import log_line
from patientportal.application.saving import Act, in_transaction, save
from patientportal.domain.accounts import birth_dates as rules
from patientportal.domain.accounts import codes
from patientportal.domain.accounts.birth_dates import WrongBirthDate, WrongBirthDateError
from patientportal.domain.accounts.challenges import RecoveryGuard
from patientportal.domain.accounts.codes import CodeInvalidError, CodeRefused
from patientportal.domain.accounts.links import Link, LinkSecret, Purpose
from patientportal.domain.events import ANONYMOUS
from patientportal.domain.ids import NOBODY
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.ports.store import Key, Transaction

STAND_INS = 64


def confirm(env: Environment, given: Presented, secret: LinkSecret | None, purpose: Purpose, born: date | None) -> None:
    """Lets nobody go on who says another birth date than the patient's; that counts.

    An unknown code takes as many statements as a wrong birth date does, and as many of them that change a row.

    Args:
        env: everything that the portal was given.
        given: what was presented.
        secret: of the link, as it was handed out.
        purpose: what they want to do with it.
        born: the birth date that they say; ``None``: none.

    Raises:
        LinkInvalidError: a mailed link can't be used by now.
        WrongBirthDateError: it isn't the patient's.
        CodeInvalidError: it isn't, or there is no such code; or that can't be used.
    """
    owner = (given.patient_id,)
    guards: list[Key[Any]] = []
    decide: Callable[..., WrongBirthDate | CodeRefused | Unchanged] = rules.confirm
    if given.is_printed:
        stand_in = _stand_in(env, given)
        guards = [Key(RecoveryGuard, (stand_in,))]
        decide = partial(codes.confirm, stand_in=stand_in)

    def body(tx: Transaction) -> WrongBirthDate | CodeRefused | Unchanged:
        *_, patient, record = tx.get_all(*guards, Key(Patient, owner), Key(PersonalRecord, owner))
        link = tx.get(Key(Link, (*owner, given.link_id)))
        now = env.now()
        outcome = decide(
            link,
            secret=secret,
            purpose=purpose,
            patient=patient,
            record=record,
            born=born,
            now=now,
            policy=env.policy,
        )
        about = NOBODY if isinstance(outcome, CodeRefused) else given.patient_id
        save(tx, outcome, env=env, act=Act(patient_id=about, by=ANONYMOUS), now=now)
        return outcome

    refused_if_wrong(in_transaction(env, body), given)


def _stand_in(env: Environment, given: Presented) -> bytes:
    """The row that an unknown code changes in place of a link: one of 64 that there are, so that tries don't add up."""
    group = given.secret_hash[0] % STAND_INS
    return hmac.digest(env.secret_key, f"printed-code stand-in\0{group}".encode(), hashlib.sha256)


def refused_if_wrong(outcome: object, given: Presented) -> None:
    """Raises what a wrong birth date is, once it was saved.

    Raises:
        WrongBirthDateError: the outcome is one.
        CodeInvalidError: it is one, or worse, and a code was typed.
    """
    if given.is_printed and isinstance(outcome, WrongBirthDate | CodeRefused):
        log_line("code_refused")
        raise CodeInvalidError
    if isinstance(outcome, WrongBirthDate):
        log_line("birth_date_refused", patient_id=given.patient_id, attempts_left=outcome.attempts_left)
        raise WrongBirthDateError(attempts_left=outcome.attempts_left)
