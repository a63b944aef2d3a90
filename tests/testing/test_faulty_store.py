"""A store that fails by chance: it breaks no promise, fails alike under one seed, and comes to every fault."""

from collections.abc import Callable
from pathlib import Path

import pytest

from patientportal import MemoryStore, OutcomeUnknownError, PortalError, Store
from patientportal.testing import Fault, FaultyStore, StoreContract
from patientportal.testing.store_contract.samples import guard, guard_key, kept_in, patient, save


class TestAFaultyStoreThatNeverFails(StoreContract):
    def new_store(self, tmp_path: Path) -> Callable[[], Store]:
        del tmp_path
        store = FaultyStore(MemoryStore(), seed=1, share=0)
        return lambda: store


def run(seed: int) -> tuple[list[str], int, FaultyStore]:
    """What a hundred increments are answered, and how far they came."""
    inner = MemoryStore()
    store = FaultyStore(inner, seed=seed, share=0.2)
    answers = []
    for _ in range(100):
        try:
            with store.transaction() as tx:
                counted = tx.get(guard_key())
                tx.put(guard(failed_attempts=1 if counted is None else counted.failed_attempts + 1))
            answers.append("ok")
        except PortalError as error:
            answers.append(error.code)
    with inner.view() as view:
        counted = view.find(guard_key())
    return answers, 0 if counted is None else counted.failed_attempts, store


@pytest.mark.parametrize("seed", range(20))
def test_what_failed_is_not_saved_and_what_was_lost_may_be(seed: int) -> None:
    answers, counted, store = run(seed)
    assert counted == answers.count("ok") + store.happened[Fault.LOST_AFTER]
    lost = store.happened[Fault.LOST_AFTER] + store.happened[Fault.LOST_BEFORE]
    assert answers.count(OutcomeUnknownError.code) == lost


def test_one_seed_fails_alike_and_another_otherwise() -> None:
    assert run(3)[0] == run(3)[0] != run(4)[0]


def test_it_comes_to_every_fault() -> None:
    happened = {fault for seed in range(20) for fault in run(seed)[2].happened}
    assert happened == set(Fault)


def test_while_it_is_well_nothing_fails() -> None:
    store = FaultyStore(MemoryStore(), seed=1, share=1)
    store.is_well = True
    save(store, patient())
    assert kept_in(store) == {type(patient()): [patient()]}


def test_a_fault_that_is_swallowed_saves_nothing() -> None:
    store = FaultyStore(MemoryStore(), seed=1, share=0)
    with pytest.raises(PortalError), store.transaction() as tx:
        store._share = 1.0
        with pytest.raises(PortalError):
            tx.add(patient())
        store._share = 0.0
    assert kept_in(store) == {}
