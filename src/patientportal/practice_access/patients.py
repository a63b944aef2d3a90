"""The practice's side of patients."""

from patientportal.application.accounts import account_end, corrections, printing, registration, search, states
from patientportal.application.accounts.printing import PrintedCode
from patientportal.application.accounts.registration import PatientDetails
from patientportal.application.appointments import leaving
from patientportal.application.environment import Environment
from patientportal.application.pages import Page
from patientportal.domain.accounts.account_end import AccountEndReason
from patientportal.domain.accounts.patient_states import PatientState
from patientportal.domain.ids import PatientId
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.staff import StaffMember
from patientportal.domain.values.known_days import KnownDay


class PatientsDesk:
    """The patients of the practice."""

    def __init__(self, env: Environment, member: StaffMember) -> None:
        self._env = env
        self._member = member

    def register(
        self, personal: PersonalInformation, *, external_id: str | None = None, invite: bool = True
    ) -> PatientId:
        """Registers a patient; an invitation is mailed to their address. Two patients may share an address.

        The same key of the hospital's and the same data again change nothing, and nobody is told twice.

        Args:
            personal: who they are.
            external_id: the hospital's key for them, at most 255 characters, which no other patient has.
            invite: whether they are invited at once; ``invite`` does it later. Whoever's birth date is to be asked for
                and isn't known whole is not: print an invitation, in person.

        Returns:
            The patient's id; where the key was known, that of whoever has it.

        Raises:
            BadInputError: ``date_of_birth`` lies ahead, or ``external_id`` can't be one.
            ExternalIdTakenError: the key came with other data before; only ``correct`` corrects.
            NotPermittedError: it takes the front desk, or a program that brings data in.
        """
        return registration.register(self._env, self._member, personal, external_id=external_id, invite=invite)

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
        date_of_birth: KnownDay | None = None,
        text: str | None = None,
        phone: str | None = None,
        external_id: str | None = None,
    ) -> tuple[PatientDetails, ...]:
        """The patients of whom all that is given holds; names in whatever case, with or without accents and signs.

        A name is found by any of its whole parts, and by several that stand side by side: García and García Márquez
        find García Márquez, O'Brien finds O'Brien Jr. Two parts with another one between them, and the beginning of
        one, find nobody. Where more than one of them is given, at most 1,000 patients are compared, by the phone or
        else by ``text``: give both names in ``text`` rather than apart.

        Args:
            last_name: the last name, or parts of it.
            date_of_birth: a calendar day, or a ``PartialDate``: whoever is known to be born in it. 1974 finds
                1974, 1974-03 and 1974-03-02; 1974-03 doesn't find 1974.
            text: first name, last name, both in either order, or parts of them that stand side by side.
            phone: with or without the country's code; an extension doesn't matter.
            external_id: the hospital's key for them, each character as it was given.

        Returns:
            At most 100, by birth date and id.

        Raises:
            BadInputError: ``empty``: nothing is given; or a value can't be what it is given for.
            NotPermittedError: it takes any role.
        """
        return search.find(
            self._env,
            self._member,
            last_name=last_name,
            date_of_birth=date_of_birth,
            text=text,
            phone=phone,
            external_id=external_id,
        )

    def all(
        self, *, state: PatientState | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[PatientDetails]:
        """The patients in a state, or all of them; who came into it first comes first.

        Args:
            state: ``PatientState`` says what each means; ``None``: all, by when they were registered.
            limit: 1 to 200. A page of those who are invited, or never activated, may be shorter though others follow: a
                call looks at 1,000 at most.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            NotPermittedError: it takes the front desk, support, or a program that brings data in.
        """
        return states.all_patients(self._env, self._member, state=state, limit=limit, cursor=cursor)

    def correct(self, patient_id: PatientId, personal: PersonalInformation, *, external_id: str | None = None) -> None:
        """Puts right what the practice keeps of a patient; who has an account is told that something was.

        The history names the fields that changed, never what they were or are. They are found by what is right from now
        on, by the desk and by recovery. Where the address of who has no account changes, their invitation ends: invite
        again. A second time changes nothing.

        Args:
            patient_id: whom.
            personal: all that is right, such as ``evolve(desk.patients.get(patient_id).personal, last_name=...)``.
            external_id: the hospital's key for them; ``None``: as it is; empty: they have none.

        Raises:
            BadInputError: ``date_of_birth`` lies ahead, or ``external_id`` can't be one.
            ExternalIdTakenError: another patient has the key.
            UseChangeEmailError: they have an account, and the address is another one: ``change_email`` changes it.
            NotFoundError: there is no such patient.
            NotPermittedError: it takes the front desk, or a program that brings data in.
        """
        corrections.correct(self._env, self._member, patient_id, personal, external_id=external_id)

    def invite(self, patient_id: PatientId) -> None:
        """Invites a patient again; earlier invitations end at once.

        Raises:
            NotFoundError: there is no such patient.
            PatientInactiveError: they are deactivated.
            AlreadyActivatedError: they have an account.
            BirthDateUnknownError: it is to be asked, and isn't known whole: print an invitation.
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

    def deactivate(self, patient_id: PatientId, *, cancel_visits: str | None = None) -> None:
        """Blocks a patient at once: every session and every link ends, and no mail is sent to them any more.

        For who has died or moved, visits ahead end with it. Nobody is mailed that, for the patient is out. Again, it
        ends what visits were left, and changes nothing else.

        Args:
            patient_id: whom.
            cancel_visits: why their visits ahead are cancelled, at most 1,000 characters; ``None``: they stay.

        Raises:
            BadInputError: ``cancel_visits`` can't be a reason.
            NotFoundError: there is no such patient.
            NotPermittedError: it takes the front desk.
        """
        leaving.deactivate(self._env, self._member, patient_id, cancel_visits=cancel_visits)

    def reactivate(self, patient_id: PatientId) -> None:
        """Lets a patient log in again; a lock stays a lock. A second time changes nothing.

        Raises:
            NotFoundError: there is no such patient.
            NotPermittedError: it takes the front desk.
            OwnAccountError: they are the patient.
        """
        registration.reactivate(self._env, self._member, patient_id)
