"""What payments count on, what is let off, taken back and given back in part: the rows of statements and payments anew.

A payment counts on the statement that it was made on, as before; a refund of before has the id of its payment, so that
the processor is asked for it under the key that it knows.
"""

STATEMENTS = (
    """ALTER TABLE support_requests ADD COLUMN answered_by {id}
        CHECK (answered_by IS NULL OR resolved_at IS NOT NULL)""",
)
_STATEMENTS = """CREATE TABLE statements (
        patient_id {id} NOT NULL REFERENCES patients (id),
        id {id} NOT NULL,
        number {id} NOT NULL CHECK (number <> ''),
        external_id {id} CHECK (external_id <> ''),
        upload_hash {bytes} CHECK (length(upload_hash) = 32),
        balance_minor_units {whole} NOT NULL CHECK (balance_minor_units BETWEEN 0 AND 999999999999),
        balance_currency {id} NOT NULL CHECK (length(balance_currency) = 3),
        issued_on {date} NOT NULL,
        due_on {date} NOT NULL CHECK (due_on >= issued_on),
        covers_earlier {truth} NOT NULL,
        posted_until {instant} NOT NULL,
        uploaded_at {instant} NOT NULL,
        status {id} NOT NULL CHECK (status IN ('current', 'superseded', 'retracted')),
        paid_minor_units {whole} NOT NULL CHECK (paid_minor_units >= 0),
        reduced_minor_units {whole} NOT NULL CHECK (reduced_minor_units >= 0),
        pending_minor_units {whole} NOT NULL CHECK (pending_minor_units >= 0),
        opened_at {instant},
        retracted_at {instant},
        PRIMARY KEY (patient_id, id),
        CHECK ((upload_hash IS NULL) = (external_id IS NULL)),
        CHECK ((retracted_at IS NOT NULL) = (status = 'retracted'))
    ){end}"""
_KEPT = """patient_id, id, number, balance_minor_units, balance_currency, issued_on, due_on, uploaded_at, status,
    paid_minor_units, pending_minor_units"""
_STATEMENT_INDEXES = (
    "CREATE UNIQUE INDEX statements_by_number ON statements (patient_id, number) WHERE retracted_at IS NULL",
    "CREATE UNIQUE INDEX statements_by_external_id ON statements (patient_id, external_id) WHERE retracted_at IS NULL",
    "CREATE INDEX statements_by_age ON statements (patient_id, issued_on, id)",
)


_OF_PAYMENTS = """patient_id, id, statement_id, amount_minor_units, amount_currency, is_full, idempotency_key,
    source_hash, requested_at, decline_code, reference, charged_minor_units, charged_currency, charged_reference,
    unclear_since, ended_at"""
