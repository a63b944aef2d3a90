"""The practice's side of patients."""

from datetime import date

from patientportal.application.accounts import account_end, printing, registration, search
from patientportal.application.accounts.printing import PrintedCode
from patientportal.application.accounts.registration import PatientDetails
from patientportal.application.environment import Environment
from patientportal.domain.accounts.account_end import AccountEndReason
from patientportal.domain.ids import PatientId
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.staff import StaffMember


class PatientsDesk:
    """The patients of the practice."""

    def __init__(self, env: Environment, member: StaffMember) -> None:
        self._env = env
        self._member = member

    def register(self, personal: PersonalInformation) -> PatientId:
        """Registers a patient; an invitation is mailed to their address. Two patients may share an address.

        Raises:
            BadInputError: ``date_of_birth`` lies ahead.
            NotPermittedError: it takes the front desk.
        """
        return registration.register(self._env, self._member, personal)

    def get(self, patient_id: PatientId) -> PatientDetails:
        """What the practice knows of a patient.

        Raises:
            NotFoundError: there is no such patient.
            NotPermittedError: it takes any role.
        """
        return registration.get(self._env, self._member, patient_id)

    def find(
        self,
        *,
        last_name: str | None = None,
        date_of_birth: date | None = None,
        text: str | None = None,
        phone: str | None = None,
    ) -> tuple[PatientDetails, ...]:
        """The patients of whom all that is given holds; names in whatever case, with or without accents and signs.

        A name is found by any of its whole parts, and by several that stand side by side: García and García Márquez
        find García Márquez, O'Brien finds O'Brien Jr. Two parts with another one between them, and the beginning of
        one, find nobody. Where more than one of them is given, at most 1,000 patients are compared, by the phone or
        else by ``text``: give both names in ``text`` rather than apart.

        Args:
            last_name: the last name, or parts of it.
            date_of_birth: a calendar day.
            text: first name, last name, both in either order, or parts of them that stand side by side.
            phone: with or without the country's code; an extension doesn't matter.

        Returns:
            At most 100, by birth date and id.

        Raises:
            BadInputError: ``empty``: nothing is given; or a value can't be what it is given for.
            NotPermittedError: it takes any role.
        """
        return search.find(
            self._env, self._member, last_name=last_name, date_of_birth=date_of_birth, text=text, phone=phone
        )

    def invite(self, patient_id: PatientId) -> None:
        """Invites a patient again; earlier invitations end at once.

        Raises:
            NotFoundError: there is no such patient.
            PatientInactiveError: they are deactivated.
            AlreadyActivatedError: they have an account.
            NotPermittedError: it takes the front desk or support.
        """
        registration.invite(self._env, self._member, patient_id)

    def print_invitation(self, patient_id: PatientId) -> PrintedCode:
        """An invitation on paper: a code to be handed over, shown this once; earlier invitations end at once.

        ``Portal.activate`` takes it with the patient's birth date (``Policy.invitations.paper_valid_for``). Give it to
        nobody but the patient, in person: whose whole birth date isn't known is asked for none.

        Raises:
            NotFoundError: there is no such patient.
            PatientInactiveError: they are deactivated.
            AlreadyActivatedError: they have an account.
            NotPermittedError: it takes the front desk or support.
        """
        return printing.print_invitation(self._env, self._member, patient_id)

    def change_email(self, patient_id: PatientId, new: str) -> None:
        """Replaces the address of a patient who lost their mailbox; the old one is told, and every link ends.

        An invitation ends with it: invite again. A second time changes nothing.

        Raises:
            BadInputError: ``new`` can't be an address.
            NotFoundError: there is no such patient.
            NotPermittedError: it takes the front desk or support.
            OwnAccountError: they are the patient.
        """
        registration.change_email(self._env, self._member, patient_id, new)

    def end_account(self, patient_id: PatientId, *, email: str, reason: AccountEndReason) -> None:
        """Undoes an activation, such as one by the wrong person, so that the patient can be invited anew.

        At once and for good, sessions, links, changes of the address, password, security answers, username and all that
        was counted end; the username is free for anybody. Nothing is mailed to whoever had the account. What was done
        with it stays, in the history too.

        Args:
            patient_id: whose account it should be.
            email: the patient's own address, from now on theirs; perhaps the present one.
            reason: why; it is kept in the history.

        Raises:
            BadInputError: ``email`` can't be an address.
            NotFoundError: there is no such patient, or they have no account.
            NotPermittedError: it takes the front desk or support.
            OwnAccountError: they are the patient.
        """
        account_end.end_account(self._env, self._member, patient_id, email=email, reason=reason)

    def deactivate(self, patient_id: PatientId) -> None:
        """Blocks a patient at once: every session and every link ends. A second time changes nothing.

        Raises:
            NotFoundError: there is no such patient.
            NotPermittedError: it takes the front desk.
        """
        registration.deactivate(self._env, self._member, patient_id)

    def reactivate(self, patient_id: PatientId) -> None:
        """Lets a patient log in again; a lock stays a lock. A second time changes nothing.

        Raises:
            NotFoundError: there is no such patient.
            NotPermittedError: it takes the front desk.
            OwnAccountError: they are the patient.
        """
        registration.reactivate(self._env, self._member, patient_id)
