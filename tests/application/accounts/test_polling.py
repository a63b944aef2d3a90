"""Pages that ask by themselves: a poll keeps no abandoned session alive, and says when it ends."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from patientportal import PatientAccess, Portal, SessionEndedError
from patientportal.testing import FrozenClock, Member

Contents = Callable[[], dict[str, set[object]]]
MICROSECOND = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
IDLE, ABSOLUTE = timedelta(minutes=15), timedelta(hours=8)


@pytest.fixture
def me(usual: Portal, member: Member) -> PatientAccess:
    return usual.log_in(member.username, member.password)


def test_a_page_that_asks_every_minute_leaves_an_abandoned_session_to_its_end(
    usual: Portal, me: PatientAccess, clock: FrozenClock, contents: Contents
) -> None:
    before = contents()
    for _ in range(14):
        clock.advance(MINUTE)
        polling = usual.resume(me.token, extend=False)
        polling.messages.unread_count()
        assert polling.idle_until == me.idle_until
    clock.advance(MINUTE - MICROSECOND)
    usual.resume(me.token, extend=False)
    clock.advance(MICROSECOND)
    assert contents() == before
    for extend in (False, True):
        with pytest.raises(SessionEndedError):
            usual.resume(me.token, extend=extend)


def test_a_poll_after_somebodys_request_knows_the_new_end(usual: Portal, me: PatientAccess, clock: FrozenClock) -> None:
    clock.advance(10 * MINUTE)
    assert usual.resume(me.token, extend=False).idle_until == clock() + 5 * MINUTE
    assert usual.resume(me.token).idle_until == clock() + IDLE
    clock.advance(10 * MINUTE)
    assert usual.resume(me.token, extend=False).idle_until == clock() + 5 * MINUTE


def test_a_session_says_when_it_ends_in_utc(usual: Portal, me: PatientAccess, clock: FrozenClock) -> None:
    began = clock()
    assert (me.idle_until, me.ends_at) == (began + IDLE, began + ABSOLUTE)
    for _ in range(ABSOLUTE // (10 * MINUTE) - 1):
        clock.advance(10 * MINUTE)
        me = usual.resume(me.token)
    assert me.idle_until == me.ends_at == began + ABSOLUTE, "never idle beyond its age"
    assert [moment.tzinfo for moment in (me.idle_until, me.ends_at)] == [UTC, UTC]


def test_whoever_finds_that_another_request_has_just_extended_the_session_says_the_end_that_is_kept(
    portal_with: Callable[..., Portal], usual: Portal, me: PatientAccess, clock: FrozenClock
) -> None:
    def meanwhile() -> datetime:
        """The other request is done between this one's look, after which it asks for the time, and its lock."""
        usual.resume(me.token)
        clock.advance(MICROSECOND)
        return clock()

    clock.advance(10 * MINUTE)
    kept = clock() + IDLE
    assert portal_with(clock=first_only(meanwhile, clock)).resume(me.token).idle_until == kept
    assert usual.resume(me.token, extend=False).idle_until == kept


def test_a_session_that_is_logged_off_between_a_requests_look_and_its_lock_is_over(
    portal_with: Callable[..., Portal], me: PatientAccess, clock: FrozenClock
) -> None:
    def meanwhile() -> datetime:
        me.log_off()
        return clock()

    clock.advance(10 * MINUTE)
    with pytest.raises(SessionEndedError):
        portal_with(clock=first_only(meanwhile, clock)).resume(me.token)


def first_only(once: Callable[[], datetime], then: Callable[[], datetime]) -> Callable[[], datetime]:
    """A clock that does something the first time that it is asked."""
    left = [once]
    return lambda: left.pop()() if left else then()
