"""A new password by a mailed link: the lock ends, and so does everything that somebody else may hold."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import links, log_in, password_reset
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.guards import LogInGuard, is_locked
from patientportal.domain.accounts.links import Link, LinkEnd, LinkInvalidError, LinkSecret, LinkStatus, Purpose
from patientportal.domain.accounts.password_reset import (
    OwnAddressChangeError,
    PasswordReset,
    PasswordResetSent,
    Reset,
    ResetSent,
)
from patientportal.domain.accounts.registration import PatientInactiveError
from patientportal.domain.accounts.sessions import Session
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import LinkId, PatientId, SessionId
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import Policy, RecoveryPolicy
from patientportal.testing import strategies

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
POLICY = Policy(zone="UTC")
PATIENT = Patient(id=PatientId("p-1"), registered_at=NOW - HOUR)
INACTIVE = evolve(PATIENT, deactivated_at=NOW)
ACCOUNT = Account(
    patient_id=PATIENT.id,
    username="countess",
    password_hash="forgotten",
    activated_at=NOW - HOUR,
    password_changed_at=NOW - HOUR,
)
LOCKED_ACCOUNT = evolve(ACCOUNT, locked_at=NOW - HOUR)
GUARD = LogInGuard(name_hash=b"hash of the name", failed_attempts=3, last_failed_at=NOW - HOUR)
LOCKED_GUARD = evolve(GUARD, failed_attempts=4, locked_at=NOW - HOUR)
LINK = Link(
    patient_id=PATIENT.id,
    id=LinkId("l-1"),
    purpose=Purpose.PASSWORD_RESET,
    status=LinkStatus.OPEN,
    created_at=NOW,
    last_minted_at=NOW,
)
SECRET = LinkSecret(patient_id=PATIENT.id, link_id=LINK.id, secret_hash=b"hash", minted_at=NOW)
OTHERS = [evolve(LINK, id=LinkId("l-2")), evolve(LINK, id=LinkId("l-3"), purpose=Purpose.EMAIL_CHANGE)]
PHONE = Session(
    patient_id=PATIENT.id, id=SessionId("s-1"), secret_hash=b"", device="phone", started_at=NOW, last_seen_at=NOW
)


def reset(**changes: Any) -> Reset:
    facts: dict[str, Any] = {
        "link": LINK,
        "secret": SECRET,
        "patient": PATIENT,
        "account": ACCOUNT,
        "guard": None,
        "open_links": (),
        "open_sessions": (),
        "now": NOW,
        "policy": POLICY,
    } | changes
    return password_reset.reset(facts.pop("link"), password_hash="new", **facts)


def test_the_new_password_holds_the_lock_ends_and_nobody_is_in() -> None:
    idle_too_long = evolve(PHONE, id=SessionId("s-2"), last_seen_at=NOW - HOUR)
    everywhere = [PHONE, idle_too_long, evolve(PHONE, id=SessionId("s-3"))]
    facts: dict[str, Any] = {
        "account": LOCKED_ACCOUNT,
        "guard": LOCKED_GUARD,
        "open_links": [OTHERS[0], LINK, OTHERS[1]],
    }
    assert reset(open_sessions=everywhere, **facts) == Reset(
        guard=evolve(LOCKED_GUARD, failed_attempts=0, locked_at=None),
        account=evolve(ACCOUNT, password_hash="new", password_changed_at=NOW, locked_at=None),
        link=evolve(LINK, status=LinkStatus.USED),
        ended=tuple(evolve(link, status=LinkStatus.ENDED, ended_by=LinkEnd.NEW_PASSWORD) for link in OTHERS),
        sessions=tuple(evolve(session, ended_at=NOW) for session in everywhere),
        event=PasswordReset(sessions_ended=2, links_ended=2, unlocked=True),
    )


def test_a_link_that_is_not_among_the_open_ones_is_used_all_the_same() -> None:
    assert reset() == reset(open_links=[LINK])
    assert reset(open_links=OTHERS) == reset(open_links=[LINK, *OTHERS])
    assert reset().event == PasswordReset(sessions_ended=0, links_ended=0, unlocked=False)


@pytest.mark.parametrize(
    ("guard", "cleared"),
    [
        (None, None),
        (evolve(GUARD, failed_attempts=0), None),
        (GUARD, evolve(GUARD, failed_attempts=0)),
        (LOCKED_GUARD, evolve(GUARD, failed_attempts=0)),
    ],
    ids=["no guard", "nothing counted", "counted", "locked"],
)
@pytest.mark.parametrize("account", [ACCOUNT, LOCKED_ACCOUNT], ids=["open", "locked"])
def test_what_was_counted_is_forgotten_and_a_lock_of_the_name_or_the_account_is_told(
    guard: LogInGuard | None, cleared: LogInGuard | None, account: Account
) -> None:
    outcome = reset(guard=guard, account=account)
    assert outcome.guard == cleared
    assert outcome.account == evolve(ACCOUNT, password_hash="new", password_changed_at=NOW)
    assert outcome.event.unlocked is (account is LOCKED_ACCOUNT or guard is LOCKED_GUARD)


@pytest.mark.parametrize(
    "fault",
    [
        {"link": None},
        {"link": evolve(LINK, status=LinkStatus.USED)},
        {"link": evolve(LINK, status=LinkStatus.ENDED)},
        {"secret": None},
        {"secret": evolve(SECRET, minted_at=NOW - 30 * MINUTE)},
        {"link": evolve(LINK, purpose=Purpose.INVITATION)},
        {"link": evolve(LINK, purpose=Purpose.EMAIL_CHANGE)},
        {"patient": None},
        {"patient": INACTIVE},
        {"account": None},
    ],
    ids=map(str, range(10)),
)
def test_one_thing_that_is_missing_or_over_makes_the_link_invalid(fault: dict[str, Any]) -> None:
    with pytest.raises(LinkInvalidError):
        reset(**fault)


@pytest.mark.parametrize("valid_for", [INSTANT, 30 * MINUTE, 24 * HOUR])
def test_a_link_resets_until_the_microsecond_at_which_its_time_is_over(valid_for: timedelta) -> None:
    policy = Policy(zone="UTC", recovery=RecoveryPolicy(link_valid_for=valid_for))
    assert reset(now=NOW + valid_for - INSTANT, policy=policy).account.password_hash == "new"
    with pytest.raises(LinkInvalidError):
        reset(now=NOW + valid_for, policy=policy)


def test_a_link_that_was_used_resets_nothing_again() -> None:
    with pytest.raises(LinkInvalidError):
        reset(link=reset().link)


@given(
    strategies.accounts(),
    st.none() | strategies.log_in_guards(),
    strategies.policies(),
    st.lists(strategies.sessions(), max_size=3),
)
def test_after_a_reset_the_patient_may_log_in_and_nobody_else_is_in(
    account: Account, guard: LogInGuard | None, policy: Policy, everywhere: list[Session]
) -> None:
    outcome = reset(account=account, guard=guard, policy=policy, open_sessions=everywhere)
    assert log_in.may_authenticate(PATIENT, outcome.account, now=NOW, policy=policy)
    assert not is_locked(outcome.guard, now=NOW, policy=policy)
    assert outcome.guard is None or outcome.guard.failed_attempts == 0
    assert [session.ended_at for session in outcome.sessions] == [NOW] * len(everywhere)


@pytest.mark.parametrize("account", [ACCOUNT, LOCKED_ACCOUNT], ids=["open", "locked"])
@pytest.mark.parametrize("number", [0, 1, 3])
def test_support_has_a_link_mailed_and_earlier_ones_end(account: Account, number: int) -> None:
    earlier = [evolve(LINK, id=LinkId(f"l-{i}")) for i in range(number)]
    sent = password_reset.send(
        PATIENT,
        account=account,
        open_links=earlier,
        link_id=LinkId("l-9"),
        address_changed_at=None,
        now=NOW,
        policy=POLICY,
    )
    assert sent == ResetSent(
        ended=tuple(evolve(link, status=LinkStatus.ENDED, ended_by=LinkEnd.REPLACED) for link in earlier),
        link=links.requested(PATIENT.id, LinkId("l-9"), Purpose.PASSWORD_RESET, now=NOW),
        event=PasswordResetSent(link_id=LinkId("l-9"), links_ended=number),
    )


@pytest.mark.parametrize(
    ("patient", "account", "refused"),
    [
        (INACTIVE, None, NotFoundError(what="account")),
        (PATIENT, None, NotFoundError(what="account")),
        (INACTIVE, ACCOUNT, PatientInactiveError()),
    ],
    ids=["neither", "no account", "inactive"],
)
def test_support_sends_a_link_only_to_an_active_patient_with_an_account(
    patient: Patient, account: Account | None, refused: Exception
) -> None:
    with pytest.raises(type(refused)) as caught:
        password_reset.send(
            patient,
            account=account,
            open_links=[LINK],
            link_id=LinkId("l-9"),
            address_changed_at=None,
            now=NOW,
            policy=POLICY,
        )
    assert repr(caught.value) == repr(refused)


def test_nothing_of_a_reset_shows_a_name_or_a_hash() -> None:
    shown = repr(reset(guard=GUARD))
    assert not any(secret in shown for secret in ("countess", "new'", "hash of the name"))


def sending(changed_at: datetime | None, wait: timedelta | None = DAY) -> ResetSent:
    policy = Policy(zone="UTC", recovery=RecoveryPolicy(own_address_wait=wait))
    return password_reset.send(
        PATIENT,
        account=ACCOUNT,
        address_changed_at=changed_at,
        open_links=(),
        link_id=LinkId("l-9"),
        now=NOW,
        policy=policy,
    )


@pytest.mark.parametrize(
    ("changed_at", "wait"),
    [(None, DAY), (NOW - DAY, DAY), (NOW - HOUR, HOUR), (NOW, None), (NOW + HOUR, None)],
)
def test_who_changed_the_address_long_ago_or_never_may_have_a_link_sent_to_it(
    changed_at: datetime | None, wait: timedelta | None
) -> None:
    assert sending(changed_at, wait) == sending(None)


@pytest.mark.parametrize("changed_at", [NOW - DAY + INSTANT, NOW, NOW + HOUR])
def test_who_changed_the_address_within_a_day_may_not(changed_at: datetime) -> None:
    with pytest.raises(OwnAddressChangeError):
        sending(changed_at)
