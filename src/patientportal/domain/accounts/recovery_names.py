"""Whom a forgotten username is looked for among: active patients with an account, by a keyed hash of who they are."""

from collections.abc import Sequence

from attrs import field, frozen

from patientportal.domain.ids import PatientId
from patientportal.domain.outcomes import added, changed, removed
from patientportal.domain.patients import search_words
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.patients.search_words import SearchWord


@frozen(kw_only=True)
class RecoveryName:
    """That a patient can be asked for their username; it exists while they are active and have an account.

    Attributes:
        patient_id: whose it is.
        person_hash: HMAC-SHA-256, under the portal's key, of birth date and comparable last name.
    """

    patient_id: PatientId
    person_hash: bytes = field(repr=False)


@frozen(kw_only=True)
class Indexed:
    """A patient is found by today's rule, by the practice and by recovery."""

    record: PersonalRecord = changed()
    gone: tuple[SearchWord, ...] = removed()
    words: tuple[SearchWord, ...] = added()
    gone_name: RecoveryName | None = removed()
    name: RecoveryName | None = changed()


def index(
    record: PersonalRecord,
    *,
    words: Sequence[SearchWord],
    patient: Patient,
    has_account: bool,
    kept: RecoveryName | None,
    name: RecoveryName,
) -> Indexed:
    """A personal record is made findable by today's rule.

    Args:
        record: of the patient.
        words: by which they are found so far.
        patient: themselves.
        has_account: whether they have activated.
        kept: by which recovery finds them so far.
        name: by which it would find them.
    """
    written, gone, more = search_words.indexed(record, words)
    is_found = patient.is_active and has_account
    return Indexed(
        record=written,
        gone=gone,
        words=more,
        gone_name=None if is_found else kept,
        name=name if is_found else None,
    )
