"""What the patient asks the practice's support for."""

from patientportal.application.accounts.sessions import SignedIn
from patientportal.application.environment import Environment
from patientportal.application.pages import Page
from patientportal.application.support import support
from patientportal.application.support.support import OwnRequest
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
        return support.ask(self._env, self._who, message, idempotency_key=idempotency_key)

    def requests(self, *, limit: int = 50, cursor: str | None = None) -> Page[OwnRequest]:
        """What the patient asked for, the latest first.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            SessionEndedError: this session is over.
        """
        return support.requests(self._env, self._who, limit=limit, cursor=cursor)

    def __repr__(self) -> str:
        return f"SupportAccess({self._who.patient_id})"
