"""What is kept of patients, what happens to them, and who is told of it."""

from patientportal.domain.kinds import Kind

from .patients import Patient, PersonalRecord
from .search_words import SearchWord

KINDS: tuple[Kind, ...] = (
    Kind(Patient, "patients", ("id",)),
    Kind(PersonalRecord, "personal_records", ("patient_id",)),
    Kind(SearchWord, "search_words", ("patient_id", "of", "word")),
)
