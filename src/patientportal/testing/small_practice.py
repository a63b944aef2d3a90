"""A small practice that has been at work for six weeks: for demos and tests alike, in any portal."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from attrs import asdict, field, frozen

from patientportal.adapters.recording import RecordingNotifier
from patientportal.adapters.sandbox import SandboxProcessor, SandboxSource
from patientportal.application.worker.work import Worked
from patientportal.domain.appointments.directory import Place, Provider, VisitType
from patientportal.domain.appointments.requests import Window
from patientportal.domain.ids import (
    AppointmentId,
    AppointmentRequestId,
    MedicationId,
    PatientId,
    PlaceId,
    RenewalId,
    StaffId,
    StatementId,
    SupportRequestId,
    VisitTypeId,
)
from patientportal.domain.staff import Role, StaffMember
from patientportal.domain.values.money import Money
from patientportal.domain.values.zones import day
from patientportal.patient_access import PatientAccess
from patientportal.portal import Portal
from patientportal.practice_access import PracticeAccess
from patientportal.testing.fakes import FrozenClock
from patientportal.testing.world import Member, activated, desk, invited

DAY = timedelta(days=1)
OPEN_FOR, BOOKABLE_FOR = 42 * DAY, 28 * DAY
KING, DORA = StaffId("dr-king"), StaffId("dr-dora")
NORTH, SOUTH = PlaceId("north"), PlaceId("south")
CHECK_UP, FIRST_VISIT = VisitTypeId("check-up"), VisitTypeId("first-visit")
DOCUMENT = b"%PDF-1.7 of nobody"


@frozen(kw_only=True)
class Clinic:
    """Who and what is in it now; every patient's password is ``PASSWORD``.

    Attributes:
        ada: a patient who has a bit of everything that follows.
        ben: a patient who can log in and has nothing yet.
        invited: a patient who hasn't activated.
        invitation: what the link ends with that was mailed to them.
        fulfilled: Ada's visit that took place; more weeks ago than the ones that follow.
        missed: her visit to which she didn't come.
        cancelled: her visit that she gave up.
        ahead: her visits to come, at two providers, of two kinds; the earliest first.
        asked_for: the visit that she asks for, since no slot suits.
        superseded: her statement that a later one has replaced; a part of it is paid.
        current: her statement of now; a part of it is paid.
        medications: hers that are active; the first has no refills left, and the last can't be renewed on request.
        discontinued: the one that she doesn't take any more.
        refilled: her request for more of the second, which was approved and refilled.
        renewal: what she asks the prescriber for.
        answered: what she asked support for, and was answered.
        support: what she asks support for.
    """

    ada: Member
    ben: Member
    invited: PatientId
    invitation: str = field(repr=False)
    fulfilled: AppointmentId
    missed: AppointmentId
    cancelled: AppointmentId
    ahead: tuple[AppointmentId, ...]
    asked_for: AppointmentRequestId
    superseded: StatementId
    current: StatementId
    medications: tuple[MedicationId, ...]
    discontinued: MedicationId
    refilled: RenewalId
    renewal: RenewalId
    answered: SupportRequestId
    support: SupportRequestId


def clinic(of: Portal) -> Clinic:
    """Fills a portal's database with a small practice whose six weeks end at the portal's present.

    Nothing of it reaches the portal's notifier, nor a payment processor but a sandbox: what was mailed and charged then
    is over. Once for each database: the names are taken afterwards.

    Args:
        of: any portal, on any store, with any policy under which patients can activate with the password of the tests.

    >>> from patientportal.testing import PASSWORD, portal
    >>> with portal() as one:
    ...     me = one.log_in(clinic(one).ada.username, PASSWORD)
    ...     len(me.appointments.upcoming().items), str(me.statements.current().remaining)
    (2, '100.00 USD')
    """
    env = of._env  # noqa: SLF001 - the same portal at another time
    until, mailbox = env.now(), RecordingNotifier()
    clock = FrozenClock(until - OPEN_FOR)
    processor = env.payments if isinstance(env.payments, SandboxProcessor) else SandboxProcessor()
    given = asdict(env, recurse=False) | {"notifier": mailbox, "payments": processor, "clock": clock, "observe": None}
    return _Weeks(Portal(**given), mailbox, clock, until).pass_by()


class _Weeks:
    """Six weeks of a practice, one day after another."""

    def __init__(self, portal: Portal, mailbox: RecordingNotifier, clock: FrozenClock, until: datetime) -> None:
        self.portal, self.mailbox, self.clock, self.until = portal, mailbox, clock, until
        self.desk: PracticeAccess = desk(portal)
        self.zone: str = portal.policy.zone

    def pass_by(self) -> Clinic:
        """All of it, in the order in which it happened."""
        self._open()
        ada = activated(self.portal, self.mailbox, "ada")
        ben = activated(self.portal, self.mailbox, "ben", first_name="Ben", email="ben.byron@example.org")
        fulfilled = self._booked(ada, KING, CHECK_UP, after=self.clock() + DAY)
        missed = self._booked(ada, DORA, CHECK_UP, after=self.clock() + 8 * DAY)
        cancelled = self._booked(ada, KING, FIRST_VISIT, after=self.clock() + 15 * DAY)
        first, second, third, discontinued = self._prescribed(ada)
        self._go_to(self.desk.appointments.get(fulfilled).ends_at)
        self.desk.appointments.mark_fulfilled(fulfilled)
        self._go_to(self.desk.appointments.get(missed).ends_at)
        self.desk.appointments.mark_noshow(missed)
        me = self._as(ada)
        me.appointments.cancel(cancelled)
        me.log_off()
        superseded = self._billed(ada, "2001", balance="60.00", paid="20.00")
        self._go_to(self.until - 10 * DAY)
        self.desk.medications.discontinue(discontinued)
        refilled, answered = self._answered(ada, second)
        current = self._billed(ada, "2002", balance="145.50", paid="45.50")
        self._written(ada)
        self._go_to(self.until - DAY / 24)
        ahead = (
            self._booked(ada, KING, FIRST_VISIT, after=self.until + 2 * DAY),
            self._booked(ada, DORA, CHECK_UP, after=self.until + 9 * DAY),
        )
        carol, invitation = invited(self.portal, self.mailbox, first_name="Carol", email="carol.byron@example.org")
        me = self._as(ada)
        found = Clinic(
            ada=ada,
            ben=ben,
            invited=carol,
            invitation=invitation,
            fulfilled=fulfilled,
            missed=missed,
            cancelled=cancelled,
            ahead=ahead,
            asked_for=me.appointments.request("My knee", [self._next_weeks()]),
            superseded=superseded,
            current=current,
            medications=(first, second, third),
            discontinued=discontinued,
            refilled=refilled,
            renewal=me.medications.request_renewal(first, pharmacy="Corner Pharmacy"),
            answered=answered,
            support=me.support.ask("May my daughter see my visits?"),
        )
        me.log_off()
        self._go_to(self.until)
        return found

    def _open(self) -> None:
        today = day(self.clock(), self.zone)
        self.desk.visit_types.put(VisitType(id=CHECK_UP, name="Check-up", length=timedelta(minutes=30)))
        self.desk.visit_types.put(VisitType(id=FIRST_VISIT, name="First visit", length=timedelta(hours=1)))
        for place_id, place, provider_id, name in (
            (NORTH, "North Building", KING, "Dr William King"),
            (SOUTH, "South Building", DORA, "Dr Dora Winter"),
        ):
            self.desk.providers.put(Provider(id=provider_id, name=name))
            self.desk.schedule.publish(
                Place(id=place_id, name=place, zone=self.zone),
                "FREQ=WEEKLY;BYDAY=MO,TU,TH",
                opens=time(9),
                closes=time(11),
                visit_length=timedelta(minutes=30),
                first_day=today,
                last_day=today + OPEN_FOR + BOOKABLE_FOR,
                provider_id=provider_id,
            )

    def _booked(self, who: Member, provider_id: StaffId, kind: VisitTypeId, *, after: datetime) -> AppointmentId:
        found = self.desk.schedule.open_slots(
            provider_id=provider_id, visit_type_id=kind, after=after, before=after + 14 * DAY, limit=1
        )
        slot = found.items[0]
        return self.desk.appointments.book(who.patient_id, slot.slot_id, reason="A check-up", visit_type_id=kind)

    def _prescribed(self, who: Member) -> Iterator[MedicationId]:
        for name, dose, refills, is_renewable in (
            ("Lisinopril 10 MG Oral Tablet", "1 tablet", 0, True),
            ("Metformin 500 MG Oral Tablet", "2 tablets", 3, True),
            ("Zolpidem 5 MG Oral Tablet", "1 tablet", 0, False),
            ("Amoxicillin 500 MG Oral Capsule", "1 capsule", 0, True),
        ):
            yield self.desk.medications.record(
                who.patient_id,
                name=name,
                dose=dose,
                directions="Once a day",
                prescriber_id=KING,
                started_on=day(self.clock(), self.zone),
                refills_left=refills,
                is_renewable=is_renewable,
            )

    def _answered(self, who: Member, medication_id: MedicationId) -> tuple[RenewalId, SupportRequestId]:
        """A request for more of a medication that is refilled, and a question that is answered."""
        me = self._as(who)
        renewal_id = me.medications.request_renewal(medication_id, pharmacy="Corner Pharmacy", note="I travel soon.")
        request_id = me.support.ask("Are you open on Saturdays?")
        me.log_off()
        king = StaffMember(id=KING, name="Dr William King", roles=frozenset({Role.PROVIDER}))
        self.portal.practice(king).medications.approve_renewal(renewal_id, refills=1)
        self.desk.support.resolve(request_id, answer="Yes, from nine to noon.")
        return renewal_id, request_id

    def _billed(self, who: Member, number: str, *, balance: str, paid: str) -> StatementId:
        today = day(self.clock(), self.zone)
        statement_id = self.desk.statements.upload(
            who.patient_id,
            number=number,
            balance=Money.parse(balance, "USD"),
            issued_on=today,
            due_on=today + 30 * DAY,
            document=DOCUMENT,
            media_type="application/pdf",
        )
        me = self._as(who)
        me.statements.pay(statement_id, Money.parse(paid, "USD"), source=SandboxSource.APPROVE)
        me.log_off()
        return statement_id

    def _written(self, who: Member) -> None:
        """Two messages, of which the first is read."""
        for subject, body in (
            ("Your results", "Your blood count is as it should be."),
            ("Before your next visit", "Please come without breakfast."),
        ):
            self.desk.messages.send(who.patient_id, subject=subject, body=body)
        me = self._as(who)
        me.messages.get(next(one.message_id for one in me.messages.inbox().items if one.subject == "Your results"))
        me.log_off()

    def _next_weeks(self) -> Window:
        today = day(self.until, self.zone)
        return Window(first_day=today + 3 * DAY, last_day=today + 21 * DAY)

    def _as(self, who: Member) -> PatientAccess:
        return self.portal.log_in(who.username, who.password, device="phone")

    def _go_to(self, moment: datetime) -> None:
        """What waits is done, time passes, and what that makes due is done: no notice waits for weeks."""
        for later in (timedelta(0), moment - self.clock()):
            self.clock.advance(later)
            while self.portal.work() != Worked():
                pass
