"""The practice's side of medications and their renewals."""

from datetime import date, datetime

from patientportal.application.environment import Environment
from patientportal.application.medications import covers, decisions, medications
from patientportal.application.medications.decisions import WaitingRenewal
from patientportal.application.medications.medications import OwnMedication
from patientportal.application.pages import Page
from patientportal.domain.ids import MedicationId, PatientId, RenewalId, StaffId
from patientportal.domain.medications.renewals import RenewalStatus
from patientportal.domain.staff import StaffMember


class MedicationsDesk:
    """Patients' medications, and the requests to renew them."""

    def __init__(self, env: Environment, member: StaffMember) -> None:
        self._env = env
        self._member = member

    def record(
        self,
        patient_id: PatientId,
        *,
        name: str,
        dose: str = "",
        directions: str = "",
        prescriber_id: StaffId | None = None,
        started_on: date,
        refills_left: int,
        is_renewable: bool = True,
    ) -> MedicationId:
        """Records a medication that a patient takes.

        Args:
            patient_id: who.
            name: what it is, one line of at most 1,000 characters.
            dose: how much of it, one line of at most 1,000 characters; empty where the name says it.
            directions: how it is taken, at most 4,000 characters.
            prescriber_id: the staff id of the prescriber, who decides its renewals; ``None``: whoever records it.
            started_on: the first day.
            refills_left: 0 to 99; from here on, only an approved renewal raises it.
            is_renewable: whether the patient may ask for more.

        Raises:
            BadInputError: one of them can't be used; ``started_on`` is ``too_early`` before 1900, and ``too_late`` more
                than 366 days ahead.
            NotPermittedError: it takes a provider.
            NotFoundError: there is no such patient.
        """
        return medications.record(
            self._env,
            self._member,
            patient_id,
            name=name,
            dose=dose,
            directions=directions,
            prescriber_id=prescriber_id,
            started_on=started_on,
            refills_left=refills_left,
            is_renewable=is_renewable,
        )

    def of_patient(self, patient_id: PatientId, *, limit: int = 50, cursor: str | None = None) -> Page[OwnMedication]:
        """A patient's medications, the latest written down first; discontinued ones too.

        Args:
            patient_id: whose; that this was looked at is kept.
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            NotFoundError: there is no such patient.
            NotPermittedError: it takes the front desk or a provider.
        """
        return medications.of_patient(self._env, self._member, patient_id, limit=limit, cursor=cursor)

    def discontinue(self, medication_id: MedicationId) -> None:
        """Ends a medication and its pending renewals at once; the patient is told of the renewals.

        A second time changes nothing.

        Raises:
            NotPermittedError: it takes a provider.
            NotFoundError: there is no such medication.
        """
        medications.discontinue(self._env, self._member, medication_id)

    def cover(self, prescriber_id: StaffId, by: StaffId, until: datetime) -> None:
        """Lets a provider cover for another and decide their renewals; again for the same two, it changes the end.

        Args:
            prescriber_id: the staff id of who is away.
            by: the staff id of who decides instead.
            until: when that ends, aware, at most 366 days ahead; a moment that isn't ahead ends it now.

        Raises:
            BadInputError: an id can't be used, or ``until`` lies too far ahead.
            NotPermittedError: it takes the front desk or a provider.
            CoverNotAllowedError: it takes the prescriber or the front desk, and nobody can appoint themselves.
        """
        covers.give(self._env, self._member, prescriber_id=prescriber_id, by=by, until=until)

    def pending_renewals(self, *, limit: int = 50, cursor: str | None = None) -> Page[WaitingRenewal]:
        """The requests that wait for a decision, the oldest first.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            BadInputError: ``limit`` or ``cursor``.
        """
        return self._waiting("medications.pending_renewals", RenewalStatus.REQUESTED, limit=limit, cursor=cursor)

    def unfilled_renewals(self, *, limit: int = 50, cursor: str | None = None) -> Page[WaitingRenewal]:
        """What was approved and isn't refilled yet, the oldest request first.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            BadInputError: ``limit`` or ``cursor``.
        """
        return self._waiting("medications.unfilled_renewals", RenewalStatus.APPROVED, limit=limit, cursor=cursor)

    def approve_renewal(
        self, renewal_id: RenewalId, *, refills: int, changes: str | None = None, refilled: bool = True
    ) -> None:
        """Approves a request: adds refills. The patient finds it in their inbox; a mail says that something is there.

        Args:
            renewal_id: ``WaitingRenewal.renewal_id``.
            refills: how many more, 0 to 99; a request asks for no number.
            changes: other directions from now on, 1 to 4,000 characters; ``None``: they stay.
            refilled: whether it is refilled with this; ``False``: approved only, until ``mark_refilled``.

        Raises:
            BadInputError: ``refills`` or ``changes`` can't be used.
            NotPermittedError: it takes a provider.
            NotFoundError: there is no such request.
            OwnRenewalError: they are the patient.
            NotPrescriberError: they neither prescribed it nor cover for its prescriber at this moment.
            RenewalDecidedError: it is no longer pending.
            MedicationDiscontinuedError: the medication has been discontinued.
            TooManyRefillsError: more than 99 would be left.
        """
        decisions.approve(self._env, self._member, renewal_id, refills=refills, changes=changes, refilled=refilled)

    def deny_renewal(self, renewal_id: RenewalId, reason: str) -> None:
        """Denies a request, with a reason. The patient finds it in their inbox; a mail says that something is there.

        Args:
            renewal_id: ``WaitingRenewal.renewal_id``.
            reason: for the patient, 1 to 1,000 characters.

        Raises:
            BadInputError: ``reason`` can't be used.
            NotPermittedError: it takes a provider.
            NotFoundError: there is no such request.
            OwnRenewalError: they are the patient.
            NotPrescriberError: they neither prescribed it nor cover for its prescriber at this moment.
            RenewalDecidedError: it is no longer pending.
        """
        decisions.deny(self._env, self._member, renewal_id, reason=reason)

    def mark_refilled(self, renewal_id: RenewalId) -> None:
        """Marks an approved request as refilled; the patient is told. A second time changes nothing.

        Args:
            renewal_id: ``WaitingRenewal.renewal_id``.

        Raises:
            NotPermittedError: it takes a provider.
            NotFoundError: there is no such request.
            OwnRenewalError: they are the patient.
            NotPrescriberError: they neither prescribed it nor cover for its prescriber at this moment.
            RenewalNotApprovedError: nobody approved it, or the medication was discontinued since.
        """
        decisions.mark_refilled(self._env, self._member, renewal_id)

    def _waiting(self, verb: str, status: RenewalStatus, *, limit: int, cursor: str | None) -> Page[WaitingRenewal]:
        return decisions.waiting(self._env, self._member, verb, status, limit=limit, cursor=cursor)
