"""Who is told what: each event's notices, and how often their delivery is tried."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum, unique
from types import MappingProxyType

from attrs import evolve, field, frozen

from patientportal.domain.accounts.answers_change import SecurityAnswersChanged
from patientportal.domain.accounts.challenges import Flow, RecoveryAnswered
from patientportal.domain.accounts.email_change import EmailChange, EmailChanged, EmailChangeRequested
from patientportal.domain.accounts.log_in import LockedOut, LoggedIn
from patientportal.domain.accounts.password_change import PasswordChanged
from patientportal.domain.accounts.password_reset import PasswordReset, PasswordResetSent
from patientportal.domain.accounts.registration import PatientInvited, PatientRegistered
from patientportal.domain.appointments.appointments import Appointment, AppointmentBooked, AppointmentStatus
from patientportal.domain.appointments.changes import AppointmentCancelled, AppointmentRescheduled
from patientportal.domain.appointments.requests import RequestDeclined, RequestScheduled, RequestWithdrawn
from patientportal.domain.events import Event
from patientportal.domain.ids import (
    AppointmentId,
    DeliveryId,
    EmailChangeId,
    LinkId,
    PatientId,
)
from patientportal.domain.medications.decisions import RenewalApproved, RenewalDenied, RenewalRefilled
from patientportal.domain.medications.discontinuation import MedicationDiscontinued
from patientportal.domain.medications.renewals import RenewalExpired
from patientportal.domain.messages.messages import MessageSent
from patientportal.domain.outcomes import changed
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.policy import Policy
from patientportal.domain.statements.settlement import PaymentDeclined, PaymentReleased, PaymentSettled
from patientportal.domain.statements.statements import StatementResent, StatementUploaded

TRIES_MAX = 12
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
LEASE = timedelta(minutes=5)


@unique
class NoticeKind(StrEnum):
    """What a notice says: that something happened, never what."""

    INVITATION = "invitation"
    ACCOUNT_LOCKED = "account_locked"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a code
    NEW_LOG_IN = "new_log_in"
    CONFIRM_EMAIL = "confirm_email"
    EMAIL_CHANGE_REQUESTED = "email_change_requested"
    EMAIL_CHANGED = "email_changed"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a code
    USERNAME_REMINDER = "username_reminder"
    SECURITY_ANSWERS_CHANGED = "security_answers_changed"
    NEW_MESSAGE = "new_message"
    VISIT_BOOKED = "visit_booked"
    VISIT_CANCELLED = "visit_cancelled"
    VISIT_RESCHEDULED = "visit_rescheduled"
    REQUEST_CLOSED = "request_closed"
    STATEMENT_AVAILABLE = "statement_available"


WITH_LINK = frozenset(
    {NoticeKind.INVITATION, NoticeKind.CONFIRM_EMAIL, NoticeKind.PASSWORD_RESET, NoticeKind.USERNAME_REMINDER}
)
"""The notices that carry a link."""

WITH_USERNAME = frozenset({NoticeKind.USERNAME_REMINDER})
"""The notices that say the patient's username."""


WITH_VISIT = frozenset({NoticeKind.VISIT_BOOKED, NoticeKind.VISIT_CANCELLED, NoticeKind.VISIT_RESCHEDULED})
"""The notices that may say when and where a visit is."""


