"""A prescriber leaves: who may give their medications to whom, and which go."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.ids import StaffId
from patientportal.domain.medications.medications import Medication
from patientportal.domain.medications.reassignment import (
    MedicationReassigned,
    Reassigned,
    ReassignmentNotAllowedError,
    reassign,
    require_may_reassign,
)
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.staff import Role, StaffMember
from patientportal.testing import strategies
from tests.domain.medications.test_medications import MEDICATION

LEAVES, COMES, OTHER = MEDICATION.prescriber_id, StaffId("dr-comes"), StaffId("dr-other")


def test_another_prescribes_from_now_on_and_nothing_else_changes() -> None:
    assert reassign(MEDICATION, prescriber_id=LEAVES, to=COMES) == Reassigned(
        medication=evolve(MEDICATION, prescriber_id=COMES),
        event=MedicationReassigned(medication_id=MEDICATION.id, former_id=LEAVES, prescriber_id=COMES),
    )


@given(strategies.medications(), st.booleans())
def test_what_is_theirs_and_taken_goes_once_and_all_else_stays(medication: Medication, theirs: bool) -> None:  # noqa: FBT001 - drawn
    leaves = medication.prescriber_id if theirs else StaffId(f"{medication.prescriber_id[:60]}!")
    outcome = reassign(medication, prescriber_id=leaves, to=COMES)
    if medication.discontinued_at is not None or leaves != medication.prescriber_id:
        assert outcome == Unchanged()
        return
    assert isinstance(outcome, Reassigned)
    assert outcome.medication.prescriber_id == COMES
    assert reassign(outcome.medication, prescriber_id=leaves, to=OTHER) == Unchanged()


@pytest.mark.parametrize("roles", [{Role.PROVIDER}, {Role.FRONT_DESK}, {Role.PROVIDER, Role.FRONT_DESK}])
@pytest.mark.parametrize("by", [LEAVES, COMES, OTHER])
@pytest.mark.parametrize("to", [LEAVES, COMES])
def test_the_prescriber_and_the_front_desk_say_so_and_nobody_takes_for_themselves(
    to: StaffId, by: StaffId, roles: set[Role]
) -> None:
    member = StaffMember(id=by, name="Sam Staff", roles=roles)
    may = to not in {by, LEAVES} and (by == LEAVES or Role.FRONT_DESK in roles)
    if may:
        require_may_reassign(LEAVES, to=to, by=member)
    else:
        with pytest.raises(ReassignmentNotAllowedError):
            require_may_reassign(LEAVES, to=to, by=member)
