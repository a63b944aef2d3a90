"""Patients ask for statements and for support, and open what they have: a layer of ``StatementsMachine``."""

from collections.abc import Callable
from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from patientportal.domain.ids import SupportRequestId
from patientportal.domain.support.support import SupportTopic
from patientportal.domain.values.retractions import RetractionReason
from patientportal.testing.accounts.kept import Person, Seat
from patientportal.testing.machine_base import agree, indexes, latest, rarely
from patientportal.testing.statements.kept import Statement
from patientportal.testing.statements.machine_base import handle_of
from patientportal.testing.statements.shown import statement_shown
from patientportal.testing.statements.uploading import MEDIA_TYPE, UploadingMachine


class AskingMachine(UploadingMachine):
    """Requests, for a new statement, for one once more or for something else, stay open until they are resolved."""

    @rule(who=indexes, stays=rarely)
    def request_new_statement(self, who: int, *, stays: bool) -> None:
        """A patient asks for a new statement, perhaps again."""
        seat = self._seat(latest(self.model.people, who), stays=stays)
        call = handle_of(seat).statements.request_new_statement
        self._request(latest(self.model.people, who), seat, SupportTopic.NEW_STATEMENT, None, call)

    @precondition(lambda self: self.model.statements)
    @rule(who=indexes, which=indexes, strange=rarely, stays=rarely)
    def request_resend(self, who: int, which: int, *, strange: bool = False, stays: bool) -> None:
        """A patient asks for a statement to be sent again, a stranger's perhaps, and perhaps once more."""
        somebody = latest(self.model.people, who)
        own = self.model.statements_of(somebody)
        statement = latest(self.model.statements if strange or not own else own, which)
        seat = self._seat(somebody, stays=stays)
        call = partial(handle_of(seat).statements.request_resend, statement.id)
        self._request(somebody, seat, SupportTopic.RESEND_STATEMENT, statement, call)

    @rule(who=indexes, form=st.sampled_from((None, "form-1")))
    def ask_support(self, who: int, form: str | None) -> None:
        """A patient asks for something else, by a form that may have a key."""
        somebody = latest(self.model.people, who)
        seat = self._seat(somebody)
        call = partial(handle_of(seat).support.ask, "Where do I park?", idempotency_key=form)
        self._request(somebody, seat, SupportTopic.GENERAL, None, call, form=form)

    def _request(
        self,
        somebody: Person,
        seat: Seat,
        about: SupportTopic,
        statement: Statement | None,
        call: Callable[[], SupportRequestId],
        *,
        form: str | None = None,
    ) -> None:
        earlier = self.model.asked_already(somebody, about, statement, form)
        _, request_id = self._ask(call, self.model.request(somebody, seat, about, statement, form))
        if request_id is None:
            return
        if earlier is None:
            self.model.requests[-1].id = request_id
        else:
            agree("the same request", predicted=earlier.id, answered=request_id)
            self._reach("a request was made twice")

    @precondition(lambda self: self.model.requests)
    @rule(which=indexes, answer=st.sampled_from((None, "Behind the house.")))
    def resolve(self, which: int, answer: str | None) -> None:
        """Support is done with a request, perhaps once more, and may answer it."""
        request = latest(self.model.requests, which)
        self._reach("a resolved request was to be resolved", when=not request.is_open)
        resolve = partial(self.desk.support.resolve, request.id, answer=answer)
        self._ask(resolve, self.model.resolve(request, answer))

    @precondition(lambda self: self.model.answers())
    @rule(which=indexes)
    def take_an_answer_back(self, which: int) -> None:
        """The practice takes an answer back, perhaps once more, told or not."""
        answer = latest(self.model.answers(), which)
        self._reach("an answer was taken back before it was told", when=answer.notice in self.model.notices)
        with self._undisturbed():
            seen = self.desk.support.get(answer.request.id)
        assert seen.answer_id is not None
        message_id = seen.answer_id
        self._ask(lambda: self.desk.messages.retract(message_id, RetractionReason.OTHER), self.model.take_back(answer))

    @precondition(lambda self: self.model.statements)
    @rule(which=indexes, copy=st.booleans())
    def open_a_statement(self, which: int, *, copy: bool) -> None:
        """A patient opens any of their statements, or its electronic copy, unless it was taken back."""
        statement = latest(self.model.statements, which)
        seat = self._seat(statement.person)
        mine, opens = handle_of(seat).statements, self.model.open(statement, seat)
        self._reach("what was taken back was to be opened", when=statement.is_retracted)
        if copy:
            _, found = self._ask(lambda: mine.document(statement.id), opens)
            if found is not None:
                predicted = (MEDIA_TYPE, statement.bill.document)
                agree("document", predicted=predicted, answered=(found.media_type, found.content))
        else:
            _, shown = self._ask(lambda: mine.get(statement.id), opens)
            if shown is not None:
                agree("statement", predicted=self.model.statement_shown(statement), answered=statement_shown(shown))
