"""Renewals as the practice sees them: what waits, and a provider's yes or no."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from attrs import field, frozen

from patientportal.application.environment import Environment
from patientportal.application.finding import by_id
from patientportal.application.medications.covers import cover_key
from patientportal.application.medications.renewals import keys_of, medications_of, place_of, standing
from patientportal.application.on_patient import on_patient, permitted
from patientportal.application.pages import Page, as_views, page
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import MedicationId, MessageId, PatientId, RenewalId, StaffId
from patientportal.domain.medications import decisions as rules
from patientportal.domain.medications.covers import Cover
from patientportal.domain.medications.decisions import Grant
from patientportal.domain.medications.medications import Medication, usable_directions, usable_refills
from patientportal.domain.medications.renewals import Renewal, RenewalStatus
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember
from patientportal.ports.store import Transaction


@frozen(kw_only=True)
class WaitingRenewal:
    """A request that waits for the practice, with what it takes to decide it.

    Attributes:
        renewal_id: name it by this when deciding.
        patient_id: who asks.
        medication_id: for more of what.
        medication_name: what that is called.
        dose: how much of it.
        directions: how it is taken.
        prescriber_id: who prescribed it, and is asked.
        started_on: its first day.
        refills_left: how often it may still be refilled.
        pharmacy: where the patient wants it from.
        note: what they wrote.
        requested_at: when, UTC.
    """

    renewal_id: RenewalId
    patient_id: PatientId
    medication_id: MedicationId
    medication_name: str = field(repr=False)
    dose: str = field(repr=False)
    directions: str = field(repr=False)
    prescriber_id: StaffId
    started_on: date
    refills_left: int
    pharmacy: str = field(repr=False)
    note: str = field(repr=False)
    requested_at: datetime


def waiting(
    env: Environment, member: StaffMember, verb: str, status: RenewalStatus, *, limit: int, cursor: str | None
) -> Page[WaitingRenewal]:
    """The requests that stand so, the oldest first."""
    permitted(env, member, verb)
    with env.store.view() as view:
        found = page(view, standing(status), limit=limit, cursor=cursor, place=place_of)
        medications = medications_of(view, found)
    return as_views(found, lambda one: _waiting(one, medications[one.medication_id]))


def _waiting(renewal: Renewal, medication: Medication) -> WaitingRenewal:
    return WaitingRenewal(
        renewal_id=renewal.id,
        patient_id=renewal.patient_id,
        medication_id=medication.id,
        medication_name=medication.name,
        dose=medication.dose,
        directions=medication.directions,
        prescriber_id=renewal.prescriber_id,
        started_on=medication.started_on,
        refills_left=medication.refills_left,
        pharmacy=renewal.pharmacy,
        note=renewal.note,
        requested_at=renewal.requested_at,
    )


def approve(
    env: Environment,
    member: StaffMember,
    renewal_id: RenewalId,
    *,
    refills: int,
    changes: str | None,
    refilled: bool,
) -> None:
    """A provider says yes."""
    more = usable_refills(refills, called="refills")
    directions = None if changes is None else usable_directions(changes, called="changes", at_least=1)
    if type(refilled) is not bool:
        raise TypeError(f"refilled must be bool, not {type(refilled).__name__}")
    grant = Grant(refills=more, directions=directions, is_refilled=refilled)
    _decide(env, member, "medications.approve_renewal", renewal_id, rules.approve, grant=grant)


def deny(env: Environment, member: StaffMember, renewal_id: RenewalId, *, reason: str) -> None:
    """A provider says no, and why."""
    text = rules.usable_reason(reason)
    _decide(env, member, "medications.deny_renewal", renewal_id, rules.deny, reason=text)


def mark_refilled(env: Environment, member: StaffMember, renewal_id: RenewalId) -> None:
    """What was approved only is refilled now."""
    _decide(env, member, "medications.mark_refilled", renewal_id, rules.mark_refilled)


def _decide(
    env: Environment, member: StaffMember, verb: str, renewal_id: RenewalId, rule: Callable[..., Any], **said: object
) -> None:
    """Decides with the cover locked, too, so that one which has just ended decides nothing any more."""
    permitted(env, member, verb)
    found = by_id(env, Renewal, renewal_id, field="renewal_id", what="renewal")
    message_id = MessageId(env.new_id())

    def decide(
        _: Transaction,
        __: Patient,
        now: datetime,
        medication: Medication | None,
        renewal: Renewal | None,
        cover: Cover | None,
    ) -> object:
        if medication is None or renewal is None:
            raise NotFoundError(what="renewal")
        return rule(renewal, medication=medication, by=member, cover=cover, message_id=message_id, now=now, **said)

    keys = (*keys_of(found), cover_key(found.prescriber_id, member.id))
    on_patient(env, member, verb, found.patient_id, decide, *keys)
