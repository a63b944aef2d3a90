"""The practice prints what else is mailed: a code, shown once to whoever hands it over."""

from datetime import datetime

from attrs import field, frozen

from patientportal.application.accounts.links import open_links_of
from patientportal.application.environment import Environment
from patientportal.application.on_patient import on_patient
from patientportal.application.saving import select_locked
from patientportal.domain.accounts import links
from patientportal.domain.accounts import printing as rules
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.printing import Printed
from patientportal.domain.ids import LinkId, PatientId
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember
from patientportal.domain.values import printed_codes
from patientportal.ports.store import Key, Transaction


@frozen(kw_only=True)
class PrintedCode:
    """What stands on a paper that the practice hands over. It is shown this once, and kept by nobody.

    Attributes:
        code: in groups of four, to be typed in any case, with hyphens, spaces or none.
        valid_until: UTC.
    """

    code: str = field(repr=False)
    valid_until: datetime


def print_invitation(env: Environment, member: StaffMember, patient_id: PatientId) -> PrintedCode:
    """Prints an invitation; earlier ones end."""
    code, link_id = new_code(env), LinkId(env.new_id())

    def decide(tx: Transaction, patient: Patient, now: datetime) -> Printed:
        account = tx.get(Key(Account, (patient.id,)))
        return rules.invitation(
            patient,
            has_account=account is not None,
            open_links=select_locked(tx, open_links_of(patient.id)),
            link_id=link_id,
            code_hash=printed_codes.code_hash(code, key=env.secret_key),
            now=now,
        )

    printed = on_patient(env, member, "patients.print_invitation", patient_id, decide)
    return as_printed(env, code, printed)


def new_code(env: Environment) -> str:
    """A code that nobody else has: 60 random bits."""
    return printed_codes.made_of(env.new_secret())


def as_printed(env: Environment, code: str, printed: Printed) -> PrintedCode:
    """What is shown of a code once it is saved."""
    until = printed.secret.minted_at + links.valid_for(printed.link, env.policy)
    return PrintedCode(code=printed_codes.shown(code), valid_until=until)
