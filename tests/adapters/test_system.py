"""The machine's clock and chance: ids that rise and never repeat, secrets of 256 bits."""

import threading
import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from patientportal.adapters.system import new_secret, new_uuid7, utc_now
from patientportal.domain.ids import PatientId
from patientportal.domain.values.tokens import Token, parsed

MANY = 10_000
THREADS = 4


def test_an_id_is_a_uuid_of_version_7() -> None:
    for _ in range(100):
        made = uuid.UUID(new_uuid7())
        assert (made.version, made.variant) == (7, uuid.RFC_4122)
        assert str(made) == str(made).lower()


def test_an_id_says_when_it_was_made() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(new_uuid7()).int >> 80
    assert before <= made <= time.time_ns() // 1_000_000 + MANY


def test_ids_rise_in_one_thread_and_are_unique_across_threads() -> None:
    made: list[list[str]] = [[] for _ in range(THREADS)]
    together = threading.Barrier(THREADS)

    def make(place: int) -> None:
        together.wait()
        made[place] = [new_uuid7() for _ in range(MANY // THREADS)]

    threads = [threading.Thread(target=make, args=(place,)) for place in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(ids == sorted(ids) for ids in made)
    assert len({one for ids in made for one in ids}) == MANY


def test_an_id_made_after_another_threads_is_greater() -> None:
    ids: list[str] = []
    for _ in range(50):
        other = threading.Thread(target=lambda: ids.append(new_uuid7()))
        other.start()
        other.join()
        ids.append(new_uuid7())
    assert ids == sorted(ids)
    assert len(ids) == len(set(ids))


def test_ids_rise_within_one_millisecond_and_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [new_uuid7()]
    now = time.time_ns()
    for at in (now, now - timedelta(hours=1) // timedelta(microseconds=1) * 1000):
        monkeypatch.setattr(time, "time_ns", lambda at=at: at)
        ids += [new_uuid7() for _ in range(MANY)]
    assert ids == sorted(ids)
    assert len(ids) == len(set(ids))
    assert {uuid.UUID(one).version for one in ids} == {7}


def test_a_secret_has_256_bits_and_stands_in_a_token() -> None:
    made = {new_secret() for _ in range(100)}
    assert {len(secret) for secret in made} == {43}
    assert len(made) == 100
    for secret in made:
        token = Token(patient_id=PatientId(new_uuid7()), id=new_uuid7(), secret=secret)
        assert parsed(token.as_text(), field="token") == token


def test_now_is_in_utc() -> None:
    now = utc_now()
    assert now.tzinfo is UTC
    assert abs(datetime.now(UTC) - now) < timedelta(minutes=1)
