"""What is measured in a practice of any size: each list and each use case that is called often, a patient in turn."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from itertools import count
from typing import Any

from benchmarks.database import CLOCK
from benchmarks.practice_words import HANDFUL
from patientportal.adapters.recording import RecordingNotifier
from patientportal.adapters.system import new_secret, new_uuid7
from patientportal.domain.accounts.log_in import WrongCredentialsError
from patientportal.domain.accounts.patient_states import PatientState
from patientportal.domain.ids import PatientId, PlaceId, StaffId, StatementId
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.statements.payments import PaymentMethod
from patientportal.domain.statements.statements import Statement, StatementStatus
from patientportal.domain.support.support import Asker
from patientportal.domain.values.money import Money
from patientportal.patient_access import PatientAccess
from patientportal.portal import Portal
from patientportal.ports.store import Is, Query, Store, Where
from patientportal.practice_access import PracticeAccess
from patientportal.testing import PASSWORD, desk, person, portal

IN_TURN = 20  # patients, spread over the practice
A_PAGE = 10  # as much as the smallest practice has of anything
TOMORROW = CLOCK().date() + timedelta(days=1)
KING = StaffId("dr-7")
FIVE = Money(minor_units=500, currency="USD")


class World:
    """A portal over a practice, and twenty of its patients, each of whom is logged in.

    Attributes:
        portal: it.
        desk: the practice's side of it.
        names: how many last names there are.
    """

    def __init__(self, store: Store, patients: int) -> None:
        self.portal: Portal = portal(
            store=store, notifier=RecordingNotifier(), clock=CLOCK, new_id=new_uuid7, new_secret=new_secret
        )
        self.desk: PracticeAccess = desk(self.portal)
        self._numbers = [n - n % 5 * (n % 5 > 2) for n in (at * patients // IN_TURN for at in range(IN_TURN))]
        self._turns = count()
        self._in = [self.portal.log_in(f"user{n}", PASSWORD) for n in self._numbers]
        self._bills = {one.patient_id: self._bill(store, one.patient_id) for one in self._in}
        self.names: int = max(patients // 10, 1)

    def _bill(self, store: Store, patient_id: PatientId) -> StatementId:
        where = (Where("patient_id", Is.EQ, patient_id), Where("status", Is.EQ, StatementStatus.CURRENT))
        with store.view() as view:
            return view.select(Query(state=Statement, where=where))[0].id

    @property
    def number(self) -> int:
        """Of the patient whose turn it is."""
        return self._numbers[next(self._turns) % IN_TURN]

    @property
    def me(self) -> PatientAccess:
        """The patient whose turn it is, logged in."""
        return self._in[next(self._turns) % IN_TURN]

    @property
    def patient_id(self) -> PatientId:
        """Theirs."""
        return self.me.patient_id

    @property
    def form(self) -> str:
        """A key that nobody had before."""
        return new_uuid7()

    def pay(self) -> None:
        """A patient pays a part of what they owe."""
        me = self.me
        me.statements.pay(self._bills[me.patient_id], FIVE, source="approve", idempotency_key=self.form)

    def record_payment(self) -> None:
        """The desk writes down what was paid in cash."""
        bill = self._bills[self.patient_id]
        self.desk.statements.record_payment(bill, FIVE, method=PaymentMethod.CASH, received_on=CLOCK().date())

    def upload(self) -> None:
        """The desk adds a statement, which replaces the one before."""
        patient_id = self.patient_id
        self._bills[patient_id] = self.desk.statements.upload(
            patient_id,
            number=self.form,
            balance=Money(minor_units=1_000_000, currency="USD"),
            issued_on=CLOCK().date(),
            due_on=TOMORROW,
            document=b"%PDF-",
            media_type="application/pdf",
        )

    def book_and_cancel(self) -> None:
        """A patient books the first free slot of a provider, and gives it up."""
        me = self.me
        slot = me.appointments.open_slots(provider_id=KING, limit=1).items[0]
        me.appointments.cancel(me.appointments.book(slot.slot_id, reason="A check-up"))

    def mistype(self) -> None:
        """Somebody tries a name that nobody has."""
        with suppress(WrongCredentialsError):
            self.portal.log_in(self.form, PASSWORD)

    def send(self) -> None:
        """The desk writes to a patient."""
        self.desk.messages.send(self.patient_id, subject="Your test", body="All is well.")

    def register(self) -> None:
        """The desk registers somebody."""
        self.desk.patients.register(person(last_name=self.form, email="x@example.org"), invite=False)

    def forgotten(self) -> PersonalInformation:
        """What somebody says of themselves who forgot their username."""
        n = self.number
        born = date(1900 + 10 + n % 90, 5, 17)
        return person(first_name=f"First{n % 1000}", last_name=f"Last{n % self.names}", date_of_birth=born)


Case = Callable[[World], object]


def _of_me(listed: Callable[[PatientAccess], Callable[..., object]]) -> Case:
    return lambda world: listed(world.me)(limit=A_PAGE)


def _of_desk(listed: Callable[[World], Callable[..., object]], **narrowed: Any) -> Case:
    return lambda world: listed(world)(limit=A_PAGE, **narrowed)


def _of_patient(listed: Callable[[World], Callable[..., object]]) -> Case:
    return lambda world: listed(world)(world.patient_id, limit=A_PAGE)


CASES: Mapping[str, Case] = {
    "log in": lambda world: world.portal.log_in(f"user{world.number}", PASSWORD),
    "a name that nobody has": World.mistype,
    "resume": lambda world: world.portal.resume(world.me.token),
    "my profile": lambda world: world.me.account.profile(),
    "my devices": _of_me(lambda me: me.account.devices),
    "my history": _of_me(lambda me: me.account.history),
    "my inbox": _of_me(lambda me: me.messages.inbox),
    "my unread": lambda world: world.me.messages.unread_count(),
    "my visits ahead": _of_me(lambda me: me.appointments.upcoming),
    "my visits": _of_me(lambda me: me.appointments.past),
    "my requests for visits": _of_me(lambda me: me.appointments.requests),
    "my medications": _of_me(lambda me: me.medications.active),
    "all my medications": _of_me(lambda me: me.medications.all),
    "my renewals": _of_me(lambda me: me.medications.renewals),
    "my statements": _of_me(lambda me: me.statements.all),
    "my current statement": lambda world: world.me.statements.current(),
    "my payments": _of_me(lambda me: me.statements.payments),
    "my questions": _of_me(lambda me: me.support.requests),
    "open slots": _of_me(lambda me: me.appointments.open_slots),
    "open slots of a provider": _of_me(lambda me: partial(me.appointments.open_slots, provider_id=KING)),
    "open slots at a place": _of_me(lambda me: partial(me.appointments.open_slots, place_id=PlaceId("place-2"))),
    "book and cancel": World.book_and_cancel,
    "pay": World.pay,
    "forgot a username": lambda world: world.portal.recovery.forgot_username(world.forgotten()),
    "forgot a password": lambda world: world.portal.recovery.forgot_password(f"user{world.number}"),
    "a patient": lambda world: world.desk.patients.get(world.patient_id),
    "found by name": lambda world: world.desk.patients.find(last_name=f"Last{world.number % world.names}"),
    "found by phone": lambda world: world.desk.patients.find(phone=f"317 {1_000_000 + world.number}"),
    **{
        f"patients, {state}": _of_desk(lambda world: world.desk.patients.all, state=state)
        for state in (None, *PatientState)
    },
    "a provider's day": lambda world: world.desk.appointments.of_day(KING, TOMORROW),
    "everybody's day": lambda world: world.desk.appointments.of_day(None, TOMORROW),
    "requests for visits": _of_desk(lambda world: world.desk.appointments.requests),
    "renewals that wait": _of_desk(lambda world: world.desk.medications.pending_renewals),
    "renewals unfilled": _of_desk(lambda world: world.desk.medications.unfilled_renewals),
    "payments unclear": _of_desk(lambda world: world.desk.statements.unclear),
    "patients' questions": _of_desk(lambda world: world.desk.support.open_requests, of=Asker.PATIENTS),
    "strangers' questions": _of_desk(lambda world: world.desk.support.open_requests, of=Asker.STRANGERS),
    "undelivered": _of_desk(lambda world: world.desk.audit.undelivered),
    "what was about nobody": _of_desk(lambda world: world.desk.audit.of_practice),
    "a patient's visits": _of_patient(lambda world: world.desk.appointments.of_patient),
    "a patient's medications": _of_patient(lambda world: world.desk.medications.of_patient),
    "a patient's renewals": _of_patient(lambda world: world.desk.medications.renewals),
    "a patient's statements": _of_patient(lambda world: world.desk.statements.of_patient),
    "a patient's payments": _of_patient(lambda world: world.desk.statements.payments),
    "a patient's refunds": _of_patient(lambda world: world.desk.statements.refunds),
    "a patient's messages": _of_patient(lambda world: world.desk.messages.of_patient),
    "a patient's questions": _of_patient(lambda world: world.desk.support.of_patient),
    "a patient's history": _of_patient(lambda world: world.desk.audit.of_patient),
    "register": World.register,
    "write a message": World.send,
    "record a payment": World.record_payment,
    "upload a statement": World.upload,
    "health": lambda world: world.portal.health(),
    "a round of work": lambda world: world.portal.work(limit=HANDFUL),
}
