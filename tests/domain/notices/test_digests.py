"""The practice's digest: one for each day, from its time on, as long as anything waits and no later one is due."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve, fields
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.ids import NOBODY
from patientportal.domain.notice_policy import DigestPolicy, NoticePolicy
from patientportal.domain.notices import digests
from patientportal.domain.notices.digests import Digest
from patientportal.domain.notices.notices import LEASE, Delivery, DeliveryStatus
from patientportal.domain.policy import Policy
from patientportal.domain.told import NoticeKind
from patientportal.testing.strategies.values import ZONES

A_DAY, AN_HOUR, A_MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
MONDAY = date(2026, 1, 5)
SEVEN = datetime(2026, 1, 5, 12, tzinfo=UTC)  # in the morning, where the practice is
AT_SEVEN = DigestPolicy(email="desk@clinic.example")
WANTED = Policy(zone="America/New_York", notices=NoticePolicy(digest=AT_SEVEN))
NOTHING = Digest(**dict.fromkeys((one.name for one in fields(Digest)), 0))
ONE = evolve(NOTHING, renewals=1)
OF_MONDAY = digests.of_day(MONDAY, now=SEVEN)


def begun(
    delivery: Delivery = OF_MONDAY, *, digest: Digest = ONE, now: datetime = SEVEN, policy: Policy = WANTED
) -> Delivery:
    return digests.begin_digest(delivery, digest=digest, lease="mine", now=now, policy=policy).delivery


def test_it_is_a_notice_to_nobody_who_is_a_patient_and_each_day_has_one_id() -> None:
    assert (
        Delivery(
            id=digests.digest_id(MONDAY),
            patient_id=NOBODY,
            kind=NoticeKind.PRACTICE_DIGEST,
            link_id=None,
            created_at=SEVEN,
            next_try_at=SEVEN,
        )
        == OF_MONDAY
    )
    assert OF_MONDAY.id == "digest-2026-01-05" < digests.digest_id(date(2026, 10, 1)) < digests.digest_id(date.max)


def test_a_worker_takes_it_as_it_takes_any_notice() -> None:
    assert begun() == evolve(OF_MONDAY, tries=1, unanswered=1, lease="mine", next_try_at=SEVEN + LEASE)
    assert begun(evolve(OF_MONDAY, unanswered=12)).status is DeliveryStatus.DEAD


@pytest.mark.parametrize(
    ("policy", "digest", "now", "expected"),
    [
        (Policy(zone="America/New_York"), NOTHING, SEVEN + A_DAY, DeliveryStatus.POINTLESS),
        (WANTED, NOTHING, SEVEN + A_DAY, DeliveryStatus.POINTLESS),
        (WANTED, ONE, SEVEN + A_DAY, DeliveryStatus.POINTLESS),
        (WANTED, ONE, SEVEN + A_DAY - A_MINUTE, DeliveryStatus.WAITING),
        (WANTED, ONE, SEVEN - A_DAY, DeliveryStatus.WAITING),
    ],
    ids=["not wanted any more", "nothing waits", "a later one is due", "just before that", "the clock went back"],
)
def test_nobody_needs_one_that_is_not_wanted_says_nothing_or_is_followed_by_a_later_one(
    policy: Policy, digest: Digest, now: datetime, expected: DeliveryStatus
) -> None:
    assert begun(digest=digest, now=now, policy=policy).status is expected


@pytest.mark.parametrize("name", [one.name for one in fields(Digest)])
def test_whatever_waits_it_is_told(name: str) -> None:
    assert begun(digest=evolve(NOTHING, **{name: 1})).status is DeliveryStatus.WAITING


@pytest.mark.parametrize(
    ("zone", "at", "first", "last"),
    [
        ("America/New_York", time(2, 30), datetime(2026, 3, 8, 7, tzinfo=UTC), date(2026, 3, 8)),  # skipped: at three
        ("America/New_York", time(1, 30), datetime(2026, 11, 1, 5, 30, tzinfo=UTC), date(2026, 11, 1)),  # twice
        ("Europe/Berlin", time(7), datetime(2026, 7, 1, 5, tzinfo=UTC), date(2026, 7, 1)),
        ("Pacific/Auckland", time(0), datetime(2026, 1, 4, 11, tzinfo=UTC), MONDAY),
    ],
)
def test_a_day_begins_to_have_one_when_the_clocks_there_first_show_its_time_or_a_later_one(
    zone: str, at: time, first: datetime, last: date
) -> None:
    chosen, policy = DigestPolicy(email="desk@clinic.example", at=at), Policy(zone=zone)
    assert digests.last_day(chosen, now=first, policy=policy) == last
    assert digests.last_day(chosen, now=first - timedelta(microseconds=1), policy=policy) == last - A_DAY


@given(st.sampled_from(ZONES), st.times(), st.integers(0, 365))
def test_through_every_clock_change_each_day_has_its_turn_once(zone: str, at: time, begins_on: int) -> None:
    chosen, policy = DigestPolicy(email="desk@clinic.example", at=at), Policy(zone=zone)
    moments = [SEVEN + begins_on * A_DAY + quarter * AN_HOUR / 4 for quarter in range(4 * 24 * 3)]
    added = dict.fromkeys(digests.last_day(chosen, now=moment, policy=policy) for moment in moments)
    there = [moment.astimezone(ZoneInfo(zone)) for moment in moments]
    first, last = (one.date() - A_DAY * (one.time() < at) for one in (there[0], there[-1]))
    assert list(added) == [first + A_DAY * number for number in range((max(added) - first).days + 1)]
    assert max(added) - last in {timedelta(0), A_DAY}
