"""The patient's medications, and the requests to renew them."""

from patientportal.application.accounts.sessions import SignedIn
from patientportal.application.environment import Environment
from patientportal.application.medications import medications, renewals
from patientportal.application.medications.medications import OwnMedication
from patientportal.application.medications.renewals import OwnRenewal
from patientportal.application.pages import Page
from patientportal.domain.ids import MedicationId, RenewalId


class MedicationsAccess:
    """The patient's medications and their renewals."""

    def __init__(self, env: Environment, who: SignedIn) -> None:
        self._env = env
        self._who = who

    def active(self, *, limit: int = 50, cursor: str | None = None) -> Page[OwnMedication]:
        """What the patient takes now, the latest recorded first.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            SessionEndedError: this session is over.
        """
        return medications.own(self._env, self._who, active_only=True, limit=limit, cursor=cursor)

    def all(self, *, limit: int = 50, cursor: str | None = None) -> Page[OwnMedication]:
        """What the patient takes and took, the latest recorded first.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            SessionEndedError: this session is over.
        """
        return medications.own(self._env, self._who, active_only=False, limit=limit, cursor=cursor)

    def get(self, medication_id: MedicationId) -> OwnMedication:
        """One medication, whether the patient still takes it or not.

        Args:
            medication_id: ``OwnMedication.medication_id``.

        Raises:
            SessionEndedError: this session is over.
            NotFoundError: there is no such medication, or it isn't theirs.
        """
        return medications.get(self._env, self._who, medication_id)

    def request_renewal(
        self, medication_id: MedicationId, *, pharmacy: str = "", note: str = "", idempotency_key: str | None = None
    ) -> RenewalId:
        """Asks the prescriber to renew a medication; one request for it can be pending at a time.

        Args:
            medication_id: ``OwnMedication.medication_id``.
            pharmacy: where they want it from, one line of at most 200 characters.
            note: for the prescriber, at most 1,000 characters.
            idempotency_key: of the form, at most 255 characters: the same form again is the same request, whatever
                became of it.

        Raises:
            BadInputError: ``pharmacy``, ``note`` or the key can't be used.
            SessionEndedError: this session is over.
            NotFoundError: there is no such medication, or it isn't theirs.
            IdempotencyKeyReusedError: the key stands for another request of theirs, which it names.
            MedicationDiscontinuedError: it has been discontinued.
            NotRenewableError: it can't be renewed on request.
            RenewalPendingError: a request for it is pending already.
        """
        return renewals.request(
            self._env, self._who, medication_id, pharmacy=pharmacy, note=note, idempotency_key=idempotency_key
        )

    def renewals(self, *, limit: int = 50, cursor: str | None = None) -> Page[OwnRenewal]:
        """What the patient asked for and what became of it, the latest first.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            SessionEndedError: this session is over.
        """
        return renewals.own(self._env, self._who, limit=limit, cursor=cursor)

    def renewal(self, renewal_id: RenewalId) -> OwnRenewal:
        """One request, and what became of it.

        Args:
            renewal_id: ``OwnRenewal.renewal_id``.

        Raises:
            SessionEndedError: this session is over.
            NotFoundError: there is no such request, or it isn't theirs.
        """
        return renewals.get(self._env, self._who, renewal_id)

    def withdraw_renewal(self, renewal_id: RenewalId) -> None:
        """Withdraws a request while it is pending. A second time changes nothing.

        Args:
            renewal_id: ``OwnRenewal.renewal_id``.

        Raises:
            SessionEndedError: this session is over.
            NotFoundError: there is no such request, or it isn't theirs.
            RenewalDecidedError: it is no longer pending.
        """
        renewals.withdraw(self._env, self._who, renewal_id)

    def __repr__(self) -> str:
        return f"MedicationsAccess({self._who.patient_id})"
