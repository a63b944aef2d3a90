"""The states that the contract saves and looks for."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.links import Link, LinkEnd, LinkStatus, Purpose
from patientportal.domain.accounts.log_in import LoggedIn
from patientportal.domain.accounts.sessions import Session
from patientportal.domain.appointments.appointments import Appointment
from patientportal.domain.appointments.directory import Place
from patientportal.domain.appointments.requests import AppointmentRequest, PartOfDay, Window
from patientportal.domain.appointments.schedules import Schedule, Slot
from patientportal.domain.events import SYSTEM, Recorded
from patientportal.domain.ids import (
    AppointmentId,
    AppointmentRequestId,
    DeliveryId,
    EventId,
    LinkId,
    PatientId,
    PaymentId,
    PlaceId,
    RefundId,
    SessionId,
    SlotId,
    StaffId,
    StatementId,
)
from patientportal.domain.notices.notices import Delivery
from patientportal.domain.patients.notice_choices import NoticeChoice
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.statements.payments import Payment
from patientportal.domain.statements.refunds import Refund
from patientportal.domain.statements.statements import Statement, StatementStatus
from patientportal.domain.statements.uploading import StatementUploaded
from patientportal.domain.told import Channel, NoticeKind
from patientportal.domain.values.money import Money
from patientportal.domain.values.stored import as_stored
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import Key, Query, Store, View

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ADA, BEN = PatientId("ada"), PatientId("ben")


def hash_of(text: str) -> bytes:
    """32 bytes that stand for a text."""
    return hashlib.sha256(text.encode()).digest()


def guard(name: str = "ada", failed_attempts: int = 1) -> LogInGuard:
    """What was counted against a name."""
    return LogInGuard(name_hash=hash_of(name), failed_attempts=failed_attempts, last_failed_at=NOON)


def guard_key(name: str = "ada") -> Key[LogInGuard]:
    """Where that is kept."""
    return Key(LogInGuard, (hash_of(name),))


def patient(patient_id: PatientId = ADA, **otherwise: Any) -> Patient:
    """Somebody whom the practice registered."""
    usual: dict[str, Any] = {"id": patient_id, "registered_at": NOON}
    return Patient(**usual | otherwise)


def patient_key(patient_id: PatientId = ADA) -> Key[Patient]:
    """Where they are kept."""
    return Key(Patient, (patient_id,))


def session(name: str, minutes: float = 0, **otherwise: Any) -> Session:
    """A log-in of Ada's, begun so many minutes after noon."""
    at = NOON + timedelta(minutes=minutes)
    usual: dict[str, Any] = {
        "patient_id": ADA,
        "id": SessionId(name),
        "secret_hash": hash_of(name),
        "device": "phone",
        "started_at": at,
        "last_seen_at": at,
    }
    return Session(**usual | otherwise)


def session_key(name: str, patient_id: PatientId = ADA) -> Key[Session]:
    """Where it is kept."""
    return Key(Session, (patient_id, name))


def link(name: str, status: LinkStatus = LinkStatus.OPEN) -> Link:
    """An invitation of Ada's."""
    return Link(
        patient_id=ADA,
        id=LinkId(name),
        purpose=Purpose.INVITATION,
        status=status,
        created_at=NOON,
        last_minted_at=NOON,
        ended_by=LinkEnd.REPLACED if status is LinkStatus.ENDED else None,
    )


def statement(name: str = "statement", **otherwise: Any) -> Statement:
    """A statement of Ada's."""
    usual: dict[str, Any] = {
        "patient_id": ADA,
        "id": StatementId(name),
        "number": name,
        "balance": Money(minor_units=10_000, currency="USD"),
        "issued_on": NOON.date(),
        "due_on": NOON.date(),
        "posted_until": NOON,
        "uploaded_at": NOON,
    }
    return Statement(**usual | otherwise)


def payment(name: str, **otherwise: Any) -> Payment:
    """A payment of that statement, under no key."""
    usual: dict[str, Any] = {
        "patient_id": ADA,
        "id": PaymentId(name),
        "statement_id": StatementId("statement"),
        "counts_on": StatementId("statement"),
        "amount": Money(minor_units=1, currency="USD"),
        "is_full": False,
        "idempotency_key": None,
        "source_hash": hash_of("source"),
        "requested_at": NOON,
        "look_at": NOON,
    }
    return Payment(**usual | otherwise)


