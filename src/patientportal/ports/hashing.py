"""Hashing passwords and answers: slow on purpose, and bounded."""

from typing import Protocol


class PasswordHasher(Protocol):
    """Turns secrets that people make up into hashes; thread-safe."""

    def hash(self, text: str) -> str:
        """A salted hash that carries its parameters.

        Raises:
            TooBusyError: too many are waiting, or there is no memory for one more.
            AdapterError: it failed otherwise.
        """

    def verify(self, text: str, against: str) -> bool:
        """Whether a text is the one behind a hash.

        Raises:
            TooBusyError: too many are waiting, or there is no memory for one more.
            AdapterError: that isn't a hash.
        """

    def is_outdated(self, hashed: str) -> bool:
        """Whether a hash is weaker than today's: a parameter of its is below, and none above.

        A merely different hash isn't, so that a fleet of two settings doesn't rewrite hashes up and down.
        """

    def decoy(self) -> str:
        """A hash that no text matches and that costs as much to verify as a real one; cheap to make."""
