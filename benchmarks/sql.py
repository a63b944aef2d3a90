"""The library's statements, written by hand: every column that it reads or inserts, and no others.

They are in the words of SQLite; ``Hand`` has them in those of PostgreSQL, too. A test holds both sides to the same.
"""

OF_PATIENT = "id, registered_at, activated_at, deactivated_at"
OF_SESSION = "patient_id, id, secret_hash, device, started_at, last_seen_at, ended_at"
OF_GUARD = "name_hash, failed_attempts, last_failed_at, locked_at, failed_when_locked"
OF_ACCOUNT = """patient_id, username, password_hash, activated_at, password_changed_at, locked_at, locked_for_good,
    lock_told_at"""
OF_SLOT = "id, provider_id, place_id, zone, starts_at, ends_at, status, patient_id, appointment_id, is_closing"
OF_VISIT = """patient_id, id, slot_id, provider_id, place_id, zone, starts_at, ends_at, reason, status, booked_at,
    arrived_at, visit_type_id, held_until, series_id, revision, remind_within, external_id, idempotency_key, ended_at,
    cancelled_by, cancellation_reason, rescheduled_from, rescheduled_to"""
OF_STATEMENT = """patient_id, id, number, external_id, upload_hash, balance_minor_units, balance_currency, issued_on,
    due_on, covers_earlier, posted_until, uploaded_at, status, paid_minor_units, reduced_minor_units,
    pending_minor_units, opened_at, retracted_at"""
OF_PAYMENT = """patient_id, id, statement_id, counts_on, amount_minor_units, amount_currency, method, is_full,
    idempotency_key, source_hash, external_id, received_on, requested_at, status, refunded_minor_units,
    refunding_minor_units, look_at, ended_at, decline_code, reference, statement_retracted, charged_minor_units,
    charged_currency, charged_reference, unclear_since"""
OF_MEDICATION = """patient_id, id, name, dose, directions, prescriber_id, started_on, refills_left, is_renewable,
    recorded_at, discontinued_at"""
OF_RENEWAL = """patient_id, id, medication_id, pharmacy, note, requested_at, status, decided_at, decided_by,
    refills_granted, new_directions, denial_reason, refilled_at, idempotency_key"""
OF_REQUEST = """patient_id, id, contact, message, asked_at, resolved_at, resolved_by, about, statement_id, answered_by,
    idempotency_key, answer_id"""
OF_DELIVERY = """id, patient_id, kind, link_id, email_change_id, about_id, created_at, sent_again_at, status, tries,
    unanswered, next_try_at, channel, lease"""
OF_MESSAGE = """patient_id, id, kind, about_id, subject, body, facts, sent_at, sent_by, read_at, idempotency_key,
    retracted_at, retracted_by, retract_reason"""
OF_EVENT = "patient_id, id, at, by_kind, by_id, by_role, session_id, event_name, event_version, event_data"

PATIENT = f"SELECT {OF_PATIENT} FROM patients WHERE id = ?"
SESSION = f"SELECT {OF_SESSION} FROM sessions WHERE patient_id = ? AND id = ?"
NEW_SESSION = f"INSERT INTO sessions ({OF_SESSION}) VALUES (?, ?, ?, ?, ?, ?, NULL)"
GUARD = f"SELECT {OF_GUARD} FROM log_in_guards WHERE name_hash = ?"
FIRST = f"INSERT INTO log_in_guards ({OF_GUARD}) VALUES (?, 1, ?, NULL, 0)"
COUNTED = "UPDATE log_in_guards SET failed_attempts = ? WHERE name_hash = ?"
NO_GUARD = "SELECT 1 / (1 - count(*)) FROM log_in_guards WHERE name_hash = ?"
ACCOUNT = f"SELECT {OF_ACCOUNT} FROM accounts WHERE patient_id = ?"
BY_NAME = f"SELECT {OF_ACCOUNT} FROM accounts WHERE username = ? LIMIT 1"

SLOT = f"SELECT {OF_SLOT} FROM slots WHERE id = ?"
SLOTS_OF = f"SELECT {OF_SLOT} FROM slots WHERE appointment_id = ? ORDER BY id"
BUSY = "UPDATE slots SET status = 'busy', patient_id = ?, appointment_id = ? WHERE id = ?"
FREE = "UPDATE slots SET status = 'free', patient_id = NULL, appointment_id = NULL WHERE id = ?"
VISIT = f"SELECT {OF_VISIT} FROM appointments WHERE patient_id = ? AND id = ?"
BEFORE = f"""SELECT {OF_VISIT} FROM appointments WHERE patient_id = ? AND status = 'booked' AND starts_at < ?
    ORDER BY starts_at DESC, id DESC LIMIT 1"""
