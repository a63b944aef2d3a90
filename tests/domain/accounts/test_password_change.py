"""Changing a password: the present one said again, a wrong one counted, every other session ended."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import links, log_in, password_change
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.links import LinkEnd, LinkStatus, Purpose
from patientportal.domain.accounts.log_in import CredentialReplaced, Locked, LockedOut, LogInFailed, StillLocked, Wrong
from patientportal.domain.accounts.password_change import Changed, PasswordChanged
from patientportal.domain.accounts.passwords import Verification
from patientportal.domain.accounts.sessions import Session
from patientportal.domain.ids import LinkId, PatientId, SessionId
from patientportal.domain.policy import LockoutPolicy, Policy

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
POLICY = Policy(zone="UTC")
UNLOCKING = Policy(zone="UTC", lockout=LockoutPolicy(unlock_after=HOUR))
NAME = b"hash of the name"
ACCOUNT = Account(
    patient_id=PatientId("p-1"),
    username="countess",
    password_hash="present",
    activated_at=NOW - HOUR,
    password_changed_at=NOW - HOUR,
)
LOCKED_ACCOUNT = evolve(ACCOUNT, locked_at=NOW)
GUARD = LogInGuard(name_hash=NAME, failed_attempts=3, last_failed_at=NOW - HOUR)
LOCKED_GUARD = evolve(GUARD, locked_at=NOW)
RIGHT = Verification(against="present", password_changed_at=ACCOUNT.password_changed_at, matched=True)
WRONG = Verification(against="present", password_changed_at=ACCOUNT.password_changed_at, matched=False)
REPLACED = Verification(against="earlier", password_changed_at=ACCOUNT.password_changed_at - INSTANT, matched=True)
PHONE = Session(
    patient_id=ACCOUNT.patient_id,
    id=SessionId("s-1"),
    secret_hash=b"",
    device="phone",
    started_at=NOW,
    last_seen_at=NOW,
)
THIS = evolve(PHONE, id=SessionId("s-0"))

Answer = Changed | Wrong | Locked | StillLocked | CredentialReplaced


def change(**changes: Any) -> Answer:
    facts = {
        "guard": None,
        "verification": RIGHT,
        "open_links": (),
        "session": THIS,
        "secret_hash": b"new",
        "other_sessions": (),
        "now": NOW,
        "policy": POLICY,
    } | changes
    account = facts.pop("account", ACCOUNT)
    return password_change.change(account, name_hash=NAME, password_hash="new", **facts)


def test_the_new_password_holds_and_every_other_session_and_every_link_is_ended() -> None:
    idle_too_long = evolve(PHONE, id=SessionId("s-3"), last_seen_at=NOW - HOUR)
    others = [PHONE, evolve(PHONE, id=SessionId("s-2")), idle_too_long]
    link = links.requested(ACCOUNT.patient_id, LinkId("l-1"), Purpose.EMAIL_CHANGE, now=NOW)
    assert change(guard=GUARD, open_links=[link], other_sessions=others) == Changed(
        guard=evolve(GUARD, failed_attempts=0),
        account=evolve(ACCOUNT, password_hash="new", password_changed_at=NOW),
        links=(evolve(link, status=LinkStatus.ENDED, ended_by=LinkEnd.NEW_PASSWORD),),
        session=evolve(THIS, secret_hash=b"new"),
        sessions=tuple(evolve(session, ended_at=NOW) for session in others),
        event=PasswordChanged(sessions_ended=2, links_ended=1),
    )


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        ({"guard": LOCKED_GUARD, "account": LOCKED_ACCOUNT, "verification": REPLACED}, StillLocked),
        ({"guard": LOCKED_GUARD, "verification": REPLACED}, StillLocked),
        ({"guard": None, "account": LOCKED_ACCOUNT, "verification": REPLACED}, StillLocked),
        ({"guard": GUARD, "verification": evolve(REPLACED, matched=False)}, CredentialReplaced),
        ({"guard": GUARD, "verification": REPLACED}, CredentialReplaced),
        ({"guard": GUARD, "verification": WRONG}, Locked),
        ({"guard": None, "verification": WRONG}, Wrong),
        ({"guard": None, "verification": RIGHT}, Changed),
        ({"guard": GUARD, "verification": RIGHT}, Changed),
    ],
    ids=map(str, range(9)),
)
def test_a_lock_is_seen_first_then_a_replaced_password_then_a_wrong_one(
    facts: dict[str, Any], answer: type[Answer]
) -> None:
    assert type(change(**facts)) is answer


def test_a_wrong_present_password_counts_toward_the_same_lock_as_a_log_in() -> None:
    third = change(guard=evolve(GUARD, failed_attempts=2), verification=WRONG)
    assert isinstance(third, Wrong)
    assert (third.event, third.attempts_left) == (LogInFailed(attempt=3), 1)
    fourth = change(guard=third.guard, verification=WRONG)
    assert isinstance(fourth, Locked)
    assert fourth.event == LockedOut(attempt=4, account_locked=True, is_told=True)
    assert fourth.account == evolve(LOCKED_ACCOUNT, lock_told_at=NOW)
    assert change(guard=fourth.guard, account=fourth.account) == StillLocked()


@pytest.mark.parametrize(("after", "answer"), [(HOUR - INSTANT, StillLocked), (HOUR, Changed), (-HOUR, StillLocked)])
@pytest.mark.parametrize("guard", [None, LOCKED_GUARD])
def test_a_lock_that_ended_by_time_is_lifted_by_the_change(
    guard: LogInGuard | None, after: timedelta, answer: type[Answer]
) -> None:
    now = NOW + after
    outcome = change(guard=guard, account=LOCKED_ACCOUNT, now=now, policy=UNLOCKING)
    assert type(outcome) is answer
    if isinstance(outcome, Changed):
        assert outcome.account == evolve(ACCOUNT, password_hash="new", password_changed_at=now)
        assert outcome.guard == (guard and evolve(guard, failed_attempts=0, locked_at=None))


@given(
    st.sampled_from([None, GUARD, evolve(GUARD, failed_attempts=1), LOCKED_GUARD]),
    st.sampled_from([ACCOUNT, LOCKED_ACCOUNT]),
    st.sampled_from([POLICY, UNLOCKING]),
    st.sampled_from([-HOUR, HOUR - INSTANT, HOUR]),
)
def test_a_wrong_one_is_answered_and_counted_exactly_like_a_wrong_log_in(
    guard: LogInGuard | None, account: Account, policy: Policy, later: timedelta
) -> None:
    now = NOW + later
    ended = policy is UNLOCKING and later == HOUR
    outcome = change(guard=guard, account=account, verification=WRONG, now=now, policy=policy)
    if (guard is LOCKED_GUARD or account is LOCKED_ACCOUNT) and not ended:
        assert outcome == StillLocked()
    else:
        assert outcome == log_in.count_failure(guard, name_hash=NAME, account=account, now=now, policy=policy)
