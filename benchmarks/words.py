"""Words for people: saying an error and writing a mail, beside what does less."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import product
from string import Template
from zoneinfo import ZoneInfo

from benchmarks.measure import Figure, in_turn
from patientportal import (
    ENGLISH,
    AmountExceedsBalanceError,
    BadInputError,
    Message,
    Money,
    NoticeKind,
    PatientId,
    PortalError,
    SlotTakenError,
    WrongCredentialsError,
)
from patientportal.words import mails, say

ERRORS: tuple[PortalError, ...] = (
    SlotTakenError(),
    WrongCredentialsError(attempts_left=2),
    BadInputError(field="last_name", problem="too_long", limit=100),
    AmountExceedsBalanceError(remaining=Money(minor_units=1250, currency="USD")),
)
VISIT = Message(
    id="1",
    patient_id=PatientId("ada"),
    kind=NoticeKind.VISIT_BOOKED,
    to_email="ada@example.org",
    to_name="Ada",
    visit_at=datetime(2026, 11, 2, 9, tzinfo=ZoneInfo("America/New_York")),
    visit_place="North Building",
)


def figures(effort: float) -> Iterator[Figure]:
    """How much longer an error takes than filling its text in, and a letter than the core's English one."""
    pairs = int(2_000 * effort)
    for tag, error in product(("en-US", "es-US"), ERRORS):
        text = Template(say(error, tag).summary.replace("$", "$$"))
        taken = in_turn(partial(say, error, tag), text.substitute, pairs=pairs)
        yield taken.difference(f"say {error.code} ({tag})", unit="us")
    letter = partial(ENGLISH.letter, VISIT, practice="Lake Clinic")
    for tag in ("en-US", "es-US"):
        written = in_turn(partial(mails(tag).letter, VISIT, practice="Lake Clinic"), letter, pairs=pairs)
        yield written.difference(f"a letter about a visit ({tag})", unit="us")
