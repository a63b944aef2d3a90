"""Runs calls from many processes and threads that start together, and tells each answer on a line of its own.

It reads one JSON document from its input: the ``store`` (the name of its class and its arguments), the file to which
``mail`` is told, how many seconds its clock is ``ahead``, and ``rounds``, each a list of processes, each a list of
threads, each a list of calls, each the name of one of ``CALLS`` with its arguments.
Everybody waits for everybody before each round. An answer's line is written whole and at once, so that what was told
before a process was killed is known to have been answered.
"""

import json
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any, Protocol

from attrs import define, evolve

import patientportal
from patientportal import (
    Answer,
    MedicationId,
    Message,
    Notifier,
    Portal,
    PortalError,
    RenewalId,
    Role,
    StaffId,
    StaffMember,
    WrongAnswerError,
    WrongCredentialsError,
)
from patientportal.adapters.system import new_secret, new_uuid7, utc_now
from patientportal.application import renewals
from patientportal.application.saving import in_transaction
from patientportal.domain.ids import PatientId
from patientportal.domain.patients import Patient
from patientportal.ports.store import Key, Store, Transaction, View
from patientportal.practice_access.medications import MedicationsDesk
from patientportal.testing import CheapHasher
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


def request(portal: Portal, *, token: str, medication_id: str) -> Told:
    """Asks for more of a medication."""
    return {"asked": portal.resume(token).medications.request_renewal(MedicationId(medication_id))}


def withdraw(portal: Portal, *, token: str, renewal_id: str) -> Told:
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
    told = {"sent": 0, "postponed": 0, "given_up": 0}
    while True:
        worked = portal.work(limit=limit)
        done = {name: getattr(worked, name) for name in told}
        if not any(done.values()):
            return told
        told = {name: told[name] + done[name] for name in told}


def work_once(portal: Portal) -> Told:
    """Tells one notice, and stops before anything else."""
    asked = iter((False,))
    return {"sent": portal.work(limit=1, stop=lambda: next(asked, True)).sent}


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


def die(portal: Portal, *, after: int, what: str, named: dict[str, Any]) -> Told:
    """Makes another call, and dies after so many steps of the store and the notifier, if it takes so many."""
    living, step = portal._outside, Step(after)
    assert living.notifier is not None
    portal._outside = evolve(
        living, store=DyingStore(living.store, step), notifier=DyingNotifier(living.notifier, step)
    )
    return CALLS[what](portal, **named)


CALLS: dict[str, Callable[..., Told]] = {
    call.__name__: call
    for call in (
        *(log_in, activate, confirm, answer_questions, reset, swap, fail_for, work, work_once, die),
        *(request, withdraw, approve, deny, discontinue, expire, end_cover),
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
