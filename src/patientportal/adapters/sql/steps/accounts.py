"""Patients, their accounts and everything around getting in: step 1."""

STATEMENTS = (
    """CREATE TABLE patients (
        id {id} PRIMARY KEY,
        registered_at {instant} NOT NULL,
        deactivated_at {instant}
    ){end}""",
    """CREATE TABLE personal_records (
        patient_id {id} PRIMARY KEY REFERENCES patients (id),
        personal_first_name {text} NOT NULL CHECK (personal_first_name <> ''),
        personal_last_name {text} NOT NULL CHECK (personal_last_name <> ''),
        personal_date_of_birth {date} NOT NULL,
        personal_email {text} NOT NULL CHECK (personal_email LIKE '%_@_%'),
        personal_phone {text},
        personal_postal_code {text},
        personal_language {text}
    ){end}""",
    "CREATE INDEX personal_records_by_birth ON personal_records (personal_date_of_birth, patient_id)",
    """CREATE TABLE usernames (
        name {id} PRIMARY KEY CHECK (name <> ''),
        patient_id {id} NOT NULL UNIQUE REFERENCES patients (id)
    ){end}""",
    """CREATE TABLE log_in_guards (
        name_hash {bytes} PRIMARY KEY CHECK (length(name_hash) = 32),
        failed_attempts {whole} NOT NULL CHECK (failed_attempts BETWEEN 0 AND 100),
        last_failed_at {instant} NOT NULL,
        locked_at {instant}
    ){end}""",
    "CREATE INDEX log_in_guards_by_age ON log_in_guards (last_failed_at, name_hash)",
    """CREATE TABLE recovery_guards (
        subject_hash {bytes} PRIMARY KEY CHECK (length(subject_hash) = 32),
        failed_answers {whole} NOT NULL CHECK (failed_answers BETWEEN 0 AND 100),
        last_failed_at {instant} NOT NULL,
        closed_at {instant}
    ){end}""",
    "CREATE INDEX recovery_guards_by_age ON recovery_guards (last_failed_at, subject_hash)",
    """CREATE TABLE recovery_challenges (
        secret_hash {bytes} PRIMARY KEY CHECK (length(secret_hash) = 32),
        patient_id {id} NOT NULL,
        subject_hash {bytes} NOT NULL CHECK (length(subject_hash) = 32),
        flow {id} NOT NULL CHECK (flow IN ('password', 'username')),
        questions {document} NOT NULL,
        started_at {instant} NOT NULL,
        status {id} NOT NULL CHECK (status IN ('open', 'answered'))
    ){end}""",
    "CREATE INDEX recovery_challenges_by_subject ON recovery_challenges (subject_hash, started_at)",
    "CREATE INDEX recovery_challenges_by_age ON recovery_challenges (started_at, secret_hash)",
    """CREATE TABLE accounts (
        patient_id {id} PRIMARY KEY REFERENCES patients (id),
        username {id} NOT NULL CHECK (username <> ''),
        password_hash {text} NOT NULL CHECK (password_hash <> ''),
        activated_at {instant} NOT NULL,
        password_changed_at {instant} NOT NULL,
        locked_at {instant}
    ){end}""",
    """CREATE TABLE security_answers (
        patient_id {id} PRIMARY KEY REFERENCES patients (id),
        answers {document} NOT NULL
    ){end}""",
    """CREATE TABLE links (
        patient_id {id} NOT NULL REFERENCES patients (id),
        id {id} NOT NULL,
        purpose {id} NOT NULL CHECK (purpose IN ('invitation', 'email_change', 'password_reset')),
        status {id} NOT NULL CHECK (status IN ('open', 'used', 'ended')),
        created_at {instant} NOT NULL,
        first_minted_at {instant},
        PRIMARY KEY (patient_id, id),
        CHECK (status <> 'used' OR first_minted_at IS NOT NULL)
    ){end}""",
    "CREATE INDEX links_by_age ON links (created_at, patient_id, id)",
    "CREATE INDEX links_open_by_age ON links (first_minted_at, patient_id, id) WHERE status = 'open'",
    "CREATE UNIQUE INDEX links_one_open ON links (patient_id, purpose) WHERE status = 'open'",
    """CREATE TABLE link_secrets (
        patient_id {id} NOT NULL,
        link_id {id} NOT NULL,
        secret_hash {bytes} NOT NULL CHECK (length(secret_hash) = 32),
        minted_at {instant} NOT NULL,
        PRIMARY KEY (patient_id, link_id, secret_hash),
        FOREIGN KEY (patient_id, link_id) REFERENCES links (patient_id, id)
    ){end}""",
    """CREATE TABLE email_changes (
        patient_id {id} NOT NULL REFERENCES patients (id),
        id {id} NOT NULL,
        former {text} NOT NULL CHECK (former <> ''),
        proposed {text} NOT NULL CHECK (proposed <> ''),
        requested_at {instant} NOT NULL,
        confirmed_at {instant},
        PRIMARY KEY (patient_id, id)
    ){end}""",
    "CREATE INDEX email_changes_by_age ON email_changes (requested_at, patient_id, id)",
    """CREATE TABLE support_requests (
        patient_id {id} NOT NULL,
        id {id} NOT NULL,
        contact {id} NOT NULL,
        message {text} NOT NULL CHECK (message <> ''),
        asked_at {instant} NOT NULL,
        resolved_at {instant},
        resolved_by {text},
        PRIMARY KEY (patient_id, id),
        CHECK ((resolved_at IS NULL) = (resolved_by IS NULL))
    ){end}""",
    "CREATE INDEX support_requests_by_id ON support_requests (id)",
    "CREATE INDEX support_requests_by_age ON support_requests (resolved_at, patient_id, id)",
    "CREATE INDEX support_requests_open ON support_requests (asked_at, id) WHERE resolved_at IS NULL",
    "CREATE INDEX support_requests_by_contact ON support_requests (patient_id, contact, asked_at)",
    """CREATE TABLE sessions (
        patient_id {id} NOT NULL REFERENCES patients (id),
        id {id} NOT NULL,
        secret_hash {bytes} NOT NULL CHECK (length(secret_hash) = 32),
        device {text} NOT NULL,
        started_at {instant} NOT NULL,
        last_seen_at {instant} NOT NULL,
        ended_at {instant},
        PRIMARY KEY (patient_id, id)
    ){end}""",
    "CREATE INDEX sessions_by_age ON sessions (started_at, patient_id, id)",
    "CREATE INDEX sessions_open ON sessions (patient_id, started_at, id) WHERE ended_at IS NULL",
    """CREATE TABLE events (
        patient_id {id} NOT NULL,
        id {id} NOT NULL,
        at {instant} NOT NULL,
        by_kind {id} NOT NULL CHECK (by_kind IN ('patient', 'staff', 'system', 'anonymous')),
        by_id {id},
        by_role {id},
        session_id {id},
        event_name {id} NOT NULL,
        event_version {whole} NOT NULL CHECK (event_version > 0),
        event_data {document} NOT NULL,
        PRIMARY KEY (patient_id, id),
        CHECK ((by_kind IN ('patient', 'staff')) = (by_id IS NOT NULL))
    ){end}""",
    "CREATE INDEX events_by_patient ON events (patient_id, at, id)",
    """CREATE TABLE deliveries (
        id {id} PRIMARY KEY,
        patient_id {id} NOT NULL REFERENCES patients (id),
        kind {id} NOT NULL,
        link_id {id},
        email_change_id {id},
        created_at {instant} NOT NULL,
        status {id} NOT NULL CHECK (status IN ('waiting', 'sent', 'dead', 'pointless')),
        tries {whole} NOT NULL CHECK (tries >= 0),
        next_try_at {instant} NOT NULL,
        lease {id}
    ){end}""",
    "CREATE INDEX deliveries_by_age ON deliveries (status, created_at, id)",
    "CREATE INDEX deliveries_by_turn ON deliveries (status, next_try_at, id)",
)
