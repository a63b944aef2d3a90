"""One practice in which everything is done that asks a store for a list."""

from collections.abc import Callable, Iterator
from datetime import date, time, timedelta
from functools import partial
from typing import Any

from attrs import evolve, frozen

from patientportal import (
    AccountEndReason,
    Asker,
    Conclusion,
    DigestPolicy,
    Money,
    NoticePolicy,
    PatientAccess,
    PatientState,
    PaymentMethod,
    Place,
    PlaceId,
    Policy,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    RecoveryPolicy,
    SandboxProcessor,
    SandboxSource,
    StaffId,
    StatementId,
    Store,
    VisitType,
    VisitTypeId,
    Window,
)
from patientportal.assembly import _is_used
from patientportal.domain.values.retractions import RetractionReason
from patientportal.testing import (
    ANSWERS,
    PASSWORD,
    FrozenClock,
    Member,
    activated,
    asked,
    desk,
    last_link_secret,
    person,
    portal,
)

DORA, NORTH = StaffId("dora"), Place(id=PlaceId("north"), name="North Building", zone="UTC")
A_DAY = timedelta(days=1)


class Mute(SandboxProcessor):
    """A processor that never says what it gave back."""

    def refund(self, key: str, *, refund_key: str, amount: Money) -> bool:  # noqa: ARG002
        raise TimeoutError


@frozen(kw_only=True)
class World:
    """What the use cases are called on."""

    portal: Portal
    clock: FrozenClock
    mailbox: RecordingNotifier
    desk: PracticeAccess
    member: Member
    me: PatientAccess


def do_everything(store: Store) -> None:
    """Each use case that makes a query, and each list, narrowed in each way."""
    clock, mailbox = FrozenClock(), RecordingNotifier()
    digest = DigestPolicy(email="desk@example.org", at=time(7))
    policy = Policy(zone="UTC", notices=NoticePolicy(digest=digest))
    one = portal(store=store, clock=clock, notifier=mailbox, policy=policy, payments=Mute())
    _is_used(store)
    member = activated(one, mailbox)
    me = one.log_in(member.username, member.password)
    world = World(portal=one, clock=clock, mailbox=mailbox, desk=desk(one), member=member, me=me)
    for part in (_visits, _medications, _messages_and_support, _money, _getting_in):
        part(world)
    for listed in _lists(world):
        cursor = listed(limit=1).next_cursor
        listed(limit=1, cursor=cursor)
    _found(world)
    one.health()
    clock.advance(timedelta(days=200))
    while one.work().swept:
        pass
    by_link = Policy(zone="UTC", recovery=RecoveryPolicy(by_question=False))
    portal(store=store, clock=clock, policy=by_link).recovery.forgot_password(member.username)
    _leaving(world)
    one.after_restore()


def _visits(world: World) -> None:
    """Publishes, books, moves, asks and cancels, and closes a day."""
    me, practice, today = world.me, world.desk, world.clock().date()
    tomorrow = today + A_DAY
    practice.schedule.publish(
        *(NORTH, "FREQ=DAILY"),
        opens=time(9),
        closes=time(12),
        visit_length=timedelta(minutes=30),
        provider_id=DORA,
        first_day=tomorrow,
        last_day=tomorrow + A_DAY,
    )
    first, second, third, *_ = (slot.slot_id for slot in me.appointments.open_slots().items)
    moved_id = me.appointments.reschedule(me.appointments.book(first), second)
    me.appointments.cancel(moved_id)
    days = [Window(first_day=today, last_day=tomorrow)]
    requests = [me.appointments.request("A cough", days, idempotency_key=form) for form in (None, "form")]
    practice.appointments.decline_request(requests[0], "Nobody is free")
    practice.appointments.cancel(practice.appointments.schedule_request(requests[1], third), "The doctor is ill")
    kinds = [VisitType(id=VisitTypeId(who), name=who, length=timedelta(hours=1)) for who in ("any", "dora")]
    for kind in (kinds[0], evolve(kinds[1], provider_ids=(DORA,))):
        practice.visit_types.put(kind)
    keys = {"external_id": "A-1", "idempotency_key": "form"}
    long_id = practice.appointments.book(me.patient_id, third, visit_type_id=kinds[0].id, **keys)
    practice.appointments.get(practice.appointments.reschedule(long_id, first))
    me.appointments.request("Another cough", days)
    for provider_id in (DORA, None):
        practice.appointments.of_day(provider_id, tomorrow)
    closed: dict[str, Any] = {
        "after": world.clock(),
        "before": world.clock() + timedelta(hours=1),
        "provider_id": DORA,
    }
    for narrowed in ({}, {"place_id": NORTH.id}):
        practice.schedule.withdraw(**closed | narrowed)
        practice.schedule.withdraw(**closed | narrowed, cancelling="The doctor is ill")
    for directory in (practice.providers, practice.places, practice.visit_types):
        directory.all()
    for those in (me.appointments.providers, me.appointments.places, me.appointments.visit_types):
        those()


