"""Patients who are here, requests for a visit that expire with their last day, and slots that go with their visits."""

STATEMENTS = ("ALTER TABLE appointments ADD COLUMN arrived_at {instant}",)


def _requests(last_day: str) -> tuple[str, ...]:
    """The requests in a new table, for a list of statuses can't be made longer on SQLite."""
    kept = (
        "patient_id, id, provider_id, reason, windows, status, requested_at, ended_at, decline_reason, appointment_id"
    )
    return (
        """CREATE TABLE requests_to_come (
            patient_id {id} NOT NULL REFERENCES patients (id),
            id {id} NOT NULL,
            provider_id {id},
            reason {text} NOT NULL CHECK (reason <> ''),
            windows {document} NOT NULL,
            last_day {date} NOT NULL,
            status {id} NOT NULL CHECK (status IN ('open', 'scheduled', 'declined', 'withdrawn', 'expired')),
            requested_at {instant} NOT NULL,
            ended_at {instant},
            decline_reason {text} NOT NULL,
            appointment_id {id},
            PRIMARY KEY (patient_id, id),
            FOREIGN KEY (patient_id, appointment_id) REFERENCES appointments (patient_id, id),
            CHECK ((status = 'open') = (ended_at IS NULL)),
            CHECK ((status = 'declined') = (decline_reason <> '')),
            CHECK ((status = 'scheduled') = (appointment_id IS NOT NULL))
        ){end}""",
        f"INSERT INTO requests_to_come ({kept}, last_day) SELECT {kept}, {last_day} FROM appointment_requests",  # noqa: S608 - all of it is said here
        "DROP TABLE appointment_requests",
        "ALTER TABLE requests_to_come RENAME TO appointment_requests",
        "CREATE INDEX appointment_requests_by_id ON appointment_requests (id)",
        "CREATE INDEX appointment_requests_by_age ON appointment_requests (patient_id, requested_at, id)",
        "CREATE INDEX appointment_requests_by_turn ON appointment_requests (status, requested_at, id)",
        """CREATE INDEX appointment_requests_open ON appointment_requests (patient_id, requested_at, id)
            WHERE status = 'open'""",
        "CREATE INDEX appointment_requests_by_end ON appointment_requests (status, last_day, id)",
    )


def _closing(never: str) -> str:
    return f"""ALTER TABLE slots ADD COLUMN is_closing {{truth}} NOT NULL DEFAULT {never}
        CHECK (status = 'busy' OR NOT is_closing)"""


ON_SQLITE = (
    _closing("0"),
    *_requests("(SELECT min(max(json_extract(value, '$.last_day')), '2999-12-31') FROM json_each(windows))"),
)
ON_POSTGRES = (
    _closing("false"),
    *_requests(
        """(SELECT least(max(CAST(one ->> 'last_day' AS date)), '2999-12-31')
            FROM jsonb_array_elements(windows) AS windows (one))"""
    ),
)
