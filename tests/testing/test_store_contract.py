"""The contract of the stores has teeth: each of its tests fails for a store that is broken in one place."""

import inspect
import operator
import threading
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from operator import attrgetter
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from attrs import evolve, fields

from patientportal.domain.accounts.security_questions import SecurityAnswers
from patientportal.domain.accounts.sessions import Session
from patientportal.domain.errors import ConfigurationError, ConflictError, PortalError, TooBusyError
from patientportal.domain.events import Actor, Recorded
from patientportal.domain.kinds import Unique
from patientportal.domain.notices.notices import DeliveryStatus
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import (
    BlockOverError,
    Is,
    Key,
    LockOrderError,
    NestedTransactionError,
    NotLockedError,
    Query,
    Store,
    StoreMisuseError,
    Where,
    key_of,
)
from patientportal.testing.store_contract import PARTS, StoreContract, contract_tests
from patientportal.testing.store_contract.samples import patient, save

pytest_plugins = ["pytester"]

Rows = dict[Key[Any], Any]
RANKS = {state: rank for rank, state in enumerate(KINDS)}
HOLDS: dict[Is, Callable[[Any, Any], bool]] = {
    Is.EQ: operator.eq,
    Is.LT: operator.lt,
    Is.LE: operator.le,
    Is.GT: operator.gt,
    Is.GE: operator.ge,
    Is.ONE_OF: lambda value, among: value in among,
}
FAILURES = (AssertionError, pytest.fail.Exception, PortalError, StoreMisuseError)


class View:
    def __init__(self, store: "Bendable", rows: Rows) -> None:
        self.store = store
        self.all = rows
        self.number = store.number()

    @property
    def rows(self) -> Rows:
        self.check()
        return self.all

    def check(self) -> None:
        if self.number != self.store.number():
            raise BlockOverError

    def find(self, key: Key[Any]) -> Any:
        return self.rows.get(key)

    def find_all(self, *keys: Key[Any]) -> tuple[Any, ...]:
        return tuple(self.find(key) for key in keys)

    def select(self, query: Query[Any]) -> list[Any]:
        return self.store.selected(query, self.rows)


class Transaction(View):
    def __init__(self, store: "Bendable", rows: Rows) -> None:
        super().__init__(store, dict(rows))
        self.before = rows
        self.present: dict[Key[Any], bool] = {}
        self.last: tuple[Any, ...] | None = None
        self.broken = False
        self.changes: list[tuple[str, Any]] = []

    def get(self, key: Key[Any]) -> Any:
        if key not in self.present:
            self.in_order(key)
        self.present[key] = key in self.rows
        return self.rows.get(key)

    def in_order(self, key: Key[Any]) -> None:
        place = RANKS[key.state], key.parts
        if self.last is not None and place < self.last:
            raise LockOrderError
        self.last = place

    def get_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]:
        return tuple(self.select(one) if isinstance(one, Query) else self.get(one) for one in asked)

    def claim(self, query: Query[Any]) -> Any:
        found = self.select(evolve(query, limit=1))
        if not found:
            return None
        key = key_of(found[0])
        self.in_order(Key(key.state, self.last[1] if self.last and self.last[0] == RANKS[key.state] else key.parts))
        self.present[key] = True
        return found[0]

    def held(self, key: Key[Any]) -> bool:
        if key not in self.present:
            raise NotLockedError
        return self.present[key]

    def add(self, state: object) -> None:
        self.insert(state)
        self.changes.append(("add", state))

    def put(self, state: object) -> None:
        key = key_of(state)
        if self.held(key):
            self.free(state)
            self.rows[key] = self.store.kept(state)
        else:
            self.insert(state)
        self.present[key] = True
        self.changes.append(("put", state))

    def insert(self, state: object) -> None:
        if key_of(state) in self.rows:
            self.conflict()
        self.free(state)
        self.rows[key_of(state)] = self.store.kept(state)

    def free(self, state: object) -> None:
        for unique in KINDS[type(state)].unique:
            among, values = unique.among, attrgetter(*unique.fields)
            if self.is_comparable(state, unique) and (among is None or getattr(state, among[0]) == among[1]):
                rivals = (one for key, one in self.rows.items() if key.state is type(state) and key != key_of(state))
                if any(
                    (among is None or getattr(one, among[0]) == among[1]) and values(one) == values(state)
                    for one in rivals
                ):
                    self.conflict()

    def is_comparable(self, state: object, unique: Unique) -> bool:
        return all(getattr(state, name) is not None for name in unique.fields)

    def conflict(self) -> None:
        self.broken = True
        raise ConflictError

    def remove(self, key: Key[Any]) -> None:
        if self.held(key):
            del self.rows[key]
        self.present[key] = False
        self.changes.append(("remove", key))

    def record(self, recorded: Recorded) -> None:
        self.add(recorded)


