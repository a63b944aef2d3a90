"""Hashing passwords and answers: slow on purpose, and bounded."""

from typing import Protocol


class PasswordHasher(Protocol):
    """Turns secrets that people make up into hashes; thread-safe."""

    def hash(self, text: str) -> str:
        """A salted hash that carries its parameters.

        Raises:
            TooBusyError: too many are waiting.
        """

    def verify(self, text: str, against: str) -> bool:
        """Whether a text is the one behind a hash.

        Raises:
            TooBusyError: too many are waiting.
            AdapterError: that isn't a hash.
        """

    def is_outdated(self, hashed: str) -> bool:
        """Whether a hash was made with other parameters than today's."""

    def decoy(self) -> str:
        """A hash that no text matches and that costs as much to verify as a real one; cheap to make."""
