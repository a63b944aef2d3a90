"""The example in FastAPI, over HTTP: an API that its own OpenAPI document describes, and a few pages."""

import importlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import argon2
import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from patientportal.testing import ANSWERS, PASSWORD, clinic
from tests.embedding.site import FROM_US, OURS, STAFF_PASSWORD, Browser, Got, Sent, Site, practice, settings


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    hashed = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(STAFF_PASSWORD)
    environ = settings(folder, f"sqlite:///{folder}/clinic.db", hashed=hashed)
    with pytest.MonkeyPatch.context() as environment, practice(environ) as (portal, mailbox):
        for name, value in environ.items():
            environment.setenv(name, value)
        module = importlib.import_module("clinic_fastapi.app")
        with TestClient(module.app, base_url=OURS, follow_redirects=False) as client:

            def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Sent:
                client.cookies.clear()
                got = client.request(method, path, headers=dict(headers), content=body)
                return got.status_code, list(got.headers.multi_items()), got.content

            yield Site(send, portal, mailbox, clinic(portal))
        module.portal.close()


@pytest.fixture
def browser(site: Site) -> Browser:
    return site.browser()


@pytest.fixture(scope="module")
def described(site: Site) -> dict[str, Any]:
    """What the app says of its operations."""
    found = site.browser().get("/openapi.json").json
    assert isinstance(found, dict)
    assert found["openapi"].startswith("3.1")
    return found["paths"]  # type: ignore[no-any-return] # JSON


def call(browser: Browser, path: str, *, key: str = "", **typed: object) -> Got:
    keys = {"Idempotency-Key": f'"{key}"'} if key else {}
    return browser.ask("POST", path, FROM_US | {"Content-Type": "application/json"} | keys, json.dumps(typed).encode())


def log_in(browser: Browser, username: str = "ada", password: str = PASSWORD) -> None:
    assert call(browser, "/api/log-in", username=username, password=password).status == 204


def as_described(got: Got, operation: dict[str, Any]) -> Any:
    """What was answered, once it is as the app's own document says."""
    kind = got.headers["content-type"]
    Draft202012Validator(operation["responses"][str(got.status)]["content"][kind]["schema"]).validate(got.json)
    return got.json


def test_a_patient_logs_in_sees_their_devices_and_logs_off(
    site: Site, browser: Browser, described: dict[str, Any]
) -> None:
    wrong = as_described(call(browser, "/api/log-in", username="ada", password="no"), described["/api/log-in"]["post"])
    assert wrong["data"] == {"attempts_left": 3}
    log_in(browser)
    phone = site.browser()
    log_in(phone)
    devices = as_described(browser.get("/api/devices"), described["/api/devices"]["get"])
    (other,) = (one["session_id"] for one in devices["items"] if not one["is_this"])
    assert call(browser, f"/api/devices/{other}/log-off").status == 204
    over = as_described(phone.get("/api/visits"), described["/api/visits"]["get"])
    assert over["code"] == "session_ended"
    assert call(browser, "/api/log-off").status == 204
    assert (browser.cookies, browser.get("/api/visits").status) == ({}, 401)


