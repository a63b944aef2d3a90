"""What is kept of patients, what happens to them, and who is told of it."""

from patientportal.domain.kinds import Kind

from .patients import Patient, PersonalRecord

KINDS: tuple[Kind, ...] = (
    Kind(Patient, "patients", ("id",)),
    Kind(PersonalRecord, "personal_records", ("patient_id",)),
)
