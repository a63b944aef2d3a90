"""What the model of appointments keeps: patients, slots, visits, requests and notices."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from attrs import define, field

from patientportal.domain.appointments.directory import Place, VisitType
from patientportal.domain.appointments.requests import Window
from patientportal.domain.ids import AppointmentId, AppointmentRequestId, PatientId, PlaceId, SlotId, StaffId
from patientportal.domain.told import Channel, NoticeKind
from patientportal.patient_access import PatientAccess
from patientportal.testing.appointments.hours import A_DAY

UNSEEN, UNBOOKED, UNASKED = SlotId(""), AppointmentId(""), AppointmentRequestId("")
"""The id of what hasn't been called by one yet."""


@define(eq=False)
class Person:
    """A patient, the handle that they came in by, and whether they are in still.

    Attributes:
        number: the one that text messages go to, if theirs is a usable one.
        wants: how they want to be told of visits.
    """

    id: PatientId
    name: str
    email: str
    number: str | None
    me: PatientAccess
    is_active: bool = True
    is_in: bool = True
    wants: Channel = Channel.EMAIL

    @property
    def full_name(self) -> str:
        """As the practice's lists have it; they are sisters."""
        return f"{self.name} Byron"

    @property
    def is_texted(self) -> bool:
        """Whether what they are told of visits comes by text message."""
        return self.wants is Channel.TEXT and self.number is not None

    def __repr__(self) -> str:
        return f"<{self.name}>"


@define(eq=False)
class Building:
    """A place, as the practice calls it now; its clocks stay those that they are."""

    id: PlaceId
    zone: str
    name: str

    @property
    def written_down(self) -> Place:
        """What the practice says of it."""
        return Place(id=self.id, name=self.name, zone=self.zone)


@define(eq=False)
class Slot:
    """A time of a provider's.

    Attributes:
        id: as the portal calls it; empty while nobody has seen it.
        visit: which has it.
    """

    provider_id: StaffId
    place: Building
    starts_at: datetime
    ends_at: datetime
    id: SlotId = UNSEEN
    visit: "Visit | None" = None
    is_withdrawn: bool = False
    is_closing: bool = False

    def overlaps(self, other: "Slot") -> bool:
        """Whether the two have a moment in common."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@define(eq=False)
class Visit:
    """Somebody in one slot or several, in FHIR's words for where it stands.

    Attributes:
        slot: the first of them.
        slots: all of them.
        kind: of which kind it is.
        reminded_of: how long before it the moments were that are told or that nobody came to.
    """

    person: Person
    slot: Slot
    slots: "list[Slot]"
    kind: VisitType | None
    reason: str
    booked_at: datetime
    former: "Visit | None" = None
    later: "Visit | None" = None
    id: AppointmentId = UNBOOKED
    status: str = "booked"
    arrived_at: datetime | None = None
    ended_at: datetime | None = None
    cancelled_by: str | None = None
    key: str | None = None
    form: str | None = None
    cancellation_reason: str = ""
    reminded_of: set[timedelta] = field(factory=set)

    @property
    def ends_at(self) -> datetime:
        """When it is over for the patient."""
        return ends_at(self.slot, self.kind)

    @property
    def series(self) -> "list[Visit]":
        """The visits of which it came by being moved, the first one first."""
        return [*(self.former.series if self.former else []), self]


def ends_at(slot: Slot, kind: VisitType | None) -> datetime:
    """When a visit would be over."""
    return slot.ends_at if kind is None else slot.starts_at + kind.length


@define(eq=False)
class Request:
    """A wish for a visit."""

    person: Person
    provider_id: StaffId | None
    reason: str
    windows: tuple[Window, ...]
    requested_at: datetime
    id: AppointmentRequestId = UNASKED
    status: str = "open"
    ended_at: datetime | None = None
    decline_reason: str = ""
    visit: Visit | None = None
    form: str | None = None

    def ends_at(self, zone: str) -> datetime:
        """When the last of its days is over at a practice in this zone."""
        last_day = max(window.last_day for window in self.windows)
        return datetime.combine(last_day + A_DAY, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)


@define(eq=False)
class Notice:
    """Something to be told, when it happened, and how long it waits."""

    person: Person
    kind: NoticeKind
    visit: Visit | None
    made_at: datetime
    due_at: datetime
