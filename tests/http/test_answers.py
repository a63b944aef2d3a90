"""The session's cookie, and what every answer says to a browser."""

import re
from http.cookies import SimpleCookie

import pytest

from patientportal import RecordingNotifier
from patientportal.http import SECURITY_HEADERS, cookie, cookie_name
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
