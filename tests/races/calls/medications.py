"""What races over medications and renewals call."""

from patientportal import MedicationId, Portal, RenewalId, Role, StaffId, StaffMember
from patientportal.adapters.system import utc_now
from patientportal.application.medications import renewals
from patientportal.practice_access.medications import MedicationsDesk
from tests.races.calls.told import Told


def provider(portal: Portal, by: str) -> MedicationsDesk:
    """The side of a provider, for medications."""
    return portal.practice(StaffMember(id=StaffId(by), name="Sam Staff", roles={Role.PROVIDER})).medications


def request_renewal(portal: Portal, *, token: str, medication_id: str) -> Told:
    """Asks for more of a medication."""
    return {"asked": portal.resume(token).medications.request_renewal(MedicationId(medication_id))}


def withdraw_renewal(portal: Portal, *, token: str, renewal_id: str) -> Told:
    """Takes a request for more back."""
    portal.resume(token).medications.withdraw_renewal(RenewalId(renewal_id))
    return {}


def approve(portal: Portal, *, by: str, renewal_id: str) -> Told:
    """Gives two refills more, of which one is filled at once."""
    provider(portal, by).approve_renewal(RenewalId(renewal_id), refills=2)
    return {}


def deny(portal: Portal, *, by: str, renewal_id: str) -> Told:
    """Says no to a request for more."""
    provider(portal, by).deny_renewal(RenewalId(renewal_id), "Please come in.")
    return {}


def discontinue(portal: Portal, *, by: str, medication_id: str) -> Told:
    """Ends a medication."""
    provider(portal, by).discontinue(MedicationId(medication_id))
    return {}


def expire(portal: Portal, *, patient_id: str) -> Told:
    """Ends what a patient asked for and nobody decided in time, as a worker does, and tells how many there were."""
    env = portal._env
    with env.store.view() as view:
        found = [one for one in view.select(renewals.overdue(env)) if one.patient_id == patient_id]
    return {"expired": sum(renewals.expire(env, one) for one in found)}


def end_cover(portal: Portal, *, prescriber: str, instead: str) -> Told:
    """Has a prescriber back at once."""
    provider(portal, prescriber).cover(StaffId(prescriber), StaffId(instead), utc_now())
    return {}


def reassign(portal: Portal, *, prescriber: str, to: str, medication_id: str | None = None) -> Told:
    """Gives what somebody prescribes, or one of it, to another, as the front desk does."""
    front = portal.practice(StaffMember(id=StaffId("susan"), name="Sam Staff", roles={Role.FRONT_DESK}))
    one = None if medication_id is None else MedicationId(medication_id)
    return {"moved": front.medications.reassign(StaffId(prescriber), StaffId(to), medication_id=one)}


CALLS = (request_renewal, withdraw_renewal, approve, deny, discontinue, expire, end_cover, reassign)
