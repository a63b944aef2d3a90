"""Statements, their documents and payments, and requests for statements: step 5."""

STATEMENTS = (
    """CREATE TABLE statements (
        patient_id {id} NOT NULL REFERENCES patients (id),
        id {id} NOT NULL,
        number {id} NOT NULL CHECK (number <> ''),
        balance_minor_units {whole} NOT NULL CHECK (balance_minor_units BETWEEN 0 AND 999999999999),
        balance_currency {id} NOT NULL CHECK (length(balance_currency) = 3),
        issued_on {date} NOT NULL,
        due_on {date} NOT NULL CHECK (due_on >= issued_on),
        uploaded_at {instant} NOT NULL,
        status {id} NOT NULL CHECK (status IN ('current', 'superseded')),
        paid_minor_units {whole} NOT NULL CHECK (paid_minor_units >= 0),
        pending_minor_units {whole} NOT NULL CHECK (pending_minor_units >= 0),
        PRIMARY KEY (patient_id, id),
        UNIQUE (patient_id, number),
        CHECK (paid_minor_units + pending_minor_units <= balance_minor_units)
    ){end}""",
    "CREATE UNIQUE INDEX statements_one_current ON statements (patient_id) WHERE status = 'current'",
    "CREATE INDEX statements_by_status ON statements (patient_id, status, uploaded_at, id)",
    "CREATE INDEX statements_by_age ON statements (patient_id, uploaded_at, id)",
    "CREATE INDEX statements_by_id ON statements (id)",
    """CREATE TABLE statement_documents (
        patient_id {id} NOT NULL,
        statement_id {id} NOT NULL,
        media_type {text} NOT NULL CHECK (media_type LIKE '%_/_%'),
        content {bytes} NOT NULL CHECK (length(content) BETWEEN 1 AND 10485760),
        PRIMARY KEY (patient_id, statement_id),
        FOREIGN KEY (patient_id, statement_id) REFERENCES statements (patient_id, id)
    ){end}""",
    """CREATE TABLE payments (
        patient_id {id} NOT NULL,
        id {id} NOT NULL,
        statement_id {id} NOT NULL,
        amount_minor_units {whole} NOT NULL CHECK (amount_minor_units BETWEEN 1 AND 999999999999),
        amount_currency {id} NOT NULL CHECK (length(amount_currency) = 3),
        is_full {truth} NOT NULL,
        idempotency_key {id} CHECK (idempotency_key <> ''),
        source_hash {bytes} NOT NULL CHECK (length(source_hash) = 32),
        requested_at {instant} NOT NULL,
        status {id} NOT NULL CHECK (status IN ('pending', 'settled', 'declined', 'released', 'refunding', 'refunded')),
        look_at {instant},
        ended_at {instant},
        decline_code {text},
        reference {text},
        PRIMARY KEY (patient_id, id),
        UNIQUE (patient_id, idempotency_key),
        FOREIGN KEY (patient_id, statement_id) REFERENCES statements (patient_id, id),
        CHECK ((look_at IS NOT NULL) = (status IN ('pending', 'refunding'))),
        CHECK ((ended_at IS NULL) = (status = 'pending')),
        CHECK ((decline_code IS NOT NULL) = (status = 'declined')),
        CHECK ((reference IS NOT NULL) = (status IN ('settled', 'refunding', 'refunded')))
    ){end}""",
    "CREATE INDEX payments_by_age ON payments (patient_id, requested_at, id)",
    "CREATE INDEX payments_by_id ON payments (id)",
    "CREATE INDEX payments_by_turn ON payments (look_at, patient_id, id) WHERE look_at IS NOT NULL",
    """ALTER TABLE support_requests ADD COLUMN about {id} NOT NULL DEFAULT 'general'
        CHECK (about IN ('general', 'new_statement', 'resend_statement'))""",
    """ALTER TABLE support_requests ADD COLUMN statement_id {id}
        CHECK ((statement_id IS NOT NULL) = (about = 'resend_statement'))""",
)
