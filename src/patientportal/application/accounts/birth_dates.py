"""The birth date that is asked for beside a link: decided under the patient's lock, before anything else is told."""

from datetime import date

from patientportal.application.environment import Environment
from patientportal.application.saving import Act, in_transaction, save
from patientportal.domain.accounts import birth_dates as rules
from patientportal.domain.accounts.birth_dates import WrongBirthDate, WrongBirthDateError
from patientportal.domain.accounts.links import Link, LinkSecret, Purpose
from patientportal.domain.events import ANONYMOUS
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.values.tokens import Token
from patientportal.ports.store import Key, Transaction


def confirm(env: Environment, token: Token, secret: LinkSecret, purpose: Purpose, born: date | None) -> None:
    """Lets nobody go on who says another birth date than the patient's; that counts.

    Args:
        env: everything that the portal was given.
        token: what was presented.
        secret: of the link, as it was handed out.
        purpose: what they want to do with it.
        born: the birth date that they say; ``None``: none.

    Raises:
        LinkInvalidError: the link can't be used by now.
        WrongBirthDateError: it isn't the patient's.
    """
    owner = (token.patient_id,)

    def body(tx: Transaction) -> WrongBirthDate | Unchanged:
        patient, record = tx.get_all(Key(Patient, owner), Key(PersonalRecord, owner))
        link = tx.get(Key(Link, (*owner, token.id)))
        now = env.now()
        outcome = rules.confirm(
            link,
            secret=secret,
            purpose=purpose,
            patient=patient,
            record=record,
            born=born,
            now=now,
            policy=env.policy,
        )
        save(tx, outcome, env=env, act=Act(patient_id=token.patient_id, by=ANONYMOUS), now=now)
        return outcome

    refused_if_wrong(in_transaction(env, body))


def refused_if_wrong(outcome: object) -> None:
    """Raises what a wrong birth date is, once it was saved.

    Raises:
        WrongBirthDateError: the outcome is one.
    """
    if isinstance(outcome, WrongBirthDate):
        raise WrongBirthDateError(attempts_left=outcome.attempts_left)
