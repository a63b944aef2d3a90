"""Stores that let threads that work at once spoil each other's work, or read and claim several keys wrongly."""

from typing import Any

from attrs import evolve

from patientportal.ports.store import Key, Query, key_of
from tests.testing.store_contract.bendable import RANKS, Bendable, Optimistic, Transaction, View
from tests.testing.store_contract.caught import bent_by, caught_by


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


@caught_by("an_absence_holds_for_whoever_then_writes_nothing")
class MindsAbsenceOnlyWhereItWrites(Optimistic):
    def minded(self, transaction: Transaction) -> set[Key[Any]]:
        return {key for key in transaction.present if key in transaction.before or key in transaction.rows}


class GetsWhatIsThereByNow(Transaction):
    def get(self, key: Key[Any]) -> Any:
        super().get(key)
        return self.store.rows.get(key)


@caught_by(
    "an_absence_is_of_the_same_moment_as_what_is_locked_after_it",
    "what_was_absent_and_is_there_when_asked_again_is_a_conflict",
)
class LooksAgainAndLocksNothing(MindsOnlyWhatItWrites):
    transactions = GetsWhatIsThereByNow


class FindsTheFirstOfSeveral(View):
    def find_all(self, *asked: Any) -> tuple[Any, ...]:
        return tuple(self.find(asked[0]) for _ in asked)


@caught_by("a_store_answers_several_by_itself_as_a_view_does")
class AnswersKeysAloneByItself(Bendable):
    def find_all(self, *asked: Any) -> Any:
        found = super().find_all(*asked)
        return tuple([] if isinstance(one, Query) else state for one, state in zip(asked, found, strict=True))


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


class ClaimsInTheOrderOfKeys(Transaction):
    def claim(self, query: Query[Any]) -> Any:
        found = self.select(evolve(query, limit=1))
        return self.get(key_of(found[0])) if found else None


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
bent_by(ClaimsInTheOrderOfKeys, "a_claim_is_free_of_the_order_among_its_own_kind")
bent_by(ClaimsInAnyOrder, "a_claim_keeps_to_the_order_of_the_locks")
bent_by(ClaimsWhatStoodThere, "what_this_block_changed_is_claimed_as_it_is_now")


@caught_by("of_many_who_claim_at_once_no_two_get_the_same")
class MindsOnlyWhatItGot(Optimistic):
    transactions = ClaimedIsNotMinded

    def minded(self, transaction: Transaction) -> set[Key[Any]]:
        return {key for key in transaction.present if key != getattr(transaction, "claimed", None)}
