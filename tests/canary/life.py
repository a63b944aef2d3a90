"""All of a patient's life at the practice with a canary in every field, and all that can break in it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, time, timedelta
from typing import Any

from attrs import evolve

from patientportal import (
    AppointmentId,
    Argon2Hasher,
    Conclusion,
    Money,
    PatientAccess,
    Pay,
    PaymentMethod,
    Place,
    PlaceId,
    Policy,
    PracticeAccess,
    Provider,
    RenewalId,
    RetractionReason,
    Role,
    SlotId,
    SqliteStore,
    StaffId,
    StaffMember,
    StatementId,
    TooBusyError,
    VisitType,
    VisitTypeId,
    Window,
)
from patientportal.domain.values.tokens import parsed
from patientportal.testing import CheapHasher, portal
from tests.canary.accounts import activate, get_in_and_out, hand_over
from tests.canary.aviary import Aviary
from tests.canary.canaries import (
    ADVICE,
    BROKEN_SOURCE,
    CALLED_OFF,
    COMPLAINT,
    DEVICE,
    DIRECTIONS,
    DOSE,
    DUE,
    HEADING,
    MEDICATION,
    NEW_DIRECTIONS,
    NEW_PASSWORD,
    NOTE,
    NUMBER,
    PASSWORD,
    PAY_KEY,
    PHARMACY,
    REASON,
    SCAN,
    SOURCE,
    STAFF_NAME,
    TURNED_AWAY,
    USERNAME,
    WRONG_PASSWORD,
)


def write(aviary: Aviary, practice: PracticeAccess, me: PatientAccess) -> None:
    """The practice writes, with every mistake on the way, and the patient reads."""
    for subject, body in ((HEADING + "\0", ADVICE), (HEADING, ADVICE + "\ud800"), (HEADING * 20, ADVICE)):
        aviary.refused(practice.messages.send, me.patient_id, subject=subject, body=body)
    message_id = practice.messages.send(me.patient_id, subject=HEADING, body=ADVICE, idempotency_key=PAY_KEY)
    aviary.refused(
        practice.messages.send, me.patient_id, subject=HEADING, body=ADVICE + ADVICE, idempotency_key=PAY_KEY
    )
    aviary.refused(me.messages.get, HEADING)
    aviary.show(me.messages, me.messages.inbox(), me.messages.get(message_id), aviary.portal.work())
    aviary.refused(practice.messages.retract, message_id, ADVICE)
    aviary.refused(practice.messages.retract, HEADING, RetractionReason.OTHER)
    practice.messages.retract(message_id, RetractionReason.WRONG_PATIENT)
    aviary.refused(me.messages.get, message_id)
    aviary.show(practice.messages.get(message_id), practice.messages.of_patient(me.patient_id), me.account.history())


def take(aviary: Aviary, practice: PracticeAccess, me: PatientAccess) -> None:
    """Every way of a renewal, with every mistake on the way."""
    desk, mine = practice.medications, me.medications
    good: dict[str, Any] = {"name": MEDICATION, "dose": DOSE, "directions": DIRECTIONS, "started_on": date(2026, 1, 5)}
    for spoilt in ({"name": MEDICATION + "\0"}, {"dose": DOSE * 100}, {"directions": DIRECTIONS + "\ud800"}):
        aviary.refused(desk.record, me.patient_id, refills_left=3, **(good | spoilt))
    aviary.refused(desk.record, me.patient_id, refills_left=MEDICATION, **good)
    aviary.refused(desk.record, MEDICATION, refills_left=3, **good)
    medication_id = desk.record(me.patient_id, refills_left=3, **good)
    for pharmacy, note in ((PHARMACY + "\0", NOTE), (PHARMACY, NOTE + "\ud800"), (PHARMACY * 20, NOTE)):
        aviary.refused(mine.request_renewal, medication_id, pharmacy=pharmacy, note=note)
    aviary.refused(mine.request_renewal, MEDICATION)

    def ask() -> RenewalId:
        return mine.request_renewal(medication_id, pharmacy=PHARMACY, note=NOTE)

    denied = mine.request_renewal(medication_id, pharmacy=PHARMACY, note=NOTE, idempotency_key=PAY_KEY)
    aviary.refused(mine.request_renewal, medication_id, pharmacy=PHARMACY, idempotency_key=PAY_KEY)
    aviary.refused(ask)
    aviary.show(desk, desk.pending_renewals(), mine, mine.active(), mine.renewals())
    aviary.refused(desk.deny_renewal, denied, REASON + "\0")
    aviary.refused(desk.deny_renewal, REASON, REASON)
    aviary.refused(desk.approve_renewal, denied, refills=1, changes=NEW_DIRECTIONS * 400)
    aviary.refused(desk.approve_renewal, denied, refills=98)
    desk.deny_renewal(denied, REASON)
    aviary.refused(desk.deny_renewal, denied, REASON)
    mine.withdraw_renewal(ask())
    approved = ask()
    desk.approve_renewal(approved, refills=2, changes=NEW_DIRECTIONS, refilled=False)
    aviary.show(desk.unfilled_renewals())
    desk.mark_refilled(approved)
    for wrong in ({"dose": DOSE + "\0"}, {"directions": DIRECTIONS + "\ud800"}, {"refills_left": DOSE}):
        aviary.refused(desk.correct, medication_id, **wrong)
    aviary.refused(desk.correct, MEDICATION, dose=DOSE)
    desk.correct(medication_id, dose=f"{DOSE}, or two", directions=NEW_DIRECTIONS)
    aviary.show(desk.get(medication_id), desk.of_patient(me.patient_id), mine.get(medication_id))
    aviary.show(desk.renewal(approved), desk.renewals(me.patient_id), mine.renewal(approved))
    aviary.refused(desk.cover, STAFF_NAME, STAFF_NAME, aviary.clock())
    desk.cover(practice._member.id, StaffId("staff-2"), aviary.clock() + timedelta(days=1))
    aviary.show(desk.covers())
    aviary.refused(desk.reassign, STAFF_NAME, STAFF_NAME)
    desk.reassign(practice._member.id, StaffId("staff-2"))
    ask()
    desk.discontinue(medication_id)
    aviary.refused(ask)
    aviary.show(mine.all(), mine.renewals(), me.messages.inbox(), aviary.portal.work(), me.account.history())


def owe(aviary: Aviary, practice: PracticeAccess, me: PatientAccess) -> None:
    """The practice sends a bill and the patient pays of it, with every mistake on the way."""
    good: dict[str, Any] = {
        "number": NUMBER,
        "balance": Money.parse(DUE[0], "USD"),
        "issued_on": aviary.clock().date(),
        "due_on": aviary.clock().date() + timedelta(days=9),
        "document": SCAN.encode(),
        "media_type": "text/plain",
    }
    for otherwise in (
        {"number": NUMBER + "\0"},
        {"number": NUMBER * 9},
        {"balance": DUE[0]},
        {"due_on": date(1999, 1, 1)},
        {"document": SCAN},
        {"media_type": SCAN},
    ):
        aviary.refused(practice.statements.upload, me.patient_id, **(good | otherwise))
    bill = practice.statements.upload(me.patient_id, **good)
    aviary.refused(practice.statements.upload, me.patient_id, **good)
    paid = Money.parse(DUE[2], "USD")
    for amount, source, key in (
        (DUE[2], SOURCE, PAY_KEY),
        (paid, SOURCE + "\0", PAY_KEY),
        (paid, SOURCE, PAY_KEY + "\ud800"),
        (paid + good["balance"], SOURCE, PAY_KEY),
        (Money.parse("1", "EUR"), SOURCE, PAY_KEY),
    ):
        aviary.refused(me.statements.pay, bill, amount, source=source, idempotency_key=key)
    payment = me.statements.pay(bill, paid, source=SOURCE, idempotency_key=PAY_KEY)
    aviary.refused(me.statements.pay, bill, Pay.FULL, source=SOURCE, idempotency_key=PAY_KEY)
    aviary.refused(me.statements.document, NUMBER)
    me.statements.pay(bill, paid, source=BROKEN_SOURCE)
    me.statements.request_resend(bill)
    aviary.show(me.statements, me.statements.all(), me.statements.get(bill), me.statements.document(bill), payment)
    aviary.show(practice.statements, practice.statements.payments(me.patient_id), practice.support.open_requests())
    for conclusion, reference in ((NUMBER, None), (Conclusion.PAID, SCAN * 300), (Conclusion.PAID, None)):
        aviary.refused(practice.statements.conclude, payment.payment_id, conclusion, reference=reference)
    receive(aviary, practice, me, bill)
    aviary.show(aviary.portal.work(), practice.statements.unclear(), aviary.portal.health())


def receive(aviary: Aviary, practice: PracticeAccess, me: PatientAccess, bill: StatementId) -> None:
    """The practice writes down cash, gives it back by hand and takes a bill back, with every mistake on the way."""
    today = aviary.clock().date()
    good: dict[str, Any] = {
        "method": PaymentMethod.CASH,
        "received_on": today,
        "reference": SCAN,
        "external_id": NUMBER,
    }
    cent = Money.parse("0.01", "USD")
    for otherwise in ({"method": SCAN}, {"received_on": SCAN}, {"reference": SCAN * 300}, {"external_id": NUMBER * 99}):
        aviary.refused(practice.statements.record_payment, bill, cent, **(good | otherwise))
    cash = practice.statements.record_payment(bill, cent, **good)
    aviary.refused(practice.statements.record_payment, bill, cent, **(good | {"reference": PAY_KEY}))
    back: dict[str, Any] = {"by_hand": True, "reason": SCAN, "idempotency_key": PAY_KEY}
    for name, value in (("reason", SCAN * 300), ("idempotency_key", PAY_KEY + "\0"), ("by_hand", False)):
        aviary.refused(practice.statements.refund, cash.payment_id, cent, **(back | {name: value}))
    aviary.show(practice.statements.refund(cash.payment_id, cent, **back), cash)
    aviary.refused(practice.statements.refund, cash.payment_id, cent, **(back | {"reason": NUMBER}))
    aviary.show(practice.statements.refunds(me.patient_id), me.statements.get_payment(cash.payment_id))
    aviary.refused(practice.statements.retract, bill, SCAN)
    wrong = practice.statements.upload(
        me.patient_id,
        number=NUMBER + " B",
        balance=cent,
        issued_on=today,
        due_on=today,
        document=SCAN.encode(),
        media_type="text/plain",
        external_id=NUMBER,
    )
    practice.statements.retract(wrong, RetractionReason.WRONG_PATIENT)
    aviary.show(practice.statements.get(wrong), practice.statements.document(wrong), me.statements.all())


def see_a_doctor(aviary: Aviary, practice: PracticeAccess, me: PatientAccess) -> None:
    """Books, moves, asks and is turned away, with every mistake on the way."""
    north = Place(id=PlaceId("north"), name="North Building", zone="America/New_York")
    tomorrow = date(2026, 1, 6)
    practice.schedule.publish(
        north,
        "FREQ=WEEKLY;BYDAY=TU",
        opens=time(9),
        closes=time(11),
        visit_length=timedelta(minutes=30),
        first_day=tomorrow,
        last_day=tomorrow,
    )
    practice.providers.put(Provider(id=StaffId("staff-1"), name="Dr Dora"))
    practice.visit_types.put(VisitType(id=VisitTypeId("long"), name="New patient", length=timedelta(hours=1)))
    own, desk = me.appointments, practice.appointments
    first, second, third, fourth = (slot.slot_id for slot in own.open_slots().items)
    aviary.refused(own.book, first, COMPLAINT + "\0")
    aviary.refused(own.book, first, COMPLAINT * 100)
    aviary.refused(own.book, SlotId(COMPLAINT), COMPLAINT)
    visit_id = own.book(first, COMPLAINT)
    assert own.book(first, COMPLAINT) == visit_id
    aviary.refused(own.get, AppointmentId(COMPLAINT))
    aviary.refused(practice.schedule.withdraw, after=aviary.clock(), before=aviary.clock() + timedelta(days=2))
    moved_id = own.reschedule(visit_id, second)
    aviary.refused(own.reschedule, visit_id, third)
    aviary.refused(desk.cancel, moved_id, CALLED_OFF + "\ud800")
    desk.cancel(moved_id, CALLED_OFF)
    aviary.refused(desk.cancel, moved_id, CALLED_OFF)
    aviary.refused(desk.book, me.patient_id, third, reason=COMPLAINT * 50)
    booked_id = desk.book(me.patient_id, third, reason=COMPLAINT, external_id="A-1")
    aviary.refused(desk.book, me.patient_id, third, reason=TURNED_AWAY, external_id="A-1")
    aviary.show(desk.get(booked_id), desk.of_patient(me.patient_id), practice.schedule.open_slots())
    desk.cancel(booked_id, CALLED_OFF)
    window = Window(first_day=tomorrow, last_day=tomorrow)
    asked = [own.request(COMPLAINT, [window]) for _ in range(3)]
    aviary.refused(own.request, COMPLAINT, [window])
    aviary.refused(own.request, COMPLAINT, [COMPLAINT])
    aviary.show(desk.requests())
    desk.schedule_request(asked[0], fourth)
    aviary.refused(desk.decline_request, asked[1], TURNED_AWAY + "\0")
    desk.decline_request(asked[1], TURNED_AWAY)
    aviary.refused(desk.decline_request, asked[1], TURNED_AWAY)
    aviary.refused(desk.mark_noshow, visit_id)
    aviary.refused(desk.mark_arrived, visit_id)
    aviary.show(own, own.open_slots(), own.upcoming(), own.past(), own.requests(), own.get(moved_id))
    aviary.show(desk.of_day(StaffId("staff-1"), tomorrow), aviary.portal.work(), me.account.history())


def live(aviary: Aviary) -> PatientAccess:
    """All of a patient's way in and out."""
    roles = frozenset({Role.FRONT_DESK, Role.PROVIDER, Role.SUPPORT, Role.BILLING})
    member = StaffMember(id=StaffId("staff-1"), name=STAFF_NAME, roles=roles)
    practice = aviary.portal.practice(member)
    aviary.refused(aviary.portal.practice(evolve(member, roles={Role.PROVIDER})).support.unlock, USERNAME)
    activate(aviary, hand_over(aviary, practice))
    me = get_in_and_out(aviary, practice)
    write(aviary, practice, me)
    take(aviary, practice, me)
    owe(aviary, practice, me)
    see_a_doctor(aviary, practice, me)
    aviary.show(member, practice, practice.patients, practice.support, aviary.portal, aviary.portal._env)
    aviary.show(*aviary.notifier.messages, *(parsed(text, field="token") for text in aviary.handed_out))
    return me


