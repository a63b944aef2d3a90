"""The patient's inbox: step 2."""

STATEMENTS = (
    """CREATE TABLE inbox_messages (
        patient_id {id} NOT NULL REFERENCES patients (id),
        id {id} NOT NULL,
        kind {id} NOT NULL,
        about_id {id},
        subject {text} NOT NULL CHECK (subject <> ''),
        body {text} NOT NULL CHECK (body <> ''),
        sent_at {instant} NOT NULL,
        sent_by {text},
        read_at {instant},
        PRIMARY KEY (patient_id, id)
    ){end}""",
    "CREATE INDEX inbox_messages_by_age ON inbox_messages (patient_id, sent_at, id)",
    "CREATE INDEX inbox_messages_unread ON inbox_messages (patient_id, sent_at, id) WHERE read_at IS NULL",
)
