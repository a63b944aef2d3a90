"""The practice's side of support."""

from patientportal.application.accounts.printing import PrintedCode
from patientportal.application.environment import Environment
from patientportal.application.pages import Page
from patientportal.application.support import printing, requests, support
from patientportal.application.support.requests import SupportRequestDetails
from patientportal.domain.ids import PatientId, SupportRequestId
from patientportal.domain.staff import StaffMember
from patientportal.domain.support.support import Asker


class SupportDesk:
    """Requests to support, and help for those who can't log in."""

    def __init__(self, env: Environment, member: StaffMember) -> None:
        self._env = env
        self._member = member

    def unlock(self, patient_id: PatientId) -> None:
        """Unlocks a patient's account and resets the count of wrong passwords. A second time changes nothing.

        Raises:
            NotFoundError: there is no such patient, or they have no account.
            NotPermittedError: it takes support.
            OwnAccountError: they are the patient.
        """
        support.unlock(self._env, self._member, patient_id)

    def send_password_reset(self, patient_id: PatientId) -> None:
        """Mails a link for a new password to the patient's address, however many wrong attempts were counted.

        Support never sees it. Earlier links for a new password end.

        Raises:
            NotFoundError: there is no such patient, or they have no account.
            PatientInactiveError: they are deactivated.
            NotPermittedError: it takes support.
            OwnAccountError: they are the patient.
            OwnAddressChangeError: they changed the patient's address within ``Policy.recovery.own_address_wait``.
        """
        support.send_password_reset(self._env, self._member, patient_id)

    def print_password_reset(self, patient_id: PatientId) -> PrintedCode:
        """A code for a new password on paper, shown this once, for whom mail doesn't reach; the patient is told of it.

        ``RecoveryAccess.reset_password`` takes it with the patient's birth date. Earlier links for a new password end.

        Raises:
            NotFoundError: there is no such patient, or they have no account.
            PatientInactiveError: they are deactivated.
            NotPermittedError: it takes the front desk or support.
            OwnAccountError: they are the patient.
            OwnAddressChangeError: they changed the patient's address within ``Policy.recovery.own_address_wait``.
        """
        return printing.print_password_reset(self._env, self._member, patient_id)

    def open_requests(
        self, *, of: Asker = Asker.PATIENTS, limit: int = 50, cursor: str | None = None
    ) -> Page[SupportRequestDetails]:
        """The requests that nobody has resolved yet, the oldest first: of patients, or of strangers.

        The two are lists of their own, so that however many strangers ask, no patient's waits behind them.

        Args:
            of: whose.
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            NotPermittedError: it takes the front desk or support.
        """
        return requests.open_requests(self._env, self._member, of=of, limit=limit, cursor=cursor)

    def of_patient(
        self, patient_id: PatientId, *, limit: int = 50, cursor: str | None = None
    ) -> Page[SupportRequestDetails]:
        """What a patient asked for, open or resolved, the latest first. What is done with is kept for a while.

        Args:
            patient_id: whose; that this was looked at is kept.
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            NotFoundError: there is no such patient.
            NotPermittedError: it takes the front desk or support.
        """
        return requests.of_patient(self._env, self._member, patient_id, limit=limit, cursor=cursor)

    def get(self, request_id: SupportRequestId) -> SupportRequestDetails:
        """One request, open or resolved.

        Args:
            request_id: ``SupportRequestDetails.request_id``; that its patient was looked at is kept.

        Raises:
            NotFoundError: there is no such request any more.
            NotPermittedError: it takes the front desk or support.
        """
        return requests.get_by_staff(self._env, self._member, request_id)

    def resolve(self, request_id: SupportRequestId, *, answer: str | None = None) -> None:
        """Marks a request as resolved, once; an answer reaches its patient as a message, of which a mail tells.

        Args:
            request_id: ``SupportRequestDetails.request_id``.
            answer: 1 to 10,000 characters, line breaks included; ``None``: there is nothing to say.

        Raises:
            BadInputError: ``answer`` can't be used.
            NotFoundError: there is no such request.
            SupportRequestResolvedError: somebody has resolved it already.
            NobodyToAnswerError: there is an answer, and who asked isn't a patient who was logged in.
            NotPermittedError: it takes the front desk or support.
        """
        requests.resolve(self._env, self._member, request_id, answer=answer)
