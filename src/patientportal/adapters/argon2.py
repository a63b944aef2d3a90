"""Hashing with argon2id, never below the floor and never too many at once."""

import base64
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from operator import gt, lt

import argon2
from argon2.exceptions import HashingError, InvalidHashError, VerificationError, VerifyMismatchError
from argon2.low_level import error_to_str

from patientportal.domain.errors import AdapterError, ConfigurationError, PortalError, TooBusyError

# OWASP ASVS 5.0, 11.4.2 and its appendix C: argon2id, the least memory in KiB for each number of passes.
MEMORY_FLOOR_KIB = {1: 47_104, 2: 19_456}
MEMORY_FLOOR_FROM_3_PASSES_KIB = 12_288
# RFC 9106, 4: the second recommended option, but for its four lanes: a hash that takes one thread takes one core.
TIME_COST, MEMORY_COST_KIB, PARALLELISM = 3, 65_536, 1
SALT_BYTES, HASH_BYTES = 16, 32
SLOTS_AT_MOST = 8
WAITING_MAX, WAIT = 8, timedelta(seconds=2)
# argon2.h: ARGON2_MEMORY_ALLOCATION_ERROR and ARGON2_THREAD_FAIL, which argon2-cffi passes on as their texts.
_EXHAUSTED = {error_to_str(-22), error_to_str(-33)}
_NOT_A_HASH = (VerificationError, InvalidHashError, UnicodeEncodeError)


class Argon2Hasher:
    """Argon2id, with a bounded queue, so that a storm of log-ins takes neither every core nor every thread.

    Each hash takes ``memory_cost_kib``, so that ``slots`` bounds the memory, and whoever hashes or waits holds a thread
    of the host's server: keep ``slots + waiting_max`` below half of those that it has (``docs/operations.md``).

    Args:
        time_cost: the number of passes.
        memory_cost_kib: the memory of one hash, in KiB.
        parallelism: the number of lanes, each a thread while a hash is made.
        slots: how many hashes at once; ``None``: one less than there are processors, at least 1 and at most 8.
        waiting_max: how many may wait for a slot; the next one is refused at once.
        wait: how long each of them does.

    Raises:
        ConfigurationError: the parameters are below the floor of OWASP ASVS 5.0, or the queue lets nobody through.
    """

    def __init__(
        self,
        *,
        time_cost: int = TIME_COST,
        memory_cost_kib: int = MEMORY_COST_KIB,
        parallelism: int = PARALLELISM,
        slots: int | None = None,
        waiting_max: int = WAITING_MAX,
        wait: timedelta = WAIT,
    ) -> None:
        floor = MEMORY_FLOOR_KIB.get(time_cost, MEMORY_FLOOR_FROM_3_PASSES_KIB)
        if time_cost < 1 or parallelism < 1 or memory_cost_kib < floor:
            raise ConfigurationError(
                setting="hasher", reason=f"below the floor: {time_cost} passes take at least {floor} KiB"
            )
        if slots is None:
            slots = max(1, min(_processors() - 1, SLOTS_AT_MOST))
        if slots < 1 or waiting_max < 0:
            raise ConfigurationError(setting="hasher", reason="slots must be 1 or more, waiting_max 0 or more")
        self._argon2 = argon2.PasswordHasher(
            time_cost=time_cost,
            memory_cost=memory_cost_kib,
            parallelism=parallelism,
            hash_len=HASH_BYTES,
            salt_len=SALT_BYTES,
        )
        parameters = f"$argon2id$v=19$m={memory_cost_kib},t={time_cost},p={parallelism}"
        self._decoy = f"{parameters}${_base64(os.urandom(SALT_BYTES))}${_base64(os.urandom(HASH_BYTES))}"
        self._strength = _strength(argon2.extract_parameters(self._decoy))
        self._slots = threading.BoundedSemaphore(slots)
        self._places = threading.BoundedSemaphore(waiting_max)
        self._wait = wait

    def hash(self, text: str) -> str:
        """See ``PasswordHasher.hash``."""
        with self._slot():
            try:
                return self._argon2.hash(text)
            except HashingError as error:
                reason = str(error)
        raise self._failure(reason, otherwise="not_hashed")

    def verify(self, text: str, against: str) -> bool:
        """See ``PasswordHasher.verify``."""
        with self._slot():
            try:
                return self._argon2.verify(against, text)
            except VerifyMismatchError:
                return False
            except _NOT_A_HASH as error:
                reason = str(error)
        raise self._failure(reason, otherwise="not_a_hash")

    def is_outdated(self, hashed: str) -> bool:
        """See ``PasswordHasher.is_outdated``."""
        with suppress(*_NOT_A_HASH):
            made, today = _strength(argon2.extract_parameters(hashed)), self._strength
            return any(map(lt, made, today)) and not any(map(gt, made, today))
        raise AdapterError(adapter="argon2", reason="not_a_hash")

    def decoy(self) -> str:
        """See ``PasswordHasher.decoy``."""
        return self._decoy

    def _failure(self, reason: str, *, otherwise: str) -> PortalError:
        """The error for what argon2 said; that there was no memory, or no thread, passes by itself."""
        if reason in _EXHAUSTED:
            return self._too_busy()
        return AdapterError(adapter="argon2", reason=otherwise)

    def _too_busy(self) -> TooBusyError:
        """By the end of the queue's wait whoever waits now has been served or turned away."""
        return TooBusyError(queue="hashing", retry_after=self._wait)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(blocking=False):
            if not self._places.acquire(blocking=False):
                raise self._too_busy()
            try:
                admitted = self._slots.acquire(timeout=self._wait.total_seconds())
            finally:
                self._places.release()
            if not admitted:
                raise self._too_busy()
        try:
            yield
        finally:
            self._slots.release()


def _processors() -> int:
    """How many this process may use; there may be more."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # neither macOS nor Windows tells
        return os.cpu_count() or 1


def _strength(made: argon2.Parameters) -> tuple[int, ...]:
    """What makes a hash cost more to guess, each the more the better; lanes share one work, so they don't count."""
    is_id = made.type is argon2.Type.ID
    return is_id, made.version, made.memory_cost, made.time_cost, made.salt_len, made.hash_len


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).rstrip(b"=").decode()
