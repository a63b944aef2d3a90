"""A clinic's week around one full day, at random: who books, moves, comes and asks, and a mail server that fails."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from patientportal import (
    Answer,
    DigestPolicy,
    MemoryStore,
    Message,
    Money,
    NoticePolicy,
    Place,
    PlaceId,
    Policy,
    Portal,
    PortalError,
    RecordingNotifier,
    RenewalPolicy,
    StaffId,
    Window,
)
from patientportal.domain.ids import AppointmentId, PatientId, SlotId
from patientportal.patient_access import PatientAccess
from patientportal.testing import FrozenClock, activated, desk, person, portal

A_DAY, AN_HOUR, A_MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
BEGINS_AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
THE_DAY = date(2026, 1, 12)
OPENS_AT = datetime(2026, 1, 12, 8, tzinfo=UTC)
ENDS_AT = OPENS_AT + 5 * A_DAY
PATIENCE = A_DAY
REMINDERS = (2 * A_DAY, 2 * AN_HOUR)
A_ROUND = 10 * A_MINUTE
SLOTS_A_PROVIDER = 24
WITHOUT_ADDRESS, WITHOUT_ACCOUNT, REFUSED = 3, 3, "refused@example.org"
POLICY = Policy(
    zone="UTC",
    renewals=RenewalPolicy(expires_after=3 * A_DAY),
    notices=NoticePolicy(
        patience=PATIENCE,
        link_patience=PATIENCE,
        reminders=REMINDERS,
        digest=DigestPolicy(email="desk@clinic.example"),
    ),
)


class FailingMail(RecordingNotifier):
    """A mail server that is down, or refuses some for now, at times; and one recipient always."""

    def __init__(self, clock: FrozenClock, chance: random.Random) -> None:
        super().__init__()
        self._clock, self._chance = clock, chance
        self.down: list[tuple[datetime, datetime]] = []
        self.flaky: list[tuple[datetime, datetime]] = []
        self.answered: list[tuple[str, datetime, Answer]] = []

    def send(self, message: Message) -> Answer:
        now = self._clock()
        answer = super().send(message)
        if message.to_email == REFUSED:
            answer = Answer.NEVER
        elif any(begins <= now < ends for begins, ends in self.down):
            answer = Answer.UNREACHED
        elif any(begins <= now < ends for begins, ends in self.flaky) and self._chance.random() < 0.5:
            answer = Answer.LATER
        self.answered.append((message.id, now, answer))
        return answer


class Life:
    """What happens, in the order of its time; what the portal refuses is no part of it.

    Attributes:
        worked_at: when a worker came.
        starts_at: when each slot begins.
        refused: how often the portal refused what somebody tried.
    """

    def __init__(self, visits: int, chance: random.Random) -> None:
        self.visits, self.chance = visits, chance
        self.clock, self.store = FrozenClock(BEGINS_AT), MemoryStore()
        self.mail = FailingMail(self.clock, chance)
        self.portal: Portal = portal(policy=POLICY, store=self.store, clock=self.clock, notifier=self.mail)
        self.desk = desk(self.portal)
        self.worked_at: list[datetime] = []
        self.starts_at: dict[SlotId, datetime] = {}
        self.refused = 0
        self._todo: list[tuple[datetime, Callable[[], object]]] = []
        self._names: list[str] = []
        self._patients: list[PatientId] = []

    # What happens

    def live(self) -> None:
        """Everything that was planned, with a worker every ten minutes, until long after."""
        self._register()
        self._publish()
        self._plan()
        while self.clock() < ENDS_AT + 3 * A_DAY:
            now = self.clock()
            self._todo.sort(key=lambda one: one[0])
            while self._todo and self._todo[0][0] <= now:
                self._try(self._todo.pop(0)[1])
            self.worked_at.append(now)
            self.portal.work(limit=10_000)
            self.clock.advance(A_ROUND)

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except PortalError:
            self.refused += 1

    def _register(self) -> None:
        number = max(8, self.visits // 4)
        for one in range(number):
            email = REFUSED if one == 0 else f"patient.{one}@example.org"
            if one == 0:
                member_id = self.desk.patients.register(person(first_name="Ruth", email=email), invite=False)
            elif one < WITHOUT_ADDRESS:
                member_id = self.desk.patients.register(person(first_name=f"P{one}", email=None), invite=False)
            elif one < WITHOUT_ADDRESS + WITHOUT_ACCOUNT:
                member_id = self.desk.patients.register(person(first_name=f"P{one}", email=email), invite=False)
            else:
                name = f"patient.{one}"
                member_id = activated(self.portal, self.mail, name, email=email, first_name=f"P{one}").patient_id
                self._names.append(name)
            self._patients.append(member_id)

    def _publish(self) -> None:
        for provider in range(self.visits // SLOTS_A_PROVIDER + 1):
            self.desk.schedule.publish(
                Place(id=PlaceId("north"), name="North Building", zone="UTC"),
                "FREQ=WEEKLY;BYDAY=MO,TU,WE",
                opens=time(8),
                closes=time(16),
                visit_length=20 * A_MINUTE,
                first_day=THE_DAY,
                last_day=THE_DAY + 2 * A_DAY,
                provider_id=StaffId(f"dr.{provider}"),
            )
        cursor = None
        while True:
            page = self.desk.schedule.open_slots(limit=200, cursor=cursor)
            self.starts_at |= {slot.slot_id: slot.starts_at for slot in page.items}
            cursor = page.next_cursor
            if cursor is None:
                return

    # What is planned

    def _plan(self) -> None:
        self.mail.down = [
            (OPENS_AT - 5 * A_DAY, OPENS_AT - 5 * A_DAY + 6 * AN_HOUR),
            (OPENS_AT - 2 * A_DAY - 3 * AN_HOUR, OPENS_AT - A_DAY + 4 * AN_HOUR),
            (OPENS_AT + 2 * AN_HOUR, OPENS_AT + 4 * AN_HOUR),
        ]
        self.mail.flaky = [(OPENS_AT - 4 * A_DAY, OPENS_AT - 3 * A_DAY), (OPENS_AT, OPENS_AT + 8 * AN_HOUR)]
        the_days = [slot for slot, at in self.starts_at.items() if at.date() == THE_DAY]
        for slot in self.chance.sample(the_days, min(self.visits, len(the_days))):
            last = self.starts_at[slot] - A_MINUTE
            self._at(BEGINS_AT, last, partial(self._book, slot))
        for number in range(self.visits // 5 + 2):
            self._at(BEGINS_AT, ENDS_AT, partial(self._upload, number))
            self._at(BEGINS_AT, ENDS_AT, self._ask_for_renewal)
            self._at(BEGINS_AT, ENDS_AT, self._ask_for_visit)
            self._at(BEGINS_AT, ENDS_AT, lambda: self._me().support.ask("Where do I park?"))
        for who in self._patients[-2:]:
            shut = self._at(OPENS_AT - 3 * A_DAY, OPENS_AT, partial(self.desk.patients.deactivate, who))
            self._at(shut + AN_HOUR, shut + A_DAY, partial(self.desk.patients.reactivate, who))
        self._at(ENDS_AT - A_DAY, ENDS_AT, self._see_to_undelivered)

    def _at(self, first: datetime, last: datetime, act: Callable[[], object]) -> datetime:
        moment = first + max(last - first, A_MINUTE) * self.chance.random()
        self._todo.append((moment, act))
        return moment

    def _book(self, slot: SlotId) -> None:
        visit = self.desk.appointments.book(self.chance.choice(self._patients), slot)
        self._plan_visit(visit, slot)

    def _plan_visit(self, visit: AppointmentId, slot: SlotId) -> None:
        now, begins = self.clock(), self.starts_at[slot]
        visits, fate = self.desk.appointments, self.chance.random()
        if fate < 0.3:
            self._at(now, begins - A_MINUTE, lambda: self._move(visit))
        elif fate < 0.45:
            self._at(now, begins - A_MINUTE, lambda: visits.cancel(visit, "Dr. L. is ill"))
        elif fate < 0.7:
            self._at(begins - 3 * AN_HOUR, begins, lambda: visits.mark_arrived(visit))
            self._at(begins, begins + AN_HOUR, lambda: visits.mark_fulfilled(visit))
        elif fate < 0.85:
            self._at(begins, begins + AN_HOUR, lambda: visits.mark_noshow(visit))

    def _move(self, visit: AppointmentId) -> None:
        slot = self._free()
        self._plan_visit(self.desk.appointments.reschedule(visit, slot), slot)

    def _free(self) -> SlotId:
        found = [slot.slot_id for slot in self.desk.schedule.open_slots(limit=200).items]
        return self.chance.choice(found or [*self.starts_at])

    def _me(self) -> PatientAccess:
        return self.portal.log_in(self.chance.choice(self._names), "violet kettle 42 drifts")

    def _upload(self, number: int) -> None:
        today = self.clock().date()
        self.desk.statements.upload(
            self.chance.choice(self._patients),
            number=f"2026-{number}",
            balance=Money(minor_units=1200, currency="USD"),
            issued_on=today,
            due_on=today + 30 * A_DAY,
            document=b"%PDF-1.7",
            media_type="application/pdf",
        )

    def _ask_for_renewal(self) -> None:
        me = self._me()
        taken = self.desk.medications.record(me.patient_id, name="Aspirin", started_on=date(2026, 1, 1), refills_left=1)
        renewal, decided = me.medications.request_renewal(taken), self.desk.medications
        if (fate := self.chance.random()) < 0.4:
            self._at(self.clock(), ENDS_AT, lambda: decided.approve_renewal(renewal, refills=1, refilled=True))
        elif fate < 0.6:
            self._at(self.clock(), ENDS_AT, lambda: decided.deny_renewal(renewal, "Please come in first"))

    def _ask_for_visit(self) -> None:
        me, today = self._me(), self.clock().date()
        wish = me.appointments.request("A cough", [Window(first_day=today, last_day=today + A_DAY)])
        visits = self.desk.appointments
        if (fate := self.chance.random()) < 0.4:
            self._at(self.clock(), self.clock() + A_DAY, lambda: self._schedule(wish, self._free()))
        elif fate < 0.7:
            self._at(self.clock(), self.clock() + A_DAY, lambda: visits.decline_request(wish, "Nobody is free"))

    def _schedule(self, wish: object, slot: SlotId) -> None:
        self._plan_visit(self.desk.appointments.schedule_request(wish, slot), slot)  # type: ignore[arg-type] # an id

    def _see_to_undelivered(self) -> None:
        for one in self.desk.audit.undelivered(limit=200).items:
            see_to = self.desk.audit.deliver_again if self.chance.random() < 0.5 else self.desk.audit.dismiss
            self._try(partial(see_to, one.delivery_id))
