"""What the patient asks the practice's support for."""

from patientportal.application.accounts.sessions import SignedIn
from patientportal.application.environment import Environment
from patientportal.application.pages import Page
from patientportal.application.support import requests
from patientportal.application.support.requests import OwnRequest
from patientportal.domain.ids import SupportRequestId


class SupportAccess:
    """What the patient asks the practice's support for."""

    def __init__(self, env: Environment, who: SignedIn) -> None:
        self._env = env
        self._who = who

    def ask(self, message: str, *, idempotency_key: str | None = None) -> SupportRequestId:
        """Asks support for something; at most five requests are open at a time.

        Args:
            message: 1 to 2,000 characters.
            idempotency_key: of the form, at most 255 characters: the same form again is the same request, whatever
                became of it.

        Raises:
            BadInputError: the message or the key can't be used.
            SessionEndedError: this session is over.
            IdempotencyKeyReusedError: the key stands for another request of theirs, which it names.
            TooManySupportRequestsError: five requests are open.
        """
        return requests.ask(self._env, self._who, message, idempotency_key=idempotency_key)

    def requests(self, *, limit: int = 50, cursor: str | None = None) -> Page[OwnRequest]:
        """What the patient asked for, the latest first, and what was answered. What is done with is kept for a while.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            SessionEndedError: this session is over.
        """
        return requests.requests(self._env, self._who, limit=limit, cursor=cursor)

    def get(self, request_id: SupportRequestId) -> OwnRequest:
        """One thing that the patient asked for, and what was answered; this marks no message as read.

        Args:
            request_id: ``OwnRequest.request_id``, or the ``about_id`` of the message that answers it.

        Raises:
            NotFoundError: there is no such request any more, or it isn't theirs.
            SessionEndedError: this session is over.
        """
        return requests.get(self._env, self._who, request_id)

    def __repr__(self) -> str:
        return f"SupportAccess({self._who.patient_id})"
