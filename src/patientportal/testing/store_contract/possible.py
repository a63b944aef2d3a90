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
from patientportal.domain.statements.payments import Payment, PaymentStatus
from patientportal.domain.statements.statements import Statement, StatementDocument
from patientportal.domain.support.support import SupportRequest, SupportTopic

V = TypeVar("V", Slot, Appointment)


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
        retract_reason=message.retract_reason if is_retracted else "",
    )


def _statement(statement: Statement) -> Statement:
    spent = statement.paid_minor_units + statement.pending_minor_units
    balance = evolve(statement.balance, minor_units=statement.balance.minor_units + spent)
    issued_on, due_on = sorted((statement.issued_on, statement.due_on))
    return evolve(statement, balance=balance, issued_on=issued_on, due_on=due_on)


def _document(document: StatementDocument) -> StatementDocument:
    return evolve(document, media_type=f"text/{document.media_type}")


def _payment(payment: Payment) -> Payment:
    is_open = payment.status in {PaymentStatus.PENDING, PaymentStatus.REFUNDING}
    is_charged = payment.status in {PaymentStatus.SETTLED, PaymentStatus.REFUNDING, PaymentStatus.REFUNDED}
    charged = payment.charged_minor_units
    return evolve(
        payment,
        look_at=payment.look_at or payment.requested_at if is_open else None,
        ended_at=None if payment.status is PaymentStatus.PENDING else payment.ended_at or payment.requested_at,
        decline_code=payment.decline_code or "no" if payment.status is PaymentStatus.DECLINED else None,
        reference=payment.reference or "one" if is_charged else None,
        charged_minor_units=None if charged is None else abs(charged),
        charged_currency=None if charged is None else payment.charged_currency or "USD",
        charged_reference=None if charged is None else payment.charged_reference or "two",
        unclear_since=None if is_charged else payment.unclear_since,
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
}
