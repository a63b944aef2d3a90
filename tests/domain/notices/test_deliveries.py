"""A notice's way: one worker at a time, with growing pauses, for as long as there is patience."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import links
from patientportal.domain.accounts.links import Link, LinkEnd, LinkStatus, Purpose
from patientportal.domain.ids import DeliveryId, LinkId, PatientId
from patientportal.domain.notice_policy import NoticePolicy
from patientportal.domain.notices import notices
from patientportal.domain.notices.notices import Delivery, DeliveryStatus, Progressed
from patientportal.domain.policy import Policy
from patientportal.domain.told import NoticeKind
from patientportal.testing import strategies

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LINK_ID = LinkId("l-1")
QUIET = Policy(zone="UTC")
DELIVERY = Delivery(
    id=DeliveryId("d-1"),
    patient_id=PatientId("p-1"),
    kind=NoticeKind.INVITATION,
    link_id=LINK_ID,
    created_at=NOW,
    next_try_at=NOW,
)
LINK = links.requested(DELIVERY.patient_id, LINK_ID, Purpose.INVITATION, now=NOW)
EMAIL = "ada@example.org"
BEGUN = notices.begin(DELIVERY, to=EMAIL, link=LINK, lease="mine", now=NOW, policy=QUIET).delivery
FIVE_DAYS = timedelta(days=5)


@pytest.mark.parametrize("link", [LINK, None, evolve(LINK, last_minted_at=NOW)])
def test_what_has_no_address_to_go_to_is_unreachable_and_a_link_that_nobody_can_have_is_over(link: Link | None) -> None:
    link_id = None if link is None else link.id
    delivery = evolve(DELIVERY, link_id=link_id)
    over = notices.begin(delivery, to=None, link=link, lease="mine", now=NOW, policy=QUIET)
    assert over.delivery == evolve(delivery, status=DeliveryStatus.UNREACHABLE, next_try_at=NOW)
    is_untold = link is not None and link.last_minted_at is None
    assert over.link == (links.ended([LINK], LinkEnd.UNTOLD)[0] if is_untold else None)


def begin(delivery: Delivery, *, now: datetime = NOW, link: Link | None = LINK, policy: Policy = QUIET) -> Progressed:
    return notices.begin(delivery, to=EMAIL, link=link, lease="theirs", now=now, policy=policy)


def test_what_could_not_be_begun_waits_and_is_given_up_at_the_twelfth_time_in_a_row() -> None:
    once = notices.stuck(DELIVERY, now=NOW, policy=QUIET).delivery
    assert once == evolve(DELIVERY, tries=1, unanswered=1, next_try_at=NOW + MINUTE)
    for unanswered, status in ((10, DeliveryStatus.WAITING), (11, DeliveryStatus.DEAD)):
        earlier = evolve(DELIVERY, tries=30, unanswered=unanswered)
        assert notices.stuck(earlier, now=NOW, policy=QUIET).delivery.status is status
    assert notices.stuck(DELIVERY, now=NOW + FIVE_DAYS, policy=QUIET).delivery.status is DeliveryStatus.DEAD


@pytest.mark.parametrize(
    ("delivery", "is_due"),
    [
        (evolve(DELIVERY, status=DeliveryStatus.SENT), False),
        (evolve(DELIVERY, status=DeliveryStatus.DEAD), False),
        (evolve(DELIVERY, status=DeliveryStatus.POINTLESS), False),
        (evolve(DELIVERY, next_try_at=NOW + INSTANT), False),
        (evolve(DELIVERY, next_try_at=NOW), True),
        (evolve(DELIVERY, next_try_at=NOW - HOUR), True),
        (evolve(DELIVERY, created_at=NOW + HOUR, next_try_at=NOW + HOUR), True),
        (evolve(DELIVERY, created_at=NOW + HOUR, next_try_at=NOW + HOUR, status=DeliveryStatus.DEAD), False),
        (evolve(DELIVERY, created_at=NOW + HOUR, next_try_at=NOW + HOUR, tries=1), False),
        (evolve(DELIVERY, created_at=NOW - HOUR, next_try_at=NOW + HOUR), False),
    ],
    ids=[
        "sent",
        "dead",
        "pointless",
        "too early",
        "just now",
        "late",
        "the clock went back",
        "given up before that",
        "tried before that",
        "waits for the channel",
    ],
)
def test_a_delivery_is_due_when_it_waits_and_its_time_has_come(delivery: Delivery, *, is_due: bool) -> None:
    assert notices.is_due(delivery, now=NOW) is is_due


def test_a_worker_has_a_delivery_for_longer_than_a_notifier_may_take() -> None:
    assert evolve(DELIVERY, tries=1, unanswered=1, lease="mine", next_try_at=NOW + 5 * MINUTE) == BEGUN
    assert not notices.is_due(BEGUN, now=NOW + 5 * MINUTE - INSTANT)
    assert notices.is_due(BEGUN, now=NOW + 5 * MINUTE)
    assert "mine" not in repr(BEGUN)


def test_another_worker_takes_it_over_once_the_lease_is_over() -> None:
    later = NOW + 5 * MINUTE
    taken = begin(BEGUN, now=later).delivery
    assert taken == evolve(DELIVERY, tries=2, unanswered=2, lease="theirs", next_try_at=later + 5 * MINUTE)


@pytest.mark.parametrize(
    ("settle", "status"),
    [
        (notices.sent, DeliveryStatus.SENT),
        (notices.refused, DeliveryStatus.DEAD),
        (notices.pointless, DeliveryStatus.POINTLESS),
    ],
    ids=["sent", "refused", "pointless"],
)
def test_what_is_settled_is_never_due_again(settle: Callable[..., Progressed], status: DeliveryStatus) -> None:
    after = settle(BEGUN, now=NOW + MINUTE).delivery
    assert after == evolve(BEGUN, status=status, lease=None, next_try_at=NOW + MINUTE)
    assert not notices.is_due(after, now=NOW + 1000 * HOUR)


@pytest.mark.parametrize(
    ("tries", "pause"),
    [(1, MINUTE), (2, 2 * MINUTE), (3, 4 * MINUTE), (6, 32 * MINUTE), (7, HOUR), (8, HOUR), (100, HOUR), (5000, HOUR)],
)
def test_the_pause_doubles_from_a_minute_to_an_hour_however_often_it_was_tried(tries: int, pause: timedelta) -> None:
    begun = evolve(BEGUN, tries=tries)
    failed = notices.failed(begun, now=NOW, policy=QUIET).delivery
    assert failed == evolve(begun, unanswered=0, lease=None, next_try_at=NOW + pause)


SHORT = Policy(zone="UTC", notices=NoticePolicy(patience=3 * HOUR, link_patience=2 * HOUR))
AWAITED = {NoticeKind.PASSWORD_RESET, NoticeKind.USERNAME_REMINDER, NoticeKind.CONFIRM_EMAIL}


@pytest.mark.parametrize("kind", NoticeKind)
def test_patience_is_a_day_for_what_somebody_waits_for_and_five_days_for_all_else(kind: NoticeKind) -> None:
    delivery = evolve(DELIVERY, kind=kind)
    assert notices.tried_until(delivery, QUIET) == NOW + (24 * HOUR if kind in AWAITED else FIVE_DAYS)
    assert notices.tried_until(delivery, SHORT) == NOW + (2 * HOUR if kind in AWAITED else 3 * HOUR)
    again = evolve(delivery, sent_again_at=NOW + HOUR)
    assert notices.tried_until(again, QUIET) == notices.tried_until(delivery, QUIET) + HOUR


@given(
    delivery=strategies.deliveries(skewed=True),
    off=st.one_of(st.sampled_from([-INSTANT, 0 * INSTANT, INSTANT]), st.timedeltas(-FIVE_DAYS, FIVE_DAYS)),
)
def test_patience_runs_by_the_clock_whatever_was_tried(delivery: Delivery, off: timedelta) -> None:
    delivery = evolve(delivery, status=DeliveryStatus.WAITING, unanswered=0, tries=max(delivery.tries, 1))
    now = notices.tried_until(delivery, QUIET) + off
    status = DeliveryStatus.WAITING if off < timedelta(0) else DeliveryStatus.DEAD
    link = None if delivery.link_id is None else LINK
    assert begin(delivery, link=link, now=now).delivery.status is status
    assert notices.failed(delivery, now=now, policy=QUIET).delivery.status is status
    assert notices.stuck(delivery, now=now, policy=QUIET).delivery.status is status


@given(st.lists(st.timedeltas(timedelta(0), HOUR), max_size=200))
def test_a_delivery_that_is_put_off_again_and_again_is_given_up_by_the_clock_alone(delays: list[timedelta]) -> None:
    delivery, now = DELIVERY, NOW
    for delay in delays:
        now = max(now, delivery.next_try_at) + delay
        assert notices.is_due(delivery, now=now)
        begun = begin(delivery, now=now).delivery
        if now >= NOW + FIVE_DAYS:
            assert begun == notices.refused(delivery, now=now).delivery
            break
        delivery = notices.failed(begun, now=now, policy=QUIET).delivery
        assert delivery.status is DeliveryStatus.WAITING
        assert MINUTE <= delivery.next_try_at - now <= HOUR


def test_a_channel_that_is_shut_spends_no_try_and_a_minute_later_it_may_be_its_turn_again() -> None:
    assert notices.unreached(BEGUN, now=NOW).delivery == evolve(DELIVERY, next_try_at=NOW + MINUTE)
    later = evolve(BEGUN, tries=8, unanswered=3)
    assert notices.unreached(later, now=NOW).delivery == evolve(DELIVERY, tries=7, next_try_at=NOW + MINUTE)


def test_a_delivery_that_kills_every_worker_is_given_up_at_the_thirteenth_beginning() -> None:
    delivery, now = DELIVERY, NOW
    for number in range(1, 13):
        delivery = begin(delivery, now=now).delivery
        assert (delivery.status, delivery.tries) == (DeliveryStatus.WAITING, number)
        now = delivery.next_try_at
    assert begin(delivery, now=now).delivery == notices.refused(delivery, now=now).delivery
    answered = notices.failed(delivery, now=now, policy=QUIET).delivery
    assert begin(answered, now=answered.next_try_at).delivery.status is DeliveryStatus.WAITING


@pytest.mark.parametrize(
    ("link", "status"),
    [
        (None, DeliveryStatus.DEAD),
        (evolve(LINK, status=LinkStatus.USED), DeliveryStatus.POINTLESS),
        (*links.ended([LINK], LinkEnd.REPLACED), DeliveryStatus.POINTLESS),
        (*links.ended([LINK], LinkEnd.DEACTIVATED), DeliveryStatus.POINTLESS),
        (*links.ended([LINK], LinkEnd.NEW_ADDRESS), DeliveryStatus.DEAD),
        (*links.ended([LINK], LinkEnd.UNTOLD), DeliveryStatus.DEAD),
        (LINK, DeliveryStatus.WAITING),
    ],
    ids=["no more", "used", "replaced", "deactivated", "new address", "untold", "open"],
)
def test_what_carries_a_link_that_is_over_is_seen_by_staff_where_somebody_waits_for_it(
    link: Link | None, status: DeliveryStatus
) -> None:
    assert begin(DELIVERY, link=link) == Progressed(
        delivery=evolve(DELIVERY, status=status)
        if status is not DeliveryStatus.WAITING
        else evolve(BEGUN, lease="theirs"),
        link=None,
    )


@pytest.mark.parametrize(
    ("last_minted_at", "ends"),
    [(None, True), (NOW - 2 * FIVE_DAYS, True), (NOW, False)],
    ids=["never tried", "its last secret is over", "one may have arrived"],
)
def test_a_link_that_nobody_could_be_told_of_ends_with_its_notice_unless_a_secret_of_it_lives(
    last_minted_at: datetime | None, *, ends: bool
) -> None:
    link = evolve(LINK, last_minted_at=last_minted_at)
    assert begin(DELIVERY, link=link, now=NOW + FIVE_DAYS) == Progressed(
        delivery=notices.refused(DELIVERY, now=NOW + FIVE_DAYS).delivery,
        link=evolve(link, status=LinkStatus.ENDED, ended_by=LinkEnd.UNTOLD) if ends else None,
    )
