"""Patients and the practice see what is so, and the books add up: a layer of ``StatementsMachine``."""

from functools import partial

from hypothesis.stateful import invariant, rule

from patientportal.testing.accounts.kept import Person
from patientportal.testing.machine_base import DONE, Prediction, agree, indexes, latest, nothing
from patientportal.testing.statements.machine_base import PracticeMachine, handle_of
from patientportal.testing.statements.shown import Seen, payment_shown, payments_shown, refund_shown, statement_shown
from patientportal.testing.statements.uploading import MEDIA_TYPE

A_PAGE = 200
KEPT = Prediction(DONE, nothing)
"""Staff are shown something of one patient; that they looked is saved before."""


class LookingMachine(PracticeMachine):
    """What holds after each step."""

    @invariant()
    def the_books_add_up(self) -> None:
        """Settled and pending never exceed a balance, and the processor has charged exactly what is paid."""
        self.auditor.audit()
        agree("asked too early", predicted=[], answered=self.processor.too_early)

    @invariant()
    def patients_see_what_is_so(self) -> None:
        """Every statement, payment and receipt of their own, and nothing else; nothing when they are shut out."""
        for somebody in self.model.people:
            seat = self._seat(somebody)
            me = handle_of(seat)
            if not somebody.is_active:
                self._ask(me.statements.current, Prediction("session_ended"))
                continue
            own, current = self._shown_statements(somebody), me.statements.current()
            statements = me.statements.all(limit=A_PAGE).items
            agree("statements", predicted=own, answered=[statement_shown(one) for one in statements])
            predicted = [
                self.model.statement_shown(one) for one in self.model.statements_of(somebody) if one.is_current
            ]
            agree("current", predicted=predicted, answered=[] if current is None else [statement_shown(current)])
            payments = me.statements.payments(limit=A_PAGE).items
            agree("payments", predicted=self._shown_payments(somebody), answered=payments_shown(payments))
            inbox = me.messages.inbox(limit=A_PAGE).items
            answered = [(one.about_id, one.body, one.sent_at) for one in inbox]
            agree("receipts", predicted=self._shown_receipts(somebody), answered=answered)
            told = [one.facts and one.facts.body for one in inbox]
            asked = [(one.request_id, one.answer) for one in me.support.requests(limit=A_PAGE).items[::-1]]
            agree("answers", predicted=self._shown_answers(somebody), answered=asked)
            agree("texts made of their facts", predicted=told, answered=[one.body for one in inbox])

    @invariant()
    def the_practice_sees_what_is_so(self) -> None:
        """Every payment, and every request that nobody has resolved, the oldest first."""
        for somebody in self.model.people:
            with self._undisturbed():
                page = self.desk.statements.payments(somebody.id, limit=A_PAGE)
            agree("payments", predicted=self._shown_payments(somebody), answered=payments_shown(page.items))
        predicted = [
            (one.id, one.person.id, one.about, one.statement and one.statement.id)
            for one in self.model.requests
            if one.is_open
        ]
        found = self.desk.support.open_requests(limit=A_PAGE).items
        answered = [(one.request_id, one.patient_id, one.about, one.statement_id) for one in found]
        agree("open requests", predicted=predicted, answered=answered)
        self._sees_what_is_unclear()

    @rule(who=indexes)
    def look_at_a_patient(self, who: int) -> None:
        """The practice sees every statement of a patient, those that were taken back too, and every refund."""
        somebody = latest(self.model.people, who)
        with self._undisturbed():
            statements = self.desk.statements.of_patient(somebody.id, limit=A_PAGE).items
            refunds = self.desk.statements.refunds(somebody.id, limit=A_PAGE).items
        own = self._shown_statements(somebody, retracted=True)
        agree("statements", predicted=own, answered=[statement_shown(one) for one in statements])
        given_back = [one for one in self.model.refunds() if one.payment.order.person is somebody]
        given_back.sort(key=lambda one: (one.requested_at, one.id), reverse=True)
        predicted = [one.shown() for one in given_back]
        agree("refunds", predicted=predicted, answered=[refund_shown(one) for one in refunds])
        with self._undisturbed():
            self._each_statement_is_shown(somebody)
            self._each_payment_is_shown(somebody)
            for refund in given_back:
                _, shown = self._ask(partial(self.desk.statements.get_refund, refund.id), KEPT)
                agree("refund", predicted=refund.shown(), answered=shown and refund_shown(shown))

    def _each_statement_is_shown(self, somebody: Person) -> None:
        """To the practice, with its electronic copy, also once it was taken back."""
        for one in self.model.statements_of(somebody):
            _, shown = self._ask(partial(self.desk.statements.get, one.id), KEPT)
            seen = self.model.statement_shown(one)
            agree("statement", predicted=seen, answered=shown and statement_shown(shown))
            _, copy = self._ask(partial(self.desk.statements.document, one.id), KEPT)
            agree(
                "document",
                predicted=(MEDIA_TYPE, one.bill.document),
                answered=copy and (copy.media_type, copy.content),
            )
            self._reach("what was taken back was shown to the practice", when=one.is_retracted)

    def _each_payment_is_shown(self, somebody: Person) -> None:
        """To the practice, and to the patient whose it is; to another, and to who is shut out, it isn't."""
        for one in self.model.payments_of(somebody):
            _, shown = self._ask(partial(self.desk.statements.get_payment, one.id), KEPT)
            agree("payment", predicted=one.shown(), answered=shown and payment_shown(shown))
            for person in self.model.people:
                seat = self._seat(person)
                mine = handle_of(seat).statements
                answer, own = self._ask(partial(mine.get_payment, one.id), self.model.see(one, person, seat))
                if answer == DONE:
                    agree("payment", predicted=one.shown(), answered=own and payment_shown(own))
                self._reach("a stranger's payment was to be seen", when=answer == "not_found: payment")

    def _sees_what_is_unclear(self) -> None:
        """The payments and the refunds that wait for somebody, the longest waiting first."""
        since = [(one.unclear_since, one.id) for one in self.model.payments if one.unclear_since is not None]
        unclear = self.desk.statements.unclear(limit=A_PAGE).items
        listed = [(one.payment.unclear_since, one.payment.payment_id) for one in unclear]
        agree("unclear payments", predicted=sorted(since), answered=listed)
        refunds = [(one.unclear_since, one.id) for one in self.model.refunds() if one.unclear_since is not None]
        found = self.desk.statements.unclear_refunds(limit=A_PAGE).items
        agree(
            "unclear refunds",
            predicted=sorted(refunds),
            answered=[(one.unclear_since, one.refund_id) for one in found],
        )
        health = self.portal.health()
        counted = (health.unclear_payments, health.unclear_refunds)
        agree("what is unclear, counted", predicted=(len(since), len(refunds)), answered=counted)

    def _shown_statements(self, somebody: Person, *, retracted: bool = False) -> list[Seen]:
        own = [one for one in self.model.statements_of(somebody) if retracted or not one.is_retracted]
        return [
            self.model.statement_shown(one)
            for one in sorted(own, key=lambda one: (one.bill.issued_on, one.id), reverse=True)
        ]

    def _shown_payments(self, somebody: Person) -> list[Seen]:
        own = sorted(self.model.payments_of(somebody), key=lambda one: (one.requested_at, one.id))
        return [one.shown() for one in own[::-1]]

    def _shown_answers(self, somebody: Person) -> list[Seen]:
        own = [(one.id, self.model.answer_to(one)) for one in self.model.requests if one.person is somebody]
        return [(id_, None if answer is None else answer.body) for id_, answer in own]

    def _shown_receipts(self, somebody: Person) -> list[Seen]:
        own = [one for one in self.model.receipts[::-1] if one.person is somebody and not one.is_retracted]
        return [(one.about_id, one.body, one.sent_at) for one in own]
