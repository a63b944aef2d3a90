"""Who may ask, and under which key: what a request's headers say."""

import re
from collections.abc import Collection, Iterable, Mapping

from patientportal import BadInputError

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110, 9.2.1, without TRACE
_OURS = frozenset({"same-origin", "none"})
_ORIGIN = re.compile(r"https?://(?:[0-9a-z.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.ASCII)
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"', re.ASCII)  # a String of RFC 9651
_BARE = re.compile(r"[!#-+\--~]+", re.ASCII)  # as many clients send it: neither quotes nor commas
_ESCAPED = re.compile(r"\\(.)")


def is_allowed(method: str, headers: Mapping[str, str] | Iterable[tuple[str, str]], origins: Collection[str]) -> bool:
    """Whether a request may do something: it only reads, or the browser proves that a page of ours sent it.

    The proof is ``Sec-Fetch-Site`` (Fetch Metadata), and ``Origin`` where that is sent or the other isn't; without
    either, or with one of them twice, nothing is done. Answer 403 then. No token in the form is needed.

    Args:
        method: as it came; ``GET``, ``HEAD`` and ``OPTIONS`` must change nothing in your app.
        headers: as they came, in any case of letters.
        origins: where the portal stands, such as ``{"https://portal.example"}``.

    Raises:
        TypeError: ``origins`` is one text.
        ValueError: an origin isn't one: no path, no slash at its end, no capitals.

    >>> ours = {"https://portal.example"}
    >>> is_allowed("POST", {"Sec-Fetch-Site": "same-origin", "Origin": "https://portal.example"}, ours)
    True
    >>> is_allowed("POST", {"Sec-Fetch-Site": "cross-site", "Origin": "https://portal.example"}, ours)
    False
    """
    if isinstance(origins, str):
        raise TypeError("origins must be several, such as a set of one")
    if not all(_ORIGIN.fullmatch(one) for one in origins):
        raise ValueError("an origin is a scheme, a host and perhaps a port, such as https://portal.example")
    if method in _SAFE:
        return True
    try:
        site, origin = _alone("Sec-Fetch-Site", headers), _alone("Origin", headers)
    except ValueError:
        return False
    if site is not None and site not in _OURS:
        return False
    return site is not None if origin is None else origin in origins


def idempotency_key(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> str:
    """The header ``Idempotency-Key`` of a request, as ``pay`` takes it: a request without one is refused.

    It is a String of Structured Fields (``"8e03978e"``), or the same without its quotes.

    Args:
        headers: as they came, in any case of letters.

    Raises:
        BadInputError: of ``idempotency_key``: ``empty``: there is none; ``bad_format``: it isn't one key. How long it
            may be is for the call to say.

    >>> idempotency_key({"idempotency-key": '"8e03978e-40d5"'})
    '8e03978e-40d5'
    """
    try:
        value = (_alone("Idempotency-Key", headers) or "").strip(" \t")
    except ValueError:
        raise BadInputError(field="idempotency_key", problem="bad_format") from None
    quoted = _QUOTED.fullmatch(value)
    key = _ESCAPED.sub(r"\1", quoted[1]) if quoted else value
    if not key:
        raise BadInputError(field="idempotency_key", problem="empty")
    if not quoted and not _BARE.fullmatch(value):
        raise BadInputError(field="idempotency_key", problem="bad_format")
    return key


def _alone(name: str, headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> str | None:
    """A header's value, in whichever case its name came; ``None``: it isn't there.

    Args:
        name: the header's.
        headers: as a mapping, or as pairs.

    Raises:
        ValueError: it is there twice.
    """
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    found = [value for one, value in pairs if one.lower() == name.lower()]
    if len(found) > 1:
        raise ValueError(f"{name} stands there twice")
    return found[0] if found else None
