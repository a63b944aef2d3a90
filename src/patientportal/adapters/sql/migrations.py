"""How the database came to look as it does: numbered steps, each a row of single statements."""

from collections.abc import Mapping

from attrs import frozen

from patientportal.adapters.sql.steps import (
    accounts,
    activation,
    answers,
    appointments,
    awaited,
    channels,
    digests,
    directory,
    facts_and_answers,
    form_keys,
    lockout,
    marks_and_closing,
    medications,
    messages,
    money,
    notices,
    people,
    prescribers,
    reminders,
    search_words,
    statements,
    unclear_payments,
    usernames,
)
from patientportal.domain.errors import ConfigurationError


@frozen
class Migration:
    """One step.

    Attributes:
        number: 1 and up, without gaps.
        statements: with the engine's words as ``{id}``, ``{text}``, ``{instant}`` and so on.
        on_sqlite: what is said to SQLite alone, afterwards.
        on_postgres: what is said to PostgreSQL alone, afterwards.
    """

    number: int
    statements: tuple[str, ...]
    on_sqlite: tuple[str, ...] = ()
    on_postgres: tuple[str, ...] = ()


LEDGER = "CREATE TABLE IF NOT EXISTS portal_migrations (number {whole} PRIMARY KEY, applied_at {instant} NOT NULL){end}"
APPLIED = "SELECT coalesce(max(number), 0) FROM portal_migrations"

MIGRATIONS = (
    Migration(1, accounts.STATEMENTS),
    Migration(2, messages.STATEMENTS),
    Migration(3, appointments.STATEMENTS, on_sqlite=appointments.ON_SQLITE, on_postgres=appointments.ON_POSTGRES),
    Migration(4, medications.STATEMENTS),
    Migration(5, statements.STATEMENTS),
    Migration(6, unclear_payments.STATEMENTS),
    Migration(7, notices.STATEMENTS),
    Migration(8, lockout.STATEMENTS, on_sqlite=lockout.ON_SQLITE, on_postgres=lockout.ON_POSTGRES),
    Migration(9, search_words.STATEMENTS),
    Migration(10, (), on_sqlite=answers.ON_SQLITE, on_postgres=answers.ON_POSTGRES),
    Migration(11, directory.STATEMENTS, on_sqlite=directory.ON_SQLITE, on_postgres=directory.ON_POSTGRES),
    Migration(12, people.STATEMENTS, on_sqlite=people.ON_SQLITE, on_postgres=people.ON_POSTGRES),
    Migration(
        13,
        marks_and_closing.STATEMENTS,
        on_sqlite=marks_and_closing.ON_SQLITE,
        on_postgres=marks_and_closing.ON_POSTGRES,
    ),
    Migration(14, activation.STATEMENTS, on_sqlite=activation.ON_SQLITE, on_postgres=activation.ON_POSTGRES),
    Migration(15, form_keys.STATEMENTS),
    Migration(16, prescribers.STATEMENTS),
    Migration(
        17,
        facts_and_answers.STATEMENTS,
        on_sqlite=facts_and_answers.ON_SQLITE,
        on_postgres=facts_and_answers.ON_POSTGRES,
    ),
    Migration(18, money.STATEMENTS, on_sqlite=money.ON_SQLITE, on_postgres=money.ON_POSTGRES),
    Migration(19, channels.STATEMENTS),
    Migration(20, reminders.STATEMENTS, on_sqlite=reminders.ON_SQLITE, on_postgres=reminders.ON_POSTGRES),
    Migration(21, (), on_sqlite=digests.ON_SQLITE, on_postgres=digests.ON_POSTGRES),
    Migration(22, usernames.STATEMENTS),
    Migration(23, awaited.STATEMENTS),
)


def missing(applied: int) -> tuple[Migration, ...]:
    """The steps that a database at this step still lacks.

    Raises:
        ConfigurationError: it was made by a newer release.
    """
    if applied > len(MIGRATIONS):
        raise ConfigurationError(
            setting="database",
            reason=f"was made by a newer release (step {applied}; this one knows {len(MIGRATIONS)})",
        )
    return MIGRATIONS[applied:]


def in_words(statement: str, words: Mapping[str, str]) -> str:
    """A statement in an engine's words."""
    return statement.format_map(words)
