"""What the tests of renewals share: a patient, two prescribers, and what is taken and asked for."""

from datetime import date

import pytest

from patientportal import MedicationId, PatientAccess, Portal, PracticeAccess, RenewalId
from patientportal.testing import Member
from tests.application.medications.renewals.deciding import HOUSE, NAME, WILSON, at_desk


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    """The patient, in by phone."""
    return usual.log_in(member.username, member.password, device="phone")


@pytest.fixture
def house(usual: Portal) -> PracticeAccess:
    """The prescriber."""
    return at_desk(usual, HOUSE)


@pytest.fixture
def wilson(usual: Portal) -> PracticeAccess:
    """Another provider."""
    return at_desk(usual, WILSON)


@pytest.fixture
def medication_id(house: PracticeAccess, member: Member) -> MedicationId:
    """What the patient takes."""
    return house.medications.record(
        member.patient_id, name=NAME, directions="In the morning.", started_on=date(2026, 1, 1), refills_left=3
    )


@pytest.fixture
def renewal_id(me: PatientAccess, medication_id: MedicationId) -> RenewalId:
    """What the patient asks for."""
    return me.medications.request_renewal(medication_id, pharmacy="Corner Pharmacy", note="Down to three.")
