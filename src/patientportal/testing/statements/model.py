"""What statements and payments will answer, in a few lists: the model of ``StatementsMachine``.

It imports no rule: all that it shares with the library are the policy's numbers, and what money is.
"""

from collections.abc import Iterable
from datetime import date

from patientportal.domain.support.support import SupportTopic
from patientportal.domain.told import NoticeKind
from patientportal.domain.values.money import Money
from patientportal.testing.accounts.kept import Person, Seat
from patientportal.testing.machine_base import DONE, INSTANT, Prediction, nothing
from patientportal.testing.statements.kept import Answer, Request, Statement
from patientportal.testing.statements.model_settling import SettlingModel

ASKED_MAX = 5


class StatementsModel(SettlingModel):
    """A portal's statements and payments in a few lists; each method says what the call of its name will answer.

    Those that give ``Steps`` make it happen, too: see ``SettlingModel``.
    """

    def upload(
        self, person: Person, *, number: str, balance: Money, issued_on: date, due_on: date, document: bytes
    ) -> Prediction:
        """The newest is the current one, and answers what was asked about statements; its id is known afterwards."""
        if due_on < issued_on:
            return Prediction("bad_input: too_early")
        if any(one.number == number for one in self.statements_of(person)):
            return Prediction("statement_number_taken")

        def effect() -> None:
            arrived_at = max([self.now, *(one.uploaded_at + INSTANT for one in self.statements_of(person))])
            for one in self.statements_of(person):
                one.is_current = False
            self.statements.append(Statement(person, number, balance, issued_on, due_on, document, arrived_at))
            self._resolve(self.open_requests(person, SupportTopic.NEW_STATEMENT, SupportTopic.RESEND_STATEMENT))
            self._tell(person, NoticeKind.STATEMENT_AVAILABLE)

        return Prediction(DONE, effect)

    def resend(self, statement: Statement, due_on: date) -> Prediction:
        """The current one gets a due date that isn't over, not before its own date."""
        if not statement.is_current:
            return Prediction("not_current_statement")
        if due_on < statement.issued_on or self.now >= self.ends_at(due_on):
            return Prediction("bad_input: too_early")

        def effect() -> None:
            statement.due_on = due_on
            asked = self.open_requests(statement.person, SupportTopic.RESEND_STATEMENT)
            self._resolve(one for one in asked if one.statement is statement)
            self._tell(statement.person, NoticeKind.STATEMENT_AVAILABLE)

        return Prediction(DONE, effect)

    def request(
        self, person: Person, seat: Seat, about: SupportTopic, statement: Statement | None, form: str | None = None
    ) -> Prediction:
        """What is asked for already is asked for once; its id is known only afterwards."""
        if not self.is_live(seat):
            return Prediction("session_ended")
        if statement is not None and statement.person is not person:
            return Prediction("not_found: statement")
        if statement is not None and not statement.is_current:
            return Prediction("not_current_statement")
        if self.asked_already(person, about, statement, form) is not None:
            return Prediction(DONE, nothing)
        if about is SupportTopic.GENERAL and len(self.open_requests(person, about)) == ASKED_MAX:
            return Prediction("too_many_support_requests")
        return Prediction(DONE, lambda: self.requests.append(Request(person, about, statement, form=form)))

    def resolve(self, request: Request, answer: str | None = None) -> Prediction:
        """Once; an answer is a message, of which a mail tells."""
        if not request.is_open:
            return Prediction("support_request_resolved")

        def effect() -> None:
            self._resolve([request])
            if answer is not None:
                self._tell(request.person, NoticeKind.NEW_MESSAGE)
                self.receipts.append(Answer(request, answer, self.now, self.notices[-1]))

        return Prediction(DONE, effect)

    def retract(self, answer: Answer) -> Prediction:
        """Once; a second time changes nothing, and what was to be told of it isn't any more."""

        def effect() -> None:
            answer.is_retracted = answer.notice.is_gone = True

        return Prediction(DONE, nothing if answer.is_retracted else effect)

    def _resolve(self, requests: Iterable[Request]) -> None:
        for one in requests:
            one.is_open = False
