"""A clock that stands still, a cheap hasher, and ids in a row: what tests use in place of the real ones."""

import hashlib
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from patientportal.domain.errors import AdapterError

MONDAY_MORNING = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class FrozenClock:
    """A clock that moves only when told to.

    Args:
        now: where it stands, aware.

    >>> clock = FrozenClock()
    >>> clock.advance(timedelta(minutes=15))
    >>> clock().isoformat()
    '2026-01-05T09:15:00+00:00'
    """

    def __init__(self, now: datetime = MONDAY_MORNING) -> None:
        if now.utcoffset() is None:
            raise ValueError("a clock needs an aware datetime")
        self._now = now

    def __call__(self) -> datetime:
        """Where it stands."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Moves it, also backwards."""
        self._now += by


class CheapHasher:
    """SHA-256 in place of argon2: right and wrong as ever, in microseconds. For tests alone.

    Args:
        generation: stands for the parameters; hashes of an earlier generation are outdated.
    """

    def __init__(self, *, generation: int = 1) -> None:
        self.generation = generation
        self._salts = itertools.count(1)

    def hash(self, text: str) -> str:
        """See ``PasswordHasher.hash``."""
        return self._hashed(text, generation=str(self.generation), salt=str(next(self._salts)))

    def verify(self, text: str, against: str) -> bool:
        """See ``PasswordHasher.verify``."""
        try:
            _, generation, salt, _ = against.split("$")
        except ValueError:
            raise AdapterError(adapter="cheap", reason="not_a_hash") from None
        return self._hashed(text, generation=generation, salt=salt) == against

    def is_outdated(self, hashed: str) -> bool:
        """See ``PasswordHasher.is_outdated``."""
        return int(hashed.split("$")[1]) < self.generation

    def decoy(self) -> str:
        """See ``PasswordHasher.decoy``."""
        return f"cheap${self.generation}$0$none"

    @staticmethod
    def _hashed(text: str, *, generation: str, salt: str) -> str:
        digest = hashlib.sha256(f"{generation}${salt}${text}".encode()).hexdigest()
        return f"cheap${generation}${salt}${digest}"


def ids_in_a_row(prefix: str = "id") -> Callable[[], str]:
    """Ids that are easy to read: ``id-000001``, ``id-000002`` ..."""
    numbers = itertools.count(1)
    return lambda: f"{prefix}-{next(numbers):06}"


def secrets_in_a_row() -> Callable[[], str]:
    """Secrets that are unlike each other and known in advance. For tests alone."""
    numbers = itertools.count(1)
    return lambda: f"{next(numbers):043}"
