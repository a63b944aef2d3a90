"""The practice's side of visits."""

from datetime import date

from patientportal.application.appointments import attendance, changes, desk, requests
from patientportal.application.appointments.desk import PatientVisit
from patientportal.application.appointments.requests import RequestedVisit
from patientportal.application.environment import Environment
from patientportal.application.pages import Page
from patientportal.domain.ids import AppointmentId, AppointmentRequestId, PatientId, SlotId, StaffId, VisitTypeId
from patientportal.domain.staff import StaffMember


class AppointmentsDesk:
    """The visits of the practice, and what patients ask for."""

    def __init__(self, env: Environment, member: StaffMember) -> None:
        self._env = env
        self._member = member

    def book(
        self,
        patient_id: PatientId,
        slot_id: SlotId,
        *,
        reason: str = "",
        visit_type_id: VisitTypeId | None = None,
        external_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> AppointmentId:
        """Books a free slot in the future for a patient; a mail confirms it to them.

        Args:
            patient_id: whose visit it is.
            slot_id: ``OpenSlot.slot_id``.
            reason: what it is for, at most 500 characters.
            visit_type_id: of which kind it is, with all the slots that it needs; ``None``: it takes this one.
            external_id: the host's own key of the visit, at most 255 characters; no two of a patient share one.
            idempotency_key: of the form that books it, likewise: the same form again is the same visit.

        Returns:
            The visit; the one that they have, if the slot is theirs already or a key was used for it before.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            BadInputError: ``reason``, an id or a key can't be used; or ``not_offered``: the slot's provider has no such
                visits.
            NotFoundError: there is no such patient, no such slot any more, or no such kind of visit that is active.
            IdempotencyKeyReusedError: a key stands for another visit of theirs, which it names.
            PatientInactiveError: they are deactivated.
            SlotTakenError: somebody else has the slot, or one of those that the visit needs after it.
            VisitBegunError: it has begun.
            VisitsOverlapError: the patient has another visit then.
        """
        return desk.book(
            self._env,
            self._member,
            patient_id,
            slot_id,
            reason=reason,
            visit_type_id=visit_type_id,
            external_id=external_id,
            idempotency_key=idempotency_key,
        )

    def reschedule(self, appointment_id: AppointmentId, slot_id: SlotId) -> AppointmentId:
        """Moves a visit to another slot, as a new visit, at any notice; the patient is told.

        Args:
            appointment_id: ``Visit.appointment_id``.
            slot_id: ``OpenSlot.slot_id``.

        Returns:
            The visit there; again, as by a double click, it is the one that they have.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            NotFoundError: there is no such visit, or no such slot any more.
            PatientInactiveError: the patient is deactivated.
            NotBookedError: the visit isn't booked any more.
            VisitBegunError: the visit, or the slot, has begun.
            SlotTakenError: somebody has the slot.
            VisitsOverlapError: the patient has another visit then.
        """
        return desk.reschedule(self._env, self._member, appointment_id, slot_id)

    def get(self, appointment_id: AppointmentId) -> PatientVisit:
        """One visit.

        Args:
            appointment_id: ``Visit.appointment_id``.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            NotFoundError: there is no such visit.
        """
        return desk.get(self._env, self._member, appointment_id)

    def of_patient(self, patient_id: PatientId, *, limit: int = 50, cursor: str | None = None) -> Page[PatientVisit]:
        """All of a patient's visits, whatever became of them, the latest first.

        Args:
            patient_id: whose.
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            BadInputError: ``limit`` or ``cursor``.
            NotFoundError: there is no such patient.
        """
        return desk.of_patient(self._env, self._member, patient_id, limit=limit, cursor=cursor)

    def of_day(self, provider_id: StaffId | None, day: date | None = None) -> tuple[PatientVisit, ...]:
        """The visits of a day, in order, of all patients; cancelled ones are left out.

        Args:
            provider_id: whose; ``None``: of all providers.
            day: on which, in the local time of each visit's place; ``None``: today, in the practice's zone.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            BadInputError: ``provider_id`` can't be one, or ``day`` is ``too_early`` or ``too_late``: before 1900 or
                after 2999.
        """
        return desk.of_day(self._env, self._member, provider_id, day)

    def requests(self, *, limit: int = 50, cursor: str | None = None) -> Page[RequestedVisit]:
        """The open requests for an appointment, the oldest first, with names and when each expires.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            BadInputError: ``limit`` or ``cursor``.
        """
        return requests.open_requests(self._env, self._member, limit=limit, cursor=cursor)

    def get_request(self, request_id: AppointmentRequestId) -> RequestedVisit:
        """One request for a visit, whoever's it is, open or not.

        Args:
            request_id: ``RequestedVisit.request_id``; that its patient was looked at is kept.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            NotFoundError: there is no such request.
        """
        return requests.get_by_staff(self._env, self._member, request_id)

    def schedule_request(self, request_id: AppointmentRequestId, slot_id: SlotId) -> AppointmentId:
        """Books the visit that a patient asked for, once; they are told.

        Args:
            request_id: ``RequestedVisit.request_id``.
            slot_id: a free one, of any provider.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            NotFoundError: there is no such request or slot.
            AppointmentRequestEndedError: it was scheduled, declined or withdrawn before, or it expired.
            SlotTakenError: somebody has the slot.
            VisitBegunError: it has begun.
            VisitsOverlapError: the patient has another visit then.
        """
        return requests.schedule(self._env, self._member, request_id, slot_id)

    def decline_request(self, request_id: AppointmentRequestId, reason: str) -> None:
        """Declines what a patient asked for, once; they are told, and can read the reason after a log-in.

        Args:
            request_id: ``RequestedVisit.request_id``.
            reason: why, 1 to 1,000 characters.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            BadInputError: ``reason`` can't be used.
            NotFoundError: there is no such request.
            AppointmentRequestEndedError: it was scheduled, declined or withdrawn before, or it expired.
        """
        requests.decline(self._env, self._member, request_id, reason=reason)

    def cancel(self, appointment_id: AppointmentId, reason: str, *, reopen: bool = True) -> None:
        """Cancels a visit, also one that has begun, or that was marked as kept or missed by mistake.

        The patient can read the reason after a log-in, and is told unless the visit's time is over.

        Args:
            appointment_id: ``Visit.appointment_id``.
            reason: why, 1 to 1,000 characters.
            reopen: whether its slot is free again; ``False``: it is gone, for the provider isn't there. A slot that has
                begun stays as nobody's.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            BadInputError: ``reason`` can't be used.
            NotFoundError: there is no such visit.
            NotBookedError: it is cancelled already.
        """
        changes.cancel_by_practice(self._env, self._member, appointment_id, reason=reason, reopen=reopen)

    def mark_arrived(self, appointment_id: AppointmentId) -> None:
        """The patient is here; then only the practice can move or cancel the visit. A second time changes nothing.

        Args:
            appointment_id: ``Visit.appointment_id``.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            NotFoundError: there is no such visit.
            NotBookedError: it isn't booked any more.
            NotYetBegunError: its day hasn't begun, by the clocks of its place.
        """
        attendance.mark_arrived(self._env, self._member, appointment_id)

    def unmark_arrived(self, appointment_id: AppointmentId) -> None:
        """The patient isn't here: ``mark_arrived`` was a mistake. Where nobody said so, nothing changes.

        Args:
            appointment_id: ``Visit.appointment_id``.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            NotFoundError: there is no such visit.
            NotBookedError: it isn't booked any more.
        """
        attendance.unmark_arrived(self._env, self._member, appointment_id)

    def mark_fulfilled(self, appointment_id: AppointmentId) -> None:
        """The patient came; also one who was marked as missed by mistake. A second time changes nothing.

        Args:
            appointment_id: ``Visit.appointment_id``.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            NotFoundError: there is no such visit.
            NotBookedError: it was cancelled.
            NotYetBegunError: it lies ahead, and the patient hasn't arrived.
        """
        attendance.mark_fulfilled(self._env, self._member, appointment_id)

    def mark_noshow(self, appointment_id: AppointmentId) -> None:
        """The patient didn't come, or left; also one who was marked as kept by mistake. Again, it changes nothing.

        Args:
            appointment_id: ``Visit.appointment_id``.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            NotFoundError: there is no such visit.
            NotBookedError: it was cancelled.
            NotYetBegunError: it lies ahead, and the patient hasn't arrived.
        """
        attendance.mark_noshow(self._env, self._member, appointment_id)
