"""What machines watch: how long work has been waiting."""

from datetime import timedelta
from typing import TypeVar

from attrs import evolve, frozen

from patientportal.application.appointments import requests
from patientportal.application.environment import Environment
from patientportal.application.medications.renewals import standing
from patientportal.application.statements.concluding import waiting, waiting_refunds
from patientportal.application.support import requests as support
from patientportal.application.worker.digests import oldest_with
from patientportal.application.worker.due import TASKS
from patientportal.application.worker.work import due, never_tried
from patientportal.domain.appointments.requests import RequestStatus
from patientportal.domain.medications.renewals import RenewalStatus
from patientportal.domain.notices.notices import DeliveryStatus
from patientportal.domain.support.support import Asker
from patientportal.ports.store import Query, View

S = TypeVar("S")

COUNTED_MAX = 100


@frozen(kw_only=True)
class Health:
    """How a portal's work is coming along; for a monitor, without a word about anybody.

    Attributes:
        oldest_waiting: for how long the oldest unsent notice has been waiting, a text message that waits for the end
            of the quiet hours, too; ``None``: none waits.
        oldest_request: for how long the oldest request of a patient to support has been open; ``None``: none is.
        oldest_strangers_request: the same of those who aren't logged in.
        oldest_renewal: for how long the oldest request for a renewal has waited for a decision; ``None``: none does.
        oldest_appointment_request: for how long the oldest request for a visit has waited for an answer; ``None``: none
            does.
        most_overdue: for how long the oldest work has been due: a notice to send, a request to expire, somebody to
            remind, a payment or a refund to check; minutes mean that no worker runs, or none that has the payment
            processor.
        has_undelivered: whether any notice was given up and not yet seen to: ``desk.audit.undelivered()`` tells which.
        unclear_payments: how many payments wait for somebody to conclude them, counted up to 100:
            ``desk.statements.unclear()`` tells which.
        unclear_refunds: how many refunds do, likewise: ``desk.statements.unclear_refunds()``.
    """

    oldest_waiting: timedelta | None
    oldest_request: timedelta | None = None
    oldest_strangers_request: timedelta | None = None
    oldest_renewal: timedelta | None = None
    oldest_appointment_request: timedelta | None = None
    most_overdue: timedelta | None
    has_undelivered: bool
    unclear_payments: int = 0
    unclear_refunds: int = 0


def health(env: Environment) -> Health:
    """How long work has been waiting."""
    now = env.now()
    with env.store.view() as view:
        oldest = _first(view, oldest_with(DeliveryStatus.WAITING))
        longest_due = _first(view, due(now)) or _first(view, never_tried(now))
        request, strangers = (_first(view, support.standing(of)) for of in (Asker.PATIENTS, Asker.STRANGERS))
        renewal = _first(view, standing(RenewalStatus.REQUESTED))
        appointment = _first(view, requests.standing(RequestStatus.OPEN))
        dead = _first(view, oldest_with(DeliveryStatus.DEAD))
        unclear = view.select(evolve(waiting(now), limit=COUNTED_MAX))
        unclear_refunds = view.select(evolve(waiting_refunds(now), limit=COUNTED_MAX))
        overdue = [(task, _first(view, query)) for task in TASKS for query in task.find(env)]
    since = [task.due_at(env, found) for task, found in overdue if found is not None]
    since += [] if longest_due is None else [min(longest_due.next_try_at, now)]
    return Health(
        oldest_waiting=None if oldest is None else max(now - oldest.created_at, timedelta(0)),
        oldest_request=None if request is None else max(now - request.asked_at, timedelta(0)),
        oldest_strangers_request=None if strangers is None else max(now - strangers.asked_at, timedelta(0)),
        oldest_renewal=None if renewal is None else max(now - renewal.requested_at, timedelta(0)),
        oldest_appointment_request=None if appointment is None else max(now - appointment.requested_at, timedelta(0)),
        most_overdue=max((now - at for at in since if at <= now), default=None),
        has_undelivered=dead is not None,
        unclear_payments=len(unclear),
        unclear_refunds=len(unclear_refunds),
    )


def _first(view: View, query: Query[S]) -> S | None:
    return next(iter(view.select(evolve(query, limit=1))), None)
