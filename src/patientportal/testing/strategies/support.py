"""Strategies for requests to support and their events."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from patientportal.domain.events import Event
from patientportal.domain.ids import NOBODY
from patientportal.domain.support.support import SupportRequest, SupportResolved, SupportTopic
from patientportal.testing.strategies.people import emails
from patientportal.testing.strategies.values import (
    lines,
    message_ids,
    patient_ids,
    rising,
    staff_ids,
    statement_ids,
    support_request_ids,
)


@st.composite
def support_requests(draw: DrawFn, *, skewed: bool = False) -> SupportRequest:
    """Requests to support, of patients and of strangers, open and resolved.

    Args:
        draw: given by Hypothesis.
        skewed: whether the clock was set back in between.
    """
    asked, resolved = draw(rising(2, skewed=skewed))
    patient_id = draw(st.just(NOBODY) | patient_ids())
    is_resolved = draw(st.booleans())
    about = SupportTopic.GENERAL if patient_id == NOBODY else draw(st.sampled_from(SupportTopic))
    return SupportRequest(
        patient_id=patient_id,
        id=draw(support_request_ids()),
        contact=draw(emails()) if patient_id == NOBODY else "",
        message=draw(lines(max_size=80)),
        asked_at=asked,
        resolved_at=resolved if is_resolved else None,
        resolved_by=draw(staff_ids()) if is_resolved else None,
        about=about,
        statement_id=draw(statement_ids()) if about is SupportTopic.RESEND_STATEMENT else None,
        idempotency_key=None if patient_id == NOBODY else draw(st.none() | lines(max_size=80)),
        answer_id=draw(st.none() | message_ids()) if is_resolved and patient_id != NOBODY else None,
    )


VERBS: Mapping[type[Event], str] = MappingProxyType({SupportResolved: "support.resolve"})
"""The practice's verb that an event comes from; a patient's events aren't in it."""

OUTSIDE_A_SESSION: frozenset[type[Event]] = frozenset()
"""What patients do outside a session."""

BY_TYPE: Mapping[Any, Callable[[], SearchStrategy[Any]]] = MappingProxyType({SupportRequest: support_requests})
"""What ``st.from_type`` answers with, by the type asked for."""
