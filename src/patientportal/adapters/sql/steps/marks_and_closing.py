"""Patients who are here: step 9."""

STATEMENTS = ("ALTER TABLE appointments ADD COLUMN arrived_at {instant}",)
