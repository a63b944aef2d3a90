"""Strategies for medications, their renewals, who stands in for a prescriber, and their events."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from patientportal.domain.events import Event
from patientportal.domain.medications.corrections import FIELDS, Correction, MedicationCorrected
from patientportal.domain.medications.covers import Cover, CoverGiven
from patientportal.domain.medications.decisions import Grant, RenewalApproved, RenewalDenied, RenewalRefilled
from patientportal.domain.medications.discontinuation import MedicationDiscontinued
from patientportal.domain.medications.medications import REFILLS_MAX, Medication, MedicationRecorded
from patientportal.domain.medications.reassignment import MedicationReassigned
from patientportal.domain.medications.renewals import Renewal, RenewalStatus
from patientportal.domain.values.days import A_YEAR, EARLIEST_DAY
from patientportal.testing.strategies.values import (
    lines,
    medication_ids,
    moments,
    patient_ids,
    renewal_ids,
    rising,
    staff_ids,
)


def numbers_of_refills() -> SearchStrategy[int]:
    """From none to the most that there may be, often at either end."""
    return st.sampled_from((0, 1, REFILLS_MAX - 1, REFILLS_MAX)) | st.integers(0, REFILLS_MAX)


@st.composite
def medications(draw: DrawFn, *, skewed: bool = False) -> Medication:
    """What somebody takes or took.

    Args:
        draw: given by Hypothesis.
        skewed: whether the clock was set back in between.
    """
    recorded, discontinued = draw(rising(2, skewed=skewed))
    return Medication(
        patient_id=draw(patient_ids()),
        id=draw(medication_ids()),
        name=draw(lines(max_size=80)),
        dose=draw(lines(min_size=0)),
        directions=draw(lines(min_size=0, max_size=80)),
        prescriber_id=draw(staff_ids()),
        started_on=draw(st.dates(EARLIEST_DAY, recorded.date() + A_YEAR)),
        refills_left=draw(numbers_of_refills()),
        is_renewable=draw(st.booleans()),
        recorded_at=recorded,
        discontinued_at=draw(st.sampled_from((None, discontinued))),
    )


@st.composite
def renewals(draw: DrawFn, *, skewed: bool = False) -> Renewal:
    """Requests for more, in every state.

    Args:
        draw: given by Hypothesis.
        skewed: whether the clock was set back in between.
    """
    requested, decided, refilled = draw(rising(3, skewed=skewed))
    fresh = Renewal(
        patient_id=draw(patient_ids()),
        id=draw(renewal_ids()),
        medication_id=draw(medication_ids()),
        pharmacy=draw(lines(min_size=0)),
        note=draw(lines(min_size=0, max_size=80)),
        requested_at=requested,
        idempotency_key=draw(st.none() | lines(max_size=80)),
    )
    by = draw(staff_ids())
    reason = draw(lines(max_size=80))
    approved = evolve(
        fresh,
        status=RenewalStatus.APPROVED,
        decided_at=decided,
        decided_by=by,
        refills_granted=draw(numbers_of_refills()),
        new_directions=draw(st.none() | lines(max_size=80)),
    )
    forms = (
        fresh,
        approved,
        evolve(approved, status=RenewalStatus.REFILLED, refilled_at=refilled),
        evolve(fresh, status=RenewalStatus.DENIED, decided_at=decided, decided_by=by, denial_reason=reason),
        evolve(fresh, status=RenewalStatus.WITHDRAWN),
        evolve(fresh, status=RenewalStatus.EXPIRED),
        evolve(draw(st.sampled_from((fresh, approved))), status=RenewalStatus.DISCONTINUED),
    )
    return draw(st.sampled_from(forms))


@st.composite
def covers(draw: DrawFn) -> Cover:
    """Who stands in for whom."""
    away, instead = draw(st.lists(staff_ids(), min_size=2, max_size=2, unique=True))
    return Cover(
        prescriber_id=away, covering_id=instead, until=draw(moments()), given_by=draw(st.just(away) | staff_ids())
    )


def corrections() -> SearchStrategy[Correction]:
    """What a provider says is otherwise, or nothing."""
    return st.builds(
        Correction,
        dose=st.none() | lines(min_size=0),
        directions=st.none() | lines(min_size=0, max_size=80),
        refills_left=st.none() | numbers_of_refills(),
        is_renewable=st.none() | st.booleans(),
    )


def grants() -> SearchStrategy[Grant]:
    """What a provider gives."""
    return st.builds(
        Grant,
        refills=numbers_of_refills(),
        directions=st.none() | lines(max_size=80),
        is_refilled=st.booleans(),
    )


EVENTS: Mapping[type[Event], SearchStrategy[Any]] = MappingProxyType(
    {
        MedicationCorrected: st.builds(
            MedicationCorrected,
            medication_id=medication_ids(),
            fields=st.lists(st.sampled_from(FIELDS), min_size=1, unique=True).map(tuple),
            by_cover=st.booleans(),
        )
    }
)
"""The events that can be less than their fields' types allow."""

VERBS: Mapping[type[Event], str] = MappingProxyType(
    {
        MedicationRecorded: "medications.record",
        MedicationCorrected: "medications.correct",
        MedicationReassigned: "medications.reassign",
        MedicationDiscontinued: "medications.discontinue",
        CoverGiven: "medications.cover",
        RenewalApproved: "medications.approve_renewal",
        RenewalRefilled: "medications.mark_refilled",
        RenewalDenied: "medications.deny_renewal",
    }
)
"""The practice's verb that an event comes from; a patient's events aren't in it."""

OUTSIDE_A_SESSION: frozenset[type[Event]] = frozenset()
"""What patients do outside a session."""

BY_TYPE: Mapping[Any, Callable[[], SearchStrategy[Any]]] = MappingProxyType(
    {Correction: corrections, Cover: covers, Grant: grants, Medication: medications, Renewal: renewals}
)
"""What ``st.from_type`` answers with, by the type asked for."""
