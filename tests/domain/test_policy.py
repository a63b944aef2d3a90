"""The policy: the mission's numbers as defaults, every bound held from both sides, unsafe choices refused."""

import time
from collections.abc import Callable
from datetime import time as time_of_day
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.errors import ConfigurationError
from patientportal.domain.notice_policy import NoticePolicy
from patientportal.domain.policy import (
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

INSTANT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
TEN_YEARS = timedelta(days=3650)


def refusal(make: Callable[[], object]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        make()
    return str(caught.value).removeprefix("configuration: ")


def test_the_defaults_are_the_missions_numbers() -> None:
    policy = Policy(zone="America/New_York")
    assert policy.lockout == LockoutPolicy(attempts=4, unlock_after=None)
    assert policy.passwords == PasswordPolicy(
        min_length=12, max_length=128, composition=True, refuse_common=True, refuse_personal=True
    )
    assert policy.sessions == SessionPolicy(idle=timedelta(minutes=15), absolute=timedelta(hours=8))
    assert policy.invitations == InvitationPolicy(
        valid_for=timedelta(days=7), paper_valid_for=timedelta(days=14), ask_birth_date=True, attempts=4
    )
    assert policy.recovery == RecoveryPolicy(
        by_question=True,
        attempts=4,
        reopen_after=timedelta(hours=24),
        answer_within=timedelta(minutes=15),
        link_valid_for=timedelta(minutes=30),
        mails_an_hour=5,
        match_first_name=True,
        match_email=True,
    )
    assert policy.email_changes == EmailChangePolicy(valid_for=timedelta(hours=24))
    assert policy.renewals == RenewalPolicy(expires_after=timedelta(days=14))
    assert policy.payments == PaymentPolicy(overdue_payable=False, reconcile_after=timedelta(minutes=5))
    assert policy.notices == NoticePolicy(
        new_log_in=False,
        patience=timedelta(days=5),
        link_patience=timedelta(hours=24),
        texts=False,
        calling_code=None,
        trunk_prefix="",
        calendar_entries=False,
        quiet_hours=QuietHours(begin=time_of_day(21), end=time_of_day(8)),
        reminders=(timedelta(days=2),),
    )
    assert policy.appointments == AppointmentPolicy(
        cancel_notice=None,
        grace=timedelta(minutes=15),
        book_notice=None,
        horizon=None,
        most_ahead=None,
        open_requests=3,
    )


def test_the_ready_made_alternative_asks_for_fifteen_characters_of_any_sort_and_no_questions() -> None:
    policy = Policy.nist(zone="Europe/Berlin")
    assert policy.passwords == PasswordPolicy(min_length=15, composition=False)
    assert policy.recovery == RecoveryPolicy(by_question=False)
    assert policy == Policy(zone="Europe/Berlin", passwords=policy.passwords, recovery=policy.recovery)


@pytest.mark.parametrize(
    ("section", "setting", "at_least", "at_most"),
    [
        (LockoutPolicy, "lockout.attempts", 1, 100),
        (RecoveryPolicy, "recovery.attempts", 1, 100),
        (RecoveryPolicy, "recovery.mails_an_hour", 1, 100),
        (InvitationPolicy, "invitations.attempts", 1, 10),
        (AppointmentPolicy, "appointments.open_requests", 1, 100),
        (PasswordPolicy, "passwords.min_length", 8, 128),
        (PasswordPolicy, "passwords.max_length", 64, 1024),
    ],
)
def test_a_number_is_accepted_up_to_its_bounds_and_refused_beyond(
    section: Callable[..., object], setting: str, at_least: int, at_most: int
) -> None:
    name = setting.partition(".")[2]

    def refused(value: object) -> str:
        return refusal(lambda: section(**{name: value}))

    for good in (at_least, at_most):
        assert getattr(section(**{name: good}), name) == good
    for bad in (at_least - 1, at_most + 1, 0, -1, 10**100):
        assert refused(bad) == f"{setting}: must be from {at_least} to {at_most}"
    for wrong in (True, 8.0, "8", None):
        assert refused(wrong) == f"{setting}: must be a whole number"


def test_the_shortest_password_may_be_as_long_as_the_longest_but_no_longer() -> None:
    assert PasswordPolicy(min_length=64, max_length=64).min_length == 64
    refused = refusal(lambda: PasswordPolicy(min_length=65, max_length=64))
    assert refused == "passwords.min_length: must be from 8 to 64"


@pytest.mark.parametrize(
    ("section", "setting"),
    [
        (PasswordPolicy, "passwords.composition"),
        (PasswordPolicy, "passwords.refuse_common"),
        (PasswordPolicy, "passwords.refuse_personal"),
        (RecoveryPolicy, "recovery.by_question"),
        (InvitationPolicy, "invitations.ask_birth_date"),
        (RecoveryPolicy, "recovery.match_first_name"),
        (RecoveryPolicy, "recovery.match_email"),
        (PaymentPolicy, "payments.overdue_payable"),
        (NoticePolicy, "notices.new_log_in"),
        (NoticePolicy, "notices.texts"),
        (NoticePolicy, "notices.calendar_entries"),
    ],
)
def test_a_switch_is_on_or_off_and_nothing_in_between(section: Callable[..., object], setting: str) -> None:
    name = setting.partition(".")[2]

    def make(value: object) -> object:
        return section(**{name: value})

    assert (getattr(make(True), name), getattr(make(False), name)) == (True, False)
    refused = {refusal(lambda wrong=wrong: make(wrong)) for wrong in (1, 0, None, "no")}  # type: ignore[misc] # a lambda's default
    assert refused == {f"{setting}: must be True or False"}


def test_an_invitation_lives_ninety_days_at_most() -> None:
    days = timedelta(days=90)
    assert InvitationPolicy(valid_for=days).valid_for == days
    too_long = "invitations.valid_for: must be 90 days at most"
    assert refusal(lambda: InvitationPolicy(valid_for=days + INSTANT)) == too_long
    assert refusal(lambda: InvitationPolicy(valid_for=timedelta(0))).startswith("invitations.valid_for: must be longer")


def test_a_printed_code_works_for_three_weeks_at_most() -> None:
    days = timedelta(days=21)
    assert InvitationPolicy(paper_valid_for=days).paper_valid_for == days
    refused = refusal(lambda: InvitationPolicy(paper_valid_for=days + INSTANT))
    assert refused == "invitations.paper_valid_for: must be 21 days at most"


def test_a_lock_lasts_a_minute_or_more() -> None:
    minute = timedelta(minutes=1)
    for good in (minute, TEN_YEARS):
        assert LockoutPolicy(unlock_after=good).unlock_after == good
    too_short = "lockout.unlock_after: must be a minute or more"
    assert refusal(lambda: LockoutPolicy(unlock_after=minute - INSTANT)) == too_short
    never = "lockout.unlock_after: must be longer than zero, and ten years at most"
    assert refusal(lambda: LockoutPolicy(unlock_after=timedelta(0))) == never
    assert refusal(lambda: LockoutPolicy(unlock_after=TEN_YEARS + INSTANT)) == never


@pytest.mark.parametrize(
    ("section", "setting"),
    [
        (SessionPolicy, "sessions.idle"),
        (SessionPolicy, "sessions.absolute"),
        (RecoveryPolicy, "recovery.reopen_after"),
        (RecoveryPolicy, "recovery.answer_within"),
        (RenewalPolicy, "renewals.expires_after"),
        (PaymentPolicy, "payments.reconcile_after"),
        (AppointmentPolicy, "appointments.cancel_notice"),
        (AppointmentPolicy, "appointments.grace"),
        (AppointmentPolicy, "appointments.book_notice"),
        (AppointmentPolicy, "appointments.horizon"),
    ],
)
def test_a_duration_is_longer_than_zero_and_ten_years_at_most(section: Callable[..., object], setting: str) -> None:
    name = setting.partition(".")[2]
    rest = {"idle": {"absolute": TEN_YEARS}, "absolute": {"idle": INSTANT}}.get(name, {})

    def refused(value: object) -> str:
        return refusal(lambda: section(**(rest | {name: value})))

    for good in (INSTANT, TEN_YEARS):
        assert getattr(section(**(rest | {name: good})), name) == good
    for bad in (timedelta(0), -INSTANT, TEN_YEARS + INSTANT, timedelta.max):
        assert refused(bad) == f"{setting}: must be longer than zero, and ten years at most"
    for wrong in (900, 15.0, "15 minutes"):
        assert refused(wrong) == f"{setting}: must be a timedelta"


@pytest.mark.parametrize(
    ("section", "setting"),
    [(RecoveryPolicy, "recovery.link_valid_for"), (EmailChangePolicy, "email_changes.valid_for")],
)
def test_a_link_to_an_address_works_for_a_day_at_most(section: Callable[..., object], setting: str) -> None:
    name = setting.partition(".")[2]

    def refused(value: object) -> str:
        return refusal(lambda: section(**{name: value}))

    for good in (INSTANT, 24 * HOUR):
        assert getattr(section(**{name: good}), name) == good
    for long in (24 * HOUR + INSTANT, TEN_YEARS):
        assert refused(long) == f"{setting}: must be 24 hours at most"
    for bad in (timedelta(0), -INSTANT, TEN_YEARS + INSTANT, timedelta.max):
        assert refused(bad) == f"{setting}: must be longer than zero, and ten years at most"
    for wrong in (900, 15.0, "15 minutes", None):
        assert refused(wrong) == f"{setting}: must be a timedelta"


@given(idle=st.timedeltas(INSTANT, HOUR), over=st.timedeltas(-HOUR, HOUR))
def test_the_idle_limit_may_reach_the_absolute_one_but_not_pass_it(idle: timedelta, over: timedelta) -> None:
    absolute = max(idle + over, INSTANT)
    if idle <= absolute:
        assert SessionPolicy(idle=idle, absolute=absolute).absolute == absolute
    else:
        refused = refusal(lambda: SessionPolicy(idle=idle, absolute=absolute))
        assert refused == "sessions.idle: longer than sessions.absolute"


def test_idle_and_absolute_may_be_equal_to_the_microsecond() -> None:
    assert SessionPolicy(idle=HOUR, absolute=HOUR).idle == HOUR
    assert refusal(lambda: SessionPolicy(idle=HOUR, absolute=HOUR - INSTANT)).startswith("sessions.idle: longer")


@pytest.mark.parametrize(
    "zone",
    [
        *("", "Mars/Olympus", "America", "../etc/passwd", "/etc/localtime", "a\0b", "\ud800", "zone.tab", "x" * 5000),
        *(b"UTC", None, 1),
    ],
    ids=map(str, range(12)),
)
def test_the_zone_is_the_name_of_an_iana_zone(zone: Any) -> None:
    assert refusal(lambda: Policy(zone=zone)) == "zone: not the name of an IANA time zone"


def test_a_zone_of_ten_megabytes_is_refused_at_once() -> None:
    begin = time.perf_counter()
    refusal(lambda: Policy(zone="x" * 10_000_000))
    assert time.perf_counter() - begin < 2


def test_the_zone_has_no_default() -> None:
    with pytest.raises(TypeError):
        Policy()  # type: ignore[call-arg] # on purpose


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"zone": "?", "lockout": 4, "passwords": 4, "sessions": 4, "invitations": 4}, "zone: not the name of"),
        ({"lockout": 4, "passwords": 4, "sessions": 4, "invitations": 4}, "lockout: must be a LockoutPolicy"),
        ({"passwords": 4, "sessions": 4, "invitations": 4}, "passwords: must be a PasswordPolicy"),
        ({"sessions": 4, "invitations": 4}, "sessions: must be a SessionPolicy"),
        (
            {"invitations": 4, "recovery": 4, "email_changes": 4, "renewals": 4, "notices": 4},
            "invitations: must be a InvitationPolicy",
        ),
        ({"recovery": 4, "email_changes": 4, "renewals": 4, "notices": 4}, "recovery: must be a RecoveryPolicy"),
        ({"email_changes": 4, "renewals": 4, "notices": 4}, "email_changes: must be a EmailChangePolicy"),
        ({"renewals": 4, "payments": 4, "notices": 4}, "renewals: must be a RenewalPolicy"),
        ({"payments": 4, "notices": 4, "appointments": 4}, "payments: must be a PaymentPolicy"),
        ({"notices": 4, "appointments": 4}, "notices: must be a NoticePolicy"),
        ({"appointments": 4}, "appointments: must be a AppointmentPolicy"),
    ],
)
def test_a_policy_checks_its_zone_and_then_each_section_in_turn(changes: dict[str, Any], refused: str) -> None:
    assert refusal(lambda: Policy(**({"zone": "UTC"} | changes))).startswith(refused)


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"max_length": 63, "min_length": 7, "composition": 1, "refuse_common": 1}, "max_length"),
        ({"min_length": 7, "composition": 1, "refuse_common": 1, "refuse_personal": 1}, "min_length"),
        ({"composition": 1, "refuse_common": 1, "refuse_personal": 1}, "composition"),
        ({"refuse_common": 1, "refuse_personal": 1}, "refuse_common"),
        ({"refuse_personal": 1}, "refuse_personal"),
    ],
)
def test_the_settings_of_passwords_are_checked_one_after_another(changes: dict[str, Any], refused: str) -> None:
    assert refusal(lambda: PasswordPolicy(**changes)).startswith(f"passwords.{refused}: ")


