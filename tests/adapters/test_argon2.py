"""Hashing with argon2id: never below the floor, never too many at once, and decoys that cost what hashes cost."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest
from argon2 import Type, extract_parameters

from patientportal.adapters.argon2 import Argon2Hasher
from patientportal.domain.errors import AdapterError, ConfigurationError, TooBusyError

PASSWORD = "violet kettle 42 drifts \u00e9"
LONG = timedelta(seconds=20)
AT_ONCE = timedelta(milliseconds=1)
TWO_THREADS = 2


def cheapest(*, slots: int = 2, waiting_max: int = 4, wait: timedelta = LONG) -> Argon2Hasher:
    return Argon2Hasher(
        time_cost=3, memory_cost_kib=12_288, parallelism=1, slots=slots, waiting_max=waiting_max, wait=wait
    )


@contextmanager
def one_at_work(hasher: Argon2Hasher) -> Iterator[None]:
    """Another thread has one of the slots."""
    begun, over = threading.Event(), threading.Event()

    def work() -> None:
        with hasher._slot():
            begun.set()
            over.wait(30)

    worker = threading.Thread(target=work)
    worker.start()
    assert begun.wait(30)
    try:
        yield
    finally:
        over.set()
        worker.join()


def test_a_password_fits_its_hash_and_nothing_else() -> None:
    hasher = cheapest()
    hashed = hasher.hash(PASSWORD)
    assert hasher.verify(PASSWORD, hashed)
    assert not hasher.verify(PASSWORD + " ", hashed)
    assert not hasher.verify("", hashed)


def test_the_same_password_has_another_hash_each_time() -> None:
    hasher = cheapest()
    assert hasher.hash(PASSWORD) != hasher.hash(PASSWORD)


def test_a_hash_carries_its_parameters() -> None:
    found = extract_parameters(cheapest().hash(PASSWORD))
    assert (found.type, found.time_cost, found.memory_cost, found.parallelism) == (Type.ID, 3, 12_288, 1)
    assert (found.salt_len, found.hash_len) == (16, 32)


@pytest.mark.parametrize(
    ("time_cost", "floor"), [(1, 47_104), (2, 19_456), (3, 12_288), (4, 12_288), (10, 12_288), (100, 12_288)]
)
def test_the_floor_of_each_number_of_passes_holds(time_cost: int, floor: int) -> None:
    Argon2Hasher(time_cost=time_cost, memory_cost_kib=floor, parallelism=1)
    with pytest.raises(ConfigurationError) as caught:
        Argon2Hasher(time_cost=time_cost, memory_cost_kib=floor - 1, parallelism=1)
    assert caught.value.setting == "hasher"
    assert str(floor) in caught.value.reason


@pytest.mark.parametrize("wrong", [{"time_cost": 0}, {"time_cost": -1}, {"parallelism": 0}, {"memory_cost_kib": 0}])
def test_impossible_parameters_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        Argon2Hasher(**{"time_cost": 3, "memory_cost_kib": 65_536, "parallelism": 1} | wrong)  # type: ignore[arg-type]


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system doesn't say which processors are ours")
@pytest.mark.parametrize(("processors", "slots"), [(1, 1), (2, 1), (3, 2), (9, 8), (64, 8)])
def test_by_default_hashing_leaves_a_processor_to_the_others(
    processors: int, slots: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(processors)))
    usual = Argon2Hasher()
    with ExitStack() as taken:
        for _ in range(slots):
            taken.enter_context(usual._slot())
        assert not usual._slots.acquire(blocking=False)
    assert extract_parameters(usual.decoy()).parallelism == 1, "a hash takes one core"


def test_where_the_system_does_not_say_which_processors_are_ours_all_of_them_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    with one_at_work(hasher := Argon2Hasher(waiting_max=0)), pytest.raises(TooBusyError):
        hasher.hash(PASSWORD)


def test_by_default_fewer_may_hash_or_wait_than_half_of_fastapis_forty_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug of others: whoever logs in waits where everybody else's pages are made, until no thread is left."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    usual = Argon2Hasher()
    with one_at_work(usual):
        waiting = 0
        while usual._places.acquire(blocking=False):
            waiting += 1
        with pytest.raises(TooBusyError) as caught:
            usual.hash(PASSWORD)
    assert waiting == 8
    assert caught.value.retry_after == timedelta(seconds=2)


def test_hashes_of_other_parameters_are_outdated_and_still_fit() -> None:
    older, newer = cheapest(), Argon2Hasher(time_cost=4, memory_cost_kib=12_288, parallelism=1)
    hashed = older.hash(PASSWORD)
    assert not older.is_outdated(hashed)
    assert newer.is_outdated(hashed)
    assert newer.verify(PASSWORD, hashed)


BASE = {"time_cost": 3, "memory_cost_kib": 19_456}


@pytest.mark.parametrize(
    ("stored", "is_outdated"),
    [
        ({}, False),
        ({"time_cost": 2}, True),
        ({"memory_cost_kib": 12_288}, True),
        ({"time_cost": 4}, False),
        ({"memory_cost_kib": 65_536}, False),
        ({"time_cost": 2, "memory_cost_kib": 65_536}, False),
        ({"time_cost": 4, "memory_cost_kib": 12_288}, False),
        ({"parallelism": 4}, False),
        ({"parallelism": 4, "time_cost": 2}, True),
    ],
)
def test_only_a_weaker_hash_is_outdated(stored: dict[str, int], is_outdated: bool) -> None:  # noqa: FBT001 - a column
    today = Argon2Hasher(**BASE, parallelism=1)  # type: ignore[arg-type]
    other = Argon2Hasher(**{"parallelism": 1} | BASE | stored)  # type: ignore[arg-type]
    assert today.is_outdated(other.decoy()) is is_outdated
    assert not (today.is_outdated(other.decoy()) and other.is_outdated(today.decoy())), "up and down"


@pytest.mark.parametrize(
    ("other_kind", "is_outdated"),
    [
        ("$argon2i$v=19$m=19456,t=3,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g", True),
        ("$argon2id$v=16$m=19456,t=3,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g", True),
        ("$argon2id$v=19$m=19456,t=3,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaA", True),
        ("$argon2id$v=19$m=19456,t=3,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g", True),
    ],
)
def test_a_hash_of_a_weaker_kind_is_outdated(other_kind: str, is_outdated: bool) -> None:  # noqa: FBT001 - a column
    assert Argon2Hasher(**BASE, parallelism=1).is_outdated(other_kind) is is_outdated  # type: ignore[arg-type]


WHERE_MEMORY_ENDS = """
import resource
from datetime import timedelta
from patientportal.adapters.argon2 import Argon2Hasher
from patientportal.domain.errors import TooBusyError

