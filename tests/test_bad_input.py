"""Whatever is thrown at the face is answered with a documented error, soon, and before anything is touched."""

import base64
import inspect
import itertools
import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from typing import Any

import pytest
from attrs import frozen

from patientportal import (
    BadInputError,
    ChallengeInvalidError,
    LinkInvalidError,
    MemoryStore,
    Money,
    NotFoundError,
    NoticeKind,
    PatientAccess,
    Place,
    PlaceId,
    Portal,
    PortalError,
    PracticeAccess,
    SessionEndedError,
    SqliteStore,
    StaffId,
    Store,
    Window,
)
from patientportal.adapters.recording import RecordingNotifier
from patientportal.patient_access.account import AccountAccess
from patientportal.patient_access.appointments import AppointmentsAccess
from patientportal.patient_access.medications import MedicationsAccess
from patientportal.patient_access.messages import MessagesAccess
from patientportal.patient_access.statements import StatementsAccess
from patientportal.patient_access.support import SupportAccess
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import Query
from patientportal.practice_access.appointments import AppointmentsDesk
from patientportal.practice_access.audit import AuditDesk
from patientportal.practice_access.medications import MedicationsDesk
from patientportal.practice_access.messages import MessagesDesk
from patientportal.practice_access.patients import PatientsDesk
from patientportal.practice_access.schedule import ScheduleDesk
from patientportal.practice_access.statements import StatementsDesk
from patientportal.practice_access.support import SupportDesk
from patientportal.recovery_access import RecoveryAccess
from patientportal.testing import ANSWERS, PASSWORD, CheapHasher, FrozenClock, activated, desk, invited, person, portal

FACE = (
    Portal,
    RecoveryAccess,
    PatientAccess,
    AccountAccess,
    AppointmentsAccess,
    SupportAccess,
    MedicationsAccess,
    MessagesAccess,
    StatementsAccess,
    PracticeAccess,
    PatientsDesk,
    ScheduleDesk,
    AppointmentsDesk,
    SupportDesk,
    MedicationsDesk,
    MessagesDesk,
    StatementsDesk,
    AuditDesk,
)
NOON, HOUR = datetime(2026, 1, 5, 12, tzinfo=UTC), timedelta(hours=1)
HUGE = "x" * 10_000_000
SECONDS_AT_MOST = 1.0

Bad = dict[str, tuple[Any, type[Exception]]]


def no_text(**more: Any) -> Bad:
    """What isn't text, and what is said to that."""
    return {"a number": (5, TypeError), "bytes": (b"text", TypeError), "a list": (["text"], TypeError), **more}


def text(refusal: type[Exception], **more: Any) -> Bad:
    """What isn't text, and the text that nobody can use."""
    unusable = {
        "10 MB": HUGE,
        "10 MB of surrogates": "\ud800" * 10_000_000,
        "a lone surrogate": "x\udcff",
        "NUL": "x\0",
    }
    refused = {name: (value, refusal) for name, value in (unusable | more).items()}
    return no_text(none=(None, TypeError)) | refused


def token(refusal: type[Exception]) -> Bad:
    forged = {"short": "a.b.c", "of nobody": f"a.b.{'A' * 43}", "dots": "." * 200, "long": f"a.b.{'A' * 10_000}"}
    return text(refusal, empty="", newline=f"a.b.{'A' * 43}\n", not_ascii=f"\u0660.b.{'A' * 43}", **forged)