class Bendable:
    """A store that keeps every promise, until a subclass bends it in one place."""

    views: ClassVar[type[View]] = View
    transactions: ClassVar[type[Transaction]] = Transaction
    wait_s: ClassVar[float] = 10.0

    def __init__(self) -> None:
        self.rows: Rows = {}
        self.turn = threading.Lock()
        self.thread = threading.local()
        self.closed = False

    @classmethod
    def opener(cls) -> Callable[[], Store]:
        store = cls()
        return lambda: store

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self.block():
            if not self.turn.acquire(timeout=self.wait_s):
                raise TooBusyError(queue="store")
            try:
                transaction = self.transactions(self, self.rows)
                yield transaction
                self.finish(transaction)
            finally:
                self.turn.release()

    @contextmanager
    def view(self) -> Iterator[View]:
        with self.block():
            yield self.views(self, self.rows)

    def number(self) -> int:
        """Of this thread's blocks: odd inside one."""
        number: int = getattr(self.thread, "number", 0)
        return number

    @contextmanager
    def block(self) -> Iterator[None]:
        if self.closed:
            raise ConfigurationError(setting="store", reason="is closed")
        if self.number() % 2:
            raise NestedTransactionError
        self.thread.number = self.number() + 1
        try:
            yield
        finally:
            self.thread.number += 1

    def finish(self, transaction: Transaction) -> None:
        if transaction.broken:
            raise ConflictError
        self.rows = transaction.rows

    def kept(self, state: Any) -> Any:
        return state

    def asked(self, where: Where) -> Where | None:
        return where

    def selected(self, query: Query[Any], rows: Rows) -> list[Any]:
        wheres = [where for where in map(self.asked, query.where) if where is not None]
        found = [one for key, one in rows.items() if key.state is query.state and all(holds(w, one) for w in wheres)]
        if query.order:
            place = attrgetter(*query.order)
            found.sort(key=place, reverse=query.descending)
            if query.after is not None:
                after: Any = query.after if len(query.order) > 1 else query.after[0]
                passed = operator.lt if query.descending else operator.gt
                found = [one for one in found if passed(place(one), after)]
        return found[: query.limit]

    def close(self) -> None:
        self.closed = True


def holds(where: Where, state: object) -> bool:
    value = attrgetter(where.name)(state)
    if where.how is Is.NONE:
        return value is None
    return value is not None and HOLDS[where.how](value, where.value)


class Optimistic(Bendable):
    """Makes nobody wait: at the end, who finds that somebody else had a key meanwhile gets ``ConflictError``."""

    def __init__(self) -> None:
        super().__init__()
        self.versions: Counter[Key[Any]] = Counter()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self.block():
            with self.turn:
                versions, transaction = Counter(self.versions), self.transactions(self, self.rows)
            yield transaction
            with self.turn:
                if any(self.versions[key] != versions[key] for key in self.minded(transaction)):
                    raise ConflictError
                self.finish(self.replayed(transaction))
                self.versions.update(self.minded(transaction))

    def minded(self, transaction: Transaction) -> set[Key[Any]]:
        return set(transaction.present)

    def replayed(self, transaction: Transaction) -> Transaction:
        """The same changes, made to what is kept by now."""
        now = self.transactions(self, self.rows)
        now.broken = transaction.broken
        now.present = {key: key in self.rows for key in transaction.present}
        for verb, what in transaction.changes:
            getattr(now, verb)(what)
        return now


class TestABendableStoreThatIsNotBent(StoreContract):
    def new_store(self, tmp_path: Path) -> Callable[[], Store]:
        del tmp_path
        return Bendable.opener()


class TestAStoreWhereNobodyWaits(StoreContract):
    def new_store(self, tmp_path: Path) -> Callable[[], Store]:
        del tmp_path
        return Optimistic.opener()


