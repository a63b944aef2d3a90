"""Runs calls from many processes and threads that start together, and tells each answer on a line of its own.

It reads one JSON document from its input: the ``store`` (the name of its class and its arguments), the file to which
``mail`` is told, the file of the payment processor's ``ledger``, how many seconds its clock is ``ahead``, and
``rounds``, each a list of processes, each a list of threads, each a list of calls, each the name of one of ``CALLS``
with its arguments.
Everybody waits for everybody before each round. An answer's line is written whole and at once, so that what was told
before a process was killed is known to have been answered.
"""

import json
import multiprocessing
import os
import random
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Any, Protocol

from attrs import define, evolve

import patientportal
from patientportal import (
    Answer,
    Approved,
    Declined,
    MedicationId,
    Message,
    Money,
    NotBookedError,
    Notifier,
    Pay,
    PaymentProcessor,
    Place,
    Portal,
    PortalError,
    RenewalId,
    Role,
    SandboxProcessor,
    SlotTakenError,
    StaffId,
    StaffMember,
    WrongAnswerError,
    WrongCredentialsError,
)
from patientportal.adapters.system import new_secret, new_uuid7, utc_now
from patientportal.application import renewals
from patientportal.application.finding import by_id
from patientportal.application.reconciling import reconcile
from patientportal.application.saving import in_transaction
from patientportal.domain.appointments import Appointment
from patientportal.domain.ids import AppointmentId, AppointmentRequestId, PatientId, PaymentId, SlotId, StatementId
from patientportal.domain.patients import Patient
from patientportal.domain.payments import Payment
from patientportal.ports.store import Key, Store, Transaction, View
from patientportal.practice_access.medications import MedicationsDesk
from patientportal.testing import CheapHasher, desk
from patientportal.testing import portal as portal_of

LONGEST_ROUND_S = 120.0  # whoever waits longer fails: somebody died
Call = tuple[str, dict[str, Any]]
Told = dict[str, Any]


class Barrier(Protocol):
    """Where the threads of all processes meet."""

    def wait(self) -> int:
        """Goes on when all have come."""

    def abort(self) -> None:
        """Lets everybody fail."""


def log_in(portal: Portal, *, username: str, password: str) -> Told:
    """Logs in and tells the token."""
    return {"token": portal.log_in(username, password).token}


def activate(portal: Portal, *, link_secret: str, **chosen: Any) -> Told:
    """Activates."""
    portal.activate(link_secret, **chosen)
    return {}


def confirm(portal: Portal, *, link_secret: str) -> Told:
    """Confirms a new address."""
    portal.confirm_email(link_secret)
    return {}


def answer_questions(portal: Portal, *, challenge: str, answers: dict[str, str]) -> Told:
    """Answers security questions."""
    try:
        portal.recovery.answer(challenge, answers)
    except WrongAnswerError as refusal:
        return {"left": refusal.attempts_left}
    return {}


def reset(portal: Portal, *, link_secret: str, password: str) -> Told:
    """Sets a new password."""
    portal.recovery.reset_password(link_secret, password)
    return {}


def provider(portal: Portal, by: str) -> MedicationsDesk:
    """The side of a provider, for medications."""
    return portal.practice(StaffMember(id=StaffId(by), name="Sam Staff", roles={Role.PROVIDER})).medications


def request_renewal(portal: Portal, *, token: str, medication_id: str) -> Told:
    """Asks for more of a medication."""
    return {"asked": portal.resume(token).medications.request_renewal(MedicationId(medication_id))}


def withdraw_renewal(portal: Portal, *, token: str, renewal_id: str) -> Told:
    """Takes a request for more back."""
    portal.resume(token).medications.withdraw_renewal(RenewalId(renewal_id))
    return {}


def approve(portal: Portal, *, by: str, renewal_id: str) -> Told:
    """Gives one refill more."""
    provider(portal, by).approve_renewal(RenewalId(renewal_id), refills=1)
    return {}


