"""After a backup was put back: what was ended since must not live again, so every session and open link ends."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from attrs import frozen

from patientportal.domain.events import Event
from patientportal.domain.outcomes import Unchanged, changed, happened

from . import links, sessions
from .links import Link, LinkEnd
from .sessions import Session


@frozen(kw_only=True)
class RestoredFromBackup(Event):
    """A backup was put back, and what could let somebody in was ended.

    Attributes:
        sessions_ended: how many sessions that nobody had ended.
        links_ended: how many links that were neither used nor ended.
    """

    name: ClassVar[str] = "restored_from_backup"
    sessions_ended: int
    links_ended: int


@frozen(kw_only=True)
class EndedAfterRestore:
    """Nothing of before lets this patient in."""

    links: tuple[Link, ...] = changed()
    sessions: tuple[Session, ...] = changed()
    event: RestoredFromBackup = happened()


def after_restore(
    open_links: Sequence[Link], open_sessions: Sequence[Session], *, now: datetime
) -> EndedAfterRestore | Unchanged:
    """Ends a patient's sessions and links: a backup knows nothing of a log-off or of a use that came after it.

    Args:
        open_links: those that were neither used nor ended.
        open_sessions: those that nobody ended.
        now: UTC.
    """
    if not open_links and not open_sessions:
        return Unchanged()
    return EndedAfterRestore(
        links=links.ended(open_links, LinkEnd.RESTORED),
        sessions=sessions.ended(open_sessions, now=now),
        event=RestoredFromBackup(sessions_ended=len(open_sessions), links_ended=len(open_links)),
    )
