"""What is handed out and comes back: unreadable and unforgeable for whoever doesn't have the portal's key."""

import base64
import hashlib
import hmac
import re

_SEALED = re.compile(r"[0-9A-Za-z_-]{43,1024}", re.ASCII)
_TAG_BYTES = hashlib.sha256().digest_size


def sealed(content: bytes, *, key: bytes) -> str:
    """A content that only this key opens, as base64url: sealed alike when it is alike, so that it needs no chance.

    A synthetic initialisation vector (RFC 5297's construction, of HMAC-SHA-256): the content's HMAC keys the stream
    that hides it, and is checked when it is opened.

    Args:
        content: at most some 700 bytes.
        key: for this one sort of content.

    >>> unsealed(sealed(b"p-1", key=b"k"), field="challenge_id", key=b"k")
    b'p-1'
    """
    tag = _tag(content, key)
    return base64.urlsafe_b64encode(tag + _hidden(content, tag, key)).decode().rstrip("=")


def unsealed(text: object, *, field: str, key: bytes) -> bytes | None:
    """The content that was sealed, or ``None`` where nothing was with this key: of any length, in bounded time.

    Args:
        text: what came from outside.
        field: its name, for the error.
        key: it was sealed with.

    Raises:
        TypeError: it isn't a ``str``.
    """
    if not isinstance(text, str):
        raise TypeError(f"{field} must be str, not {type(text).__name__}")
    if not _SEALED.fullmatch(text) or len(text) % 4 == 1:
        return None
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    tag, hidden = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
    content = _hidden(hidden, tag, key)
    is_ours = hmac.compare_digest(tag, _tag(content, key)) and sealed(content, key=key) == text
    return content if is_ours else None


def _tag(content: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"tag\0" + content, hashlib.sha256)


def _hidden(content: bytes, tag: bytes, key: bytes) -> bytes:
    """The content under the stream of this tag; the same again shows it."""
    blocks = range(-(-len(content) // _TAG_BYTES))
    stream = b"".join(hmac.digest(key, b"stream\0" + tag + bytes([block]), hashlib.sha256) for block in blocks)
    return bytes(shown ^ hiding for shown, hiding in zip(content, stream, strict=False))
