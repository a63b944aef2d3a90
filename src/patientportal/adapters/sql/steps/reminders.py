"""How long before a visit its patient may still be reminded of it; who has one ahead is reminded like anybody else."""

STATEMENTS = (
    """ALTER TABLE appointments ADD COLUMN remind_within {whole} NOT NULL DEFAULT 0 CHECK (remind_within >= 0)""",
    # The list of one day, and whose reminder is due, found without a look at the rows of those who have had theirs.
    "DROP INDEX appointments_by_day",
    "CREATE INDEX appointments_by_day ON appointments (starts_at, id, status, remind_within)",
)
_BOOKED_AHEAD = "status = 'booked' AND booked_at < starts_at"


def _seconds(moment: str) -> str:
    """Since 1970, whole ones, of a moment that SQLite keeps as text; by itself it would round them up."""
    return f"CAST(strftime('%s', substr({moment}, 1, 19)) AS INTEGER)"


# In microseconds, as each duration.
ON_SQLITE = (
    f"""UPDATE appointments SET remind_within =
        ({_seconds("starts_at")} - {_seconds("booked_at")}) * 1000000
        + CAST(substr(starts_at, 21, 6) AS INTEGER) - CAST(substr(booked_at, 21, 6) AS INTEGER)
        WHERE {_BOOKED_AHEAD}""",  # noqa: S608 - all of it is said here
)
ON_POSTGRES = (
    f"""UPDATE appointments SET remind_within = CAST(extract(epoch FROM starts_at - booked_at) * 1000000 AS bigint)
        WHERE {_BOOKED_AHEAD}""",  # noqa: S608 - likewise
)