@unique
class DeliveryStatus(StrEnum):
    """A notice waits, was sent, was given up, or became pointless."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    POINTLESS = "pointless"


@frozen(kw_only=True)
class Notice:
    """Something to tell the patient whom the event is about: what it carries or is about."""

    kind: NoticeKind
    link_id: LinkId | None = None
    email_change_id: EmailChangeId | None = None
    appointment_id: AppointmentId | None = None


@frozen(kw_only=True)
class Delivery:
    """A notice on its way, made in the transaction of its event.

    Attributes:
        id: its own; the Message-ID of every try.
        patient_id: who is told.
        kind: what is said.
        link_id: the link it carries, if any.
        email_change_id: the change of address it is about, if any: that says where it goes.
        appointment_id: the visit it is about, if any.
        created_at: when the event happened.
        status: where it stands.
        tries: how often it was begun.
        next_try_at: when it may be begun; while a worker has it, when its lease is over; once it ended, when it did.
        lease: the token of the worker that has it.
    """

    id: DeliveryId
    patient_id: PatientId
    kind: NoticeKind
    link_id: LinkId | None
    email_change_id: EmailChangeId | None = None
    appointment_id: AppointmentId | None = None
    created_at: datetime
    status: DeliveryStatus = DeliveryStatus.WAITING
    tries: int = 0
    next_try_at: datetime
    lease: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Progressed:
    """A delivery took a step."""

    delivery: Delivery = changed()


PLAIN: Mapping[type[Event], NoticeKind] = MappingProxyType(
    {
        PasswordChanged: NoticeKind.PASSWORD_CHANGED,
        PasswordReset: NoticeKind.PASSWORD_CHANGED,
        SecurityAnswersChanged: NoticeKind.SECURITY_ANSWERS_CHANGED,
        MessageSent: NoticeKind.NEW_MESSAGE,
        RequestDeclined: NoticeKind.REQUEST_CLOSED,
        RequestWithdrawn: NoticeKind.REQUEST_CLOSED,
        RenewalApproved: NoticeKind.NEW_MESSAGE,
        RenewalRefilled: NoticeKind.NEW_MESSAGE,
        RenewalDenied: NoticeKind.NEW_MESSAGE,
        RenewalExpired: NoticeKind.NEW_MESSAGE,
        StatementUploaded: NoticeKind.STATEMENT_AVAILABLE,
        StatementResent: NoticeKind.STATEMENT_AVAILABLE,
        PaymentSettled: NoticeKind.NEW_MESSAGE,
        PaymentDeclined: NoticeKind.NEW_MESSAGE,
        PaymentReleased: NoticeKind.NEW_MESSAGE,
    }
)
"""The events that are always told, in one notice about nothing but itself."""

OF_LINK: Mapping[type[Event], NoticeKind] = MappingProxyType(
    {
        PatientRegistered: NoticeKind.INVITATION,
        PatientInvited: NoticeKind.INVITATION,
        PasswordResetSent: NoticeKind.PASSWORD_RESET,
    }
)
"""The events of which each makes a link that is mailed."""

OF_RECOVERY: Mapping[Flow, NoticeKind] = MappingProxyType(
    {Flow.PASSWORD: NoticeKind.PASSWORD_RESET, Flow.USERNAME: NoticeKind.USERNAME_REMINDER}
)
"""What right answers have mailed."""

OF_VISIT: Mapping[type[Event], NoticeKind] = MappingProxyType(
    {
        AppointmentBooked: NoticeKind.VISIT_BOOKED,
        AppointmentCancelled: NoticeKind.VISIT_CANCELLED,
        AppointmentRescheduled: NoticeKind.VISIT_RESCHEDULED,
        RequestScheduled: NoticeKind.VISIT_BOOKED,
    }
)
"""The events of a visit that are told; what was asked for and then scheduled is told once."""


def notices(event: Event, policy: Policy) -> tuple[Notice, ...]:
    """What the patient whom an event is about is told of it."""
    told: tuple[Notice, ...] = ()
    match event:
        case PatientRegistered(link_id=link_id) | PatientInvited(link_id=link_id) | PasswordResetSent(link_id=link_id):
            told = (Notice(kind=OF_LINK[type(event)], link_id=link_id),)
        case LockedOut(account_locked=True):
            told = (Notice(kind=NoticeKind.ACCOUNT_LOCKED),)
        case RecoveryAnswered(flow=flow, link_id=str() as link_id):
            told = (Notice(kind=OF_RECOVERY[flow], link_id=link_id),)
        case LoggedIn() if policy.notices.new_log_in:
            told = (Notice(kind=NoticeKind.NEW_LOG_IN),)
        case EmailChangeRequested(change_id=change_id):
            told = (
                Notice(kind=NoticeKind.CONFIRM_EMAIL, link_id=LinkId(change_id), email_change_id=change_id),
                Notice(kind=NoticeKind.EMAIL_CHANGE_REQUESTED, email_change_id=change_id),
            )
        case EmailChanged(change_id=change_id):
            told = (Notice(kind=NoticeKind.EMAIL_CHANGED, email_change_id=change_id),)
        case (
            AppointmentBooked(appointment_id=visit_id)
            | AppointmentCancelled(appointment_id=visit_id)
            | AppointmentRescheduled(appointment_id=visit_id)
            | RequestScheduled(appointment_id=visit_id)
        ):
            told = (Notice(kind=OF_VISIT[type(event)], appointment_id=visit_id),)
        case MedicationDiscontinued(renewals_ended=ended) if ended:
            told = (Notice(kind=NoticeKind.NEW_MESSAGE),)
        case _ if type(event) in PLAIN:
            told = (Notice(kind=PLAIN[type(event)]),)
        case _:
            pass
    return told


def address(kind: NoticeKind, *, personal: PersonalInformation, change: EmailChange | None) -> str:
    """Where a notice goes: to the patient's address, but of a change of it to the old one, and its link to the new."""
    if change is None:
        return personal.email
    return change.proposed if kind is NoticeKind.CONFIRM_EMAIL else change.former


