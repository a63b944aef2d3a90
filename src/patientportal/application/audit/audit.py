"""What staff and machines watch: notices that reached nobody, and how long work has been waiting."""

from datetime import datetime, timedelta
from typing import TypeVar

from attrs import evolve, frozen

from patientportal.application.environment import Environment
from patientportal.application.medications.renewals import standing
from patientportal.application.pages import Page, as_views, page
from patientportal.application.statements.concluding import waiting
from patientportal.application.worker.due import TASKS
from patientportal.domain import staff
from patientportal.domain.ids import DeliveryId, PatientId
from patientportal.domain.medications.renewals import RenewalStatus
from patientportal.domain.notices.notices import Delivery, DeliveryStatus
from patientportal.domain.staff import StaffMember
from patientportal.domain.support.support import SupportRequest
from patientportal.domain.told import NoticeKind
from patientportal.ports.store import Is, Query, View, Where

S = TypeVar("S")

COUNTED_MAX = 100


@frozen(kw_only=True)
class Undelivered:
    """A notice that was given up.

    Attributes:
        delivery_id: its own.
        patient_id: who wasn't told.
        kind: what they weren't told.
        created_at: when it happened, UTC.
        tries: how often it was tried.
    """

    delivery_id: DeliveryId
    patient_id: PatientId
    kind: NoticeKind
    created_at: datetime
    tries: int


@frozen(kw_only=True)
class Health:
    """How a portal's work is coming along; for a monitor, without a word about anybody.

    Attributes:
        oldest_waiting: for how long the oldest unsent notice has been waiting; ``None``: none waits.
        oldest_request: for how long the oldest request to support has been open; ``None``: none is.
        oldest_renewal: for how long the oldest request for a renewal has waited for a decision; ``None``: none does.
        most_overdue: for how long the oldest work has been due: a notice to send, a request to expire, a payment to
            check; minutes mean that no worker runs, or none that has the payment processor.
        has_undelivered: whether any notice was given up: ``desk.audit.undelivered()`` tells which.
        unclear_payments: how many payments wait for somebody to conclude them, counted up to 100:
            ``desk.statements.unclear()`` tells which.
    """

    oldest_waiting: timedelta | None
    oldest_request: timedelta | None = None
    oldest_renewal: timedelta | None = None
    most_overdue: timedelta | None
    has_undelivered: bool
    unclear_payments: int = 0


def undelivered(env: Environment, member: StaffMember, *, limit: int, cursor: str | None) -> Page[Undelivered]:
    """The notices that were given up, the oldest first."""
    staff.permit(member, "audit.undelivered")
    with env.store.view() as view:
        found = page(
            view,
            _with(DeliveryStatus.DEAD, first_by="created_at"),
            limit=limit,
            cursor=cursor,
            place=lambda delivery: (delivery.created_at, delivery.id),
        )
    return as_views(
        found,
        lambda delivery: Undelivered(
            delivery_id=delivery.id,
            patient_id=delivery.patient_id,
            kind=delivery.kind,
            created_at=delivery.created_at,
            tries=delivery.tries,
        ),
    )


def health(env: Environment) -> Health:
    """How long work has been waiting."""
    now = env.now()
    with env.store.view() as view:
        oldest = _first(view, _with(DeliveryStatus.WAITING, first_by="created_at"))
        longest_due = _first(view, _with(DeliveryStatus.WAITING, first_by="next_try_at"))
        request = _first(
            view, Query(state=SupportRequest, where=(Where("resolved_at", Is.NONE),), order=("asked_at", "id"))
        )
        renewal = _first(view, standing(RenewalStatus.REQUESTED))
        dead = _first(view, _with(DeliveryStatus.DEAD, first_by="created_at"))
        unclear = view.select(evolve(waiting(now), limit=COUNTED_MAX))
        overdue = [(task, _first(view, task.find(env))) for task in TASKS]
    due = [task.due_at(env, found) for task, found in overdue if found is not None]
    due += [] if longest_due is None else [longest_due.next_try_at]
    return Health(
        oldest_waiting=None if oldest is None else max(now - oldest.created_at, timedelta(0)),
        oldest_request=None if request is None else max(now - request.asked_at, timedelta(0)),
        oldest_renewal=None if renewal is None else max(now - renewal.requested_at, timedelta(0)),
        most_overdue=max((now - at for at in due if at <= now), default=None),
        has_undelivered=dead is not None,
        unclear_payments=len(unclear),
    )


def _with(status: DeliveryStatus, *, first_by: str) -> Query[Delivery]:
    """Those of a kind that only a newer release knows are left to it."""
    where = (Where("status", Is.EQ, status), Where("kind", Is.ONE_OF, tuple(NoticeKind)))
    return Query(state=Delivery, where=where, order=(first_by, "id"))


def _first(view: View, query: Query[S]) -> S | None:
    return next(iter(view.select(evolve(query, limit=1))), None)