def _medications(world: World) -> None:
    me, practice = world.me, world.desk.medications
    taken = [
        practice.record(me.patient_id, name="Aspirin", started_on=date(2026, 1, 1), refills_left=1) for _ in range(2)
    ]
    for medication_id in taken:
        renewal_id = me.medications.request_renewal(medication_id)
        practice.approve_renewal(renewal_id, refills=1, refilled=False)
        practice.mark_refilled(renewal_id)
        me.medications.request_renewal(medication_id, idempotency_key=f"form {medication_id}")
    practice.cover(StaffId("staff-1"), StaffId("staff-2"), world.clock() + A_DAY)
    practice.covers()
    practice.reassign(StaffId("staff-1"), StaffId("staff-2"))
    practice.discontinue(taken[0])


def _messages_and_support(world: World) -> None:
    me, practice = world.me, world.desk
    message_id = practice.messages.send(me.patient_id, subject="Your test", body="All is well.", idempotency_key="form")
    me.messages.unread_count()
    practice.messages.retract(practice.messages.get(message_id).message_id, RetractionReason.OTHER)
    request_id = me.support.ask("Where do I park?", idempotency_key="form")
    world.portal.recovery.ask_support("ada@example.org", "Let me in.")
    practice.support.resolve(practice.support.get(request_id).request_id, answer="Behind the house.")
    practice.support.resolve(me.support.ask("And how?"))


def _billed(world: World, number: str, **more: Any) -> StatementId:
    today = world.clock().date()
    return world.desk.statements.upload(
        world.me.patient_id,
        number=number,
        balance=Money.parse("100.00", "USD"),
        issued_on=today,
        due_on=today + 30 * A_DAY,
        document=b"%PDF-",
        media_type="application/pdf",
        **more,
    )


def _money(world: World) -> None:
    """Pays, and has somebody conclude what the processor never says; the last statement is taken back."""
    me, practice, five = world.me, world.desk.statements, Money.parse("5.00", "USD")
    bill = _billed(world, "1", external_id="S-1")
    me.statements.request_new_statement()
    me.statements.request_resend(bill)
    practice.resend(bill, due_on=world.clock().date() + 60 * A_DAY)
    paid, silent = (
        me.statements.pay(bill, five, source=source, idempotency_key=source)
        for source in (SandboxSource.APPROVE, SandboxSource.NEVER_ANSWER)
    )
    for days_ago in (0, 3):  # the books knew the second
        day = world.clock().date() - days_ago * A_DAY
        practice.record_payment(bill, five, method=PaymentMethod.CASH, received_on=day, external_id=f"cash-{days_ago}")
    practice.refund(paid.payment_id, Money.parse("1.00", "USD"), idempotency_key="a part of it")
    later = _billed(world, "2")
    world.clock.advance(2 * A_DAY)
    while not (practice.unclear().items and practice.unclear_refunds().items):
        world.portal.work()
    (refund,) = practice.unclear_refunds().items
    practice.get_refund(refund.refund_id)
    practice.conclude_refund(refund.refund_id, Conclusion.PAID)
    practice.conclude(silent.payment_id, Conclusion.NOT_MADE)
    me = world.portal.log_in(world.member.username, world.member.password)
    me.statements.current()
    practice.retract(later, RetractionReason.OTHER)


