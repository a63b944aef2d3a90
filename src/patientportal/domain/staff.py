"""Who works at the practice, and what each role may do."""

from collections.abc import Iterable
from enum import StrEnum, unique
from typing import ClassVar

from attrs import field, frozen

from patientportal.domain.values.text import bounded, line

from .errors import BadInputError, RefusedError
from .ids import PatientId, StaffId

STAFF_ID_MAX = 255  # OpenID Connect Core 1.0, 2: the longest subject
STAFF_NAME_MAX = 200
PATIENT_ID_MAX = 64


@unique
class Role(StrEnum):
    """What somebody does at the practice."""

    FRONT_DESK = "front_desk"
    PROVIDER = "provider"
    SUPPORT = "support"
    BILLING = "billing"
    INTERFACE = "interface"
    """A program that brings in what other systems know."""


PERMITTED: dict[str, frozenset[Role]] = {
    "patients.register": frozenset({Role.FRONT_DESK, Role.INTERFACE}),
    "patients.get": frozenset({Role.FRONT_DESK, Role.PROVIDER, Role.SUPPORT, Role.BILLING, Role.INTERFACE}),
    "patients.find": frozenset({Role.FRONT_DESK, Role.PROVIDER, Role.SUPPORT, Role.BILLING, Role.INTERFACE}),
    "patients.all": frozenset({Role.FRONT_DESK, Role.SUPPORT, Role.INTERFACE}),
    "patients.correct": frozenset({Role.FRONT_DESK, Role.INTERFACE}),
    "patients.invite": frozenset({Role.FRONT_DESK, Role.SUPPORT}),
    "patients.print_invitation": frozenset({Role.FRONT_DESK, Role.SUPPORT}),
    "patients.change_email": frozenset({Role.FRONT_DESK, Role.SUPPORT}),
    "patients.end_account": frozenset({Role.FRONT_DESK, Role.SUPPORT}),
    "patients.deactivate": frozenset({Role.FRONT_DESK}),
    "patients.reactivate": frozenset({Role.FRONT_DESK}),
    "medications.record": frozenset({Role.PROVIDER}),
    "medications.of_patient": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "medications.get": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "medications.correct": frozenset({Role.PROVIDER}),
    "medications.reassign": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "medications.discontinue": frozenset({Role.PROVIDER}),
    "medications.cover": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "medications.covers": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "medications.renewals": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "medications.renewal": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "medications.pending_renewals": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "medications.unfilled_renewals": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "medications.approve_renewal": frozenset({Role.PROVIDER}),
    "medications.deny_renewal": frozenset({Role.PROVIDER}),
    "medications.mark_refilled": frozenset({Role.PROVIDER}),
    "statements.upload": frozenset({Role.FRONT_DESK, Role.BILLING, Role.INTERFACE}),
    "statements.resend": frozenset({Role.FRONT_DESK, Role.BILLING}),
    "statements.retract": frozenset({Role.FRONT_DESK, Role.BILLING, Role.INTERFACE}),
    "statements.of_patient": frozenset({Role.FRONT_DESK, Role.BILLING}),
    "statements.get": frozenset({Role.FRONT_DESK, Role.BILLING}),
    "statements.document": frozenset({Role.FRONT_DESK, Role.BILLING}),
    "statements.payments": frozenset({Role.FRONT_DESK, Role.BILLING}),
    "statements.get_payment": frozenset({Role.FRONT_DESK, Role.BILLING}),
    "statements.record_payment": frozenset({Role.FRONT_DESK, Role.BILLING}),
    "statements.record_payment(insurer)": frozenset({Role.BILLING}),
    "statements.record_payment(reduction)": frozenset({Role.BILLING}),
    "statements.refund": frozenset({Role.FRONT_DESK, Role.BILLING}),
    "statements.refund(by_hand)": frozenset({Role.BILLING}),
    "statements.refunds": frozenset({Role.FRONT_DESK, Role.BILLING}),
    "statements.get_refund": frozenset({Role.FRONT_DESK, Role.BILLING}),
    "statements.unclear": frozenset({Role.FRONT_DESK, Role.BILLING}),
    "statements.conclude": frozenset({Role.BILLING}),
    "statements.unclear_refunds": frozenset({Role.FRONT_DESK, Role.BILLING}),
    "statements.conclude_refund": frozenset({Role.BILLING}),
    "messages.send": frozenset({Role.FRONT_DESK, Role.PROVIDER, Role.SUPPORT, Role.BILLING}),
    "messages.retract": frozenset({Role.FRONT_DESK, Role.PROVIDER, Role.SUPPORT, Role.BILLING}),
    "messages.get": frozenset({Role.FRONT_DESK, Role.PROVIDER, Role.SUPPORT, Role.BILLING}),
    "providers.put": frozenset({Role.FRONT_DESK}),
    "providers.all": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "places.put": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "places.all": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "visit_types.put": frozenset({Role.FRONT_DESK}),
    "visit_types.all": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "messages.of_patient": frozenset({Role.FRONT_DESK, Role.PROVIDER, Role.SUPPORT, Role.BILLING}),
    "schedule.publish": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "schedule.withdraw": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "schedule.open_slots": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "appointments.book": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "appointments.reschedule": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "appointments.get": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "appointments.of_patient": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "appointments.of_day": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "appointments.requests": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "appointments.get_request": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "appointments.schedule_request": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "appointments.decline_request": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "appointments.cancel": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "appointments.mark_arrived": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "appointments.unmark_arrived": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "appointments.mark_fulfilled": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "appointments.mark_noshow": frozenset({Role.FRONT_DESK, Role.PROVIDER}),
    "support.open_requests": frozenset({Role.FRONT_DESK, Role.SUPPORT}),
    "support.of_patient": frozenset({Role.FRONT_DESK, Role.SUPPORT}),
    "support.get": frozenset({Role.FRONT_DESK, Role.SUPPORT}),
    "support.resolve": frozenset({Role.FRONT_DESK, Role.SUPPORT}),
    "support.unlock": frozenset({Role.SUPPORT}),
    "support.send_password_reset": frozenset({Role.SUPPORT}),
    "support.print_password_reset": frozenset({Role.FRONT_DESK, Role.SUPPORT}),
    "audit.of_patient": frozenset({Role.SUPPORT}),
    "audit.of_practice": frozenset({Role.SUPPORT}),
    "audit.undelivered": frozenset({Role.FRONT_DESK, Role.SUPPORT}),
    "audit.deliver_again": frozenset({Role.FRONT_DESK, Role.SUPPORT}),
    "audit.dismiss": frozenset({Role.FRONT_DESK, Role.SUPPORT}),
}
"""One table of what each verb of the practice's side asks for, where need be with what; ``docs/roles.md`` shows it."""