def deny(portal: Portal, *, by: str, renewal_id: str) -> Told:
    """Says no to a request for more."""
    provider(portal, by).deny_renewal(RenewalId(renewal_id), "Please come in.")
    return {}


def discontinue(portal: Portal, *, by: str, medication_id: str) -> Told:
    """Ends a medication."""
    provider(portal, by).discontinue(MedicationId(medication_id))
    return {}


def expire(portal: Portal, *, patient_id: str) -> Told:
    """Ends what a patient asked for and nobody decided in time, as a worker does, and tells how many there were."""
    outside = portal._outside
    with outside.store.view() as view:
        found = [one for one in view.select(renewals.overdue(outside)) if one.patient_id == patient_id]
    return {"expired": sum(renewals.expire(outside, one) for one in found)}


def end_cover(portal: Portal, *, prescriber: str, instead: str) -> Told:
    """Has a prescriber back at once."""
    provider(portal, prescriber).cover(StaffId(prescriber), StaffId(instead), utc_now())
    return {}


def pay(portal: Portal, *, token: str, statement: str | None, amount: str | None, source: str, key: str | None) -> Told:
    """Pays US dollars of a statement, or of the one that is current by then; without an amount, all that remains."""
    mine = portal.resume(token).statements
    if statement is None:
        current = mine.current()
        assert current is not None
        statement = current.statement_id
    payment = mine.pay(
        StatementId(statement),
        Pay.FULL if amount is None else Money.parse(amount, "USD"),
        source=source,
        idempotency_key=key,
    )
    return {"payment": payment.payment_id, "status": payment.status, "of": payment.statement_id}


def upload(portal: Portal, *, patient: str, number: str, balance: str) -> Told:
    """Uploads a statement in US dollars that can be paid for years."""
    statement = desk(portal).statements.upload(
        PatientId(patient),
        number=number,
        balance=Money.parse(balance, "USD"),
        issued_on=date(2026, 1, 1),
        due_on=date(2099, 12, 31),
        document=b"%PDF-",
        media_type="application/pdf",
    )
    return {"statement": statement}


def refund(portal: Portal, *, payment: str) -> Told:
    """Gives a payment back."""
    return {"status": desk(portal).statements.refund(PaymentId(payment)).status}


def reconcile_one(portal: Portal, *, payment: str) -> Told:
    """Finds out what became of one payment, as a worker does."""
    found = by_id(portal._outside, Payment, payment, field="payment", what="payment")
    return {"concluded": reconcile(portal._outside, found)}


def swap(portal: Portal, *, patients: Sequence[str]) -> Told:
    """Exchanges what two patients' rows hold, got in the order given, and tells how many tries that took."""
    first, second = patients
    tries = 0

    def exchange(tx: Transaction) -> None:
        nonlocal tries
        tries += 1
        one, other = (tx.get(Key(Patient, (PatientId(patient),))) for patient in (first, second))
        assert one is not None
        assert other is not None
        tx.put(evolve(one, registered_at=other.registered_at))
        tx.put(evolve(other, registered_at=one.registered_at))

    in_transaction(portal._outside, exchange)
    return {"tries": tries}


def publish(
    portal: Portal, *, place: dict[str, str], pattern: str, hours: list[str], minutes: int, days: list[str], **of: Any
) -> Told:
    """Publishes a pattern."""
    opens, closes = map(time_of_day.fromisoformat, hours)
    first_day, last_day = map(date.fromisoformat, days)
    published = desk(portal).schedule.publish(
        Place(**place),
        pattern,
        opens=opens,
        closes=closes,
        visit_length=timedelta(minutes=minutes),
        first_day=first_day,
        last_day=last_day,
        **of,
    )
    return {"added": published.added, "already_there": published.already_there}


def withdraw(portal: Portal, *, provider_id: str, after: str, before: str) -> Told:
    """Takes a provider's slots away."""
    taken = desk(portal).schedule.withdraw(
        provider_id=StaffId(provider_id), after=datetime.fromisoformat(after), before=datetime.fromisoformat(before)
    )
    return {"withdrawn": taken}


