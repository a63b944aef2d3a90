"""Patients as hospitals know them: step 10."""

STATEMENTS = (
    "ALTER TABLE personal_records ADD COLUMN external_id {id} CHECK (external_id <> '')",
    "CREATE UNIQUE INDEX personal_records_by_external_id ON personal_records (external_id)",
)
