"""What the practice is told is a notice like any other, to nobody who is a patient."""

# SQLite drops no constraint, but a column with one.
ON_SQLITE = (
    "ALTER TABLE deliveries ADD COLUMN of_anybody {id} NOT NULL DEFAULT ''",
    "UPDATE deliveries SET of_anybody = patient_id",
    "ALTER TABLE deliveries DROP COLUMN patient_id",
    "ALTER TABLE deliveries RENAME COLUMN of_anybody TO patient_id",
)
ON_POSTGRES = ("ALTER TABLE deliveries DROP CONSTRAINT deliveries_patient_id_fkey",)
