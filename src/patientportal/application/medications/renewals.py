"""Renewals as the patient sees them: asked for, taken back; and time, which ends what nobody decided."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attrs import evolve, field, frozen

from patientportal.application.accounts.sessions import SignedIn, WhileIn, in_session
from patientportal.application.environment import Environment
from patientportal.application.finding import own_key, under_key
from patientportal.application.medications.medications import require_medication
from patientportal.application.names import People, people_of
from patientportal.application.pages import Page, as_views, page
from patientportal.application.saving import Act, in_transaction, save
from patientportal.domain.errors import NotFoundError
from patientportal.domain.events import SYSTEM
from patientportal.domain.ids import MedicationId, MessageId, PatientId, RenewalId, StaffId
from patientportal.domain.medications import renewals as rules
from patientportal.domain.medications.medications import Medication
from patientportal.domain.medications.renewals import Renewal, RenewalStatus, Requested, Withdrawn
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.values.form_keys import Repeated, usable_key
from patientportal.ports.store import Answering, Is, Key, Query, Transaction, Where


@frozen(kw_only=True)
class OwnRenewal:
    """A request for more of a medication, as its patient sees it.

    Attributes:
        renewal_id: its own; name it by this when withdrawing.
        medication_id: for more of what.
        medication_name: what that is called.
        prescriber_id: the staff id of who prescribes it, and is asked.
        prescriber_name: what they are called now; their id, where the practice never said.
        pharmacy: where they want it from.
        note: what they wrote.
        requested_at: when, UTC.
        status: where it stands.
        decided_at: when somebody approved or denied it, UTC.
        refills_granted: how many refills an approval gave.
        new_directions: how it is taken from the approval on, where that changed it.
        denial_reason: why it was denied.
        refilled_at: since when the medication is refilled, UTC.
    """

    renewal_id: RenewalId
    medication_id: MedicationId
    medication_name: str = field(repr=False)
    prescriber_id: StaffId
    prescriber_name: str
    pharmacy: str = field(repr=False)
    note: str = field(repr=False)
    requested_at: datetime
    status: RenewalStatus
    decided_at: datetime | None
    refills_granted: int | None
    new_directions: str | None = field(repr=False)
    denial_reason: str | None = field(repr=False)
    refilled_at: datetime | None


def request(
    env: Environment,
    who: SignedIn,
    medication_id: MedicationId,
    *,
    pharmacy: str,
    note: str,
    idempotency_key: str | None,
) -> RenewalId:
    """A patient asks for more of what they take."""
    where, text, once = rules.usable_pharmacy(pharmacy), rules.usable_note(note), usable_key(idempotency_key)
    key = own_key(Medication, who.patient_id, medication_id, field="medication_id", what="medication")
    renewal_id = RenewalId(env.new_id())

    def decide(
        _: Transaction,
        now: datetime,
        found: Medication | None,
        pending: Sequence[Renewal],
        earlier: Sequence[Renewal] = (),
    ) -> Requested | Repeated[Renewal]:
        medication = require_medication(found)
        renewal = Renewal(
            patient_id=who.patient_id,
            id=renewal_id,
            medication_id=medication.id,
            pharmacy=where,
            note=text,
            requested_at=now,
            idempotency_key=once,
        )
        return rules.request(
            renewal, earlier=next(iter(earlier), None), medication=medication, is_pending=bool(pending)
        )

    asked = (_pending(who.patient_id, medication_id), *under_key(Renewal, who.patient_id, once))
    outcome = in_session(env, who, decide, key, *asked)
    return outcome.kept.id if isinstance(outcome, Repeated) else renewal_id


def _pending(patient_id: PatientId, medication_id: MedicationId) -> Query[Renewal]:
    waits = (
        Where("patient_id", Is.EQ, patient_id),
        Where("medication_id", Is.EQ, medication_id),
        Where("status", Is.EQ, RenewalStatus.REQUESTED),
    )
    return Query(state=Renewal, where=waits)


def withdraw(env: Environment, who: SignedIn, renewal_id: RenewalId) -> None:
    """A patient takes a request back."""
    key = own_key(Renewal, who.patient_id, renewal_id, field="renewal_id", what="renewal")

    def decide(_: Transaction, __: datetime, renewal: Renewal | None) -> Withdrawn | Unchanged:
        return rules.withdraw(require_renewal(renewal))

    in_session(env, who, decide, key)


def own(env: Environment, who: SignedIn, *, limit: int, cursor: str | None) -> Page[OwnRenewal]:
    """What the patient asked for and what became of it, the latest first."""
    asked = WhileIn(env.store, who, env)
    found = page(asked, asked_by(who.patient_id), limit=limit, cursor=cursor, place=place_of)
    medications = medications_of(env.store, found.items)
    names = people_of(env.store, providers=(one.prescriber_id for one in medications.values()))
    return as_views(found, lambda one: OwnRenewal(**renewal_fields(one, medications[one.medication_id], names)))


def get(env: Environment, who: SignedIn, renewal_id: RenewalId) -> OwnRenewal:
    """One of the patient's requests."""
    key = own_key(Renewal, who.patient_id, renewal_id, field="renewal_id", what="renewal")
    renewal = require_renewal(*WhileIn(env.store, who, env).find_all(key))
    medication = medications_of(env.store, [renewal])[renewal.medication_id]
    names = people_of(env.store, providers=[medication.prescriber_id])
    return OwnRenewal(**renewal_fields(renewal, medication, names))


