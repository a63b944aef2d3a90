"""How patients want to be told: what they chose beside what is known of them, and the one way left to a notice."""

STATEMENTS = (
    "ALTER TABLE personal_records ADD COLUMN notices {document} NOT NULL DEFAULT '[]'",
    "ALTER TABLE deliveries ADD COLUMN channel {id} CHECK (channel IN ('email', 'text'))",
)
