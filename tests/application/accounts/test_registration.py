"""The practice's side: who may do what, and what becomes of a patient."""

import inspect
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from patientportal import (
    AccountEndReason,
    AppointmentId,
    AppointmentRequestId,
    BadInputError,
    DeliveryId,
    NotFoundError,
    NotPermittedError,
    PatientInactiveError,
    Place,
    PlaceId,
    Portal,
    PortalError,
    PracticeAccess,
    Provider,
    RecordingNotifier,
    RetractionReason,
    Role,
    SlotId,
    StaffId,
    StaffMember,
    VisitType,
    VisitTypeId,
    WrongCredentialsError,
)
from patientportal.domain.ids import MedicationId, MessageId, RenewalId, SupportRequestId
from patientportal.domain.staff import PERMITTED
from patientportal.testing import FrozenClock, Member, activated, person
from tests.application.accounts.verbs_of_money import NO_SUCH_MONEY, OF_MONEY

Contents = Callable[[], dict[str, set[Any]]]
BORN = date(1980, 12, 10)
SAM = StaffId("staff-7")
NEXT_WEEK = FrozenClock()() + timedelta(days=7)
NOON, HOUR = datetime(2026, 1, 5, 12, tzinfo=UTC), timedelta(hours=1)
DORA = StaffId("dora")
NORTH = Place(id=PlaceId("north"), name="North Building", zone="America/New_York")
OF_NO_PATIENT = {
    *(
        "patients.register",
        "patients.find",
        "patients.all",
        "support.open_requests",
        "audit.undelivered",
        "appointments.requests",
    ),
    *("schedule.publish", "schedule.withdraw", "schedule.open_slots", "appointments.of_day"),
    *(f"{desk}.{verb}" for desk in ("providers", "places", "visit_types") for verb in ("put", "all")),
    *("medications.cover", "medications.covers", "medications.reassign"),
    *("medications.pending_renewals", "medications.unfilled_renewals"),
    *("statements.unclear", "statements.unclear_refunds", "audit.of_practice"),
}
"""What names no patient, nor anything of a patient's."""

NOTHING_THERE = {
    *("messages.retract", "messages.get", "support.get", "appointments.get_request"),
    *("support.resolve", "appointments.schedule_request", "appointments.decline_request"),
    *("appointments.cancel", "appointments.mark_fulfilled", "appointments.mark_noshow"),
    *("appointments.mark_arrived", "appointments.unmark_arrived"),
    *("appointments.book", "appointments.reschedule", "appointments.get"),
    *("medications.get", "medications.renewal", "medications.correct"),
    *("medications.discontinue", "medications.mark_refilled"),
    *("medications.approve_renewal", "medications.deny_renewal"),
    *NO_SUCH_MONEY,
    *("audit.deliver_again", "audit.dismiss"),
}
"""What isn't done although the role permits it, because a patient's id is nothing that it could be done to."""


def publish(desk: PracticeAccess) -> None:
    desk.schedule.publish(
        NORTH,
        "FREQ=WEEKLY;BYDAY=MO",
        opens=time(9),
        closes=time(10),
        visit_length=HOUR,
        first_day=NOON.date(),
        last_day=NOON.date(),
        provider_id=DORA,
    )