BROKEN: list[tuple[type[Bendable], str]] = []
B = TypeVar("B", bound=type[Bendable])


def caught_by(*tests: str) -> Callable[[B], B]:
    def register(broken: B) -> B:
        BROKEN.extend((broken, f"test_{test}") for test in tests)
        return broken

    return register


def bent_by(transaction: type[Transaction], *tests: str) -> None:
    caught_by(*tests)(type(f"With{transaction.__name__}", (Bendable,), {"transactions": transaction}))


@caught_by(
    "many_threads_count_from_an_absent_key_and_none_is_lost",
    "of_two_who_found_nothing_and_put_the_later_one_never_overwrites",
)
class UpsertsWhereNothingWas(Optimistic):
    def minded(self, transaction: Transaction) -> set[Key[Any]]:
        return {key for key in transaction.present if key in transaction.before}


@caught_by(
    "many_threads_count_on_from_a_present_key_and_none_is_lost",
    "two_changes_of_two_keys_are_made_one_after_the_other",
    "what_was_removed_meanwhile_is_not_brought_back",
)
class LastWriterWins(Optimistic):
    def minded(self, transaction: Transaction) -> set[Key[Any]]:
        del transaction
        return set()


@caught_by(
    "a_list_read_after_its_guard_gets_no_second_member",
    "a_list_read_together_with_its_guard_gets_no_second_member",
    "what_was_only_got_is_not_changed_by_others_before_the_block_ends",
)
class MindsOnlyWhatItWrites(Optimistic):
    def minded(self, transaction: Transaction) -> set[Key[Any]]:
        return {key for key in transaction.present if transaction.rows.get(key) is not transaction.before.get(key)}


class FindsTheFirstOfSeveral(View):
    def find_all(self, *keys: Key[Any]) -> tuple[Any, ...]:
        return tuple(self.find(keys[0]) for _ in keys)


class GetsSeveralInAnyOrder(Transaction):
    def get_all(self, *asked: Any) -> tuple[Any, ...]:
        found = {
            key: super(GetsSeveralInAnyOrder, self).get(key) for key in sorted(asked, key=lambda key: RANKS[key.state])
        }
        return tuple(found[key] for key in asked)


class GetsSeveralWithoutALock(Transaction):
    def get_all(self, *asked: Any) -> tuple[Any, ...]:
        return self.find_all(*asked)


class AnswersQueriesFromTheBeginning(Transaction):
    def get_all(self, *asked: Any) -> tuple[Any, ...]:
        found = super().get_all(*asked)
        return tuple(
            self.store.selected(one, self.before) if isinstance(one, Query) else state
            for one, state in zip(asked, found, strict=True)
        )


@caught_by("several_keys_at_once_answer_each_its_own_in_their_order")
class MixesUpSeveral(Bendable):
    views = FindsTheFirstOfSeveral


bent_by(GetsSeveralInAnyOrder, "several_keys_at_once_are_locked_in_order_and_promise_what_one_does")
bent_by(GetsSeveralWithoutALock, "several_keys_at_once_are_locked_in_order_and_promise_what_one_does")
bent_by(AnswersQueriesFromTheBeginning, "a_query_among_several_keys_is_answered_as_select_does")


class ClaimsWithoutALock(Transaction):
    def claim(self, query: Query[Any]) -> Any:
        found = self.select(evolve(query, limit=1))
        return found[0] if found else None


class ClaimsTheLast(Transaction):
    def claim(self, query: Query[Any]) -> Any:
        return super().claim(evolve(query, descending=True))


class ClaimsInAnyOrder(Transaction):
    def claim(self, query: Query[Any]) -> Any:
        found, self.last = self.last, None
        try:
            return super().claim(query)
        finally:
            self.last = found


class ClaimsWhatStoodThere(Transaction):
    def claim(self, query: Query[Any]) -> Any:
        found = self.store.selected(evolve(query, limit=1), self.before)
        return self.get(key_of(found[0])) if found else None


class ClaimedIsNotMinded(Transaction):
    def claim(self, query: Query[Any]) -> Any:
        found = super().claim(query)
        if found is not None:
            self.claimed = key_of(found)
        return found


