"""Who decides on a renewal, how, and what a patient sees of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from typing import Any

from patientportal import PatientAccess, Portal, PracticeAccess, RenewalId, Role, StaffId, StaffMember

Contents = Callable[[], dict[str, set[Any]]]
Untouched = Callable[[], AbstractContextManager[None]]
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
NAME = "Lisinopril 10 MG Oral Tablet"
HOUSE, WILSON, CUDDY = StaffId("dr-house"), StaffId("dr-wilson"), StaffId("dr-cuddy")


def at_desk(portal: Portal, member: StaffId, *roles: Role, **more: Any) -> PracticeAccess:
    return portal.practice(StaffMember(id=member, name="Sam Staff", roles=roles or (Role.PROVIDER,), **more))


def own(me: PatientAccess) -> Any:
    """The patient's latest request, as they see it."""
    return me.medications.renewals().items[0]


def refills_left(me: PatientAccess) -> int:
    return me.medications.all().items[0].refills_left


def approve(by: PracticeAccess, renewal_id: RenewalId, **named: Any) -> None:
    by.medications.approve_renewal(renewal_id, **({"refills": 2} | named))


def decisions(by: PracticeAccess, renewal_id: RenewalId) -> tuple[Callable[[], None], ...]:
    """A yes and a no."""
    return partial(approve, by, renewal_id), partial(by.medications.deny_renewal, renewal_id, "No.")