def asked_by(patient_id: PatientId) -> Query[Renewal]:
    """A patient's requests, the latest first."""
    of_patient = (Where("patient_id", Is.EQ, patient_id),)
    return Query(state=Renewal, where=of_patient, order=("requested_at", "id"), descending=True)


def require_renewal(renewal: Renewal | None) -> Renewal:
    """The request that was looked for.

    Raises:
        NotFoundError: there is none.
    """
    if renewal is None:
        raise NotFoundError(what="renewal")
    return renewal


def renewal_fields(renewal: Renewal, medication: Medication, names: People) -> dict[str, Any]:
    """What a request's patient and the practice both see of it."""
    return {
        "renewal_id": renewal.id,
        "medication_id": medication.id,
        "medication_name": medication.name,
        "prescriber_id": medication.prescriber_id,
        "prescriber_name": names.provider(medication.prescriber_id),
        "pharmacy": renewal.pharmacy,
        "note": renewal.note,
        "requested_at": renewal.requested_at,
        "status": renewal.status,
        "decided_at": renewal.decided_at,
        "refills_granted": renewal.refills_granted,
        "new_directions": renewal.new_directions,
        "denial_reason": renewal.denial_reason,
        "refilled_at": renewal.refilled_at,
    }


def standing(status: RenewalStatus) -> Query[Renewal]:
    """Every patient's requests that stand so, the oldest first."""
    return Query(state=Renewal, where=(Where("status", Is.EQ, status),), order=("requested_at", "id"))


def place_of(renewal: Renewal) -> tuple[datetime, str]:
    """Where a request stands in a list."""
    return renewal.requested_at, renewal.id


def medications_of(where: Answering, found: Sequence[Renewal]) -> dict[MedicationId, Medication]:
    """What some requests are for."""
    keys = {Key(Medication, (one.patient_id, one.medication_id)) for one in found}
    return {one.id: one for one in where.find_all(*keys) if one is not None}


def keys_of(found: Renewal) -> tuple[Key[Medication], Key[Renewal]]:
    """The keys of a request and of what it is for, in the order of the locks."""
    owner = found.patient_id
    return Key(Medication, (owner, found.medication_id)), Key(Renewal, (owner, found.id))


def overdue(env: Environment) -> Query[Renewal]:
    """What nobody decided in time, the oldest first."""
    query = standing(RenewalStatus.REQUESTED)
    is_old = Where("requested_at", Is.LE, env.now() - env.policy.renewals.expires_after)
    return evolve(query, where=(*query.where, is_old))


def expires_at(env: Environment, found: Renewal) -> datetime:
    """When a request expires that nobody decides."""
    return found.requested_at + env.policy.renewals.expires_after


def expire(env: Environment, found: Renewal) -> bool:
    """Ends a request that nobody decided in time, unless somebody has meanwhile."""
    message_id = MessageId(env.new_id())

    def body(tx: Transaction) -> bool:
        _, medication, renewal = tx.get_all(Key(Patient, (found.patient_id,)), *keys_of(found))
        now = env.now()
        if medication is None or renewal is None:
            return False
        outcome = rules.expire(renewal, medication=medication, message_id=message_id, now=now, policy=env.policy)
        save(tx, outcome, env=env, act=Act(patient_id=found.patient_id, by=SYSTEM), now=now)
        return not isinstance(outcome, Unchanged)

    return in_transaction(env, body)
