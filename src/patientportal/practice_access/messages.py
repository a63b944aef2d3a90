"""The practice's side of messages."""

from patientportal.application.environment import Environment
from patientportal.application.messages import messages
from patientportal.application.messages.messages import PatientMessage
from patientportal.application.pages import Page
from patientportal.domain.ids import MessageId, PatientId
from patientportal.domain.staff import StaffMember
from patientportal.domain.values.retractions import RetractionReason


class MessagesDesk:
    """Writing to patients."""

    def __init__(self, env: Environment, member: StaffMember) -> None:
        self._env = env
        self._member = member

    def send(self, patient_id: PatientId, *, subject: str, body: str, idempotency_key: str | None = None) -> MessageId:
        """Puts a message into a patient's inbox; a mail says that it is there, but not what it says.

        Args:
            patient_id: whose inbox.
            subject: one line of at most 200 characters.
            body: 1 to 10,000 characters, line breaks included.
            idempotency_key: of the form, at most 255 characters: the same form again is the same message.

        Raises:
            BadInputError: ``subject``, ``body`` or the key can't be used.
            NotFoundError: there is no such patient.
            IdempotencyKeyReusedError: the key stands for another message of theirs, which it names.
            NotPermittedError: it takes any role.
        """
        return messages.send(
            self._env, self._member, patient_id, subject=subject, body=body, idempotency_key=idempotency_key
        )

    def retract(self, message_id: MessageId, reason: RetractionReason) -> None:
        """Takes back what one of the practice wrote: at once its patient sees nothing of it, and no mail announces it.

        Their history keeps that it was written and taken back; staff still see it. A second time changes nothing.

        Args:
            message_id: ``PatientMessage.message_id``.
            reason: why; the patient's history keeps it, and staff see it.

        Raises:
            TypeError: ``reason`` isn't a ``RetractionReason``.
            NotFoundError: there is no such message.
            WrittenByPortalError: the portal wrote it.
            NotPermittedError: it takes any role but a program's.
        """
        messages.retract(self._env, self._member, message_id, reason)

    def get(self, message_id: MessageId) -> PatientMessage:
        """One message, also one that was taken back. This doesn't mark it as read.

        Args:
            message_id: ``PatientMessage.message_id``; that its patient was looked at is kept.

        Raises:
            NotFoundError: there is no such message.
            NotPermittedError: it takes any role but a program's.
        """
        return messages.get_by_staff(self._env, self._member, message_id)

    def of_patient(self, patient_id: PatientId, *, limit: int = 50, cursor: str | None = None) -> Page[PatientMessage]:
        """What was written to a patient, by staff or by the portal, the latest first; also what was taken back.

        Args:
            patient_id: whose; that this was looked at is kept.
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            NotFoundError: there is no such patient.
            NotPermittedError: it takes any role but a program's.
        """
        return messages.of_patient(self._env, self._member, patient_id, limit=limit, cursor=cursor)
