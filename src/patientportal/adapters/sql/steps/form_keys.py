"""Keys of forms: no two requests, renewals or messages of a patient share one."""

from collections.abc import Iterator


def _keyed(table: str) -> Iterator[str]:
    yield f"ALTER TABLE {table} ADD COLUMN idempotency_key {{id}} CHECK (idempotency_key <> '')"
    yield f"CREATE UNIQUE INDEX {table}_by_idempotency_key ON {table} (patient_id, idempotency_key)"


_TABLES = ("appointment_requests", "inbox_messages", "renewals", "support_requests")
STATEMENTS = tuple(statement for table in _TABLES for statement in _keyed(table))