_PAYMENTS = (
    """CREATE TABLE payments_to_come (
        patient_id {id} NOT NULL,
        id {id} NOT NULL,
        statement_id {id} NOT NULL,
        counts_on {id} NOT NULL,
        amount_minor_units {whole} NOT NULL CHECK (amount_minor_units BETWEEN 1 AND 999999999999),
        amount_currency {id} NOT NULL CHECK (length(amount_currency) = 3),
        method {id} NOT NULL CHECK (method IN ('online', 'cash', 'cheque', 'card', 'insurer', 'reduction')),
        is_full {truth} NOT NULL,
        idempotency_key {id} CHECK (idempotency_key <> ''),
        source_hash {bytes} CHECK (length(source_hash) = 32),
        external_id {id} CHECK (external_id <> ''),
        received_on {date},
        requested_at {instant} NOT NULL,
        status {id} NOT NULL CHECK (status IN ('pending', 'settled', 'declined', 'released')),
        refunded_minor_units {whole} NOT NULL CHECK (refunded_minor_units >= 0),
        refunding_minor_units {whole} NOT NULL CHECK (refunding_minor_units >= 0),
        look_at {instant},
        ended_at {instant},
        decline_code {text},
        reference {text},
        statement_retracted {truth} NOT NULL,
        charged_minor_units {whole} CHECK (charged_minor_units >= 0),
        charged_currency {id},
        charged_reference {text},
        unclear_since {instant},
        PRIMARY KEY (patient_id, id),
        FOREIGN KEY (patient_id, statement_id) REFERENCES statements (patient_id, id),
        FOREIGN KEY (patient_id, counts_on) REFERENCES statements (patient_id, id),
        CHECK (status = 'settled' OR method = 'online'),
        CHECK ((source_hash IS NOT NULL) = (method = 'online')),
        CHECK ((received_on IS NULL) = (method = 'online')),
        CHECK (refunded_minor_units + refunding_minor_units <= amount_minor_units),
        CHECK (status = 'settled' OR refunded_minor_units + refunding_minor_units = 0),
        CHECK ((look_at IS NOT NULL) = (status = 'pending')),
        CHECK ((ended_at IS NULL) = (status = 'pending')),
        CHECK ((decline_code IS NOT NULL) = (status = 'declined')),
        CHECK (method <> 'online' OR (reference IS NOT NULL) = (status = 'settled')),
        CHECK ((charged_currency IS NULL) = (charged_minor_units IS NULL)),
        CHECK ((charged_reference IS NULL) = (charged_minor_units IS NULL)),
        CHECK (unclear_since IS NULL OR status IN ('pending', 'declined', 'released'))
    ){end}""",
    f"""INSERT INTO payments_to_come ({_OF_PAYMENTS}, counts_on, method, status, refunded_minor_units,
            refunding_minor_units, look_at, statement_retracted)
        SELECT {_OF_PAYMENTS}, statement_id, 'online',
            CASE WHEN status IN ('refunding', 'refunded') THEN 'settled' ELSE status END,
            CASE status WHEN 'refunded' THEN amount_minor_units ELSE 0 END,
            CASE status WHEN 'refunding' THEN amount_minor_units ELSE 0 END,
            CASE status WHEN 'pending' THEN look_at END, 1 = 0
        FROM payments""",  # noqa: S608 - all of it is said here
    """CREATE TABLE refunds (
        patient_id {id} NOT NULL,
        id {id} NOT NULL,
        payment_id {id} NOT NULL,
        amount_minor_units {whole} NOT NULL CHECK (amount_minor_units BETWEEN 1 AND 999999999999),
        amount_currency {id} NOT NULL CHECK (length(amount_currency) = 3),
        is_full {truth} NOT NULL,
        by_hand {truth} NOT NULL,
        reason {text} CHECK (reason <> ''),
        given_by {id},
        idempotency_key {id} CHECK (idempotency_key <> ''),
        requested_at {instant} NOT NULL,
        status {id} NOT NULL CHECK (status IN ('pending', 'done', 'declined')),
        look_at {instant},
        ended_at {instant},
        unclear_since {instant},
        PRIMARY KEY (patient_id, id),
        UNIQUE (patient_id, idempotency_key),
        CHECK (NOT by_hand OR status = 'done'),
        CHECK ((look_at IS NOT NULL) = (status = 'pending')),
        CHECK ((ended_at IS NULL) = (status = 'pending')),
        CHECK (unclear_since IS NULL OR status = 'pending')
    ){end}""",
    # When it was begun stands nowhere but in the history: what is pending is taken to be as old as its next look.
    """INSERT INTO refunds (patient_id, id, payment_id, amount_minor_units, amount_currency, is_full, by_hand,
            requested_at, status, look_at, ended_at)
        SELECT patient_id, id, id, amount_minor_units, amount_currency, 1 = 1, 1 = 0, coalesce(look_at, ended_at),
            CASE status WHEN 'refunding' THEN 'pending' ELSE 'done' END, look_at,
            CASE status WHEN 'refunded' THEN ended_at END
        FROM payments WHERE status IN ('refunding', 'refunded')""",
    "DROP TABLE payments",
    "ALTER TABLE payments_to_come RENAME TO payments",
    "CREATE UNIQUE INDEX payments_by_idempotency_key ON payments (patient_id, idempotency_key)",
    "CREATE UNIQUE INDEX payments_by_external_id ON payments (patient_id, external_id)",
    "CREATE INDEX payments_by_age ON payments (patient_id, requested_at, id)",
    "CREATE INDEX payments_by_id ON payments (id)",
    "CREATE INDEX payments_by_turn ON payments (look_at, patient_id, id) WHERE look_at IS NOT NULL",
    "CREATE INDEX payments_unclear ON payments (unclear_since, id) WHERE unclear_since IS NOT NULL",
    "CREATE INDEX refunds_by_age ON refunds (patient_id, requested_at, id)",
    "CREATE INDEX refunds_by_id ON refunds (id)",
    "CREATE INDEX refunds_by_turn ON refunds (look_at, patient_id, id) WHERE look_at IS NOT NULL",
    "CREATE INDEX refunds_unclear ON refunds (unclear_since, id) WHERE unclear_since IS NOT NULL",
)

ON_SQLITE = (
    # What is referred to is gone for a moment; whether each is there again is looked at when the step ends.
    "PRAGMA defer_foreign_keys = ON",
    "CREATE TABLE statements_before AS SELECT * FROM statements",
    "DROP TABLE statements",
    _STATEMENTS,
    f"""INSERT INTO statements ({_KEPT}, covers_earlier, posted_until, reduced_minor_units)
        SELECT {_KEPT}, 1, uploaded_at, 0 FROM statements_before""",  # noqa: S608 - all of it is said here
    "DROP TABLE statements_before",
    "CREATE UNIQUE INDEX statements_one_current ON statements (patient_id) WHERE status = 'current'",
    "CREATE INDEX statements_by_id ON statements (id)",
    *_STATEMENT_INDEXES,
    *_PAYMENTS,
)
ON_POSTGRES = (
    "ALTER TABLE statements DROP CONSTRAINT statements_patient_id_number_key",
    "ALTER TABLE statements DROP CONSTRAINT statements_check1",
    "ALTER TABLE statements DROP CONSTRAINT statements_status_check",
    "DROP INDEX statements_by_age",
    "DROP INDEX statements_by_status",
    "ALTER TABLE statements ADD COLUMN external_id {id} CHECK (external_id <> '')",
    "ALTER TABLE statements ADD COLUMN upload_hash {bytes} CHECK (length(upload_hash) = 32)",
    "ALTER TABLE statements ADD COLUMN covers_earlier {truth} NOT NULL DEFAULT true",
    "ALTER TABLE statements ADD COLUMN posted_until {instant}",
    "UPDATE statements SET posted_until = uploaded_at",
    "ALTER TABLE statements ALTER COLUMN posted_until SET NOT NULL",
    """ALTER TABLE statements ADD COLUMN reduced_minor_units {whole} NOT NULL DEFAULT 0
        CHECK (reduced_minor_units >= 0)""",
    "ALTER TABLE statements ADD COLUMN opened_at {instant}",
    "ALTER TABLE statements ADD COLUMN retracted_at {instant}",
    """ALTER TABLE statements
        ADD CHECK (status IN ('current', 'superseded', 'retracted')),
        ADD CHECK ((upload_hash IS NULL) = (external_id IS NULL)),
        ADD CHECK ((retracted_at IS NOT NULL) = (status = 'retracted'))""",
    *_STATEMENT_INDEXES,
    *_PAYMENTS,
)
