"""A practice after years, made by SQL: most of its rows are over, and a handful wait."""

from collections.abc import Callable

from benchmarks.practice_past import Rows, paid, rows
from benchmarks.practice_words import (
    A_DAY_S,
    HANDFUL,
    NOW,
    PATIENT,
    PLACES,
    PROVIDERS,
    SLOT_S,
    SLOTS_AHEAD,
    TOMORROW,
    YEARS_S,
    Columns,
    Dialect,
    Practice,
    question,
    renewal,
    request,
)
from patientportal.domain.ids import NOBODY

Execute = Callable[[str], object]


def fill(execute: Execute, dialect: Dialect, practice: Practice) -> None:
    """Puts all of it into empty tables that nothing watches: no trigger, no foreign key, and best no index."""
    for table, most, columns in rows(dialect, practice):
        execute(_insert(dialect, table, (practice.patients, most), columns))
    for table, count, columns in _handful(dialect, practice):
        execute(_insert(dialect, table, (count, 1), columns))


def _insert(dialect: Dialect, table: str, count: tuple[int, int], columns: Columns) -> str:
    """Rows for each ``n`` and ``k`` below these."""
    pairs = dialect.pairs.format(last=count[0] - 1, most=count[1] - 1)
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM {pairs}"  # noqa: S608 - all of it is said here


def _handful(dialect: Dialect, practice: Practice) -> Rows:
    """What waits, and what there is to choose from: as much in each practice."""
    few = min(HANDFUL, practice.patients)
    lately = dialect.at.format(f"{NOW - A_DAY_S} + n")
    yield "schedules", PROVIDERS, {"provider_id": "'dr-' || n", "begun_at": dialect.at.format(NOW - YEARS_S)}
    yield "providers", PROVIDERS, {"id": "'dr-' || n", "name": "'Doctor ' || n", "active": dialect.yes}
    place = {"name": "'Building ' || n", "zone": "'UTC'", "active": dialect.yes}
    yield "places", PLACES, {"id": "'place-' || n"} | place
    begins = f"({TOMORROW} + {SLOT_S} * (n / {PROVIDERS}))"
    where = {"provider_id": f"'dr-' || (n % {PROVIDERS})", "place_id": f"'place-' || (n % {PLACES})", "zone": "'UTC'"}
    when = {"starts_at": dialect.at.format(begins), "ends_at": dialect.at.format(f"{begins} + {SLOT_S}")}
    visit = "'a-ahead-' || n"
    taken = f"CASE WHEN n < {few} THEN {{}} END"
    yield (
        *("slots", SLOTS_AHEAD),
        {
            **where,
            **when,
            "id": "'t-ahead-' || n",
            "status": f"CASE WHEN n < {few} THEN 'busy' ELSE 'free' END",
            "patient_id": taken.format(PATIENT),
            "appointment_id": taken.format(visit),
        },
    )
    yield (
        *("appointments", few),
        {
            **where,
            **when,
            "patient_id": PATIENT,
            "id": visit,
            "slot_id": "'t-ahead-' || n",
            "reason": "'A check-up'",
            "status": "'booked'",
            "booked_at": dialect.at.format(NOW),
            "cancellation_reason": "''",
            "held_until": when["ends_at"],
            "series_id": visit,
        },
    )
    yield "renewals", few, renewal(lately, "'w-open-' || n") | {"status": "'requested'"}
    yield "support_requests", few, question(lately, "'q-open-' || n")
    strangers: Columns = {"patient_id": f"'{NOBODY}'", "contact": "'x' || n || '@example.org'"}
    yield "support_requests", few, question(lately, "'q-out-' || n") | strangers
    yield "appointment_requests", few, request(dialect, practice, "'v-open-' || n") | {"status": "'open'"}
    unclear: Columns = {
        "id": "'y-unclear-' || n",
        "idempotency_key": "NULL",
        "status": "'released'",
        "refunded_minor_units": "0",
        "reference": "NULL",
        "unclear_since": lately,
    }
    yield "payments", few, paid(dialect, practice) | unclear
    undelivered: Columns = {"id": "'d-dead-' || n", "status": "'dead'", "tries": "9", "kind": "'new_message'"}
    yield "deliveries", few, undelivered | {"patient_id": PATIENT, "created_at": lately, "next_try_at": lately}