VERBS: dict[str, Callable[[PracticeAccess, Member], object]] = {
    "patients.register": lambda desk, _: desk.patients.register(person()),
    "patients.get": lambda desk, member: desk.patients.get(member.patient_id),
    "patients.find": lambda desk, _: desk.patients.find(last_name="Byron", date_of_birth=BORN),
    "patients.all": lambda desk, _: desk.patients.all(),
    "patients.correct": lambda desk, member: desk.patients.correct(member.patient_id, person(last_name="King")),
    "patients.invite": lambda desk, member: desk.patients.invite(member.patient_id),
    "patients.change_email": lambda desk, member: desk.patients.change_email(member.patient_id, "new@example.org"),
    "patients.print_invitation": lambda desk, member: desk.patients.print_invitation(member.patient_id),
    "patients.end_account": lambda desk, member: desk.patients.end_account(
        member.patient_id, email="ada@example.org", reason=AccountEndReason.PATIENT_ASKED
    ),
    "patients.deactivate": lambda desk, member: desk.patients.deactivate(member.patient_id),
    "patients.reactivate": lambda desk, member: desk.patients.reactivate(member.patient_id),
    "medications.record": lambda desk, member: desk.medications.record(
        member.patient_id, name="Aspirin", started_on=BORN, refills_left=1
    ),
    "medications.discontinue": lambda desk, member: desk.medications.discontinue(MedicationId(member.patient_id)),
    "medications.cover": lambda desk, _: desk.medications.cover(SAM, StaffId("staff-8"), NEXT_WEEK),
    "medications.covers": lambda desk, _: desk.medications.covers(),
    "medications.reassign": lambda desk, _: desk.medications.reassign(SAM, to=StaffId("staff-8")),
    "medications.get": lambda desk, member: desk.medications.get(MedicationId(member.patient_id)),
    "medications.correct": lambda desk, member: desk.medications.correct(
        MedicationId(member.patient_id), refills_left=1
    ),
    "medications.renewals": lambda desk, member: desk.medications.renewals(member.patient_id),
    "medications.renewal": lambda desk, member: desk.medications.renewal(RenewalId(member.patient_id)),
    "medications.pending_renewals": lambda desk, _: desk.medications.pending_renewals(),
    "medications.unfilled_renewals": lambda desk, _: desk.medications.unfilled_renewals(),
    "medications.approve_renewal": lambda desk, member: desk.medications.approve_renewal(
        RenewalId(member.patient_id), refills=1
    ),
    "medications.deny_renewal": lambda desk, member: desk.medications.deny_renewal(RenewalId(member.patient_id), "No."),
    "medications.mark_refilled": lambda desk, member: desk.medications.mark_refilled(RenewalId(member.patient_id)),
    **OF_MONEY,
    "messages.send": lambda desk, member: desk.messages.send(member.patient_id, subject="Hello", body="Hello."),
    "messages.of_patient": lambda desk, member: desk.messages.of_patient(member.patient_id),
    "messages.retract": lambda desk, member: desk.messages.retract(
        MessageId(member.patient_id), RetractionReason.OTHER
    ),
    "messages.get": lambda desk, member: desk.messages.get(MessageId(member.patient_id)),
    "medications.of_patient": lambda desk, member: desk.medications.of_patient(member.patient_id),
    "schedule.publish": lambda desk, _: publish(desk),
    "schedule.open_slots": lambda desk, _: desk.schedule.open_slots(),
    "providers.put": lambda desk, _: desk.providers.put(Provider(id=DORA, name="Dora")),
    "providers.all": lambda desk, _: desk.providers.all(),
    "places.put": lambda desk, _: desk.places.put(NORTH),
    "places.all": lambda desk, _: desk.places.all(),
    "visit_types.put": lambda desk, _: desk.visit_types.put(VisitType(id=VisitTypeId("new"), name="New", length=HOUR)),
    "visit_types.all": lambda desk, _: desk.visit_types.all(),
    "schedule.withdraw": lambda desk, _: desk.schedule.withdraw(after=NOON, before=NOON + HOUR, provider_id=DORA),
    "appointments.book": lambda desk, member: desk.appointments.book(member.patient_id, SlotId("no-slot")),
    "appointments.reschedule": lambda desk, member: desk.appointments.reschedule(
        AppointmentId(member.patient_id), SlotId("no-slot")
    ),
    "appointments.get": lambda desk, member: desk.appointments.get(AppointmentId(member.patient_id)),
    "appointments.of_patient": lambda desk, member: desk.appointments.of_patient(member.patient_id),
    "appointments.of_day": lambda desk, _: desk.appointments.of_day(DORA, NOON.date()),
    "appointments.requests": lambda desk, _: desk.appointments.requests(),
    "appointments.get_request": lambda desk, member: desk.appointments.get_request(
        AppointmentRequestId(member.patient_id)
    ),
    "appointments.schedule_request": lambda desk, member: desk.appointments.schedule_request(
        AppointmentRequestId(member.patient_id), SlotId("no-slot")
    ),
    "appointments.decline_request": lambda desk, member: desk.appointments.decline_request(
        AppointmentRequestId(member.patient_id), "No"
    ),
    "appointments.cancel": lambda desk, member: desk.appointments.cancel(AppointmentId(member.patient_id), "Ill"),
    "appointments.mark_fulfilled": lambda desk, member: desk.appointments.mark_fulfilled(
        AppointmentId(member.patient_id)
    ),
    "appointments.mark_noshow": lambda desk, member: desk.appointments.mark_noshow(AppointmentId(member.patient_id)),
    "appointments.mark_arrived": lambda desk, member: desk.appointments.mark_arrived(AppointmentId(member.patient_id)),
    "appointments.unmark_arrived": lambda desk, member: desk.appointments.unmark_arrived(
        AppointmentId(member.patient_id)
    ),
    "support.unlock": lambda desk, member: desk.support.unlock(member.patient_id),
    "support.send_password_reset": lambda desk, member: desk.support.send_password_reset(member.patient_id),
    "support.print_password_reset": lambda desk, member: desk.support.print_password_reset(member.patient_id),
    "support.open_requests": lambda desk, _: desk.support.open_requests(),
    "support.of_patient": lambda desk, member: desk.support.of_patient(member.patient_id),
    "support.get": lambda desk, member: desk.support.get(SupportRequestId(member.patient_id)),
    "support.resolve": lambda desk, member: desk.support.resolve(SupportRequestId(member.patient_id)),
    "audit.of_patient": lambda desk, member: desk.audit.of_patient(member.patient_id),
    "audit.of_practice": lambda desk, _: desk.audit.of_practice(),
    "audit.undelivered": lambda desk, _: desk.audit.undelivered(),
    "audit.deliver_again": lambda desk, member: desk.audit.deliver_again(DeliveryId(member.patient_id)),
    "audit.dismiss": lambda desk, member: desk.audit.dismiss(DeliveryId(member.patient_id)),
}


