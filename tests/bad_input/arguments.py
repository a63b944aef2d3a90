"""Every public method of the face, with what can be wrong with each of its arguments."""

import itertools
from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from patientportal import BadInputError, DeliveryStatus, LinkInvalidError, NotFoundError, SessionEndedError
from tests.bad_input.of_money import OF_MONEY
from tests.bad_input.values import (
    CHALLENGE,
    CHANGES,
    CONTACT,
    CURSOR,
    DAY,
    DENIAL,
    DIRECTIONS,
    EMAIL,
    EXTERNAL_ID,
    FOUND_BY,
    HOUR,
    HUGE,
    KEY,
    LIMIT,
    MAYBE_OTHER_DAY,
    MAYBE_STAFF_ID,
    MESSAGE,
    MOMENT,
    NOON,
    NOTE,
    OTHER_DAY,
    PATIENT,
    PERSONAL,
    QUESTIONS,
    REASON,
    REFILLS,
    SECRET,
    STAFF,
    STAFF_ID,
    TIME_OF_DAY,
    TYPED,
    UNTIL,
    USERNAME,
    WINDOWS,
    YES_OR_NO,
    Bad,
    no_text,
    text,
    token,
)

ANSWER: Bad = {
    name: bad
    for name, bad in text(BadInputError, empty="", blank=" \n ", control="a\x07", too_long="x" * 10_001).items()
    if name != "none"
}
VISIT_TYPE: Bad = MAYBE_STAFF_ID | {"unknown": ("nothing", NotFoundError)}
WHO_LEFT: Bad = {"who left": ("staff-9", BadInputError)}
ENTRY: Bad = {
    "none": (None, TypeError),
    "text": ("north", TypeError),
    "a mapping": ({"id": "north", "name": "North Building"}, TypeError),
}
BAD: Mapping[str, Mapping[str, Bad]] = {
    "Portal.activate": {
        "link_secret": token(LinkInvalidError),
        "date_of_birth": DAY | {"none": (None, BadInputError)},
        "username": USERNAME,
        "password": SECRET,
        "security_answers": QUESTIONS,
    },
    "Portal.log_in": {
        "username": USERNAME,
        "password": SECRET,
        "device": no_text(none=(None, TypeError)),
    },
    "Portal.resume": {"session_token": token(SessionEndedError), "extend": YES_OR_NO},
    "Portal.practice": {"member": STAFF},
    "PasswordRules.all": {},
    "PasswordRules.problems": {"password": SECRET},
    "Portal.check_link": {"link_secret": token(LinkInvalidError)},
    "Portal.confirm_email": {"link_secret": token(LinkInvalidError)},
    "RecoveryAccess.forgot_password": {"username": USERNAME},
    "RecoveryAccess.forgot_username": {
        "personal": {"none": (None, TypeError), "a mapping": ({"first_name": "Ada"}, TypeError)}
    },
    "RecoveryAccess.answer": {"challenge_id": CHALLENGE, "answers": TYPED},
    "RecoveryAccess.reset_password": {
        "link_secret": token(LinkInvalidError),
        "new_password": SECRET,
        "date_of_birth": {name: bad for name, bad in DAY.items() if name != "none"},
    },
    "RecoveryAccess.ask_support": {"contact": CONTACT, "message": MESSAGE},
    "Portal.work": {"limit": LIMIT, "stop": {"none": (None, TypeError), "text": ("stop", TypeError)}},
    "Portal.work_until": {
        "stop": {"none": (None, TypeError), "a function": (bool, TypeError)},
        "progress": {"none": (None, TypeError)},
    },
    "Portal.health": {},
    "Portal.close": {},
    "Portal.after_restore": {},
    "PatientAccess.log_off": {},
    "PatientAccess.log_off_everywhere": {},
    "AccountAccess.change_password": {"current": SECRET, "new": SECRET},
    "AccountAccess.change_email": {"password": SECRET, "new": EMAIL},
    "AccountAccess.set_security_answers": {"password": SECRET, "answers": QUESTIONS},
    "AccountAccess.security_questions": {},
    "AccountAccess.log_off_device": {"session_id": PATIENT},
    "AppointmentsAccess.open_slots": {
        "provider_id": MAYBE_STAFF_ID,
        "place_id": MAYBE_STAFF_ID,
        "after": MOMENT | {"not before the end": (NOON + 2 * HOUR, BadInputError)},
        "before": MOMENT | {"not after the beginning": (NOON, BadInputError)},
        "visit_type_id": VISIT_TYPE,
        "limit": LIMIT,
        "cursor": CURSOR,
    },
    "AppointmentsAccess.visit_types": {},
    "AppointmentsAccess.providers": {},
    "AppointmentsAccess.places": {},
    "AppointmentsAccess.book": {
        "slot_id": PATIENT,
        "reason": REASON,
        "visit_type_id": VISIT_TYPE,
        "idempotency_key": KEY,
    },
    "AppointmentsAccess.upcoming": {"limit": LIMIT, "cursor": CURSOR},
    "AppointmentsAccess.past": {"limit": LIMIT, "cursor": CURSOR},
    "AppointmentsAccess.get": {"appointment_id": PATIENT},
    "AppointmentsAccess.cancel": {"appointment_id": PATIENT},
    "AppointmentsAccess.reschedule": {"appointment_id": PATIENT, "slot_id": PATIENT},
    "AppointmentsAccess.request": {
        "reason": REASON | {"empty": ("", BadInputError)},
        "windows": WINDOWS,
        "provider_id": MAYBE_STAFF_ID,
        "idempotency_key": KEY,
    },
    "AppointmentsAccess.requests": {"limit": LIMIT, "cursor": CURSOR},
    "AppointmentsAccess.get_request": {"request_id": PATIENT},
    "AppointmentsAccess.withdraw_request": {"request_id": PATIENT},
    "ProvidersDesk.put": {"provider": ENTRY},
    "ProvidersDesk.all": {},
    "PlacesDesk.put": {"place": ENTRY},
    "PlacesDesk.all": {},
    "VisitTypesDesk.put": {"visit_type": ENTRY},
    "VisitTypesDesk.all": {},
    "ScheduleDesk.publish": {
        "place": no_text(none=(None, TypeError), a_mapping=({"id": "north"}, TypeError))
        | {"unknown": ("nowhere", NotFoundError), "empty": ("", BadInputError), "too long": (HUGE, BadInputError)},
        "pattern": text(
            BadInputError,
            **{"empty": "", "no rule": "on Mondays", "no days": "FREQ=WEEKLY;BYDAY=", "no end": "FREQ=SECONDLY"},
            **{"a rule of eternity": "FREQ=YEARLY;BYEASTER=0;BYHOUR=3", "no visit": "FREQ=WEEKLY;BYDAY=TU"},
        ),
        "opens": TIME_OF_DAY,
        "closes": TIME_OF_DAY,
        "visit_length": {
            "none": (None, TypeError),
            "a number": (30, TypeError),
            "nothing": (0 * HOUR, BadInputError),
            "negative": (-HOUR, BadInputError),
            "a moment": (timedelta(microseconds=1), BadInputError),
            "seconds": (timedelta(seconds=333), BadInputError),
            "too long": (13 * HOUR, BadInputError),
            "the longest": (timedelta.max, BadInputError),
        },
        "step": {
            "a number": (30, TypeError),
            "shorter than a visit": (HOUR / 2, BadInputError),
            "nothing": (0 * HOUR, BadInputError),
            "negative": (-HOUR, BadInputError),
            "a moment": (timedelta(microseconds=1), BadInputError),
            "seconds": (timedelta(seconds=333), BadInputError),
            "too long": (13 * HOUR, BadInputError),
            "the longest": (timedelta.max, BadInputError),
        },
        "first_day": OTHER_DAY | {"after the last": (date(2026, 1, 6), BadInputError)},
        "last_day": OTHER_DAY
        | {"before the first": (date(2026, 1, 4), BadInputError), "years later": (date(2028, 1, 5), BadInputError)},
        "exceptions": {
            "none": (None, TypeError),
            "text": ("2026-01-05", TypeError),
            "moments": ([NOON], TypeError),
            "all days": ([date(2026, 1, 5)], BadInputError),
            "too many": ([date(2026, 1, 5)] * 367, BadInputError),
            "without an end": (itertools.repeat(date(2026, 1, 6)), BadInputError),
        },
        "provider_id": MAYBE_STAFF_ID,
        "progress": {"text": ("progress", TypeError), "a number": (5, TypeError)},
    },
    "ScheduleDesk.withdraw": {
        "after": MOMENT | {"none": (None, TypeError), "not before the end": (NOON + 2 * HOUR, BadInputError)},
        "before": MOMENT
        | {
            "none": (None, TypeError),
            "not after the beginning": (NOON, BadInputError),
            "32 days later": (NOON + 32 * 24 * HOUR, BadInputError),
        },
        "provider_id": MAYBE_STAFF_ID,
        "place_id": MAYBE_STAFF_ID,
        "cancelling": {name: case for name, case in REASON.items() if name != "none"} | {"empty": ("", BadInputError)},
    },
    "ScheduleDesk.open_slots": {
        "provider_id": MAYBE_STAFF_ID,
        "place_id": MAYBE_STAFF_ID,
        "after": MOMENT | {"not before the end": (NOON + 2 * HOUR, BadInputError)},
        "before": MOMENT | {"not after the beginning": (NOON, BadInputError)},
        "visit_type_id": VISIT_TYPE,
        "limit": LIMIT,
        "cursor": CURSOR,
    },
    "AppointmentsDesk.book": {
        "patient_id": PATIENT,
        "slot_id": PATIENT,
        "reason": REASON,
        "visit_type_id": VISIT_TYPE,
        "external_id": EXTERNAL_ID,
        "idempotency_key": KEY,
    },
    "AppointmentsDesk.reschedule": {"appointment_id": PATIENT, "slot_id": PATIENT},
    "AppointmentsDesk.get": {"appointment_id": PATIENT},
    "AppointmentsDesk.of_patient": {"patient_id": PATIENT, "limit": LIMIT, "cursor": CURSOR},
    "AppointmentsDesk.of_day": {"provider_id": MAYBE_STAFF_ID, "day": MAYBE_OTHER_DAY},
    "AppointmentsDesk.requests": {"limit": LIMIT, "cursor": CURSOR},
    "AppointmentsDesk.get_request": {"request_id": PATIENT},
    "AppointmentsDesk.schedule_request": {"request_id": PATIENT, "slot_id": PATIENT},
    "AppointmentsDesk.decline_request": {"request_id": PATIENT, "reason": REASON | {"empty": ("", BadInputError)}},
    "AppointmentsDesk.cancel": {
        "appointment_id": PATIENT,
        "reason": REASON | {"empty": ("", BadInputError)},
        "reopen": YES_OR_NO,
    },
    "AppointmentsDesk.mark_arrived": {"appointment_id": PATIENT},
    "AppointmentsDesk.unmark_arrived": {"appointment_id": PATIENT},
    "AppointmentsDesk.mark_fulfilled": {"appointment_id": PATIENT},
    "AppointmentsDesk.mark_noshow": {"appointment_id": PATIENT},
    "SupportAccess.ask": {"message": MESSAGE, "idempotency_key": KEY},
    "SupportAccess.requests": {"limit": LIMIT, "cursor": CURSOR},
    "SupportAccess.get": {"request_id": PATIENT},
    "MedicationsAccess.active": {"limit": LIMIT, "cursor": CURSOR},
    "MedicationsAccess.all": {"limit": LIMIT, "cursor": CURSOR},
    "MedicationsAccess.get": {"medication_id": PATIENT},
    "MedicationsAccess.request_renewal": {
        "medication_id": PATIENT,
        "pharmacy": text(BadInputError, two_lines="a\nb", too_long="x" * 201),
        "note": NOTE,
        "idempotency_key": KEY,
    },
    "MedicationsAccess.renewals": {"limit": LIMIT, "cursor": CURSOR},
    "MedicationsAccess.renewal": {"renewal_id": PATIENT},
    "MedicationsAccess.withdraw_renewal": {"renewal_id": PATIENT},
    "MessagesAccess.inbox": {"limit": LIMIT, "cursor": CURSOR},
    "MessagesAccess.get": {"message_id": PATIENT},
    "MessagesAccess.unread_count": {},
    **OF_MONEY,
    "AccountAccess.profile": {},
    "AccountAccess.set_language": {
        "language": {
            name: bad
            for name, bad in text(BadInputError, empty="", blank=" ", no_tag="deutsch!", too_long="de" * 18).items()
            if name != "none"
        }
    },
    "AccountAccess.set_notices": {
        "notices": {
            "none": (None, TypeError),
            "a text": ("new_message", TypeError),
            "pairs": ([("new_message", "text")], TypeError),
            "empty": ({}, BadInputError),
            "a number": ({1: "text"}, TypeError),
            "no way": ({"new_message": None}, TypeError),
            "an unknown kind": ({"lottery_won": "email"}, BadInputError),
            "an unknown way": ({"new_message": "pigeon"}, BadInputError),
            "a huge kind": ({HUGE: "email"}, BadInputError),
            "one that always is mailed": ({"password_changed": "none"}, BadInputError),
        }
    },
    "AccountAccess.devices": {"limit": LIMIT, "cursor": CURSOR},
    "AccountAccess.history": {"limit": LIMIT, "cursor": CURSOR},
    "PatientsDesk.register": {"personal": PERSONAL, "external_id": EXTERNAL_ID, "invite": YES_OR_NO},
    "PatientsDesk.get": {"patient_id": PATIENT},
    "PatientsDesk.find": {
        "last_name": FOUND_BY | {"too long": ("x" * 101, BadInputError)},
        "date_of_birth": {name: bad for name, bad in DAY.items() if name != "none"},
        "text": FOUND_BY | {"too long": ("x" * 203, BadInputError)},
        "phone": FOUND_BY | {"too long": ("1" * 65, BadInputError), "no digits": ("none", BadInputError)},
        "external_id": EXTERNAL_ID,
    },
    "PatientsDesk.all": {
        "state": no_text(a_word=("active", TypeError), another=(DeliveryStatus.SENT, TypeError)),
        "limit": LIMIT,
        "cursor": CURSOR,
    },
    "PatientsDesk.correct": {
        "patient_id": PATIENT,
        "personal": PERSONAL,
        "external_id": {name: bad for name, bad in EXTERNAL_ID.items() if name != "empty"},
    },
    "PatientsDesk.invite": {"patient_id": PATIENT},
    "PatientsDesk.print_invitation": {"patient_id": PATIENT},
    "PatientsDesk.change_email": {"patient_id": PATIENT, "new": EMAIL},
    "PatientsDesk.end_account": {
        "patient_id": PATIENT,
        "email": EMAIL,
        "reason": no_text(none=(None, TypeError), a_word=("wrong_person", TypeError)),
    },
    "PatientsDesk.deactivate": {
        "patient_id": PATIENT,
        "cancel_visits": {name: bad for name, bad in REASON.items() if name != "none"} | {"empty": ("", BadInputError)},
    },
    "PatientsDesk.reactivate": {"patient_id": PATIENT},
    "MedicationsDesk.record": {
        "patient_id": PATIENT,
        "name": text(BadInputError, empty="", blank=" ", two_lines="a\nb", too_long="x" * 1001),
        "dose": text(BadInputError, two_lines="a\nb", too_long="x" * 1001),
        "directions": DIRECTIONS,
        "prescriber_id": WHO_LEFT | {name: bad for name, bad in STAFF_ID.items() if name != "none"},
        "started_on": OTHER_DAY,
        "refills_left": REFILLS,
        "is_renewable": YES_OR_NO,
    },
    "MedicationsDesk.get": {"medication_id": PATIENT},
    "MedicationsDesk.correct": {
        "medication_id": PATIENT,
        "dose": {
            name: bad
            for name, bad in text(BadInputError, two_lines="a\nb", too_long="x" * 1001).items()
            if name != "none"
        },
        "directions": {name: bad for name, bad in DIRECTIONS.items() if name != "none"},
        "refills_left": {name: bad for name, bad in REFILLS.items() if name != "none"},
        "is_renewable": {name: bad for name, bad in YES_OR_NO.items() if name != "none"},
    },
    "MedicationsDesk.reassign": {
        "prescriber_id": STAFF_ID,
        "to": STAFF_ID | WHO_LEFT,
        "medication_id": {name: bad for name, bad in PATIENT.items() if name != "none"},
    },
    "MedicationsDesk.covers": {},
    "MedicationsDesk.renewals": {"patient_id": PATIENT, "limit": LIMIT, "cursor": CURSOR},
    "MedicationsDesk.renewal": {"renewal_id": PATIENT},
    "MedicationsDesk.discontinue": {"medication_id": PATIENT},
    "MedicationsDesk.cover": {"prescriber_id": STAFF_ID, "by": STAFF_ID | WHO_LEFT, "until": UNTIL},
    "MedicationsDesk.pending_renewals": {"limit": LIMIT, "cursor": CURSOR},
    "MedicationsDesk.unfilled_renewals": {"limit": LIMIT, "cursor": CURSOR},
    "MedicationsDesk.approve_renewal": {
        "renewal_id": PATIENT,
        "refills": REFILLS,
        "changes": {name: bad for name, bad in CHANGES.items() if name != "none"},
        "refilled": YES_OR_NO,
    },
    "MedicationsDesk.deny_renewal": {"renewal_id": PATIENT, "reason": DENIAL},
    "MedicationsDesk.mark_refilled": {"renewal_id": PATIENT},
    "MessagesDesk.send": {
        "patient_id": PATIENT,
        "subject": text(BadInputError, empty="", blank=" ", two_lines="a\nb", too_long="x" * 201),
        "body": text(BadInputError, empty="", blank=" \n ", control="a\x07", too_long="x" * 10_001),
        "idempotency_key": KEY,
    },
    "MedicationsDesk.of_patient": {"patient_id": PATIENT, "limit": LIMIT, "cursor": CURSOR},
    "MessagesDesk.retract": {
        "message_id": PATIENT,
        "reason": no_text(none=(None, TypeError), a_word=("wrong_patient", TypeError)),
    },
    "MessagesDesk.get": {"message_id": PATIENT},
    "MessagesDesk.of_patient": {"patient_id": PATIENT, "limit": LIMIT, "cursor": CURSOR},
    "SupportDesk.unlock": {"patient_id": PATIENT},
    "SupportDesk.send_password_reset": {"patient_id": PATIENT},
    "SupportDesk.print_password_reset": {"patient_id": PATIENT},
    "SupportDesk.open_requests": {
        "of": no_text(none=(None, TypeError), a_word=("patients", TypeError)),
        "limit": LIMIT,
        "cursor": CURSOR,
    },
    "SupportDesk.of_patient": {"patient_id": PATIENT, "limit": LIMIT, "cursor": CURSOR},
    "SupportDesk.get": {"request_id": PATIENT},
    "SupportDesk.resolve": {"request_id": PATIENT, "answer": ANSWER},
    "PracticeAccess.may": {
        "verb": text(BadInputError, empty="", unknown="statements.steal", upper_case="PATIENTS.GET")
    },
    "AuditDesk.of_patient": {"patient_id": PATIENT, "limit": LIMIT, "cursor": CURSOR},
    "AuditDesk.of_practice": {"limit": LIMIT, "cursor": CURSOR},
    "AuditDesk.undelivered": {
        "reason": no_text(a_word=("dead", TypeError), another=(DeliveryStatus.SENT, BadInputError)),
        "limit": LIMIT,
        "cursor": CURSOR,
    },
    "AuditDesk.deliver_again": {"delivery_id": PATIENT},
    "AuditDesk.dismiss": {"delivery_id": PATIENT},
}
CASES = [
    pytest.param(method, argument, *bad, id=f"{method}-{argument}-{name}")
    for method, arguments in BAD.items()
    for argument, bads in arguments.items()
    for name, bad in bads.items()
]
TIMELESS = {
    "Portal.work_until",
    "PasswordRules.all",
    "PasswordRules.problems",
    "Portal.practice",
    "Portal.close",
    "PracticeAccess.may",
    "PatientsDesk.find",
    "AuditDesk.of_practice",
    "AuditDesk.undelivered",
    "SupportDesk.open_requests",
    "MedicationsDesk.pending_renewals",
    "MedicationsDesk.unfilled_renewals",
    "ProvidersDesk.all",
    "PlacesDesk.all",
    "VisitTypesDesk.all",
    "AppointmentsDesk.of_day",
    "AppointmentsDesk.of_patient",
    "AppointmentsDesk.get",
    "AppointmentsDesk.requests",
}
