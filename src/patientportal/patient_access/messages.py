"""What the practice has written to the patient."""

from patientportal.application.accounts.sessions import SignedIn
from patientportal.application.environment import Environment
from patientportal.application.messages import messages
from patientportal.application.messages.messages import ReceivedMessage
from patientportal.application.pages import Page
from patientportal.domain.ids import MessageId


class MessagesAccess:
    """The patient's inbox."""

    def __init__(self, env: Environment, who: SignedIn) -> None:
        self._env = env
        self._who = who

    def inbox(self, *, limit: int = 50, cursor: str | None = None) -> Page[ReceivedMessage]:
        """What was written to the patient and not taken back, the latest first. Listing doesn't mark them as read.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            SessionEndedError: this session is over.
        """
        return messages.inbox(self._env, self._who, limit=limit, cursor=cursor)

    def get(self, message_id: MessageId) -> ReceivedMessage:
        """One message; this marks it as read.

        Args:
            message_id: ``ReceivedMessage.message_id``.

        Raises:
            NotFoundError: there is no such message, it isn't theirs, or it was taken back.
            SessionEndedError: this session is over.
        """
        return messages.get(self._env, self._who, message_id)

    def unread_count(self) -> int:
        """How many messages the patient hasn't read; beyond a hundred it stays at a hundred.

        Raises:
            SessionEndedError: this session is over.
        """
        return messages.unread_count(self._env, self._who)

    def __repr__(self) -> str:
        return f"MessagesAccess({self._who.patient_id})"