bent_by(ClaimsWithoutALock, "the_first_that_a_query_finds_is_claimed_and_can_be_changed")
bent_by(ClaimsTheLast, "the_first_that_a_query_finds_is_claimed_and_can_be_changed")
bent_by(ClaimsInAnyOrder, "a_claim_keeps_to_the_order_of_the_locks")
bent_by(ClaimsWhatStoodThere, "what_this_block_changed_is_claimed_as_it_is_now")


@caught_by("of_many_who_claim_at_once_no_two_get_the_same")
class MindsOnlyWhatItGot(Optimistic):
    transactions = ClaimedIsNotMinded

    def minded(self, transaction: Transaction) -> set[Key[Any]]:
        return {key for key in transaction.present if key != getattr(transaction, "claimed", None)}


@caught_by("what_is_not_saved_yet_is_seen_by_nobody")
class ShowsWhatIsNotSaved(Bendable):
    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with super().transaction() as transaction:
            before, self.rows = self.rows, transaction.rows
            try:
                yield transaction
            except BaseException:
                self.rows = before
                raise


class LiveView(View):
    def find(self, key: Key[Any]) -> Any:
        return self.store.rows.get(key)


@caught_by("a_view_shows_one_moment_whatever_is_saved_meanwhile")
class ViewsAreLive(Bendable):
    views = LiveView


@caught_by("a_block_that_failed_makes_nobody_wait", "the_same_work_succeeds_after_a_block_that_failed")
class KeepsTheTurnAfterAFailure(Bendable):
    wait_s = 0.01

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with self.block():
            if not self.turn.acquire(timeout=self.wait_s):
                raise TooBusyError(queue="store")
            transaction = self.transactions(self, self.rows)
            yield transaction
            self.finish(transaction)
            self.turn.release()


@caught_by("an_exception_in_the_block_comes_out_and_nothing_is_saved")
class SavesAfterAnException(Bendable):
    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with super().transaction() as transaction:
            try:
                yield transaction
            except BaseException:
                self.finish(transaction)
                raise


@caught_by("an_exception_in_the_block_comes_out_and_nothing_is_saved")
class SwallowsExceptions(Bendable):
    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with suppress(RuntimeError), super().transaction() as transaction:
            yield transaction


@caught_by("a_conflict_comes_out_of_the_block_and_nothing_is_saved")
class SwallowsConflicts(Bendable):
    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with suppress(ConflictError), super().transaction() as transaction:
            yield transaction


@caught_by("a_conflict_that_is_swallowed_in_the_block_saves_nothing_either")
class SavesTheRestAfterAConflict(Bendable):
    def finish(self, transaction: Transaction) -> None:
        self.rows = transaction.rows


class KeepsTheFirstPut(Transaction):
    def put(self, state: object) -> None:
        if not any(verb == "put" and key_of(put) == key_of(state) for verb, put in self.changes):
            super().put(state)


bent_by(KeepsTheFirstPut, "what_is_put_last_in_a_block_is_kept")


class EventsAtOnce(Transaction):
    def record(self, recorded: Recorded) -> None:
        super().record(recorded)
        self.store.rows = self.store.rows | {key_of(recorded): recorded}


class LosesEvents(Transaction):
    def record(self, recorded: Recorded) -> None:
        pass


class AddOverwrites(Transaction):
    def insert(self, state: object) -> None:
        self.free(state)
        self.rows[key_of(state)] = state


class UniqueUnchecked(Transaction):
    def free(self, state: object) -> None:
        pass


class UniqueCountsItself(Transaction):
    def put(self, state: object) -> None:
        key = key_of(state)
        if KINDS[key.state].unique and self.held(key):
            self.conflict()
        super().put(state)


class NoneIsAValueLikeOthers(Transaction):
    def is_comparable(self, state: object, unique: Unique) -> bool:
        del state, unique
        return True


class UniqueUncheckedWhenPut(Transaction):
    def put(self, state: object) -> None:
        self.held(key_of(state))
        self.rows[key_of(state)] = state


class GetSeesTheBeginning(Transaction):
    def get(self, key: Key[Any]) -> Any:
        super().get(key)
        return self.before.get(key)


class SelectSeesTheBeginning(Transaction):
    def select(self, query: Query[Any]) -> list[Any]:
        return self.store.selected(query, self.before)