RECOVERY_FAULTS: list[tuple[str, Any, str]] = [
    ("attempts", 0, "must be from 1 to 100"),
    ("mails_an_hour", 101, "must be from 1 to 100"),
    ("reopen_after", timedelta(0), "must be longer than zero, and ten years at most"),
    ("answer_within", timedelta(0), "must be longer than zero, and ten years at most"),
    ("link_valid_for", 25 * HOUR, "must be 24 hours at most"),
    ("by_question", 1, "must be True or False"),
    ("match_first_name", 1, "must be True or False"),
    ("match_email", 1, "must be True or False"),
]


@pytest.mark.parametrize("repaired", range(len(RECOVERY_FAULTS)))
def test_the_settings_of_recovery_are_checked_one_after_another(repaired: int) -> None:
    left = RECOVERY_FAULTS[repaired:]
    name, _, reason = left[0]
    settings = {setting: bad for setting, bad, _ in left}
    assert refusal(lambda: RecoveryPolicy(**settings)) == f"recovery.{name}: {reason}"


def test_nobody_can_book_where_the_horizon_lies_before_the_notice() -> None:
    AppointmentPolicy(book_notice=timedelta(days=1), horizon=timedelta(days=1))
    with pytest.raises(ConfigurationError, match=r"appointments\.horizon: shorter than appointments\.book_notice"):
        AppointmentPolicy(book_notice=timedelta(days=1), horizon=timedelta(days=1) - INSTANT)


def test_how_many_visits_may_lie_ahead_is_a_number_or_as_many_as_anybody_likes() -> None:
    for good in (None, 1, 100):
        assert AppointmentPolicy(most_ahead=good).most_ahead == good
    for bad in (0, 101):
        assert refusal(lambda bad=bad: AppointmentPolicy(most_ahead=bad)) == (  # type: ignore[misc]
            "appointments.most_ahead: must be from 1 to 100"
        )
    assert refusal(lambda: AppointmentPolicy(most_ahead=True)) == "appointments.most_ahead: must be a whole number"


DAY = 24 * HOUR
