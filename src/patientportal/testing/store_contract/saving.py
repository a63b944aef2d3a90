"""All of it or none of it, and what a transaction sees of its own."""

# ruff: noqa: D102 - the name of a test says what it proves

from collections.abc import Callable
from contextlib import suppress

import pytest

from patientportal.domain.accounts.activation import Username
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.sessions import Session
from patientportal.domain.errors import ConflictError
from patientportal.domain.events import Recorded
from patientportal.domain.ids import PatientId
from patientportal.domain.notices.notices import Delivery
from patientportal.domain.patients.patients import Patient
from patientportal.domain.statements.payments import Payment
from patientportal.domain.statements.refunds import Refund
from patientportal.domain.statements.statements import Statement, StatementStatus
from patientportal.ports.store import Is, Key, Query, Store, Transaction, Where
from patientportal.testing.store_contract.samples import (
    ADA,
    BEN,
    NOON,
    delivery,
    from_elsewhere,
    guard,
    guard_key,
    kept_in,
    link,
    logged_in,
    patient,
    patient_key,
    payment,
    refund,
    save,
    session,
    session_key,
    statement,
)

OF_ADA = Query(state=Session, where=(Where("patient_id", Is.EQ, ADA),), order=("id",))


class Saving:
    """Promises 1 and 5."""

    def test_states_events_and_deliveries_are_there_once_the_block_has_ended(self, stores: tuple[Store, Store]) -> None:
        with stores[0].transaction() as tx:
            assert tx.get(guard_key()) is None
            tx.put(guard())
            tx.add(patient())
            tx.record(logged_in("event"))
            tx.add(delivery("delivery"))
        assert kept_in(stores[1]) == {
            LogInGuard: [guard()],
            Patient: [patient()],
            Delivery: [delivery("delivery")],
            Recorded: [logged_in("event")],
        }

    def test_an_exception_in_the_block_comes_out_and_nothing_is_saved(self, store: Store) -> None:
        before = _begun(store)
        for error in (RuntimeError("any"), KeyboardInterrupt(), GeneratorExit()):
            with pytest.raises(type(error)) as caught, store.transaction() as tx:
                _change_everything(tx)
                raise error
            assert caught.value is error
            assert kept_in(store) == before

    def test_a_conflict_comes_out_of_the_block_and_nothing_is_saved(self, store: Store) -> None:
        before = _begun(store)
        for conflict in CONFLICTS:
            with pytest.raises(ConflictError), store.transaction() as tx:
                _change_everything(tx)
                conflict(tx)
            assert kept_in(store) == before

    def test_a_conflict_that_is_swallowed_in_the_block_saves_nothing_either(self, store: Store) -> None:
        before = _begun(store)
        for conflict in CONFLICTS:
            with pytest.raises(ConflictError), store.transaction() as tx:
                with suppress(ConflictError):
                    conflict(tx)
                _change_everything(tx)
            assert kept_in(store) == before

    def test_the_same_work_succeeds_after_a_block_that_failed(self, store: Store) -> None:
        _begun(store)
        with suppress(ZeroDivisionError), store.transaction() as tx:
            _change_everything(tx)
            raise ZeroDivisionError
        with store.transaction() as tx:
            _change_everything(tx)
        assert kept_in(store)[Session] == [session("changed", device="computer"), session("new")]

    def test_a_key_that_is_taken_can_not_be_added(self, store: Store) -> None:
        save(store, guard(failed_attempts=1))
        with pytest.raises(ConflictError):
            save(store, guard(failed_attempts=2))
        assert kept_in(store) == {LogInGuard: [guard(failed_attempts=1)]}

    def test_an_event_can_not_be_recorded_twice(self, store: Store) -> None:
        save(store, patient(), logged_in("event"))
        with pytest.raises(ConflictError), store.transaction() as tx:
            tx.record(logged_in("event"))

    def test_something_unique_that_is_taken_can_not_be_put_either(self, store: Store) -> None:
        names = Username(name="ada", patient_id=ADA), Username(name="ben", patient_id=BEN)
        save(store, patient(ADA), patient(BEN), *names)
        with pytest.raises(ConflictError), store.transaction() as tx:
            tx.get(Key(Username, ("ben",)))
            tx.put(Username(name="ben", patient_id=ADA))
        assert kept_in(store)[Username] == list(names)

    def test_something_unique_may_be_kept_by_who_has_it(self, store: Store) -> None:
        name = Username(name="ada", patient_id=ADA)
        save(store, patient(), name)
        with store.transaction() as tx:
            assert tx.get(Key(Username, ("ada",))) == name
            tx.put(name)
        assert kept_in(store)[Username] == [name]

    def test_something_unique_that_is_none_is_like_no_other(self, store: Store) -> None:
        payments = [payment("one"), payment("two"), payment("three", idempotency_key="key")]
        save(store, patient(), statement(), *payments)
        assert kept_in(store)[Payment] == sorted(payments, key=lambda one: one.id)
        with pytest.raises(ConflictError):
            save(store, payment("four", idempotency_key="key"))
        refunds = [refund("one"), refund("two"), refund("three", idempotency_key="key")]
        save(store, *refunds)
        assert kept_in(store)[Refund] == sorted(refunds, key=lambda one: one.id)
        with pytest.raises(ConflictError):
            save(store, refund("four", idempotency_key="key"))

    def test_something_unique_among_what_has_no_end_is_free_when_its_holder_has_one(self, store: Store) -> None:
        superseded = StatementStatus.SUPERSEDED
        save(store, patient(), statement("one", number="N-1", status=superseded))
        with pytest.raises(ConflictError):
            save(store, statement("two", number="N-1", status=superseded))
        with store.transaction() as tx:
            tx.get(Key(Statement, (ADA, "one")))
            tx.put(statement("one", number="N-1", status=StatementStatus.RETRACTED, retracted_at=NOON))
        save(store, statement("two", number="N-1", status=superseded))
        with pytest.raises(ConflictError):
            save(store, statement("three", number="N-1", status=superseded))

    def test_what_is_put_last_in_a_block_is_kept(self, stores: tuple[Store, Store]) -> None:
        first, second = guard(failed_attempts=1), guard(failed_attempts=2)
        save(stores[0], first)
        for last in (first, second):
            with stores[0].transaction() as tx:
                tx.get(guard_key())
                for put in (second, second, first, last):
                    tx.put(put)
            assert kept_in(stores[1])[LogInGuard] == [last]

    def test_get_sees_what_this_transaction_put_added_and_removed(self, store: Store) -> None:
        save(store, guard(failed_attempts=1))
        with store.transaction() as tx:
            assert tx.get(guard_key()) == guard(failed_attempts=1)
            tx.put(guard(failed_attempts=2))
            assert tx.get(guard_key()) == guard(failed_attempts=2)
            tx.put(guard(failed_attempts=3))
            assert tx.get(guard_key()) == guard(failed_attempts=3)
            tx.remove(guard_key())
            assert tx.get(guard_key()) is None
            tx.put(guard(failed_attempts=4))
            tx.add(patient())
            assert tx.get(patient_key()) == patient()
        assert kept_in(store) == {LogInGuard: [guard(failed_attempts=4)], Patient: [patient()]}

    def test_select_sees_what_this_transaction_put_added_and_removed(self, store: Store) -> None:
        save(store, patient(), session("changed"), session("removed"))
        with store.transaction() as tx:
            for name in ("changed", "removed"):
                tx.get(session_key(name))
            tx.put(session("changed", device="computer"))
            tx.remove(session_key("removed"))
            tx.add(session("added"))
            assert list(tx.select(OF_ADA)) == [session("added"), session("changed", device="computer")]

    def test_what_is_removed_is_gone_and_its_key_and_its_uniques_are_free(self, store: Store) -> None:
        name = Username(name="ada", patient_id=ADA)
        save(store, patient(), name)
        with store.transaction() as tx:
            tx.get(Key(Username, ("ada",)))
            tx.remove(Key(Username, ("ada",)))
        assert kept_in(store) == {Patient: [patient()]}
        save(store, Username(name="countess", patient_id=ADA))
        assert [kept.name for kept in kept_in(store)[Username]] == ["countess"]

    def test_removing_what_is_not_there_changes_nothing(self, store: Store) -> None:
        with store.transaction() as tx:
            assert tx.get(guard_key()) is None
            tx.remove(guard_key())
        assert kept_in(store) == {}

    def test_what_no_check_of_input_would_let_in_here_is_read_beside_the_rest(
        self, stores: tuple[Store, Store]
    ) -> None:
        states = patient(), statement(), *from_elsewhere()
        save(stores[0], *states)
        kept = [state for states in kept_in(stores[1]).values() for state in states]
        assert len(kept) == len(states)
        assert all(state in kept for state in states)

    def test_the_same_id_of_two_patients_is_two_keys(self, store: Store) -> None:
        save(store, patient(ADA), patient(BEN), session("one"), session("one", patient_id=BEN, device="computer"))
        with store.view() as view:
            assert view.find(session_key("one", ADA)) == session("one")
            assert view.find(session_key("one", BEN)) == session("one", patient_id=BEN, device="computer")
            assert view.find(session_key("one", PatientId("nobody"))) is None


def _begun(store: Store) -> dict[type, list[object]]:
    save(store, patient(), session("changed"), session("removed"), link("taken"), logged_in("taken"))
    return kept_in(store)


def _change_everything(tx: Transaction) -> None:
    tx.get(guard_key())
    for name in ("changed", "removed"):
        tx.get(session_key(name))
    tx.put(guard())
    tx.put(session("changed", device="computer"))
    tx.remove(session_key("removed"))
    tx.add(session("new"))
    tx.record(logged_in("new"))
    tx.add(delivery("new"))


def _taken_key(tx: Transaction) -> None:
    tx.add(patient())


def _taken_unique(tx: Transaction) -> None:
    tx.add(link("another"))


def _taken_event(tx: Transaction) -> None:
    tx.record(logged_in("taken"))


CONFLICTS: tuple[Callable[[Transaction], None], ...] = (_taken_key, _taken_unique, _taken_event)