class RemovesNothing(Transaction):
    def remove(self, key: Key[Any]) -> None:
        self.held(key)


class MissesWhatItRemoves(Transaction):
    def remove(self, key: Key[Any]) -> None:
        if not self.held(key):
            raise ConflictError
        super().remove(key)


class PutsWithoutGet(Transaction):
    def put(self, state: object) -> None:
        self.present.setdefault(key_of(state), key_of(state) in self.rows)
        super().put(state)


class RemovesWithoutGet(Transaction):
    def remove(self, key: Key[Any]) -> None:
        self.rows.pop(key, None)


class OrderUnchecked(Transaction):
    def in_order(self, key: Key[Any]) -> None:
        pass


class OrderOfKindsAlone(Transaction):
    def in_order(self, key: Key[Any]) -> None:
        super().in_order(Key(key.state, ()))


class OrderTurnedRound(Transaction):
    def in_order(self, key: Key[Any]) -> None:
        place = -RANKS[key.state], key.parts
        if self.last is not None and place < self.last:
            raise LockOrderError
        self.last = place


class NoSecondGet(Transaction):
    def get(self, key: Key[Any]) -> Any:
        self.in_order(key)
        return super().get(key)


class ASecondGetIsTheLast(Transaction):
    def get(self, key: Key[Any]) -> Any:
        found = super().get(key)
        self.last = RANKS[key.state], key.parts
        return found


class SelectIgnoresLimit(Transaction):
    def select(self, query: Query[Any]) -> list[Any]:
        return super().select(evolve(query, limit=None))


bent_by(EventsAtOnce, "an_exception_in_the_block_comes_out_and_nothing_is_saved")
bent_by(LosesEvents, "states_events_and_deliveries_are_there_once_the_block_has_ended")
bent_by(
    AddOverwrites,
    "of_two_who_add_the_same_key_one_wins",
    "a_key_that_is_taken_can_not_be_added",
    "an_event_can_not_be_recorded_twice",
)
bent_by(
    UniqueUnchecked,
    "of_two_who_take_something_unique_one_wins",
    "a_unique_that_holds_among_some_is_free_when_its_holder_left_them",
)
bent_by(UniqueCountsItself, "something_unique_may_be_kept_by_who_has_it")
bent_by(NoneIsAValueLikeOthers, "something_unique_that_is_none_is_like_no_other")
bent_by(UniqueUncheckedWhenPut, "something_unique_that_is_taken_can_not_be_put_either")
bent_by(GetSeesTheBeginning, "get_sees_what_this_transaction_put_added_and_removed")
bent_by(SelectSeesTheBeginning, "select_sees_what_this_transaction_put_added_and_removed")
bent_by(RemovesNothing, "what_is_removed_is_gone_and_its_key_and_its_uniques_are_free")
bent_by(MissesWhatItRemoves, "removing_what_is_not_there_changes_nothing")
bent_by(PutsWithoutGet, "a_put_without_a_get_is_refused", "a_get_holds_for_its_own_transaction_and_its_own_key_alone")
bent_by(RemovesWithoutGet, "a_remove_without_a_get_is_refused")
bent_by(OrderUnchecked, "a_kind_that_comes_earlier_can_not_be_locked_later")
bent_by(OrderOfKindsAlone, "a_key_that_comes_earlier_can_not_be_locked_later")
bent_by(OrderTurnedRound, "the_kinds_are_locked_in_their_order")
bent_by(NoSecondGet, "what_is_held_may_be_got_again_at_any_time")
bent_by(ASecondGetIsTheLast, "what_got_locked_first_stays_locked_after_a_re_get")
bent_by(SelectIgnoresLimit, "a_transaction_answers_queries_as_a_view_does")


@caught_by("the_same_id_of_two_patients_is_two_keys")
class KnowsIdsWithoutTheirPatient(Bendable):
    class OneId(View):
        def find(self, key: Key[Any]) -> Any:
            found = (
                one for held, one in self.rows.items() if (held.state, held.parts[-1]) == (key.state, key.parts[-1])
            )
            return next(found, None)

    views = OneId


@caught_by("a_block_inside_a_block_is_refused_and_the_outer_one_goes_on")
class NestsBlocks(Optimistic):
    @contextmanager
    def block(self) -> Iterator[None]:
        yield


class UsableForEver(Transaction):
    def check(self) -> None: ...


