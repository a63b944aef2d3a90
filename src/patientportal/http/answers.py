"""What every answer says to a browser, the session's cookie, and a document to keep."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote

from patientportal import Document, PatientAccess

SECURITY_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "same-origin",  # no-referrer makes browsers send "Origin: null" with forms
        "Strict-Transport-Security": "max-age=31536000",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)
"""What every page and answer says (OWASP Secure Headers); a page that needs more has its own policy of content."""

_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "application/pdf": ".pdf",
        "image/jpeg": ".jpg",
        "image/png": ".png",
        "text/plain": ".txt",
    }
)
"""What a document may say that it is, and how its file's name ends; any other is bytes."""

_PATH = re.compile(r"/[0-9A-Za-z._~!$&'()*+,=:@%/-]*", re.ASCII)


def cookie_name(*, path: str = "/") -> str:
    """What the session's cookie is called: only the host itself can have set one with such a prefix (RFC 6265bis).

    Args:
        path: where the portal stands on its host.

    Raises:
        ValueError: it is no path.

    >>> cookie_name(), cookie_name(path="/portal")
    ('__Host-portal', '__Secure-portal')
    """
    if not _PATH.fullmatch(path):
        raise ValueError("path must be one of a URL, such as /portal")
    return "__Host-portal" if path == "/" else "__Secure-portal"


def cookie(me: PatientAccess | None, *, path: str = "/") -> str:
    """The value of ``Set-Cookie`` that keeps a session in the browser, or ends the cookie.

    It ends with the browser, is sent over TLS alone and hidden from scripts, and comes along when somebody follows a
    link of a mail but not with another site's form.

    Args:
        me: who is logged in; after a changed password, once more. ``None``: nobody is. Delete it only where the request
            brought one.
        path: where the portal stands on its host.

    Raises:
        ValueError: ``path`` is no path.

    >>> cookie(None)
    '__Host-portal=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax'
    """
    token, age = ("", " Max-Age=0;") if me is None else (me.token, "")
    return f"{cookie_name(path=path)}={token}; Path={path};{age} Secure; HttpOnly; SameSite=Lax"


def download(document: Document, name: str) -> tuple[int, dict[str, str], bytes]:
    """A statement's copy as the answer to a request: a file to keep, which no browser shows as a page of the portal's.

    Args:
        document: from ``me.statements.document`` or ``desk.statements.document``.
        name: what the file is called, without its ending: nothing about anybody, because it stays where it is kept.

    Returns:
        The status, headers and body. What isn't a PDF, a picture or plain text is sent as bytes of no kind.

    >>> status, headers, body = download(Document(media_type="application/pdf", content=b"%PDF-1.7"), "statement")
    >>> status, headers["Content-Type"], headers["Content-Disposition"]
    (200, 'application/pdf', "attachment; filename*=UTF-8''statement.pdf")
    """
    said = document.media_type.lower()
    kind = said if said in _KINDS else "application/octet-stream"
    file = quote(f"{name}{_KINDS.get(kind, '')}", safe="", errors="replace")
    headers = {
        **SECURITY_HEADERS,
        "Content-Type": kind,
        "Content-Disposition": f"attachment; filename*=UTF-8''{file}",  # RFC 6266
        "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    }
    return 200, headers, document.content
