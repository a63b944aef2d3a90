"""Making patients findable by today's rule, a few at a time, after a migration or when the rule has changed."""

import logging

from patientportal.application.accounts.recovery_names import recovery_name
from patientportal.application.environment import Environment
from patientportal.application.saving import Act, in_transaction, save, select_locked
from patientportal.domain.accounts import recovery_names as rules
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.recovery_names import RecoveryName
from patientportal.domain.errors import AdapterError, PortalError
from patientportal.domain.events import SYSTEM
from patientportal.domain.ids import PatientId
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.patients.search_words import SearchWord
from patientportal.domain.values.sameness import FOLDING
from patientportal.ports.store import Is, Key, Query, Transaction, Where

BATCH_MAX = 100
_log = logging.getLogger("patientportal")


def index(env: Environment, *, limit: int) -> int:
    """Makes at most ``limit`` patients findable, each in a transaction of their own, and says how many."""
    is_old = Where("folding", Is.LT, FOLDING)
    query = Query(state=PersonalRecord, where=(is_old,), order=("folding", "patient_id"), limit=min(limit, BATCH_MAX))
    try:
        with env.store.view() as view:
            found = view.select(query)
    except AdapterError as error:
        _log.warning("nobody could be made findable: %s", error.reason)
        return 0
    return sum(_tried(env, record.patient_id) for record in found)


def _tried(env: Environment, patient_id: PatientId) -> bool:
    try:
        return _indexed(env, patient_id)
    except Exception as error:  # noqa: BLE001 - one that nobody foresaw must not stop the others
        code = error.code if isinstance(error, PortalError) else type(error).__name__
        _log.warning("patient %s couldn't be made findable: %s", patient_id, code)
        return False


def _indexed(env: Environment, patient_id: PatientId) -> bool:
    owner = (patient_id,)

    def body(tx: Transaction) -> bool:
        patient, record = tx.get_all(Key(Patient, owner), Key(PersonalRecord, owner))
        if patient is None or record is None or record.folding >= FOLDING:
            return False
        words = select_locked(tx, words_of(patient_id))
        kept, account = tx.get_all(Key(RecoveryName, owner), Key(Account, owner))
        outcome = rules.index(
            record,
            words=words,
            patient=patient,
            has_account=account is not None,
            kept=kept,
            name=recovery_name(env, record),
        )
        save(tx, outcome, env=env, act=Act(patient_id=patient_id, by=SYSTEM), now=env.now())
        return True

    return in_transaction(env, body)


def words_of(patient_id: PatientId) -> Query[SearchWord]:
    """The words that a patient is found by so far."""
    return Query(state=SearchWord, where=(Where("patient_id", Is.EQ, patient_id),), order=("of", "word"))
