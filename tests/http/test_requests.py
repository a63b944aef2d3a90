"""Only pages of ours may change anything, and a payment needs a key."""

from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from patientportal import BadInputError
from patientportal.http import idempotency_key, is_allowed

OURS = {"https://portal.example", "http://localhost:8000"}
ALLOWED = [
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://portal.example"},
    {"sec-fetch-site": "same-origin", "ORIGIN": "http://localhost:8000"},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "https://portal.example"},
]
FORBIDDEN = [
    {},
    {"Host": "portal.example", "Referer": "https://portal.example/pay", "Cookie": "__Host-portal=x"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://portal.example"},
    {"Sec-Fetch-Site": "same-site", "Origin": "https://portal.example"},
    {"Sec-Fetch-Site": "none", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Sec-Fetch-Site": "", "Origin": "https://portal.example"},
    {"Sec-Fetch-Site": "Same-Origin"},
    {"Sec-Fetch-Site": "same-origin, same-origin"},
    {"Origin": ""},
    {"Origin": "null"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://portal.example"},
    {"Origin": "https://portal.example:444"},
    {"Origin": "https://portal.example."},
    {"Origin": "https://portal.example@evil.example"},
    {"Origin": "https://portal.example/"},
    {"Origin": "https://portal.example https://evil.example"},
]
UNSAFE = ["POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "get", "post", "", "GET "]


@pytest.mark.parametrize("headers", ALLOWED, ids=str)
def test_a_page_of_ours_may_change_something(headers: dict[str, str]) -> None:
    for method in UNSAFE:
        assert is_allowed(method, headers, OURS), method
        assert is_allowed(method, list(headers.items()), OURS), method


@pytest.mark.parametrize("headers", FORBIDDEN, ids=str)
def test_nobody_else_may(headers: dict[str, str]) -> None:
    for method in UNSAFE:
        assert not is_allowed(method, headers, OURS), method
        assert not is_allowed(method, list(headers.items()), OURS), method


def test_whoever_reads_needs_no_proof() -> None:
    for method, headers in product(["GET", "HEAD", "OPTIONS"], [*ALLOWED, *FORBIDDEN]):
        assert is_allowed(method, headers, OURS), (method, headers)


def test_a_header_that_is_there_twice_proves_nothing() -> None:
    for name, value in (("Sec-Fetch-Site", "same-origin"), ("Origin", "https://portal.example")):
        for other in (name, name.lower()):
            assert not is_allowed("POST", [(name, value), (other, value)], OURS)


def test_without_an_origin_of_its_own_an_app_allows_what_the_browser_vouches_for_alone() -> None:
    assert not is_allowed("POST", {"Origin": "https://portal.example"}, ())
    assert not is_allowed("POST", {"Sec-Fetch-Site": "same-origin", "Origin": "https://portal.example"}, ())


@given(
    site=st.sampled_from([None, "same-origin", "none", "same-site", "cross-site", "x"]),
    origin=st.sampled_from([None, *OURS, "null", "https://evil.example", "https://portal.example.evil.example"]),
    method=st.sampled_from(["POST", "DELETE"]),
)
@example(site=None, origin=None, method="POST")
def test_both_proofs_must_fit_where_both_are_given(site: str | None, origin: str | None, method: str) -> None:
    given = {"Sec-Fetch-Site": site, "Origin": origin}
    fits = [site in {"same-origin", "none"}] * (site is not None) + [origin in OURS] * (origin is not None)
    headers = {name: value for name, value in given.items() if value is not None}
    assert is_allowed(method, headers, OURS) == (bool(fits) and all(fits))


NO_ORIGINS = [
    *("", "*", "null", "portal.example", "https://", "https://portal.example/", "https://portal.example/portal"),
    *("HTTPS://portal.example", "https://Portal.example", "ftp://portal.example", "https://a@portal.example"),
]


@pytest.mark.parametrize("origin", NO_ORIGINS)
def test_an_origin_that_no_browser_sends_is_a_mistake_of_the_app(origin: str) -> None:
    for method in ("GET", "POST"):
        with pytest.raises(ValueError, match="an origin is a scheme"):
            is_allowed(method, {}, {origin})


def test_one_text_is_not_several_origins() -> None:
    with pytest.raises(TypeError):
        is_allowed("GET", {}, "https://portal.example")


TAKEN = {
    '"8e03978e-40d5-43dd-bc93-6894a57f9324"': "8e03978e-40d5-43dd-bc93-6894a57f9324",
    "8e03978e-40d5-43dd-bc93-6894a57f9324": "8e03978e-40d5-43dd-bc93-6894a57f9324",
    ' "a b, c" ': "a b, c",
    r'"a\"b\\c"': r'a"b\c',
    "a;b=c": "a;b=c",
}


@pytest.mark.parametrize(("written", "key"), TAKEN.items())
def test_a_key_is_taken_with_its_quotes_or_without(written: str, key: str) -> None:
    assert idempotency_key({"Idempotency-Key": written}) == key
    assert idempotency_key([("x", "y"), ("idempotency-key", written)]) == key


NO_KEYS = ['"', '"a', 'a"', '"a"b"', '"a";p=1', '"a", "b"', "a, b", "a b", r'"\a"', '"é"', "é", "a\n", '"\x7f"']


def refused(headers: dict[str, str] | list[tuple[str, str]]) -> tuple[str, str]:
    with pytest.raises(BadInputError) as refusal:
        idempotency_key(headers)
    return refusal.value.field, refusal.value.problem


@pytest.mark.parametrize("written", NO_KEYS)
def test_what_is_not_one_key_is_refused(written: str) -> None:
    assert refused({"Idempotency-Key": written}) == ("idempotency_key", "bad_format")


def test_a_payment_without_a_key_is_refused_and_so_is_one_with_two() -> None:
    for nothing in ({}, *({"Idempotency-Key": blank} for blank in ("", " ", '""'))):
        assert refused(nothing) == ("idempotency_key", "empty")
    assert refused([("Idempotency-Key", "a"), ("idempotency-key", "a")]) == ("idempotency_key", "bad_format")


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=20))
def test_whatever_a_client_writes_as_a_string_comes_back(key: str) -> None:
    written = '"' + key.replace("\\", r"\\").replace('"', r"\"") + '"'
    assert idempotency_key({"Idempotency-Key": written}) == key
