"""Requests for an appointment: a patient asks and withdraws; the practice schedules or declines, or time ends them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from attrs import field, frozen

from patientportal.application.accounts.sessions import SignedIn, WhileIn, in_session
from patientportal.application.appointments.appointments import booked_before, usable_slot_id
from patientportal.application.environment import Environment
from patientportal.application.finding import by_id, own_key, under_key
from patientportal.application.names import People, people_of
from patientportal.application.on_patient import looked_at, on_patient, permitted
from patientportal.application.pages import Page, as_views, page
from patientportal.application.saving import Act, in_transaction, save
from patientportal.domain.appointments import requests as rules
from patientportal.domain.appointments.appointments import usable_reason
from patientportal.domain.appointments.requests import (
    AppointmentRequest,
    Declined,
    Requested,
    RequestStatus,
    Scheduled,
    Window,
    Withdrawn,
)
from patientportal.domain.appointments.runs import Choice
from patientportal.domain.appointments.schedules import Slot
from patientportal.domain.errors import NotFoundError
from patientportal.domain.events import SYSTEM
from patientportal.domain.ids import AppointmentId, AppointmentRequestId, PatientId, SlotId, StaffId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import STAFF_ID_MAX, StaffMember
from patientportal.domain.values.form_keys import Repeated, usable_key
from patientportal.domain.values.text import line
from patientportal.domain.values.zones import day
from patientportal.ports.store import Is, Key, Query, Transaction, Where, key_of


@frozen(kw_only=True)
class RequestedVisit:
    """A patient's request for a visit, as they and the practice see it.

    Attributes:
        request_id: its own.
        patient_id: whose.
        patient_name: what they are called; ``None`` in their own list.
        provider_id: whom they want to see; ``None``: anybody.
        provider_name: what that one is called now; their id, where the practice never said.
        reason: what for.
        windows: when it would suit.
        status: where it stands.
        requested_at: when they asked, UTC.
        expires_at: when it expires, if nobody answers: as the last of these days ends where the practice is, UTC.
        ended_at: since when it isn't open any more, UTC.
        decline_reason: what the practice said when it declined.
        appointment_id: the visit that it became.
    """

    request_id: AppointmentRequestId
    patient_id: PatientId
    patient_name: str | None = field(repr=False)
    provider_id: StaffId | None
    provider_name: str | None
    reason: str = field(repr=False)
    windows: tuple[Window, ...] = field(repr=False)
    status: RequestStatus
    requested_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    decline_reason: str = field(repr=False)
    appointment_id: AppointmentId | None


def request(
    env: Environment,
    who: SignedIn,
    *,
    reason: str,
    windows: Iterable[Window],
    provider_id: StaffId | None,
    idempotency_key: str | None,
) -> AppointmentRequestId:
    """A patient asks for a visit."""
    text, suitable, once = usable_reason(reason), rules.usable_windows(windows), usable_key(idempotency_key)
    provider = None
    if provider_id is not None:
        provider = StaffId(line(provider_id, field="provider_id", at_most=STAFF_ID_MAX))
    request_id = AppointmentRequestId(env.new_id())

    def decide(
        _: Transaction, now: datetime, already: Sequence[AppointmentRequest], earlier: Sequence[AppointmentRequest] = ()
    ) -> Requested | Repeated[AppointmentRequest]:
        wanted = AppointmentRequest(
            patient_id=who.patient_id,
            id=request_id,
            provider_id=provider,
            reason=text,
            windows=suitable,
            requested_at=now,
            idempotency_key=once,
        )
        return rules.request(
            wanted,
            earlier=next(iter(earlier), None),
            already_open=len(already),
            now=now,
            policy=env.policy,
        )

    of_patient = (Where("patient_id", Is.EQ, who.patient_id), Where("status", Is.EQ, RequestStatus.OPEN))
    most = env.policy.appointments.open_requests
    is_open = Query(state=AppointmentRequest, where=of_patient, order=("requested_at", "id"), limit=most)
    outcome = in_session(env, who, decide, is_open, *under_key(AppointmentRequest, who.patient_id, once))
    return outcome.kept.id if isinstance(outcome, Repeated) else request_id


def own_requests(env: Environment, who: SignedIn, *, limit: int, cursor: str | None) -> Page[RequestedVisit]:
    """What the patient asked for, the latest first."""
    query = Query(
        state=AppointmentRequest,
        where=(Where("patient_id", Is.EQ, who.patient_id),),
        order=("requested_at", "id"),
        descending=True,
    )
    found = page(WhileIn(env.store, who, env), query, limit=limit, cursor=cursor, place=_place)
    names = people_of(env.store, providers=(one.provider_id for one in found.items))
    return as_views(found, lambda one: _requested(one, names, env=env))


def get(env: Environment, who: SignedIn, request_id: AppointmentRequestId) -> RequestedVisit:
    """One request of the patient's."""
    key = own_key(AppointmentRequest, who.patient_id, request_id, field="request_id", what="appointment_request")
    found = _present(*WhileIn(env.store, who, env).find_all(key))
    return _requested(found, people_of(env.store, providers=[found.provider_id]), env=env)


def get_by_staff(env: Environment, member: StaffMember, request_id: AppointmentRequestId) -> RequestedVisit:
    """One request, whoever's it is; that it was looked at is kept with its patient."""
    known = looked_at(
        env,
        member,
        "appointments.get_request",
        AppointmentRequest,
        request_id,
        field="request_id",
        what="appointment_request",
    )
    with env.store.view() as view:
        found = _present(view.find(key_of(known)))
        names = people_of(view, providers=[found.provider_id], patients=[found.patient_id])
    return _requested(found, names, env=env, patient_name=names.patient(found.patient_id))


