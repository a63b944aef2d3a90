"""What a provider prescribes is found by them; a renewal is its medication's prescriber's, whoever that is by then."""

STATEMENTS = (
    "ALTER TABLE renewals DROP COLUMN prescriber_id",
    """CREATE INDEX medications_by_prescriber ON medications (prescriber_id, patient_id, id)
        WHERE discontinued_at IS NULL""",
)
