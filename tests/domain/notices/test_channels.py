"""Which way a notice goes, and when: as its patient wants it, never at night on a phone, by mail where a text can't."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.ids import DeliveryId, PatientId
from patientportal.domain.notice_policy import NoticePolicy
from patientportal.domain.notices import channels, notices
from patientportal.domain.notices.channels import Way
from patientportal.domain.notices.notices import Delivery
from patientportal.domain.patients.notice_choices import NoticeChoice, chosen
from patientportal.domain.patients.patients import PersonalRecord
from patientportal.domain.policy import Policy
from patientportal.domain.told import BY_CHOICE, Channel, NoticeKind
from patientportal.domain.values.quiet_hours import QuietHours
from patientportal.testing import person, strategies

NEW_YORK = ZoneInfo("America/New_York")
NIGHT = datetime(2026, 1, 12, 22, 0, tzinfo=NEW_YORK).astimezone(UTC)
MORNING = datetime(2026, 1, 13, 8, 0, tzinfo=NEW_YORK).astimezone(UTC)
HOUR = timedelta(hours=1)
TEXTING = Policy(zone="America/New_York", notices=NoticePolicy(texts=True, calling_code="1"))
NUMBER, EMAIL = "+12025550123", "ada@example.org"
DELIVERY = Delivery(
    id=DeliveryId("d-1"),
    patient_id=PatientId("ada"),
    kind=NoticeKind.NEW_MESSAGE,
    link_id=None,
    created_at=NIGHT,
    next_try_at=NIGHT,
)
BY_TEXT, BY_EMAIL = Way(channel=Channel.TEXT, to=NUMBER), Way(channel=Channel.EMAIL, to=EMAIL)


def record(channel: Channel = Channel.TEXT, *, phone: str | None = "(202) 555-0123") -> PersonalRecord:
    choices = tuple(NoticeChoice(kind=kind.value, channel=channel) for kind in NoticeKind)
    return PersonalRecord(patient_id=PatientId("ada"), personal=person(phone=phone), notices=choices)


@pytest.mark.parametrize(
    ("kept", "delivery", "policy", "expected"),
    [
        (record(), DELIVERY, TEXTING, BY_TEXT),
        (record(), evolve(DELIVERY, channel=Channel.EMAIL), TEXTING, BY_EMAIL),
        (record(), evolve(DELIVERY, kind=NoticeKind.PASSWORD_CHANGED), TEXTING, BY_EMAIL),
        (record(), evolve(DELIVERY, kind=NoticeKind.INVITATION), TEXTING, BY_EMAIL),
        (record(), DELIVERY, Policy(zone="UTC"), BY_EMAIL),
        (record(phone="555-0123"), DELIVERY, TEXTING, BY_EMAIL),
        (record(phone=None), DELIVERY, TEXTING, BY_EMAIL),
        (record(Channel.EMAIL), DELIVERY, TEXTING, BY_EMAIL),
        (record(Channel.NONE), DELIVERY, TEXTING, Way(channel=Channel.NONE, to=None)),
        (record(Channel.NONE), evolve(DELIVERY, kind=NoticeKind.ACCOUNT_LOCKED), TEXTING, BY_EMAIL),
    ],
)
def test_a_notice_goes_as_its_patient_wants_it_and_by_mail_where_it_must_or_can_not_otherwise(
    kept: PersonalRecord, delivery: Delivery, policy: Policy, expected: Way
) -> None:
    assert channels.way(delivery, record=kept, to_email=EMAIL, policy=policy) == expected


@given(
    kept=strategies.personal_records(),
    delivery=strategies.deliveries(),
    policy=strategies.policies(),
    to_email=st.sampled_from([EMAIL, None]),
)
def test_what_protects_an_account_is_always_mailed_and_nothing_else_is_told_by_a_way_that_nobody_chose(
    kept: PersonalRecord, delivery: Delivery, policy: Policy, to_email: str | None
) -> None:
    way = channels.way(delivery, record=kept, to_email=to_email, policy=policy)
    wanted = chosen(kept.notices, delivery.kind)
    number = channels.text_number(kept, policy)
    can_text = policy.notices.texts and number is not None and delivery.channel is None
    if delivery.kind not in BY_CHOICE or wanted is Channel.EMAIL or (wanted is Channel.TEXT and not can_text):
        assert way == Way(channel=Channel.EMAIL, to=to_email)
    else:
        assert way == Way(channel=wanted, to=number if wanted is Channel.TEXT else None)


@pytest.mark.parametrize(
    ("channel", "visit_at", "now", "expected"),
    [
        (Channel.TEXT, None, NIGHT, MORNING),
        (Channel.TEXT, None, MORNING, MORNING),
        (Channel.EMAIL, None, NIGHT, NIGHT),
        (Channel.TEXT, MORNING + HOUR, NIGHT, MORNING),
        (Channel.TEXT, MORNING, NIGHT, NIGHT),  # who isn't told now, comes in vain
        (Channel.TEXT, NIGHT, NIGHT, NIGHT),
        (Channel.TEXT, NIGHT - HOUR, NIGHT, MORNING),
    ],
)
def test_a_text_message_waits_for_the_morning_unless_the_visit_does_not(
    channel: Channel, visit_at: datetime | None, now: datetime, expected: datetime
) -> None:
    assert channels.begins_at(channel, visit_at=visit_at, now=now, policy=TEXTING) == expected


def test_a_practice_without_quiet_hours_texts_at_any_time() -> None:
    policy = evolve(TEXTING, notices=evolve(TEXTING.notices, quiet_hours=None))
    assert channels.begins_at(Channel.TEXT, visit_at=None, now=NIGHT, policy=policy) == NIGHT


@given(
    quiet=strategies.quiet_hours(),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from(["America/New_York", "Europe/Berlin", "Australia/Lord_Howe"]),
)
def test_no_text_message_goes_out_while_the_practices_clocks_show_quiet_hours(
    quiet: QuietHours, now: datetime, zone: str
) -> None:
    policy = Policy(zone=zone, notices=NoticePolicy(texts=True, quiet_hours=quiet))
    begins_at = channels.begins_at(Channel.TEXT, visit_at=None, now=now, policy=policy)
    shown = begins_at.astimezone(ZoneInfo(zone)).time()
    is_in = quiet.begin <= shown < quiet.end
    is_out = quiet.end <= shown < quiet.begin
    assert not is_in if quiet.begin < quiet.end else is_out
    assert now <= begins_at <= now + timedelta(hours=26)


def test_what_is_held_spends_no_try_and_is_due_at_its_time_also_where_the_clock_was_set_back() -> None:
    held = notices.held(evolve(DELIVERY, lease="old"), until=MORNING, now=NIGHT).delivery
    assert held == evolve(DELIVERY, next_try_at=MORNING)
    assert [notices.is_due(held, now=now) for now in (NIGHT, MORNING - HOUR, MORNING)] == [False, False, True]
    back = NIGHT - HOUR
    held = notices.held(DELIVERY, until=MORNING, now=back).delivery
    assert held == evolve(DELIVERY, created_at=back, next_try_at=MORNING)
    assert not notices.is_due(held, now=back)


def test_what_a_phone_refuses_is_mailed_at_once_and_never_texted_again() -> None:
    begun = notices.begin(DELIVERY, to=NUMBER, link=None, lease="mine", now=NIGHT, policy=TEXTING).delivery
    mailed = notices.by_mail(begun, now=MORNING).delivery
    assert mailed == evolve(begun, channel=Channel.EMAIL, unanswered=0, lease=None, next_try_at=MORNING)
    assert notices.is_due(mailed, now=MORNING)
    assert channels.way(mailed, record=record(), to_email=EMAIL, policy=TEXTING) == BY_EMAIL
