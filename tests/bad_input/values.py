"""What can be wrong with each kind of argument, and which error says so."""

import base64
import itertools
import json
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from typing import Any

from patientportal import BadInputError, ChallengeInvalidError, Money, NotFoundError, Window
from patientportal.testing import ANSWERS, person

NOON, HOUR = datetime(2026, 1, 5, 12, tzinfo=UTC), timedelta(hours=1)
HUGE = "x" * 10_000_000
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
EMAIL = text(
    BadInputError,
    empty="",
    blank=" ",
    no_at="ada",
    two="a@b.example, c@d.example",
    too_long="x@" + "y" * 300,
    no_domain="a@xn--a",
)
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
MESSAGE = text(
    BadInputError,
    empty="",
    blank=" \n ",
    unseen="\u3164\n\u2800\u200e",
    control="a\x07",
    turned="a\u2067b",
    too_long="x" * 2001,
)
DAY: Bad = {
    "none": (None, TypeError),
    "text": ("1980-12-10", TypeError),
    "a moment": (datetime(1980, 12, 10, tzinfo=UTC), TypeError),
    "a naive moment": (datetime(1980, 12, 10), TypeError),  # noqa: DTZ001 - bad on purpose
}
FOUND_BY = {
    name: bad
    for name, bad in text(BadInputError, empty="", blank=" ", control="a\x07", names="\u0301" * 10_000_000).items()
    if name != "none"
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
DIRECTIONS = text(BadInputError, control="a\x07", too_long="x" * 4001)
CHANGES = text(BadInputError, empty="", blank=" \n ", control="a\x07", too_long="x" * 4001)
NOTE = text(BadInputError, control="a\x07", too_long="x" * 1001)
DENIAL = text(BadInputError, empty="", blank=" \n ", control="a\x07", too_long="x" * 1001)
UNTIL: Bad = {
    "none": (None, TypeError),
    "text": ("2026-01-06", TypeError),
    "a day": (date(2026, 1, 6), TypeError),
    "a naive moment": (datetime(2026, 1, 6), ValueError),  # noqa: DTZ001 - bad on purpose
    "years ahead": (datetime(2206, 1, 6, tzinfo=UTC), BadInputError),
    "the last moment there is": (datetime.max.replace(tzinfo=UTC), BadInputError),
}
REASON = text(BadInputError, blank=" \n ", control="a\x07", too_long="x" * 1001)
STAFF_ID = text(BadInputError, empty="", blank=" ", control="a\x07", two_lines="a\nb", too_long="x" * 256)
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
MAYBE_OTHER_DAY = {name: bad for name, bad in OTHER_DAY.items() if name != "none"}
WINDOWS: Bad = {
    "none": (None, TypeError),
    "one": (Window(first_day=date(2026, 1, 5), last_day=date(2026, 1, 5)), TypeError),
    "text": ("tomorrow", TypeError),
    "pairs": ([(date(2026, 1, 5), date(2026, 1, 5))], TypeError),
    "none at all": ([], BadInputError),
    "in the past": ([Window(first_day=date(2026, 1, 1), last_day=date(2026, 1, 4))], BadInputError),
    "from long ago": ([Window(first_day=date.min, last_day=date(2026, 1, 5))], BadInputError),
    "for ever": ([Window(first_day=date(2026, 1, 5), last_day=date.max)], BadInputError),
    "too many": ([Window(first_day=date(2026, 1, 5), last_day=date(2026, 1, 5))] * 6, BadInputError),
    "without an end": (itertools.repeat(Window(first_day=date(2026, 1, 5), last_day=date(2026, 1, 5))), BadInputError),
}
EXTERNAL_ID = {
    name: bad
    for name, bad in text(BadInputError, empty="", blank=" ", two_lines="a\nb", too_long="x" * 256).items()
    if name != "none"
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
