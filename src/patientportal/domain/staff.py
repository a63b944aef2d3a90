"""Who works at the practice, and what each role may do."""

from collections.abc import Iterable
from enum import StrEnum, unique
from typing import ClassVar

from attrs import field, frozen

from .errors import RefusedError
from .ids import StaffId
from .text import line

STAFF_ID_MAX = 64
STAFF_NAME_MAX = 200


@unique
class Role(StrEnum):
    """What somebody does at the practice."""

    FRONT_DESK = "front_desk"
    PROVIDER = "provider"
    SUPPORT = "support"


PERMITTED: dict[str, frozenset[Role]] = {
    "patients.register": frozenset({Role.FRONT_DESK}),
    "patients.get": frozenset(Role),
    "patients.find": frozenset(Role),
    "patients.invite": frozenset({Role.FRONT_DESK, Role.SUPPORT}),
    "patients.change_email": frozenset({Role.FRONT_DESK, Role.SUPPORT}),
    "patients.deactivate": frozenset({Role.FRONT_DESK}),
    "patients.reactivate": frozenset({Role.FRONT_DESK}),
    "statements.upload": frozenset({Role.FRONT_DESK}),
    "statements.resend": frozenset({Role.FRONT_DESK}),
    "statements.payments": frozenset({Role.FRONT_DESK}),
    "statements.refund": frozenset({Role.FRONT_DESK}),
    "messages.send": frozenset(Role),
    "support.open_requests": frozenset({Role.FRONT_DESK, Role.SUPPORT}),
    "support.resolve": frozenset({Role.FRONT_DESK, Role.SUPPORT}),
    "support.unlock": frozenset({Role.SUPPORT}),
    "support.send_password_reset": frozenset({Role.SUPPORT}),
    "audit.undelivered": frozenset({Role.FRONT_DESK, Role.SUPPORT}),
}
"""One table of what each verb of the practice's side asks for; ``docs/roles.md`` shows it."""


def _id(value: object) -> StaffId:
    return StaffId(line(value, field="id", at_most=STAFF_ID_MAX))


def _name(value: object) -> str:
    return line(value, field="name", at_most=STAFF_NAME_MAX)


def _roles(roles: Iterable[Role]) -> frozenset[Role]:
    granted = tuple(roles)
    if not granted or not all(type(role) is Role for role in granted):
        raise TypeError("roles must be a collection of one or more of Role")
    return frozenset(granted)


@frozen(kw_only=True)
class StaffMember:
    """Somebody of the practice, for whom the host vouches.

    Attributes:
        id: the host's own id, at most 64 characters.
        name: at most 200 characters.
        roles: at least one.

    Raises:
        BadInputError: ``id`` or ``name`` can't be used.
        TypeError: a value has the wrong type.
    """

    id: StaffId = field(converter=_id)
    name: str = field(repr=False, converter=_name)
    roles: frozenset[Role] = field(converter=_roles)


@frozen(kw_only=True)
class NotPermittedError(RefusedError):
    """None of the staff member's roles permits this. Nothing was looked at."""

    code: ClassVar[str] = "not_permitted"
    verb: str


def permit(member: StaffMember, verb: str) -> Role:
    """The role under which this member may do this, or a refusal.

    Raises:
        NotPermittedError: no role of theirs stands in the verb's row of ``PERMITTED``.
    """
    granting = sorted(member.roles & PERMITTED[verb])
    if not granting:
        raise NotPermittedError(verb=verb)
    return granting[0]
