"""Stores whose transactions and views don't hold together, check too little, or last too long."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from attrs import evolve

from patientportal.domain.errors import ConflictError, TooBusyError
from patientportal.domain.events import Recorded
from patientportal.domain.kinds import Unique
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import Key, LockOrderError, Query, key_of
from tests.testing.store_contract.bendable import RANKS, Bendable, Optimistic, Transaction, View
from tests.testing.store_contract.caught import bent_by, caught_by


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
    "something_unique_among_what_has_no_end_is_free_when_its_holder_has_one",
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
