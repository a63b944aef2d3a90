"""Strategies for the plain values that states are made of: ids, secrets, hashes, tokens, moments and lines of text."""

import string
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from patientportal.domain import ids as domain_ids
from patientportal.domain.ids import (
    AppointmentId,
    AppointmentRequestId,
    DeliveryId,
    EmailChangeId,
    EventId,
    LinkId,
    MedicationId,
    MessageId,
    PatientId,
    PaymentId,
    PlaceId,
    RefundId,
    RenewalId,
    SessionId,
    SlotId,
    StaffId,
    StatementId,
    SupportRequestId,
    VisitTypeId,
)
from patientportal.domain.values.text import visible_length
from patientportal.domain.values.tokens import Token

ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "UTC")
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_ID = string.ascii_letters + string.digits + "-_"
_LINE = st.one_of(st.sampled_from(string.ascii_letters + " '-"), st.characters(categories=["L", "M", "N", "P", "S"]))
_A_WHILE = timedelta(days=30)


def ids() -> SearchStrategy[str]:
    """Opaque ids, as any ``new_id`` may make them."""
    return st.text(_ID, min_size=1, max_size=64)


def patient_ids() -> SearchStrategy[PatientId]:
    """Ids of patients."""
    return ids().map(domain_ids.PatientId)


def session_ids() -> SearchStrategy[SessionId]:
    """Ids of sessions."""
    return ids().map(domain_ids.SessionId)


def link_ids() -> SearchStrategy[LinkId]:
    """Ids of links."""
    return ids().map(domain_ids.LinkId)


def email_change_ids() -> SearchStrategy[EmailChangeId]:
    """Ids of changes of an address."""
    return ids().map(domain_ids.EmailChangeId)


def message_ids() -> SearchStrategy[MessageId]:
    """Ids of messages in an inbox."""
    return ids().map(domain_ids.MessageId)


def place_ids() -> SearchStrategy[PlaceId]:
    """Ids of places, which are the host's own: any line of text."""
    return lines(max_size=64).map(domain_ids.PlaceId)


def visit_type_ids() -> SearchStrategy[VisitTypeId]:
    """Ids of kinds of visits, which are the host's own: any line of text."""
    return lines(max_size=64).map(domain_ids.VisitTypeId)


def slot_ids() -> SearchStrategy[SlotId]:
    """Ids of slots."""
    return ids().map(domain_ids.SlotId)


def appointment_ids() -> SearchStrategy[AppointmentId]:
    """Ids of visits."""
    return ids().map(domain_ids.AppointmentId)


def appointment_request_ids() -> SearchStrategy[AppointmentRequestId]:
    """Ids of requests for a visit."""
    return ids().map(domain_ids.AppointmentRequestId)


def medication_ids() -> SearchStrategy[MedicationId]:
    """Ids of medications."""
    return ids().map(domain_ids.MedicationId)


def renewal_ids() -> SearchStrategy[RenewalId]:
    """Ids of requests for more of a medication."""
    return ids().map(domain_ids.RenewalId)


def support_request_ids() -> SearchStrategy[SupportRequestId]:
    """Ids of requests to support."""
    return ids().map(domain_ids.SupportRequestId)


def statement_ids() -> SearchStrategy[StatementId]:
    """Ids of statements."""
    return ids().map(domain_ids.StatementId)


def payment_ids() -> SearchStrategy[PaymentId]:
    """Ids of payments."""
    return ids().map(domain_ids.PaymentId)


def refund_ids() -> SearchStrategy[RefundId]:
    """Ids of refunds."""
    return ids().map(domain_ids.RefundId)


def delivery_ids() -> SearchStrategy[DeliveryId]:
    """Ids of deliveries."""
    return ids().map(domain_ids.DeliveryId)


def event_ids() -> SearchStrategy[EventId]:
    """Ids of recorded events."""
    return ids().map(domain_ids.EventId)


def staff_ids() -> SearchStrategy[StaffId]:
    """Ids of staff, which are the host's own: any line of text."""
    return lines(max_size=64).map(domain_ids.StaffId)


def secrets() -> SearchStrategy[str]:
    """What ``new_secret`` may make: 256 bits and more as base64url."""
    return st.text(_ID, min_size=43, max_size=64)


def secret_hashes() -> SearchStrategy[bytes]:
    """SHA-256 hashes of secrets."""
    return st.binary(min_size=32, max_size=32)


def password_hashes() -> SearchStrategy[str]:
    """Hashes as ``CheapHasher`` makes them."""
    return st.builds("cheap$1${}${}".format, st.integers(1, 10**9), secret_hashes().map(bytes.hex))


def tokens() -> SearchStrategy[Token]:
    """Tokens of links and sessions."""
    return st.builds(Token, patient_id=patient_ids(), id=ids(), secret=secrets())


def moments(*, earliest: datetime = EARLIEST, latest: datetime = LATEST) -> SearchStrategy[datetime]:
    """Moments in UTC, to the microsecond.

    Args:
        earliest: the first one, aware.
        latest: the last one, aware.
    """
    naive = (bound.astimezone(UTC).replace(tzinfo=None) for bound in (earliest, latest))
    return st.datetimes(*naive, timezones=st.just(UTC))


@st.composite
def rising(draw: DrawFn, count: int, *, skewed: bool = False) -> list[datetime]:
    """Moments each of which is at or after the one before.

    Args:
        draw: given by Hypothesis.
        count: how many.
        skewed: whether a clock was set back in between, so that any may be before any.
    """
    at = draw(moments(earliest=EARLIEST + 9 * _A_WHILE, latest=LATEST - 9 * _A_WHILE))
    found = [at]
    for _ in range(count - 1):
        at += draw(st.timedeltas(-_A_WHILE if skewed else timedelta(0), _A_WHILE))
        found.append(at)
    return found


def lines(*, min_size: int = 1, max_size: int = 40) -> SearchStrategy[str]:
    """Lines of text as they are kept: composed, and without space around them.

    Args:
        min_size: the fewest characters.
        max_size: the most characters.
    """
    typed = st.text(_LINE, min_size=min_size, max_size=max_size)
    tidy = typed.map(lambda line: unicodedata.normalize("NFC", line).strip())
    return tidy.filter(lambda line: min_size <= len(line) <= max_size and (visible_length(line) > 0 or not min_size))


BY_TYPE: Mapping[Any, Callable[[], SearchStrategy[Any]]] = MappingProxyType(
    {
        AppointmentId: appointment_ids,
        AppointmentRequestId: appointment_request_ids,
        DeliveryId: delivery_ids,
        EmailChangeId: email_change_ids,
        EventId: event_ids,
        LinkId: link_ids,
        MedicationId: medication_ids,
        MessageId: message_ids,
        PatientId: patient_ids,
        PaymentId: payment_ids,
        RefundId: refund_ids,
        PlaceId: place_ids,
        RenewalId: renewal_ids,
        SessionId: session_ids,
        SlotId: slot_ids,
        StaffId: staff_ids,
        StatementId: statement_ids,
        VisitTypeId: visit_type_ids,
        SupportRequestId: support_request_ids,
        Token: tokens,
    }
)
"""What ``st.from_type`` answers with, by the type asked for."""
