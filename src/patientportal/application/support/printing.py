"""The practice prints a code for a new password, for whom mail doesn't reach."""

from datetime import datetime

from patientportal.application.accounts.links import open_links_of
from patientportal.application.accounts.printing import PrintedCode, as_printed, new_code
from patientportal.application.environment import Environment
from patientportal.application.on_patient import on_patient
from patientportal.application.saving import select_locked
from patientportal.application.support.support import address_changed_at
from patientportal.domain.accounts import printing as rules
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.links import Purpose
from patientportal.domain.accounts.printing import Printed
from patientportal.domain.ids import LinkId, PatientId
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember
from patientportal.domain.values import printed_codes
from patientportal.ports.store import Key, Transaction


def print_password_reset(env: Environment, member: StaffMember, patient_id: PatientId) -> PrintedCode:
    """Prints a code for a new password; earlier links for one end, and the patient is told."""
    code, link_id = new_code(env), LinkId(env.new_id())

    def decide(tx: Transaction, patient: Patient, now: datetime) -> Printed:
        account = tx.get(Key(Account, (patient.id,)))
        open_links = select_locked(tx, open_links_of(patient.id, Purpose.PASSWORD_RESET))
        return rules.reset(
            patient,
            account=account,
            address_changed_at=address_changed_at(tx, patient.id, member),
            open_links=open_links,
            link_id=link_id,
            code_hash=printed_codes.code_hash(code, key=env.secret_key),
            now=now,
            policy=env.policy,
        )

    return as_printed(env, code, on_patient(env, member, "support.print_password_reset", patient_id, decide))
