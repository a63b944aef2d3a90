"""Covers: who may put whom in a prescriber's place, and until when."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.errors import BadInputError
from patientportal.domain.ids import StaffId
from patientportal.domain.medications import covers
from patientportal.domain.medications.covers import COVER_MAX, Cover, CoverGiven, CoverNotAllowedError, Given
from patientportal.domain.staff import Role, StaffMember
from patientportal.testing import strategies

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
AWAY, INSTEAD, OTHER = StaffId("dr-away"), StaffId("dr-instead"), StaffId("dr-other")
EVER = datetime.max.replace(tzinfo=timezone(-timedelta(hours=14)))
NEVER = datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))


def staff(member: StaffId, *roles: Role) -> StaffMember:
    return StaffMember(id=member, name="Sam Staff", roles=roles or (Role.PROVIDER,))


def given_to(
    instead: StaffId, *, by: StaffMember, until: datetime = NOW + DAY, away: StaffId = AWAY, now: datetime = NOW
) -> Given:
    return covers.give(prescriber_id=away, covering_id=instead, until=until, by=by, now=now)


@pytest.mark.parametrize("by", [staff(AWAY), staff(StaffId("susan"), Role.FRONT_DESK)], ids=["prescriber", "desk"])
def test_the_prescriber_and_the_front_desk_put_another_in_the_prescribers_place(by: StaffMember) -> None:
    assert given_to(INSTEAD, by=by) == Given(
        cover=Cover(prescriber_id=AWAY, covering_id=INSTEAD, until=NOW + DAY, given_by=by.id),
        event=CoverGiven(prescriber_id=AWAY, covering_id=INSTEAD, until=NOW + DAY),
    )


STAIRCASE = [
    (staff(INSTEAD), INSTEAD, NOW + COVER_MAX + INSTANT, "bad_input"),
    (staff(INSTEAD), INSTEAD, NOW + COVER_MAX, "cover_not_allowed"),
    (staff(OTHER), INSTEAD, NOW + COVER_MAX, "cover_not_allowed"),
    (staff(INSTEAD, Role.FRONT_DESK), INSTEAD, NOW + COVER_MAX, "cover_not_allowed"),
    (staff(AWAY), AWAY, NOW + COVER_MAX, "cover_not_allowed"),
    (staff(OTHER, Role.FRONT_DESK), AWAY, NOW + COVER_MAX, "cover_not_allowed"),
    (staff(OTHER, Role.FRONT_DESK), INSTEAD, NOW + COVER_MAX, None),
]


@pytest.mark.parametrize(("by", "instead", "until", "refusal"), STAIRCASE)
def test_a_cover_is_refused_in_this_order(
    by: StaffMember, instead: StaffId, until: datetime, refusal: str | None
) -> None:
    if refusal is None:
        assert given_to(instead, by=by, until=until).cover.until == until
        return
    with pytest.raises((BadInputError, CoverNotAllowedError)) as caught:
        given_to(instead, by=by, until=until)
    assert caught.value.code == refusal


@given(st.sampled_from((AWAY, INSTEAD, OTHER)), st.sampled_from((AWAY, INSTEAD, OTHER)), st.sets(st.sampled_from(Role)))
def test_nobody_puts_themselves_anywhere_and_no_third_provider_puts_anybody(
    by: StaffId, instead: StaffId, roles: set[Role]
) -> None:
    may = instead not in {AWAY, by} and (by == AWAY or Role.FRONT_DESK in roles)
    if may:
        assert given_to(instead, by=staff(by, *roles)).cover.covering_id == instead
    else:
        with pytest.raises(CoverNotAllowedError):
            given_to(instead, by=staff(by, *roles))


@pytest.mark.parametrize("until", [NOW, NOW - DAY, NEVER])
def test_an_end_that_is_not_ahead_ends_it_now(until: datetime) -> None:
    cover = given_to(INSTEAD, by=staff(AWAY), until=until).cover
    assert cover.until == NOW
    assert not covers.is_in_force(cover, now=NOW)


@pytest.mark.parametrize("until", [NOW + COVER_MAX + INSTANT, NOW + 3650 * DAY, EVER])
def test_nobody_is_put_in_charge_for_more_than_a_year(until: datetime) -> None:
    with pytest.raises(BadInputError) as caught:
        given_to(INSTEAD, by=staff(AWAY), until=until)
    assert (caught.value.field, caught.value.problem, caught.value.limit) == ("until", "out_of_range", 366)


def test_an_end_in_another_zone_is_kept_in_utc() -> None:
    until = (NOW + DAY).astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert given_to(INSTEAD, by=staff(AWAY), until=until).cover.until.tzinfo is UTC


@given(strategies.covers(), st.timedeltas(-DAY, DAY) | st.sampled_from((-INSTANT, 0 * DAY, INSTANT)))
def test_a_cover_is_in_force_before_its_end_and_not_from_it_on(cover: Cover, ahead: timedelta) -> None:
    assert covers.is_in_force(cover, now=cover.until - ahead) is (ahead > timedelta(0))


def test_no_cover_is_in_force() -> None:
    assert not covers.is_in_force(None, now=NOW)


@pytest.mark.parametrize("until", [None, "2026-01-06", 5, NOW.date()])
def test_an_end_that_is_no_moment_is_a_type_error(until: object) -> None:
    with pytest.raises(TypeError, match=f"^until must be datetime, not {type(until).__name__}$"):
        covers.usable_until(until)


def test_a_naive_end_is_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"^until must be an aware datetime$"):
        covers.usable_until(NOW.replace(tzinfo=None))
    assert covers.usable_until(NOW) is NOW
