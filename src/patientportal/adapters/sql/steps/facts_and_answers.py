"""Messages keep their facts, and a notice says which thing it is about."""

STATEMENTS = ("ALTER TABLE deliveries RENAME COLUMN appointment_id TO about_id",)


def _facts(is_of_kind: str) -> str:
    """What was written before keeps its text alone."""
    return f"ALTER TABLE inbox_messages ADD COLUMN facts {{document}} CHECK (facts IS NULL OR {is_of_kind})"


# SQLite trusts no schema with its JSON functions; the document begins with its kind (adapters/sql/documents.py).
ON_SQLITE = (_facts("""substr(facts, 1, length(kind) + 10) = '{{"kind":"' || kind || '"'"""),)
ON_POSTGRES = (_facts("facts ->> 'kind' = kind"),)
