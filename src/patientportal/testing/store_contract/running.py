"""Bodies that a store runs by itself, perhaps on another thread and several in one transaction of its database's."""

# ruff: noqa: D102 - the name of a test says what it proves

from contextlib import suppress
from contextvars import ContextVar, copy_context
from functools import partial

import pytest

from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.errors import ConflictError, PortalError
from patientportal.domain.patients.patients import Patient
from patientportal.ports.store import BlockOverError, NestedTransactionError, Store, Transaction
from patientportal.testing.store_contract.samples import guard, guard_key, kept_in, patient, patient_key, save
from patientportal.testing.store_contract.threads import at_once, run_until_saved

MANY, TIMES = 8, 4
Stores = tuple[Store, Store]
CALLER: ContextVar[int] = ContextVar("CALLER")


class FailedError(Exception):
    """Of one body alone."""


class Running:
    """What ``run`` promises beside what each block does."""

    def test_what_a_body_answers_comes_out_once_all_of_it_is_saved(self, stores: Stores) -> None:
        def register(tx: Transaction) -> str:
            assert tx.get(guard_key()) is None
            tx.put(guard())
            tx.add(patient())
            return "registered"

        assert stores[0].run(register) == "registered"
        assert kept_in(stores[1]) == {LogInGuard: [guard()], Patient: [patient()]}

    def test_what_is_raised_in_a_body_comes_out_and_nothing_of_it_is_saved(self, store: Store) -> None:
        for error in (RuntimeError("any"), FailedError(), KeyboardInterrupt(), ConflictError()):

            def fail(tx: Transaction, error: BaseException = error) -> None:
                tx.add(patient())
                raise error

            with pytest.raises(type(error)) as caught:
                store.run(fail)
            assert caught.value is error
            assert kept_in(store) == {}

    def test_a_conflict_that_is_swallowed_in_a_body_saves_nothing_either(self, store: Store) -> None:
        save(store, patient())

        def swallow(tx: Transaction) -> None:
            with suppress(ConflictError):
                tx.add(patient())
            tx.add(guard())

        with pytest.raises(ConflictError):
            store.run(swallow)
        assert kept_in(store) == {Patient: [patient()]}

    def test_of_many_bodies_at_once_each_is_saved_or_not_by_itself(self, stores: Stores) -> None:
        save(stores[0], guard(failed_attempts=10))
        assert at_once(*(partial(_count_and_fail, stores[thread % 2]) for thread in range(MANY))) == [TIMES] * MANY
        with stores[1].view() as view:
            assert view.find(guard_key()) == guard(failed_attempts=10 + MANY * TIMES)

    def test_each_of_many_bodies_at_once_is_saved_when_it_is_answered(self, stores: Stores) -> None:
        def add(thread: int) -> list[bool]:
            seen = []
            for at in range(TIMES):
                name = f"{thread}-{at}"
                run_until_saved(stores[0], lambda tx, name=name: tx.add(guard(name)))  # type: ignore[misc] # its own
                with stores[1].view() as view:
                    seen.append(view.find(guard_key(name)) == guard(name))
            return seen

        assert at_once(*(partial(add, thread) for thread in range(MANY))) == [[True] * TIMES] * MANY

    def test_each_of_many_bodies_at_once_runs_in_the_context_of_its_caller(self, store: Store) -> None:
        def ask(thread: int) -> list[int]:
            CALLER.set(thread)
            return [run_until_saved(store, lambda _: CALLER.get(-1)) for _ in range(TIMES)]

        answers = at_once(*(partial(copy_context().run, ask, thread) for thread in range(MANY)))
        assert answers == [[thread] * TIMES for thread in range(MANY)]

    def test_a_body_is_the_block_of_its_thread(self, store: Store) -> None:
        def inside(tx: Transaction) -> Transaction:
            for begin in (store.transaction, store.view):
                with pytest.raises(NestedTransactionError), begin():
                    pass
            with pytest.raises(NestedTransactionError):
                store.run(lambda _: None)
            tx.add(patient())
            return tx

        over = store.run(inside)
        with pytest.raises(BlockOverError):
            over.get(patient_key())
        assert kept_in(store) == {Patient: [patient()]}
        store.close()
        with pytest.raises(PortalError):
            store.run(inside)


def _count_and_fail(store: Store) -> int:
    """Counts on so often, and each time counts on wrongly, too, in a body that fails; how often both went as said."""

    def count(tx: Transaction, by: int = 1) -> None:
        found = tx.get(guard_key())
        assert found is not None
        tx.put(guard(failed_attempts=found.failed_attempts + by))

    def fail(tx: Transaction) -> None:
        count(tx, by=MANY)
        raise FailedError

    well = 0
    for _ in range(TIMES):
        with suppress(FailedError):
            run_until_saved(store, fail)
            continue
        run_until_saved(store, count)
        well += 1
    return well
