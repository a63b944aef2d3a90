"""What needs attention."""

from patientportal.application.audit import undelivered
from patientportal.application.audit.undelivered import Undelivered
from patientportal.application.environment import Environment
from patientportal.application.pages import Page
from patientportal.domain.ids import DeliveryId
from patientportal.domain.staff import StaffMember


class AuditDesk:
    """What needs attention."""

    def __init__(self, env: Environment, member: StaffMember) -> None:
        self._env = env
        self._member = member

    def undelivered(self, *, limit: int = 50, cursor: str | None = None) -> Page[Undelivered]:
        """The notices that reached nobody and were given up, the oldest first; kept for 90 days, or until seen to.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            NotPermittedError: it takes the front desk or support.
        """
        return undelivered.undelivered(self._env, self._member, limit=limit, cursor=cursor)

    def deliver_again(self, delivery_id: DeliveryId) -> None:
        """Has a notice that was given up sent again, with new patience; one that waits already goes on waiting.

        Args:
            delivery_id: of ``undelivered``.

        Raises:
            NotFoundError: there is no such notice, or it was forgotten.
            NotUndeliveredError: it was sent, or nobody needs it any more.
            PatientInactiveError: its patient is deactivated.
            NoticeLinkOverError: it carries a link that is over: ask for a new one.
            NotPermittedError: it takes the front desk or support.
        """
        undelivered.deliver_again(self._env, self._member, delivery_id)

    def dismiss(self, delivery_id: DeliveryId) -> None:
        """Lets a notice be that was given up, so that neither ``undelivered`` nor ``health`` speaks of it.

        A second time changes nothing.

        Args:
            delivery_id: of ``undelivered``.

        Raises:
            NotFoundError: there is no such notice, or it was forgotten.
            NotUndeliveredError: it waits, or was sent.
            NotPermittedError: it takes the front desk or support.
        """
        undelivered.dismiss(self._env, self._member, delivery_id)
