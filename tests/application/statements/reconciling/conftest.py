"""What the tests of reconciling share: a patient who is in, and a statement they were told of."""

from datetime import date

import pytest

from patientportal import Money, PatientAccess, Portal, PracticeAccess, StatementId
from patientportal.testing import Member


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    """The patient, in."""
    return usual.log_in(member.username, member.password)


@pytest.fixture
def bill(usual: Portal, practice: PracticeAccess, member: Member) -> StatementId:
    """A statement of 100.00 USD, of which the patient was told."""
    statement_id = practice.statements.upload(
        member.patient_id,
        number="A-1",
        balance=Money.parse("100.00", "USD"),
        issued_on=date(2026, 1, 2),
        due_on=date(2026, 2, 1),
        document=b"%PDF",
        media_type="application/pdf",
    )
    usual.work()
    return statement_id
