"""The practice's side of statements and payments."""

from datetime import date

from patientportal.application.environment import Environment
from patientportal.application.pages import Page
from patientportal.application.statements import concluding, payments, refunds, statements
from patientportal.application.statements.concluding import UnclearPayment
from patientportal.application.statements.payments import PaymentDetails
from patientportal.application.statements.statements import StatementDetails
from patientportal.domain.ids import PatientId, PaymentId, StatementId
from patientportal.domain.staff import StaffMember
from patientportal.domain.statements.conclusions import Conclusion
from patientportal.domain.values.money import Money


class StatementsDesk:
    """What patients owe the practice, and what they have paid."""

    def __init__(self, env: Environment, member: StaffMember) -> None:
        self._env = env
        self._member = member

    def upload(
        self,
        patient_id: PatientId,
        *,
        number: str,
        balance: Money,
        issued_on: date,
        due_on: date,
        document: bytes,
        media_type: str,
    ) -> StatementId:
        """Makes a new statement the patient's current one; a mail says that it is there, but not what it says.

        The previous one can't be paid any more; its pending payments still settle there. The patient's open requests
        for a statement are resolved.

        Args:
            patient_id: who owes it.
            number: the practice's, one line of at most 64 characters, unique for the patient.
            balance: what is owed in all; zero or more.
            issued_on: its date.
            due_on: the last day on which it may be paid, in the practice's zone.
            document: its electronic copy, 10 MiB at most.
            media_type: of the copy, such as ``application/pdf``; without parameters.

        Raises:
            BadInputError: an argument can't be used; ``due_on`` before ``issued_on`` is ``too_early``, more than ten
                years ahead ``too_late``; so is ``issued_on``, before 1900 or more than 366 days ahead.
            NotFoundError: there is no such patient.
            StatementNumberTakenError: the patient has a statement of this number.
            NotPermittedError: it takes the front desk.
        """
        return statements.upload(
            self._env,
            self._member,
            patient_id,
            number=number,
            balance=balance,
            issued_on=issued_on,
            due_on=due_on,
            document=document,
            media_type=media_type,
        )

    def resend(self, statement_id: StatementId, *, due_on: date) -> None:
        """Sends a patient's current statement again: it may be paid until its new due date, and a mail says so.

        The patient's open request for that is resolved.

        Args:
            statement_id: what ``upload`` returned.
            due_on: the last day on which it may be paid, in the practice's zone; today or later.

        Raises:
            BadInputError: ``due_on`` is ``too_early``: it has ended, or is before the statement's own date; or
                ``too_late``: more than ten years ahead.
            NotFoundError: there is no such statement.
            NotCurrentStatementError: a newer one has superseded it.
            NotPermittedError: it takes the front desk.
        """
        statements.resend(self._env, self._member, statement_id, due_on=due_on)

    def of_patient(
        self, patient_id: PatientId, *, limit: int = 50, cursor: str | None = None
    ) -> Page[StatementDetails]:
        """A patient's statements, the newest first.

        Args:
            patient_id: whose; that this was looked at is kept.
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            NotFoundError: there is no such patient.
            NotPermittedError: it takes the front desk or billing.
        """
        return statements.of_patient(self._env, self._member, patient_id, limit=limit, cursor=cursor)

    def payments(self, patient_id: PatientId, *, limit: int = 50, cursor: str | None = None) -> Page[PaymentDetails]:
        """What a patient has paid, or tried to, the latest first; ``unclear_since`` marks what waits for the practice.

        Args:
            patient_id: whose.
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            NotFoundError: there is no such patient.
            NotPermittedError: it takes the front desk.
        """
        return payments.payments_of(self._env, self._member, patient_id, limit=limit, cursor=cursor)

    def refund(self, payment_id: PaymentId) -> PaymentDetails:
        """Refunds all of a settled payment, once; it is owed again. A second time changes nothing.

        Args:
            payment_id: ``PaymentDetails.payment_id``.

        Returns:
            The payment: refunded; ``refunding`` until ``portal.work`` finds out the result; ``settled`` as before if
            the processor refused.

        Raises:
            ConfigurationError: the portal has no payment processor.
            NotFoundError: there is no such payment.
            PaymentNotSettledError: it is pending, or was declined or released.
            NotPermittedError: it takes the front desk.
        """
        return refunds.refund(self._env, self._member, payment_id)

    def unclear(self, *, limit: int = 50, cursor: str | None = None) -> Page[UnclearPayment]:
        """The payments that somebody has to conclude, of any patient, the longest waiting first.

        The processor charged another amount than the payment's, or charged what it had declined or promised never to
        charge; or nobody could find out for a day what became of it.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            NotPermittedError: it takes the front desk.
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
            AmountExceedsBalanceError: it is to count, and what it had reserved is paid by now.
            NotPermittedError: it takes the front desk.
        """
        return concluding.conclude(self._env, self._member, payment_id, conclusion, reference=reference)
