"""Notices: who is told what of which event, and where it goes."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain import told
from patientportal.domain.accounts import email_change
from patientportal.domain.accounts.activation import AccountActivated
from patientportal.domain.accounts.answers_change import SecurityAnswersChanged
from patientportal.domain.accounts.challenges import AnswerWrong, Flow, RecoveryAnswered, RecoveryClosed
from patientportal.domain.accounts.corrections import LanguageChanged, PatientCorrected
from patientportal.domain.accounts.email_change import EmailChange, EmailChanged, EmailChangeRequested
from patientportal.domain.accounts.link_requests import RecoveryLinkRequested
from patientportal.domain.accounts.log_in import LockedOut, LoggedIn, LogInFailed, Unlocked
from patientportal.domain.accounts.password_change import PasswordChanged
from patientportal.domain.accounts.password_reset import PasswordReset, PasswordResetSent
from patientportal.domain.accounts.registration import (
    PatientDeactivated,
    PatientInvited,
    PatientReactivated,
    PatientRegistered,
)
from patientportal.domain.accounts.sessions import DeviceLoggedOff, LoggedOff, LoggedOffEverywhere
from patientportal.domain.appointments import reminders
from patientportal.domain.appointments.appointments import Appointment, AppointmentBooked, AppointmentStatus
from patientportal.domain.appointments.attendance import AppointmentFulfilled, AppointmentMissed
from patientportal.domain.appointments.changes import AppointmentCancelled, AppointmentRescheduled
from patientportal.domain.appointments.reminders import ReminderDue
from patientportal.domain.appointments.requests import (
    AppointmentRequested,
    RequestDeclined,
    RequestScheduled,
    RequestWithdrawn,
)
from patientportal.domain.appointments.schedules import SlotsPublished, SlotsWithdrawn
from patientportal.domain.events import Event
from patientportal.domain.ids import (
    AppointmentId,
    AppointmentRequestId,
    DeliveryId,
    EmailChangeId,
    LinkId,
    MedicationId,
    MessageId,
    PatientId,
    PaymentId,
    RenewalId,
    SessionId,
    SlotId,
    StaffId,
    StatementId,
    SupportRequestId,
)
from patientportal.domain.medications.covers import CoverGiven
from patientportal.domain.medications.decisions import RenewalApproved, RenewalDenied, RenewalRefilled
from patientportal.domain.medications.discontinuation import MedicationDiscontinued
from patientportal.domain.medications.medications import MedicationRecorded
from patientportal.domain.medications.renewals import RenewalExpired, RenewalRequested, RenewalWithdrawn
from patientportal.domain.messages.messages import MessageRetracted, MessageSent
from patientportal.domain.notice_policy import NoticePolicy
from patientportal.domain.notices.notices import Delivery
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.policy import Policy
from patientportal.domain.statements.paying import PaymentReserved
from patientportal.domain.statements.refunds import PaymentRefunded, RefundBegun, RefundDeclined
from patientportal.domain.statements.resending import StatementResent
from patientportal.domain.statements.settlement import PaymentDeclined, PaymentReleased, PaymentSettled
from patientportal.domain.statements.uploading import StatementUploaded
from patientportal.domain.support.support import SupportAsked, SupportResolved
from patientportal.domain.told import Notice, NoticeKind
from patientportal.domain.values.money import Money
from patientportal.domain.values.retractions import RetractionReason
from patientportal.ports import catalogue
from patientportal.testing import strategies

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LINK_ID = LinkId("l-1")
CHANGE_ID = EmailChangeId("l-2")
QUIET = Policy(zone="UTC")
TALKATIVE = Policy(zone="UTC", notices=NoticePolicy(new_log_in=True))
CONFIRM = Notice(kind=NoticeKind.CONFIRM_EMAIL, link_id=LinkId("l-2"), email_change_id=CHANGE_ID)
WARNING = Notice(kind=NoticeKind.EMAIL_CHANGE_REQUESTED, email_change_id=CHANGE_ID)
CHANGED = Notice(kind=NoticeKind.EMAIL_CHANGED, email_change_id=CHANGE_ID)
INVITATION = Notice(kind=NoticeKind.INVITATION, link_id=LINK_ID)
RESET = Notice(kind=NoticeKind.PASSWORD_RESET, link_id=LINK_ID)
REMINDER = Notice(kind=NoticeKind.USERNAME_REMINDER, link_id=LINK_ID)
NEW_PASSWORD = Notice(kind=NoticeKind.PASSWORD_CHANGED)
NEW_ANSWERS = Notice(kind=NoticeKind.SECURITY_ANSWERS_CHANGED)
CORRECTED = Notice(kind=NoticeKind.DETAILS_CORRECTED)
NEW_MESSAGE = Notice(kind=NoticeKind.NEW_MESSAGE)
MEDICATION_ID, RENEWAL_ID = MedicationId("m-1"), RenewalId("r-1")
APPROVED = RenewalApproved(
    renewal_id=RENEWAL_ID,
    medication_id=MEDICATION_ID,
    refills=2,
    is_changed=False,
    is_refilled=True,
    by_cover=False,
)
VISIT_ID, FORMER_ID, SLOT_ID = AppointmentId("a-1"), AppointmentId("a-0"), SlotId("s-1")
REQUEST_ID = AppointmentRequestId("r-1")
VISIT_BOOKED = Notice(kind=NoticeKind.VISIT_BOOKED, about_id=VISIT_ID)
VISIT_CANCELLED = Notice(kind=NoticeKind.VISIT_CANCELLED, about_id=VISIT_ID)
VISIT_MOVED = Notice(kind=NoticeKind.VISIT_RESCHEDULED, about_id=VISIT_ID)
VISIT_REMINDER = Notice(kind=NoticeKind.VISIT_REMINDER, about_id=VISIT_ID)
REQUEST_CLOSED = Notice(kind=NoticeKind.REQUEST_CLOSED)
STATEMENT_AVAILABLE = Notice(kind=NoticeKind.STATEMENT_AVAILABLE, about_id="s-1")
AMOUNT = Money(minor_units=1000, currency="USD")


DELIVERY = Delivery(
    id=DeliveryId("d-1"),
    patient_id=PatientId("p-1"),
    kind=NoticeKind.ACCOUNT_LOCKED,
    link_id=None,
    created_at=NOW,
    next_try_at=NOW,
)


def of_payment(kind: Callable[..., Event]) -> Event:
    return kind(payment_id=PaymentId("pay-1"), statement_id=StatementId("s-1"), amount=AMOUNT)


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (PatientRegistered(link_id=LINK_ID), (INVITATION,)),
        (PatientInvited(link_id=LINK_ID, links_ended=1), (INVITATION,)),
        (LockedOut(attempt=4, account_locked=True, is_told=True), (Notice(kind=NoticeKind.ACCOUNT_LOCKED),)),
        (LockedOut(attempt=4, account_locked=True, is_told=False), ()),
        (PasswordChanged(sessions_ended=2, links_ended=1), (Notice(kind=NoticeKind.PASSWORD_CHANGED),)),
        (EmailChangeRequested(change_id=CHANGE_ID, links_ended=0), (CONFIRM, WARNING)),
        (EmailChanged(change_id=CHANGE_ID, links_ended=0), (CHANGED,)),
        (PasswordResetSent(link_id=LINK_ID, links_ended=1), (RESET,)),
        (PasswordReset(sessions_ended=2, links_ended=1, unlocked=True), (NEW_PASSWORD,)),
        (PasswordReset(sessions_ended=0, links_ended=0, unlocked=False), (NEW_PASSWORD,)),
        (RecoveryAnswered(flow=Flow.PASSWORD, link_id=LINK_ID, links_ended=1), (RESET,)),
        (RecoveryAnswered(flow=Flow.USERNAME, link_id=LINK_ID, links_ended=1), (REMINDER,)),
        (RecoveryLinkRequested(flow=Flow.PASSWORD, link_id=LINK_ID), (RESET,)),
        (RecoveryLinkRequested(flow=Flow.USERNAME, link_id=LINK_ID), (REMINDER,)),
        (SecurityAnswersChanged(), (NEW_ANSWERS,)),
        (LanguageChanged(), ()),
        (PatientCorrected(fields=("phone",), links_ended=0, is_told=False), ()),
        (PatientCorrected(fields=("phone",), links_ended=0, is_told=True), (CORRECTED,)),
        (RecoveryAnswered(flow=Flow.PASSWORD, link_id=None, links_ended=0), ()),
        (RecoveryAnswered(flow=Flow.USERNAME, link_id=None, links_ended=0), ()),
        (AnswerWrong(attempt=3), ()),
        (RecoveryClosed(attempt=4), ()),
        (SupportAsked(request_id=SupportRequestId("r-1")), ()),
        (SupportResolved(request_id=SupportRequestId("r-1")), ()),
        (
            SupportResolved(request_id=SupportRequestId("r-1"), message_id=MessageId("msg-1")),
            (evolve(NEW_MESSAGE, about_id="msg-1"),),
        ),
        (MessageSent(message_id=MessageId("msg-1")), (evolve(NEW_MESSAGE, about_id="msg-1"),)),
        (MessageRetracted(message_id=MessageId("msg-1"), reason=RetractionReason.OTHER, was_read=True), ()),
        (APPROVED, (NEW_MESSAGE,)),
        (evolve(APPROVED, is_refilled=False), (NEW_MESSAGE,)),
        (RenewalRefilled(renewal_id=RENEWAL_ID), (NEW_MESSAGE,)),
        (RenewalDenied(renewal_id=RENEWAL_ID, by_cover=True), (NEW_MESSAGE,)),
        (RenewalExpired(renewal_id=RENEWAL_ID), (NEW_MESSAGE,)),
        (MedicationDiscontinued(medication_id=MEDICATION_ID, renewals_ended=1), (NEW_MESSAGE,)),
        (MedicationDiscontinued(medication_id=MEDICATION_ID, renewals_ended=0), ()),
        (MedicationRecorded(medication_id=MEDICATION_ID, refills=3), ()),
        (RenewalRequested(renewal_id=RENEWAL_ID, medication_id=MEDICATION_ID), ()),
        (RenewalWithdrawn(renewal_id=RENEWAL_ID), ()),
        (LockedOut(attempt=4, account_locked=False), ()),
        (LogInFailed(attempt=3), ()),
        (LoggedIn(), ()),
        (Unlocked(), ()),
        (AccountActivated(link_id=LINK_ID), ()),
        (PatientDeactivated(sessions_ended=1, links_ended=1), ()),
        (PatientReactivated(), ()),
        (LoggedOff(), ()),
        (DeviceLoggedOff(ended_id=SessionId("s-1")), ()),
        (LoggedOffEverywhere(sessions_ended=2), ()),
        (AppointmentBooked(appointment_id=VISIT_ID, slot_id=SLOT_ID), (VISIT_BOOKED,)),
        (RequestScheduled(request_id=REQUEST_ID, appointment_id=VISIT_ID, slot_id=SLOT_ID), (VISIT_BOOKED,)),
        (AppointmentCancelled(appointment_id=VISIT_ID, slot_id=SLOT_ID), (VISIT_CANCELLED,)),
        (AppointmentCancelled(appointment_id=VISIT_ID, slot_id=SLOT_ID, is_told=False), ()),
        (
            AppointmentRescheduled(
                appointment_id=VISIT_ID, slot_id=SLOT_ID, former_id=FORMER_ID, former_slot_id=SlotId("s-0")
            ),
            (VISIT_MOVED,),
        ),
        (ReminderDue(appointment_id=VISIT_ID, before_minutes=2880), (VISIT_REMINDER,)),
        (RequestDeclined(request_id=REQUEST_ID), (REQUEST_CLOSED,)),
        (RequestWithdrawn(request_id=REQUEST_ID), (REQUEST_CLOSED,)),
        (AppointmentRequested(request_id=REQUEST_ID), ()),
        (AppointmentFulfilled(appointment_id=VISIT_ID), ()),
        (AppointmentMissed(appointment_id=VISIT_ID), ()),
        (SlotsPublished(provider_id=StaffId("dora"), slots=5), ()),
        (SlotsWithdrawn(provider_id=StaffId("dora"), slots=5), ()),
        (
            StatementUploaded(statement_id=StatementId("s-1"), balance=AMOUNT, superseded_id=None, requests_resolved=0),
            (STATEMENT_AVAILABLE,),
        ),
        (
            StatementUploaded(
                statement_id=StatementId("s-1"),
                balance=AMOUNT,
                superseded_id=None,
                requests_resolved=0,
                is_current=False,
            ),
            (),
        ),
        (StatementResent(statement_id=StatementId("s-1"), requests_resolved=1), (STATEMENT_AVAILABLE,)),
        *((of_payment(kind), (NEW_MESSAGE,)) for kind in (PaymentSettled, PaymentDeclined, PaymentReleased)),
        *((of_payment(kind), ()) for kind in (PaymentReserved, RefundBegun, PaymentRefunded, RefundDeclined)),
        (CoverGiven(prescriber_id=StaffId("dora"), covering_id=StaffId("dave"), until=NOW), ()),
    ],
    ids=map(str, count()),
)
def test_a_patient_is_told_what_guards_their_account_and_nothing_else(event: Event, told: tuple[Notice, ...]) -> None:
    assert catalogue.notices(event, QUIET) == told


def test_a_notice_and_its_delivery_are_about_nothing_unless_they_say_so() -> None:
    for one in (REQUEST_CLOSED, DELIVERY):
        assert {one.link_id, one.email_change_id, one.about_id} == {None}


def test_every_notice_with_a_link_or_a_username_is_told_with_what_it_needs() -> None:
    linked = [INVITATION, CONFIRM, RESET, REMINDER]
    assert {notice.kind for notice in linked} == told.WITH_LINK
    assert {REMINDER.kind} == told.WITH_USERNAME < told.WITH_LINK
    assert {VISIT_BOOKED.kind, VISIT_CANCELLED.kind, VISIT_MOVED.kind, VISIT_REMINDER.kind} == told.WITH_VISIT


@given(strategies.events(), strategies.policies())
def test_a_notice_carries_a_link_if_its_kind_says_so_and_never_tells_of_a_thing_twice(
    event: Event, policy: Policy
) -> None:
    said = catalogue.notices(event, policy)
    assert [notice.link_id is not None for notice in said] == [notice.kind in told.WITH_LINK for notice in said]
    assert [notice.about_id is not None for notice in said] == [
        notice.kind in told.WITH_VISIT | {NoticeKind.STATEMENT_AVAILABLE}
        or isinstance(event, MessageSent | SupportResolved)
        for notice in said
    ]
    assert len({notice.kind for notice in said}) == len(said)


@given(
    st.sampled_from([one for one in NoticeKind if one is not NoticeKind.VISIT_REMINDER]),
    st.none() | strategies.appointments(),
)
def test_nobody_is_sent_to_a_visit_that_is_not_booked_any_more(kind: NoticeKind, visit: Appointment | None) -> None:
    confirms = kind in {NoticeKind.VISIT_BOOKED, NoticeKind.VISIT_RESCHEDULED}
    is_booked = visit is not None and visit.status is AppointmentStatus.BOOKED
    assert reminders.is_stale(kind, visit, now=NOW) == (confirms and not is_booked)


def test_a_log_in_is_told_where_the_practice_wants_that_and_nothing_is_told_less() -> None:
    assert catalogue.notices(LoggedIn(), TALKATIVE) == (Notice(kind=NoticeKind.NEW_LOG_IN),)
    for event in (PatientRegistered(link_id=LINK_ID), PasswordChanged(sessions_ended=0, links_ended=0)):
        assert catalogue.notices(event, QUIET) == catalogue.notices(event, TALKATIVE) != ()


def test_a_link_goes_to_the_new_address_and_a_warning_to_the_old_one() -> None:
    personal = PersonalInformation(
        first_name="Ada", last_name="Byron", date_of_birth=date(1990, 1, 1), email="now@example.org"
    )
    change = EmailChange(
        patient_id=PatientId("p-1"),
        id=CHANGE_ID,
        former="old@example.org",
        proposed="new@example.org",
        requested_at=NOW,
    )
    for kind in NoticeKind:
        expected = {CONFIRM.kind: "new@example.org", WARNING.kind: "old@example.org", CHANGED.kind: "old@example.org"}
        of_change = change if kind in expected else None
        assert email_change.address(kind, personal=personal, change=of_change) == expected.get(kind, "now@example.org")
