"""What statements and payments will answer, in a few lists: the model of ``StatementsMachine``.

It imports no rule: all that it shares with the library are the policy's numbers, and what money is.
"""

from collections.abc import Iterable
from datetime import date

from patientportal.domain.support.support import SupportTopic
from patientportal.domain.told import NoticeKind
from patientportal.testing.accounts.kept import Person, Seat
from patientportal.testing.machine_base import DONE, INSTANT, Prediction, nothing
from patientportal.testing.statements.kept import Answer, Bill, Payment, Request, Statement
from patientportal.testing.statements.model_base import A_DAY
from patientportal.testing.statements.model_refunding import RefundingModel

ASKED_MAX = 5
OF_STATEMENTS = (SupportTopic.NEW_STATEMENT, SupportTopic.RESEND_STATEMENT)


class StatementsModel(RefundingModel):
    """A portal's statements and payments in a few lists; each method says what the call of its name will answer.

    Those that give ``Steps`` make it happen, too: see ``SettlingModel``.
    """

    def upload(self, person: Person, bill: Bill) -> Prediction:
        """The one issued last is the current one, and answers what was asked; its id is known afterwards."""
        if bill.due_on < bill.issued_on:
            return Prediction("bad_input: too_early")
        if bill.external_id is not None:
            same = [one for one in self.statements_of(person) if one.bill.external_id == bill.external_id]
            if any(one.bill == bill for one in same):
                return Prediction(DONE, nothing)
            if not all(one.is_retracted for one in same):
                return Prediction("idempotency_key_reused")
        is_early = bill.issued_on > self.today + A_DAY
        if is_early or (bill.posted_until is not None and bill.posted_until > self.now):
            return Prediction("bad_input: too_late")
        if any(one.bill.number == bill.number and not one.is_retracted for one in self.statements_of(person)):
            return Prediction("statement_number_taken")
        return Prediction(DONE, lambda: self._arrive(person, bill))

    def _arrive(self, person: Person, bill: Bill) -> None:
        current = self.current(person)
        posted_until = bill.posted_until or self.begins_at(min(bill.issued_on, self.today))
        arrived = Statement(person, bill, bill.due_on, posted_until, self.now)
        self.statements.append(arrived)
        if current is not None and bill.issued_on < current.bill.issued_on:
            return
        if current is not None:
            arrived.uploaded_at = max(self.now, current.uploaded_at + INSTANT)
        self.become_current(arrived)
        self._answer(self.open_requests(person, *OF_STATEMENTS), arrived)
        self._tell(person, NoticeKind.STATEMENT_AVAILABLE)
        arrived.notices.append(self.notices[-1])

    def retract(self, statement: Statement) -> Prediction:
        """Once; the one before is current again, and what was asked before is asked again."""
        if statement.is_retracted:
            return Prediction(DONE, nothing)
        return Prediction(DONE, lambda: self._go(statement))

    def _go(self, statement: Statement) -> None:
        was_current = statement.is_current
        statement.fate, statement.retracted_at = "retracted", self.now
        for notice in statement.notices:
            notice.is_gone = True
        for payment in self.payments_of(statement.person):
            if payment.order.statement is statement:
                payment.is_stopped = True
                payment.look_at = self.now if payment.fate == "pending" else payment.look_at
        others = [one for one in self.statements_of(statement.person) if not one.is_retracted]
        if was_current and others:
            self.become_current(max(others, key=lambda one: one.place), again=True)
        for request in [one for one in self.requests if one.answered_by is statement]:
            if self.asked_already(statement.person, request.about, request.statement) is None:
                request.is_open, request.answered_by = True, None

    def resend(self, statement: Statement, due_on: date) -> Prediction:
        """The current one gets a due date that isn't over, not before its own date."""
        if not statement.is_current:
            return Prediction("not_current_statement")
        if due_on < statement.bill.issued_on or self.now >= self.ends_at(due_on):
            return Prediction("bad_input: too_early")

        def effect() -> None:
            statement.due_on = due_on
            self._answer(self.open_requests(statement.person, SupportTopic.RESEND_STATEMENT), statement)
            self._tell(statement.person, NoticeKind.STATEMENT_AVAILABLE)
            statement.notices.append(self.notices[-1])

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
            request.is_open = False
            if answer is not None:
                self._tell(request.person, NoticeKind.NEW_MESSAGE)
                self.receipts.append(Answer(request, answer, self.now, self.notices[-1]))

        return Prediction(DONE, effect)

    def take_back(self, answer: Answer) -> Prediction:
        """Once; a second time changes nothing, and what was to be told of it isn't any more."""

        def effect() -> None:
            answer.is_retracted = answer.notice.is_gone = True

        return Prediction(DONE, nothing if answer.is_retracted else effect)

    def open(self, statement: Statement, seat: Seat) -> Prediction:
        """A patient opens a statement, which the practice sees from the first time on, until it was taken back."""
        if not self.is_live(seat):
            return Prediction("session_ended")
        if statement.is_retracted:
            return Prediction("not_found: statement")
        if statement.opened_at is not None:
            return Prediction(DONE)

        def effect() -> None:
            statement.opened_at = self.now

        return Prediction(DONE, effect)

    def see(self, payment: Payment, person: Person, seat: Seat) -> Prediction:
        """A patient sees a payment, which must be their own."""
        if not self.is_live(seat):
            return Prediction("session_ended")
        return Prediction(DONE if payment.order.person is person else "not_found: payment")

    def _answer(self, requests: Iterable[Request], statement: Statement) -> None:
        for one in requests:
            one.is_open, one.answered_by = False, statement
