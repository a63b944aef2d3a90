"""Codes that people read off paper and type: twelve characters, of which none is taken for another."""

import hashlib
import hmac
import re
import unicodedata

from .tokens import hashed

# Crockford's base 32: no I, L or O, which are read as 1 and 0, and no U.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("ILO", "110")
_CODE = re.compile(f"[{_ALPHABET}]{{12}}")
_LENGTH, _GROUP, _BITS = 12, 4, 5
_TYPED_MAX = 64
_LEFT_OUT = frozenset({"Pd", "Cf", "Cc", "Zs"})
"""Dashes of every form, spaces, and what nobody sees."""


def made_of(secret: str) -> str:
    """The code that a secret of 256 random bits gives: 60 of them (NIST SP 800-63B-4, 3.1.2.1, asks for 20).

    >>> made_of("s" * 43)
    'Z35YF8R1DRWR'
    """
    number = int.from_bytes(hashed(secret), "big")
    return "".join(_ALPHABET[(number >> _BITS * place) % len(_ALPHABET)] for place in range(_LENGTH))


def shown(code: str) -> str:
    """A code as it is printed.

    >>> shown("Z35YF8R1DRWR")
    'Z35Y-F8R1-DRWR'
    """
    return "-".join(code[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def parsed(text: str) -> str | None:
    """The code that is typed here, in any case, with hyphens, spaces or none; ``None`` where none can be.

    >>> parsed(" z35y f8rl\u2013drwr ")
    'Z35YF8R1DRWR'
    """
    if len(text) > _TYPED_MAX:
        return None
    typed = unicodedata.normalize("NFKC", text).upper()
    bare = "".join(c for c in typed if unicodedata.category(c) not in _LEFT_OUT).translate(_READ_AS)
    return bare if _CODE.fullmatch(bare) else None


def code_hash(code: str, *, key: bytes) -> bytes:
    """What is stored of a code: an HMAC, for 60 bits alone could be tried out by whoever has the database.

    Args:
        code: in its own form.
        key: the portal's.
    """
    return hmac.digest(key, b"printed-code 1\0" + code.encode(), hashlib.sha256)
