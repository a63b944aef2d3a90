"""What a practice may choose about telling people, every bound held from both sides."""

from collections.abc import Callable
from datetime import UTC, timedelta
from datetime import time as time_of_day
from typing import Any

import pytest

from patientportal.domain.errors import ConfigurationError
from patientportal.domain.notice_policy import DigestPolicy, NoticePolicy
from patientportal.domain.policy import (
    Policy,
)

INSTANT = timedelta(microseconds=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def refusal(make: Callable[[], object]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        make()
    return str(caught.value).removeprefix("configuration: ")


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"patience": "5 days"}, "notices.patience: must be a timedelta"),
        ({"patience": timedelta(0)}, "notices.patience: must be longer than zero"),
        ({"patience": timedelta(hours=1) - INSTANT}, "notices.patience: must be from an hour to thirty days"),
        ({"patience": timedelta(days=30) + INSTANT}, "notices.patience: must be from an hour to thirty days"),
        ({"link_patience": None}, "notices.link_patience: must be a timedelta"),
        ({"link_patience": timedelta(hours=1) - INSTANT}, "notices.link_patience: must be from an hour to thirty days"),
        ({"link_patience": timedelta(days=5) + INSTANT}, "notices.link_patience: longer than notices.patience"),
        ({"patience": timedelta(hours=24) - INSTANT}, "notices.link_patience: longer than notices.patience"),
    ],
)
def test_patience_is_an_hour_to_thirty_days_and_with_links_no_longer(given: dict[str, Any], refused: str) -> None:
    assert refusal(lambda: NoticePolicy(**given)).startswith(refused)


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"calling_code": "+1"}, "notices.calling_code: must be a few digits"),
        ({"calling_code": "0"}, "notices.calling_code: must be a few digits"),
        ({"calling_code": "1234"}, "notices.calling_code: must be a few digits"),
        ({"calling_code": 1}, "notices.calling_code: must be a few digits"),
        ({"trunk_prefix": None}, "notices.trunk_prefix: must be a few digits"),
        ({"trunk_prefix": "(0)"}, "notices.trunk_prefix: must be a few digits"),
        ({"quiet_hours": (time_of_day(21), time_of_day(8))}, "notices.quiet_hours: must be QuietHours"),
        (
            {"texts": True, "patience": timedelta(hours=24) - INSTANT, "link_patience": timedelta(hours=1)},
            "notices.patience: shorter",
        ),
    ],
)
def test_what_text_messages_need_is_checked(given: dict[str, Any], refused: str) -> None:
    assert refusal(lambda: NoticePolicy(**given)).startswith(refused)


def test_patience_may_be_short_where_nothing_waits_for_the_morning() -> None:
    assert NoticePolicy(texts=True, quiet_hours=None, patience=HOUR, link_patience=HOUR).texts
    assert NoticePolicy(texts=False, patience=HOUR, link_patience=HOUR).quiet_hours is not None
    assert NoticePolicy(texts=True, patience=24 * HOUR, calling_code="44", trunk_prefix="0").texts


@pytest.mark.parametrize("patience", [timedelta(hours=1), timedelta(days=30)])
def test_patience_may_be_the_same_for_every_notice(patience: timedelta) -> None:
    assert NoticePolicy(patience=patience, link_patience=patience).patience == patience


@pytest.mark.parametrize(
    "reminders",
    [(), (2 * DAY,), (7 * DAY, 2 * DAY, 2 * HOUR), (90 * DAY, HOUR / 60), tuple(day * DAY for day in range(1, 11))],
)
def test_a_practice_reminds_as_often_as_it_likes_up_to_ten_times(reminders: tuple[timedelta, ...]) -> None:
    assert NoticePolicy(reminders=reminders).reminders == reminders


@pytest.mark.parametrize(
    ("reminders", "reason"),
    [
        ([2 * DAY], "must be a tuple of timedeltas"),
        (2 * DAY, "must be a tuple of timedeltas"),
        (None, "must be a tuple of timedeltas"),
        ((2,), "must be a timedelta"),
        ((2 * DAY, timedelta(0)), "must be longer than zero, and ten years at most"),
        ((-2 * DAY,), "must be longer than zero, and ten years at most"),
        ((HOUR + INSTANT,), "must be whole minutes, and 90 days at most"),
        ((90 * DAY + HOUR / 60,), "must be whole minutes, and 90 days at most"),
        ((2 * DAY, HOUR, 48 * HOUR), "must be ten at most, each another one"),
        (tuple(day * DAY for day in range(1, 12)), "must be ten at most, each another one"),
    ],
)
def test_a_reminder_is_a_time_of_its_own_before_the_visit(reminders: Any, reason: str) -> None:
    assert refusal(lambda: NoticePolicy(reminders=reminders)) == f"notices.reminders: {reason}"


def test_a_practice_has_its_digest_sent_to_an_address_at_a_time_of_the_day() -> None:
    assert NoticePolicy().digest is None
    digest = DigestPolicy(email="desk@clinic.example")
    assert (NoticePolicy(digest=digest).digest, digest.at) == (digest, time_of_day(7))
    assert "desk" not in repr(Policy(zone="UTC", notices=NoticePolicy(digest=digest)))
    for email in (
        "",
        "desk",
        " desk@clinic.example",
        "desk@clinic.example\nBcc: eve@example.org",
        None,
        b"a@b.example",
    ):
        refused = refusal(lambda email=email: DigestPolicy(email=email))  # type: ignore[misc]
        assert refused == "notices.digest: its email is no e-mail address"
    for at in ("07:00", 7, time_of_day(7, tzinfo=UTC), None):
        refused = refusal(lambda at=at: DigestPolicy(email="desk@clinic.example", at=at))  # type: ignore[misc]
        assert refused == "notices.digest: its at must be a naive time of the day"
    for wrong in ("desk@clinic.example", True):
        assert refusal(lambda wrong=wrong: NoticePolicy(digest=wrong)) == "notices.digest: must be a DigestPolicy"  # type: ignore[misc]
