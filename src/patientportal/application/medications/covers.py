"""Who stands in for a provider who is away."""

from datetime import datetime

from patientportal.application.environment import Environment
from patientportal.application.on_patient import by_staff
from patientportal.application.saving import in_transaction, save
from patientportal.domain.ids import NOBODY, StaffId
from patientportal.domain.medications import covers as rules
from patientportal.domain.medications.covers import Cover
from patientportal.domain.staff import StaffMember, usable_staff_id
from patientportal.ports.store import Key, Transaction


def cover_key(prescriber_id: StaffId, covering_id: StaffId) -> Key[Cover]:
    """The key of whether one stands in for the other."""
    return Key(Cover, (prescriber_id, covering_id))


def give(env: Environment, member: StaffMember, *, prescriber_id: StaffId, by: StaffId, until: datetime) -> None:
    """Puts a provider in another's place until then, or no longer."""
    away, instead = usable_staff_id(prescriber_id, field="prescriber_id"), usable_staff_id(by, field="by")
    ends = rules.usable_until(until)
    act = by_staff(env, member, "medications.cover", NOBODY)

    def body(tx: Transaction) -> None:
        tx.get(cover_key(away, instead))
        now = env.now()
        outcome = rules.give(prescriber_id=away, covering_id=instead, until=ends, by=member, now=now)
        save(tx, outcome, env=env, act=act, now=now)

    in_transaction(env, body)