bent_by(UsableForEver, "what_a_block_gave_is_over_with_it")


@caught_by("a_block_may_be_begun_after_one_that_failed")
class IsBusyForEverAfterAFailure(Bendable):
    @contextmanager
    def block(self) -> Iterator[None]:
        with super().block():
            try:
                yield
            except BaseException:
                self.closed = True
                raise


@caught_by("a_view_can_not_change_anything")
class ViewsCanWrite(Bendable):
    views = Transaction


@caught_by("equal")
class EqualIgnoresCase(Bendable):
    def asked(self, where: Where) -> Where:
        if where.how is Is.EQ and isinstance(where.value, str):
            return evolve(where, how=Is.ONE_OF, value=(where.value, where.value.capitalize()))
        return where


@caught_by("less_and_greater")
class LessOrEqualIsLess(Bendable):
    def asked(self, where: Where) -> Where:
        return evolve(where, how=Is.LT) if where.how is Is.LE else where


@caught_by("moments_are_compared_to_the_microsecond")
class ComparesWholeSeconds(Bendable):
    def selected(self, query: Query[Any], rows: Rows) -> list[Any]:
        return super().selected(query, {key: with_moments(one, whole_second) for key, one in rows.items()})


@caught_by(
    "moments_are_compared_as_instants_whatever_their_offset",
    "a_moment_with_another_offset_comes_back_as_the_same_instant",
)
class IgnoresOffsets(Bendable):
    def asked(self, where: Where) -> Where:
        return evolve(where, value=without_offset(where.value)) if isinstance(where.value, datetime) else where

    def kept(self, state: Any) -> Any:
        return with_moments(state, without_offset)


@caught_by("text_is_compared_by_code_points")
class SortsAccentsAmongLetters(Bendable):
    def asked(self, where: Where) -> Where:
        return evolve(where, value="\uffff") if (where.how, where.value) == (Is.GT, "z") else where


@caught_by("numbers_are_compared_as_numbers")
class ComparesNumbersAsText(Bendable):
    def asked(self, where: Where) -> Where:
        if where.how is Is.GE and isinstance(where.value, int):
            return evolve(where, how=Is.ONE_OF, value=[n for n in range(100) if str(n) >= str(where.value)])
        return where


@caught_by("one_of")
class OneOfTheFirst(Bendable):
    def asked(self, where: Where) -> Where:
        return evolve(where, value=where.value[:1]) if where.how is Is.ONE_OF else where


@caught_by("one_of_nothing_is_nothing")
class OneOfNothingIsAnything(Bendable):
    def asked(self, where: Where) -> Where | None:
        return None if where.how is Is.ONE_OF and not where.value else where


@caught_by("none")
class NoneIsAnything(Bendable):
    def asked(self, where: Where) -> Where | None:
        return None if where.how is Is.NONE else where


@caught_by("what_is_none_is_neither_less_nor_greater_nor_equal")
class NoneIsTheLeast(Bendable):
    def selected(self, query: Query[Any], rows: Rows) -> list[Any]:
        found = super().selected(query, rows)
        for where in query.where:
            if where.how is Is.LT:
                found += super().selected(evolve(query, where=(Where(where.name, Is.NONE),)), rows)
        return found


@caught_by("all_comparisons_must_hold")
class TheFirstComparisonIsEnough(Bendable):
    def selected(self, query: Query[Any], rows: Rows) -> list[Any]:
        return super().selected(evolve(query, where=query.where[:1]), rows)


@caught_by("members_of_a_closed_list_are_compared")
class ComparesMembersByName(Bendable):
    def asked(self, where: Where) -> Where:
        return evolve(where, value=where.value.name) if isinstance(where.value, Enum) else where


@caught_by("a_part_of_a_value_is_named_by_a_dotted_path")
class IgnoresDottedPaths(Bendable):
    def asked(self, where: Where) -> Where | None:
        return None if "." in where.name else where


@caught_by("the_order_is_by_each_field_in_turn_and_can_be_turned_round")
class OrdersByTheFirstFieldAlone(Bendable):
    def selected(self, query: Query[Any], rows: Rows) -> list[Any]:
        return super().selected(evolve(query, order=query.order[:1]), rows)


