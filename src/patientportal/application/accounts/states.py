"""The practice lists its patients: all of them, or those in one state, each list by an index of its own."""

from collections.abc import Sequence
from datetime import UTC, datetime

from patientportal.application.accounts.registration import PatientDetails, details_of
from patientportal.application.environment import Environment
from patientportal.application.on_patient import permitted
from patientportal.application.pages import Page, page, sieved
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.links import Link, LinkStatus, Purpose
from patientportal.domain.accounts.patient_states import PatientState, is_invitation
from patientportal.domain.ids import PatientId
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember
from patientportal.ports.store import Is, Query, View, Where

EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Before any moment that a portal keeps: it tells what is set from what isn't, by an index."""
_OPEN = (Where("purpose", Is.EQ, Purpose.INVITATION), Where("status", Is.EQ, LinkStatus.OPEN))

_MOMENTS: dict[PatientState | None, tuple[str, tuple[Where, ...]]] = {
    None: ("registered_at", (Where("registered_at", Is.GE, EVER),)),
    PatientState.ACTIVE: ("activated_at", (Where("activated_at", Is.GE, EVER), Where("deactivated_at", Is.NONE))),
    PatientState.INACTIVE: ("deactivated_at", (Where("deactivated_at", Is.GE, EVER),)),
}


def all_patients(
    env: Environment, member: StaffMember, *, state: PatientState | None, limit: int, cursor: str | None
) -> Page[PatientDetails]:
    """The patients in a state, or all of them; who came into it first comes first."""
    permitted(env, member, "patients.all")
    if state is not None and type(state) is not PatientState:
        raise TypeError(f"state must be PatientState, not {type(state).__name__}")
    with env.store.view() as view:
        found = _in_state(env, view, state, limit=limit, cursor=cursor)
        return Page(items=details_of(view, found.items, env=env), next_cursor=found.next_cursor)


def _in_state(
    env: Environment, view: View, state: PatientState | None, *, limit: int, cursor: str | None
) -> Page[PatientId]:
    match state:
        case PatientState.INVITED:
            return _invited(env, view, limit=limit, cursor=cursor)
        case PatientState.NEVER_ACTIVATED:
            return _never_activated(env, view, limit=limit, cursor=cursor)
        case PatientState.LOCKED:
            return _locked(env, view, limit=limit, cursor=cursor)
        case _:
            return _by_moment(view, state, limit=limit, cursor=cursor)


def _by_moment(view: View, state: PatientState | None, *, limit: int, cursor: str | None) -> Page[PatientId]:
    """All by when they were registered; the active ones by when they activated, the others by when they were out."""
    moment, where = _MOMENTS[state]
    query = Query(state=Patient, where=where, order=(moment, "id"))
    found = page(view, query, limit=limit, cursor=cursor, place=lambda one: (getattr(one, moment), one.id))
    return Page(items=tuple(one.id for one in found.items), next_cursor=found.next_cursor)


def _invited(env: Environment, view: View, *, limit: int, cursor: str | None) -> Page[PatientId]:
    """By when they were invited; those whose invitation is too old are still among the open ones for a while."""
    now = env.now()
    found = sieved(
        view,
        Query(state=Link, where=(*_OPEN, Where("created_at", Is.GE, EVER)), order=("created_at", "patient_id")),
        lambda some: [link for link in some if is_invitation(link, now=now, policy=env.policy)],
        limit=limit,
        cursor=cursor,
        place=lambda link: (link.created_at, link.patient_id),
    )
    return Page(items=tuple(link.patient_id for link in found.items), next_cursor=found.next_cursor)


def _never_activated(env: Environment, view: View, *, limit: int, cursor: str | None) -> Page[PatientId]:
    """By when they were registered: those without an account whom nothing invites any more."""
    now = env.now()

    def uninvited(some: Sequence[Patient]) -> list[Patient]:
        theirs = Where("patient_id", Is.ONE_OF, tuple(one.id for one in some))
        links = view.select(Query(state=Link, where=(*_OPEN, theirs), order=("patient_id", "id")))
        invited = {link.patient_id for link in links if is_invitation(link, now=now, policy=env.policy)}
        return [one for one in some if one.id not in invited]

    is_any = Where("registered_at", Is.GE, EVER)
    waiting = (is_any, Where("activated_at", Is.NONE), Where("deactivated_at", Is.NONE))
    found = sieved(
        view,
        Query(state=Patient, where=waiting, order=("registered_at", "id")),
        uninvited,
        limit=limit,
        cursor=cursor,
        place=lambda one: (one.registered_at, one.id),
    )
    return Page(items=tuple(one.id for one in found.items), next_cursor=found.next_cursor)


def _locked(env: Environment, view: View, *, limit: int, cursor: str | None) -> Page[PatientId]:
    """By when they were locked: for good, or so lately that time hasn't ended it."""
    unlock_after = env.policy.lockout.unlock_after
    since = EVER if unlock_after is None else env.now() - unlock_after
    for_good, for_now = (
        Query(state=Account, where=(Where("locked_for_good", Is.EQ, is_so), after), order=("locked_at", "patient_id"))
        for is_so, after in ((True, Where("locked_at", Is.GE, EVER)), (False, Where("locked_at", Is.GT, since)))
    )
    found = page(
        view, for_good, for_now, limit=limit, cursor=cursor, place=lambda one: (one.locked_at or EVER, one.patient_id)
    )
    return Page(items=tuple(one.patient_id for one in found.items), next_cursor=found.next_cursor)