def withdraw(env: Environment, who: SignedIn, request_id: AppointmentRequestId) -> None:
    """A patient no longer wants what they asked for."""
    key = own_key(AppointmentRequest, who.patient_id, request_id, field="request_id", what="appointment_request")

    def decide(_: Transaction, now: datetime, found: AppointmentRequest | None) -> Withdrawn:
        return rules.withdraw(_present(found), now=now)

    in_session(env, who, decide, key)


def standing(status: RequestStatus) -> Query[AppointmentRequest]:
    """Every patient's requests that stand so, the oldest first."""
    return Query(state=AppointmentRequest, where=(Where("status", Is.EQ, status),), order=("requested_at", "id"))


def open_requests(env: Environment, member: StaffMember, *, limit: int, cursor: str | None) -> Page[RequestedVisit]:
    """What is open, the oldest first."""
    permitted(env, member, "appointments.requests")
    with env.store.view() as view:
        found = page(view, standing(RequestStatus.OPEN), limit=limit, cursor=cursor, place=_place)
        asked = found.items
        names = people_of(
            view, providers=(one.provider_id for one in asked), patients=(one.patient_id for one in asked)
        )
    return as_views(found, lambda one: _requested(one, names, env=env, patient_name=names.patient(one.patient_id)))


def schedule(env: Environment, member: StaffMember, request_id: AppointmentRequestId, slot_id: SlotId) -> AppointmentId:
    """The practice books the visit that a patient asked for."""
    permitted(env, member, "appointments.schedule_request")
    key = Key(Slot, (usable_slot_id(slot_id),))
    appointment_id = AppointmentId(env.new_id())

    def decide(tx: Transaction, now: datetime, request: AppointmentRequest, slot: Slot | None) -> Scheduled:
        if slot is None:
            raise NotFoundError(what="slot")
        return rules.schedule(
            request,
            slot=slot,
            appointment_id=appointment_id,
            booked_before=tx.select(booked_before(request.patient_id, Choice(slot=slot))),
            now=now,
        )

    _by_practice(env, member, "appointments.schedule_request", request_id, decide, key)
    return appointment_id


def decline(env: Environment, member: StaffMember, request_id: AppointmentRequestId, *, reason: str) -> None:
    """The practice declines what a patient asked for."""
    permitted(env, member, "appointments.decline_request")
    text = usable_reason(reason)

    def decide(_: Transaction, now: datetime, request: AppointmentRequest) -> Declined:
        return rules.decline(request, reason=text, now=now)

    _by_practice(env, member, "appointments.decline_request", request_id, decide)


def overdue(env: Environment) -> Query[AppointmentRequest]:
    """What nobody answered although its last day is over, the longest over first."""
    is_over = Where("last_day", Is.LT, day(env.now(), env.policy.zone))
    is_open = Where("status", Is.EQ, RequestStatus.OPEN)
    return Query(state=AppointmentRequest, where=(is_open, is_over), order=("last_day", "id"))


def expires_at(env: Environment, found: AppointmentRequest) -> datetime:
    """When a request expires that nobody answers."""
    return rules.expires_at(found, policy=env.policy)


def expire(env: Environment, found: AppointmentRequest) -> bool:
    """Ends a request whose last day is over, unless somebody has answered meanwhile."""

    def body(tx: Transaction) -> bool:
        _, request = tx.get_all(Key(Patient, (found.patient_id,)), key_of(found))
        now = env.now()
        outcome = rules.expire(_present(request), now=now, policy=env.policy)
        save(tx, outcome, env=env, act=Act(patient_id=found.patient_id, by=SYSTEM), now=now)
        return not isinstance(outcome, Unchanged)

    return in_transaction(env, body)


def _by_practice(
    env: Environment,
    member: StaffMember,
    verb: str,
    request_id: AppointmentRequestId,
    decide: Callable[..., object],
    *keys: Key[Any],
) -> None:
    found = by_id(env, AppointmentRequest, request_id, field="request_id", what="appointment_request")

    def decide_again(
        tx: Transaction, _: Patient, now: datetime, request: AppointmentRequest | None, *also: object
    ) -> object:
        return decide(tx, now, _present(request), *also)

    on_patient(env, member, verb, found.patient_id, decide_again, key_of(found), *keys)


def _present(request: AppointmentRequest | None) -> AppointmentRequest:
    if request is None:
        raise NotFoundError(what="appointment_request")
    return request


def _place(request: AppointmentRequest) -> tuple[datetime, str]:
    return request.requested_at, request.id


def _requested(
    request: AppointmentRequest, names: People, *, env: Environment, patient_name: str | None = None
) -> RequestedVisit:
    return RequestedVisit(
        request_id=request.id,
        patient_id=request.patient_id,
        patient_name=patient_name,
        provider_id=request.provider_id,
        provider_name=None if request.provider_id is None else names.provider(request.provider_id),
        reason=request.reason,
        windows=request.windows,
        status=request.status,
        requested_at=request.requested_at,
        expires_at=rules.expires_at(request, policy=env.policy),
        ended_at=request.ended_at,
        decline_reason=request.decline_reason,
        appointment_id=request.appointment_id,
    )
