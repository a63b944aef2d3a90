"""What each patient of a practice has behind them: rows that the library reads."""

from collections.abc import Iterator

from benchmarks.practice_words import (
    A_DAY_S,
    HANDFUL,
    MONTHS_S,
    NOW,
    PATIENT,
    PLACES,
    PROVIDERS,
    SLOT_S,
    YEARS_S,
    Columns,
    Dialect,
    Practice,
    ago,
    document,
    question,
    renewal,
    request,
)
from patientportal.domain.ids import NOBODY
from patientportal.domain.values.sameness import FOLDING
from patientportal.testing import PASSWORD, CheapHasher

ALIKE = 10  # share a last name
HASHED = CheapHasher().hash(PASSWORD)
Rows = Iterator[tuple[str, int, Columns]]


def rows(dialect: Dialect, practice: Practice) -> Rows:
    """What each patient has."""
    names = max(practice.patients // ALIKE, 1)
    long_ago = dialect.at.format(NOW - practice.history_s)
    is_invited = f"n % 5 = 4 AND n < {HANDFUL}"
    has_account = "n % 5 < 3"
    last, phone, born = f"'Last' || (n % {names})", "1000000 + n % 9000000", "'19' || (10 + n % 90) || '-05-17'"
    yield (
        *("patients", 1),
        {
            "id": PATIENT,
            "registered_at": dialect.at.format(f"{NOW - practice.history_s} + n"),
            "activated_at": f"CASE WHEN {has_account} THEN {dialect.at.format(f'{NOW - practice.history_s} + n')} END",
        },
    )
    yield (
        *("personal_records", 1),
        {
            "patient_id": PATIENT,
            "personal_first_name": "'First' || (n % 1000)",
            "personal_last_name": last,
            "personal_date_of_birth": born,
            "personal_email": "'x' || n || '@example.org'",
            "personal_phone": f"'+1 317 ' || ({phone})",
            "folding": str(FOLDING),
        },
    )
    for of, word in (("last_name", f"lower({last})"), ("name", f"lower({last})"), ("phone", f"'' || ({phone})")):
        yield (
            *("search_words", 1),
            {"patient_id": PATIENT, "of": f"'{of}'", "word": word, "date_of_birth": born},
        )
    yield "recovery_names", 1, {"patient_id": PATIENT, "person_hash": dialect.hash.format("n")}
    yield "usernames", 1, {"name": "'user' || n", "patient_id": PATIENT}
    yield (
        *("accounts", 1),
        {
            "patient_id": PATIENT,
            "username": "'user' || n",
            "password_hash": f"'{HASHED}'",
            "activated_at": long_ago,
            "password_changed_at": long_ago,
        },
    )
    yield (
        *("links", 1),
        {
            "patient_id": PATIENT,
            "id": "'l1'",
            "purpose": "'invitation'",
            "status": f"CASE WHEN {is_invited} THEN 'open' ELSE 'used' END",
            "created_at": ago(dialect, 1, A_DAY_S),
            "last_minted_at": ago(dialect, 1, A_DAY_S),
        },
    )
    yield (
        *("link_secrets", 1),
        {
            "patient_id": PATIENT,
            "link_id": "'l1'",
            "secret_hash": dialect.hash.format("n"),
            "minted_at": ago(dialect, 1, MONTHS_S),
        },
    )
    yield (
        *("email_changes", 1),
        {
            "patient_id": PATIENT,
            "id": "'c1'",
            "former": "'y' || n || '@example.org'",
            "proposed": "'x' || n || '@example.org'",
            "requested_at": ago(dialect, 1, MONTHS_S),
            "confirmed_at": ago(dialect, 1, MONTHS_S),
        },
    )
    guard = {"last_failed_at": ago(dialect, 1, 20 * A_DAY_S)}
    yield "log_in_guards", 1, guard | {"name_hash": dialect.hash.format("n"), "failed_attempts": "1"}
    yield "recovery_guards", 1, guard | {"subject_hash": dialect.hash.format("n"), "failed_answers": "1"}
    yield from _what_happens(dialect, practice)
    yield from _what_is_owed(dialect, practice)
    yield from _what_is_prescribed(dialect, practice)


def _what_happens(dialect: Dialect, practice: Practice) -> Rows:
    each = practice.each
    is_look = "k % 2 = 1"
    event = {
        "id": "'e' || (10000000 + n) || (100000 + k)",
        "event_version": "1",
        "at": ago(dialect, each["events"], practice.history_s),
    }
    yield (
        *("events", each["events"]),
        event
        | {
            "patient_id": PATIENT,
            "by_kind": f"CASE WHEN {is_look} THEN 'staff' ELSE 'patient' END",
            "by_id": f"CASE WHEN {is_look} THEN 'dr-' || (n % {PROVIDERS}) ELSE {PATIENT} END",
            "by_role": f"CASE WHEN {is_look} THEN 'provider' END",
            "session_id": f"CASE WHEN NOT {is_look} THEN 's' || (100000 + k) END",
            "event_name": f"CASE WHEN {is_look} THEN 'record_viewed' ELSE 'logged_in' END",
            "event_data": document(
                dialect, f"CASE WHEN {is_look} THEN '{{\"verb\":\"patients.get\"}}' ELSE '{{}}' END"
            ),
        },
    )
    yield (
        *("events", 1),
        event
        | {
            "patient_id": f"'{NOBODY}'",
            "at": ago(dialect, 1, MONTHS_S),
            "by_kind": "'anonymous'",
            "event_name": "'log_in_failed'",
            "event_data": document(dialect, "'{\"attempt\":1}'"),
        },
    )
    yield (
        *("sessions", each["sessions"]),
        {
            "patient_id": PATIENT,
            "id": "'s' || (100000 + k)",
            "secret_hash": dialect.hash.format("n"),
            "device": "'phone'",
            "started_at": ago(dialect, each["sessions"], MONTHS_S),
            "last_seen_at": ago(dialect, each["sessions"], MONTHS_S),
            "ended_at": ago(dialect, each["sessions"], MONTHS_S),
        },
    )
    messages = each["events"] // 4
    yield (
        *("inbox_messages", messages),
        {
            "patient_id": PATIENT,
            "id": "'m' || (10000000 + n) || (100000 + k)",
            "kind": "'from_practice'",
            "subject": "'Your test'",
            "body": "'All is well, and there is nothing else to do until your next visit.'",
            "sent_at": ago(dialect, messages, practice.history_s),
            "read_at": ago(dialect, messages, practice.history_s),
        },
    )
    moment = ago(dialect, messages, MONTHS_S)
    yield (
        *("deliveries", messages),
        {
            "id": "'d' || (10000000 + n) || (100000 + k)",
            "patient_id": PATIENT,
            "kind": "'new_message'",
            "created_at": moment,
            "next_try_at": moment,
            "tries": "1",
            "status": "'sent'",
            "about_id": "'m' || (10000000 + n) || (100000 + k)",
        },
    )
    yield from _visits(dialect, practice)


def _visits(dialect: Dialect, practice: Practice) -> Rows:
    """Back from today, half an hour after half an hour; each provider has every fiftieth patient."""
    visits = practice.each["appointments"]
    begins = f"({NOW - NOW % A_DAY_S} - {SLOT_S} * (1 + (n / {PROVIDERS}) * {visits} + {visits - 1} - k))"
    ids = {"visit": "'a' || (10000000 + n) || (100000 + k)", "slot": "'t' || (10000000 + n) || (100000 + k)"}
    when = {"starts_at": dialect.at.format(begins), "ends_at": dialect.at.format(f"{begins} + {SLOT_S}")}
    where = {"provider_id": f"'dr-' || (n % {PROVIDERS})", "place_id": f"'place-' || (n % {PLACES})", "zone": "'UTC'"}
    yield (
        *("appointments", visits),
        {
            **where,
            **when,
            "patient_id": PATIENT,
            "id": ids["visit"],
            "slot_id": ids["slot"],
            "reason": "'A check-up'",
            "status": "CASE k % 3 WHEN 2 THEN 'cancelled' ELSE 'fulfilled' END",
            "booked_at": dialect.at.format(NOW - practice.history_s),
            "ended_at": when["ends_at"],
            "cancelled_by": "CASE k % 3 WHEN 2 THEN 'patient' END",
            "cancellation_reason": "''",
            "held_until": when["ends_at"],
            "series_id": ids["visit"],
        },
    )
    taken = {"status": "'busy'", "patient_id": PATIENT, "appointment_id": ids["visit"]}
    yield "slots", visits, {**where, **when, **taken, "id": ids["slot"]}


def _what_is_owed(dialect: Dialect, practice: Practice) -> Rows:
    bills, payments = practice.each["statements"], practice.each["payments"]
    issued = f"({NOW - practice.history_s} + k * {practice.history_s // bills})"
    is_last = f"k = {bills - 1}"
    yield (
        *("statements", bills),
        {
            "patient_id": PATIENT,
            "id": "'b' || (10000000 + n) || (100000 + k)",
            "number": "'2026-' || k",
            "balance_minor_units": "1000000",
            "balance_currency": "'USD'",
            "issued_on": dialect.day.format(issued),
            "due_on": dialect.day.format(f"CASE WHEN {is_last} THEN {NOW + YEARS_S} ELSE {issued} END"),
            "covers_earlier": dialect.yes,
            "posted_until": dialect.at.format(issued),
            "uploaded_at": dialect.at.format(issued),
            "status": f"CASE WHEN {is_last} THEN 'current' ELSE 'superseded' END",
            "paid_minor_units": f"{1000 * (payments // bills)}",
            "reduced_minor_units": "0",
            "pending_minor_units": "0",
            "opened_at": dialect.at.format(issued),
        },
    )
    yield "payments", payments, paid(dialect, practice)
    yield (
        *("refunds", 1),
        {
            "patient_id": PATIENT,
            "id": "'r' || (10000000 + n)",
            "payment_id": "'y' || (10000000 + n) || (100000 + k)",
            "amount_minor_units": "100",
            "amount_currency": "'USD'",
            "is_full": dialect.no,
            "by_hand": dialect.yes,
            "requested_at": ago(dialect, 1, practice.history_s),
            "ended_at": ago(dialect, 1, practice.history_s),
            "status": "'done'",
        },
    )


def paid(dialect: Dialect, practice: Practice) -> Columns:
    """A payment, settled long ago, of the statement in whose time it was made."""
    bills, payments = practice.each["statements"], practice.each["payments"]
    bill = f"'b' || (10000000 + n) || (100000 + k * {bills} / {payments})"
    return {
        "patient_id": PATIENT,
        "id": "'y' || (10000000 + n) || (100000 + k)",
        "statement_id": bill,
        "counts_on": bill,
        "amount_minor_units": "1000",
        "amount_currency": "'USD'",
        "method": "'online'",
        "is_full": dialect.no,
        "idempotency_key": "'form-' || k",
        "source_hash": dialect.hash.format("n"),
        "requested_at": ago(dialect, payments, practice.history_s),
        "status": "'settled'",
        "refunded_minor_units": "CASE k WHEN 0 THEN 100 ELSE 0 END",
        "refunding_minor_units": "0",
        "ended_at": ago(dialect, payments, practice.history_s),
        "reference": "'ch-' || n || '-' || k",
        "statement_retracted": dialect.no,
    }


def _what_is_prescribed(dialect: Dialect, practice: Practice) -> Rows:
    recorded = ago(dialect, 2, practice.history_s)
    yield (
        *("medications", 2),
        {
            "patient_id": PATIENT,
            "id": "'x' || (10000000 + n) || k",
            "name": "'Lisinopril 10 MG Oral Tablet'",
            "dose": "'1 tablet'",
            "directions": "'Once a day'",
            "prescriber_id": f"'dr-' || (n % {PROVIDERS})",
            "started_on": dialect.day.format(NOW - practice.history_s),
            "refills_left": "1",
            "is_renewable": dialect.yes,
            "recorded_at": recorded,
            "discontinued_at": f"CASE k WHEN 0 THEN {recorded} END",
        },
    )
    asked = ago(dialect, 2, practice.history_s)
    decided: Columns = {"decided_at": asked, "decided_by": "'dr-1'", "refills_granted": "1", "refilled_at": asked}
    yield "renewals", 2, renewal(asked) | decided | {"status": "'refilled'"}
    yield (
        "support_requests",
        1,
        question(ago(dialect, 1, MONTHS_S))
        | {
            "resolved_at": ago(dialect, 1, MONTHS_S),
            "resolved_by": "'staff-1'",
        },
    )
    yield (
        "appointment_requests",
        1,
        request(dialect, practice)
        | {
            "status": "'withdrawn'",
            "ended_at": ago(dialect, 1, practice.history_s),
        },
    )