def book(portal: Portal, *, token: str, slot_id: str) -> Told:
    """Books a slot."""
    return {"appointment_id": portal.resume(token).appointments.book(SlotId(slot_id))}


def cancel(portal: Portal, *, token: str, appointment_id: str) -> Told:
    """Cancels a visit."""
    portal.resume(token).appointments.cancel(AppointmentId(appointment_id))
    return {}


def reschedule(portal: Portal, *, token: str, appointment_id: str, slot_id: str) -> Told:
    """Moves a visit."""
    mine = portal.resume(token).appointments
    return {"moved_to": mine.reschedule(AppointmentId(appointment_id), SlotId(slot_id))}


def come_and_go(portal: Portal, *, token: str, slot_id: str, times: int) -> Told:
    """Books a slot and gives it up again, so many times, and tells how often it was got."""
    mine, got = portal.resume(token).appointments, 0
    for _ in range(times):
        try:
            visit = mine.book(SlotId(slot_id))
            got += 1
            mine.cancel(visit)
        except (SlotTakenError, NotBookedError):
            pass
    return {"got": got}


def call_off(portal: Portal, *, provider_id: str, day: str, times: int) -> Told:
    """Looks at a provider's day so many times, calls off what is booked, and tells how many visits that were."""
    visits, called_off = desk(portal).appointments, 0
    for _ in range(times):
        for visit in visits.of_day(StaffId(provider_id), date.fromisoformat(day)):
            try:
                visits.cancel(visit.appointment_id, "The doctor is ill")
                called_off += 1
            except NotBookedError:
                pass
    return {"called_off": called_off}


def move_about(portal: Portal, *, token: str, slot_ids: list[str], times: int, seed: int) -> Told:
    """Moves the patient's next visit to any of these slots, so many times, and tells how often that went."""
    chance = random.Random(seed)  # noqa: S311 - for the order of a test
    mine, moved = portal.resume(token).appointments, 0
    for _ in range(times):
        (visit,) = mine.upcoming(limit=1).items
        try:
            mine.reschedule(visit.appointment_id, SlotId(chance.choice(slot_ids)))
            moved += 1
        except (SlotTakenError, NotBookedError):
            pass
    return {"moved": moved}


def schedule_request(portal: Portal, *, request_id: str, slot_id: str) -> Told:
    """Books what a patient asked for."""
    visits = desk(portal).appointments
    return {"appointment_id": visits.schedule_request(AppointmentRequestId(request_id), SlotId(slot_id))}


def decline_request(portal: Portal, *, request_id: str) -> Told:
    """Declines what a patient asked for."""
    desk(portal).appointments.decline_request(AppointmentRequestId(request_id), "Nobody is free")
    return {}


def withdraw_request(portal: Portal, *, token: str, request_id: str) -> Told:
    """Takes back what the patient asked for."""
    portal.resume(token).appointments.withdraw_request(AppointmentRequestId(request_id))
    return {}


def force(portal: Portal, *, patient_id: str, appointment_id: str) -> Told:
    """Books a cancelled visit again, in some other slot, past every rule and every lock of a row."""
    outside = portal._outside
    with outside.store.view() as view:
        visit = view.find(Key(Appointment, (PatientId(patient_id), AppointmentId(appointment_id))))
    assert visit is not None
    with outside.store.transaction() as tx:
        tx.add(
            Appointment(
                patient_id=visit.patient_id,
                id=AppointmentId(outside.new_id()),
                slot_id=SlotId(outside.new_id()),
                provider_id=visit.provider_id,
                place=visit.place,
                starts_at=visit.starts_at,
                ends_at=visit.ends_at,
                reason="",
                booked_at=visit.booked_at,
            )
        )
    return {}


