"""After a backup was put back, nothing of before lets anybody in."""

from datetime import UTC, datetime

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import restored
from patientportal.domain.accounts.links import Link, LinkEnd, LinkStatus
from patientportal.domain.accounts.restored import EndedAfterRestore, RestoredFromBackup
from patientportal.domain.accounts.sessions import Session
from patientportal.domain.outcomes import Unchanged
from patientportal.testing import strategies

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
OPEN = st.builds(lambda link: evolve(link, status=LinkStatus.OPEN), strategies.links())
GOING_ON = st.builds(lambda session: evolve(session, ended_at=None), strategies.sessions())


def test_where_nobody_is_in_and_no_link_is_open_nothing_has_happened() -> None:
    assert restored.after_restore((), (), now=NOW) == Unchanged()


@given(links=st.lists(OPEN, max_size=3), sessions=st.lists(GOING_ON, max_size=3))
def test_every_session_and_open_link_ends_and_both_are_counted(links: list[Link], sessions: list[Session]) -> None:
    outcome = restored.after_restore(links, sessions, now=NOW)
    if not links and not sessions:
        assert outcome == Unchanged()
        return
    assert outcome == EndedAfterRestore(
        links=tuple(evolve(one, status=LinkStatus.ENDED, ended_by=LinkEnd.RESTORED) for one in links),
        sessions=tuple(evolve(one, ended_at=NOW) for one in sessions),
        event=RestoredFromBackup(sessions_ended=len(sessions), links_ended=len(links)),
    )