def test_only_pages_of_ours_may_send_and_what_can_not_be_read_echoes_nothing(
    browser: Browser, described: dict[str, Any]
) -> None:
    for headers in ({}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert browser.ask("POST", "/api/log-in", headers, b"{}").status == 403
    unreadable = call(browser, "/api/log-in", username="ada", password=["a secret"])
    assert (unreadable.status, "a secret" in unreadable.text) == (422, False)
    empty = as_described(call(browser, "/api/log-in"), described["/api/log-in"]["post"])
    assert [one["data"]["field"] for one in empty["errors"]] == ["username", "password"]
    assert list(empty["fields"]) == ["username", "password"]
    page = browser.get("/reset-password")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"


def test_a_visit_is_booked_and_cancelled(browser: Browser, described: dict[str, Any]) -> None:
    log_in(browser)
    slots = as_described(browser.get("/api/slots"), described["/api/slots"]["get"])
    slot = slots["items"][-1]
    operation = described["/api/visits"]["post"]
    visit = as_described(call(browser, "/api/visits", slot_id=slot["slot_id"], reason="My back"), operation)
    assert visit["starts_at"] == slot["starts_at"]
    listed = as_described(browser.get("/api/visits"), described["/api/visits"]["get"])
    assert visit["appointment_id"] in [one["appointment_id"] for one in listed["items"]]
    cancelled = [call(browser, f"/api/visits/{visit['appointment_id']}/cancel") for _ in range(2)]
    assert [one.status for one in cancelled] == [204, 409]
    as_described(cancelled[1], described["/api/visits/{appointment_id}/cancel"]["post"])


def test_a_statement_is_paid_once_under_its_key(site: Site, browser: Browser, described: dict[str, Any]) -> None:
    log_in(browser)
    path = f"/api/statements/{site.clinic.current}"
    bill = {"currency": "USD", "source": "approve"}
    keyless = call(browser, f"{path}/pay", amount="12.50", **bill)
    assert (keyless.status, "idempotency_key" in keyless.text) == (422, True)
    operation = described["/api/statements/{bill_id}/pay"]["post"]
    too_much = as_described(call(browser, f"{path}/pay", key="other", amount="1000.00", **bill), operation)
    assert too_much["code"] == "amount_exceeds_balance"
    paid = [as_described(call(browser, f"{path}/pay", key="form", amount="12.50", **bill), operation) for _ in range(2)]
    assert paid[0] == paid[1]
    listed = as_described(browser.get("/api/statements"), described["/api/statements"]["get"])
    assert listed["items"][0]["remaining"] == {"amount": "87.50", "currency": "USD"}
    document = browser.get(f"{path}/document")
    assert (document.text, document.headers["content-type"]) == ("%PDF-1.7 of nobody", "application/pdf")
    assert document.headers["content-security-policy"].startswith("sandbox")


@pytest.mark.parametrize("forgotten", ["password", "username"])
def test_who_can_not_get_in_answers_and_gets_a_link(
    site: Site, browser: Browser, described: dict[str, Any], forgotten: str
) -> None:
    who = {"first_name": "ben", "last_name": "BYRON", "date_of_birth": "1980-12-10", "email": "ben.byron@example.org"}
    path = f"/api/forgot-{forgotten}"
    got = call(browser, path, **({"username": "ben"} if forgotten == "password" else who))
    challenge = as_described(got, described[path]["post"])
    answers = {question: ANSWERS[question] for question in challenge["questions"]}
    wrong = call(browser, "/api/answer", challenge_id=challenge["id"], answers=dict.fromkeys(answers, "no idea"))
    assert as_described(wrong, described["/api/answer"]["post"])["code"] == "wrong_answer"
    assert call(browser, "/api/answer", challenge_id=challenge["id"], answers=answers).status == 204
    link = site.mailed_link()
    weak = browser.post("/reset-password", link=link, password="short")
    assert (weak.status, link in weak.text, "<strong>" in weak.text) == (409, True, True)
    password = f"copper lantern 19 hums {link[-4:]}"
    assert browser.post("/reset-password", link=link, password=password).status == 200
    log_in(browser, "ben", password)


def test_who_is_invited_opens_an_account(site: Site, browser: Browser) -> None:
    assert "security_answers.first_pet" in browser.get("/activate").text
    form = {"link": site.clinic.invitation, "date_of_birth": "1980-12-10", "username": "carol", "password": PASSWORD}
    few = browser.post("/activate", **form)
    assert (few.status, 'value="carol"' in few.text, PASSWORD in few.text) == (422, True, False)
    answers = {f"security_answers.{one}": answer for one, answer in ANSWERS.items()}
    assert browser.post("/activate", **form, **answers).status == 200
    log_in(browser, "carol")


def test_the_practice_sees_its_day_and_writes_down_who_came(site: Site, browser: Browser) -> None:
    missed = site.portal.log_in("ada", PASSWORD).appointments.get(site.clinic.missed)
    day = f"/staff/day?on={missed.starts_at:%Y-%m-%d}&provider=dr-dora"
    came = f"/staff/visits/{site.clinic.missed}/came"
    for got in (browser.get(day), browser.post(came)):
        assert (got.status, got.headers["location"]) == (303, "/staff/log-in")
    assert "password" in browser.get("/staff/log-in").text
    for username, password in (("susan", "wrong"), ("nobody", STAFF_PASSWORD)):
        assert browser.post("/staff/log-in", username=username, password=password).status == 403
    assert browser.post("/staff/log-in", username="susan", password=STAFF_PASSWORD).status == 303
    assert browser.get("/staff/day").status == 200
    assert "Missed" in browser.get(day).text
    assert browser.post(came).headers["location"] == day.partition("&")[0]
    assert "Ada Byron, Done" in re.sub(r"\s+", " ", browser.get(day).text)
    assert browser.get("/staff/day?on=tomorrow").status == 422
    assert browser.post("/staff/log-in", username="bill", password=STAFF_PASSWORD).status == 303
    assert browser.get("/staff/day").status == 403
