"""What the patient owes, and what they have paid."""

from patientportal.application.accounts.sessions import SignedIn
from patientportal.application.environment import Environment
from patientportal.application.pages import Page
from patientportal.application.statements import paying, payments, statements
from patientportal.application.statements.payments import PaymentDetails
from patientportal.application.statements.statements import Document, StatementDetails
from patientportal.domain.ids import PaymentId, StatementId, SupportRequestId
from patientportal.domain.statements.paying import Pay
from patientportal.domain.values.money import Money


class StatementsAccess:
    """The patient's statements and payments."""

    def __init__(self, env: Environment, who: SignedIn) -> None:
        self._env = env
        self._who = who

    def all(self, *, limit: int = 50, cursor: str | None = None) -> Page[StatementDetails]:
        """The patient's statements, the latest issued first; what the practice took back isn't among them.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            SessionEndedError: this session is over.
        """
        return statements.statements(self._env, self._who, limit=limit, cursor=cursor)

    def current(self) -> StatementDetails | None:
        """The statement that was issued last, the only one that can be paid; ``None``: there is none.

        Raises:
            SessionEndedError: this session is over.
        """
        return statements.current(self._env, self._who)

    def get(self, statement_id: StatementId) -> StatementDetails:
        """One statement. That it was opened is kept, once.

        Args:
            statement_id: ``StatementDetails.statement_id``.

        Raises:
            NotFoundError: there is no such statement, it isn't theirs, or the practice took it back.
            SessionEndedError: this session is over.
        """
        return statements.get(self._env, self._who, statement_id)

    def document(self, statement_id: StatementId) -> Document:
        """The electronic copy of a statement, byte by byte as the practice uploaded it. That it was opened is kept.

        Args:
            statement_id: ``StatementDetails.statement_id``.

        Raises:
            NotFoundError: there is no such statement, it isn't theirs, or the practice took it back.
            SessionEndedError: this session is over.
        """
        return statements.document(self._env, self._who, statement_id)

    def pay(
        self, statement_id: StatementId, amount: Money | Pay, *, source: str, idempotency_key: str | None = None
    ) -> PaymentDetails:
        """Pays at most what remains of the current statement, after pending payments.

        Each call without a key is a new payment. With a key it is one payment: the same key again, with the same
        statement, amount and source, returns the same payment. One that is pending is asked for again, which the
        processor does once per key: whoever got no answer, or ``OutcomeUnknownError``, sends the same again.

        Args:
            statement_id: of the current statement.
            amount: above zero, in the statement's currency; ``Pay.FULL``: all that remains at that moment.
            source: the payment processor's opaque token for a card or an account.
            idempotency_key: chosen by the host, 255 characters at most, one for each payment of a patient.

        Returns:
            The payment as it is now: settled, declined, or pending while nobody knows what happened to it, which
            ``portal.work`` finds out, or somebody concludes (``unclear_since``); for a key that was used before, that
            payment with its present status.

        Raises:
            BadInputError: ``amount``, ``source`` or ``idempotency_key`` can't be used.
            ConfigurationError: the portal has no payment processor.
            NotFoundError: there is no such statement, or it isn't theirs.
            SessionEndedError: this session is over.
            IdempotencyKeyReusedError: the key stands for another payment of theirs, which it names.
            NotCurrentStatementError: a newer statement superseded it, or it was taken back:
                ``request_new_statement`` if need be.
            StatementOverdueError: its due date has ended in the practice's zone: ``request_resend``.
            AmountExceedsBalanceError: it is more than what remains, or nothing remains.
        """
        return paying.pay(
            self._env, self._who, statement_id, amount=amount, source=source, idempotency_key=idempotency_key
        )

    def payments(self, *, limit: int = 50, cursor: str | None = None) -> Page[PaymentDetails]:
        """What was paid of any statement of the patient's, by them or for them, or let off; the latest first.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            SessionEndedError: this session is over.
        """
        return payments.payments(self._env, self._who, limit=limit, cursor=cursor)

    def get_payment(self, payment_id: PaymentId) -> PaymentDetails:
        """One payment.

        Args:
            payment_id: ``PaymentDetails.payment_id``.

        Raises:
            NotFoundError: there is no such payment, or it isn't theirs.
            SessionEndedError: this session is over.
        """
        return payments.get(self._env, self._who, payment_id)

    def request_new_statement(self) -> SupportRequestId:
        """Asks the practice for a new statement. If a request is open already, it stays the same request.

        Raises:
            SessionEndedError: this session is over.
        """
        return statements.request_new_statement(self._env, self._who)

    def request_resend(self, statement_id: StatementId) -> SupportRequestId:
        """Asks the practice to send the current statement again, so that it can be paid after its due date.

        If a request is open already, it stays the same request.

        Args:
            statement_id: of the current statement.

        Raises:
            NotFoundError: there is no such statement, or it isn't theirs.
            SessionEndedError: this session is over.
            NotCurrentStatementError: a newer statement superseded it, or it was taken back.
        """
        return statements.request_resend(self._env, self._who, statement_id)

    def __repr__(self) -> str:
        return f"StatementsAccess({self._who.patient_id})"
