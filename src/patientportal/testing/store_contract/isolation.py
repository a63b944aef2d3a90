"""What is yours until your block ends: threads meet inside their blocks, and one waits or gets ``ConflictError``."""

# ruff: noqa: D102 - the name of a test says what it proves

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from threading import Event

from attrs import evolve

from patientportal.domain.accounts.activation import Username
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.links import Link, LinkStatus
from patientportal.domain.accounts.sessions import Session
from patientportal.domain.errors import ConflictError
from patientportal.ports.store import Is, Key, Query, Store, Transaction, Where
from patientportal.testing.store_contract.samples import (
    ADA,
    NOON,
    guard,
    guard_key,
    kept_in,
    link,
    logged_in,
    patient,
    patient_key,
    save,
    session,
    session_key,
)
from patientportal.testing.store_contract.threads import MEETING_S, Meeting, at_once, until_saved

MANY = 16
Stores = tuple[Store, Store]
LISTED = Query(state=Session, where=(Where("patient_id", Is.EQ, ADA), Where("ended_at", Is.NONE)))


class Isolation:
    """Promises 2, 3 and 5."""

    def test_many_threads_count_from_an_absent_key_and_none_is_lost(self, stores: Stores) -> None:
        answers = at_once(*_counting(stores, Meeting(MANY)))
        assert sorted(map(str, answers)) == sorted(map(str, range(1, MANY + 1)))
        with stores[0].view() as view:
            assert view.find(guard_key()) == guard(failed_attempts=MANY)

    def test_many_threads_count_on_from_a_present_key_and_none_is_lost(self, stores: Stores) -> None:
        save(stores[0], guard(failed_attempts=10))
        at_once(*_counting(stores, Meeting(MANY)))
        with stores[0].view() as view:
            assert view.find(guard_key()) == guard(failed_attempts=10 + MANY)

    def test_of_two_who_found_nothing_and_put_the_later_one_never_overwrites(self, stores: Stores) -> None:
        meeting = Meeting()

        def put_what_is_new(store: Store, attempts: int) -> bool:
            with store.transaction() as tx:
                found = tx.get(guard_key())
                meeting.wait()
                if found is None:
                    tx.put(guard(failed_attempts=attempts))
                return found is None

        answers = at_once(partial(put_what_is_new, stores[0], 1), partial(put_what_is_new, stores[1], 2))
        assert answers.count(True) == 1, "both believe that they saved what wasn't there"

    def test_an_absence_holds_for_whoever_then_writes_nothing(self, stores: Stores) -> None:
        meeting, saved = Meeting(), Event()

        def look() -> bool:
            with stores[0].transaction() as tx:
                assert tx.get(guard_key()) is None
                meeting.wait()
                is_filled = saved.wait(MEETING_S)
            return not is_filled

        def fill() -> bool:
            meeting.wait()
            save(stores[1], guard())
            saved.set()
            return True

        looked, _ = at_once(look, fill)
        assert looked is not False, "what wasn't there was there before the block ended"

    def test_an_absence_is_of_the_same_moment_as_what_is_locked_after_it(self, stores: Stores) -> None:
        save(stores[0], patient())
        meeting = Meeting()

        def look() -> tuple[bool, bool]:
            with stores[0].transaction() as tx:
                is_absent = tx.get(guard_key()) is None
                meeting.wait()
                found = tx.get(patient_key())
            return is_absent, found == patient()

        def fill() -> tuple[bool, bool]:
            with stores[1].transaction() as tx:
                if tx.get(guard_key()) is None and tx.get(patient_key()) is not None:
                    meeting.wait()
                    tx.put(patient(deactivated_at=NOON))
                    tx.put(guard())
            return True, True

        looked, _ = at_once(look, fill)
        assert isinstance(looked, ConflictError) or looked in {(True, True), (False, False)}, looked

    def test_what_was_absent_and_is_there_when_asked_again_is_a_conflict(self, stores: Stores) -> None:
        meeting, saved = Meeting(), Event()

        def look_twice() -> bool:
            with stores[0].transaction() as tx:
                first = tx.get(guard_key())
                meeting.wait()
                saved.wait(MEETING_S)
                return tx.get(guard_key()) == first

        def fill() -> bool:
            meeting.wait()
            save(stores[1], guard())
            saved.set()
            return True

        looked, _ = at_once(look_twice, fill)
        assert looked is True or isinstance(looked, ConflictError)

    def test_two_changes_of_two_keys_are_made_one_after_the_other(self, stores: Stores) -> None:
        meeting = Meeting()
        save(stores[0], guard("a", 50), guard("b", 50))
        first, second = sorted((guard_key("a"), guard_key("b")), key=lambda key: key.parts)

        def move(tx: Transaction) -> None:
            giver, taker = tx.get(first), tx.get(second)
            meeting.wait()
            assert giver is not None
            assert taker is not None
            tx.put(evolve(giver, failed_attempts=giver.failed_attempts - 1))
            tx.put(evolve(taker, failed_attempts=taker.failed_attempts + 1))

        at_once(partial(until_saved, stores[0], move), partial(until_saved, stores[1], move))
        with stores[0].view() as view:
            found = view.find(first), view.find(second)
        assert [one.failed_attempts for one in found if one is not None] == [48, 52]

    def test_what_was_only_got_is_not_changed_by_others_before_the_block_ends(self, stores: Stores) -> None:
        save(stores[0], guard("a"), guard("b"))
        first, second = sorted((guard_key("a"), guard_key("b")), key=lambda key: key.parts)
        meeting = Meeting()

        def clear_if_the_other_is_not(mine: Key[LogInGuard], tx: Transaction) -> None:
            found = {key.parts: tx.get(key) for key in (first, second)}
            meeting.wait()
            here = found[mine.parts]
            if here is not None and sum(one.failed_attempts for one in found.values() if one is not None) > 1:
                tx.put(evolve(here, failed_attempts=0))

        at_once(
            partial(until_saved, stores[0], partial(clear_if_the_other_is_not, first)),
            partial(until_saved, stores[1], partial(clear_if_the_other_is_not, second)),
        )
        with stores[0].view() as view:
            left = [view.find(key) for key in (first, second)]
        assert sorted(one.failed_attempts for one in left if one is not None) == [0, 1]

    def test_a_list_read_after_its_guard_gets_no_second_member(self, stores: Stores) -> None:
        def listed(tx: Transaction) -> Sequence[Session]:
            tx.get(patient_key())
            return tx.select(LISTED)

        _two_add_if_there_is_none(stores, listed)
        assert len(kept_in(stores[0])[Session]) == 1

    def test_a_list_read_together_with_its_guard_gets_no_second_member(self, stores: Stores) -> None:
        def listed(tx: Transaction) -> Sequence[Session]:
            found: Sequence[Session]
            _, found = tx.get_all(patient_key(), LISTED)
            return found

        _two_add_if_there_is_none(stores, listed)
        assert len(kept_in(stores[0])[Session]) == 1

    def test_of_two_who_add_the_same_key_one_wins(self, stores: Stores) -> None:
        answers = at_once(*_adding(stores, (guard("ada", 1), guard("ada", 2))))
        assert answers.count(True) == 1

    def test_of_two_who_take_something_unique_one_wins(self, stores: Stores) -> None:
        save(stores[0], patient())
        names = Username(name="ada", patient_id=ADA), Username(name="countess", patient_id=ADA)
        assert at_once(*_adding(stores, names)).count(True) == 1
        assert len(kept_in(stores[0])[Username]) == 1

    def test_what_was_removed_meanwhile_is_not_brought_back(self, stores: Stores) -> None:
        save(stores[0], guard(failed_attempts=10))
        got, removed = Meeting(), Meeting()

        def count(tx: Transaction) -> None:
            found = tx.get(guard_key())
            got.wait()
            removed.wait()
            tx.put(guard(failed_attempts=1 if found is None else found.failed_attempts + 1))

        def remove(tx: Transaction) -> None:
            tx.get(guard_key())
            got.wait()
            tx.remove(guard_key())

        def remove_first() -> None:
            until_saved(stores[1], remove)
            removed.wait()

        at_once(partial(until_saved, stores[0], count), remove_first)
        with stores[0].view() as view:
            assert view.find(guard_key()) in {None, guard(failed_attempts=1)}

    def test_what_is_not_saved_yet_is_seen_by_nobody(self, stores: Stores) -> None:
        save(stores[0], patient(), session("old"))
        before = kept_in(stores[0])
        written, looked = Meeting(), Meeting()

        def write() -> None:
            with suppress(ZeroDivisionError), stores[0].transaction() as tx:
                tx.get(session_key("old"))
                tx.put(session("old", device="computer"))
                tx.add(session("new"))
                tx.record(logged_in("event"))
                written.wait()
                looked.wait()
                raise ZeroDivisionError

        def look() -> None:
            written.wait()
            for store in stores:
                assert kept_in(store) == before
            looked.wait()

        at_once(write, look)

    def test_a_view_shows_one_moment_whatever_is_saved_meanwhile(self, stores: Stores) -> None:
        save(stores[0], patient(), session("old"))
        begun, saved = Meeting(), Meeting()
        query = Query(state=Session, order=("id",))

        def look() -> None:
            with stores[0].view() as view:
                before = view.find(session_key("old")), list(view.select(query))
                begun.wait()
                saved.wait()
                assert (view.find(session_key("old")), list(view.select(query))) == before

        def change() -> None:
            begun.wait()
            with stores[1].transaction() as tx:
                tx.get(session_key("old"))
                tx.put(session("old", device="computer"))
                tx.add(session("new"))
            saved.wait()

        at_once(look, change)
        assert kept_in(stores[0])[Session] == [session("new"), session("old", device="computer")]

    def test_a_block_that_failed_makes_nobody_wait(self, stores: Stores) -> None:
        with suppress(ZeroDivisionError), stores[0].transaction() as tx:
            tx.get(guard_key())
            tx.put(guard())
            raise ZeroDivisionError
        assert at_once(partial(save, stores[1], guard(failed_attempts=2))) == [None]

    def test_a_unique_that_holds_among_some_is_free_when_its_holder_left_them(self, stores: Stores) -> None:
        save(stores[0], patient(), link("one"))
        answers = at_once(*_adding(stores, (link("two"), link("three"))))
        assert all(isinstance(answer, ConflictError) for answer in answers)
        with stores[0].transaction() as tx:
            tx.get(Key(Link, (ADA, "one")))
            tx.put(link("one", LinkStatus.USED))
        answers = at_once(*_adding(stores, (link("two"), link("three"))))
        assert answers.count(True) == 1


def _counting(stores: Stores, meeting: Meeting) -> list[partial[int]]:
    def count(tx: Transaction) -> int:
        found = tx.get(guard_key())
        meeting.wait()
        failed = 1 if found is None else found.failed_attempts + 1
        tx.put(guard(failed_attempts=failed))
        return failed

    return [partial(until_saved, stores[place % 2], count) for place in range(MANY)]


def _adding(stores: Stores, states: tuple[object, object]) -> list[partial[bool]]:
    meeting = Meeting()

    def add(store: Store, state: object) -> bool:
        with store.transaction() as tx:
            tx.add(state)
            meeting.wait()
        return True

    return [partial(add, store, state) for store, state in zip(stores, states, strict=True)]


def _two_add_if_there_is_none(stores: Stores, listed: Callable[[Transaction], Sequence[Session]]) -> None:
    save(stores[0], patient())
    meeting = Meeting()

    def add_if_there_is_none(name: str, tx: Transaction) -> None:
        found = listed(tx)
        meeting.wait()
        if not found:
            tx.add(session(name))

    at_once(
        partial(until_saved, stores[0], partial(add_if_there_is_none, "one")),
        partial(until_saved, stores[1], partial(add_if_there_is_none, "two")),
    )
