"""By which hash recovery finds a patient."""

import hashlib
import hmac

from patientportal.application.environment import Environment
from patientportal.domain.accounts.recovery_names import RecoveryName
from patientportal.domain.patients.patients import PersonalRecord
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.patients.search_words import name_word


def recovery_name(env: Environment, record: PersonalRecord) -> RecoveryName:
    """By which recovery finds the patient of this record, while they are active and have an account."""
    return RecoveryName(patient_id=record.patient_id, person_hash=person_hash(env, record.personal))


def person_hash(env: Environment, personal: PersonalInformation) -> bytes:
    """Of birth date and last name alone, so that no policy changes it: the rest is compared when somebody asks."""
    person = f"person\0{personal.date_of_birth.isoformat()}\0{name_word(personal.last_name)}"
    return hmac.digest(env.secret_key, person.encode(), hashlib.sha256)
