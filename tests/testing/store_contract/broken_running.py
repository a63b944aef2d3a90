"""Stores that run a body otherwise than as a block of its caller's own."""

from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from typing import Any

from patientportal.domain.errors import ConflictError
from tests.testing.store_contract.bendable import Bendable
from tests.testing.store_contract.caught import caught_by

Body = Callable[[Any], Any]


@caught_by("what_a_body_answers_comes_out_once_all_of_it_is_saved")
class AnswersNothing(Bendable):
    def run(self, body: Body) -> Any:
        super().run(body)


@caught_by("what_is_raised_in_a_body_comes_out_and_nothing_of_it_is_saved")
class RaisesItsOwn(Bendable):
    def run(self, body: Body) -> Any:
        try:
            return super().run(body)
        except BaseException as error:
            raise type(error)(*error.args) from error


@caught_by("what_is_raised_in_a_body_comes_out_and_nothing_of_it_is_saved")
class SavesWhatFailed(Bendable):
    def run(self, body: Body) -> Any:
        with self.transaction() as transaction:
            try:
                return body(transaction)
            except BaseException:
                self.finish(transaction)
                raise


@caught_by("a_conflict_that_is_swallowed_in_a_body_saves_nothing_either")
class MindsNoConflictThatWasSwallowed(Bendable):
    def run(self, body: Body) -> Any:
        with self.transaction() as transaction:
            answer = body(transaction)
            transaction.broken = False
            return answer


@caught_by("of_many_bodies_at_once_each_is_saved_or_not_by_itself")
class KeepsWhatFailedForTheNextCommit(Bendable):
    def __init__(self) -> None:
        super().__init__()
        self.last: list[Any] = []

    def run(self, body: Body) -> Any:
        with self.transaction() as transaction:
            for rows in self.last:
                transaction.all.update(rows)
            self.last = []
            try:
                return body(transaction)
            except Exception:
                self.last = [transaction.all]
                raise


@caught_by("each_of_many_bodies_at_once_is_saved_when_it_is_answered")
class AnswersBeforeTheCommit(Bendable):
    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Body] = []

    def run(self, body: Body) -> Any:
        earlier, self.waiting = self.waiting, [body]
        for one in earlier:
            with suppress(ConflictError):
                super().run(one)


@caught_by("each_of_many_bodies_at_once_runs_in_the_context_of_its_caller")
class RunsInNobodysContext(Bendable):
    def run(self, body: Body) -> Any:
        return super().run(lambda transaction: Context().run(body, transaction))


@caught_by("a_body_is_the_block_of_its_thread")
class RunsBesideTheBlocksOfThreads(Bendable):
    wait_s = 0.01

    def run(self, body: Body) -> Any:
        with self.turn:
            transaction = self.transactions(self, self.rows)
            answer = body(transaction)
            self.finish(transaction)
            return answer
