"""Sessions: how long a log-in lasts, on any number of devices, and how it ends."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from attrs import evolve, field, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import PatientId, SessionId
from patientportal.domain.outcomes import Unchanged, changed, happened
from patientportal.domain.policy import Policy
from patientportal.domain.values.text import label
from patientportal.domain.values.tokens import Token

DEVICE_MAX = 100
LAST_SEEN_EVERY = timedelta(minutes=1)


@frozen(kw_only=True)
class Session:
    """One log-in on one device.

    Attributes:
        patient_id: whose it is.
        id: its own.
        secret_hash: of the token's secret.
        device: what the host called it.
        started_at: when the patient logged in.
        last_seen_at: the last request that counted, at most a minute behind the last one.
        ended_at: when it was ended for good; ``None`` while it wasn't.
    """

    patient_id: PatientId
    id: SessionId
    secret_hash: bytes = field(repr=False)
    device: str = field(repr=False)
    started_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None = None


@frozen(kw_only=True)
class LoggedOff(Event):
    """A patient ended one session."""

    name: ClassVar[str] = "logged_off"


@frozen(kw_only=True)
class DeviceLoggedOff(Event):
    """A patient ended the session of one of their devices, from any of them.

    Attributes:
        ended_id: that session's.
    """

    name: ClassVar[str] = "device_logged_off"
    ended_id: SessionId


@frozen(kw_only=True)
class LoggedOffEverywhere(Event):
    """A patient ended all of their sessions."""

    name: ClassVar[str] = "logged_off_everywhere"
    sessions_ended: int


@frozen(kw_only=True)
class SessionEndedError(RefusedError):
    """No such session: logged off, idle too long, too old, forged, or the patient is inactive. Log in again."""

    code: ClassVar[str] = "session_ended"


@frozen(kw_only=True)
class Seen:
    """A session was used, and that is worth writing down."""

    session: Session = changed()


@frozen(kw_only=True)
class OneEnded:
    """A session was ended."""

    session: Session = changed()
    event: LoggedOff = happened()


@frozen(kw_only=True)
class DeviceEnded:
    """The session of one device was ended."""

    session: Session = changed()
    event: DeviceLoggedOff = happened()


@frozen(kw_only=True)
class AllEnded:
    """All sessions of a patient were ended."""

    sessions: tuple[Session, ...] = changed()
    event: LoggedOffEverywhere = happened()


def device_name(device: object) -> str:
    """What the host calls the device, cleaned and cut at 100 characters: nobody typed it, so it bars nobody.

    Raises:
        TypeError: it isn't a ``str``.
    """
    return label(device, field="device", at_most=DEVICE_MAX)


def begun(token: Token, *, device: str, now: datetime) -> Session:
    """The session that a token will open.

    Args:
        token: whose, which one, and the secret of which the hash is kept.
        device: in the form that ``device_name`` gives.
        now: UTC.
    """
    return Session(
        patient_id=token.patient_id,
        id=SessionId(token.id),
        secret_hash=token.secret_hash,
        device=device,
        started_at=now,
        last_seen_at=now,
    )


def is_live(session: Session, *, now: datetime, policy: Policy) -> bool:
    """A session lasts until it is ended, has been idle too long, or is too old (NIST SP 800-63B-4, 2.2.3)."""
    return session.ended_at is None and now < idle_until(session, policy=policy)


def idle_until(session: Session, *, policy: Policy) -> datetime:
    """When a session ends unless a request extends it; never after ``ends_at``."""
    return min(session.last_seen_at + policy.sessions.idle, ends_at(session, policy=policy))


def ends_at(session: Session, *, policy: Policy) -> datetime:
    """When a session is too old, whatever was asked."""
    return session.started_at + policy.sessions.absolute


def see(session: Session, *, now: datetime, policy: Policy) -> Seen | Unchanged:
    """A request extends a live session; it is written at most once a minute."""
    since = now - session.last_seen_at
    if since < LAST_SEEN_EVERY and since < policy.sessions.idle / 4:
        return Unchanged()
    return Seen(session=evolve(session, last_seen_at=now))


def log_off(session: Session | None, *, now: datetime) -> OneEnded | Unchanged:
    """Ends one session for good, at once; a second time changes nothing."""
    if session is None or session.ended_at is not None:
        return Unchanged()
    return OneEnded(session=evolve(session, ended_at=now), event=LoggedOff())


def log_off_device(session: Session, *, now: datetime) -> DeviceEnded | Unchanged:
    """A patient ends the session of a device that they don't have at hand; a second time changes nothing."""
    if session.ended_at is not None:
        return Unchanged()
    return DeviceEnded(session=evolve(session, ended_at=now), event=DeviceLoggedOff(ended_id=session.id))


def log_off_everywhere(sessions: Sequence[Session], *, now: datetime, policy: Policy) -> AllEnded | Unchanged:
    """Ends every session of a patient that nobody ended, also those whose time is over."""
    if not sessions:
        return Unchanged()
    return AllEnded(
        sessions=ended(sessions, now=now),
        event=LoggedOffEverywhere(sessions_ended=how_many_live(sessions, now=now, policy=policy)),
    )


def how_many_live(sessions: Sequence[Session], *, now: datetime, policy: Policy) -> int:
    """How many of these let somebody in."""
    return sum(is_live(session, now=now, policy=policy) for session in sessions)


def ended(sessions: Sequence[Session], *, now: datetime) -> tuple[Session, ...]:
    """These sessions after they were ended."""
    return tuple(evolve(session, ended_at=now) for session in sessions)
