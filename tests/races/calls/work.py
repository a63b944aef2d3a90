"""What races of workers call, and of whoever saves at the same time."""

import time
from collections.abc import Sequence
from datetime import timedelta

from attrs import evolve

from patientportal import Portal
from patientportal.application.saving import in_transaction
from patientportal.domain.ids import DeliveryId, PatientId
from patientportal.domain.patients.patients import Patient
from patientportal.ports.store import Key, Transaction
from patientportal.testing import desk
from tests.races.calls.told import Told


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
    clock, ahead = portal._env.clock, timedelta(seconds=ahead_s)
    portal._env = evolve(portal._env, clock=lambda: clock() + ahead)
    concluded, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        concluded += portal.work(limit=10).concluded
    return {"concluded": concluded}


def deliver_again(portal: Portal, *, delivery_id: str) -> Told:
    """Staff have a notice sent again."""
    desk(portal).audit.deliver_again(DeliveryId(delivery_id))
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

    in_transaction(portal._env, exchange)
    return {"tries": tries}


CALLS = (work, work_once, work_early, deliver_again, swap)
