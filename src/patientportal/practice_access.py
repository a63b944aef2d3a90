"""The practice's side: what a role permits, by the table in ``domain/staff.py``."""

from datetime import date

from patientportal.application import audit, patients, support
from patientportal.application.audit import Undelivered
from patientportal.application.outside import Outside
from patientportal.application.pages import Page
from patientportal.application.patients import PatientDetails
from patientportal.application.support import OpenRequest
from patientportal.domain.ids import PatientId, SupportRequestId
from patientportal.domain.personal import PersonalInformation
from patientportal.domain.staff import StaffMember


class PracticeAccess:
    """A member of staff at work. Each call raises ``NotPermittedError`` when no role of theirs permits it.

    Attributes:
        patients: register, find, invite, deactivate and reactivate them.
        support: help them in again.
        audit: what needs somebody's eyes.
    """

    def __init__(self, outside: Outside, member: StaffMember) -> None:
        self._member = member
        self.patients = PatientsDesk(outside, member)
        self.support = SupportDesk(outside, member)
        self.audit = AuditDesk(outside, member)

    def __repr__(self) -> str:
        return f"PracticeAccess({self._member.id})"


class PatientsDesk:
    """The patients of the practice."""

    def __init__(self, outside: Outside, member: StaffMember) -> None:
        self._outside = outside
        self._member = member

    def register(self, personal: PersonalInformation) -> PatientId:
        """Registers a patient; an invitation is told to their e-mail address. Two patients may share an address.

        Raises:
            BadInputError: ``date_of_birth`` lies ahead.
            NotPermittedError: it takes the front desk.
        """
        return patients.register(self._outside, self._member, personal)

    def get(self, patient_id: PatientId) -> PatientDetails:
        """What the practice knows of a patient.

        Raises:
            NotFoundError: there is no such patient.
            NotPermittedError: it takes any role.
        """
        return patients.get(self._outside, self._member, patient_id)

    def find(self, *, last_name: str, date_of_birth: date) -> tuple[PatientDetails, ...]:
        """The patients born on this day with this last name, whatever its case, accents and punctuation.

        Returns:
            At most 100, by id.

        Raises:
            BadInputError: ``last_name`` can't be a name.
            NotPermittedError: it takes any role.
        """
        return patients.find(self._outside, self._member, last_name=last_name, date_of_birth=date_of_birth)

    def invite(self, patient_id: PatientId) -> None:
        """Invites a patient again; earlier invitations end at once.

        Raises:
            NotFoundError: there is no such patient.
            PatientInactiveError: they are deactivated.
            AlreadyActivatedError: they have an account.
            NotPermittedError: it takes the front desk or support.
        """
        patients.invite(self._outside, self._member, patient_id)

    def change_email(self, patient_id: PatientId, new: str) -> None:
        """Writes down another address, for a mailbox that was lost; the old one is told, and every link ends.

        An invitation ends with it: invite again. A second time changes nothing.

        Raises:
            BadInputError: ``new`` can't be an address.
            NotFoundError: there is no such patient.
            NotPermittedError: it takes the front desk or support.
        """
        patients.change_email(self._outside, self._member, patient_id, new)

    def deactivate(self, patient_id: PatientId) -> None:
        """Shuts a patient out at once: every session and every link ends. A second time changes nothing.

        Raises:
            NotFoundError: there is no such patient.
            NotPermittedError: it takes the front desk.
        """
        patients.deactivate(self._outside, self._member, patient_id)

    def reactivate(self, patient_id: PatientId) -> None:
        """Lets a patient log in again; a lock stays a lock. A second time changes nothing.

        Raises:
            NotFoundError: there is no such patient.
            NotPermittedError: it takes the front desk.
        """
        patients.reactivate(self._outside, self._member, patient_id)


class SupportDesk:
    """What support is asked for, and help for those who can't get in."""

    def __init__(self, outside: Outside, member: StaffMember) -> None:
        self._outside = outside
        self._member = member

    def unlock(self, patient_id: PatientId) -> None:
        """Ends the lock of a patient's account and forgets the wrong passwords. A second time changes nothing.

        Raises:
            NotFoundError: there is no such patient, or they have no account.
            NotPermittedError: it takes support.
        """
        support.unlock(self._outside, self._member, patient_id)

    def send_password_reset(self, patient_id: PatientId) -> None:
        """Has a link for a new password mailed to the patient's address, whatever was counted against them.

        Support never sees it. Earlier links for a new password end.

        Raises:
            NotFoundError: there is no such patient, or they have no account.
            PatientInactiveError: they are deactivated.
            NotPermittedError: it takes support.
        """
        support.send_password_reset(self._outside, self._member, patient_id)

    def open_requests(self, *, limit: int = 50, cursor: str | None = None) -> Page[OpenRequest]:
        """What nobody has resolved yet, the oldest first.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            NotPermittedError: it takes the front desk or support.
        """
        return support.open_requests(self._outside, self._member, limit=limit, cursor=cursor)

    def resolve(self, request_id: SupportRequestId) -> None:
        """A request is done with; once.

        Raises:
            NotFoundError: there is no such request.
            SupportRequestResolvedError: somebody was before.
            NotPermittedError: it takes the front desk or support.
        """
        support.resolve(self._outside, self._member, request_id)


class AuditDesk:
    """What needs somebody's eyes."""

    def __init__(self, outside: Outside, member: StaffMember) -> None:
        self._outside = outside
        self._member = member

    def undelivered(self, *, limit: int = 50, cursor: str | None = None) -> Page[Undelivered]:
        """The notices that reached nobody and were given up, the oldest first; kept for 90 days.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            NotPermittedError: it takes the front desk or support.
        """
        return audit.undelivered(self._outside, self._member, limit=limit, cursor=cursor)
