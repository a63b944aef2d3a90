"""Every call of the faces timed and told to the host's observer; where there is none, no class is changed for it."""

import inspect
import logging
import time
from collections.abc import Callable, Mapping
from functools import cache, wraps
from types import MappingProxyType
from typing import Any, TypeVar

from patientportal.domain.errors import PortalError
from patientportal.password_rules import PasswordRules
from patientportal.patient_access import PatientAccess
from patientportal.patient_access.account import AccountAccess
from patientportal.patient_access.appointments import AppointmentsAccess
from patientportal.patient_access.medications import MedicationsAccess
from patientportal.patient_access.messages import MessagesAccess
from patientportal.patient_access.statements import StatementsAccess
from patientportal.patient_access.support import SupportAccess
from patientportal.ports.observer import Observed, Observer
from patientportal.practice_access import PracticeAccess
from patientportal.practice_access.appointments import AppointmentsDesk
from patientportal.practice_access.audit import AuditDesk
from patientportal.practice_access.directory import PlacesDesk, ProvidersDesk, VisitTypesDesk
from patientportal.practice_access.medications import MedicationsDesk
from patientportal.practice_access.messages import MessagesDesk
from patientportal.practice_access.patients import PatientsDesk
from patientportal.practice_access.schedule import ScheduleDesk
from patientportal.practice_access.statements import StatementsDesk
from patientportal.practice_access.support import SupportDesk
from patientportal.recovery_access import RecoveryAccess

T = TypeVar("T")

FACES: Mapping[type, str] = MappingProxyType(
    {
        RecoveryAccess: "portal.recovery",
        PasswordRules: "portal.passwords",
        PatientAccess: "me",
        AccountAccess: "me.account",
        AppointmentsAccess: "me.appointments",
        MedicationsAccess: "me.medications",
        MessagesAccess: "me.messages",
        StatementsAccess: "me.statements",
        SupportAccess: "me.support",
        PracticeAccess: "desk",
        PatientsDesk: "desk.patients",
        ProvidersDesk: "desk.providers",
        PlacesDesk: "desk.places",
        VisitTypesDesk: "desk.visit_types",
        ScheduleDesk: "desk.schedule",
        AppointmentsDesk: "desk.appointments",
        MedicationsDesk: "desk.medications",
        StatementsDesk: "desk.statements",
        MessagesDesk: "desk.messages",
        SupportDesk: "desk.support",
        AuditDesk: "desk.audit",
    }
)
"""What a host calls each face that a portal leads to."""

_log = logging.getLogger("patientportal")


def observe(handle: T, name: str = "") -> T:
    """The same handle, whose calls are told from now on, and those of every face that it leads to.

    Args:
        handle: of a portal that has an observer; anything else stays what it is.
        name: what a host calls it, where ``FACES`` doesn't say so.
    """
    face: Any = type(handle)
    if called := name or FACES.get(face, ""):
        for part in vars(handle).values():
            observe(part)
        handle.__class__ = _observed(face, called)
    return handle


@cache
def _observed(face: Any, name: str) -> Any:  # noqa: ANN401 - a class made of a class
    """A face that does the same under the same name, and tells."""
    kept: dict[str, object] = {
        "__doc__": face.__doc__,
        "__module__": face.__module__,
        "__qualname__": face.__qualname__,
    }
    for member, value in inspect.getmembers_static(face):
        if member.startswith("_"):
            continue
        if inspect.isfunction(value):
            kept[member] = _told(value, f"{name}.{member}")
        elif isinstance(value, property) and value.fget is not None:
            kept[member] = _leading(value.fget)
    return type(face.__name__, (face,), kept)


def _leading(get: Callable[[Any], object]) -> property:
    return property(lambda handle: observe(get(handle)), doc=get.__doc__)


def _told(verb: Callable[..., Any], name: str) -> Callable[..., Any]:
    @wraps(verb)
    def told(handle: Any, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - any verb's
        outcome, began = "done", time.perf_counter()
        try:
            return observe(verb(handle, *arguments, **named))
        except BaseException as error:
            outcome = error.code if isinstance(error, PortalError) else type(error).__name__
            raise
        finally:
            _tell(handle._env.observe, Observed(verb=name, outcome=outcome, seconds=time.perf_counter() - began))  # noqa: SLF001 - every face has one

    return told


def _tell(observer: Observer, call: Observed) -> None:
    try:
        observer(call)
    except Exception as error:  # noqa: BLE001 - a broken observer must not stop what it observes
        _log.warning("the observer of %s raised %s", call.verb, type(error).__name__)
