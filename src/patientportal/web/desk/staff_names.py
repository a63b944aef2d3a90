"""The practice's own people by their names, for lists and for choosing one."""

from patientportal import StaffId
from patientportal.web.visitor import Visitor


def providers(visitor: Visitor, *, only_active: bool = True) -> list[tuple[str, str]]:
    """Whom one can choose: each provider's key, and what they are called."""
    return [(one.id, one.name) for one in visitor.practice.providers.all() if one.active or not only_active]


def called(visitor: Visitor, staff_id: StaffId | None) -> str:
    """A provider's name; of others, whose names the portal doesn't know, the practice's own word for them."""
    if staff_id is None:
        return ""
    known = providers(visitor, only_active=False) if visitor.practice.may("providers.all") else []
    return dict(known).get(staff_id, staff_id)
