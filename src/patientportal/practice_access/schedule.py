"""The practice's side of schedules."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta

from patientportal.application.appointments import closing, open_slots, schedules
from patientportal.application.appointments.closing import WithdrawnSlots
from patientportal.application.appointments.open_slots import OpenSlot, Wanted
from patientportal.application.appointments.schedules import PublishedSlots
from patientportal.application.environment import Environment
from patientportal.application.pages import Page
from patientportal.domain.appointments.directory import Place
from patientportal.domain.ids import PlaceId, StaffId, VisitTypeId
from patientportal.domain.staff import StaffMember


class ScheduleDesk:
    """The slots that can be booked."""

    def __init__(self, env: Environment, member: StaffMember) -> None:
        self._env = env
        self._member = member

    def publish(
        self,
        place: Place | PlaceId,
        pattern: str,
        *,
        opens: time,
        closes: time,
        visit_length: timedelta,
        first_day: date,
        last_day: date,
        exceptions: Iterable[date] = (),
        step: timedelta | None = None,
        provider_id: StaffId | None = None,
        progress: Callable[[int, int], object] | None = None,
    ) -> PublishedSlots:
        """Adds the slots of a pattern that aren't there yet: in transactions of 500; call it again after a stop.

        A slot that overlaps a visit of the provider, or a slot of theirs that has begun, is left out and named; one
        that overlaps a free one is refused. Everything is checked before the first is added. Only if others publish
        for the same provider at the same time can some be added before another is refused.

        Args:
            place: where, by its id; or a ``Place``, which is put as by ``places.put``. All days and times are in its
                zone; slots that stand keep theirs.
            pattern: a rule as calendars write it (RFC 5545), such as ``FREQ=WEEKLY;BYDAY=MO,WE``: ``DAILY``, ``WEEKLY``
                or ``MONTHLY``, with ``BYDAY``, ``BYMONTHDAY``, ``BYSETPOS``, ``INTERVAL``, ``WKST``, and ``COUNT`` or
                ``UNTIL`` (a day, or a moment by the clocks there or in UTC: when the last day opens at the latest).
            opens: when the first visit of a day begins, in whole minutes.
            closes: by when the last one is over; if at or before ``opens``, on the next day.
            visit_length: in whole minutes, from 5 to 12 hours; they are real minutes, whatever the clocks do.
            first_day: from this day on, at most 366 days ago; ``INTERVAL`` and ``COUNT`` count from it.
            last_day: the last day, included; at most 365 days later, and ten years ahead.
            exceptions: days that are left out, at most 366.
            step: how long after a visit begins the next one does, in whole minutes, up to 12 hours and at least a
                visit's length, which it is where nothing is said; longer, it leaves a pause.
            provider_id: whose slots; ``None``: the member's own, if they are a provider.
            progress: called after each transaction with how many of how many slots are done.

        Returns:
            How many are new, how many were there, and which were left out.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            BadInputError: something of it can't be used, it makes no slot, or it makes more than 20,000; or
                ``inactive``: the place is, or the provider.
            NotFoundError: nobody put a place with this id.
            SlotsOverlapError: a slot would overlap a free one of the provider that lies ahead, at any place.
        """
        return schedules.publish(
            self._env,
            self._member,
            place,
            pattern,
            opens=opens,
            closes=closes,
            visit_length=visit_length,
            step=step,
            first_day=first_day,
            last_day=last_day,
            exceptions=exceptions,
            provider_id=provider_id,
            progress=progress,
        )

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
        """The free slots in the future, the next one first, for ``appointments.book`` and ``schedule_request``.

        Args:
            provider_id: of this provider; ``None``: of any.
            place_id: at this place; ``None``: at any.
            after: beginning then or later; aware.
            before: beginning earlier; aware.
            visit_type_id: where a visit of this kind can begin; ``None``: one that takes one slot.
            limit: 1 to 200; a page of a kind of visit may be shorter: ``next_cursor`` tells if it is the last.
            cursor: of the page before.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            BadInputError: an id can't be one, ``before`` isn't after ``after``, ``limit`` or ``cursor``.
            NotFoundError: there is no such kind of visit, or it isn't active.
        """
        wanted = Wanted(
            provider_id=provider_id, place_id=place_id, after=after, before=before, visit_type_id=visit_type_id
        )
        return open_slots.open_slots_for_staff(self._env, self._member, wanted, limit=limit, cursor=cursor)

    def withdraw(
        self,
        *,
        after: datetime,
        before: datetime,
        provider_id: StaffId | None = None,
        place_id: PlaceId | None = None,
        cancelling: str | None = None,
    ) -> WithdrawnSlots:
        """Removes a provider's free slots in the future, in one transaction: none of them if some are booked.

        With ``cancelling`` it closes: from its beginning on nothing there can be booked; then each booked visit is
        cancelled in a transaction of its own, its patient told, and its slot removed, too. What somebody gives up
        meanwhile is gone as well. Stopped in the middle, call it again. Who has been seen already, or left, keeps the
        slot; what others publish there from its beginning on stays.

        Args:
            after: those that begin then or later; aware.
            before: and earlier than this, at most 31 days later; aware.
            provider_id: whose slots; ``None``: the member's own, if they are a provider.
            place_id: at this place; ``None``: at any.
            cancelling: why booked visits are cancelled, 1 to 1,000 characters, which their patients can read after a
                log-in; ``None``: they aren't.

        Returns:
            How many slots were removed, and how many visits cancelled.

        Raises:
            NotPermittedError: it takes the front desk or a provider.
            BadInputError: an id can't be one, ``before`` isn't after ``after`` or more than 31 days after it, or
                ``cancelling`` can't be used.
            SlotsBookedError: some of them are booked, and ``cancelling`` is ``None``; it names the visits.
        """
        return closing.withdraw(
            self._env,
            self._member,
            after=after,
            before=before,
            provider_id=provider_id,
            place_id=place_id,
            cancelling=cancelling,
        )
