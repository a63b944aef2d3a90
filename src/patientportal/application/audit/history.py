"""What happened to a patient, and who looked: as the patient sees it, and as the practice does."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum

from attrs import evolve, field, frozen

from patientportal.application.accounts.sessions import SignedIn, WhileIn
from patientportal.application.environment import Environment
from patientportal.application.names import people_of
from patientportal.application.on_patient import look_at, permitted
from patientportal.application.pages import Page, as_views, page, usable_place
from patientportal.domain.accounts.sessions import Session
from patientportal.domain.appointments.directory import Provider
from patientportal.domain.audit.looks import RecordViewed, StaffRefused
from patientportal.domain.events import ActorKind, Event, Recorded
from patientportal.domain.ids import NOBODY, PatientId, SessionId, StaffId
from patientportal.domain.staff import Role, StaffMember
from patientportal.domain.values.zones import day
from patientportal.ports.store import Answering, Is, Query, Where


@frozen(kw_only=True)
class HistoryEntry:
    """Something that happened to a patient's account or record.

    Attributes:
        at: when, UTC.
        what: the event's stable name, such as ``logged_in``, ``log_in_failed`` or ``record_viewed``.
        by: who did it.
        staff_id: who of the practice, by the host's id; ``None``: somebody else.
        staff_name: what they are called now, if they are a provider whom the practice wrote down.
        role: which of their roles permitted it; ``None``: none did, or it was somebody else.
        verb: by which call of the practice's side they looked, or what was refused; ``None``: neither.
        device: what the host called the device of its session, while that session is kept.
        reason: why, in a word of a closed list, where an account was ended or something was taken back.
    """

    at: datetime
    what: str
    by: ActorKind
    staff_id: StaffId | None = None
    staff_name: str | None = None
    role: Role | None = None
    verb: str | None = None
    device: str | None = field(default=None, repr=False)
    reason: StrEnum | None = None


def own(env: Environment, who: SignedIn, *, limit: int, cursor: str | None) -> Page[HistoryEntry]:
    """What happened to the patient's account and who looked, the latest first; looks by person, day and area."""
    found = _page(WhileIn(env.store, who, env), who.patient_id, limit=limit, cursor=cursor)
    entries = _entries(env, who.patient_id, found)
    return evolve(entries, items=tuple(_once_a_day(entries.items, zone=env.policy.zone)))


def of_patient(
    env: Environment, member: StaffMember, patient_id: PatientId, *, limit: int, cursor: str | None
) -> Page[HistoryEntry]:
    """All that happened to a patient, every look included, the latest first."""
    usable_place(limit, cursor)
    look_at(env, member, "audit.of_patient", patient_id)
    return _entries(env, patient_id, _page(env.store, patient_id, limit=limit, cursor=cursor))


def of_practice(env: Environment, member: StaffMember, *, limit: int, cursor: str | None) -> Page[HistoryEntry]:
    """What happened to no patient that is known, the latest first."""
    permitted(env, member, "audit.of_practice")
    return _entries(env, NOBODY, _page(env.store, NOBODY, limit=limit, cursor=cursor))


def _page(where: Answering, patient_id: PatientId, *, limit: int, cursor: str | None) -> Page[Recorded]:
    about = (Where("patient_id", Is.EQ, patient_id),)
    query = Query(state=Recorded, where=about, order=("at", "id"), descending=True)
    return page(where, query, limit=limit, cursor=cursor, place=lambda recorded: (recorded.at, recorded.id))


def _entries(env: Environment, patient_id: PatientId, found: Page[Recorded]) -> Page[HistoryEntry]:
    devices = _device_names(env.store, patient_id, found)
    providers = people_of(env.store, providers=map(_staff_id, found.items)).providers
    return as_views(found, lambda recorded: _entry(recorded, devices, providers))


def _staff_id(recorded: Recorded) -> StaffId | None:
    by = recorded.by
    return StaffId(by.id) if by.kind is ActorKind.STAFF and by.id is not None else None


def _entry(
    recorded: Recorded, devices: Mapping[SessionId, str], providers: Mapping[StaffId, Provider | None]
) -> HistoryEntry:
    by, staff_id = recorded.by, _staff_id(recorded)
    provider = None if staff_id is None else providers[staff_id]
    return HistoryEntry(
        at=recorded.at,
        what=recorded.event.name,
        by=by.kind,
        staff_id=staff_id,
        staff_name=None if provider is None else provider.name,
        role=by.role,
        verb=_verb(recorded.event),
        device=devices.get(recorded.session_id) if recorded.session_id else None,
        reason=getattr(recorded.event, "reason", None),
    )


def _verb(event: Event) -> str | None:
    match event:
        case RecordViewed(verb=verb) | StaffRefused(verb=verb):
            return verb
        case _:
            return None


def _once_a_day(entries: Iterable[HistoryEntry], *, zone: str) -> Iterator[HistoryEntry]:
    """All but the earlier looks of somebody at the same area on that day: a page tells who looked at what, by day."""
    seen = set()
    for entry in entries:
        if entry.what == RecordViewed.name:
            look = (entry.staff_id, day(entry.at, zone), (entry.verb or "").partition(".")[0])
            if look in seen:
                continue
            seen.add(look)
        yield entry


def _device_names(where: Answering, patient_id: PatientId, found: Page[Recorded]) -> dict[SessionId, str]:
    wanted = sorted({recorded.session_id for recorded in found.items if recorded.session_id})
    query = Query(
        state=Session,
        where=(Where("patient_id", Is.EQ, patient_id), Where("id", Is.ONE_OF, wanted)),
        order=("id",),
        limit=len(wanted),
    )
    (sessions,) = where.find_all(query)
    return {session.id: session.device for session in sessions}
