"""The patient's visits, and the requests for one."""

from collections.abc import Iterable
from datetime import datetime

from patientportal.application.accounts.sessions import SignedIn
from patientportal.application.appointments import appointments, changes, directory, open_slots, requests
from patientportal.application.appointments.appointments import Visit
from patientportal.application.appointments.open_slots import OpenSlot, Wanted
from patientportal.application.appointments.requests import RequestedVisit
from patientportal.application.environment import Environment
from patientportal.application.pages import Page
from patientportal.domain.appointments.directory import Place, Provider, VisitType
from patientportal.domain.appointments.requests import Window
from patientportal.domain.ids import AppointmentId, AppointmentRequestId, PlaceId, SlotId, StaffId, VisitTypeId


class AppointmentsAccess:
    """The patient's visits, and the requests for one."""

    def __init__(self, env: Environment, who: SignedIn) -> None:
        self._env = env
        self._who = who

    def open_slots(
        self,
        *,
        provider_id: StaffId | None = None,
        place_id: PlaceId | None = None,
        after: datetime | None = None,
        before: datetime | None = None,
        visit_type_id: VisitTypeId | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[OpenSlot]:
        """The slots that can be booked, the next one first. Who has the others isn't shown, nor that there are any.

        ``Policy.appointments.book_notice`` and ``horizon`` hide what begins too soon or too far ahead.

        Args:
            provider_id: of this provider; ``None``: of any.
            place_id: at this place; ``None``: at any.
            after: beginning then or later; aware.
            before: beginning earlier; aware.
            visit_type_id: where a visit of this kind can begin; ``None``: one that takes one slot.
            limit: 1 to 200; a page of a kind of visit may be shorter: ``next_cursor`` tells if it is the last.
            cursor: of the page before.

        Raises:
            BadInputError: an id can't be one, ``before`` isn't after ``after``, ``limit`` or ``cursor``.
            SessionEndedError: this session is over.
            NotFoundError: there is no such kind of visit, or patients can't book it.
        """
        wanted = Wanted(
            provider_id=provider_id, place_id=place_id, after=after, before=before, visit_type_id=visit_type_id
        )
        return open_slots.open_slots(self._env, self._who, wanted, limit=limit, cursor=cursor)

    def visit_types(self) -> tuple[VisitType, ...]:
        """The kinds of visits that can be booked, in the order of their names.

        Raises:
            SessionEndedError: this session is over.
        """
        return directory.visit_types_for_patients(self._env, self._who)

    def providers(self) -> tuple[Provider, ...]:
        """Who sees patients, in the order of their names.

        Raises:
            SessionEndedError: this session is over.
        """
        return directory.entries_for_patients(self._env, self._who, Provider)

    def places(self) -> tuple[Place, ...]:
        """Where visits are, in the order of their names.

        Raises:
            SessionEndedError: this session is over.
        """
        return directory.entries_for_patients(self._env, self._who, Place)

    def book(
        self,
        slot_id: SlotId,
        reason: str = "",
        *,
        visit_type_id: VisitTypeId | None = None,
        idempotency_key: str | None = None,
    ) -> AppointmentId:
        """Books a free slot in the future; a mail confirms it. Booked again, nothing changes, the reason neither.

        Args:
            slot_id: ``OpenSlot.slot_id``.
            reason: what the visit is for, at most 1,000 characters.
            visit_type_id: of which kind it is, with all the slots that it needs; ``None``: it takes this one.
            idempotency_key: of the form, at most 255 characters: the same form again is the same visit, whatever became
                of it.

        Returns:
            The visit; the one that they have, if the slot is theirs already, as after a double click.

        Raises:
            BadInputError: ``reason``, an id or the key can't be used; ``not_offered``: the slot's provider has no such
                visits.
            SessionEndedError: this session is over.
            IdempotencyKeyReusedError: the key stands for another visit of theirs, which it names.
            NotFoundError: there is no such slot any more; or no such kind of visit, or patients can't book it.
            SlotTakenError: somebody else has it, or one of those that the visit needs after it.
            VisitBegunError: it has begun.
            VisitsOverlapError: the patient has another visit then.
            BookingLimitError: it begins too soon or too far ahead, or too many visits lie ahead of the patient.
        """
        return appointments.book(
            self._env,
            self._who,
            slot_id,
            reason=reason,
            visit_type_id=visit_type_id,
            idempotency_key=idempotency_key,
        )

    def upcoming(self, *, limit: int = 50, cursor: str | None = None) -> Page[Visit]:
        """The booked visits that aren't over, the next one first.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            SessionEndedError: this session is over.
        """
        return appointments.upcoming(self._env, self._who, limit=limit, cursor=cursor)

    def past(self, *, limit: int = 50, cursor: str | None = None) -> Page[Visit]:
        """The visits that are over or were cancelled, the latest first.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            SessionEndedError: this session is over.
        """
        return appointments.past(self._env, self._who, limit=limit, cursor=cursor)

    def get(self, appointment_id: AppointmentId) -> Visit:
        """One visit.

        Args:
            appointment_id: ``Visit.appointment_id``.

        Raises:
            NotFoundError: there is no such visit, or it isn't theirs.
            SessionEndedError: this session is over.
        """
        return appointments.get(self._env, self._who, appointment_id)

    def cancel(self, appointment_id: AppointmentId) -> None:
        """Cancels a visit that hasn't begun; its slot is free again, and the visit is never booked again.

        Args:
            appointment_id: ``Visit.appointment_id``.

        Raises:
            SessionEndedError: this session is over.
            NotFoundError: there is no such visit, or it isn't theirs.
            NotBookedError: it isn't booked any more.
            VisitBegunError: it has begun.
            AlreadyArrivedError: the practice knows that they are here for it.
            TooLateToCancelError: it begins sooner than ``cancel_notice`` says, and ``grace`` is over.
        """
        changes.cancel(self._env, self._who, appointment_id)

    def reschedule(self, appointment_id: AppointmentId, slot_id: SlotId) -> AppointmentId:
        """Moves a visit to another slot, as a new visit of its kind; after an error it keeps its old slot.

        Args:
            appointment_id: ``Visit.appointment_id``.
            slot_id: ``OpenSlot.slot_id``.

        Returns:
            The visit there; again, as by a double click, it is the one that they have.

        Raises:
            SessionEndedError: this session is over.
            NotFoundError: there is no such visit, or it isn't theirs; or there is no such slot any more.
            NotBookedError: the visit isn't booked any more.
            VisitBegunError: the visit, or the slot, has begun.
            AlreadyArrivedError: the practice knows that they are here for it.
            TooLateToCancelError: it begins sooner than ``cancel_notice`` says, and ``grace`` is over.
            SlotTakenError: somebody has the slot, or one of those that the visit needs after it.
            VisitsOverlapError: the patient has another visit then.
            BookingLimitError: the slot begins too soon or too far ahead.
        """
        return changes.reschedule(self._env, self._who, appointment_id, slot_id)

    def request(
        self,
        reason: str,
        windows: Iterable[Window],
        *,
        provider_id: StaffId | None = None,
        idempotency_key: str | None = None,
    ) -> AppointmentRequestId:
        """Asks the practice for a visit, when no slot suits; at most three requests are open at a time.

        Args:
            reason: what for, 1 to 1,000 characters.
            windows: when it would suit, one to five of them.
            provider_id: whom the patient wants to see; ``None``: anybody.
            idempotency_key: of the form, at most 255 characters: the same form again is the same request, whatever
                became of it.

        Raises:
            BadInputError: ``reason``, ``provider_id`` or the key can't be used, or ``windows`` are too few, too many,
                over or years away.
            SessionEndedError: this session is over.
            IdempotencyKeyReusedError: the key stands for another request of theirs, which it names.
            TooManyAppointmentRequestsError: as many as ``Policy.appointments.open_requests`` says are open.
        """
        return requests.request(
            self._env,
            self._who,
            reason=reason,
            windows=windows,
            provider_id=provider_id,
            idempotency_key=idempotency_key,
        )

    def requests(self, *, limit: int = 50, cursor: str | None = None) -> Page[RequestedVisit]:
        """What the patient asked for, the latest first.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            SessionEndedError: this session is over.
        """
        return requests.own_requests(self._env, self._who, limit=limit, cursor=cursor)

    def get_request(self, request_id: AppointmentRequestId) -> RequestedVisit:
        """One request for a visit, as it stands.

        Args:
            request_id: ``RequestedVisit.request_id``.

        Raises:
            NotFoundError: there is no such request, or it isn't theirs.
            SessionEndedError: this session is over.
        """
        return requests.get(self._env, self._who, request_id)

    def withdraw_request(self, request_id: AppointmentRequestId) -> None:
        """Withdraws an open request.

        Args:
            request_id: ``RequestedVisit.request_id``.

        Raises:
            SessionEndedError: this session is over.
            NotFoundError: there is no such request, or it isn't theirs.
            AppointmentRequestEndedError: it was scheduled, declined or withdrawn before, or it expired.
        """
        requests.withdraw(self._env, self._who, request_id)

    def __repr__(self) -> str:
        return f"AppointmentsAccess({self._who.patient_id})"
