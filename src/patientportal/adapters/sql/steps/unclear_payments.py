"""What a processor charged that doesn't count, and payments that wait for somebody to conclude them."""

STATEMENTS = (
    "ALTER TABLE payments ADD COLUMN charged_minor_units {whole} CHECK (charged_minor_units >= 0)",
    """ALTER TABLE payments ADD COLUMN charged_currency {id}
        CHECK ((charged_currency IS NULL) = (charged_minor_units IS NULL))""",
    """ALTER TABLE payments ADD COLUMN charged_reference {text}
        CHECK ((charged_reference IS NULL) = (charged_minor_units IS NULL))""",
    """ALTER TABLE payments ADD COLUMN unclear_since {instant}
        CHECK (unclear_since IS NULL OR status IN ('pending', 'declined', 'released'))""",
    "CREATE INDEX payments_unclear ON payments (unclear_since, id) WHERE unclear_since IS NOT NULL",
)
