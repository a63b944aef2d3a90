"""Messages keep their facts and may be taken back, requests may be answered, and notices say what they are about."""

STATEMENTS = (
    "ALTER TABLE deliveries RENAME COLUMN appointment_id TO about_id",
    "ALTER TABLE inbox_messages ADD COLUMN retracted_at {instant}",
    """ALTER TABLE inbox_messages ADD COLUMN retracted_by {text}
        CHECK ((retracted_by IS NULL) = (retracted_at IS NULL))""",
    """ALTER TABLE inbox_messages ADD COLUMN retract_reason {text}
        CHECK ((retract_reason IS NULL) = (retracted_at IS NULL))""",
    "CREATE INDEX inbox_messages_by_id ON inbox_messages (id)",
    "DROP INDEX inbox_messages_unread",
    """CREATE INDEX inbox_messages_unread ON inbox_messages (patient_id, sent_at, id)
        WHERE read_at IS NULL AND retracted_at IS NULL""",
    "ALTER TABLE support_requests ADD COLUMN answer_id {id} CHECK (answer_id IS NULL OR resolved_at IS NOT NULL)",
    "DROP INDEX support_requests_open",
    "CREATE INDEX support_requests_open ON support_requests (patient_id, asked_at, id) WHERE resolved_at IS NULL",
    """CREATE INDEX support_requests_open_under_contact ON support_requests (contact, asked_at, id)
        WHERE resolved_at IS NULL""",
    "CREATE INDEX support_requests_of_patient ON support_requests (patient_id, asked_at, id)",
)


def _facts(is_of_kind: str) -> str:
    """What was written before keeps its text alone."""
    return f"ALTER TABLE inbox_messages ADD COLUMN facts {{document}} CHECK (facts IS NULL OR {is_of_kind})"


# SQLite trusts no schema with its JSON functions; the document begins with its kind (adapters/sql/documents.py).
ON_SQLITE = (_facts("""substr(facts, 1, length(kind) + 10) = '{{"kind":"' || kind || '"'"""),)
ON_POSTGRES = (_facts("facts ->> 'kind' = kind"),)
