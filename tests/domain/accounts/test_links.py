"""Links: open from the request on, their time counted from the first secret on, usable once."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import links
from patientportal.domain.accounts.links import Link, LinkInvalidError, LinkSecret, LinkStatus, Purpose
from patientportal.domain.ids import LinkId, PatientId
from patientportal.domain.policy import INVITATION_MAX, InvitationPolicy, Policy
from patientportal.domain.values.tokens import Token

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
WEEK = timedelta(days=7)
POLICY = Policy(zone="Europe/Berlin")
LINK = links.requested(PatientId("p-1"), LinkId("l-1"), Purpose.INVITATION, now=NOW)
TOKEN = Token(patient_id=LINK.patient_id, id=LINK.id, secret="s" * 43)


def test_a_requested_link_is_open_and_has_no_secret_yet() -> None:
    link = links.requested(PatientId("p-1"), LinkId("l-1"), Purpose.INVITATION, now=NOW)
    assert link == Link(
        patient_id=PatientId("p-1"),
        id=LinkId("l-1"),
        purpose=Purpose.INVITATION,
        status=LinkStatus.OPEN,
        created_at=NOW,
        first_minted_at=None,
    )


def test_the_first_secret_starts_the_clock_and_only_its_hash_is_kept() -> None:
    later = NOW + WEEK
    minted = links.mint(LINK, token=TOKEN, now=later)
    assert minted.link == evolve(LINK, first_minted_at=later)
    assert minted.secret == LinkSecret(
        patient_id=LINK.patient_id, link_id=LINK.id, secret_hash=TOKEN.secret_hash, minted_at=later
    )
    assert str(minted.secret.secret_hash) not in repr(minted)


@given(st.lists(st.timedeltas(-WEEK, WEEK), min_size=1, max_size=5))
def test_later_secrets_never_move_the_first_ones_time(offsets: list[timedelta]) -> None:
    link = LINK
    for offset in offsets:
        minted = links.mint(link, token=TOKEN, now=NOW + offset)
        link = minted.link
        assert minted.secret.minted_at == NOW + offset
    assert link == evolve(LINK, first_minted_at=NOW + offsets[0])


@pytest.mark.parametrize("age", [timedelta(0), 52 * WEEK, -WEEK])
def test_a_link_that_was_never_told_waits_for_its_first_secret(age: timedelta) -> None:
    assert links.is_open(LINK, now=NOW + age, policy=POLICY)


@given(
    minted=st.one_of(st.none(), st.timedeltas(-WEEK, WEEK)),
    status=st.sampled_from([LinkStatus.OPEN, LinkStatus.OPEN, LinkStatus.USED, LinkStatus.ENDED]),
    valid_for=st.timedeltas(INSTANT, 2 * WEEK),
    off=st.one_of(st.sampled_from([-INSTANT, 0 * INSTANT, INSTANT]), st.timedeltas(-3 * WEEK, 3 * WEEK)),
)
def test_a_link_is_open_until_the_microsecond_at_which_its_time_is_over(
    minted: timedelta | None, status: LinkStatus, valid_for: timedelta, off: timedelta
) -> None:
    policy = Policy(zone="UTC", invitations=InvitationPolicy(valid_for=valid_for))
    link = evolve(LINK, status=status, first_minted_at=None if minted is None else NOW + minted)
    now = NOW + (minted or timedelta(0)) + valid_for + off
    expected = status is LinkStatus.OPEN and (minted is None or off < timedelta(0))
    assert links.is_open(link, now=now, policy=policy) is expected


@pytest.mark.parametrize(
    ("link", "works"),
    [
        (None, False),
        (evolve(LINK, status=LinkStatus.USED, first_minted_at=NOW - WEEK), False),
        (evolve(LINK, status=LinkStatus.ENDED, first_minted_at=NOW - WEEK), False),
        (evolve(LINK, first_minted_at=NOW - WEEK), False),
        (evolve(LINK, first_minted_at=NOW - WEEK + INSTANT), True),
        (evolve(LINK, first_minted_at=NOW + WEEK), True),  # the clock went backwards
    ],
    ids=["unknown", "used", "ended", "its time is over", "just in time", "minted in the future"],
)
def test_whatever_is_wrong_with_a_link_is_answered_alike(link: Link | None, *, works: bool) -> None:
    if works:
        assert links.redeemable(link, Purpose.INVITATION, now=NOW, policy=POLICY) is link
    else:
        with pytest.raises(LinkInvalidError, match=r"^link_invalid$"):
            links.redeemable(link, Purpose.INVITATION, now=NOW, policy=POLICY)


def test_a_link_is_used_once_and_ends_for_good() -> None:
    minted = evolve(LINK, first_minted_at=NOW)
    assert links.used(minted) == evolve(minted, status=LinkStatus.USED)
    assert links.ended([minted, LINK]) == tuple(evolve(link, status=LinkStatus.ENDED) for link in (minted, LINK))
    assert links.ended([]) == ()


def test_a_practice_that_shortens_the_time_shortens_it_for_links_already_sent() -> None:
    link = evolve(LINK, first_minted_at=NOW - timedelta(days=2))
    day = Policy(zone="UTC", invitations=InvitationPolicy(valid_for=timedelta(days=1)))
    assert links.is_open(link, now=NOW, policy=POLICY)
    assert not links.is_open(link, now=NOW, policy=day)


def test_an_invitation_is_valid_for_what_the_policy_says() -> None:
    assert links.valid_for(Purpose.INVITATION, POLICY) == WEEK


def test_the_longest_time_that_a_policy_accepts_can_be_reckoned_with() -> None:
    policy = Policy(zone="UTC", invitations=InvitationPolicy(valid_for=INVITATION_MAX))
    assert links.is_open(evolve(LINK, first_minted_at=NOW), now=NOW + INVITATION_MAX - INSTANT, policy=policy)
