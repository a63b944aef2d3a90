"""Mistakes in code that uses a store are told at once, not found in production."""

# ruff: noqa: D102 - the name of a test says what it proves

from contextlib import suppress
from itertools import pairwise

import pytest

from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.sessions import Session
from patientportal.domain.errors import ConflictError
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import (
    BlockOverError,
    Key,
    LockOrderError,
    NestedTransactionError,
    NotLockedError,
    Query,
    Store,
    key_of,
)
from patientportal.testing.store_contract.samples import (
    BEN,
    NOON,
    guard,
    guard_key,
    kept_in,
    patient,
    patient_key,
    save,
    session,
    session_key,
)

A_KEY = {state: Key(state, ("m",) * len(kind.key)) for state, kind in KINDS.items()} | {
    LogInGuard: key_of(guard()),
}


class Misuse:
    """Promise 4, and the order of the calls."""

    def test_a_put_without_a_get_is_refused(self, store: Store) -> None:
        save(store, guard(failed_attempts=1))
        for state in (guard(failed_attempts=2), guard("nobody")):
            with pytest.raises(NotLockedError), store.transaction() as tx:
                tx.put(state)
        assert kept_in(store) == {LogInGuard: [guard(failed_attempts=1)]}

    def test_a_remove_without_a_get_is_refused(self, store: Store) -> None:
        save(store, guard())
        with pytest.raises(NotLockedError), store.transaction() as tx:
            tx.remove(guard_key())
        assert kept_in(store) == {LogInGuard: [guard()]}

    def test_a_get_holds_for_its_own_transaction_and_its_own_key_alone(self, store: Store) -> None:
        save(store, guard(), patient(), session("one"), session("two"))
        with store.transaction() as tx:
            tx.get(guard_key())
            tx.get(session_key("one"))
        with pytest.raises(NotLockedError), store.transaction() as tx:
            tx.put(guard(failed_attempts=2))
        with pytest.raises(NotLockedError), store.transaction() as tx:
            tx.get(session_key("one"))
            tx.put(session("two", device="computer"))

    def test_the_kinds_are_locked_in_their_order(self, store: Store) -> None:
        with store.transaction() as tx:
            for state in KINDS:
                assert tx.get(A_KEY[state]) is None

    def test_a_kind_that_comes_earlier_can_not_be_locked_later(self, store: Store) -> None:
        for earlier, later in pairwise(KINDS):
            with pytest.raises(LockOrderError), store.transaction() as tx:
                tx.get(A_KEY[later])
                tx.get(A_KEY[earlier])

    def test_a_key_that_comes_earlier_can_not_be_locked_later(self, store: Store) -> None:
        save(store, patient(), patient(BEN), session("m"))
        for earlier, later in (
            (session_key("m"), session_key("n")),
            (session_key("z"), session_key("a", BEN)),
            (session_key("Z"), session_key("a")),
            (session_key("z"), session_key("\u00e4")),
        ):
            with store.transaction() as tx:
                tx.get(earlier)
                tx.get(later)
            with pytest.raises(LockOrderError), store.transaction() as tx:
                tx.get(later)
                tx.get(earlier)

    def test_what_is_held_may_be_got_again_at_any_time(self, store: Store) -> None:
        save(store, guard(), patient(), session("one"))
        with store.transaction() as tx:
            for _ in range(2):
                assert tx.get(guard_key()) == guard()
                assert tx.get(patient_key()) == patient()
                assert tx.get(session_key("none")) is None
                assert tx.get(session_key("one")) == session("one")

    def test_what_got_locked_first_stays_locked_after_a_re_get(self, store: Store) -> None:
        save(store, guard(), patient())
        with pytest.raises(LockOrderError), store.transaction() as tx:
            tx.get(guard_key())
            tx.get(session_key("one"))
            tx.get(guard_key())
            tx.get(patient_key())

    def test_several_keys_at_once_are_locked_in_order_and_promise_what_one_does(self, store: Store) -> None:
        save(store, patient())
        with store.transaction() as tx, pytest.raises(LockOrderError):
            tx.get_all(patient_key(), guard_key())
        with store.transaction() as tx:
            assert tx.get_all(guard_key(), patient_key()) == (None, patient())
            tx.put(guard())
            tx.put(patient(deactivated_at=NOON))
            with pytest.raises(LockOrderError):
                tx.get(guard_key("other") if guard_key("other").parts < guard_key().parts else guard_key("zz"))
        assert kept_in(store)[type(guard())] == [guard()]

    def test_a_block_inside_a_block_is_refused_and_the_outer_one_goes_on(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.add(patient())
            with pytest.raises(NestedTransactionError), store.transaction():
                pass
            with pytest.raises(NestedTransactionError), store.view():
                pass
            with pytest.raises(NestedTransactionError):
                store.find_all(patient_key())
            tx.add(session("one"))
        with store.view() as view:
            with pytest.raises(NestedTransactionError), store.transaction():
                pass
            with pytest.raises(NestedTransactionError), store.view():
                pass
            with pytest.raises(NestedTransactionError):
                store.find_all(patient_key())
            assert view.find(session_key("one")) == session("one")

    def test_what_a_block_gave_is_over_with_it(self, store: Store) -> None:
        save(store, guard(), patient())
        with store.transaction() as tx:
            tx.get(guard_key())
        with store.view() as view:
            view.find(patient_key())
        with store.transaction():
            for late in (
                lambda: tx.get(patient_key()),
                lambda: tx.get_all(patient_key()),
                lambda: tx.claim(Query(state=Session)),
                lambda: tx.add(session("one")),
                lambda: tx.put(guard(failed_attempts=3)),
                lambda: tx.remove(guard_key()),
                lambda: tx.select(Query(state=Session)),
                lambda: view.find(patient_key()),
                lambda: view.find_all(patient_key(), guard_key()),
                lambda: view.select(Query(state=Session)),
            ):
                with pytest.raises(BlockOverError):
                    late()
        assert Session not in kept_in(store)

    def test_a_block_may_be_begun_after_one_that_failed(self, store: Store) -> None:
        with suppress(ZeroDivisionError), store.transaction():
            raise ZeroDivisionError
        with suppress(ZeroDivisionError), store.view():
            raise ZeroDivisionError
        with suppress(ConflictError), store.transaction():
            raise ConflictError
        save(store, patient(), session("one"))
        assert kept_in(store)[Session] == [session("one")]

    def test_a_view_can_not_change_anything(self, store: Store) -> None:
        with store.view() as view:
            assert not [
                verb for verb in ("get", "get_all", "claim", "add", "put", "remove", "record") if hasattr(view, verb)
            ]
