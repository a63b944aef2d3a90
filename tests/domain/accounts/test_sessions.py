"""Sessions: how long one lasts to the microsecond, what extends it, and how it ends for good."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import sessions
from patientportal.domain.accounts.sessions import (
    AllEnded,
    DeviceEnded,
    DeviceLoggedOff,
    LoggedOff,
    LoggedOffEverywhere,
    OneEnded,
    Seen,
    Session,
)
from patientportal.domain.ids import PatientId, SessionId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.policy import Policy, SessionPolicy
from patientportal.domain.values.tokens import Token

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
POLICY = Policy(zone="UTC")
TOKEN = Token(patient_id=PatientId("p-1"), id="s-1", secret="s" * 43)
SESSION = sessions.begun(TOKEN, device="phone", now=NOW)

edges = st.sampled_from([-INSTANT, 0 * INSTANT, INSTANT])


def with_limits(idle: timedelta, absolute: timedelta = 1000 * HOUR) -> Policy:
    return Policy(zone="UTC", sessions=SessionPolicy(idle=idle, absolute=absolute))


def test_a_session_begins_with_the_hash_of_its_tokens_secret() -> None:
    session = sessions.begun(TOKEN, device="phone", now=NOW)
    assert session == Session(
        patient_id=PatientId("p-1"),
        id=SessionId("s-1"),
        secret_hash=TOKEN.secret_hash,
        device="phone",
        started_at=NOW,
        last_seen_at=NOW,
        ended_at=None,
    )
    assert str(TOKEN.secret_hash) not in repr(session)
    assert "phone" not in repr(session)


@pytest.mark.parametrize(
    ("session", "now", "live"),
    [
        (evolve(SESSION, ended_at=NOW), NOW + 8 * HOUR, False),
        (evolve(SESSION, ended_at=NOW), NOW, False),
        (SESSION, NOW + 8 * HOUR, False),
        (evolve(SESSION, last_seen_at=NOW + 8 * HOUR - MINUTE), NOW + 8 * HOUR, False),
        (SESSION, NOW + 15 * MINUTE, False),
        (SESSION, NOW + 15 * MINUTE - INSTANT, True),
        (evolve(SESSION, last_seen_at=NOW + 8 * HOUR - MINUTE), NOW + 8 * HOUR - INSTANT, True),
        (SESSION, NOW, True),
        (SESSION, NOW - HOUR, True),  # the clock went backwards
        (evolve(SESSION, ended_at=NOW + HOUR), NOW, False),  # the same
    ],
    ids=map(str, range(10)),
)
def test_a_session_lasts_fifteen_idle_minutes_and_eight_hours_at_most(
    session: Session, now: datetime, *, live: bool
) -> None:
    assert sessions.is_live(session, now=now, policy=POLICY) is live


@given(
    idle=st.timedeltas(INSTANT, 10 * HOUR),
    longer=st.one_of(edges, st.timedeltas(timedelta(0), 10 * HOUR)),
    used=st.timedeltas(-HOUR, 20 * HOUR),
    edge=st.sampled_from(["idle", "absolute"]),
    off=st.one_of(edges, st.timedeltas(-30 * HOUR, 30 * HOUR)),
)
def test_a_session_ends_at_the_microsecond_of_the_earlier_limit(
    idle: timedelta, longer: timedelta, used: timedelta, edge: str, off: timedelta
) -> None:
    absolute = max(idle, idle + longer)
    session = evolve(SESSION, last_seen_at=NOW + used)
    age = (used + idle if edge == "idle" else absolute) + off
    expected = max(age - used - idle, age - absolute) < timedelta(0)
    policy = with_limits(idle, absolute)
    assert sessions.is_live(session, now=NOW + age, policy=policy) is expected
    assert not sessions.is_live(evolve(session, ended_at=NOW), now=NOW + age, policy=policy)


@pytest.mark.parametrize(
    ("used", "idle_until"),
    [
        (timedelta(0), 15 * MINUTE),
        (10 * MINUTE, 25 * MINUTE),
        (8 * HOUR - 15 * MINUTE - INSTANT, 8 * HOUR - INSTANT),
        (8 * HOUR - 15 * MINUTE + INSTANT, 8 * HOUR),
        (8 * HOUR - MINUTE, 8 * HOUR),
    ],
)
def test_a_session_ends_idle_unless_it_is_too_old_by_then(used: timedelta, idle_until: timedelta) -> None:
    session = evolve(SESSION, last_seen_at=NOW + used)
    assert sessions.idle_until(session, policy=POLICY) == NOW + idle_until
    assert sessions.ends_at(session, policy=POLICY) == NOW + 8 * HOUR


def test_a_shortened_limit_ends_sessions_that_began_before() -> None:
    now = NOW + 10 * MINUTE
    assert sessions.is_live(SESSION, now=now, policy=POLICY)
    assert not sessions.is_live(SESSION, now=now, policy=with_limits(10 * MINUTE))
    assert not sessions.is_live(SESSION, now=now, policy=with_limits(5 * MINUTE, 10 * MINUTE))


@pytest.mark.parametrize(
    ("after", "is_written"),
    [(-HOUR, False), (timedelta(0), False), (MINUTE - INSTANT, False), (MINUTE, True), (10 * MINUTE, True)],
)
def test_a_request_is_written_down_once_a_minute(after: timedelta, *, is_written: bool) -> None:
    seen = sessions.see(SESSION, now=NOW + after, policy=POLICY)
    assert seen == (Seen(session=evolve(SESSION, last_seen_at=NOW + after)) if is_written else Unchanged())


@pytest.mark.parametrize(
    ("idle", "pause"),
    [(15 * MINUTE, MINUTE), (4 * MINUTE, MINUTE), (2 * MINUTE, MINUTE / 2), (4 * INSTANT, INSTANT)],
)
def test_a_short_idle_limit_is_written_down_four_times_within_it(idle: timedelta, pause: timedelta) -> None:
    policy = with_limits(idle)
    assert sessions.see(SESSION, now=NOW + pause - INSTANT, policy=policy) == Unchanged()
    assert isinstance(sessions.see(SESSION, now=NOW + pause, policy=policy), Seen)


@given(st.timedeltas(4 * INSTANT, HOUR), st.lists(st.floats(0.001, 0.7), min_size=1, max_size=40))
def test_who_keeps_asking_is_never_idle(idle: timedelta, pauses: list[float]) -> None:
    policy, session, now = with_limits(idle), SESSION, NOW
    for pause in pauses:
        now += idle * pause
        assert sessions.is_live(session, now=now, policy=policy)
        seen = sessions.see(session, now=now, policy=policy)
        session = seen.session if isinstance(seen, Seen) else session
        assert timedelta(0) <= now - session.last_seen_at < max(idle / 4, INSTANT)


def test_logging_off_ends_one_session_at_once_and_twice_changes_nothing() -> None:
    out = sessions.log_off(SESSION, now=NOW + HOUR)
    assert out == OneEnded(session=evolve(SESSION, ended_at=NOW + HOUR), event=LoggedOff())
    assert isinstance(out, OneEnded)
    assert not sessions.is_live(out.session, now=NOW, policy=POLICY)
    assert sessions.log_off(out.session, now=NOW + 2 * HOUR) == Unchanged()
    assert sessions.log_off(None, now=NOW) == Unchanged()


def test_logging_a_device_off_ends_its_session_at_once_says_which_and_twice_changes_nothing() -> None:
    out = sessions.log_off_device(SESSION, now=NOW + HOUR)
    assert out == DeviceEnded(session=evolve(SESSION, ended_at=NOW + HOUR), event=DeviceLoggedOff(ended_id=SESSION.id))
    assert isinstance(out, DeviceEnded)
    assert not sessions.is_live(out.session, now=NOW, policy=POLICY)
    assert sessions.log_off_device(out.session, now=NOW + 2 * HOUR) == Unchanged()


@given(st.lists(st.timedeltas(-HOUR, HOUR), max_size=6), st.timedeltas(-HOUR, HOUR))
def test_logging_off_everywhere_ends_every_session_and_counts_those_that_lived(
    idle: list[timedelta], moved: timedelta
) -> None:
    now = NOW + moved
    everywhere = [evolve(SESSION, id=SessionId(f"s-{i}"), last_seen_at=now - ago) for i, ago in enumerate(idle)]
    lived = sum(ago < 15 * MINUTE for ago in idle)
    gone = tuple(evolve(session, ended_at=now) for session in everywhere)
    expected = AllEnded(sessions=gone, event=LoggedOffEverywhere(sessions_ended=lived))
    assert sessions.log_off_everywhere(everywhere, now=now, policy=POLICY) == (expected if idle else Unchanged())
    assert sessions.ended(everywhere, now=now) == gone
    assert sessions.how_many_live([*everywhere, *gone], now=now, policy=POLICY) == lived


@pytest.mark.parametrize(
    ("device", "kept"),
    [
        ("Ada's phone", "Ada's phone"),
        (" Ada's\tphone\r\n", "Ada's phone"),
        ("Mozilla/5.0\x85(X11)\x1b[0m", "Mozilla/5.0 (X11) [0m"),
        ("a\0b", "a b"),
        ("a\udc80b", "a b"),
        ("\u202ea\u200fb\u2069", "ab"),
        ("e\u0301tude", "\u00e9tude"),
        ("x" * 100, "x" * 100),
        ("x" * 101, "x" * 100),
        ("x" * 99 + " y", "x" * 99),
        ("x" * 10_000_000, "x" * 100),
        ("\ud800" * 10_000_000, ""),
    ],
    ids=map(str, range(12)),
)
def test_a_devices_name_is_cleaned_and_cut_at_a_hundred_characters(device: str, kept: str) -> None:
    assert sessions.device_name(device) == kept


def test_a_device_need_not_have_a_name() -> None:
    assert sessions.device_name("") == sessions.device_name(" \t") == ""
    with pytest.raises(TypeError, match=r"^device must be str, not NoneType$"):
        sessions.device_name(None)
