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
    "ALTER TABLE appointments ADD COLUMN external_id {text} CHECK (external_id <> '')",
    "ALTER TABLE appointments ADD COLUMN idempotency_key {text} CHECK (idempotency_key <> '')",
    """CREATE UNIQUE INDEX appointments_by_external_id ON appointments (patient_id, external_id)
        WHERE external_id IS NOT NULL""",
    """CREATE UNIQUE INDEX appointments_by_idempotency_key ON appointments (patient_id, idempotency_key)
        WHERE idempotency_key IS NOT NULL""",
    "CREATE INDEX appointments_by_day ON appointments (starts_at, id)",
)