def fail_for(portal: Portal, *, seconds: float, username: str) -> Told:
    """Counts wrong attempts on names of its own without pause, and tells how many, and how long one took at most."""
    failed, longest = 0, 0.0
    end = time.monotonic() + seconds
    while (began := time.monotonic()) < end:
        try:
            portal.log_in(f"{username}.{failed}", "not the password 0")
        except WrongCredentialsError:
            failed += 1
        longest = max(longest, time.monotonic() - began)
    return {"failed": failed, "longest_s": longest}


def work(portal: Portal, *, limit: int) -> Told:
    """Works until nothing is due, and tells what became of it."""
    told = {"sent": 0, "postponed": 0, "given_up": 0, "concluded": 0}
    while True:
        worked = portal.work(limit=limit)
        done = {name: getattr(worked, name) for name in told}
        if not any(done.values()):
            return told
        told = {name: told[name] + done[name] for name in told}


def work_once(portal: Portal) -> Told:
    """Concludes one thing if one is due, else tells one notice, and stops before anything else."""
    asked = iter((False,))
    worked = portal.work(limit=1, stop=lambda: next(asked, True))
    return {"sent": worked.sent, "concluded": worked.concluded}


def work_early(portal: Portal, *, seconds: float, ahead_s: float) -> Told:
    """Works without pause, by a clock that is ahead of everybody else's, and tells how much that concluded."""
    clock, ahead = portal._outside.clock, timedelta(seconds=ahead_s)
    portal._outside = evolve(portal._outside, clock=lambda: clock() + ahead)
    concluded, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        concluded += portal.work(limit=10).concluded
    return {"concluded": concluded}


class Mailbox:
    """A notifier that writes a line for each message, whole and at once."""

    def __init__(self, file: str) -> None:
        self._file = file

    def send(self, message: Message) -> Answer:
        line = {"process": os.getpid(), "id": message.id, "to": message.to_email, "link": message.link}
        handle = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(handle, json.dumps(line).encode() + b"\n")
        os.close(handle)
        return Answer.SENT


@define
class Step:
    """How many steps a process lives on."""

    left: int

    def __call__(self) -> None:
        """Takes one, or dies as if by ``kill -9``."""
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1


class Stepping:
    """A block of which every operation is two steps: one before it and one after."""

    def __init__(self, block: View | Transaction, step: Step) -> None:
        self._block = block
        self._step = step

    def __getattr__(self, name: str) -> Callable[..., object]:
        operation = getattr(self._block, name)

        def stepped(*arguments: object) -> object:
            self._step()
            answer = operation(*arguments)
            self._step()
            return answer

        return stepped


class DyingStore:
    """A store whose process dies at a step of its: an operation, or the beginning or the end of a block."""

    def __init__(self, store: Store, step: Step) -> None:
        self._store = store
        self._step = step

    def transaction(self) -> AbstractContextManager[Any]:
        return self._stepped(self._store.transaction())

    def view(self) -> AbstractContextManager[Any]:
        return self._stepped(self._store.view())

    def close(self) -> None:
        self._store.close()

    @contextmanager
    def _stepped(self, block: AbstractContextManager[Any]) -> Iterator[Stepping]:
        with block as begun:
            self._step()
            yield Stepping(begun, self._step)
            self._step()
        self._step()


class DyingNotifier:
    """A notifier of which sending is two steps: one before it and one after."""

    def __init__(self, notifier: Notifier, step: Step) -> None:
        self._notifier = notifier
        self._step = step

    def send(self, message: Message) -> Answer:
        self._step()
        answer = self._notifier.send(message)
        self._step()
        return answer


class DyingProcessor:
    """A payment processor of which each call is two steps: one before it and one after."""

    def __init__(self, processor: PaymentProcessor, step: Step) -> None:
        self._processor = processor
        self._step = step

    @property
    def timeout(self) -> timedelta:
        return self._processor.timeout

    def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
        with self._stepped():
            return self._processor.charge(key, amount, source)

    def find(self, key: str) -> Approved | Declined | None:
        with self._stepped():
            return self._processor.find(key)

    def void(self, key: str) -> bool:
        with self._stepped():
            return self._processor.void(key)

    def refund(self, key: str) -> bool:
        with self._stepped():
            return self._processor.refund(key)

    @contextmanager
    def _stepped(self) -> Iterator[None]:
        self._step()
        try:
            yield
        finally:
            self._step()


