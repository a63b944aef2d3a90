"""Discontinuing a medication: once, and nothing that waits for it is left waiting."""

from datetime import UTC, datetime

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.ids import MessageId, RenewalId
from patientportal.domain.medications.discontinuation import WAITING, Discontinued, MedicationDiscontinued, discontinue
from patientportal.domain.medications.medications import Medication
from patientportal.domain.medications.renewals import Renewal, RenewalStatus
from patientportal.domain.messages.facts import MedicationDiscontinuedFacts
from patientportal.domain.messages.messages import BODY_MAX, written
from patientportal.domain.outcomes import Unchanged
from patientportal.testing import strategies
from tests.domain.medications.test_medications import MEDICATION
from tests.domain.medications.test_renewals import RENEWAL

NOW = datetime(2026, 1, 6, 9, 0, tzinfo=UTC)
MESSAGE = MessageId("msg-1")
UNFILLED = evolve(
    RENEWAL,
    id=RenewalId("r-2"),
    status=RenewalStatus.APPROVED,
    decided_at=NOW,
    decided_by=MEDICATION.prescriber_id,
    refills_granted=2,
)


def test_a_medication_that_nothing_waits_for_ends_without_a_message() -> None:
    assert discontinue(MEDICATION, waiting=(), message_id=MESSAGE, now=NOW) == Discontinued(
        medication=evolve(MEDICATION, discontinued_at=NOW),
        renewals=(),
        message=None,
        event=MedicationDiscontinued(medication_id=MEDICATION.id, renewals_ended=0),
    )


def test_what_waits_ends_with_it_and_the_patient_is_told_once() -> None:
    outcome = discontinue(MEDICATION, waiting=(RENEWAL, UNFILLED), message_id=MESSAGE, now=NOW)
    assert isinstance(outcome, Discontinued)
    assert [one.status for one in outcome.renewals] == [RenewalStatus.DISCONTINUED] * 2
    assert outcome.event == MedicationDiscontinued(medication_id=MEDICATION.id, renewals_ended=2)
    assert outcome.message == written(
        MedicationDiscontinuedFacts(medication="Lisinopril 10 MG Oral Tablet"),
        patient_id=MEDICATION.patient_id,
        message_id=MESSAGE,
        about_id=MEDICATION.id,
        now=NOW,
    )


def test_what_waits_is_what_nobody_has_decided_or_refilled() -> None:
    assert set(WAITING) == {RenewalStatus.REQUESTED, RenewalStatus.APPROVED}


@given(strategies.medications(), st.lists(strategies.renewals(), max_size=2))
def test_a_second_time_changes_nothing(medication: Medication, waiting: list[Renewal]) -> None:
    first = discontinue(medication, waiting=waiting, message_id=MESSAGE, now=NOW)
    if medication.discontinued_at is not None:
        assert first == Unchanged()
        return
    assert isinstance(first, Discontinued)
    assert (first.message is not None) is bool(waiting)
    assert discontinue(first.medication, waiting=(), message_id=MESSAGE, now=NOW) == Unchanged()


def test_the_longest_name_fits_and_nothing_shows_it() -> None:
    outcome = discontinue(evolve(MEDICATION, name="x" * 1000), waiting=(RENEWAL,), message_id=MESSAGE, now=NOW)
    assert isinstance(outcome, Discontinued)
    assert outcome.message is not None
    assert len(outcome.message.body) <= BODY_MAX
    assert "xxx" not in repr(outcome)