def is_stale(kind: NoticeKind, visit: Appointment | None) -> bool:
    """Whether a notice would confirm a visit that isn't booked any more: somebody might go there."""
    confirms = kind in {NoticeKind.VISIT_BOOKED, NoticeKind.VISIT_RESCHEDULED}
    return confirms and (visit is None or visit.status is not AppointmentStatus.BOOKED)


def is_due(delivery: Delivery, *, now: datetime) -> bool:
    """Whether a worker may begin it: it waits, and its time, or another worker's lease, is over."""
    return delivery.status is DeliveryStatus.WAITING and delivery.next_try_at <= now


def begin(delivery: Delivery, *, lease: str, now: datetime) -> Progressed:
    """One worker takes one delivery, for longer than a notifier may take; one that keeps killing them is given up."""
    if delivery.tries >= TRIES_MAX:
        return refused(delivery, now=now)
    return Progressed(delivery=evolve(delivery, tries=delivery.tries + 1, lease=lease, next_try_at=now + LEASE))


def stuck(delivery: Delivery, *, now: datetime) -> Progressed:
    """It couldn't even be begun: that counts as a try, and the next one comes later."""
    return failed(evolve(delivery, tries=delivery.tries + 1), now=now)


def sent(delivery: Delivery, *, now: datetime) -> Progressed:
    """It was told."""
    return _ended(delivery, DeliveryStatus.SENT, now=now)


def refused(delivery: Delivery, *, now: datetime) -> Progressed:
    """It can't be told, ever: staff will see it."""
    return _ended(delivery, DeliveryStatus.DEAD, now=now)


def pointless(delivery: Delivery, *, now: datetime) -> Progressed:
    """Its link or its visit ended before it was told, or its patient is gone: nobody needs it any more."""
    return _ended(delivery, DeliveryStatus.POINTLESS, now=now)


def failed(delivery: Delivery, *, now: datetime) -> Progressed:
    """It will be tried again, after a pause that doubles from a minute to six hours; twelve tries at most."""
    if delivery.tries >= TRIES_MAX:
        return refused(delivery, now=now)
    pause = min(FIRST_PAUSE * 2 ** (delivery.tries - 1), LONGEST_PAUSE)
    return Progressed(delivery=evolve(delivery, lease=None, next_try_at=now + pause))


def _ended(delivery: Delivery, status: DeliveryStatus, *, now: datetime) -> Progressed:
    return Progressed(delivery=evolve(delivery, status=status, lease=None, next_try_at=now))
