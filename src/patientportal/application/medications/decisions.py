"""A provider's yes or no to a renewal."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from patientportal.application.environment import Environment
from patientportal.application.finding import by_id
from patientportal.application.medications.covers import cover_for
from patientportal.application.medications.medications import require_medication
from patientportal.application.medications.renewals import keys_of, require_renewal
from patientportal.application.on_patient import on_patient, permitted
from patientportal.domain.ids import MessageId, RenewalId
from patientportal.domain.medications import decisions as rules
from patientportal.domain.medications.covers import Cover
from patientportal.domain.medications.decisions import Grant
from patientportal.domain.medications.medications import Medication, usable_directions, usable_refills
from patientportal.domain.medications.renewals import Renewal
from patientportal.domain.patients.patients import Patient
from patientportal.domain.staff import StaffMember
from patientportal.domain.values.types import of_type
from patientportal.ports.store import Transaction


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
    of_type(refilled, bool, field="refilled")
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
    known = by_id(env, Renewal, renewal_id, field="renewal_id", what="renewal")
    message_id = MessageId(env.new_id())

    def decide(
        _: Transaction,
        __: Patient,
        now: datetime,
        medication: Medication | None,
        renewal: Renewal | None,
        cover: Cover | None = None,
    ) -> object:
        return rule(
            require_renewal(renewal),
            medication=require_medication(medication),
            by=member,
            cover=cover,
            message_id=message_id,
            now=now,
            **said,
        )

    on_patient(env, member, verb, known.patient_id, decide, *keys_of(known), also=cover_for(member))