hasher = Argon2Hasher(time_cost=3, memory_cost_kib=1 << 20, parallelism=1, wait=timedelta(seconds=7))
resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))
for ask in (lambda: hasher.hash("violet kettle"), lambda: hasher.verify("violet kettle", hasher.decoy())):
    try:
        ask()
    except TooBusyError as error:
        print(error.queue, error.retry_after.total_seconds())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_where_memory_ends_the_hasher_is_too_busy_and_the_hash_is_fine() -> None:
    ran = subprocess.run([sys.executable, "-c", WHERE_MEMORY_ENDS], capture_output=True, text=True, check=True)  # noqa: S603 - ourselves
    assert ran.stdout.splitlines() == ["hashing 7.0"] * 2


def test_what_cannot_be_hashed_is_told_as_the_adapters_failure_without_the_text() -> None:
    with pytest.raises(AdapterError) as caught:
        Argon2Hasher(time_cost=3, memory_cost_kib=12_288, parallelism=4_000).hash(PASSWORD)
    assert (caught.value.adapter, caught.value.reason) == ("argon2", "not_hashed")
    assert caught.value.__context__ is None


def test_a_decoy_costs_what_a_hash_costs_and_fits_nothing() -> None:
    hasher = cheapest()
    decoy = hasher.decoy()
    assert extract_parameters(decoy) == extract_parameters(hasher.hash(PASSWORD))
    assert not hasher.is_outdated(decoy)
    assert not hasher.verify(PASSWORD, decoy)
    assert not hasher.verify("", decoy)


