"""Links on paper, found by their codes alone, and links that count wrong birth dates and end by them."""

STATEMENTS = (
    """ALTER TABLE links ADD COLUMN wrong_dates {whole} NOT NULL DEFAULT 0
        CHECK (wrong_dates BETWEEN 0 AND 100)""",
    "CREATE INDEX link_secrets_by_hash ON link_secrets (secret_hash)",
    "ALTER TABLE links RENAME COLUMN ended_by TO ended_by_before",
    """ALTER TABLE links ADD COLUMN ended_by {id}
        CHECK (ended_by IN ('replaced', 'new_password', 'new_address', 'deactivated', 'untold', 'restored',
            'wrong_birth_dates', 'account_ended'))
        CHECK (ended_by IS NULL OR status = 'ended')""",
    "UPDATE links SET ended_by = ended_by_before WHERE ended_by_before IS NOT NULL",
    "ALTER TABLE links DROP COLUMN ended_by_before",
)
_ONE_OPEN = (
    "DROP INDEX links_one_open",
    "CREATE UNIQUE INDEX links_one_open ON links (patient_id, purpose, is_printed) WHERE status = 'open'",
)
ON_SQLITE = ("ALTER TABLE links ADD COLUMN is_printed {truth} NOT NULL DEFAULT 0", *_ONE_OPEN)
ON_POSTGRES = ("ALTER TABLE links ADD COLUMN is_printed {truth} NOT NULL DEFAULT false", *_ONE_OPEN)
