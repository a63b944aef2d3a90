"""Links: open from the request on, usable once, each secret for its time from its own making on."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import links
from patientportal.domain.accounts.links import Link, LinkEnd, LinkInvalidError, LinkSecret, LinkStatus, Purpose
from patientportal.domain.ids import LinkId, PatientId
from patientportal.domain.policy import INVITATION_MAX, InvitationPolicy, Policy
from patientportal.domain.values.tokens import Token

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
WEEK = timedelta(days=7)
POLICY = Policy(zone="Europe/Berlin")
LINK = links.requested(PatientId("p-1"), LinkId("l-1"), Purpose.INVITATION, now=NOW)
TOKEN = Token(patient_id=LINK.patient_id, id=LINK.id, secret="s" * 43)
SECRET = links.mint(LINK, token=TOKEN, now=NOW).secret


def works(link: Link | None, secret: LinkSecret | None, *, now: datetime = NOW, policy: Policy = POLICY) -> bool:
    try:
        return links.redeemable(link, secret, Purpose.INVITATION, now=now, policy=policy) is link
    except LinkInvalidError:
        return False


def test_a_requested_link_is_open_and_has_no_secret_yet() -> None:
    link = links.requested(PatientId("p-1"), LinkId("l-1"), Purpose.INVITATION, now=NOW)
    assert link == Link(
        patient_id=PatientId("p-1"),
        id=LinkId("l-1"),
        purpose=Purpose.INVITATION,
        status=LinkStatus.OPEN,
        created_at=NOW,
        last_minted_at=None,
        ended_by=None,
    )


def test_a_secret_is_made_when_it_is_sent_and_only_its_hash_is_kept() -> None:
    later = NOW + WEEK
    minted = links.mint(LINK, token=TOKEN, now=later)
    assert minted.link == evolve(LINK, last_minted_at=later)
    assert minted.secret == LinkSecret(
        patient_id=LINK.patient_id, link_id=LINK.id, secret_hash=TOKEN.secret_hash, minted_at=later
    )
    assert str(minted.secret.secret_hash) not in repr(minted)


@given(
    offsets=st.lists(st.timedeltas(-WEEK, WEEK), min_size=1, max_size=5),
    valid_for=st.timedeltas(INSTANT, 2 * WEEK),
    off=st.one_of(st.sampled_from([-INSTANT, 0 * INSTANT, INSTANT]), st.timedeltas(-3 * WEEK, 3 * WEEK)),
)
def test_each_secret_works_for_the_whole_time_from_its_own_making_on(
    offsets: list[timedelta], valid_for: timedelta, off: timedelta
) -> None:
    policy = Policy(zone="UTC", invitations=InvitationPolicy(valid_for=valid_for))
    link, secrets = LINK, list[LinkSecret]()
    for offset in offsets:
        minted = links.mint(link, token=TOKEN, now=NOW + offset)
        link, secrets = minted.link, [*secrets, minted.secret]
    for secret, offset in zip(secrets, offsets, strict=True):
        assert secret.minted_at == NOW + offset
        assert works(link, secret, now=NOW + offset + valid_for + off, policy=policy) is (off < timedelta(0))
    assert links.has_live_secret(link, now=NOW + offsets[-1] + valid_for + off, policy=policy) is (off < timedelta(0))


@pytest.mark.parametrize("age", [timedelta(0), 52 * WEEK, -WEEK])
def test_a_link_without_a_secret_is_good_for_nothing(age: timedelta) -> None:
    assert not works(LINK, None, now=NOW + age)
    assert not links.has_live_secret(LINK, now=NOW + age, policy=POLICY)


@pytest.mark.parametrize(
    ("link", "secret", "is_good"),
    [
        (None, None, False),
        (None, SECRET, False),
        (evolve(LINK, purpose=Purpose.PASSWORD_RESET), SECRET, False),
        (evolve(LINK, status=LinkStatus.USED), SECRET, False),
        (evolve(LINK, status=LinkStatus.ENDED), SECRET, False),
        (LINK, None, False),
        (LINK, evolve(SECRET, minted_at=NOW - WEEK), False),
        (LINK, evolve(SECRET, minted_at=NOW - WEEK + INSTANT), True),
        (LINK, evolve(SECRET, minted_at=NOW + WEEK), True),  # the clock went backwards
    ],
    ids=[
        "unknown",
        "no link any more",
        "another page's",
        "used",
        "ended",
        "another secret",
        "its time is over",
        "just in time",
        "minted in the future",
    ],
)
def test_whatever_is_wrong_with_a_link_is_answered_alike(
    link: Link | None, secret: LinkSecret | None, *, is_good: bool
) -> None:
    assert works(link, secret) is is_good


def test_a_link_is_used_once_and_ends_for_good() -> None:
    minted = evolve(LINK, last_minted_at=NOW)
    assert links.used(minted) == evolve(minted, status=LinkStatus.USED)
    for end in LinkEnd:
        assert links.ended([minted, LINK], end) == tuple(
            evolve(link, status=LinkStatus.ENDED, ended_by=end) for link in (minted, LINK)
        )
    assert links.ended([], LinkEnd.REPLACED) == ()


@pytest.mark.parametrize(
    ("end", "missed"),
    [
        (None, ()),
        (LinkEnd.REPLACED, ()),
        (LinkEnd.DEACTIVATED, ()),
        (LinkEnd.ACCOUNT_ENDED, ()),
        (LinkEnd.NEW_PASSWORD, (Purpose.EMAIL_CHANGE,)),
        (LinkEnd.NEW_ADDRESS, Purpose),
        (LinkEnd.UNTOLD, Purpose),
        (LinkEnd.WRONG_BIRTH_DATES, Purpose),
    ],
)
def test_a_link_is_missed_where_nothing_came_in_its_place(end: LinkEnd | None, missed: tuple[Purpose, ...]) -> None:
    for purpose in set(Purpose) - {Purpose.INVITATION} if end is LinkEnd.NEW_PASSWORD else Purpose:
        status = LinkStatus.USED if end is None else LinkStatus.ENDED
        link = evolve(LINK, purpose=purpose, status=status, ended_by=end)
        assert links.is_missed(link) is (purpose in missed), purpose


def test_a_practice_that_shortens_the_time_shortens_it_for_links_already_sent() -> None:
    secret = evolve(SECRET, minted_at=NOW - timedelta(days=2))
    assert works(LINK, secret)
    assert not works(LINK, secret, policy=Policy(zone="UTC", invitations=InvitationPolicy(valid_for=timedelta(days=1))))


def test_an_invitation_is_valid_for_what_the_policy_says() -> None:
    assert links.valid_for(LINK, POLICY) == WEEK
    assert links.valid_for(evolve(LINK, is_printed=True), POLICY) == 2 * WEEK


def test_the_longest_time_that_a_policy_accepts_can_be_reckoned_with() -> None:
    policy = Policy(zone="UTC", invitations=InvitationPolicy(valid_for=INVITATION_MAX))
    assert works(LINK, SECRET, now=NOW + INVITATION_MAX - INSTANT, policy=policy)
