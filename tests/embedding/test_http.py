"""``patientportal.http`` inside Flask and Django: what a whole API needs, and what their headers look like."""

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from patientportal import Money, Portal, PortalError, RecordingNotifier, SessionEndedError
from patientportal.http import SECURITY_HEADERS, cookie, cookie_name, idempotency_key, is_allowed, problem, to_json
from patientportal.testing import PASSWORD, clinic
from patientportal.testing import portal as fakes

pytest.importorskip("flask")
pytest.importorskip("django")

import flask
from django.http import HttpResponse
from django.test import RequestFactory

from tests.embedding.site import set_up_django

set_up_django()

OURS = "https://portal.example"
Answer = tuple[int, dict[str, str], bytes]
Ask = Callable[..., SimpleNamespace]


def answered(portal: Portal, method: str, path: str, *, headers: Any, cookies: Any, body: bytes) -> Answer:
    """A whole API, whatever the framework is."""
    if not is_allowed(method, headers, {OURS}):
        return 403, {}, b""
    try:
        if path == "/log-in":
            me = portal.log_in(json.loads(body)["username"], json.loads(body)["password"])
            return 204, {"Set-Cookie": cookie(me)}, b""
        me = portal.resume(cookies.get(cookie_name(), ""))
        bill = me.statements.current()
        assert bill is not None
        if path == "/pay":
            amount = Money.parse(json.loads(body)["amount"], "USD")
            paid = me.statements.pay(
                bill.statement_id, amount, source="approve", idempotency_key=idempotency_key(headers)
            )
            return 200, {"Content-Type": "application/json"}, json.dumps(to_json(paid)).encode()
        return 200, {"Content-Type": "application/json"}, json.dumps(to_json(bill)).encode()
    except SessionEndedError as error:
        status, said, body = problem(error, "es")
        return status, said | ({"Set-Cookie": cookie(None)} if cookie_name() in cookies else {}), body
    except PortalError as error:
        return problem(error, "es")


def in_flask(portal: Portal) -> Ask:
    app = flask.Flask("clinic")

    @app.route("/<path:_>", methods=["GET", "POST"])
    def view(_: str) -> Any:
        asked = flask.request
        status, headers, body = answered(
            portal, asked.method, asked.path, headers=asked.headers, cookies=asked.cookies, body=asked.data
        )
        return body, status, {**SECURITY_HEADERS, **headers}

    client = app.test_client()

    def ask(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> SimpleNamespace:
        got = client.open(path, method=method, headers=headers, data=body, base_url=OURS)
        return SimpleNamespace(status=got.status_code, headers=got.headers, body=got.data)

    return ask


def in_django(portal: Portal) -> Ask:
    kept: dict[str, str] = {}

    def ask(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> SimpleNamespace:
        asked = RequestFactory(headers=headers).generic(
            method, path, body, content_type="application/json", secure=True
        )
        asked.COOKIES.update(kept)
        status, given, said = answered(
            portal, method, asked.path, headers=asked.headers, cookies=asked.COOKIES, body=asked.body
        )
        got = HttpResponse(said, status=status, headers={**SECURITY_HEADERS, **given})
        if "Set-Cookie" in got.headers:
            name, _, value = got.headers["Set-Cookie"].partition(";")[0].partition("=")
            kept[name] = value
        return SimpleNamespace(status=got.status_code, headers=got.headers, body=got.content)

    return ask


@pytest.fixture(params=[in_flask, in_django])
def ask(request: pytest.FixtureRequest) -> Iterator[Ask]:
    with fakes(notifier=RecordingNotifier()) as portal:
        clinic(portal)
        yield request.param(portal)


FROM_US = {"Sec-Fetch-Site": "same-origin", "Origin": OURS}


def log_in(ask: Ask, headers: dict[str, str], password: str = PASSWORD) -> SimpleNamespace:
    return ask("POST", "/log-in", headers, json.dumps({"username": "ada", "password": password}).encode())


def test_an_api_lets_in_pays_once_and_says_what_is_left(ask: Ask) -> None:
    entered = log_in(ask, FROM_US)
    assert entered.status == 204
    assert "__Host-portal=" in entered.headers["Set-Cookie"]
    assert entered.headers["X-Content-Type-Options"] == "nosniff"
    key = {"Idempotency-Key": '"this form"'}
    paid = [ask("POST", "/pay", FROM_US | key, b'{"amount": "12.50"}') for _ in range(2)]
    assert [one.status for one in paid] == [200, 200]
    assert paid[0].body == paid[1].body
    assert json.loads(paid[0].body)["amount"] == {"amount": "12.50", "currency": "USD"}
    assert json.loads(ask("GET", "/bill", {}).body)["remaining"] == {"amount": "87.50", "currency": "USD"}


def test_it_refuses_other_sites_and_says_what_is_wrong(ask: Ask) -> None:
    for headers in ({}, {"Sec-Fetch-Site": "cross-site", "Origin": OURS}, {"Origin": "https://evil.example"}):
        assert log_in(ask, headers).status == 403
    refused = log_in(ask, FROM_US, "wrong")
    assert (refused.status, refused.headers["Content-Type"]) == (409, "application/problem+json")
    assert json.loads(refused.body)["data"] == {"attempts_left": 3}
    out = ask("GET", "/bill", {})
    assert (out.status, json.loads(out.body)["code"]) == (401, "session_ended")
    assert "Set-Cookie" not in out.headers


def test_a_payment_needs_a_key(ask: Ask) -> None:
    log_in(ask, FROM_US)
    refused = ask("POST", "/pay", FROM_US, b'{"amount": "12.50"}')
    assert (refused.status, json.loads(refused.body)["data"]["field"]) == (422, "idempotency_key")