NOT_TO_ONESELF = frozenset(
    {
        "patients.change_email",
        "patients.end_account",
        "patients.reactivate",
        "medications.record",
        "medications.correct",
        "medications.discontinue",
        "medications.approve_renewal",
        "medications.deny_renewal",
        "medications.mark_refilled",
        "statements.upload",
        "statements.resend",
        "statements.retract",
        "statements.record_payment",
        "statements.record_payment(insurer)",
        "statements.record_payment(reduction)",
        "statements.refund",
        "statements.refund(by_hand)",
        "statements.conclude",
        "statements.conclude_refund",
        "support.unlock",
        "support.send_password_reset",
        "support.print_password_reset",
    }
)
"""What nobody at the practice does to their own account, or decides of what they owe or take."""


def usable_staff_id(value: object, *, field: str) -> StaffId:
    """The host's own id of somebody of the practice: one line of at most 255 characters.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    return StaffId(line(value, field=field, at_most=STAFF_ID_MAX))


def _id(value: object) -> StaffId:
    return usable_staff_id(value, field="id")


def _name(value: object) -> str:
    return line(value, field="name", at_most=STAFF_NAME_MAX)


def _patient_id(value: object) -> PatientId | None:
    return None if value is None else PatientId(line(value, field="patient_id", at_most=PATIENT_ID_MAX))


def _roles(roles: Iterable[Role]) -> frozenset[Role]:
    granted = tuple(roles)
    if not granted or not all(type(role) is Role for role in granted):
        raise TypeError("roles must be a collection of one or more of Role")
    return frozenset(granted)


@frozen(kw_only=True)
class StaffMember:
    """A member of staff, authenticated by the host.

    Attributes:
        id: the host's own id, at most 255 characters.
        name: at most 200 characters.
        roles: at least one.
        patient_id: theirs, if they are a patient here too: nobody decides for themselves.

    Raises:
        BadInputError: ``id``, ``name`` or ``patient_id`` can't be used.
        TypeError: a value has the wrong type.
    """

    id: StaffId = field(converter=_id)
    name: str = field(repr=False, converter=_name)
    roles: frozenset[Role] = field(converter=_roles)
    patient_id: PatientId | None = field(default=None, converter=_patient_id)


@frozen(kw_only=True)
class NotPermittedError(RefusedError):
    """None of the staff member's roles permits this. Nothing was read."""

    code: ClassVar[str] = "not_permitted"
    verb: str


@frozen(kw_only=True)
class OwnAccountError(RefusedError):
    """Nobody at the practice lets themselves in, or decides of what they owe or take: somebody else does.

    Nothing changed.
    """

    code: ClassVar[str] = "own_account"
    verb: str


def permit_to(member: StaffMember, verb: str, patient_id: object) -> Role:
    """The role under which this member may do this to this patient, or a refusal.

    Raises:
        NotPermittedError: no role of theirs stands in the verb's row of ``PERMITTED``.
        OwnAccountError: they are the patient, and the verb stands in ``NOT_TO_ONESELF``.
    """
    role = permit(member, verb)
    if verb in NOT_TO_ONESELF and member.patient_id is not None and member.patient_id == patient_id:
        raise OwnAccountError(verb=verb)
    return role


def may(member: StaffMember, verb: str) -> bool:
    """Whether a role of this member permits a verb: for a page that shows only what works.

    Raises:
        TypeError: ``verb`` isn't a ``str``.
        BadInputError: no verb is called so: ``unknown``, ``too_long`` or ``bad_character``.
    """
    if bounded(verb, field="verb", at_most_bytes=max(map(len, PERMITTED))) not in PERMITTED:
        raise BadInputError(field="verb", problem="unknown")
    return not member.roles.isdisjoint(PERMITTED[verb])


def permit(member: StaffMember, verb: str) -> Role:
    """The role under which this member may do this, or a refusal.

    Raises:
        NotPermittedError: no role of theirs stands in the verb's row of ``PERMITTED``.
    """
    granting = sorted(member.roles & PERMITTED[verb])
    if not granting:
        raise NotPermittedError(verb=verb)
    return granting[0]
