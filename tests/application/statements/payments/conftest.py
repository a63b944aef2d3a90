"""What the tests of payments share: a patient who is in, and a statement of theirs."""

from datetime import date

import pytest

from patientportal import PatientAccess, Portal, PracticeAccess, StatementId
from patientportal.testing import Member
from tests.application.statements.payments.paying import DUE, Upload, usd


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    """The patient, in."""
    return usual.log_in(member.username, member.password)


@pytest.fixture
def upload(practice: PracticeAccess, member: Member) -> Upload:
    """Uploads a statement for the patient."""

    def upload(number: str = "A-1", balance: str = "100.00", due_on: date = DUE) -> StatementId:
        return practice.statements.upload(
            member.patient_id,
            number=number,
            balance=usd(balance),
            issued_on=date(2026, 1, 2),
            due_on=due_on,
            document=b"%PDF",
            media_type="application/pdf",
        )

    return upload


@pytest.fixture
def bill(upload: Upload) -> StatementId:
    """A statement of 100.00 USD."""
    return upload()
