"""The list of common passwords that is shipped: hashes in a sorted file, read when it is first asked."""

import hashlib
from bisect import bisect_left
from functools import cached_property
from pathlib import Path

HASH_BYTES = 5
FILE = Path(__file__).with_suffix(".bin")


class ShippedPasswords:
    """The 3,000 most common passwords for each minimum length from 8 to 15, with and without composition, or all.

    They are 18,000 of SecLists' million (``NOTICE``), case apart. Of each the first 40 bits of SHA-256 are kept: nobody
    reads the words, and one password in 60 million is taken for one of them.
    """

    def contains(self, password: str) -> bool:
        """See ``CommonPasswords.contains``."""
        wanted, among = hashed(password), self._hashes
        at = bisect_left(among, wanted)
        return at < len(among) and among[at] == wanted

    @cached_property
    def _hashes(self) -> list[bytes]:
        raw = FILE.read_bytes()
        return [raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)]


def hashed(password: str) -> bytes:
    """What is kept of a password."""
    return hashlib.sha256(password.casefold().encode()).digest()[:HASH_BYTES]