@caught_by("the_order_is_by_each_field_in_turn_and_can_be_turned_round")
class NeverTurnsRound(Bendable):
    def selected(self, query: Query[Any], rows: Rows) -> list[Any]:
        return super().selected(evolve(query, descending=False), rows)


@caught_by("a_list_goes_on_after_its_cursor", "page_after_page_gives_the_whole_list_once")
class IgnoresTheCursor(Bendable):
    def selected(self, query: Query[Any], rows: Rows) -> list[Any]:
        return super().selected(evolve(query, after=None), rows)


@caught_by("a_limit_takes_the_first_of_the_order")
class LimitsBeforeItOrders(Bendable):
    def selected(self, query: Query[Any], rows: Rows) -> list[Any]:
        found = super().selected(evolve(query, order=(), after=None), rows)
        return super().selected(query, {key_of(one): one for one in found})


@caught_by("a_query_finds_its_own_kind_alone")
class FindsTheWholeTableAndMore(Bendable):
    def selected(self, query: Query[Any], rows: Rows) -> list[Any]:
        if query.state is Session:
            return [one for key, one in rows.items() if RANKS[key.state] <= RANKS[Session]]
        return super().selected(query, rows)


@caught_by(
    "every_kind_of_state_comes_back_as_it_was_added",
    "every_kind_of_state_comes_back_as_it_was_changed",
    "every_event_comes_back_as_it_was_recorded",
    "moments_keep_their_microseconds_and_their_zone",
)
class RoundsToMilliseconds(Bendable):
    def kept(self, state: Any) -> Any:
        return with_moments(state, lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000))


@caught_by("moments_keep_their_microseconds_and_their_zone", "every_kind_of_state_comes_back_as_it_was_added")
class ForgetsTheZone(Bendable):
    def kept(self, state: Any) -> Any:
        return with_moments(state, lambda at: at.replace(tzinfo=None))


@caught_by("moments_keep_their_microseconds_and_their_zone")
class AnswersInLocalTime(Bendable):
    def kept(self, state: Any) -> Any:
        return with_moments(state, lambda at: at.astimezone(NEW_YORK))


@caught_by("members_of_a_closed_list_come_back_as_members", "every_kind_of_state_comes_back_as_it_was_added")
class GivesMembersBackAsText(Bendable):
    def kept(self, state: Any) -> Any:
        if isinstance(state, SecurityAnswers):
            answers: Any = state.answers
            return evolve(state, answers=tuple(evolve(one, question=one.question.value) for one in answers))
        return with_values(state, DeliveryStatus, lambda status: status.value)


@caught_by("nothing_is_not_the_same_as_empty")
class EmptyIsNothing(Bendable):
    def kept(self, state: Any) -> Any:
        return with_values(state, str, lambda text: text or None)


@caught_by("text_comes_back_character_by_character")
class NormalisesText(Bendable):
    def kept(self, state: Any) -> Any:
        return with_values(state, str, lambda text: unicodedata.normalize("NFC", text))


@caught_by("bytes_come_back_byte_by_byte")
class EndsBytesAtNul(Bendable):
    def kept(self, state: Any) -> Any:
        return with_values(state, bytes, lambda raw: raw.partition(b"\0")[0])


@caught_by("an_event_keeps_who_did_what_in_which_session")
class ForgetsTheRole(Bendable):
    def kept(self, state: Any) -> Any:
        return evolve(state, by=Actor(kind=state.by.kind, id=state.by.id)) if isinstance(state, Recorded) else state


@caught_by("a_new_store_is_empty")
class KeepsWhatTheLastTestSaved(Bendable):
    def __init__(self) -> None:
        super().__init__()
        save(self, patient())


@caught_by("another_handle_finds_what_was_saved")
class EachHandleHasItsOwnData(Bendable):
    @classmethod
    def opener(cls) -> Callable[[], Store]:
        return cls


@caught_by("closing_twice_does_nothing_more")
class ClosesOnce(Bendable):
    def close(self) -> None:
        with self.block():
            self.closed = True


@caught_by("a_closed_store_refuses_to_be_used")
class IsNeverClosed(Bendable):
    def close(self) -> None:
        pass


class Handle:
    """Another handle on the data of a store."""

    def __init__(self, store: Bendable) -> None:
        self.transaction, self.view, self.close = store.transaction, store.view, store.close


