"""Providers and places by their names, which stood in every slot and visit: the name of the latest one is kept."""

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
)
