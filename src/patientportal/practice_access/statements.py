"""The practice's side of statements and payments."""

from datetime import date, datetime

from patientportal.application.pages import Page
from patientportal.application.statements import statements, uploading
from patientportal.application.statements.statements import Document, StatementDetails
from patientportal.domain.ids import PatientId, StatementId
from patientportal.domain.values.money import Money
from patientportal.domain.values.retractions import RetractionReason
from patientportal.practice_access.payments import PaymentsDesk


class StatementsDesk(PaymentsDesk):
    """What patients owe the practice, and what they have paid."""

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
        covers_earlier: bool = True,
        posted_until: datetime | None = None,
        external_id: str | None = None,
    ) -> StatementId:
        """A new statement: the patient's current one, if it was issued last; a mail says that it is there, not what.

        The current one before it can't be paid any more. What was paid of the patient's statements and wasn't posted in
        the books by ``posted_until``, or is pending, counts on this one from now on, if it covers what was owed before.
        The patient's open requests for a statement are resolved. One that was issued before the current one is only
        filed: it is told to nobody.

        Under an ``external_id`` the same again changes nothing.

        Args:
            patient_id: who owes it.
            number: the practice's, one line of at most 64 characters, unique among those of the patient that
                weren't taken back.
            balance: what is owed in all; zero or more.
            issued_on: its date, in the practice's zone.
            due_on: the last day on which it may be paid, in the practice's zone.
            document: its electronic copy, 10 MiB at most.
            media_type: of the copy, such as ``application/pdf``; without parameters.
            covers_earlier: whether ``balance`` holds what is still owed of earlier statements.
            posted_until: the books behind it know what was paid before this moment, aware; ``None``: they were posted
                by the midnight with which ``issued_on`` began in the practice's zone, or today, if that is earlier.
            external_id: the hospital's own key for it, at most 255 characters, likewise unique.

        Returns:
            Its id; under an ``external_id`` that was used before, that statement's.

        Raises:
            BadInputError: an argument can't be used; ``due_on`` before ``issued_on`` is ``too_early``, more than ten
                years ahead ``too_late``; ``issued_on`` before 1900 ``too_early``, after tomorrow ``too_late``; so is a
                ``posted_until`` that isn't over.
            NotFoundError: there is no such patient.
            IdempotencyKeyReusedError: another statement has the ``external_id``, or this one has other data.
            StatementNumberTakenError: the patient has a statement of this number.
            NotPermittedError: it takes the front desk, billing or an interface.
            OwnAccountError: nobody decides what they owe themselves.
        """
        return uploading.upload(
            self._env,
            self._member,
            patient_id,
            number=number,
            balance=balance,
            issued_on=issued_on,
            due_on=due_on,
            document=document,
            media_type=media_type,
            covers_earlier=covers_earlier,
            posted_until=posted_until,
            external_id=external_id,
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
            NotCurrentStatementError: a newer one has superseded it, or it was taken back.
            NotPermittedError: it takes the front desk or billing.
            OwnAccountError: nobody decides what they owe themselves.
        """
        uploading.resend(self._env, self._member, statement_id, due_on=due_on)

    def retract(self, statement_id: StatementId, reason: RetractionReason) -> None:
        """Takes a statement back: its patient can't see it any more, nor its copy. A second time changes nothing.

        If it was the current one, the one that was issued last of the others is the current one again, and takes what
        was paid on this one: that is the patient's money until it is given back. What is pending on it is looked at at
        once, and never asked for again. Requests that it had answered are open again, its number is free, and a mail
        about it that waits isn't sent. The patient's history says that something was taken back, and not what.

        Args:
            statement_id: what ``upload`` returned.
            reason: why, for the history.

        Raises:
            NotFoundError: there is no such statement.
            NotPermittedError: it takes the front desk, billing or an interface.
            OwnAccountError: nobody decides what they owe themselves.
        """
        uploading.retract(self._env, self._member, statement_id, reason)

    def of_patient(
        self, patient_id: PatientId, *, limit: int = 50, cursor: str | None = None
    ) -> Page[StatementDetails]:
        """A patient's statements, the latest issued first, those that were taken back among them.

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

    def get(self, statement_id: StatementId) -> StatementDetails:
        """One statement, also one that was taken back; that it was looked at is kept with its patient.

        Args:
            statement_id: ``StatementDetails.statement_id``.

        Raises:
            NotFoundError: there is no such statement.
            NotPermittedError: it takes the front desk or billing.
        """
        return statements.get_as_staff(self._env, self._member, statement_id)

    def document(self, statement_id: StatementId) -> Document:
        """The electronic copy of a statement, also of one that was taken back; that it was looked at is kept.

        Args:
            statement_id: ``StatementDetails.statement_id``.

        Raises:
            NotFoundError: there is no such statement.
            NotPermittedError: it takes the front desk or billing.
        """
        return statements.document_as_staff(self._env, self._member, statement_id)
