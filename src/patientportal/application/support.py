"""The practice's support: it ends a lock, and never sees a password."""

from patientportal.application.log_in import name_hash
from patientportal.application.outside import Outside
from patientportal.application.patients import by_staff, patient_key
from patientportal.application.saving import in_transaction, save
from patientportal.domain import log_in
from patientportal.domain.accounts import Account
from patientportal.domain.errors import NotFoundError
from patientportal.domain.guards import LogInGuard
from patientportal.domain.ids import PatientId
from patientportal.domain.staff import StaffMember
from patientportal.ports.store import Key, Transaction


def unlock(outside: Outside, member: StaffMember, patient_id: PatientId) -> None:
    """Ends the lock of a patient's account and forgets the wrong passwords; a second time changes nothing."""
    act = by_staff(member, "support.unlock", patient_id)
    key = patient_key(patient_id)
    with outside.store.view() as view:
        found = view.find(Key(Account, key.parts))
    if found is None:
        raise NotFoundError(what="account")
    guard_of_name = Key(LogInGuard, (name_hash(outside, found.username),))

    def body(tx: Transaction) -> None:
        guard, _, account = tx.get_all(guard_of_name, key, Key(Account, key.parts))
        now = outside.now()
        if account is None:
            raise NotFoundError(what="account")
        save(tx, log_in.unlock(account, guard), outside=outside, act=act, now=now)

    in_transaction(outside, body)
