"""Who stands in for a provider who is away."""

from collections.abc import Callable
from datetime import datetime

from attrs import frozen

from patientportal.application.environment import Environment
from patientportal.application.names import people_of, require_active
from patientportal.application.on_patient import by_staff, permitted
from patientportal.application.saving import in_transaction, save
from patientportal.domain.ids import NOBODY, StaffId
from patientportal.domain.medications import covers as rules
from patientportal.domain.medications.covers import Cover
from patientportal.domain.medications.medications import Medication
from patientportal.domain.staff import StaffMember, usable_staff_id
from patientportal.ports.store import Is, Key, Query, Transaction, Where


@frozen(kw_only=True)
class ProviderCover:
    """Somebody who decides in a provider's place now.

    Attributes:
        prescriber_id: the staff id of who is away.
        prescriber_name: what they are called now; their id, where the practice never said.
        covering_id: the staff id of who decides instead.
        covering_name: what that one is called, likewise.
        until: when it ends, UTC.
        given_by: the staff id of who arranged it last.
    """

    prescriber_id: StaffId
    prescriber_name: str
    covering_id: StaffId
    covering_name: str
    until: datetime
    given_by: StaffId


def _cover_key(prescriber_id: StaffId, covering_id: StaffId) -> Key[Cover]:
    """The key of whether one stands in for the other."""
    return Key(Cover, (prescriber_id, covering_id))


def cover_for(member: StaffMember) -> Callable[..., tuple[Key[Cover], ...]]:
    """What a use case asks for, besides a medication that it has locked: the cover that its decider needs.

    Only the locked medication says who prescribes it: somebody may have reassigned it since it was looked for.
    """

    def also(_: Transaction, medication: Medication | None, *__: object) -> tuple[Key[Cover], ...]:
        if medication is None or medication.prescriber_id == member.id:
            return ()
        return (_cover_key(medication.prescriber_id, member.id),)

    return also


def in_force(env: Environment, member: StaffMember) -> tuple[ProviderCover, ...]:
    """Who stands in for whom at this moment, the first to end first."""
    permitted(env, member, "medications.covers")
    ahead = (Where("until", Is.GT, env.now()),)
    with env.store.view() as view:
        found = view.select(Query(state=Cover, where=ahead, order=("until", "prescriber_id", "covering_id")))
        names = people_of(view, providers=(id_ for one in found for id_ in (one.prescriber_id, one.covering_id)))
    return tuple(
        ProviderCover(
            prescriber_id=one.prescriber_id,
            prescriber_name=names.provider(one.prescriber_id),
            covering_id=one.covering_id,
            covering_name=names.provider(one.covering_id),
            until=one.until,
            given_by=one.given_by,
        )
        for one in found
    )


def give(env: Environment, member: StaffMember, *, prescriber_id: StaffId, by: StaffId, until: datetime) -> None:
    """Puts a provider in another's place until then, or no longer."""
    away, instead = usable_staff_id(prescriber_id, field="prescriber_id"), usable_staff_id(by, field="by")
    ends = rules.usable_until(until)
    act = by_staff(env, member, "medications.cover", NOBODY)
    if ends > env.now():  # what ends now may be the cover of somebody who has left
        require_active(env, instead, field="by")

    def body(tx: Transaction) -> None:
        tx.get(_cover_key(away, instead))
        now = env.now()
        outcome = rules.give(prescriber_id=away, covering_id=instead, until=ends, by=member, now=now)
        save(tx, outcome, env=env, act=act, now=now)

    in_transaction(env, body)
