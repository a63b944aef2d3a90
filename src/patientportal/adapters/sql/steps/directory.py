"""Providers and places by their names, of which each slot and visit had a copy: the latest is kept; the desk's keys."""

STATEMENTS = (
    """CREATE TABLE providers (
        id {id} PRIMARY KEY CHECK (id <> ''),
        name {text} NOT NULL CHECK (name <> ''),
        active {truth} NOT NULL
    ){end}""",
    """CREATE TABLE places (
        id {id} PRIMARY KEY CHECK (id <> ''),
        name {text} NOT NULL CHECK (name <> ''),
        zone {text} NOT NULL CHECK (zone <> ''),
        address {text} CHECK (address <> ''),
        active {truth} NOT NULL
    ){end}""",
    """INSERT INTO places (id, name, zone, address, active)
        SELECT place_id, place_name, place_zone, NULL, 1 = 1 FROM (
            SELECT place_id, place_name, place_zone,
                row_number() OVER (PARTITION BY place_id ORDER BY starts_at DESC, place_name, place_zone) AS turn
            FROM (
                SELECT place_id, place_name, place_zone, starts_at FROM slots
                UNION ALL SELECT place_id, place_name, place_zone, starts_at FROM appointments
            ) AS every_one
        ) AS in_turn WHERE turn = 1""",
    "ALTER TABLE slots DROP COLUMN place_name",
    "ALTER TABLE slots RENAME COLUMN place_zone TO zone",
    "ALTER TABLE appointments DROP COLUMN place_name",
    "ALTER TABLE appointments RENAME COLUMN place_zone TO zone",
    "ALTER TABLE appointments ADD COLUMN external_id {id} CHECK (external_id <> '')",
    "ALTER TABLE appointments ADD COLUMN idempotency_key {id} CHECK (idempotency_key <> '')",
    "CREATE UNIQUE INDEX appointments_by_external_id ON appointments (patient_id, external_id)",
    "CREATE UNIQUE INDEX appointments_by_idempotency_key ON appointments (patient_id, idempotency_key)",
    "CREATE INDEX appointments_by_day ON appointments (starts_at, id)",
    """CREATE TABLE visit_types (
        id {id} PRIMARY KEY CHECK (id <> ''),
        name {text} NOT NULL CHECK (name <> ''),
        length {whole} NOT NULL CHECK (length > 0),
        holds {whole} NOT NULL,
        bookable_by {id} NOT NULL CHECK (bookable_by IN ('patient', 'practice')),
        provider_ids {document} NOT NULL,
        active {truth} NOT NULL,
        CHECK (holds >= length)
    ){end}""",
    "ALTER TABLE appointments ADD COLUMN visit_type_id {id}",
    # A column that may not be NULL needs a default where there are rows; every new row says its own.
    "ALTER TABLE appointments ADD COLUMN held_until {instant} NOT NULL DEFAULT '1970-01-01T00:00:00.000000+00:00'",
    "ALTER TABLE appointments ADD COLUMN series_id {id} NOT NULL DEFAULT ''",
    "ALTER TABLE appointments ADD COLUMN revision {whole} NOT NULL DEFAULT 0 CHECK (revision >= 0)",
    "UPDATE appointments SET held_until = ends_at, series_id = id",
    """WITH RECURSIVE moves (patient_id, id, series_id, revision) AS (
        SELECT patient_id, id, id, 0 FROM appointments WHERE rescheduled_from IS NULL AND rescheduled_to IS NOT NULL
        UNION ALL
        SELECT later.patient_id, later.id, moves.series_id, moves.revision + 1
        FROM moves JOIN appointments AS later
            ON later.patient_id = moves.patient_id AND later.rescheduled_from = moves.id
    )
    UPDATE appointments SET series_id = moves.series_id, revision = moves.revision
    FROM moves WHERE moves.patient_id = appointments.patient_id AND moves.id = appointments.id""",
    "CREATE INDEX slots_by_visit ON slots (appointment_id) WHERE appointment_id IS NOT NULL",
)

# Of a provider's booked visits, too, none overlaps another: a second guard of what the rows of their slots decide.
_OF_PROVIDER = """BEGIN
    SELECT RAISE(ABORT, 'a provider is taken') WHERE NEW.starts_at < (
        SELECT held_until FROM appointments
        WHERE provider_id = NEW.provider_id AND status = 'booked' AND starts_at < NEW.held_until AND id <> NEW.id
        ORDER BY starts_at DESC LIMIT 1
    );
END"""

ON_SQLITE = (
    f"""CREATE TRIGGER providers_apart_when_added BEFORE INSERT ON appointments
        WHEN NEW.status = 'booked' {_OF_PROVIDER}""",
    f"""CREATE TRIGGER providers_apart_when_changed BEFORE UPDATE ON appointments
        WHEN NEW.status = 'booked' {_OF_PROVIDER}""",
)

ON_POSTGRES = (
    """DO $$ BEGIN
        EXECUTE $text$ALTER TABLE appointments ADD CONSTRAINT providers_apart EXCLUDE USING gist (
            ids(provider_id, provider_id, '[]') WITH &&, tstzrange(starts_at, held_until) WITH &&
        ) WHERE (status = 'booked')$text$;
    EXCEPTION WHEN feature_not_supported OR syntax_error OR undefined_object THEN NULL;
    END $$""",
)
