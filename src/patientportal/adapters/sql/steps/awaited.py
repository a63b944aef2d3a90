"""Whether a notice that needs a change of address still waits is found by the change, however many wait: step 23."""

STATEMENTS = (
    """CREATE INDEX deliveries_of_email_change ON deliveries (email_change_id, id)
        WHERE email_change_id IS NOT NULL""",
)
