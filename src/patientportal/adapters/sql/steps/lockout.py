"""Nothing is kept of a question any more; a name that was locked keeps its count; a lock is told once an hour."""

STATEMENTS = (
    "DROP TABLE recovery_challenges",
    """ALTER TABLE log_in_guards ADD COLUMN failed_when_locked {whole} NOT NULL DEFAULT 0
        CHECK (failed_when_locked BETWEEN 0 AND 100)""",
    "UPDATE log_in_guards SET failed_when_locked = failed_attempts WHERE locked_at IS NOT NULL",
    "DROP INDEX log_in_guards_by_age",
    "CREATE INDEX log_in_guards_by_age ON log_in_guards (last_failed_at, name_hash) WHERE locked_at IS NULL",
    "ALTER TABLE accounts ADD COLUMN lock_told_at {instant}",
)
ON_SQLITE = ("ALTER TABLE accounts ADD COLUMN locked_for_good {truth} NOT NULL DEFAULT 0",)
ON_POSTGRES = ("ALTER TABLE accounts ADD COLUMN locked_for_good {truth} NOT NULL DEFAULT false",)
