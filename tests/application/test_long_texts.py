"""The longest texts of the widest letters, and addresses and phones of every sort, are kept and found on each store."""

import random
from datetime import date, timedelta

import pytest

from patientportal import BadInputError, Portal, PracticeAccess, RecordingNotifier, Role, StaffMember
from patientportal.domain.ids import StaffId
from patientportal.testing import PASSWORD, FrozenClock, Member, activated, desk, person

LETTERS = random.Random(4711)  # noqa: S311 - no secrets


def longest(count: int) -> str:
    """Letters of four bytes in no order that a database could compress."""
    return "".join(chr(LETTERS.randrange(0x20000, 0x2A000)) for _ in range(count))


def test_the_longest_medication_and_the_longest_message_are_kept_whole(
    practice: PracticeAccess, usual: Portal, member: Member
) -> None:
    name, dose, directions, body = longest(1000), longest(1000), longest(4000), longest(10_000)
    practice.medications.record(
        member.patient_id, name=name, dose=dose, directions=directions, started_on=date(2026, 1, 5), refills_left=0
    )
    practice.messages.send(member.patient_id, subject=longest(200), body=body)
    me = usual.log_in(member.username, PASSWORD)
    (taken,) = me.medications.active().items
    assert (taken.name, taken.dose, taken.directions) == (name, dose, directions)
    (message,) = me.messages.inbox().items
    assert me.messages.get(message.message_id).body == body


def test_staff_with_the_longest_ids_prescribe_cover_and_are_found(
    usual: Portal, member: Member, clock: FrozenClock
) -> None:
    one, other = (StaffMember(id=StaffId(longest(255)), name=longest(200), roles=frozenset(Role)) for _ in range(2))
    usual.practice(one).medications.record(
        member.patient_id, name="Lisinopril", started_on=date(2026, 1, 5), refills_left=0
    )
    usual.practice(one).medications.cover(one.id, other.id, clock() + timedelta(days=3))
    me = usual.log_in(member.username, PASSWORD)
    (taken,) = me.medications.active().items
    me.medications.request_renewal(taken.medication_id)
    assert len(usual.practice(other).medications.pending_renewals().items) == 1


def test_a_person_of_any_script_is_registered_invited_and_changed(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier
) -> None:
    joined = activated(
        usual,
        notifier,
        first_name="\u05d3\u05d1\u05d5\u05e8\u05d4\u200f",
        last_name="\u200e\u05db\u05d4\u05df",
        email="\u0930\u093e\u092e@\u0921\u093e\u091f\u093e\u092e\u0947\u0932.\u092d\u093e\u0930\u0924",
        phone="(+\u0664\u0664) \u0662\u0660 7946\u20110958 ext. 12",
    )
    kept = desk(usual).patients.get(joined.patient_id).personal
    assert (kept.first_name, kept.last_name) == ("\u05d3\u05d1\u05d5\u05e8\u05d4", "\u05db\u05d4\u05df")
    assert kept.phone == "+44 20 7946-0958 x12"
    assert notifier.messages[-1].to_email == kept.email
    with pytest.raises(BadInputError, match="unchanged"):
        usual.log_in(joined.username, PASSWORD).account.change_email(
            PASSWORD, "\u0930\u093e\u092e@xn--c2bd4bq1db8d.xn--h2brj9c"
        )
    practice.patients.change_email(joined.patient_id, "ram@xn--h2brj9c")
    assert person(email="ram@xn--h2brj9c").email == practice.patients.get(joined.patient_id).personal.email