def _getting_in(world: World) -> None:
    """Everything about passwords, addresses, devices and links."""
    one, me = world.portal, world.portal.log_in(world.member.username, world.member.password)
    other = one.log_in(world.member.username, world.member.password)
    other.log_off()
    me.account.change_password(PASSWORD, "copper lantern 19 hums")
    me.account.change_password("copper lantern 19 hums", PASSWORD)
    me.account.change_email(PASSWORD, "ada@elsewhere.example")
    one.work()
    one.confirm_email(last_link_secret(world.mailbox))
    challenge = asked(one.recovery.forgot_password(world.member.username))
    one.recovery.answer(challenge.id, {question: ANSWERS[question] for question in challenge.questions})
    one.recovery.forgot_username(person(email="ada@elsewhere.example"))
    world.desk.support.send_password_reset(me.patient_id)
    world.desk.support.unlock(me.patient_id)
    code = world.desk.support.print_password_reset(me.patient_id).code
    one.check_link(code)
    one.log_in(world.member.username, world.member.password).log_off_everywhere()


def _lists(world: World) -> Iterator[Callable[..., Any]]:
    """Every list that comes in pages, narrowed in each way."""
    me, practice = world.portal.log_in(world.member.username, world.member.password), world.desk
    for name in ("Ben", "Carol"):
        practice.patients.register(person(first_name=name, email=None))
    yield from (me.account.devices, me.account.history, me.messages.inbox, me.support.requests)
    yield from (me.appointments.upcoming, me.appointments.past, me.appointments.requests)
    yield from (me.medications.active, me.medications.all, me.medications.renewals)
    yield from (me.statements.all, me.statements.payments)
    yield from (practice.appointments.requests, practice.audit.of_practice, practice.audit.undelivered)
    yield from (practice.medications.pending_renewals, practice.medications.unfilled_renewals)
    yield from (practice.statements.unclear, practice.statements.unclear_refunds)
    of_patient = (
        *(practice.appointments.of_patient, practice.audit.of_patient, practice.medications.of_patient),
        *(practice.medications.renewals, practice.messages.of_patient, practice.support.of_patient),
        *(practice.statements.of_patient, practice.statements.payments, practice.statements.refunds),
    )
    yield from (partial(listed, me.patient_id) for listed in of_patient)
    yield from (partial(practice.support.open_requests, of=of) for of in Asker)
    yield from (partial(practice.patients.all, state=state) for state in (None, *PatientState))
    narrowings: list[dict[str, Any]] = [
        {},
        {"provider_id": DORA},
        {"place_id": NORTH.id},
        {"provider_id": DORA, "place_id": NORTH.id},
        {"visit_type_id": VisitTypeId("any")},
        {"visit_type_id": VisitTypeId("dora")},
        {"after": world.clock() + timedelta(hours=1), "before": world.clock() + 3 * A_DAY},
    ]
    for narrowed in narrowings:
        yield partial(me.appointments.open_slots, **narrowed)
        yield partial(practice.schedule.open_slots, **narrowed)


def _found(world: World) -> None:
    born: dict[str, Any] = {"date_of_birth": date(1980, 12, 10)}
    find = world.desk.patients.find
    find(external_id="K-1")
    for known in ({"last_name": "Byron"}, {"text": "Ada Byron"}, {"phone": "555 0123"}, born):
        find(**known)
        find(**known | born)


def _leaving(world: World) -> None:
    """Who goes, and whose account is somebody else's."""
    practice, patient_id = world.desk, world.me.patient_id
    practice.patients.correct(patient_id, person(last_name="King", email="ada@elsewhere.example"), external_id="K-1")
    practice.patients.end_account(patient_id, email="ada@example.org", reason=AccountEndReason.WRONG_PERSON)
    practice.patients.print_invitation(patient_id)
    practice.patients.deactivate(patient_id, cancel_visits="They move away")