@caught_by("closing_one_handle_leaves_another_open")
class ClosesForAll(Bendable):
    @classmethod
    def opener(cls) -> Callable[[], Store]:
        first = cls()
        second = Handle(first)
        handles: Iterator[Store] = iter((first, second))
        return lambda: next(handles)


NEW_YORK = timezone(timedelta(hours=-5))


def whole_second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def without_offset(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC)


def with_moments(state: Any, change: Callable[[datetime], datetime]) -> Any:
    return with_values(state, datetime, change)


def with_values(state: Any, wanted: type[Any], change: Callable[[Any], Any]) -> Any:
    key = KINDS[type(state)].key
    values = {f.name: getattr(state, f.name) for f in fields(type(state)) if f.name not in key}
    return evolve(state, **{name: change(value) for name, value in values.items() if type(value) is wanted})


def run(test: str, opener: Callable[[], Store]) -> None:
    stores = opener(), opener()
    method = getattr(StoreContract(), test)
    given = {"store": stores[0], "stores": stores}
    method(**{name: given[name] for name in inspect.signature(method).parameters})


@pytest.mark.parametrize(("broken", "test"), BROKEN, ids=lambda value: getattr(value, "__name__", value))
def test_a_broken_store_fails_the_test_that_looks_for_it(broken: type[Bendable], test: str) -> None:
    with pytest.raises(FAILURES):
        run(test, broken.opener())


def test_every_test_of_the_contract_is_failed_by_a_broken_store() -> None:
    assert {test for _, test in BROKEN} == set(contract_tests())


def test_the_first_test_is_many_threads_on_an_absent_key() -> None:
    assert contract_tests()[0] == "test_many_threads_count_from_an_absent_key_and_none_is_lost"


def test_no_part_of_the_contract_hides_a_test_of_another() -> None:
    names = contract_tests()
    assert len(names) == len(set(names))
    assert len(StoreContract.__bases__) == len(PARTS)


def test_pytest_collects_the_whole_contract_in_its_order_and_not_the_base(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
                from patientportal.testing.store_contract import StoreContract

        class TestMine(StoreContract):
            def new_store(self, tmp_path):
                store = MemoryStore()
                return lambda: store
        """
    )
    items, _ = pytester.inline_genitems()
    assert [item.name for item in items] == list(contract_tests())
    assert {parent.name for item in items if (parent := item.getparent(pytest.Class))} == {"TestMine"}


def test_a_test_can_not_be_overridden() -> None:
    with pytest.raises(TypeError, match="silences the contract's test_equal"):

        class Overriding(StoreContract):
            def test_equal(self, store: Store) -> None:
                """Nothing."""


def test_a_test_can_not_be_taken_away() -> None:
    with pytest.raises(TypeError, match="silences the contract's test_none, test_one_of"):
        type("Losing", (StoreContract,), {"test_one_of": None, "test_none": None})


def test_a_test_can_not_be_hidden_by_another_base_or_a_base_of_a_base() -> None:
    other = type("Other", (), {"test_equal": lambda _: None})
    between = type("Between", (StoreContract,), {})
    for bases in ((other, StoreContract), (other, between)):
        with pytest.raises(TypeError, match="silences the contract's test_equal"):
            type("Hiding", bases, {})


def test_the_whole_contract_can_not_be_switched_off() -> None:
    with pytest.raises(TypeError, match="silences the whole contract"):
        type("Silent", (StoreContract,), {"__test__": False})


def test_a_subclass_may_add_tests_of_its_own() -> None:
    type("More", (StoreContract,), {"test_mine": lambda _: None})


def test_a_missing_factory_is_explained(tmp_path: Path) -> None:
    empty: type[StoreContract] = type("TestEmpty", (StoreContract,), {})
    with pytest.raises(NotImplementedError, match=r"TestEmpty must define new_store\(self, tmp_path\)"):
        empty().new_store(tmp_path)


def test_a_factory_that_returns_a_store_is_explained(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from patientportal.adapters.memory import MemoryStore
        from patientportal.testing.store_contract import StoreContract

        class TestMine(StoreContract):
            def new_store(self, tmp_path):
                return MemoryStore()
        """
    )
    result = pytester.runpytest_inprocess("-k", "a_new_store_is_empty")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*TypeError: new_store of TestMine returned no function: *return lambda: *"])
