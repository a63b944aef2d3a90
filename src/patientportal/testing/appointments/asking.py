"""Patients ask for visits, and the practice schedules them or declines: a layer of ``AppointmentsMachine``."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from patientportal.domain.appointments.requests import AppointmentRequest, PartOfDay, Window
from patientportal.domain.ids import AppointmentRequestId, SlotId, StaffId
from patientportal.domain.notices.notices import Delivery
from patientportal.domain.told import NoticeKind
from patientportal.testing.appointments.booking import BookingMachine, forms
from patientportal.testing.appointments.hours import A_DAY
from patientportal.testing.appointments.kept import Person, Request
from patientportal.testing.appointments.machine_base import NOBODYS, REASONS, pick, providers
from patientportal.testing.appointments.model_forms import under
from patientportal.testing.machine_base import DONE, agree, indexes, offsets, rarely

for_requests: st.SearchStrategy[str] = st.sampled_from(
    ("free", "free", "free", "taken", "overlapping", "begun", "begun", "gone", "none")
)
which_requests: st.SearchStrategy[str] = st.sampled_from(("open", "open", "open", "ended", "none"))


class AskingMachine(BookingMachine):
    """What becomes of a request."""

    # The patients

    @rule(
        who=indexes,
        provider_id=st.none() | providers,
        reason=st.sampled_from(REASONS[1:]),
        last=st.lists(st.sampled_from((-1, 0, 0, 0, 7)), min_size=1, max_size=3)
        | st.sampled_from(([], [1] * 5, [1] * 6)),
        times=st.sampled_from((1, 1, 4)),
        form=forms,
    )
    def request(
        self,
        who: int,
        provider_id: StaffId | None,
        reason: str,
        last: list[int],
        times: int,
        *,
        form: str | None = None,
    ) -> None:
        """Somebody asks for a visit, within windows that end so many days from now; perhaps again and again."""
        person, today = self.person(who), self.model.today
        windows = tuple(
            Window(first_day=today - A_DAY, last_day=today + days * A_DAY, part=PartOfDay.MORNING) for days in last
        )
        for _ in range(times):
            kept = under(self.model.requests, person, form)
            answer, request_id = self._ask(
                lambda: person.me.appointments.request(reason, windows, provider_id=provider_id, idempotency_key=form),
                self.model.request_by_form(person, provider_id, reason, windows, form),
            )
            if kept is not None and request_id is not None:
                agree("request", predicted=kept.id, answered=request_id)
            elif request_id is not None:
                self.model.requests[-1].id = request_id
            self._see_form(answer, kept)
            self._reach("a window was over", when=answer == "bad_input: in_past")
            self._reach("too many requests were open", when=answer == "too_many_appointment_requests")

    @rule(who=indexes, sort=which_requests, which=indexes)
    def withdraw_request(self, who: int, sort: str, which: int) -> None:
        """Somebody no longer wants what they asked for."""
        person = self.person(who)
        request = self._request(sort, person, which)
        before = request and request.status
        answer, _ = self._ask(
            lambda: person.me.appointments.withdraw_request(request.id if request else AppointmentRequestId(NOBODYS)),
            self.model.withdraw_request(person, request),
        )
        is_strangers = request and request.person is not person and before == "open"
        self._reach("a request was withdrawn", when=answer == DONE)
        self._reach("a request ended twice", when=answer.startswith("appointment_request_ended"))
        self._reach("a stranger's request was to be withdrawn", when=person.is_in and is_strangers)

    @rule(who=indexes, which=indexes, offset=offsets)
    def wait_for_an_answer(self, who: int, which: int, offset: timedelta) -> None:
        """Nobody answers a request until its last day is about to end, or just has."""
        request = self._request("open", self.person(who), which)
        if request is not None:
            self._wait_until(request.ends_at(self.policy.zone) + offset)
            self.work()

    # The practice

    @rule(which=indexes, sort=which_requests, slots=for_requests, whose=indexes, in_vain=rarely)
    def schedule_request(self, which: int, sort: str, slots: str, whose: int, *, in_vain: bool) -> None:
        """The practice books what somebody asked for, who then perhaps doesn't come."""
        request = self._request(sort, self.person(whose), which)
        slot = self._slot(slots, request.person if request else self.model.people[0], whose)
        before = request and request.status
        answer, visit_id = self._ask(
            lambda: self.desk.appointments.schedule_request(
                request.id if request else AppointmentRequestId(NOBODYS), slot.id if slot else SlotId(NOBODYS)
            ),
            self.model.schedule_request(request, slot),
        )
        if visit_id is not None:
            self.model.visits[-1].id = visit_id
        self._reach("the practice scheduled a request", when=answer == DONE)
        self._reach("a request ended twice", when=before != "open" and answer.startswith("appointment_request_ended"))
        self._reach("a begun slot was tried for a request", when=answer == "visit_begun")
        if in_vain and request and request.visit:
            self._cancel(request.person, request.visit)

    @rule(who=indexes, which=indexes, sort=which_requests)
    def decline_request(self, who: int, which: int, sort: str) -> None:
        """The practice can't do what somebody asked for."""
        request = self._request(sort, self.person(who), which)
        answer, _ = self._ask(
            lambda: self.desk.appointments.decline_request(
                request.id if request else AppointmentRequestId(NOBODYS), "Ask your doctor"
            ),
            self.model.decline_request(request, "Ask your doctor"),
        )
        self._reach("the practice declined a request", when=answer == DONE)
        self._reach("a request ended twice", when=answer.startswith("appointment_request_ended"))

    # What always holds

    @invariant()
    def each_end_of_a_request_is_told_once(self) -> None:
        """In one notice, and in no second message."""
        requests, deliveries = self._saved(AppointmentRequest), self._saved(Delivery)
        closed = sorted(one.patient_id for one in requests if one.status in {"declined", "withdrawn", "expired"})
        told_of = sorted(one.patient_id for one in deliveries if one.kind is NoticeKind.REQUEST_CLOSED)
        agree("closed requests that are told", predicted=closed, answered=told_of)
        kept = {one.appointment_id for one in requests if one.appointment_id is not None}
        confirmed = [one.about_id for one in deliveries if one.kind is NoticeKind.VISIT_BOOKED]
        agree("scheduled requests that are told", predicted=len(kept), answered=sum(one in kept for one in confirmed))
        ids = [message.id for message in self.notifier.messages]
        agree("messages told twice", predicted=len({*ids}), answered=len(ids))

    # How it is done

    def _request(self, sort: str, person: Person, which: int) -> Request | None:
        """A request of a sort; where there is none, somebody asks first."""
        if sort != "none" and not self.model.requests_of(sort):
            who = self.model.people.index(person)
            self.request(who, None, REASONS[1], [7], 1)
            if sort == "ended":
                self.withdraw_request(who, "open", which)
        return pick(self.model.requests_of(sort), which)
