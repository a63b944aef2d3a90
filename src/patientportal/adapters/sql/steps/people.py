"""Patients as hospitals know them, without an address, with one name, born on a day that is known in part: step 11."""


def _replaced(table: str, column: str, declared: str) -> tuple[str, ...]:
    """How a column of SQLite's gets another declaration; no index may have it."""
    return (
        f"ALTER TABLE {table} ADD COLUMN replacement {declared}",
        f"UPDATE {table} SET replacement = {column}",  # noqa: S608 - names of our own
        f"ALTER TABLE {table} DROP COLUMN {column}",
        f"ALTER TABLE {table} RENAME COLUMN replacement TO {column}",
    )


STATEMENTS = (
    "ALTER TABLE personal_records ADD COLUMN external_id {id} CHECK (external_id <> '')",
    "CREATE UNIQUE INDEX personal_records_by_external_id ON personal_records (external_id)",
    "ALTER TABLE patients ADD COLUMN activated_at {instant}",
    "UPDATE patients SET activated_at = (SELECT activated_at FROM accounts WHERE patient_id = patients.id)",
    "CREATE INDEX patients_by_age ON patients (registered_at, id)",
    """CREATE INDEX patients_active ON patients (activated_at, id)
        WHERE activated_at IS NOT NULL AND deactivated_at IS NULL""",
    "CREATE INDEX patients_inactive ON patients (deactivated_at, id) WHERE deactivated_at IS NOT NULL",
    """CREATE INDEX patients_without_account ON patients (registered_at, id)
        WHERE activated_at IS NULL AND deactivated_at IS NULL""",
    """CREATE INDEX links_invitations ON links (created_at, patient_id)
        WHERE purpose = 'invitation' AND status = 'open'""",
    """CREATE INDEX accounts_locked ON accounts (locked_for_good, locked_at, patient_id)
        WHERE locked_at IS NOT NULL""",
)
ON_SQLITE = (
    "DROP INDEX personal_records_by_birth",
    *_replaced("personal_records", "personal_first_name", "{text} NOT NULL DEFAULT ''"),
    *_replaced("personal_records", "personal_email", "{text} CHECK (replacement LIKE '%_@_%')"),
    *_replaced("personal_records", "personal_date_of_birth", "{id}"),
    "CREATE INDEX personal_records_by_birth ON personal_records (personal_date_of_birth, patient_id)",
    *_replaced("email_changes", "former", "{text} CHECK (replacement <> '')"),
    "DROP INDEX deliveries_by_age",
    "DROP INDEX deliveries_by_turn",
    *_replaced(
        "deliveries",
        "status",
        "{id} NOT NULL DEFAULT 'waiting'"
        " CHECK (replacement IN ('waiting', 'sent', 'dead', 'unreachable', 'pointless'))",
    ),
    "CREATE INDEX deliveries_by_age ON deliveries (status, created_at, id)",
    "CREATE INDEX deliveries_by_turn ON deliveries (status, next_try_at, id)",
)
ON_POSTGRES = (
    "ALTER TABLE personal_records DROP CONSTRAINT personal_records_personal_first_name_check",
    "ALTER TABLE personal_records ALTER COLUMN personal_email DROP NOT NULL",
    "ALTER TABLE personal_records ALTER COLUMN personal_date_of_birth DROP NOT NULL",
    """ALTER TABLE personal_records ALTER COLUMN personal_date_of_birth TYPE {id}
        USING to_char(personal_date_of_birth, 'YYYY-MM-DD')""",
    """ALTER TABLE search_words ALTER COLUMN date_of_birth TYPE {id}
        USING to_char(date_of_birth, 'YYYY-MM-DD')""",
    "ALTER TABLE email_changes ALTER COLUMN former DROP NOT NULL",
    "ALTER TABLE deliveries DROP CONSTRAINT deliveries_status_check",
    """ALTER TABLE deliveries ADD CONSTRAINT deliveries_status_check
        CHECK (status IN ('waiting', 'sent', 'dead', 'unreachable', 'pointless'))""",
)
