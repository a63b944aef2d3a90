"""Strategies for what a practice sets: each policy, and all of them together."""

from collections.abc import Callable, Mapping
from datetime import time, timedelta
from types import MappingProxyType
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from patientportal.domain.notice_policy import (
    A_MINUTE,
    A_NIGHT,
    REMINDER_MAX,
    REMINDERS_MAX,
    DigestPolicy,
    NoticePolicy,
)
from patientportal.domain.policy import (
    BIRTH_DATE_ATTEMPTS_MAX,
    PAPER_MAX,
    UNLOCK_AFTER_MIN,
    AppointmentPolicy,
    EmailChangePolicy,
    InvitationPolicy,
    LockoutPolicy,
    PasswordPolicy,
    PaymentPolicy,
    Policy,
    RecoveryPolicy,
    RenewalPolicy,
    SessionPolicy,
)
from patientportal.domain.values.quiet_hours import QuietHours
from patientportal.testing.strategies.people import emails
from patientportal.testing.strategies.values import ZONES


def lockout_policies() -> SearchStrategy[LockoutPolicy]:
    """Limits of wrong passwords, mostly low ones."""
    return st.builds(
        LockoutPolicy,
        attempts=st.integers(1, 6) | st.integers(1, 100),
        unlock_after=st.none() | st.timedeltas(UNLOCK_AFTER_MIN, timedelta(days=1)),
    )


def password_policies() -> SearchStrategy[PasswordPolicy]:
    """Demands on passwords."""
    return st.builds(
        PasswordPolicy,
        min_length=st.integers(8, 64),
        max_length=st.integers(64, 1024),
        composition=st.booleans(),
        refuse_common=st.booleans(),
        refuse_personal=st.booleans(),
    )


@st.composite
def session_policies(draw: DrawFn) -> SessionPolicy:
    """Limits of sessions; now and then, both are the same."""
    idle = draw(durations(timedelta(hours=2)))
    return SessionPolicy(idle=idle, absolute=idle + draw(st.timedeltas(timedelta(0), timedelta(hours=24))))


def invitation_policies() -> SearchStrategy[InvitationPolicy]:
    """Limits of invitations."""
    return st.builds(
        InvitationPolicy,
        valid_for=durations(timedelta(days=60)),
        paper_valid_for=durations(PAPER_MAX),
        ask_birth_date=st.booleans(),
        attempts=st.integers(1, BIRTH_DATE_ATTEMPTS_MAX),
    )


def recovery_policies() -> SearchStrategy[RecoveryPolicy]:
    """Limits of the way back in."""
    return st.builds(
        RecoveryPolicy,
        by_question=st.booleans(),
        attempts=st.integers(1, 6) | st.integers(1, 100),
        reopen_after=durations(timedelta(days=7)),
        answer_within=durations(timedelta(hours=1)),
        link_valid_for=durations(timedelta(hours=24)),
        mails_an_hour=st.integers(1, 6),
        match_first_name=st.booleans(),
        match_email=st.booleans(),
    )


def email_change_policies() -> SearchStrategy[EmailChangePolicy]:
    """Limits of changes of an address."""
    return st.builds(EmailChangePolicy, valid_for=durations(timedelta(hours=24)))


def renewal_policies() -> SearchStrategy[RenewalPolicy]:
    """Limits of waiting for a decision about a medication."""
    return st.builds(RenewalPolicy, expires_after=durations(timedelta(days=60)))


def payment_policies() -> SearchStrategy[PaymentPolicy]:
    """What may be paid, and how soon a worker looks."""
    return st.builds(PaymentPolicy, overdue_payable=st.booleans(), reconcile_after=durations(timedelta(hours=2)))


def digest_policies() -> SearchStrategy[DigestPolicy]:
    """At any time of the day."""
    return st.builds(DigestPolicy, email=emails(), at=st.times())


@st.composite
def notice_policies(draw: DrawFn) -> NoticePolicy:
    """Which notices are told, and for how long that is tried."""
    link_patience, patience = sorted(draw(st.timedeltas(timedelta(hours=1), timedelta(days=30))) for _ in range(2))
    calling_code, trunk_prefix = draw(st.sampled_from(((None, ""), ("1", ""), ("44", "0"), ("34", ""))))
    reminders = draw(st.lists(st.integers(1, REMINDER_MAX // A_MINUTE), max_size=REMINDERS_MAX, unique=True))
    return NoticePolicy(
        new_log_in=draw(st.booleans()),
        patience=patience,
        link_patience=link_patience,
        texts=patience >= A_NIGHT and draw(st.booleans()),
        calling_code=calling_code,
        trunk_prefix=trunk_prefix,
        calendar_entries=draw(st.booleans()),
        quiet_hours=draw(st.none() | quiet_hours()),
        reminders=tuple(before * A_MINUTE for before in reminders),
        digest=draw(st.none() | digest_policies()),
    )


def quiet_hours() -> SearchStrategy[QuietHours]:
    """Hours of the day or of the night, in whole minutes."""
    minutes = st.lists(st.integers(0, 24 * 60 - 1), min_size=2, max_size=2, unique=True)
    return minutes.map(lambda two: QuietHours(begin=_time(two[0]), end=_time(two[1])))


def _time(minute: int) -> time:
    return time(minute // 60, minute % 60)


def appointment_policies() -> SearchStrategy[AppointmentPolicy]:
    """What patients may do about visits; mostly little."""
    return st.builds(
        AppointmentPolicy,
        cancel_notice=st.none() | durations(timedelta(days=3)),
        grace=st.none() | durations(timedelta(hours=1)),
        book_notice=st.none() | durations(timedelta(days=3)),
        horizon=st.none() | durations(timedelta(days=90)).map(lambda longer: timedelta(days=3) + longer),
        most_ahead=st.none() | st.integers(1, 100),
        open_requests=st.integers(1, 4) | st.integers(1, 100),
    )


def policies() -> SearchStrategy[Policy]:
    """Whole policies."""
    return st.builds(
        Policy,
        zone=st.sampled_from(ZONES),
        lockout=lockout_policies(),
        passwords=password_policies(),
        sessions=session_policies(),
        invitations=invitation_policies(),
        recovery=recovery_policies(),
        email_changes=email_change_policies(),
        renewals=renewal_policies(),
        payments=payment_policies(),
        notices=notice_policies(),
        appointments=appointment_policies(),
    )


def durations(longest: timedelta) -> SearchStrategy[timedelta]:
    """Lengths of time from the shortest there is.

    Args:
        longest: the last one.
    """
    return st.timedeltas(timedelta(microseconds=1), longest)


BY_TYPE: Mapping[Any, Callable[[], SearchStrategy[Any]]] = MappingProxyType(
    {
        AppointmentPolicy: appointment_policies,
        DigestPolicy: digest_policies,
        EmailChangePolicy: email_change_policies,
        InvitationPolicy: invitation_policies,
        LockoutPolicy: lockout_policies,
        NoticePolicy: notice_policies,
        PasswordPolicy: password_policies,
        PaymentPolicy: payment_policies,
        Policy: policies,
        QuietHours: quiet_hours,
        RecoveryPolicy: recovery_policies,
        RenewalPolicy: renewal_policies,
        SessionPolicy: session_policies,
    }
)
"""What ``st.from_type`` answers with, by the type asked for."""
