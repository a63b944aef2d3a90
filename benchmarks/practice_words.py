"""What rows of a practice are made of, in the words of each engine."""

from collections.abc import Mapping

from attrs import field, frozen

from benchmarks.database import CLOCK

HANDFUL = 50  # as many as the smallest practice has patients; what waits is as much in a large one
EACH: Mapping[str, int] = {"events": 20, "sessions": 20, "payments": 20, "statements": 5, "appointments": 5}
PROVIDERS, PLACES, SLOTS_AHEAD, SLOT_S = 50, 5, 10_000, 1800
YEARS_S, MONTHS_S, A_DAY_S = 5 * 365 * 86_400, 60 * 86_400, 86_400
NOW = int(CLOCK().timestamp())
TOMORROW = NOW - NOW % A_DAY_S + A_DAY_S + 9 * 3600


@frozen
class Dialect:
    """What each engine calls it.

    Attributes:
        at: a moment, of seconds since 1970.
        day: a day, likewise.
        hash: 32 bytes, of a number.
        no: false.
        yes: true.
        pairs: ``n`` and ``k``, each of ``k`` beside each of ``n``.
    """

    at: str
    day: str
    hash: str
    no: str
    yes: str
    pairs: str


SQLITE = Dialect(
    at="strftime('%Y-%m-%dT%H:%M:%S.000000+00:00', {}, 'unixepoch')",
    day="date({}, 'unixepoch')",
    hash="randomblob(32 + 0 * {})",
    no="0",
    yes="1",
    pairs="""(WITH RECURSIVE ns (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM ns WHERE n < {last}),
        ks (k) AS (VALUES (0) UNION ALL SELECT k + 1 FROM ks WHERE k < {most})
        SELECT n, k FROM ns CROSS JOIN ks) AS pairs""",
)
POSTGRES = Dialect(
    at="to_timestamp({})",
    day="CAST(to_timestamp({}) AS date)",
    hash="sha256(CAST(CAST({} AS text) AS bytea))",
    no="false",
    yes="true",
    pairs="generate_series(0, {last}) AS n, generate_series(0, {most}) AS k",
)


@frozen(kw_only=True)
class Practice:
    """How many patients, and how much of each of them.

    Attributes:
        patients: how many there are.
        each: how many events, sessions, payments, statements and visits; a quarter as many messages and notices.
        history_s: for how long there have been.
    """

    patients: int
    each: Mapping[str, int] = field(default=EACH)
    history_s: int = YEARS_S


Columns = dict[str, str]
ID = "'p' || (10000000 + {n})"
PATIENT = ID.format(n="n")


def ago(dialect: Dialect, most: int, span_s: int, *, later_s: int = 0) -> str:
    """The k-th of so many moments within a span that ends now, the latest last; no two patients' at the same one."""
    step_s = span_s // most
    return dialect.at.format(f"{NOW - span_s + later_s} + k * {step_s} + n % {max(step_s // 2, 1)}")


def document(dialect: Dialect, text: str) -> str:
    """A text as what a document is kept as."""
    return f"CAST({text} AS jsonb)" if dialect is POSTGRES else text


def renewal(requested_at: str, id_: str = "'w' || (10000000 + n) || k") -> Columns:
    """A request for more of the medication that is taken."""
    return {
        "patient_id": PATIENT,
        "id": id_,
        "medication_id": "'x' || (10000000 + n) || 1",
        "pharmacy": "'Corner Pharmacy'",
        "note": "''",
        "requested_at": requested_at,
    }


def question(asked_at: str, id_: str = "'q' || (10000000 + n)") -> Columns:
    """Something that support was asked."""
    return {"patient_id": PATIENT, "contact": "''"} | {
        "id": id_,
        "message": "'Where do I park?'",
        "asked_at": asked_at,
        "about": "'general'",
    }


def request(dialect: Dialect, practice: Practice, id_: str = "'v' || (10000000 + n)") -> Columns:
    """A request for a visit."""
    window = '[{"first_day":"2026-02-01","last_day":"2026-02-10","part":"any"}]'
    return {
        "patient_id": PATIENT,
        "id": id_,
        "reason": "'A cough'",
        "windows": document(dialect, f"'{window}'"),
        "last_day": dialect.day.format(NOW + 36 * A_DAY_S),
        "requested_at": ago(dialect, 1, practice.history_s),
        "decline_reason": "''",
    }
