"""People without an address, with one name, or born on a day that is known in part: registered, found and told."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from patientportal import (
    BirthDateUnknownError,
    DeliveryStatus,
    NoticeKind,
    PartialDate,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    testing,
)
from patientportal.testing import ANSWERS, PASSWORD, Member, activated, person

Contents = Callable[[], dict[str, set[Any]]]
BORN: dict[str, date | PartialDate | None] = {
    "year": PartialDate(1974),
    "month": PartialDate(1974, 3),
    "day": date(1974, 3, 2),
    "later": date(1974, 12, 31),
    "unknown": None,
}


def test_who_has_no_address_is_in_the_phone_list_and_no_alarm_is_raised(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier
) -> None:
    patient_id = practice.patients.register(person(email=None, phone="317 555 0100"))
    usual.work()
    assert notifier.messages == []
    (seen,) = practice.audit.undelivered().items
    assert practice.audit.undelivered(reason=DeliveryStatus.UNREACHABLE).items == (seen,)
    assert (seen.patient_id, seen.kind) == (patient_id, NoticeKind.INVITATION)
    assert seen.reason is DeliveryStatus.UNREACHABLE
    assert practice.audit.undelivered(reason=DeliveryStatus.DEAD).items == ()
    assert not usual.health().has_undelivered
    practice.audit.dismiss(seen.delivery_id)
    assert practice.audit.undelivered().items == ()


def test_who_is_given_an_address_can_be_invited_there(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier
) -> None:
    patient_id = practice.patients.register(person(email=None))
    usual.work()
    practice.patients.change_email(patient_id, "ada@example.org")
    practice.patients.invite(patient_id)
    usual.work()
    assert [message.to_email for message in notifier.messages] == ["ada@example.org"]
    assert practice.patients.get(patient_id).personal.email == "ada@example.org"


def test_one_name_is_found_greeted_and_recovered(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier
) -> None:
    member = activated(usual, notifier, first_name="Suharto", last_name="")
    assert {message.to_name for message in notifier.messages} == {"Suharto"}
    for found in (practice.patients.find(last_name="suharto"), practice.patients.find(text="Suharto")):
        assert [one.patient_id for one in found] == [member.patient_id]
    either_way = [
        usual.recovery.forgot_username(person(first_name=first, last_name=last))
        for first, last in (("Suharto", ""), ("", "Suharto"))
    ]
    asked = [challenge.questions for challenge in either_way if challenge is not None]
    assert asked[0] == asked[1]


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        (PartialDate(1974), ["year", "month", "day", "later"]),
        (PartialDate(1974, 3), ["month", "day"]),
        (PartialDate(1974, 3, 2), ["day"]),
        (date(1974, 3, 2), ["day"]),
        (PartialDate(1974, 4), []),
        (PartialDate(1975), []),
    ],
)
def test_the_desk_finds_all_that_lies_in_what_it_knows(
    practice: PracticeAccess, sought: date | PartialDate, found: list[str]
) -> None:
    people = {practice.patients.register(person(date_of_birth=born)): name for name, born in BORN.items()}
    knowns: list[dict[str, Any]] = [{}, {"last_name": "Byron"}, {"last_name": "Byron", "text": "Ada"}]
    for known in knowns:
        details = practice.patients.find(date_of_birth=sought, **known)
        assert [people[one.patient_id] for one in details] == found
    assert len(practice.patients.find(last_name="Byron")) == len(BORN)


@pytest.mark.parametrize("born", [PartialDate(1980, 12), PartialDate(1980), None])
def test_who_is_born_on_a_day_not_known_whole_is_never_matched_by_recovery(
    usual: Portal, notifier: RecordingNotifier, contents: Contents, born: PartialDate | None
) -> None:
    desk = testing.desk(usual)
    patient_id = desk.patients.register(person(date_of_birth=born))
    usual.work()
    assert notifier.messages == []
    with pytest.raises(BirthDateUnknownError):
        desk.patients.invite(patient_id)
    code = desk.patients.print_invitation(patient_id).code
    usual.activate(code, username="countess", password=PASSWORD, security_answers=ANSWERS)
    assert contents()["recovery_names"] == set()
    usual.recovery.forgot_username(person(date_of_birth=born))


def test_a_day_known_whole_is_matched(usual: Portal, member: Member, contents: Contents) -> None:
    (name,) = contents()["recovery_names"]
    assert name.patient_id == member.patient_id
    del usual
