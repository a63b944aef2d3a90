"""Facts worth keeping, and the envelope in which each is kept: when, about whom, by whom."""

from datetime import datetime
from enum import StrEnum, unique
from typing import ClassVar

from attrs import frozen

from .ids import EventId, PatientId, SessionId
from .kinds import Kind
from .staff import Role


@frozen(kw_only=True)
class Event:
    """Something that happened: ids, times and amounts only, never a name, a secret or health text."""

    name: ClassVar[str]
    version: ClassVar[int] = 1


@unique
class ActorKind(StrEnum):
    """Who can have done something."""

    PATIENT = "patient"
    STAFF = "staff"
    SYSTEM = "system"
    ANONYMOUS = "anonymous"


@frozen(kw_only=True)
class Actor:
    """Who did it; staff with their id and the role that permitted it, if one did."""

    kind: ActorKind
    id: str | None = None
    role: Role | None = None


ANONYMOUS = Actor(kind=ActorKind.ANONYMOUS)
SYSTEM = Actor(kind=ActorKind.SYSTEM)


@frozen(kw_only=True)
class Recorded:
    """An event in its envelope; append-only.

    Attributes:
        patient_id: whom it is about, or ``NOBODY``.
        id: the envelope's own.
        at: when, UTC.
        by: who did it.
        session_id: in which session, if in one.
        event: what happened.
    """

    patient_id: PatientId
    id: EventId
    at: datetime
    by: Actor
    session_id: SessionId | None
    event: Event


KINDS = (Kind(Recorded, "events", ("patient_id", "id")),)