def test_a_decoy_is_not_the_same_in_every_process() -> None:
    assert cheapest().decoy() != cheapest().decoy()


@pytest.mark.parametrize(
    "malformed",
    [
        "",
        "nonsense",
        "$argon2id$",
        "$argon2id$v=19$m=12288,t=3,p=1$c2FsdHNhbHRzYWx0c2FsdA",
        "$argon2id$v=19$m=12288,t=3,p=1$!$!",
        "$argon2id$v=19$m=none,t=3,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaA",
        "$2b$12$abcdefghijklmnopqrstuv",
        "$argon2id$\u00e9",
    ],
)
def test_what_is_no_hash_is_told_as_the_adapters_failure(malformed: str) -> None:
    with pytest.raises(AdapterError) as caught:
        cheapest().verify(PASSWORD, malformed)
    assert (caught.value.adapter, caught.value.reason) == ("argon2", "not_a_hash")
    assert PASSWORD not in repr(caught.value.__cause__)


@pytest.mark.parametrize("malformed", ["", "nonsense", "$argon2id$"])
def test_what_is_no_hash_is_not_outdated_but_the_adapters_failure(malformed: str) -> None:
    with pytest.raises(AdapterError):
        cheapest().is_outdated(malformed)


def test_who_finds_the_queue_full_is_told_so_at_once() -> None:
    hasher = cheapest(slots=1, waiting_max=0, wait=LONG)
    hashed = hasher.hash(PASSWORD)
    with one_at_work(hasher):
        for ask in (lambda: hasher.hash(PASSWORD), lambda: hasher.verify(PASSWORD, hashed)):
            with pytest.raises(TooBusyError) as caught:
                ask()
            assert (caught.value.queue, caught.value.retry_after) == ("hashing", LONG)
    assert hasher.verify(PASSWORD, hashed)


def test_who_waits_too_long_is_told_so_and_leaves_the_queue() -> None:
    hasher = cheapest(slots=1, waiting_max=1, wait=AT_ONCE)
    with one_at_work(hasher):
        for _ in range(3):
            with pytest.raises(TooBusyError) as caught:
                hasher.hash(PASSWORD)
            assert caught.value.queue == "hashing"
        assert hasher._places.acquire(blocking=False), "who gave up still takes a place in the queue"
    assert hasher.hash(PASSWORD)


def test_who_waits_gets_the_slot_that_becomes_free() -> None:
    hasher = cheapest(slots=1, waiting_max=1, wait=LONG)
    hashes: list[str] = []
    with one_at_work(hasher):
        waiting = threading.Thread(target=lambda: hashes.append(hasher.hash(PASSWORD)))
        waiting.start()
    waiting.join(30)
    assert len(hashes) == 1


def test_as_many_as_there_are_slots_work_at_once() -> None:
    hasher = cheapest(slots=TWO_THREADS, waiting_max=0)
    with one_at_work(hasher):
        assert hasher.hash(PASSWORD)
        with one_at_work(hasher), pytest.raises(TooBusyError):
            hasher.hash(PASSWORD)


def test_a_hash_that_fails_gives_its_slot_back() -> None:
    hasher = cheapest(slots=1, waiting_max=0)
    for _ in range(2):
        with pytest.raises(AdapterError):
            hasher.verify(PASSWORD, "nonsense")
    assert hasher.hash(PASSWORD)


@pytest.mark.parametrize("wrong", [{"slots": 0}, {"slots": -1}, {"waiting_max": -1}])
def test_a_queue_that_lets_nobody_through_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        Argon2Hasher(time_cost=3, memory_cost_kib=12_288, parallelism=1, **wrong)  # type: ignore[arg-type]