def refund(name: str, **otherwise: Any) -> Refund:
    """A refund of a payment of that statement, under no key."""
    usual: dict[str, Any] = {
        "patient_id": ADA,
        "id": RefundId(name),
        "payment_id": PaymentId("payment"),
        "amount": Money(minor_units=1, currency="USD"),
        "is_full": True,
        "by_hand": False,
        "reason": None,
        "given_by": None,
        "idempotency_key": None,
        "requested_at": NOON,
        "look_at": NOON,
    }
    return Refund(**usual | otherwise)


def delivery(name: str, **otherwise: Any) -> Delivery:
    """Something to tell Ada."""
    usual: dict[str, Any] = {
        "id": DeliveryId(name),
        "patient_id": ADA,
        "kind": NoticeKind.ACCOUNT_LOCKED,
        "link_id": None,
        "created_at": NOON,
        "next_try_at": NOON,
    }
    return Delivery(**usual | otherwise)


def logged_in(name: str) -> Recorded:
    """That Ada got in."""
    return Recorded(id=EventId(name), at=NOON, patient_id=ADA, by=SYSTEM, session_id=None, event=LoggedIn())


def from_elsewhere() -> tuple[object, ...]:
    """States that no check of input would let in here: with a character, a zone, a currency that nobody knows yet."""
    place = as_stored(Place)(id=PlaceId("new"), name="New\u0378", zone="Mars/Newtown", address="\u0378", active=True)
    slot: dict[str, Any] = {
        "provider_id": StaffId("dora"),
        "place_id": place.id,
        "zone": place.zone,
        "starts_at": NOON,
        "ends_at": NOON + timedelta(minutes=30),
    }
    personal: dict[str, Any] = {
        "first_name": "A\u0378",
        "last_name": "\u0378",
        "date_of_birth": date(1, 1, 1),
        "email": "a@@b",
    }
    window = as_stored(Window)(first_day=date.max, last_day=date.min, part=PartOfDay.ANY)
    balance = as_stored(Money)(minor_units=1, currency="XQQ")
    return (
        place,
        PersonalRecord(
            patient_id=ADA,
            personal=as_stored(PersonalInformation)(**personal, phone="-", postal_code="-", language="-"),
            notices=(NoticeChoice(kind="new", channel=Channel.TEXT),),
        ),
        statement("new", balance=balance, status=StatementStatus.SUPERSEDED),
        Appointment(
            **slot,
            patient_id=ADA,
            id=AppointmentId("new"),
            slot_id=SlotId("new"),
            reason="\u0378",
            booked_at=NOON,
            held_until=NOON + timedelta(minutes=30),
            series_id=AppointmentId("new"),
        ),
        AppointmentRequest(
            patient_id=ADA,
            id=AppointmentRequestId("new"),
            provider_id=None,
            reason="\u0378",
            windows=(window,),
            requested_at=NOON,
        ),
        Schedule(provider_id=StaffId("dora"), begun_at=NOON),
        Slot(**slot, id=SlotId("new")),
        Recorded(
            id=EventId("new"),
            at=NOON,
            patient_id=ADA,
            by=SYSTEM,
            session_id=None,
            event=StatementUploaded(
                statement_id=StatementId("new"), balance=balance, superseded_id=None, requests_resolved=0
            ),
        ),
    )


def save(store: Store, *states: object) -> None:
    """Saves new states."""
    with store.transaction() as tx:
        for state in states:
            tx.add(state)


def everything(view: View) -> dict[type[Any], list[Any]]:
    """All that is kept, by kind and in the order of the keys; kinds without any are left out."""
    kept = {state: list(view.select(Query(state=state, order=kind.key))) for state, kind in KINDS.items()}
    return {state: states for state, states in kept.items() if states}


def kept_in(store: Store) -> dict[type[Any], list[Any]]:
    """All that is kept, as a new view shows it."""
    with store.view() as view:
        return everything(view)