NEW_VISIT = f"""INSERT INTO appointments ({OF_VISIT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'booked', ?, NULL, NULL, ?, ?,
    0, ?, NULL, NULL, NULL, NULL, '', NULL, NULL)"""
CANCELLED = """UPDATE appointments SET status = 'cancelled', ended_at = ?, cancelled_by = 'patient'
    WHERE patient_id = ? AND id = ?"""

STATEMENT = f"SELECT {OF_STATEMENT} FROM statements WHERE patient_id = ? AND id = ?"
RESERVE = "UPDATE statements SET pending_minor_units = ? WHERE patient_id = ? AND id = ?"
PAID = "UPDATE statements SET paid_minor_units = ?, pending_minor_units = ? WHERE patient_id = ? AND id = ?"
PAYMENT = f"SELECT {OF_PAYMENT} FROM payments WHERE patient_id = ? AND id = ?"
UNDER_KEY = f"SELECT {OF_PAYMENT} FROM payments WHERE patient_id = ? AND idempotency_key = ? LIMIT 1"
NEW_PAYMENT = f"""INSERT INTO payments ({OF_PAYMENT}) VALUES (?, ?, ?, ?, ?, ?, 'online', ?, ?, ?, NULL, NULL, ?,
    'pending', 0, 0, ?, NULL, NULL, NULL, ?, NULL, NULL, NULL, NULL)"""
SETTLED = """UPDATE payments SET status = 'settled', look_at = NULL, ended_at = ?, reference = ?
    WHERE patient_id = ? AND id = ?"""

MEDICATION = f"SELECT {OF_MEDICATION} FROM medications WHERE patient_id = ? AND id = ?"
REFILL = "UPDATE medications SET refills_left = ? WHERE patient_id = ? AND id = ?"
RENEWAL = f"SELECT {OF_RENEWAL} FROM renewals WHERE patient_id = ? AND id = ?"
RENEWAL_FOUND = f"SELECT {OF_RENEWAL} FROM renewals WHERE id = ? ORDER BY patient_id, id LIMIT 1"
RENEWALS_OPEN = f"""SELECT {OF_RENEWAL} FROM renewals
    WHERE patient_id = ? AND medication_id = ? AND status = 'requested'"""
NEW_RENEWAL = f"""INSERT INTO renewals ({OF_RENEWAL})
    VALUES (?, ?, ?, ?, ?, ?, 'requested', NULL, NULL, NULL, NULL, NULL, NULL, NULL)"""
GRANTED = """UPDATE renewals
    SET status = 'refilled', decided_at = ?, decided_by = ?, refills_granted = ?, refilled_at = ?
    WHERE patient_id = ? AND id = ?"""

MESSAGE = f"""INSERT INTO inbox_messages ({OF_MESSAGE})
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL, NULL, NULL)"""
EVENT = f"INSERT INTO events ({OF_EVENT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?)"
DELIVERY = f"""INSERT INTO deliveries ({OF_DELIVERY})
    VALUES (?, ?, ?, NULL, NULL, ?, ?, NULL, 'waiting', 0, 0, ?, NULL, NULL)"""

REQUESTS = f"""SELECT {OF_REQUEST} FROM support_requests
    WHERE patient_id = ? AND about IN ('resend_statement', 'new_statement') AND resolved_at IS NULL
    ORDER BY asked_at, id"""
CURRENT = f"SELECT {OF_STATEMENT} FROM statements WHERE patient_id = ? AND status = 'current' LIMIT 1"
NUMBERED = f"""SELECT {OF_STATEMENT} FROM statements
    WHERE patient_id = ? AND number = ? AND retracted_at IS NULL LIMIT 1"""
PENDING = f"SELECT {OF_PAYMENT} FROM payments WHERE patient_id = ? AND status = 'pending'"
SETTLED_SINCE = f"""SELECT {OF_PAYMENT} FROM payments
    WHERE patient_id = ? AND status = 'settled' AND ended_at >= ?"""
LEFT = "UPDATE statements SET status = 'superseded', paid_minor_units = ? WHERE patient_id = ? AND id = ?"
NEW_STATEMENT = f"""INSERT INTO statements ({OF_STATEMENT})
    VALUES (?, ?, ?, NULL, NULL, ?, ?, ?, ?, ?, ?, ?, 'current', ?, 0, 0, NULL, NULL)"""
NEW_DOCUMENT = "INSERT INTO statement_documents (patient_id, statement_id, media_type, content) VALUES (?, ?, ?, ?)"
MOVED = "UPDATE payments SET counts_on = ? WHERE patient_id = ? AND id = ?"
