"""Who looked and who was refused is kept: the practice sees all of it, the patient by person, day and area."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from patientportal import (
    BadInputError,
    HistoryEntry,
    Money,
    NotFoundError,
    NotPermittedError,
    OwnAccountError,
    PatientId,
    Portal,
    PracticeAccess,
    Provider,
    Role,
    StaffId,
    StaffMember,
)
from patientportal.testing import FrozenClock, Member

STATEMENT: dict[str, Any] = {
    "number": "2026-1",
    "balance": Money.parse("100.00", "USD"),
    "issued_on": date(2026, 1, 2),
    "due_on": date(2026, 3, 1),
    "document": b"%PDF",
    "media_type": "application/pdf",
}


def at_desk(portal: Portal, name: str, *roles: Role, patient_id: PatientId | None = None) -> PracticeAccess:
    member = StaffMember(id=StaffId(name), name=name, roles=frozenset(roles), patient_id=patient_id)
    return portal.practice(member)


def looks(entries: tuple[HistoryEntry, ...]) -> list[tuple[str | None, Role | None, str | None]]:
    return [(one.staff_id, one.role, one.verb) for one in entries if one.what == "record_viewed"]


def test_each_look_at_a_patient_is_kept_and_the_look_at_the_looks_too(usual: Portal, member: Member) -> None:
    susan, bill = at_desk(usual, "susan", Role.FRONT_DESK), at_desk(usual, "bill", Role.BILLING)
    susan.patients.get(member.patient_id)
    susan.patients.get(member.patient_id)
    bill.statements.payments(member.patient_id)
    found = at_desk(usual, "it", Role.SUPPORT).audit.of_patient(member.patient_id)
    assert looks(found.items) == [
        ("it", Role.SUPPORT, "audit.of_patient"),
        ("bill", Role.BILLING, "statements.payments"),
        ("susan", Role.FRONT_DESK, "patients.get"),
        ("susan", Role.FRONT_DESK, "patients.get"),
    ]


def test_a_patient_sees_who_looked_once_for_each_of_the_practice_s_days_and_each_area(
    usual: Portal, member: Member, clock: FrozenClock
) -> None:
    susan, bill = at_desk(usual, "susan", Role.FRONT_DESK), at_desk(usual, "bill", Role.BILLING)
    clock.advance(timedelta(days=1))
    for _ in range(2):  # at four and, twenty hours later, at midnight in New York
        susan.patients.get(member.patient_id)
        bill.patients.get(member.patient_id)
        susan.statements.payments(member.patient_id)
        susan.statements.of_patient(member.patient_id)
        clock.advance(timedelta(hours=20))
    me = usual.log_in(member.username, member.password)
    seen = me.account.history()
    assert (
        looks(seen.items)
        == [
            ("susan", Role.FRONT_DESK, "statements.of_patient"),
            ("bill", Role.BILLING, "patients.get"),
            ("susan", Role.FRONT_DESK, "patients.get"),
        ]
        * 2
    )
    assert looks(at_desk(usual, "it", Role.SUPPORT).audit.of_patient(member.patient_id).items[:1]) == [
        ("it", Role.SUPPORT, "audit.of_patient")
    ]


def test_who_looked_is_named_where_the_practice_wrote_down_a_provider(usual: Portal, member: Member) -> None:
    at_desk(usual, "susan", Role.FRONT_DESK).providers.put(Provider(id=StaffId("house"), name="Dr House"))
    for name, role in (("susan", Role.FRONT_DESK), ("house", Role.PROVIDER)):
        at_desk(usual, name, role).patients.get(member.patient_id)
    found = usual.log_in(member.username, member.password).account.history().items
    assert [one.staff_name for one in found if one.what == "record_viewed"] == ["Dr House", None]


def test_a_list_is_no_look_at_anybody(usual: Portal, member: Member) -> None:
    desk = at_desk(usual, "susan", *Role)
    desk.patients.find(last_name="Byron", date_of_birth=FrozenClock()().date())
    desk.support.open_requests()
    assert looks(desk.audit.of_patient(member.patient_id).items) == [("susan", Role.SUPPORT, "audit.of_patient")]


def test_who_looks_at_nobody_leaves_nothing(usual: Portal, member: Member) -> None:
    del member
    desk = at_desk(usual, "susan", *Role)
    for look in (desk.patients.get, desk.statements.payments, desk.audit.of_patient):
        with pytest.raises(NotFoundError):
            look(PatientId("nobody-here"))
    assert desk.audit.of_practice().items == ()


REFUSALS: dict[str, tuple[Callable[[PracticeAccess, Member], object], bool]] = {
    "support.unlock": (lambda desk, member: desk.support.unlock(member.patient_id), True),
    "statements.refund": (lambda desk, _: desk.statements.refund("p-1"), False),  # type: ignore[arg-type]
    "support.open_requests": (lambda desk, _: desk.support.open_requests(), False),
    "patients.invite": (lambda desk, _: desk.patients.invite(PatientId("nobody-here")), False),
}
"""What a provider may not do, and whether it names a patient whom there is."""


@pytest.mark.parametrize("verb", REFUSALS)
def test_what_staff_may_not_do_is_kept_before_they_are_told(usual: Portal, member: Member, verb: str) -> None:
    attempt, names_patient = REFUSALS[verb]
    house, support = at_desk(usual, "house", Role.PROVIDER), at_desk(usual, "it", Role.SUPPORT)
    with pytest.raises(NotPermittedError) as refusal:
        attempt(house, member)
    assert refusal.value.verb == verb
    about = support.audit.of_patient(member.patient_id) if names_patient else support.audit.of_practice()
    found = [(one.staff_id, one.role, one.verb) for one in about.items if one.what == "staff_refused"]
    assert found == [("house", None, verb)]


def test_who_may_not_open_their_own_account_is_kept_with_it(usual: Portal, member: Member) -> None:
    ada = at_desk(usual, "ada", Role.SUPPORT, patient_id=member.patient_id)
    with pytest.raises(OwnAccountError):
        ada.support.unlock(member.patient_id)
    found = usual.log_in(member.username, member.password).account.history().items
    assert [(one.what, one.staff_id, one.verb) for one in found if one.what == "staff_refused"] == [
        ("staff_refused", "ada", "support.unlock")
    ]


@pytest.mark.parametrize("role", Role)
def test_may_says_what_the_table_says(usual: Portal, role: Role) -> None:
    desk = at_desk(usual, "sam", role)
    assert desk.may("statements.conclude") is (role is Role.BILLING)
    assert desk.may("patients.get")


@pytest.mark.parametrize("verb", ["statements.steal", "", "patients", "PATIENTS.GET"])
def test_may_knows_no_other_verbs(usual: Portal, verb: str) -> None:
    with pytest.raises(BadInputError, match=r"^bad_input: verb: unknown$"):
        at_desk(usual, "sam", Role.SUPPORT).may(verb)


def test_a_verb_is_text(usual: Portal) -> None:
    with pytest.raises(TypeError, match=r"^verb must be str, not int$"):
        at_desk(usual, "sam", Role.SUPPORT).may(3)  # type: ignore[arg-type]


def test_the_desk_reads_back_what_a_patient_has_with_the_ids_that_its_verbs_want(usual: Portal, member: Member) -> None:
    desk = at_desk(usual, "house", Role.PROVIDER, Role.FRONT_DESK)
    medication_id = desk.medications.record(
        member.patient_id, name="Aspirin", started_on=date(2026, 1, 5), refills_left=1
    )
    message_id = desk.messages.send(member.patient_id, subject="Hello", body="Hello.")
    statement_id = desk.statements.upload(member.patient_id, **STATEMENT)
    (medication,) = desk.medications.of_patient(member.patient_id).items
    desk.medications.discontinue(medication.medication_id)
    (message,) = desk.messages.of_patient(member.patient_id).items
    (statement,) = desk.statements.of_patient(member.patient_id).items
    assert (medication.medication_id, message.message_id, message.read_at) == (medication_id, message_id, None)
    assert (statement.statement_id, str(statement.remaining)) == (statement_id, "100.00 USD")
    found = at_desk(usual, "it", Role.SUPPORT).audit.of_patient(member.patient_id).items
    assert [verb for _, _, verb in looks(found)[1:]] == [
        "statements.of_patient",
        "messages.of_patient",
        "medications.of_patient",
    ]
