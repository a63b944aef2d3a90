"""A patient is told as they chose: by text message, by mail or not at all; a phone at night waits for the morning."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest

from patientportal import (
    Answer,
    Channel,
    Message,
    NoticeKind,
    NoticePolicy,
    PatientAccess,
    PatientDetails,
    Place,
    Policy,
    Portal,
    Profile,
    RecordingNotifier,
    SessionEndedError,
    StaffId,
    TextsNotOfferedError,
    Worked,
)
from patientportal.testing import FrozenClock, Member, desk, person

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TEXTING = Policy(zone="UTC", notices=NoticePolicy(texts=True, calling_code="1"))
NUMBER = "+13175550123"


class ByChannel(RecordingNotifier):
    """Answers each channel in its own way."""

    def __init__(self) -> None:
        super().__init__()
        self.says = {Channel.EMAIL: Answer.SENT, Channel.TEXT: Answer.SENT}

    def send(self, message: Message) -> Answer:
        super().send(message)
        return self.says[message.channel]


@pytest.fixture
def notifier() -> ByChannel:
    return ByChannel()


@pytest.fixture
def texting(portal_with: Callable[..., Portal]) -> Portal:
    return portal_with(policy=TEXTING)


@pytest.fixture
def me(texting: Portal, member: Member, notifier: ByChannel) -> PatientAccess:
    """Somebody with a phone, who has been told all that was due."""
    desk(texting).patients.correct(member.patient_id, person(phone="(317) 555-0123"))
    texting.work()
    notifier.messages.clear()
    return texting.log_in(member.username, member.password)


def write(portal: Portal, me: PatientAccess) -> None:
    desk(portal).messages.send(me.patient_id, subject="Hello", body="Hello.")


def sent(notifier: ByChannel) -> list[tuple[Channel, str | None, str | None]]:
    return [(one.channel, one.to_email, one.to_phone) for one in notifier.messages]


def shown(seen: Profile | PatientDetails) -> dict[str, Channel]:
    return {one.kind: one.channel for one in seen.notices}


BY_TEXT = (Channel.TEXT, None, NUMBER)
BY_MAIL = (Channel.EMAIL, "ada.byron@example.org", None)


@pytest.mark.parametrize(
    ("choice", "expected"), [(Channel.TEXT, [BY_TEXT]), (Channel.EMAIL, [BY_MAIL]), (Channel.NONE, [])]
)
def test_a_patient_is_told_as_they_chose(
    texting: Portal, me: PatientAccess, notifier: ByChannel, choice: Channel, expected: Any
) -> None:
    me.account.set_notices({NoticeKind.NEW_MESSAGE: choice})
    write(texting, me)
    assert texting.work() == Worked(sent=len(expected))
    assert sent(notifier) == expected
    assert {one.patient_id for one in notifier.messages} <= {me.patient_id}
    assert texting.health().oldest_waiting is None
    assert not desk(texting).audit.undelivered().items


def test_what_protects_the_account_is_mailed_whatever_was_chosen(
    texting: Portal, me: PatientAccess, member: Member, notifier: ByChannel
) -> None:
    me.account.set_notices(dict.fromkeys(shown(me.account.profile()), Channel.TEXT))
    me.account.change_password(member.password, "amber lantern 77 drifts")
    texting.work()
    assert sent(notifier) == [BY_MAIL]


def test_the_patient_and_the_desk_see_what_was_chosen_and_where_it_goes(texting: Portal, me: PatientAccess) -> None:
    before = shown(me.account.profile())
    assert set(before.values()) == {Channel.EMAIL}
    me.account.set_notices({"new_message": "text", "statement_available": "none"})
    me.account.set_notices({NoticeKind.NEW_MESSAGE: Channel.TEXT})
    expected = before | {NoticeKind.NEW_MESSAGE: Channel.TEXT, NoticeKind.STATEMENT_AVAILABLE: Channel.NONE}
    for seen in (me.account.profile(), desk(texting).patients.get(me.patient_id)):
        assert (shown(seen), seen.texts_to) == (expected, NUMBER)
        assert NUMBER not in repr(seen)
    assert [one.what for one in me.account.history().items if "chosen" in one.what] == ["notices_chosen"]
    me.log_off()
    with pytest.raises(SessionEndedError):
        me.account.set_notices({NoticeKind.NEW_MESSAGE: Channel.EMAIL})


def test_where_the_practice_sends_no_texts_nobody_chooses_them_and_whoever_did_is_mailed(
    usual: Portal, texting: Portal, me: PatientAccess, member: Member, notifier: ByChannel
) -> None:
    me.account.set_notices({NoticeKind.NEW_MESSAGE: Channel.TEXT})
    here = usual.log_in(member.username, member.password)
    with pytest.raises(TextsNotOfferedError):
        here.account.set_notices({NoticeKind.REQUEST_CLOSED: Channel.TEXT})
    assert here.account.profile().texts_to is None
    write(texting, me)
    usual.work()
    assert sent(notifier) == [BY_MAIL]


def test_who_has_no_usable_phone_is_mailed(texting: Portal, me: PatientAccess, notifier: ByChannel) -> None:
    me.account.set_notices({NoticeKind.NEW_MESSAGE: Channel.TEXT})
    desk(texting).patients.correct(me.patient_id, person(phone="555-0123"))
    write(texting, me)
    assert texting.work() == Worked(sent=2)
    assert sent(notifier) == [BY_MAIL, BY_MAIL]


def test_a_number_that_gets_no_texts_is_mailed_and_staff_see_what_neither_takes(
    texting: Portal, me: PatientAccess, notifier: ByChannel
) -> None:
    me.account.set_notices({NoticeKind.NEW_MESSAGE: Channel.TEXT})
    write(texting, me)
    notifier.says = dict.fromkeys(notifier.says, Answer.NEVER)
    assert texting.work() == Worked(postponed=1, given_up=1)
    assert sent(notifier) == [BY_TEXT, BY_MAIL]
    (seen,) = desk(texting).audit.undelivered().items
    assert seen.kind is NoticeKind.NEW_MESSAGE
    notifier.says = dict.fromkeys(notifier.says, Answer.SENT)
    desk(texting).audit.deliver_again(seen.delivery_id)
    texting.work()
    assert sent(notifier)[2:] == [BY_TEXT]


def test_a_text_waits_for_the_morning_and_a_mail_does_not(
    texting: Portal, me: PatientAccess, member: Member, notifier: ByChannel, clock: FrozenClock
) -> None:
    me.account.set_notices({NoticeKind.NEW_MESSAGE: Channel.TEXT})
    clock.advance(12 * HOUR)  # it is nine in the evening
    write(texting, me)
    again = texting.log_in(member.username, member.password)
    again.account.change_password(member.password, "amber lantern 77 drifts")
    assert texting.work() == Worked(sent=1, postponed=1)
    assert sent(notifier) == [BY_MAIL]
    clock.advance(11 * HOUR - MINUTE)
    assert texting.work().sent == 0
    clock.advance(MINUTE)
    assert texting.work().sent == 1
    assert sent(notifier) == [BY_MAIL, BY_TEXT]


def test_at_night_a_visit_that_begins_before_the_morning_is_told_at_once(
    texting: Portal, me: PatientAccess, notifier: ByChannel, clock: FrozenClock
) -> None:
    me.account.set_notices({NoticeKind.VISIT_BOOKED: Channel.TEXT, NoticeKind.VISIT_CANCELLED: Channel.TEXT})
    place = Place(id="north", name="North", zone="UTC")
    desk(texting).schedule.publish(
        place,
        "FREQ=DAILY",
        opens=time(7),
        closes=time(10),
        visit_length=HOUR,
        provider_id=StaffId("dora"),
        first_day=date(2026, 1, 6),
        last_day=date(2026, 1, 6),
    )
    early, _, late = (me.appointments.book(one.slot_id) for one in me.appointments.open_slots().items)
    texting.work()
    notifier.messages.clear()
    clock.advance(13 * HOUR)
    for visit in (late, early):
        desk(texting).appointments.cancel(visit, "Dora is ill")
    assert texting.work() == Worked(sent=1, postponed=1)
    (told,) = notifier.messages
    assert told.visit_at is not None
    assert (told.channel, told.visit_at.hour) == (Channel.TEXT, 7)


@pytest.mark.parametrize("shut", [Channel.EMAIL, Channel.TEXT])
def test_a_channel_that_is_shut_holds_up_no_other(
    texting: Portal, me: PatientAccess, notifier: ByChannel, clock: FrozenClock, shut: Channel
) -> None:
    me.account.set_notices({NoticeKind.NEW_MESSAGE: Channel.TEXT})
    for _ in range(3):
        write(texting, me)
        desk(texting).support.send_password_reset(me.patient_id)
    notifier.says[shut] = Answer.UNREACHED
    worked = texting.work()
    assert [one.channel for one in notifier.messages].count(shut) == 1  # asked once in a round
    assert worked == Worked(sent=worked.sent, postponed=worked.postponed)
    assert worked.sent >= 1
    notifier.says[shut] = Answer.SENT
    clock.advance(MINUTE)
    texting.work()
    assert texting.health().oldest_waiting is None


def test_where_every_channel_is_shut_a_round_ends(texting: Portal, me: PatientAccess, notifier: ByChannel) -> None:
    me.account.set_notices({NoticeKind.NEW_MESSAGE: Channel.TEXT})
    notifier.says = dict.fromkeys(notifier.says, Answer.UNREACHED)
    for _ in range(3):
        write(texting, me)
        desk(texting).support.send_password_reset(me.patient_id)
    texting.work()
    assert sorted(one.channel for one in notifier.messages) == [Channel.EMAIL, Channel.TEXT]
