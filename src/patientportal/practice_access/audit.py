"""What needs attention."""

from patientportal.application.audit import audit
from patientportal.application.audit.audit import Undelivered
from patientportal.application.environment import Environment
from patientportal.application.pages import Page
from patientportal.domain.staff import StaffMember


class AuditDesk:
    """What needs attention."""

    def __init__(self, env: Environment, member: StaffMember) -> None:
        self._env = env
        self._member = member

    def undelivered(self, *, limit: int = 50, cursor: str | None = None) -> Page[Undelivered]:
        """The notices that reached nobody and were given up, the oldest first; kept for 90 days.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            NotPermittedError: it takes the front desk or support.
        """
        return audit.undelivered(self._env, self._member, limit=limit, cursor=cursor)
