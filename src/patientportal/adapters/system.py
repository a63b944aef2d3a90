"""The machine's clock and chance, as plain callables."""

import secrets
import threading
import time
from datetime import UTC, datetime

SECRET_BYTES = 32  # 256 bits (OWASP ASVS 5.0, 7.2.3 asks for 128)
_COUNTER_BITS, _TAIL_BITS = 12, 62
_lock = threading.Lock()
_last = [0, 0]


def utc_now() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def new_secret() -> str:
    """256 random bits as base64url."""
    return secrets.token_urlsafe(SECRET_BYTES)


def new_uuid7() -> str:
    """A UUIDv7 (RFC 9562, 5.7); those of one process rise, by a counter within the millisecond."""
    with _lock:
        milliseconds = max(time.time_ns() // 1_000_000, _last[0])
        counter = _last[1] + 1 if milliseconds == _last[0] else secrets.randbits(_COUNTER_BITS - 1)
        if counter >> _COUNTER_BITS:
            milliseconds, counter = milliseconds + 1, 0
        _last[:] = milliseconds, counter
    tail = secrets.randbits(_TAIL_BITS)
    digits = f"{milliseconds << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | tail:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
