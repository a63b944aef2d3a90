"""The practice's side of medications and their renewals."""

from datetime import date, datetime

from patientportal.application.environment import Environment
from patientportal.application.medications import covers, decisions, desk, medications, prescribing
from patientportal.application.medications.covers import ProviderCover
from patientportal.application.medications.desk import PatientMedication, PatientRenewal
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
            refills_left: 0 to 99: how often it may be filled again after its first fill; each refill takes one away,
                and only an approved renewal, or ``correct``, raises it.
            is_renewable: whether the patient may ask for more.

        Raises:
            BadInputError: one of them can't be used; ``started_on`` is ``too_early`` before 1900, and ``too_late`` more
                than 366 days ahead; or the prescriber is ``inactive``: a provider who sees nobody any more.
            NotPermittedError: it takes a provider.
            OwnAccountError: they are the patient.
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

    def of_patient(
        self, patient_id: PatientId, *, limit: int = 50, cursor: str | None = None
    ) -> Page[PatientMedication]:
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
        return desk.of_patient(self._env, self._member, patient_id, limit=limit, cursor=cursor)

    def get(self, medication_id: MedicationId) -> PatientMedication:
        """One medication; that it was looked at is kept with its patient.

        Args:
            medication_id: ``PatientMedication.medication_id``.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            NotFoundError: there is no such medication.
        """
        return desk.get(self._env, self._member, medication_id)

    def correct(
        self,
        medication_id: MedicationId,
        *,
        dose: str | None = None,
        directions: str | None = None,
        refills_left: int | None = None,
        is_renewable: bool | None = None,
    ) -> None:
        """Says how a medication is from now on; ``None``: that stays. What is so already changes nothing.

        The patient sees it in their list; nobody is mailed. If they must know at once, write to them.

        Args:
            medication_id: ``PatientMedication.medication_id``.
            dose: how much of it, one line of at most 1,000 characters; empty where the name says it.
            directions: how it is taken, at most 4,000 characters.
            refills_left: 0 to 99, also to say that a pharmacy filled it without a request for a renewal.
            is_renewable: whether the patient may ask for more; what they asked for already waits on.

        Raises:
            BadInputError: one of them can't be used.
            NotPermittedError: it takes a provider.
            OwnAccountError: they are the patient.
            NotFoundError: there is no such medication.
            NotPrescriberError: they neither prescribe it nor cover for its prescriber at this moment.
            MedicationDiscontinuedError: it has been discontinued.
        """
        prescribing.correct(
            self._env,
            self._member,
            medication_id,
            dose=dose,
            directions=directions,
            refills_left=refills_left,
            is_renewable=is_renewable,
        )

    def reassign(self, prescriber_id: StaffId, to: StaffId, *, medication_id: MedicationId | None = None) -> int:
        """Makes another the prescriber of all that a provider prescribes and is taken, as when they leave.

        The new prescriber, or who covers for them, decides what waits; who covers for the former doesn't any more.
        Patients see the new name in their lists, and aren't mailed. Each medication is saved by itself: run again,
        after a crash or for what was recorded meanwhile, it does what is left.

        Args:
            prescriber_id: the staff id of who leaves.
            to: the staff id of who prescribes from now on.
            medication_id: this one alone; ``None``: all of them.

        Returns:
            How many changed hands; what isn't theirs, or was discontinued, doesn't.

        Raises:
            BadInputError: an id can't be used, or ``to`` is ``inactive``: a provider who sees nobody any more.
            NotPermittedError: it takes the front desk or a provider.
            NotFoundError: there is no such medication.
            ReassignmentNotAllowedError: it takes the prescriber or the front desk, and nobody can appoint themselves.
        """
        return prescribing.reassign(self._env, self._member, prescriber_id, to, medication_id=medication_id)

    def discontinue(self, medication_id: MedicationId) -> None:
        """Ends a medication and its pending renewals at once; the patient is told of the renewals.

        A second time changes nothing.

        Raises:
            NotPermittedError: it takes a provider.
            OwnAccountError: they are the patient.
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
            BadInputError: an id can't be used, ``until`` lies too far ahead, or ``by`` is ``inactive``: a provider who
                sees nobody any more.
            NotPermittedError: it takes the front desk or a provider.
            CoverNotAllowedError: it takes the prescriber or the front desk, and nobody can appoint themselves.
        """
        covers.give(self._env, self._member, prescriber_id=prescriber_id, by=by, until=until)

    def covers(self) -> tuple[ProviderCover, ...]:
        """Who covers for whom at this moment, the first to end first.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
        """
        return covers.in_force(self._env, self._member)

    def renewals(self, patient_id: PatientId, *, limit: int = 50, cursor: str | None = None) -> Page[PatientRenewal]:
        """What a patient asked for and what became of it, the latest first.

        Args:
            patient_id: whose; that this was looked at is kept.
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            NotFoundError: there is no such patient.
            NotPermittedError: it takes the front desk or a provider.
        """
        return desk.renewals(self._env, self._member, patient_id, limit=limit, cursor=cursor)

    def renewal(self, renewal_id: RenewalId) -> PatientRenewal:
        """One request, and what became of it; that it was looked at is kept with its patient.

        Args:
            renewal_id: ``PatientRenewal.renewal_id``.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            NotFoundError: there is no such request.
        """
        return desk.renewal(self._env, self._member, renewal_id)

    def pending_renewals(self, *, limit: int = 50, cursor: str | None = None) -> Page[PatientRenewal]:
        """The requests that wait for a decision, the oldest first.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            BadInputError: ``limit`` or ``cursor``.
        """
        return self._waiting("medications.pending_renewals", RenewalStatus.REQUESTED, limit=limit, cursor=cursor)

    def unfilled_renewals(self, *, limit: int = 50, cursor: str | None = None) -> Page[PatientRenewal]:
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
        """Approves a request: adds refills, of which the one that is filled with this takes the first.

        The patient finds it in their inbox; a mail says that something is there.

        Args:
            renewal_id: ``PatientRenewal.renewal_id``.
            refills: how many fills more, this one included, 0 to 99; a request asks for no number.
            changes: other directions from now on, 1 to 4,000 characters; ``None``: they stay.
            refilled: whether it is refilled with this, which takes one of them away; ``False``: approved only, until
                ``mark_refilled``.

        Raises:
            BadInputError: ``refills`` or ``changes`` can't be used.
            NotPermittedError: it takes a provider.
            OwnAccountError: they are the patient.
            NotFoundError: there is no such request.
            NotPrescriberError: they neither prescribe it nor cover for its prescriber at this moment.
            RenewalDecidedError: it is no longer pending.
            MedicationDiscontinuedError: the medication has been discontinued.
            NoRefillsLeftError: there would be none, not even this one.
            TooManyRefillsError: more than 99 would be left.
        """
        decisions.approve(self._env, self._member, renewal_id, refills=refills, changes=changes, refilled=refilled)

    def deny_renewal(self, renewal_id: RenewalId, reason: str) -> None:
        """Denies a request, with a reason. The patient finds it in their inbox; a mail says that something is there.

        Args:
            renewal_id: ``PatientRenewal.renewal_id``.
            reason: for the patient, 1 to 1,000 characters.

        Raises:
            BadInputError: ``reason`` can't be used.
            NotPermittedError: it takes a provider.
            OwnAccountError: they are the patient.
            NotFoundError: there is no such request.
            NotPrescriberError: they neither prescribe it nor cover for its prescriber at this moment.
            RenewalDecidedError: it is no longer pending.
        """
        decisions.deny(self._env, self._member, renewal_id, reason=reason)

    def mark_refilled(self, renewal_id: RenewalId) -> None:
        """Marks an approved request as refilled, which takes a refill away; the patient is told.

        A second time changes nothing.

        Args:
            renewal_id: ``PatientRenewal.renewal_id``.

        Raises:
            NotPermittedError: it takes a provider.
            OwnAccountError: they are the patient.
            NotFoundError: there is no such request.
            NotPrescriberError: they neither prescribe it nor cover for its prescriber at this moment.
            RenewalNotApprovedError: nobody approved it, or the medication was discontinued since.
            NoRefillsLeftError: the number was corrected since, or others were filled, and none is left.
        """
        decisions.mark_refilled(self._env, self._member, renewal_id)

    def _waiting(self, verb: str, status: RenewalStatus, *, limit: int, cursor: str | None) -> Page[PatientRenewal]:
        return desk.waiting(self._env, self._member, verb, status, limit=limit, cursor=cursor)
