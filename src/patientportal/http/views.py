"""Views as JSON: each value has one way to be written, and what isn't meant to be shown has none."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any

from attrs import fields

import patientportal as public
from patientportal import Money, PartialDate

VIEWS: tuple[type, ...] = (
    public.AfterRestore,
    public.AnswerProblem,
    public.Challenge,
    public.CheckedLink,
    public.Device,
    public.Facts,
    public.Health,
    public.HistoryEntry,
    public.LeftOut,
    public.NoticeChoice,
    public.OpenSlot,
    public.OwnMedication,
    public.OwnRenewal,
    public.OwnRequest,
    public.Page,
    public.PasswordProblem,
    public.PatientDetails,
    public.PatientMedication,
    public.PatientMessage,
    public.PatientRenewal,
    public.PatientVisit,
    public.PaymentDetails,
    public.PersonalInformation,
    public.Place,
    public.PrintedCode,
    public.Profile,
    public.Provider,
    public.ProviderCover,
    public.PublishedSlots,
    public.ReceivedMessage,
    public.RefundDetails,
    public.RequestedVisit,
    public.StatementDetails,
    public.SupportRequestDetails,
    public.UnclearPayment,
    public.UnclearRefund,
    public.Undelivered,
    public.Visit,
    public.VisitType,
    public.Window,
    public.WithdrawnSlots,
    public.Worked,
)
"""Every object that a portal shows: what its calls return, and what stands in that. A document isn't JSON."""


def to_json(view: object) -> Any:  # noqa: ANN401 - what json.dumps takes
    """A view, a page, a tuple of views or a value of one, as what ``json.dumps`` takes; ``schema`` says what that is.

    Moments are of ISO 8601 with their offset, days as FHIR writes them, lengths of time whole seconds of ISO 8601,
    money an exact text and its currency, members of an enumeration their values.

    Args:
        view: what a call returned.

    Raises:
        TypeError: it is no view, such as bytes, a mail or an error (``problem``).
        ValueError: a moment in it has no offset.

    >>> to_json(Money.parse("12.50", "USD"))
    {'amount': '12.50', 'currency': 'USD'}
    """
    if isinstance(view, tuple):
        return [to_json(one) for one in view]
    if isinstance(view, VIEWS):
        return {one.name: to_json(getattr(view, one.name)) for one in fields(type(view))}  # type: ignore[arg-type] # all attrs
    for kind, write in _WRITERS:
        if isinstance(view, kind):
            return write(view)
    raise TypeError(f"{type(view).__name__} is no view")


def _moment(at: datetime) -> str:
    offset = at.utcoffset()
    if offset is None:
        raise ValueError("a moment needs an offset")
    is_written = offset % timedelta(minutes=1) == timedelta(0)  # RFC 3339 has no seconds in an offset
    return (at if is_written else at.astimezone(UTC)).isoformat()


def _money(amount: Money) -> dict[str, str]:
    return {"amount": f"{amount.amount:f}", "currency": amount.currency}


_WRITERS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (Enum, lambda member: member.value),
    (str, str),
    (bool, bool),
    (int, int),
    (type(None), lambda nothing: nothing),
    (datetime, _moment),
    (date, date.isoformat),
    (PartialDate, str),
    (timedelta, lambda length: f"PT{int(length.total_seconds())}S"),
    (Money, _money),
)
