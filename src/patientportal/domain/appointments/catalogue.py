"""What is kept of appointments, what happens to them, and who is told of it."""

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

from patientportal.domain.events import Event
from patientportal.domain.kinds import Kind, Unique
from patientportal.domain.policy import Policy
from patientportal.domain.told import Notice, NoticeKind, Plainly, Telling, untold

from .appointments import Appointment, AppointmentBooked, AppointmentStatus
from .attendance import AppointmentFulfilled, AppointmentMissed, ArrivalUndone, PatientArrived
from .changes import AppointmentCancelled, AppointmentRescheduled
from .directory import Place, PlacePut, Provider, ProviderPut, VisitType, VisitTypePut
from .reminders import ReminderDue
from .requests import (
    AppointmentRequest,
    AppointmentRequested,
    RequestDeclined,
    RequestExpired,
    RequestScheduled,
    RequestWithdrawn,
)
from .schedules import Schedule, Slot, SlotsPublished, SlotsWithdrawn

KINDS: tuple[Kind, ...] = (
    Kind(
        Appointment,
        "appointments",
        ("patient_id", "id"),
        (
            Unique(("slot_id",), among=("status", AppointmentStatus.BOOKED)),
            Unique(("patient_id", "external_id")),
            Unique(("patient_id", "idempotency_key")),
        ),
    ),
    Kind(
        AppointmentRequest,
        "appointment_requests",
        ("patient_id", "id"),
        (Unique(("patient_id", "idempotency_key")),),
    ),
    Kind(Provider, "providers", ("id",)),
    Kind(Place, "places", ("id",)),
    Kind(VisitType, "visit_types", ("id",)),
    Kind(Schedule, "schedules", ("provider_id",)),
    Kind(Slot, "slots", ("id",), (Unique(("provider_id", "starts_at")),)),
)


@frozen
class OfVisit:
    """Of this there is always one notice, which may say when and where the visit is."""

    kind: NoticeKind

    def __call__(
        self,
        event: AppointmentBooked | AppointmentCancelled | AppointmentRescheduled | ReminderDue | RequestScheduled,
        _: Policy,
    ) -> tuple[Notice, ...]:
        """See ``Telling``."""
        return (Notice(kind=self.kind, about_id=event.appointment_id),)


@frozen
class OfCancelled(OfVisit):
    """The same, unless nobody would go there any more."""

    def __call__(self, event: AppointmentCancelled, policy: Policy) -> tuple[Notice, ...]:  # type: ignore[override] # of it alone
        """See ``Telling``."""
        return OfVisit.__call__(self, event, policy) if event.is_told else ()


EVENTS: Mapping[type[Event], Telling] = MappingProxyType(
    {
        AppointmentBooked: OfVisit(NoticeKind.VISIT_BOOKED),
        AppointmentCancelled: OfCancelled(NoticeKind.VISIT_CANCELLED),
        AppointmentFulfilled: untold,
        AppointmentMissed: untold,
        AppointmentRequested: untold,
        AppointmentRescheduled: OfVisit(NoticeKind.VISIT_RESCHEDULED),
        ArrivalUndone: untold,
        PatientArrived: untold,
        PlacePut: untold,
        ProviderPut: untold,
        ReminderDue: OfVisit(NoticeKind.VISIT_REMINDER),
        RequestDeclined: Plainly(NoticeKind.REQUEST_CLOSED),
        RequestExpired: Plainly(NoticeKind.REQUEST_CLOSED),
        RequestScheduled: OfVisit(NoticeKind.VISIT_BOOKED),
        RequestWithdrawn: Plainly(NoticeKind.REQUEST_CLOSED),
        SlotsPublished: untold,
        SlotsWithdrawn: untold,
        VisitTypePut: untold,
    }
)
