"""The fakes do what the real things do, at once, and on command."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from patientportal.adapters.recording import RecordingNotifier
from patientportal.application.environment import LinkForm
from patientportal.domain.accounts.log_in import WrongCredentialsError
from patientportal.domain.accounts.sessions import SessionEndedError
from patientportal.domain.errors import AdapterError
from patientportal.testing import (
    PASSWORD,
    CheapHasher,
    FrozenClock,
    activated,
    ids_in_a_row,
    invited,
    last_link_secret,
    portal,
    secrets_in_a_row,
)


@pytest.mark.parametrize("form", LinkForm)
def test_a_patient_joins_in_whichever_form_links_are_mailed(form: LinkForm) -> None:
    box = RecordingNotifier()
    one = portal(notifier=box, link_form=form)
    _, secret = invited(one, box, email="second@example.org")
    assert secret == last_link_secret(box)
    member = activated(one, box)
    one.log_in(member.username, member.password).account.change_email(PASSWORD, "new@example.org")
    one.work()
    one.confirm_email(last_link_secret(box))


def test_the_clock_stands_until_it_is_moved() -> None:
    clock = FrozenClock()
    before = clock()
    assert clock() == before
    clock.advance(timedelta(minutes=15))
    assert clock() - before == timedelta(minutes=15)


def test_the_clock_can_be_set_back() -> None:
    clock = FrozenClock(datetime(2026, 3, 1, tzinfo=UTC))
    clock.advance(timedelta(microseconds=-1))
    assert clock() == datetime(2026, 2, 28, 23, 59, 59, 999999, tzinfo=UTC)


def test_the_clock_refuses_a_naive_moment() -> None:
    with pytest.raises(ValueError, match="aware"):
        FrozenClock(datetime(2026, 1, 5))  # noqa: DTZ001 - that is the point


def test_the_hasher_tells_right_from_wrong() -> None:
    hasher = CheapHasher()
    hashed = hasher.hash("violet kettle")
    assert hasher.verify("violet kettle", hashed)
    assert not hasher.verify("violet kettlf", hashed)


def test_the_hasher_salts_and_keeps_no_text() -> None:
    hasher = CheapHasher()
    first, second = hasher.hash("violet kettle"), hasher.hash("violet kettle")
    assert first != second
    assert "violet" not in first


def test_nothing_matches_the_decoy() -> None:
    hasher = CheapHasher()
    assert not any(hasher.verify(text, hasher.decoy()) for text in ("", "none", "0", "cheap"))


def test_a_hash_of_an_earlier_generation_is_outdated_and_still_verifies() -> None:
    old = CheapHasher(generation=1).hash("violet kettle")
    new = CheapHasher(generation=2)
    assert new.verify("violet kettle", old)
    assert new.is_outdated(old)
    assert not new.is_outdated(new.hash("violet kettle"))
    assert not CheapHasher(generation=1).is_outdated(new.hash("violet kettle"))


def test_what_isnt_a_hash_is_the_adapters_failure() -> None:
    with pytest.raises(AdapterError, match="not_a_hash"):
        CheapHasher().verify("violet kettle", "nonsense")


def test_ids_and_secrets_come_in_a_row_and_in_the_shape_of_real_ones() -> None:
    new_id, new_secret = ids_in_a_row("p"), secrets_in_a_row()
    assert [new_id(), new_id()] == ["p-000001", "p-000002"]
    first, second = new_secret(), new_secret()
    assert first != second
    assert len(first) == len(second) == 43


def test_a_portal_is_ready_in_milliseconds() -> None:
    portal().close()
    took = []
    for _ in range(20):
        began = time.perf_counter()
        portal().close()
        took.append(time.perf_counter() - began)
    assert min(took) < 0.005


def test_a_patient_of_the_fake_world_gets_in_by_the_rules_of_the_real_one() -> None:
    clock, notifier = FrozenClock(), RecordingNotifier()
    with portal(clock=clock, notifier=notifier) as of:
        member = activated(of, notifier)
        with pytest.raises(WrongCredentialsError):
            of.log_in(member.username, "wrong horse 42 drifts")
        me = of.log_in(member.username, PASSWORD)
        assert me.patient_id == member.patient_id
        clock.advance(timedelta(minutes=15))
        with pytest.raises(SessionEndedError):
            of.resume(me.token)


def test_two_portals_share_nothing() -> None:
    notifier = RecordingNotifier()
    with portal(notifier=notifier) as one, portal() as other:
        member = activated(one, notifier)
        with pytest.raises(WrongCredentialsError):
            other.log_in(member.username, member.password)
