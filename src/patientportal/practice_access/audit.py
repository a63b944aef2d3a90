"""What happened, who looked, and what needs attention."""

from patientportal.application.audit import history, undelivered
from patientportal.application.audit.history import HistoryEntry
from patientportal.application.audit.undelivered import Undelivered
from patientportal.application.environment import Environment
from patientportal.application.pages import Page
from patientportal.domain.ids import DeliveryId, PatientId
from patientportal.domain.staff import StaffMember


class AuditDesk:
    """What happened, who looked, and what needs attention."""

    def __init__(self, env: Environment, member: StaffMember) -> None:
        self._env = env
        self._member = member

    def of_patient(self, patient_id: PatientId, *, limit: int = 50, cursor: str | None = None) -> Page[HistoryEntry]:
        """All that happened to a patient, every look of staff and every refusal included, the latest first.

        Args:
            patient_id: whose; that this was looked at is in it, too.
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            NotFoundError: there is no such patient.
            NotPermittedError: it takes support.
        """
        return history.of_patient(self._env, self._member, patient_id, limit=limit, cursor=cursor)

    def of_practice(self, *, limit: int = 50, cursor: str | None = None) -> Page[HistoryEntry]:
        """What happened to no patient that is known: schedules, unknown names at log-in, refusals; the latest first.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            NotPermittedError: it takes support.
        """
        return history.of_practice(self._env, self._member, limit=limit, cursor=cursor)

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
