"""Renewals are decided by their prescriber, or by whoever covers for them, and by nobody else."""

from datetime import timedelta

import pytest

from patientportal import (
    CoverNotAllowedError,
    NotPermittedError,
    NotPrescriberError,
    OwnAccountError,
    PatientAccess,
    Portal,
    PracticeAccess,
    RenewalId,
    Role,
    StaffId,
)
from patientportal.testing import FrozenClock
from tests.application.medications.renewals.deciding import (
    CUDDY,
    DAY,
    HOUSE,
    MICROSECOND,
    WILSON,
    Contents,
    Untouched,
    approve,
    at_desk,
    decisions,
)


def test_only_the_prescriber_decides_unless_somebody_stands_in(
    *,
    usual: Portal,
    wilson: PracticeAccess,
    house: PracticeAccess,
    renewal_id: RenewalId,
    clock: FrozenClock,
    contents: Contents,
    untouched: Untouched,
) -> None:
    with untouched():
        for decide in decisions(wilson, renewal_id):
            with pytest.raises(NotPrescriberError):
                decide()
        with pytest.raises(NotPrescriberError):
            wilson.medications.mark_refilled(renewal_id)
    house.medications.cover(HOUSE, WILSON, clock() + DAY)
    clock.advance(DAY - MICROSECOND)
    approve(wilson, renewal_id)
    (event,) = [one for one in contents()["events"] if one.event.name == "renewal_approved"]
    assert (event.by.id, event.by.role, event.event.by_cover) == (WILSON, Role.PROVIDER, True)
    assert usual.health().oldest_renewal is None


@pytest.mark.parametrize("later", [timedelta(0), MICROSECOND, 30 * DAY])
def test_a_cover_that_ended_decides_nothing(
    *,
    usual: Portal,
    wilson: PracticeAccess,
    house: PracticeAccess,
    renewal_id: RenewalId,
    clock: FrozenClock,
    later: timedelta,
) -> None:
    house.medications.cover(HOUSE, WILSON, clock() + DAY)
    clock.advance(DAY + later)
    with pytest.raises(NotPrescriberError):
        approve(wilson, renewal_id)
    assert usual.work().concluded == (later > 14 * DAY)


def test_a_cover_can_be_ended_early_prolonged_and_is_for_one_prescriber_alone(
    usual: Portal, wilson: PracticeAccess, house: PracticeAccess, renewal_id: RenewalId, clock: FrozenClock
) -> None:
    front = at_desk(usual, StaffId("susan"), Role.FRONT_DESK)
    front.medications.cover(CUDDY, WILSON, clock() + DAY)
    with pytest.raises(NotPrescriberError):
        approve(wilson, renewal_id)
    front.medications.cover(HOUSE, WILSON, clock() + DAY)
    house.medications.cover(HOUSE, WILSON, clock())
    with pytest.raises(NotPrescriberError):
        approve(wilson, renewal_id)
    front.medications.cover(HOUSE, WILSON, clock() + DAY)
    approve(wilson, renewal_id)


def test_nobody_makes_themselves_a_prescriber(
    usual: Portal, wilson: PracticeAccess, renewal_id: RenewalId, clock: FrozenClock, untouched: Untouched
) -> None:
    both = at_desk(usual, WILSON, Role.PROVIDER, Role.FRONT_DESK)
    with untouched():
        for desk_of_theirs in (wilson, both):
            with pytest.raises(CoverNotAllowedError):
                desk_of_theirs.medications.cover(HOUSE, WILSON, clock() + DAY)
        with pytest.raises(NotPrescriberError):
            approve(both, renewal_id)


def test_a_prescriber_who_is_the_patient_leaves_it_to_another(
    *,
    usual: Portal,
    wilson: PracticeAccess,
    house: PracticeAccess,
    me: PatientAccess,
    renewal_id: RenewalId,
    clock: FrozenClock,
    untouched: Untouched,
) -> None:
    in_person = at_desk(usual, HOUSE, patient_id=me.patient_id)
    with untouched():
        for decide in decisions(in_person, renewal_id):
            with pytest.raises(OwnAccountError):
                decide()
    house.medications.cover(HOUSE, WILSON, clock() + DAY)
    approve(wilson, renewal_id)


def test_the_front_desk_sees_what_waits_and_decides_nothing(
    usual: Portal, renewal_id: RenewalId, untouched: Untouched
) -> None:
    front = at_desk(usual, HOUSE, Role.FRONT_DESK)
    assert [one.renewal_id for one in front.medications.pending_renewals().items] == [renewal_id]
    with untouched(), pytest.raises(NotPermittedError):
        approve(front, renewal_id)