INVITES = ("patients.invite", "patients.print_invitation")


def staff(*roles: Role) -> StaffMember:
    return StaffMember(id=SAM, name="Sam Staff", roles=frozenset(roles))


def public_methods(thing: object) -> set[str]:
    return {name for name, _ in inspect.getmembers(thing, inspect.ismethod) if not name.startswith("_")}


def test_every_public_method_of_the_desks_stands_in_the_table_and_nothing_else_does(practice: PracticeAccess) -> None:
    desks = {name: value for name, value in vars(practice).items() if not name.startswith("_")}
    methods = {f"{name}.{method}" for name, value in desks.items() for method in public_methods(value)}
    assert methods == {verb.partition("(")[0] for verb in PERMITTED}, "with what stands in brackets"
    assert set(PERMITTED) == set(VERBS)
    assert public_methods(practice) == {"may"}


def answer(call: Callable[[], object]) -> str:
    try:
        call()
    except PortalError as refusal:
        return refusal.code
    return "done"


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("verb", VERBS)
def test_a_role_may_do_what_the_table_says_and_nothing_else(
    usual: Portal, member: Member, contents: Contents, verb: str, role: Role
) -> None:
    before = contents()
    answered = answer(lambda: VERBS[verb](usual.practice(staff(role)), member))
    if role in PERMITTED[verb]:
        expected = dict.fromkeys(INVITES, "already_activated") | dict.fromkeys(NOTHING_THERE, "not_found")
        assert answered == expected.get(verb, "done")
    else:
        assert answered == "not_permitted"
        assert contents() == before


def test_who_is_not_permitted_learns_nothing_of_a_patient(usual: Portal, member: Member) -> None:
    desk = usual.practice(staff(Role.PROVIDER))
    answers = set()
    for patient_id in (member.patient_id, "nobody", "no such id!"):
        with pytest.raises(NotPermittedError) as refusal:
            desk.support.unlock(patient_id)  # type: ignore[arg-type] # as a careless host would
        answers.add(refusal.value.args)
    assert len(answers) == 1


def test_several_roles_permit_what_any_of_them_does(usual: Portal, member: Member) -> None:
    usual.practice(staff(Role.PROVIDER, Role.SUPPORT)).support.unlock(member.patient_id)


def test_what_staff_did_is_recorded_with_who_they_are_and_the_role_that_permitted_it(
    usual: Portal, member: Member, contents: Contents
) -> None:
    before = contents()["events"]
    usual.practice(staff(Role.PROVIDER, Role.FRONT_DESK)).patients.deactivate(member.patient_id)
    (recorded,) = contents()["events"] - before
    assert (recorded.by.kind.value, recorded.by.id, recorded.by.role) == ("staff", "staff-7", Role.FRONT_DESK)
    assert recorded.patient_id == member.patient_id


