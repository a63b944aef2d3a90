"""What waits in a queue is claimed by one worker, in order, and is theirs as if they had got it by its key."""

# ruff: noqa: D102 - the name of a test says what it proves

from functools import partial

import pytest
from attrs import evolve

from patientportal.domain.ids import DeliveryId
from patientportal.domain.notices.notices import Delivery, DeliveryStatus
from patientportal.ports.store import Is, LockOrderError, Query, Store, Transaction, Where, key_of
from patientportal.testing.store_contract.samples import delivery, guard, guard_key, kept_in, patient, save
from patientportal.testing.store_contract.threads import Meeting, at_once, until_saved

WORKERS, EACH = 8, 4
WAITING = Query(
    state=Delivery, where=(Where("status", Is.EQ, DeliveryStatus.WAITING),), order=("next_try_at", "id"), limit=1
)


class Claims:
    """Promise 2, for the first of many instead of a known key."""

    def test_the_first_that_a_query_finds_is_claimed_and_can_be_changed(self, store: Store) -> None:
        save(store, patient(), delivery("b"), delivery("a"), delivery("c", status=DeliveryStatus.SENT))
        for name in "ab":
            with store.transaction() as tx:
                claimed = tx.claim(WAITING)
                assert claimed == delivery(name)
                tx.put(_sent(claimed))
                assert tx.get(key_of(claimed)) == _sent(claimed)
        with store.transaction() as tx:
            assert tx.claim(WAITING) is None
        assert {one.status for one in kept_in(store)[Delivery]} == {DeliveryStatus.SENT}

    def test_what_this_block_changed_is_claimed_as_it_is_now(self, store: Store) -> None:
        save(store, patient(), delivery("a"), delivery("b"))
        with store.transaction() as tx:
            first = tx.claim(WAITING)
            assert first == delivery("a")
            tx.put(_sent(first))
            assert tx.claim(WAITING) == delivery("b")

    def test_a_claim_keeps_to_the_order_of_the_locks(self, store: Store) -> None:
        save(store, patient(), delivery("a"), guard())
        with store.transaction() as tx:
            tx.get(guard_key())
            with pytest.raises(LockOrderError):
                tx.claim(WAITING)
        with store.transaction() as tx:
            assert tx.claim(WAITING) == delivery("a")
            assert tx.get(guard_key()) == guard()

    def test_a_claim_is_free_of_the_order_among_its_own_kind(self, store: Store) -> None:
        save(store, patient(), delivery("a"), delivery("b"))
        with store.transaction() as tx:
            assert tx.get(key_of(delivery("b"))) == delivery("b")
            assert tx.claim(WAITING) == delivery("a")

    def test_of_many_who_claim_at_once_no_two_get_the_same(self, stores: tuple[Store, Store]) -> None:
        names = [f"{number:02}" for number in range(WORKERS * EACH)]
        save(stores[0], patient(), *(delivery(name) for name in names))
        meeting = Meeting(WORKERS)

        def claimed(tx: Transaction) -> DeliveryId | None:
            found = tx.claim(WAITING)
            meeting.wait()
            if found is None:
                return None
            tx.put(_sent(found))
            return found.id

        def all_of_a_worker(store: Store) -> list[DeliveryId]:
            ids = [until_saved(store, claimed)]
            while ids[-1] is not None and len(ids) <= len(names):
                ids.append(until_saved(store, claimed))
            return [one for one in ids if one is not None]

        answers = at_once(*(partial(all_of_a_worker, stores[number % 2]) for number in range(WORKERS)))
        assert sorted(one for answer in answers if isinstance(answer, list) for one in answer) == names


def _sent(found: Delivery) -> Delivery:
    return evolve(found, status=DeliveryStatus.SENT)
