"""What the practice's visits will be, in a few lists: the model of ``AppointmentsMachine``, which imports no rule."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from patientportal.domain.appointments.directory import BookableBy, VisitType
from patientportal.domain.appointments.requests import Window
from patientportal.domain.ids import PlaceId, StaffId
from patientportal.domain.told import NoticeKind
from patientportal.testing.appointments.hours import midnight_before
from patientportal.testing.appointments.kept import Building, Person, Request, Slot, Visit, ends_at
from patientportal.testing.appointments.model_base import ModelBase
from patientportal.testing.machine_base import DONE, Prediction, nothing

WINDOWS_MAX = 5


class AppointmentsModel(ModelBase):
    """A practice in a few lists; each method says what the call of its name will answer, given what happened so far."""

    # The practice

    def publish(
        self, provider_id: StaffId, place: Building, times: Sequence[tuple[datetime, datetime]]
    ) -> tuple[Prediction, list[Slot]]:
        """Adds what isn't there, unless it would overlap what can be booked; and what of it is left out."""
        if not times:
            return Prediction("bad_input: no_slot"), []
        others = self.published(provider_id=provider_id)
        there = {(slot.place.id, slot.starts_at, slot.ends_at) for slot in others}
        wanted = [Slot(provider_id, place, starts_at, ends_at) for starts_at, ends_at in times]
        new = [slot for slot in wanted if (place.id, slot.starts_at, slot.ends_at) not in there]
        for slot in new:
            if any(map(slot.overlaps, self.offered(provider_id=provider_id))):
                return Prediction(f"slots_overlap: {slot.starts_at}"), []
        left_out = [slot for slot in new if any(map(slot.overlaps, others))]
        return Prediction(DONE, lambda: self.slots.extend(slot for slot in new if slot not in left_out)), left_out

    def rename(self, place: Building, name: str) -> Prediction:
        """Everybody reads the new name everywhere from now on."""

        def effect() -> None:
            place.name = name

        return Prediction(DONE, nothing if place.name == name else effect)

    def name_provider(self, provider_id: StaffId, name: str) -> Prediction:
        """Likewise."""

        def effect() -> None:
            self.names[provider_id] = name

        return Prediction(DONE, nothing if self.names.get(provider_id) == name else effect)

    def withdraw(
        self, provider_id: StaffId, place_id: PlaceId | None, after: datetime, before: datetime
    ) -> tuple[Prediction, int]:
        """Takes all of them away that lie ahead, or none if somebody has one; and how many that are."""
        slots = self.published(provider_id=provider_id, place_id=place_id)
        within = [slot for slot in slots if after <= slot.starts_at < before and slot.starts_at > self.now]
        there = [slot.visit for slot in within if slot.visit is not None]
        visits = list(dict.fromkeys(visit.id for visit in there if visit.status == "booked"))
        if visits:
            return Prediction(f"slots_booked: {', '.join(visits)}"), 0
        free = [slot for slot in within if slot.visit is None]

        def effect() -> None:
            for slot in free:
                slot.is_withdrawn = True

        return Prediction(DONE, effect), len(free)

    def close(
        self, provider_id: StaffId, place_id: PlaceId | None, after: datetime, before: datetime, reason: str
    ) -> tuple[list[Callable[[], None]], tuple[int, int]]:
        """What comes of it, transaction by transaction; and how many slots and visits are gone if each goes well."""
        slots = self.published(provider_id=provider_id, place_id=place_id)
        within = [slot for slot in slots if after <= slot.starts_at < before and slot.starts_at > self.now]
        free = [slot for slot in within if slot.visit is None]
        there = dict.fromkeys(slot.visit for slot in within if slot.visit is not None)
        visits = [visit for visit in there if visit.status == "booked" and visit.slot.starts_at > self.now]
        visits.sort(key=lambda visit: (visit.slot.starts_at, visit.id))
        going = [slot for visit in visits for slot in visit.slots if slot in within or slot.is_closing]

        def begin() -> None:
            for slot in within:
                slot.is_withdrawn = slot.visit is None
                slot.is_closing = slot.visit is not None

        def call_off(visit: Visit) -> None:
            self._cancel(visit, by="staff", reason=reason)
            self._tell(visit.person, NoticeKind.VISIT_CANCELLED, visit)

        steps: list[Callable[[], None]] = [begin, *(partial(call_off, visit) for visit in visits)]
        return steps, (len(free) + len(going), len(visits))

    def shut_out(self, person: Person, reason: str | None = None) -> Prediction:
        """Out at once; their visits stay, unless the practice says why those ahead end."""

        def effect() -> None:
            person.is_active = person.is_in = False
            for visit in self.visits if reason is not None else ():
                if visit.person is person and not self._why_not_ahead(visit):
                    self._cancel(visit, by="staff", reason=reason or "")
                    self._tell(person, NoticeKind.VISIT_CANCELLED, visit)

        return Prediction(DONE, effect)

    def let_in(self, person: Person) -> Prediction:
        """May log in again."""

        def effect() -> None:
            person.is_active = True

        return Prediction(DONE, nothing if person.is_active else effect)

    def log_in(self, person: Person) -> Prediction:
        """Who isn't shut out gets in."""

        def effect() -> None:
            person.is_in = True

        return Prediction(DONE, effect)

    def cancel_by_practice(self, visit: Visit | None, reason: str, *, reopen: bool) -> Prediction:
        """Any once, and told unless it is over; with the slot, or without, as long as that hasn't begun."""
        if visit is None:
            return Prediction("not_found: appointment")
        if visit.status == "cancelled":
            return Prediction("not_booked: cancelled")

        def effect() -> None:
            self._cancel(visit, by="staff", reason=reason, reopen=reopen)
            if visit.ends_at > self.now:
                self._tell(visit.person, NoticeKind.VISIT_CANCELLED, visit)

        return Prediction(DONE, effect)

    def mark(self, visit: Visit | None, status: str) -> Prediction:
        """Who came and who didn't is known once they are here, or from the start on; and may be the other way round."""
        if visit is None:
            return Prediction("not_found: appointment")
        if visit.status == status:
            return Prediction(DONE, nothing)
        if visit.status == "cancelled":
            return Prediction("not_booked: cancelled")
        if visit.status == "booked" and visit.arrived_at is None and self.now < visit.slot.starts_at:
            return Prediction("not_yet_begun")

        def effect() -> None:
            visit.status, visit.ended_at = status, visit.ended_at or self.now

        return Prediction(DONE, effect)

    def mark_arrived(self, visit: Visit | None, *, is_here: bool) -> Prediction:
        """Whoever has a booked visit may be here on its day, or not after all."""
        if visit is None:
            return Prediction("not_found: appointment")
        if visit.status != "booked":
            return Prediction(f"not_booked: {visit.status}")
        if is_here == (visit.arrived_at is not None):
            return Prediction(DONE, nothing)
        if is_here and self.now < midnight_before(visit.slot.starts_at, visit.slot.place.zone):
            return Prediction("not_yet_begun")

        def effect() -> None:
            visit.arrived_at = self.now if is_here else None

        return Prediction(DONE, effect)

    def schedule_request(self, request: Request | None, slot: Slot | None) -> Prediction:
        """One booking for an open request, whichever windows it had; told once."""
        if request is None:
            return Prediction("not_found: appointment_request")
        if slot is None or slot.is_withdrawn:
            return Prediction("not_found: slot")
        if request.status != "open":
            return Prediction(f"appointment_request_ended: {request.status}")
        refusal = self._why_not_free(slot, request.person)
        if refusal:
            return Prediction(refusal)

        def effect() -> None:
            request.status, request.ended_at = "scheduled", self.now
            request.visit = self._book(request.person, slot, request.reason)
            self._tell(request.person, NoticeKind.VISIT_BOOKED, request.visit)

        return Prediction(DONE, effect)

    def decline_request(self, request: Request | None, reason: str) -> Prediction:
        """With a reason; told once."""
        return self._end_request(request, "declined", reason)

    # The patients

    def look(self, person: Person) -> Prediction:
        """Whoever is in may look."""
        return Prediction(DONE if person.is_in else "session_ended")

    def book(self, person: Person, slot: Slot | None, reason: str, kind: VisitType | None = None) -> Prediction:
        """Free slots that lie ahead, when they have nothing else; their own again, and nothing changes."""
        if not person.is_in:
            return Prediction("session_ended")
        if kind is not None and kind.bookable_by is not BookableBy.PATIENT:
            return Prediction("not_found: visit_type")
        if slot is None or slot.is_withdrawn:
            return Prediction("not_found: slot")
        if slot.visit is not None and slot.visit.person is person:
            return Prediction(DONE, nothing)
        refusal = self._why_not_free(slot, person, kind) or self._why_not_theirs(slot, person)
        if refusal:
            return Prediction(refusal)

        def effect() -> None:
            self._tell(person, NoticeKind.VISIT_BOOKED, self._book(person, slot, reason, kind))

        return Prediction(DONE, effect)

    def cancel(self, person: Person, visit: Visit | None) -> Prediction:
        """Their own that is booked and hasn't begun, early enough."""
        refusal = self._why_not_given_up(person, visit)
        if visit is None or refusal:
            return Prediction(refusal)

        def effect() -> None:
            self._cancel(visit, by="patient")
            self._tell(person, NoticeKind.VISIT_CANCELLED, visit)

        return Prediction(DONE, effect)

    def reschedule(self, person: Person, visit: Visit | None, slot: Slot | None) -> Prediction:
        """A visit that could be cancelled, to a slot that could be booked if it weren't for this visit."""
        if person.is_in and visit and visit.person is person and visit.later and slot and slot.visit is visit.later:
            return Prediction(DONE, nothing)
        is_hopeless = visit is None or visit.person is not person or visit.status != "booked"
        if person.is_in and not is_hopeless and (slot is None or slot.is_withdrawn):
            return Prediction("not_found: slot")
        refusal = self._why_not_given_up(person, visit)
        if visit is None or slot is None or refusal:
            return Prediction(refusal)
        refusal = self._why_not_free(slot, person, visit.kind, but_for=visit)
        limit = self.within_limits(slot)
        if refusal or limit:
            return Prediction(refusal or f"booking_limit: {limit}")

        return Prediction(DONE, lambda: self._move(visit, slot, by="patient"))

    def request(
        self, person: Person, provider_id: StaffId | None, reason: str, windows: tuple[Window, ...]
    ) -> Prediction:
        """A few windows, none of them over; a few open requests."""
        if not 1 <= len(windows) <= WINDOWS_MAX:
            return Prediction(f"bad_input: {'too_many' if windows else 'too_few'}")
        if not person.is_in:
            return Prediction("session_ended")
        if any(window.last_day < self.today for window in windows):
            return Prediction("bad_input: in_past")
        if len(self.open_requests(person)) >= self.policy.appointments.open_requests:
            return Prediction("too_many_appointment_requests")

        def effect() -> None:
            self.requests.append(Request(person, provider_id, reason, windows, self.now))

        return Prediction(DONE, effect)

    def withdraw_request(self, person: Person, request: Request | None) -> Prediction:
        """Their own that is open; told once."""
        if not person.is_in:
            return Prediction("session_ended")
        return self._end_request(request if request and request.person is person else None, "withdrawn")

    # What becomes so, and why not

    def _why_not_free(
        self, slot: Slot, person: Person, kind: VisitType | None = None, *, but_for: Visit | None = None
    ) -> str:
        if but_for is not None and slot is but_for.slot:
            return "slot_taken"
        if kind is not None and kind.provider_ids and slot.provider_id not in kind.provider_ids:
            return "bad_input: not_offered"
        if not self.run(slot, kind, but_for):
            return "slot_taken"
        if slot.starts_at <= self.now:
            return "visit_begun"
        until = ends_at(slot, kind)
        others = [
            visit
            for visit in self.booked(person)
            if visit is not but_for and visit.slot.starts_at < until and slot.starts_at < visit.ends_at
        ]
        return f"visits_overlap: {others[-1].id}" if others else ""

    def _why_not_theirs(self, slot: Slot, person: Person) -> str:
        limit, most = self.within_limits(slot), self.policy.appointments.most_ahead
        ahead = [visit for visit in self.booked(person) if visit.slot.starts_at > self.now]
        if not limit and most is not None and len(ahead) >= most:
            limit = "most_ahead"
        return f"booking_limit: {limit}" if limit else ""

    def _why_not_given_up(self, person: Person, visit: Visit | None) -> str:
        if not person.is_in:
            return "session_ended"
        refusal = self._why_not_ahead(visit if visit and visit.person is person else None)
        if not refusal and visit is not None and visit.arrived_at is not None:
            return "already_arrived"
        notice, grace = self.policy.appointments.cancel_notice, self.policy.appointments.grace
        if refusal or visit is None or notice is None or self.now + notice <= visit.slot.starts_at:
            return refusal
        return "" if grace is not None and self.now < visit.booked_at + grace else "too_late_to_cancel"

    def _why_not_ahead(self, visit: Visit | None) -> str:
        if visit is None:
            return "not_found: appointment"
        if visit.status != "booked":
            return f"not_booked: {visit.status}"
        return "visit_begun" if visit.slot.starts_at <= self.now else ""

    def _book(self, person: Person, slot: Slot, reason: str, kind: VisitType | None = None) -> Visit:
        visit = Visit(person, slot, self.run(slot, kind), kind, reason, self.now)
        for one in visit.slots:
            one.visit = visit
        self.visits.append(visit)
        return visit

    def _move(self, visit: Visit, slot: Slot, *, by: str) -> None:
        self._cancel(visit, by=by)
        visit.later = self._book(visit.person, slot, visit.reason, visit.kind)
        visit.later.former = visit
        self._tell(visit.person, NoticeKind.VISIT_RESCHEDULED, visit.later)

    def _cancel(self, visit: Visit, *, by: str, reason: str = "", reopen: bool = True) -> None:
        visit.status, visit.ended_at = "cancelled", visit.ended_at or self.now
        visit.cancelled_by, visit.cancellation_reason = by, reason
        for slot in visit.slots:
            slot.is_withdrawn = (slot.is_closing or not reopen) and slot.starts_at > self.now
            slot.visit, slot.is_closing = None, False

    def _end_request(self, request: Request | None, status: str, reason: str = "") -> Prediction:
        if request is None:
            return Prediction("not_found: appointment_request")
        if request.status != "open":
            return Prediction(f"appointment_request_ended: {request.status}")

        def effect() -> None:
            request.status, request.ended_at, request.decline_reason = status, self.now, reason
            self._tell(request.person, NoticeKind.REQUEST_CLOSED)

        return Prediction(DONE, effect)