def test_get_shows_what_the_practice_knows(practice: PracticeAccess, member: Member) -> None:
    details = practice.patients.get(member.patient_id)
    assert details.personal == person()
    assert (details.is_active, details.has_account, details.is_locked) == (True, True, False)
    practice.patients.deactivate(member.patient_id)
    assert not practice.patients.get(member.patient_id).is_active


@pytest.mark.parametrize("last_name", ["Byron", "BYRON", " byron ", "B\u00fdron", "By-ron", "\uff22yron"])
def test_find_overlooks_case_accents_and_punctuation(practice: PracticeAccess, member: Member, last_name: str) -> None:
    found = practice.patients.find(last_name=last_name, date_of_birth=BORN)
    assert [details.patient_id for details in found] == [member.patient_id]


@pytest.mark.usefixtures("member")
def test_find_needs_both_the_name_and_the_day(practice: PracticeAccess) -> None:
    assert practice.patients.find(last_name="Byro", date_of_birth=BORN) == ()
    assert practice.patients.find(last_name="Byron", date_of_birth=BORN + timedelta(days=1)) == ()


def test_find_gives_everybody_who_fits_by_id(practice: PracticeAccess, member: Member) -> None:
    twin = practice.patients.register(person(first_name="Allegra"))
    found = practice.patients.find(last_name="Byron", date_of_birth=BORN)
    assert [details.patient_id for details in found] == sorted([member.patient_id, twin])


@pytest.mark.parametrize("verb", sorted(VERBS.keys() - OF_NO_PATIENT))
@pytest.mark.parametrize("patient_id", ["nobody", "", "x" * 65, "a.b", "\0", "\ud800"])
def test_an_id_that_is_nobodys_is_not_found(practice: PracticeAccess, verb: str, patient_id: str) -> None:
    nobody = Member(patient_id=patient_id, username="", password="")  # type: ignore[arg-type] # as a careless host would
    with pytest.raises(NotFoundError) as refusal:
        VERBS[verb](practice, nobody)
    assert refusal.value.what in {
        *("patient", "account", "support_request", "appointment", "appointment_request", "slot"),
        *("medication", "renewal", "statement", "payment", "refund", "delivery", "message"),
    }


def test_a_deactivated_patient_does_not_get_in_until_reactivated(
    usual: Portal, practice: PracticeAccess, member: Member
) -> None:
    practice.patients.deactivate(member.patient_id)
    with pytest.raises(WrongCredentialsError):
        usual.log_in(member.username, member.password)
    practice.patients.reactivate(member.patient_id)
    assert usual.log_in(member.username, member.password).patient_id == member.patient_id


def test_a_lock_stays_a_lock_through_deactivation(usual: Portal, practice: PracticeAccess, member: Member) -> None:
    for _ in range(4):
        with pytest.raises(WrongCredentialsError):
            usual.log_in(member.username, "not the password 0")
    practice.patients.deactivate(member.patient_id)
    practice.patients.reactivate(member.patient_id)
    assert practice.patients.get(member.patient_id).is_locked


@pytest.mark.parametrize("verb", ["patients.deactivate", "patients.reactivate", "support.unlock"])
def test_a_second_time_changes_nothing(practice: PracticeAccess, member: Member, contents: Contents, verb: str) -> None:
    VERBS[verb](practice, member)
    before = contents()
    VERBS[verb](practice, member)
    assert contents() == before


def test_a_deactivated_patient_is_not_invited(practice: PracticeAccess, contents: Contents) -> None:
    patient_id = practice.patients.register(person())
    practice.patients.deactivate(patient_id)
    before = contents()
    with pytest.raises(PatientInactiveError):
        practice.patients.invite(patient_id)
    assert contents() == before


def test_two_patients_may_share_an_address(usual: Portal, notifier: RecordingNotifier, member: Member) -> None:
    other = activated(usual, notifier, "other.one", first_name="Allegra")
    assert other.patient_id != member.patient_id


def test_nobody_is_registered_who_is_born_after_today_anywhere_on_earth(
    practice: PracticeAccess, clock: FrozenClock, contents: Contents
) -> None:
    today_somewhere = (clock() + timedelta(hours=14)).date()
    practice.patients.register(person(date_of_birth=today_somewhere))
    before = contents()
    with pytest.raises(BadInputError) as refusal:
        practice.patients.register(person(date_of_birth=today_somewhere + timedelta(days=1)))
    assert (refusal.value.field, refusal.value.problem) == ("date_of_birth", "in_future")
    assert contents() == before
