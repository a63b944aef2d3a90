"""States of any values, set right where their fields contradict each other, as the tables of a SQL store would say."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from attrs import evolve

from patientportal.domain.accounts.links import Link, LinkEnd, LinkStatus
from patientportal.domain.appointments.appointments import Appointment, AppointmentStatus
from patientportal.domain.appointments.requests import AppointmentRequest, RequestStatus
from patientportal.domain.appointments.schedules import Slot, SlotStatus
from patientportal.domain.events import ActorKind
from patientportal.domain.ids import AppointmentId, PatientId, StaffId, StatementId
from patientportal.domain.medications.renewals import Renewal, RenewalStatus
from patientportal.domain.messages.messages import InboxMessage
from patientportal.domain.statements.payments import Payment, PaymentMethod, PaymentStatus
from patientportal.domain.statements.refunds import Refund, RefundStatus
from patientportal.domain.statements.statements import Statement, StatementDocument, StatementStatus
from patientportal.domain.support.support import SupportRequest, SupportTopic
from patientportal.domain.values.retractions import RetractionReason

V = TypeVar("V", Slot, Appointment)

SOME_HASH = bytes(32)


def possible(state: Any) -> Any:  # noqa: ANN401 - any state
    """The state with what contradicts the rest of it set right."""
    set_right = _SET_RIGHT.get(type(state))
    return state if set_right is None else set_right(state)


def _link(link: Link) -> Link:
    is_used, is_ended = link.status is LinkStatus.USED, link.status is LinkStatus.ENDED
    return evolve(
        link,
        last_minted_at=(link.last_minted_at or link.created_at) if is_used else link.last_minted_at,
        ended_by=(link.ended_by or LinkEnd.REPLACED) if is_ended else None,
    )


def _request(request: SupportRequest) -> SupportRequest:
    is_about_one = request.about is SupportTopic.RESEND_STATEMENT
    return evolve(
        request,
        resolved_by=None if request.resolved_at is None else request.resolved_by or StaffId("staff-1"),
        statement_id=(request.statement_id or StatementId(request.id)) if is_about_one else None,
        answer_id=None if request.resolved_at is None else request.answer_id,
        answered_by=None if request.resolved_at is None else request.answered_by,
    )


def _slot(slot: Slot) -> Slot:
    is_busy = slot.status is SlotStatus.BUSY
    return evolve(
        _in_order(slot),
        patient_id=PatientId("anybody") if is_busy else None,
        appointment_id=AppointmentId("anything") if is_busy else None,
        is_closing=slot.is_closing and is_busy,
    )


def _appointment(visit: Appointment) -> Appointment:
    is_cancelled = visit.status is AppointmentStatus.CANCELLED
    visit = _in_order(visit)
    return evolve(
        visit,
        held_until=visit.ends_at,
        ended_at=None if visit.status is AppointmentStatus.BOOKED else visit.booked_at,
        cancelled_by=ActorKind.STAFF if is_cancelled else None,
        rescheduled_to=visit.rescheduled_to if is_cancelled else None,
    )


def _appointment_request(request: AppointmentRequest) -> AppointmentRequest:
    return evolve(
        request,
        ended_at=None if request.status is RequestStatus.OPEN else request.requested_at,
        decline_reason=request.reason if request.status is RequestStatus.DECLINED else "",
        appointment_id=AppointmentId("anything") if request.status is RequestStatus.SCHEDULED else None,
    )


def _renewal(renewal: Renewal) -> Renewal:
    is_granted = renewal.status in {RenewalStatus.APPROVED, RenewalStatus.REFILLED}
    is_denied = renewal.status is RenewalStatus.DENIED
    return evolve(
        renewal,
        decided_at=renewal.requested_at if is_granted or is_denied else None,
        decided_by=StaffId(renewal.id) if is_granted or is_denied else None,
        refills_granted=len(renewal.note) if is_granted else None,
        new_directions=renewal.new_directions if is_granted else None,
        denial_reason=renewal.note if is_denied else None,
        refilled_at=renewal.requested_at if renewal.status is RenewalStatus.REFILLED else None,
    )


def _message(message: InboxMessage) -> InboxMessage:
    is_retracted = message.retracted_at is not None
    return evolve(
        message,
        kind=message.kind if message.facts is None else message.facts.kind,
        retracted_by=(message.retracted_by or StaffId("staff-1")) if is_retracted else None,
        retract_reason=(message.retract_reason or RetractionReason.OTHER) if is_retracted else None,
    )


def _statement(statement: Statement) -> Statement:
    issued_on, due_on = sorted((statement.issued_on, statement.due_on))
    is_retracted = statement.status is StatementStatus.RETRACTED
    return evolve(
        statement,
        balance=evolve(statement.balance, minor_units=abs(statement.balance.minor_units)),
        issued_on=issued_on,
        due_on=due_on,
        external_id=statement.external_id and f"H-{statement.id}",
        upload_hash=(statement.upload_hash or SOME_HASH) if statement.external_id else None,
        retracted_at=(statement.retracted_at or statement.uploaded_at) if is_retracted else None,
    )


def _document(document: StatementDocument) -> StatementDocument:
    return evolve(document, media_type=f"text/{document.media_type}")


def _payment(payment: Payment) -> Payment:
    is_settled = payment.status in {PaymentStatus.SETTLED, PaymentStatus.REFUNDING, PaymentStatus.REFUNDED}
    is_pending, is_online = payment.status is PaymentStatus.PENDING, payment.method is PaymentMethod.ONLINE
    is_online = is_online or not is_settled
    charged = payment.charged_minor_units
    refunded = min(abs(payment.refunded_minor_units), payment.amount.minor_units) if is_settled else 0
    return evolve(
        payment,
        method=PaymentMethod.ONLINE if is_online else payment.method,
        source_hash=(payment.source_hash or SOME_HASH) if is_online else None,
        received_on=None if is_online else payment.received_on or payment.requested_at.date(),
        status=PaymentStatus.SETTLED if is_settled else payment.status,
        refunded_minor_units=refunded,
        refunding_minor_units=payment.amount.minor_units - refunded
        if payment.refunding_minor_units and refunded
        else 0,
        look_at=payment.look_at or payment.requested_at if is_pending else None,
        ended_at=None if is_pending else payment.ended_at or payment.requested_at,
        decline_code=payment.decline_code or "no" if payment.status is PaymentStatus.DECLINED else None,
        reference=payment.reference or "one" if is_settled else None,
        charged_minor_units=None if charged is None else abs(charged),
        charged_currency=None if charged is None else payment.charged_currency or "USD",
        charged_reference=None if charged is None else payment.charged_reference or "two",
        unclear_since=None if is_settled else payment.unclear_since,
    )


def _refund(refund: Refund) -> Refund:
    is_pending = refund.status is RefundStatus.PENDING
    return evolve(
        refund,
        by_hand=refund.by_hand and refund.status is RefundStatus.DONE,
        reason=refund.reason or None,
        look_at=refund.look_at or refund.requested_at if is_pending else None,
        ended_at=None if is_pending else refund.ended_at or refund.requested_at,
        unclear_since=refund.unclear_since if is_pending else None,
    )


def _in_order(state: V) -> V:
    starts_at, ends_at = sorted((state.starts_at, state.ends_at))
    return evolve(state, starts_at=starts_at, ends_at=ends_at + timedelta(microseconds=1))


_SET_RIGHT: Mapping[type[Any], Callable[[Any], Any]] = {
    Link: _link,
    SupportRequest: _request,
    Slot: _slot,
    Appointment: _appointment,
    AppointmentRequest: _appointment_request,
    InboxMessage: _message,
    Renewal: _renewal,
    Statement: _statement,
    StatementDocument: _document,
    Payment: _payment,
    Refund: _refund,
}