def die(portal: Portal, *, after: int, what: str, named: dict[str, Any]) -> Told:
    """Makes another call, and dies after so many steps of what the portal was given, if it takes so many."""
    living, step = portal._outside, Step(after)
    assert living.notifier is not None
    assert living.payments is not None
    portal._outside = evolve(
        living,
        store=DyingStore(living.store, step),
        notifier=DyingNotifier(living.notifier, step),
        payments=DyingProcessor(living.payments, step),
    )
    return CALLS[what](portal, **named)


CALLS: dict[str, Callable[..., Told]] = {
    call.__name__: call
    for call in (
        log_in,
        activate,
        confirm,
        answer_questions,
        reset,
        swap,
        publish,
        withdraw,
        book,
        cancel,
        reschedule,
        come_and_go,
        call_off,
        move_about,
        schedule_request,
        decline_request,
        withdraw_request,
        force,
        fail_for,
        work,
        work_once,
        die,
        request_renewal,
        withdraw_renewal,
        approve,
        deny,
        discontinue,
        expire,
        end_cover,
        pay,
        upload,
        refund,
        reconcile_one,
        work_early,
    )
}


def answer(portal: Portal, call: str, arguments: dict[str, Any]) -> Told:
    """What one call was answered: ``ok``, an error's code, or the class of what nobody documented."""
    began = time.time()
    told: Told = {}
    try:
        told = CALLS[call](portal, **arguments)
        code = "ok"
    except PortalError as error:
        code, told = error.code, {"reason": getattr(error, "reason", None)}
    except Exception as error:  # noqa: BLE001 - the test looks at it
        code = f"{type(error).__name__}: {error}"
    return {"call": call, **arguments, "code": code, **told, "began": began, "ended": time.time()}


def thread(portal: Portal, rounds: list[list[Call]], together: Barrier) -> None:
    """Makes the calls of each round, one after another, once all the threads of all processes are there."""
    for number, calls in enumerate(rounds):
        together.wait()
        for call, arguments in calls:
            line = {"round": number, "process": os.getpid()} | answer(portal, call, arguments)
            os.write(sys.stdout.fileno(), json.dumps(line).encode() + b"\n")


def process(race: dict[str, Any], threads: list[list[list[Call]]], together: Barrier) -> int:
    """Opens a portal of its own and lets its threads run; if it can't, nobody waits for it."""
    name, arguments = race["store"]
    ahead = timedelta(seconds=race["ahead_s"])
    try:
        with portal_of(
            store=getattr(patientportal, name)(**arguments),
            notifier=Mailbox(race["mail"]),
            hasher=CheapHasher(),
            payments=SandboxProcessor(Path(race["ledger"])),
            clock=lambda: utc_now() + ahead,
            new_id=new_uuid7,
            new_secret=new_secret,
        ) as portal:
            running = [threading.Thread(target=thread, args=(portal, rounds, together)) for rounds in threads]
            for one in running:
                one.start()
            for one in running:
                one.join()
    except Exception:  # noqa: BLE001 - shown, and the test fails
        traceback.print_exc()
        together.abort()
        return 1
    return 0


def main() -> int:
    """Makes the processes and waits for them."""
    race = json.load(sys.stdin)
    getattr(patientportal, race["store"][0])  # imported once, not by every process
    processes = [[list(calls) for calls in zip(*threads, strict=True)] for threads in zip(*race["rounds"], strict=True)]
    together = multiprocessing.get_context("fork").Barrier(sum(map(len, processes)), timeout=LONGEST_ROUND_S)
    children = []
    for threads in processes:
        child = os.fork()
        if child == 0:
            os._exit(process(race, threads, together))
        children.append(child)
    return max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)


if __name__ == "__main__":
    sys.exit(main())
