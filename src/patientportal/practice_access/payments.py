"""The practice's side of payments and refunds."""

from datetime import date

from patientportal.application.environment import Environment
from patientportal.application.pages import Page
from patientportal.application.statements import concluding, payments, recording, refunds
from patientportal.application.statements.concluding import UnclearPayment, UnclearRefund
from patientportal.application.statements.payments import PaymentDetails
from patientportal.application.statements.refunds import RefundDetails
from patientportal.domain.ids import PatientId, PaymentId, RefundId, StatementId
from patientportal.domain.staff import StaffMember
from patientportal.domain.statements.conclusions import Conclusion
from patientportal.domain.statements.payments import PaymentMethod
from patientportal.domain.values.money import Money


class PaymentsDesk:
    """What patients have paid: the part of ``StatementsDesk`` that is about payments."""

    def __init__(self, env: Environment, member: StaffMember) -> None:
        self._env = env
        self._member = member

    def payments(self, patient_id: PatientId, *, limit: int = 50, cursor: str | None = None) -> Page[PaymentDetails]:
        """What was paid by a patient or for them, or tried, or let off, the latest first.

        ``unclear_since`` marks what waits for the practice, ``statement_retracted`` what was paid on a statement that
        was taken back.

        Args:
            patient_id: whose; that this was looked at is kept.
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            NotFoundError: there is no such patient.
            NotPermittedError: it takes the front desk or billing.
        """
        return payments.payments_of(self._env, self._member, patient_id, limit=limit, cursor=cursor)

    def get_payment(self, payment_id: PaymentId) -> PaymentDetails:
        """One payment; that it was looked at is kept with its patient.

        Args:
            payment_id: ``PaymentDetails.payment_id``.

        Raises:
            NotFoundError: there is no such payment.
            NotPermittedError: it takes the front desk or billing.
        """
        return payments.get_as_staff(self._env, self._member, payment_id)

    def record_payment(
        self,
        statement_id: StatementId,
        amount: Money,
        *,
        method: PaymentMethod,
        received_on: date,
        reference: str = "",
        external_id: str | None = None,
    ) -> PaymentDetails:
        """Writes down what was paid of the current statement otherwise, or what is let off of it; it counts at once.

        What was received before the books behind the statement were posted (its ``posted_until``) is in its balance
        already: it is kept, and counts on the statement before. Under an ``external_id`` the same again changes
        nothing.

        Args:
            statement_id: of the current statement.
            amount: above zero, in the statement's currency. What is paid beyond what is owed is the patient's credit.
            method: cash, cheque or card; by billing alone also the insurer, or a reduction (a discount or write-off),
                which is at most what is owed.
            received_on: on which day, in the practice's zone.
            reference: a cheque's number, say; one line of at most 255 characters.
            external_id: the hospital's own key for it, at most 255 characters, unique among the patient's payments.

        Returns:
            The payment, settled.

        Raises:
            BadInputError: an argument can't be used; ``method`` is ``unknown``: online; ``received_on`` is
                ``too_early``, before 1900, or ``too_late``, after today; ``amount`` is of an ``other_currency``.
            NotFoundError: there is no such statement.
            IdempotencyKeyReusedError: another payment has the ``external_id``, or this one has other data.
            NotCurrentStatementError: a newer one has superseded it, or it was taken back.
            ReductionExceedsOwedError: more would be let off than is owed.
            OwnAccountError: nobody does this with what they owe themselves.
            NotPermittedError: it takes the front desk or billing; of an insurer or a reduction, billing.
        """
        return recording.record(
            self._env,
            self._member,
            statement_id,
            amount,
            method=method,
            received_on=received_on,
            reference=reference,
            external_id=external_id,
        )

    def refund(
        self,
        payment_id: PaymentId,
        amount: Money | None = None,
        *,
        by_hand: bool = False,
        reason: str = "",
        idempotency_key: str | None = None,
    ) -> PaymentDetails:
        """Gives some or all of a settled payment back; it is owed again. With nothing left, it changes nothing.

        Through the payment processor, or by hand: the practice has given it back itself, a bank has taken it back (a
        chargeback, a bounced cheque), or it was written down wrongly. With a key it is one refund, however often it is
        asked for.

        Args:
            payment_id: ``PaymentDetails.payment_id``.
            amount: how much; ``None``: all that is left.
            by_hand: whether it is given back already, so that the processor isn't asked.
            reason: why, for the practice; one line of at most 255 characters, shown by ``refunds`` alone.
            idempotency_key: chosen by the host, 255 characters at most, one for each refund of a patient; an ``amount``
                needs one.

        Returns:
            The payment: ``refunding`` until ``portal.work`` finds out the result, or somebody concludes it; as before
            if the processor refused; ``refunded`` once all of it is given back.

        Raises:
            BadInputError: an argument can't be used; ``idempotency_key`` is ``empty``: an amount needs one; ``amount``
                is of an ``other_currency``.
            ConfigurationError: the portal has no payment processor, and it isn't by hand.
            NotFoundError: there is no such payment.
            IdempotencyKeyReusedError: something else was given back under the key.
            PaymentNotSettledError: it is pending, or was declined or released.
            PaymentNotOnlineError: no processor charged it: give it back by hand.
            RefundExceedsPaymentError: it is more than what is left.
            OwnAccountError: nobody gives their own payment back.
            NotPermittedError: it takes the front desk or billing; by hand, billing.
        """
        return refunds.refund(
            self._env,
            self._member,
            payment_id,
            amount,
            by_hand=by_hand,
            reason=reason,
            idempotency_key=idempotency_key,
        )

    def refunds(self, patient_id: PatientId, *, limit: int = 50, cursor: str | None = None) -> Page[RefundDetails]:
        """What was given back of a patient's payments, is about to be, or couldn't be, with who and why; latest first.

        Args:
            patient_id: whose; that this was looked at is kept.
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            NotFoundError: there is no such patient.
            NotPermittedError: it takes the front desk or billing.
        """
        return refunds.refunds(self._env, self._member, patient_id, limit=limit, cursor=cursor)

    def get_refund(self, refund_id: RefundId) -> RefundDetails:
        """One refund; that it was looked at is kept with its patient.

        Args:
            refund_id: ``RefundDetails.refund_id``.

        Raises:
            NotFoundError: there is no such refund.
            NotPermittedError: it takes the front desk or billing.
        """
        return refunds.get_refund(self._env, self._member, refund_id)

    def unclear(self, *, limit: int = 50, cursor: str | None = None) -> Page[UnclearPayment]:
        """The payments that somebody has to conclude, of any patient, the longest waiting first.

        The processor charged another amount than the payment's, or charged what it had declined or promised never to
        charge; or nobody could find out for a day what became of it.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            NotPermittedError: it takes the front desk or billing.
        """
        return concluding.unclear(self._env, self._member, limit=limit, cursor=cursor)

    def conclude(
        self, payment_id: PaymentId, conclusion: Conclusion, *, reference: str | None = None
    ) -> PaymentDetails:
        """Says what became of a payment that is unclear, with the processor's own list before one's eyes.

        ``Conclusion.PAID``: exactly its amount is charged, and it counts. ``Conclusion.NOT_MADE``: nothing is charged,
        because nothing ever was, or because what was has been given back by the processor's own means before this.
        The patient is told by a message, unless they were told before that it was not made.

        Args:
            payment_id: ``PaymentDetails.payment_id``, which is also the key under which the processor knows it.
            conclusion: what was found.
            reference: the processor's name for the charge, of what counts and of which it has told none.

        Returns:
            The payment: settled, or released; one that was declined or released before stays that.

        Raises:
            BadInputError: ``reference`` can't be used; ``empty``: it is needed and isn't given.
            NotFoundError: there is no such payment.
            PaymentNotUnclearError: nobody is asked to conclude it.
            ChargedOtherwiseError: it is to count, and another amount was charged.
            OwnAccountError: nobody concludes their own payment.
            NotPermittedError: it takes billing.
        """
        return concluding.conclude(self._env, self._member, payment_id, conclusion, reference=reference)

    def unclear_refunds(self, *, limit: int = 50, cursor: str | None = None) -> Page[UnclearRefund]:
        """The refunds that somebody has to conclude, of any patient, the longest waiting first.

        Nobody could find out for a day whether the processor has given it back.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            NotPermittedError: it takes the front desk or billing.
        """
        return concluding.unclear_refunds(self._env, self._member, limit=limit, cursor=cursor)

    def conclude_refund(self, refund_id: RefundId, conclusion: Conclusion) -> RefundDetails:
        """Says what became of a refund that is unclear, with the processor's own list before one's eyes.

        Args:
            refund_id: ``RefundDetails.refund_id``, which is also the key under which the processor knows it.
            conclusion: ``Conclusion.PAID``: it is given back. ``Conclusion.NOT_MADE``: it isn't, and the processor has
                been told not to.

        Returns:
            The refund: done, or declined.

        Raises:
            NotFoundError: there is no such refund.
            RefundNotUnclearError: nobody is asked to conclude it.
            OwnAccountError: nobody concludes a refund to themselves.
            NotPermittedError: it takes billing.
        """
        return concluding.conclude_refund(self._env, self._member, refund_id, conclusion)
