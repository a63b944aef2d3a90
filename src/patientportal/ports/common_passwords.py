"""Looking a new password up in a list of common ones."""

from typing import Protocol


class CommonPasswords(Protocol):
    """A list of passwords that many people use; thread-safe, and quick: it is asked for each new password."""

    def contains(self, password: str) -> bool:
        """Whether a password is on the list.

        Args:
            password: as it would be hashed: NFKC, in its own case.
        """
