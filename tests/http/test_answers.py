"""The session's cookie, what every answer says to a browser, and a document to keep."""

import re
from http.cookies import SimpleCookie

import pytest

from patientportal import Document, RecordingNotifier
from patientportal.http import SECURITY_HEADERS, cookie, cookie_name, download
from patientportal.testing import PASSWORD, activated, portal


@pytest.mark.parametrize(("path", "name"), [("/", "__Host-portal"), ("/portal", "__Secure-portal")])
def test_a_session_comes_back_from_its_cookie(path: str, name: str) -> None:
    box = RecordingNotifier()
    with portal(notifier=box) as one:
        me = one.log_in(activated(one, box).username, PASSWORD)
        written = cookie(me, path=path)
        kept = SimpleCookie(written)[name]
        assert one.resume(kept.value).patient_id == me.patient_id
        assert cookie_name(path=path) == name
        assert (kept["path"], kept["secure"], kept["httponly"], kept["samesite"]) == (path, True, True, "Lax")
        assert kept["domain"] == kept["max-age"] == kept["expires"] == ""
        assert me.token not in repr(me)


def test_nobody_is_logged_in_without_one() -> None:
    for path in ("/", "/portal"):
        kept = SimpleCookie(cookie(None, path=path))[cookie_name(path=path)]
        assert (kept.value, kept["max-age"], kept["path"], kept["secure"]) == ("", "0", path, True)


@pytest.mark.parametrize(
    "path",
    ["", "portal", "/a;Domain=evil.example", "/a b", "/a\r\nX: y", "/\N{LATIN SMALL LETTER E WITH ACUTE}", "/a\n"],
)
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        cookie(None, path=path)


def test_what_every_answer_says_lets_no_other_site_in() -> None:
    policy = dict(part.split(" ", 1) for part in SECURITY_HEADERS["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert not re.search(r"unsafe|\*|http|data:", SECURITY_HEADERS["Content-Security-Policy"])
    assert SECURITY_HEADERS["Cache-Control"] == "no-store"
    assert SECURITY_HEADERS["Referrer-Policy"] == "same-origin"
    with pytest.raises(TypeError):
        SECURITY_HEADERS["X"] = "y"  # type: ignore[index] # as a careless app would


@pytest.mark.parametrize(
    ("said", "sent", "file"),
    [
        ("application/pdf", "application/pdf", "bill.pdf"),
        ("image/png", "image/png", "bill.png"),
        ("text/plain", "text/plain", "bill.txt"),
        ("text/html", "application/octet-stream", "bill"),
        ("image/svg+xml", "application/octet-stream", "bill"),
        ("text/plain; charset=utf-7", "application/octet-stream", "bill"),
    ],
)
def test_a_document_is_a_file_that_no_browser_shows_as_a_page_of_the_portal(said: str, sent: str, file: str) -> None:
    status, headers, body = download(Document(media_type=said, content=b"<script>"), "bill")
    assert (status, body) == (200, b"<script>")
    assert headers["Content-Type"] == sent
    assert headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{file}"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "name", ['a"; filename="x.html', "a\r\nSet-Cookie: x=y", "../etc", "Rechnung \u00fc", "\ud800"]
)
def test_whatever_a_file_is_called_the_header_stays_one(name: str) -> None:
    _, headers, _ = download(Document(media_type="application/pdf", content=b""), name)
    assert re.fullmatch(r"attachment; filename\*=UTF-8''[0-9A-Za-z%._~-]+\.pdf", headers["Content-Disposition"])
