"""E-mail addresses: what mail servers take, and the name under which they know it."""

import re
import unicodedata

from patientportal.domain.errors import BadInputError
from patientportal.domain.values.text import line, visible_length

EMAIL_MAX = 254  # RFC 5321, 4.5.3.1.3: a path of 256 octets less its brackets
EMAIL_LOCAL_PART_MAX = 64  # RFC 5321, 4.5.3.1.1
EMAIL_LABEL_MAX = 63  # RFC 1035, 2.3.4
_LOCAL_PART = re.compile(r'[^\s@"<>(),:;\\\[\]]+')
_LABEL = re.compile(r"[0-9A-Za-z](?:[\w-]*[0-9A-Za-z])?", re.ASCII)
_A_LABEL = "xn--"


def email_address(value: object, *, field: str = "email") -> str:
    """One address as it is kept and shown: trimmed and composed, a domain beyond ASCII in lower case (UTS 46).

    Its domain may be written in any script that domain names can hold (IDNA 2008), or in A-labels (``xn--``).

    Args:
        value: what came from outside.
        field: its name, for the error.

    Returns:
        The address, which is its own kept form.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``bad_format``, ``bad_character``, ``empty`` or ``too_long``: more than 254 bytes as it is routed
            (RFC 5321), 64 of them before the ``@``, or 63 of a domain's label.
    """
    local_part, _, domain = line(value, field=field, at_most=EMAIL_MAX).partition("@")
    if not domain.isascii():
        domain = _mapped(domain)
    address = f"{local_part}@{domain}"
    labels = _routed(domain).split(".")
    if not _LOCAL_PART.fullmatch(local_part) or not all(map(_LABEL.fullmatch, labels)):
        raise BadInputError(field=field, problem="bad_format")
    for part, limit in [(local_part, EMAIL_LOCAL_PART_MAX), *((one, EMAIL_LABEL_MAX) for one in labels)]:
        if len(part.encode()) > limit:
            raise BadInputError(field=field, problem="too_long", limit=limit)
    if len(routed(address).encode()) > EMAIL_MAX:
        raise BadInputError(field=field, problem="too_long", limit=EMAIL_MAX)
    if not _is_readable(local_part) or not all(_is_in_idna(one) for one in labels if one.startswith(_A_LABEL)):
        raise BadInputError(field=field, problem="bad_format")
    return address


def routed(email: str) -> str:
    """An address as mail is routed, by which two spellings of a domain are one: in lower case and A-labels (RFC 5890).

    Args:
        email: an address as it is kept.

    Returns:
        The same address; in ASCII, unless its local part isn't.
    """
    local_part, _, domain = email.rpartition("@")
    return f"{local_part}@{_routed(domain)}"


def _routed(domain: str) -> str:
    return ".".join(
        one.lower() if one.isascii() else _A_LABEL + one.encode("punycode").decode() for one in domain.split(".")
    )


def _mapped(domain: str) -> str:
    """What its writer means in the terms of IDNA 2008: lower case, usual widths, a full stop for an ideographic one."""
    import idna

    try:
        return idna.uts46_remap(domain, std3_rules=False)
    except idna.IDNAError:
        return ""  # raised by us, without its text, which shows the domain


def _is_in_idna(label: str) -> bool:
    import idna

    try:
        return bool(idna.ulabel(label))
    except idna.IDNAError:
        return False


def _is_readable(local_part: str) -> bool:
    """Whether nothing in it is unseen: joiners may only stand where their script needs them (RFC 5892, A.1 and A.2)."""
    return local_part.isascii() or all(
        visible_length(c) or unicodedata.category(c)[0] == "M" or _is_joining(local_part, at)
        for at, c in enumerate(local_part)
    )


def _is_joining(text: str, at: int) -> bool:
    import idna

    return idna.valid_contextj(text, at)