def cursor(*place: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


USERNAME = text(BadInputError, empty="", space=" ", spaces="a b", control="a\x07", too_long="x" * 65, look="\u2100")
SECRET = text(BadInputError, empty="", too_long="x" * 1025, too_many_bytes="\u00e9" * 513)
EMAIL = text(BadInputError, empty="", blank=" ", no_at="ada", two="a@b.example, c@d.example", too_long="x@" + "y" * 300)
PATIENT = text(NotFoundError, empty="", unknown="nobody", too_long="x" * 65, dots="a.b", newline="nobody\n")
LIMIT: Bad = {
    "none": (None, TypeError),
    "text": ("5", TypeError),
    "a fraction": (5.0, TypeError),
    "yes": (True, TypeError),
    "zero": (0, BadInputError),
    "negative": (-1, BadInputError),
    "huge": (10**30, BadInputError),
}
CURSOR = no_text() | {
    name: (value, BadInputError)
    for name, value in {
        "empty": "",
        "10 MB": HUGE,
        "a lone surrogate": "\ud800",
        "NUL": "\0",
        "no base64": "!!!!",
        "no JSON": base64.urlsafe_b64encode(b"no JSON").decode(),
        "no UTF-8": base64.urlsafe_b64encode(b"\xff\xff\xff").decode(),
        "deep": base64.urlsafe_b64encode(b"[" * 300).decode(),
        "nothing": cursor(),
        "too much": cursor("2026-01-05T09:00:00+00:00", "id", "id"),
        "naive": cursor("2026-01-05T09:00:00", "id"),
        "no moment": cursor("yesterday", "id"),
        "a number for a moment": cursor(5, "id"),
        "a number for an id": cursor("2026-01-05T09:00:00+00:00", 5),
    }.items()
}
GOOD_ANSWERS = {question.value: answer for question, answer in ANSWERS.items()}
QUESTIONS: Bad = {
    "none": (None, TypeError),
    "text": ("first_pet", TypeError),
    "pairs": (list(GOOD_ANSWERS.items()), TypeError),
    "a number for a question": ({5: "Mopsy", "first_pet": "Mopsy"}, TypeError),
    "bytes for a question": ({b"first_pet": "Mopsy", "first_school": "Mopsy"}, TypeError),
    "a number for an answer": (GOOD_ANSWERS | {"first_pet": 5}, TypeError),
    "bytes for an answer": (GOOD_ANSWERS | {"first_pet": b"Mopsy"}, TypeError),
    "none at all": ({}, BadInputError),
    "too few": ({"first_pet": "Mopsy"}, BadInputError),
    "an unknown question": (GOOD_ANSWERS | {"mother": "Anne"}, BadInputError),
    "a huge question": (GOOD_ANSWERS | {HUGE: "Anne"}, BadInputError),
    "a huge answer": (GOOD_ANSWERS | {"first_pet": HUGE}, BadInputError),
    "an answer with NUL": (GOOD_ANSWERS | {"first_pet": "Mopsy\0"}, BadInputError),
    "an answer with a lone surrogate": (GOOD_ANSWERS | {"first_pet": "\ud800"}, BadInputError),
    "too many": ({str(number): "Mopsy" for number in range(100_000)}, BadInputError),
}
TYPED = {name: bad for name, bad in QUESTIONS.items() if name != "too few"} | {
    "another question": ({"favourite_dish": "Soup"}, BadInputError),
    "one question more": (GOOD_ANSWERS, BadInputError),
}
CHALLENGE = text(
    ChallengeInvalidError, empty="", unknown="A" * 43, short="A" * 42, long="A" * 65, newline="A" * 43 + "\n"
)
CONTACT = text(BadInputError, empty="", blank=" ", control="a\x07", two_lines="a\nb", too_long="x" * 255)
MESSAGE = text(BadInputError, empty="", blank=" \n ", control="a\x07", too_long="x" * 2001)
DAY: Bad = {
    "none": (None, TypeError),
    "text": ("1980-12-10", TypeError),
    "a moment": (datetime(1980, 12, 10, tzinfo=UTC), TypeError),
    "a naive moment": (datetime(1980, 12, 10), TypeError),  # noqa: DTZ001 - bad on purpose
}
REFILLS: Bad = {
    "none": (None, TypeError),
    "text": ("3", TypeError),
    "a fraction": (3.0, TypeError),
    "yes": (True, TypeError),
    "negative": (-1, BadInputError),
    "one too many": (100, BadInputError),
    "enormous": (10**30, BadInputError),
}
YES_OR_NO: Bad = {"none": (None, TypeError), "text": ("yes", TypeError), "a number": (1, TypeError)}
DIRECTIONS = text(BadInputError, control="a\x07", too_long="x" * 1001)
DENIAL = text(BadInputError, empty="", blank=" \n ", control="a\x07", too_long="x" * 1001)
UNTIL: Bad = {
    "none": (None, TypeError),
    "text": ("2026-01-06", TypeError),
    "a day": (date(2026, 1, 6), TypeError),
    "a naive moment": (datetime(2026, 1, 6), ValueError),  # noqa: DTZ001 - bad on purpose
    "years ahead": (datetime(2206, 1, 6, tzinfo=UTC), BadInputError),
    "the last moment there is": (datetime.max.replace(tzinfo=UTC), BadInputError),
}
REASON = text(BadInputError, blank=" \n ", control="a\x07", too_long="x" * 501)
STAFF_ID = text(BadInputError, empty="", blank=" ", control="a\x07", two_lines="a\nb", too_long="x" * 65)
MAYBE_STAFF_ID = {name: bad for name, bad in STAFF_ID.items() if name != "none"}
MOMENT: Bad = {
    "text": ("2026-01-05T09:00:00+00:00", TypeError),
    "a day": (date(2026, 1, 5), TypeError),
    "naive": (datetime(2026, 1, 5, 9), ValueError),  # noqa: DTZ001 - bad on purpose
    "before the first day": (datetime.fromisoformat("0001-01-01T00:00:00+14:00"), BadInputError),
    "after the last": (datetime.fromisoformat("9999-12-31T23:59:59-14:00"), BadInputError),
}
TIME_OF_DAY: Bad = {
    "none": (None, TypeError),
    "text": ("09:00", TypeError),
    "with a zone": (time_of_day(9, tzinfo=UTC), TypeError),
    "seconds": (time_of_day(9, 0, 1), BadInputError),
}
OTHER_DAY: Bad = DAY | {"long ago": (date(1899, 12, 31), BadInputError), "far ahead": (date.max, BadInputError)}
WINDOWS: Bad = {
    "none": (None, TypeError),
    "one": (Window(first_day=date(2026, 1, 5), last_day=date(2026, 1, 5)), TypeError),
    "text": ("tomorrow", TypeError),
    "pairs": ([(date(2026, 1, 5), date(2026, 1, 5))], TypeError),
    "none at all": ([], BadInputError),
    "in the past": ([Window(first_day=date(2026, 1, 1), last_day=date(2026, 1, 4))], BadInputError),
    "too many": ([Window(first_day=date(2026, 1, 5), last_day=date(2026, 1, 5))] * 6, BadInputError),
    "without an end": (itertools.repeat(Window(first_day=date(2026, 1, 5), last_day=date(2026, 1, 5))), BadInputError),
}
PERSONAL: Bad = {
    "none": (None, TypeError),
    "a mapping": ({"first_name": "Ada"}, TypeError),
    "somebody not yet born": (person(date_of_birth=date(2999, 1, 1)), BadInputError),
}
AMOUNT: Bad = {
    "none": (None, TypeError),
    "a number": (10, TypeError),
    "a float": (10.0, TypeError),
    "not a number": (float("nan"), TypeError),
    "yes": (True, TypeError),
    "a decimal": (Decimal("10.00"), TypeError),
    "text": ("10.00", TypeError),
    "full as text": ("full", TypeError),
    "zero": (Money.parse("0", "USD"), BadInputError),
    "another currency": (Money.parse("10", "EUR"), BadInputError),
    "another currency, huge": (Money.parse("999999999999", "JPY"), BadInputError),
}
MONEY: Bad = {name: bad for name, bad in AMOUNT.items() if bad[1] is TypeError}
DOCUMENT: Bad = {
    "none": (None, TypeError),
    "text": ("%PDF", TypeError),
    "an array": (bytearray(b"%PDF"), TypeError),
    "empty": (b"", BadInputError),
    "11 MB": (b"x" * 11_000_000, BadInputError),
    "a byte too many": (b"x" * (10 * 1024 * 1024 + 1), BadInputError),
}
KEY = {
    name: bad
    for name, bad in text(BadInputError, empty="", too_long="x" * 256, too_many_bytes="\U0001f9ea" * 256).items()
    if name != "none"  # each call is a new payment
}
STAFF: Bad = {"none": (None, TypeError), "text": ("staff-1", TypeError), "a mapping": ({"id": "staff-1"}, TypeError)}

BAD: Mapping[str, Mapping[str, Bad]] = {
    "Portal.activate": {
        "link_secret": token(LinkInvalidError),
        "username": USERNAME,
        "password": SECRET,
        "security_answers": QUESTIONS,
    },
    "Portal.log_in": {
        "username": USERNAME,
        "password": SECRET,
        "device": text(BadInputError, control="a\x07", too_long="x" * 101, turned="a\u202e"),
    },
    "Portal.resume": {"session_token": token(SessionEndedError)},
    "Portal.practice": {"member": STAFF},
    "Portal.confirm_email": {"link_secret": token(LinkInvalidError)},
    "RecoveryAccess.forgot_password": {"username": USERNAME},
    "RecoveryAccess.forgot_username": {
        "personal": {"none": (None, TypeError), "a mapping": ({"first_name": "Ada"}, TypeError)}
    },
    "RecoveryAccess.answer": {"challenge_id": CHALLENGE, "answers": TYPED},
    "RecoveryAccess.check": {"link_secret": token(LinkInvalidError)},
    "RecoveryAccess.reset_password": {"link_secret": token(LinkInvalidError), "new_password": SECRET},
    "RecoveryAccess.ask_support": {"contact": CONTACT, "message": MESSAGE},
    "Portal.work": {"limit": LIMIT, "stop": {"none": (None, TypeError), "text": ("stop", TypeError)}},
    "Portal.health": {},
    "Portal.close": {},
    "PatientAccess.log_off": {},
    "PatientAccess.log_off_everywhere": {},
    "AccountAccess.change_password": {"current": SECRET, "new": SECRET},
    "AccountAccess.change_email": {"password": SECRET, "new": EMAIL},
    "AccountAccess.set_security_answers": {"password": SECRET, "answers": QUESTIONS},
    "AccountAccess.log_off_device": {"session_id": PATIENT},
    "AppointmentsAccess.open_slots": {
        "provider_id": MAYBE_STAFF_ID,
        "place_id": MAYBE_STAFF_ID,
        "after": MOMENT | {"not before the end": (NOON + 2 * HOUR, BadInputError)},
        "before": MOMENT | {"not after the beginning": (NOON, BadInputError)},
        "limit": LIMIT,
        "cursor": CURSOR,
    },
    "AppointmentsAccess.book": {"slot_id": PATIENT, "reason": REASON},
    "AppointmentsAccess.upcoming": {"limit": LIMIT, "cursor": CURSOR},
    "AppointmentsAccess.past": {"limit": LIMIT, "cursor": CURSOR},
    "AppointmentsAccess.get": {"appointment_id": PATIENT},
    "AppointmentsAccess.cancel": {"appointment_id": PATIENT},
    "AppointmentsAccess.reschedule": {"appointment_id": PATIENT, "slot_id": PATIENT},
    "AppointmentsAccess.request": {
        "reason": REASON | {"empty": ("", BadInputError)},
        "windows": WINDOWS,
        "provider_id": MAYBE_STAFF_ID,
    },
    "AppointmentsAccess.requests": {"limit": LIMIT, "cursor": CURSOR},
    "AppointmentsAccess.withdraw_request": {"request_id": PATIENT},
    "ScheduleDesk.publish": {
        "place": {"none": (None, TypeError), "text": ("north", TypeError), "a mapping": ({"id": "north"}, TypeError)},
        "pattern": text(
            BadInputError,
            **{"empty": "", "no rule": "on Mondays", "no days": "FREQ=WEEKLY", "no end": "FREQ=SECONDLY"},
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
    },
    "AppointmentsDesk.of_day": {"provider_id": STAFF_ID, "day": OTHER_DAY},
    "AppointmentsDesk.requests": {"limit": LIMIT, "cursor": CURSOR},
    "AppointmentsDesk.schedule_request": {"request_id": PATIENT, "slot_id": PATIENT},
    "AppointmentsDesk.decline_request": {"request_id": PATIENT, "reason": REASON | {"empty": ("", BadInputError)}},
    "AppointmentsDesk.cancel": {"appointment_id": PATIENT, "reason": REASON | {"empty": ("", BadInputError)}},
    "AppointmentsDesk.mark_fulfilled": {"appointment_id": PATIENT},
    "AppointmentsDesk.mark_noshow": {"appointment_id": PATIENT},
    "SupportAccess.ask": {"message": MESSAGE},
    "SupportAccess.requests": {"limit": LIMIT, "cursor": CURSOR},
    "MedicationsAccess.active": {"limit": LIMIT, "cursor": CURSOR},
    "MedicationsAccess.all": {"limit": LIMIT, "cursor": CURSOR},
    "MedicationsAccess.request_renewal": {
        "medication_id": PATIENT,
        "pharmacy": text(BadInputError, two_lines="a\nb", too_long="x" * 201),
        "note": DIRECTIONS,
    },
    "MedicationsAccess.renewals": {"limit": LIMIT, "cursor": CURSOR},
    "MedicationsAccess.withdraw_renewal": {"renewal_id": PATIENT},
    "MessagesAccess.inbox": {"limit": LIMIT, "cursor": CURSOR},
    "MessagesAccess.get": {"message_id": PATIENT},
    "MessagesAccess.unread_count": {},
    "StatementsAccess.all": {"limit": LIMIT, "cursor": CURSOR},
    "StatementsAccess.current": {},
    "StatementsAccess.get": {"statement_id": PATIENT},
    "StatementsAccess.document": {"statement_id": PATIENT},
    "StatementsAccess.pay": {
        "statement_id": PATIENT,
        "amount": AMOUNT,
        "source": text(BadInputError, empty="", too_long="x" * 1025, too_many_bytes="\u00e9" * 513),
        "idempotency_key": KEY,
    },
    "StatementsAccess.payments": {"limit": LIMIT, "cursor": CURSOR},
    "StatementsAccess.request_new_statement": {},
    "StatementsAccess.request_resend": {"statement_id": PATIENT},
    "AccountAccess.devices": {"limit": LIMIT, "cursor": CURSOR},
    "AccountAccess.history": {"limit": LIMIT, "cursor": CURSOR},
    "PatientsDesk.register": {"personal": PERSONAL},
    "PatientsDesk.get": {"patient_id": PATIENT},
    "PatientsDesk.find": {
        "last_name": text(BadInputError, empty="", blank=" ", control="a\x07", too_long="x" * 101),
        "date_of_birth": DAY,
    },
    "PatientsDesk.invite": {"patient_id": PATIENT},
    "PatientsDesk.change_email": {"patient_id": PATIENT, "new": EMAIL},
    "PatientsDesk.deactivate": {"patient_id": PATIENT},
    "PatientsDesk.reactivate": {"patient_id": PATIENT},
    "MedicationsDesk.record": {
        "patient_id": PATIENT,
        "name": text(BadInputError, empty="", blank=" ", two_lines="a\nb", too_long="x" * 201),
        "dose": text(BadInputError, two_lines="a\nb", too_long="x" * 201),
        "directions": DIRECTIONS,
        "prescriber_id": {name: bad for name, bad in STAFF_ID.items() if name != "none"},
        "started_on": DAY,
        "refills_left": REFILLS,
        "is_renewable": YES_OR_NO,
    },
    "MedicationsDesk.discontinue": {"medication_id": PATIENT},
    "MedicationsDesk.cover": {"prescriber_id": STAFF_ID, "by": STAFF_ID, "until": UNTIL},
    "MedicationsDesk.pending_renewals": {"limit": LIMIT, "cursor": CURSOR},
    "MedicationsDesk.unfilled_renewals": {"limit": LIMIT, "cursor": CURSOR},
    "MedicationsDesk.approve_renewal": {
        "renewal_id": PATIENT,
        "refills": REFILLS,
        "changes": {name: bad for name, bad in DENIAL.items() if name != "none"},
        "refilled": YES_OR_NO,
    },
    "MedicationsDesk.deny_renewal": {"renewal_id": PATIENT, "reason": DENIAL},
    "MedicationsDesk.mark_refilled": {"renewal_id": PATIENT},
    "MessagesDesk.send": {
        "patient_id": PATIENT,
        "subject": text(BadInputError, empty="", blank=" ", two_lines="a\nb", too_long="x" * 201),
        "body": text(BadInputError, empty="", blank=" \n ", control="a\x07", too_long="x" * 5001),
    },
    "StatementsDesk.upload": {
        "patient_id": PATIENT,
        "number": text(BadInputError, empty="", blank=" ", two_lines="a\nb", too_long="x" * 65),
        "balance": MONEY,
        "issued_on": DAY | {"after it is due": (date(2026, 2, 2), BadInputError)},
        "due_on": DAY | {"before it was issued": (date(2026, 1, 1), BadInputError)},
        "document": DOCUMENT,
        "media_type": text(
            BadInputError, empty="", no_subtype="pdf", parameters="text/plain; charset=utf-8", two="a/b/c"
        ),
    },
    "StatementsDesk.resend": {
        "statement_id": PATIENT,
        "due_on": DAY | {"over": (date(2026, 1, 4), BadInputError), "before it was issued": (date.min, BadInputError)},
    },
    "StatementsDesk.payments": {"patient_id": PATIENT, "limit": LIMIT, "cursor": CURSOR},
    "StatementsDesk.refund": {"payment_id": PATIENT},
    "SupportDesk.unlock": {"patient_id": PATIENT},
    "SupportDesk.send_password_reset": {"patient_id": PATIENT},
    "SupportDesk.open_requests": {"limit": LIMIT, "cursor": CURSOR},
    "SupportDesk.resolve": {"request_id": PATIENT},
    "AuditDesk.undelivered": {"limit": LIMIT, "cursor": CURSOR},
}
CASES = [
    pytest.param(method, argument, *bad, id=f"{method}-{argument}-{name}")
    for method, arguments in BAD.items()
    for argument, bads in arguments.items()
    for name, bad in bads.items()
]
TIMELESS = {
    "Portal.practice",
    "Portal.close",
    "PatientsDesk.get",
    "PatientsDesk.find",
    "AuditDesk.undelivered",
    "SupportDesk.open_requests",
    "MedicationsDesk.pending_renewals",
    "MedicationsDesk.unfilled_renewals",
    "StatementsDesk.payments",
    "AppointmentsDesk.of_day",
    "AppointmentsDesk.requests",
}


class CountingHasher(CheapHasher):
    """A hasher that counts."""

    def __init__(self) -> None:
        super().__init__()
        self.hashes = 0

    def hash(self, text: str) -> str:
        self.hashes += 1
        return super().hash(text)

    def verify(self, text: str, against: str) -> bool:
        self.hashes += 1
        return super().verify(text, against)


class Clock(FrozenClock):
    """A clock that can forget its zone."""

    is_naive = False

    def __call__(self) -> datetime:
        now = super().__call__()
        return now.replace(tzinfo=None) if self.is_naive else now


@frozen(kw_only=True)
class Face:
    """Every object of the face over one store, and arguments with which each of its calls would succeed."""

    store: Store
    hasher: CountingHasher
    clock: Clock
    handles: dict[str, Any]
    good: dict[str, Any]

    def call(self, method: str, **otherwise: Any) -> Any:
        handle, _, name = method.partition(".")
        of_all = {argument: self.good.get(f"{name}.{argument}") for argument in BAD[method]}
        good = {argument: self.good.get(f"{method}.{argument}", usual) for argument, usual in of_all.items()}
        return getattr(self.handles[handle], name)(**(good | otherwise))

    def contents(self) -> list[object]:
        with self.store.view() as view:
            return [set(view.select(Query(state=kind.state))) for kind in KINDS.values()]


def of_appointments(one: Portal, me: PatientAccess, practice: PracticeAccess) -> dict[str, Any]:
    """Good arguments for all about visits: hours on Monday afternoon, one of them booked, and one that has begun."""
    monday, dora = NOON.date(), StaffId("dora")
    publish: dict[str, Any] = {
        "place": Place(id=PlaceId("north"), name="North Building", zone="UTC"),
        "pattern": "FREQ=WEEKLY;BYDAY=MO",
        "opens": time_of_day(13),
        "closes": time_of_day(17),
        "visit_length": HOUR,
        "first_day": monday,
        "last_day": monday,
        "exceptions": (),
        "provider_id": dora,
        "progress": None,
    }
    practice.schedule.publish(
        **(publish | {"opens": time_of_day(9, 5), "closes": time_of_day(9, 20), "visit_length": HOUR / 4})
    )
    practice.schedule.publish(**publish)
    begun, first, second, *_ = (slot.slot_id for slot in me.appointments.open_slots().items)
    kept_id = me.appointments.book(begun)
    one._outside.clock.advance(HOUR / 12)  # type: ignore[attr-defined] # it is a FrozenClock
    visit_id = me.appointments.book(first)
    request_id = me.appointments.request("My knee", [Window(first_day=monday, last_day=monday)])
    good = {f"publish.{name}": value for name, value in publish.items()}
    good |= {f"{verb}.appointment_id": visit_id for verb in ("cancel", "reschedule")}
    good |= {f"{verb}.appointment_id": kept_id for verb in ("mark_fulfilled", "mark_noshow")}
    good |= {f"{verb}.slot_id": second for verb in ("book", "reschedule", "schedule_request")}
    good |= {f"{verb}.reason": "My knee" for verb in ("book", "cancel", "request", "decline_request")}
    good |= {f"{verb}.request_id": request_id for verb in ("withdraw_request", "schedule_request", "decline_request")}
    good |= {f"{verb}.after": NOON for verb in ("open_slots", "withdraw")}
    good |= {f"{verb}.before": NOON + HOUR for verb in ("open_slots", "withdraw")}
    return good | {
        "AppointmentsAccess.get.appointment_id": visit_id,
        "request.windows": [Window(first_day=monday, last_day=monday)],
        "withdraw.provider_id": dora,
        "of_day.provider_id": dora,
        "of_day.day": monday,
    }


def opened(store: Store) -> Face:
    hasher, clock, notifier = CountingHasher(), Clock(), RecordingNotifier()
    one = portal(store=store, hasher=hasher, clock=clock, notifier=notifier)
    member = activated(one, notifier)
    _, link_secret = invited(one, notifier, email="second@example.org")
    me = one.log_in(member.username, member.password)
    me.account.change_email(member.password, "third@example.org")
    one.work()
    confirmation = next(message.link for message in notifier.messages if message.kind is NoticeKind.CONFIRM_EMAIL)
    practice = desk(one)
    challenge = one.recovery.forgot_password(member.username)
    practice.support.send_password_reset(member.patient_id)
    one.work()
    reset = next(message.link for message in notifier.messages if message.kind is NoticeKind.PASSWORD_RESET)
    request_id = me.support.ask("Help")
    good = {
        "activate.link_secret": link_secret,
        "activate.username": "second",
        "activate.password": PASSWORD,
        "activate.security_answers": ANSWERS,
        "log_in.username": member.username,
        "log_in.password": member.password,
        "log_in.device": "phone",
        "resume.session_token": me.token,
        "log_off_device.session_id": one.log_in(member.username, member.password)
        .account.devices()
        .items[-1]
        .session_id,
        "practice.member": practice._member,
        "change_password.current": member.password,
        "change_password.new": "amber lantern 77 drifts",
        "confirm_email.link_secret": str(confirmation).partition("#")[2],
        "work.stop": bool,
        "forgot_password.username": member.username,
        "forgot_username.personal": person(),
        "answer.challenge_id": challenge.id,
        "answer.answers": {question: ANSWERS[question] for question in challenge.questions},
        "check.link_secret": str(reset).partition("#")[2],
        "reset_password.link_secret": str(reset).partition("#")[2],
        "reset_password.new_password": "amber lantern 77 drifts",
        "ask_support.contact": "ada@example.org",
        "ask_support.message": "Help",
        "set_security_answers.password": member.password,
        "set_security_answers.answers": ANSWERS,
        "ask.message": "Help",
        "resolve.request_id": request_id,
        "change_email.password": member.password,
        "change_email.new": "fourth@example.org",
        "register.personal": person(),
        "find.last_name": "Byron",
        "find.date_of_birth": date(1980, 12, 10),
    }
    message_id = practice.messages.send(member.patient_id, subject="Hello", body="Hello.")
    me.messages.get(message_id)
    good |= {
        "MessagesAccess.get.message_id": message_id,
        "send.patient_id": member.patient_id,
        "send.subject": "Hello",
        "send.body": "Hello.",
    }
    good |= prescribed(practice, me)
    good |= billed(practice, me)
    good |= of_appointments(one, me, practice)
    lists = (
        *("devices", "history", "undelivered", "requests", "open_requests", "inbox", "open_slots", "upcoming", "past"),
        *("active", "all", "renewals", "pending_renewals", "unfilled_renewals", "payments"),
    )
    good |= {f"{name}.limit": 5 for name in ("work", *lists)}
    good |= {f"{name}.cursor": None for name in lists}
    verbs = ("get", "invite", "change_email", "deactivate", "reactivate", "unlock", "send_password_reset")
    good |= {f"{verb}.patient_id": member.patient_id for verb in verbs}
    handles = (
        one,
        one.recovery,
        me,
        me.account,
        me.appointments,
        me.support,
        me.medications,
        me.messages,
        me.statements,
        practice,
        practice.patients,
        practice.schedule,
        practice.appointments,
        practice.support,
        practice.medications,
        practice.messages,
        practice.statements,
        practice.audit,
    )
    named = {type(handle).__name__: handle for handle in handles}
    return Face(store=store, hasher=hasher, clock=clock, handles=named, good=good)


def billed(practice: PracticeAccess, me: PatientAccess) -> dict[str, Any]:
    """A statement of which something is paid, and the arguments that name it and another one."""
    statement: dict[str, Any] = {
        "patient_id": me.patient_id,
        "balance": Money.parse("100.00", "USD"),
        "issued_on": date(2026, 1, 2),
        "due_on": date(2026, 2, 1),
        "document": b"%PDF",
        "media_type": "application/pdf",
    }
    statement_id = practice.statements.upload(number="A-1", **statement)
    paid = me.statements.pay(statement_id, Money.parse("1.00", "USD"), source="approve")
    of_statement = ("get", "document", "pay", "request_resend")
    return {
        **{f"upload.{name}": value for name, value in statement.items()},
        **{f"StatementsAccess.{verb}.statement_id": statement_id for verb in of_statement},
        "upload.number": "A-2",
        "resend.statement_id": statement_id,
        "resend.due_on": date(2026, 2, 1),
        "pay.amount": Money.parse("1.00", "USD"),
        "pay.source": "approve",
        "refund.payment_id": paid.payment_id,
        "payments.patient_id": me.patient_id,
    }


def prescribed(practice: PracticeAccess, me: PatientAccess) -> dict[str, Any]:
    """Medications of every sort that a call may be about, and the arguments that name them."""
    asked_for, approved, other, ended = (
        practice.medications.record(me.patient_id, name=name, started_on=date(2026, 1, 5), refills_left=1)
        for name in ("Aspirin", "Lisinopril", "Metformin", "Codeine")
    )
    waiting = me.medications.request_renewal(asked_for)
    unfilled = me.medications.request_renewal(approved)
    practice.medications.approve_renewal(unfilled, refills=1, refilled=False)
    return {
        "request_renewal.medication_id": other,
        "request_renewal.pharmacy": "Corner Pharmacy",
        "request_renewal.note": "Please.",
        "record.patient_id": me.patient_id,
        "record.name": "Aspirin",
        "record.dose": "81 mg",
        "record.directions": "Once a day.",
        "record.started_on": date(2026, 1, 5),
        "record.refills_left": 3,
        "record.is_renewable": True,
        "discontinue.medication_id": ended,
        "cover.prescriber_id": "staff-1",
        "cover.by": "staff-2",
        "cover.until": datetime(2026, 2, 5, tzinfo=UTC),
        "withdraw_renewal.renewal_id": waiting,
        "approve_renewal.renewal_id": waiting,
        "approve_renewal.refills": 3,
        "approve_renewal.refilled": True,
        "deny_renewal.renewal_id": waiting,
        "deny_renewal.reason": "Please come in.",
        "mark_refilled.renewal_id": unfilled,
    }


@pytest.fixture(scope="module", params=["memory", "sqlite"])
def face(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Face]:
    """One for all the tests: each proves that it left it as it was."""
    file = tmp_path_factory.mktemp("bad_input") / "portal.db"
    store: Store = MemoryStore() if request.param == "memory" else SqliteStore(file, durable=False)
    yield opened(store)
    store.close()


def test_every_public_method_of_the_face_and_each_of_its_arguments_is_covered() -> None:
    methods = {
        f"{of.__name__}.{name}": set(inspect.signature(method).parameters) - {"self"}
        for of in FACE
        for name, method in inspect.getmembers(of, inspect.isfunction)
        if not name.startswith("_")
    }
    assert {method: set(arguments) for method, arguments in BAD.items()} == methods


def test_every_object_of_the_face_is_known(face: Face) -> None:
    reached = {type(value) for handle in face.handles.values() for value in vars(handle).values()}
    ours = {of for of in reached if "_access" in of.__module__}
    assert ours <= set(FACE) == {type(handle) for handle in face.handles.values()}


@pytest.mark.parametrize(("method", "argument", "value", "expected"), CASES)
def test_bad_input_is_answered_with_its_error_soon_and_touches_nothing(
    face: Face, method: str, argument: str, value: object, expected: type[Exception]
) -> None:
    before, hashes = face.contents(), face.hasher.hashes
    began = time.perf_counter()
    with pytest.raises((TypeError, ValueError, PortalError)) as refusal:
        face.call(method, **{argument: value})
    assert time.perf_counter() - began < SECONDS_AT_MOST
    assert type(refusal.value) is expected
    assert len(str(refusal.value)) < 200
    if isinstance(value, str) and len(value) >= len(HUGE) and isinstance(refusal.value, BadInputError):
        assert refusal.value.problem == "too_long", "decided before anything is computed"
    assert face.hasher.hashes == hashes
    assert face.contents() == before


@pytest.mark.parametrize(
    "method", ["AccountAccess.devices", "AccountAccess.history", "AuditDesk.undelivered", "SupportAccess.requests"]
)
@pytest.mark.parametrize(
    "forged",
    [
        cursor("0001-01-01T00:00:00+14:00", "id"),
        cursor("9999-12-31T23:59:59-14:00", "id"),
        cursor("2026-01-05T09:00:00+00:00", "\ud800"),
        cursor("2026-01-05T09:00:00+00:00", "\0"),
    ],
    ids=["before the first day", "after the last", "a lone surrogate", "NUL"],
)
def test_a_cursor_that_no_page_gave_is_refused(face: Face, method: str, forged: str) -> None:
    with pytest.raises(BadInputError):
        face.call(method, cursor=forged)


@pytest.mark.parametrize("method", sorted(BAD.keys() - TIMELESS))
def test_a_clock_without_a_zone_is_a_value_error_and_touches_nothing(face: Face, method: str) -> None:
    before, hashes = face.contents(), face.hasher.hashes
    face.clock.is_naive = True
    try:
        with pytest.raises(ValueError, match="aware"):
            face.call(method)
    finally:
        face.clock.is_naive = False
    assert face.hasher.hashes == hashes
    assert face.contents() == before


@pytest.mark.parametrize("method", sorted(BAD))
def test_the_good_arguments_are_good(method: str) -> None:
    face = opened(MemoryStore())
    try:
        face.call(method)
    except PortalError as refusal:
        # Both act on the patient who can log in, who therefore isn't invited again.
        assert (method, refusal.code) == ("PatientsDesk.invite", "already_activated")  # noqa: PT017 - the one exception