def break_things(aviary: Aviary, me: PatientAccess) -> None:
    """The outside fails in every way that a test can bring about."""
    door = aviary.portal
    with another(aviary, "BEGIN IMMEDIATE"):
        impatient = SqliteStore(aviary.file, wait=timedelta(0))
        aviary.refused(portal(store=impatient).log_in, USERNAME, WRONG_PASSWORD, device=DEVICE)
        impatient.close()
    busy = portal(store=door._env.store, hasher=Busy())
    aviary.refused(busy.log_in, USERNAME, WRONG_PASSWORD)
    for document in (f'[{{"{PASSWORD}": 1}}]', f'[{{"question": "{PASSWORD}"}}]', f'["{PASSWORD}"'):
        with another(aviary, "UPDATE events SET event_data = ?", document):
            pass
        aviary.refused(me.account.history)
    with another(aviary, "UPDATE accounts SET password_hash = ?", PASSWORD):
        pass
    aviary.refused(door.log_in, USERNAME, WRONG_PASSWORD)
    aviary.refused(Argon2Hasher(time_cost=2, memory_cost_kib=19_456, parallelism=1).verify, WRONG_PASSWORD, PASSWORD)
    with another(aviary, "DROP TABLE log_in_guards"):
        pass
    aviary.refused(door.log_in, USERNAME, WRONG_PASSWORD, device=DEVICE)
    aviary.refused(me.account.change_password, NEW_PASSWORD, PASSWORD)
    aviary.refused(Policy, zone=PASSWORD)


class Busy(CheapHasher):
    """A hasher with too long a queue."""

    def verify(self, text: str, against: str) -> bool:  # noqa: ARG002 - the port's
        raise TooBusyError(queue="hashing")


@contextmanager
def another(aviary: Aviary, sql: str, *values: str) -> Iterator[None]:
    """Somebody else's connection, in whose transaction this was executed."""
    with closing(sqlite3.connect(aviary.file)) as connection, connection:
        connection.execute(sql, values)
        yield
