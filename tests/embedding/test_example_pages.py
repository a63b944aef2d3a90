"""The examples in Flask and Django, page by page, over HTTP: what a patient and the practice do in a browser."""

import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from werkzeug.security import generate_password_hash

from patientportal.testing import ANSWERS, PASSWORD, clinic
from tests.embedding.site import STAFF_PASSWORD, Browser, Site, of_wsgi, practice, set_up_django, settings

NEW_PASSWORD = "copper lantern 19 hums"


@pytest.fixture(scope="module", params=["flask", "django"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    hashed = generate_password_hash(STAFF_PASSWORD, method="scrypt:1024:8:1")
    environ = settings(folder, f"sqlite:///{folder}/clinic.db", hashed=hashed)
    with pytest.MonkeyPatch.context() as environment, practice(environ) as (portal, mailbox):
        for name, value in environ.items():
            environment.setenv(name, value)
        app, module = in_flask() if request.param == "flask" else in_django()
        yield Site(of_wsgi(app), portal, mailbox, clinic(portal))
        module.portal.close()


def in_flask() -> tuple[Any, Any]:
    module = importlib.import_module("clinic_flask.app")
    return module.app, module


def in_django() -> tuple[Any, Any]:
    set_up_django()
    call_command("migrate", verbosity=0)
    add_staff("susan", "front_desk")
    add_staff("bill", "billing")
    add_staff("max", "kitchen")
    return get_wsgi_application(), importlib.import_module("clinic_django.pages")


def add_staff(username: str, role: str) -> None:
    from django.contrib.auth.models import Group, User

    somebody = User.objects.create_user(username, password=STAFF_PASSWORD, first_name=username.title())
    somebody.groups.add(Group.objects.get_or_create(name=role)[0], Group.objects.get_or_create(name="lunch")[0])


@pytest.fixture
def browser(site: Site) -> Browser:
    return site.browser()


def log_in(browser: Browser, username: str = "ada", password: str = PASSWORD) -> None:
    assert browser.post("/log-in", username=username, password=password).status == 303


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, text
    return match[1]


def test_a_patient_logs_in_sees_their_devices_and_logs_off(site: Site, browser: Browser) -> None:
    assert 'name="password"' in browser.get("/log-in").text
    wrong = browser.post("/log-in", username="ada", password="a wrong guess")
    assert (wrong.status, 'value="ada"' in wrong.text, "a wrong guess" in wrong.text) == (409, True, False)
    assert "3 more" in wrong.text
    log_in(browser)
    phone = site.browser()
    log_in(phone)
    other = found(r"/devices/([^/]+)/log-off(?!.*/devices/)", browser.get("/devices").text.replace("\n", " "))
    assert browser.post(f"/devices/{other}/log-off").status == 303
    over = phone.get("/visits")
    assert (over.status, over.headers["location"], phone.cookies) == (303, "/log-in", {})
    browser.post("/log-off")
    assert browser.cookies == {}
    never = browser.get("/visits")
    assert (never.status, "set-cookie" in never.headers) == (303, False)
    for path in ("/log-off", f"/devices/{other}/log-off", "/visits/book"):
        assert browser.get(path).status == 405


def test_only_pages_of_ours_may_send_and_every_answer_is_for_nobody_else(browser: Browser) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for headers in ({}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert browser.ask("POST", "/log-in", form | headers, b"username=ada&password=x").status == 403
    page = browser.get("/log-in")
    assert page.headers["cache-control"] == "no-store"
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert browser.post("/log-in", username="ada").status == 400


def test_a_visit_is_booked_and_cancelled(browser: Browser) -> None:
    log_in(browser)
    *_, slot = re.findall(r'name="slot_id" value="([^"]+)"', browser.get("/visits").text)
    before = len(re.findall("/cancel", browser.get("/visits").text))
    assert browser.post("/visits/book", slot_id=slot, reason="My back").headers["location"] == "/visits"
    page = browser.get("/visits").text
    assert (len(re.findall("/cancel", page)), slot in page) == (before + 1, False)
    assert "Done" in page
    *_, visit = re.findall(r"/visits/([^/]+)/cancel", page)
    assert browser.post(f"/visits/{visit}/cancel").status == 303
    again = browser.post(f"/visits/{visit}/cancel")
    assert (again.status, 'role="alert"' in again.text) == (409, True)
    assert browser.post("/visits/nobodys/cancel").status == 404


def test_a_statement_is_paid_once_however_often_the_form_is_sent(site: Site, browser: Browser) -> None:
    log_in(browser)
    assert "$100.00 to pay" in browser.get("/statements").text
    path = f"/statements/{site.clinic.current}/pay"
    form = browser.get(path).text
    sent = {name: found(f'name="{name}" value="([^"]*)"', form) for name in ("key", "currency", "source")}
    wrong = browser.post(path, **sent, amount="1,5")
    assert (wrong.status, sent["key"] in wrong.text, 'value="1,5"' in wrong.text) == (422, True, True)
    assert browser.post(path, **sent, amount="1000.00").status == 409
    for _ in range(2):
        assert browser.post(path, **sent, amount="12.50").status == 303
    assert "$87.50 to pay" in browser.get("/statements").text
    assert browser.get("/statements/nobodys/pay").status == 404
    document = browser.get(f"/statements/{site.clinic.current}/document")
    assert (document.text, document.headers["content-type"]) == ("%PDF-1.7 of nobody", "application/pdf")
    assert document.headers["content-security-policy"].startswith("sandbox")
    assert document.headers["content-disposition"].startswith("attachment")
    assert browser.get(f"/statements/{site.clinic.superseded}/document").status == 200


def test_who_forgot_the_password_answers_a_question_and_gets_a_link(site: Site, browser: Browser) -> None:
    asked = browser.post("/forgot-password", username="ben").text
    challenge = found(r'name="challenge" value="([^"]+)"', asked)
    question = found(r'name="(security_answers[.]\w+)"', asked)
    wrong = browser.post("/answer", challenge=challenge, **{question: "no idea"})
    assert (wrong.status, challenge in wrong.text, question in wrong.text) == (409, True, True)
    right = {f"security_answers.{one}": answer for one, answer in ANSWERS.items()}[question]
    assert browser.post("/answer", challenge=challenge, **{question: right}).status == 200
    reset(site, browser)


def test_who_forgot_the_username_says_who_they_are(site: Site, browser: Browser) -> None:
    who = {"first_name": "ben", "last_name": "BYRON", "date_of_birth": "1980-12-10", "email": "ben.byron@example.org"}
    wrong = browser.post("/forgot-username", **who | {"date_of_birth": "1980-02-31"})
    assert (wrong.status, 'value="1980-02-31"' in wrong.text) == (422, True)
    asked = browser.post("/forgot-username", **who).text
    challenge = found(r'name="challenge" value="([^"]+)"', asked)
    answers = {f"security_answers.{one}": answer for one, answer in ANSWERS.items()}
    assert browser.post("/answer", challenge=challenge, **answers).status == 200
    reset(site, browser)


def reset(site: Site, browser: Browser) -> None:
    """By the mailed link, whose page is bare."""
    link = site.mailed_link()
    assert link.startswith("https://portal.example/reset-password#")
    assert "/static/link.js" in browser.get("/reset-password").text
    weak = browser.post("/reset-password", link=link, password="short")
    assert (weak.status, link in weak.text, "<strong>" in weak.text) == (409, True, True)
    password = f"{NEW_PASSWORD} {link[-4:]}"
    assert browser.post("/reset-password", link=link, password=password).status == 303
    log_in(browser, "ben", password)
    assert browser.post("/reset-password", link=link, password=NEW_PASSWORD).status == 409


def test_who_is_invited_opens_an_account(site: Site, browser: Browser) -> None:
    assert "security_answers.first_pet" in browser.get("/activate").text
    form = {"link": site.clinic.invitation, "date_of_birth": "1980-12-10", "username": "carol", "password": PASSWORD}
    few = browser.post("/activate", **form, **{"security_answers.first_pet": "Mopsy"})
    assert (few.status, 'value="carol"' in few.text, PASSWORD in few.text) == (422, True, False)
    answers = {f"security_answers.{one}": answer for one, answer in ANSWERS.items()}
    assert browser.post("/activate", **form, **answers).status == 303
    log_in(browser, "carol")


def staff_log_in(browser: Browser, username: str = "susan", password: str = STAFF_PASSWORD) -> int:
    token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', browser.get("/staff/log-in").text)
    tokens = {"csrfmiddlewaretoken": token[1]} if token else {}
    return browser.post("/staff/log-in", username=username, password=password, **tokens).status


def test_the_practice_sees_its_day_and_writes_down_who_came(site: Site, browser: Browser) -> None:
    missed = site.portal.log_in("ada", PASSWORD).appointments.get(site.clinic.missed)
    day = f"/staff/day?on={missed.starts_at:%Y-%m-%d}&provider=dr-dora"
    for path in ("/staff/day", day):
        out = browser.get(path)
        assert (out.status // 100, out.headers["location"].startswith("/staff/log-in")) == (3, True)
    assert browser.post(f"/staff/visits/{site.clinic.missed}/came").status // 100 == 3
    assert staff_log_in(browser, password="wrong") in {200, 403}
    assert browser.get("/staff/day").status // 100 == 3
    assert staff_log_in(browser) // 100 == 3
    assert browser.get("/staff/day").status == 200
    assert "Missed" in browser.get(day).text
    came = browser.post(f"/staff/visits/{site.clinic.missed}/came")
    assert (came.status, came.headers["location"]) == (303, day.partition("&")[0])
    assert "Ada Byron, Done" in re.sub(r"\s+", " ", browser.get(day).text)
    assert browser.get("/staff/day?on=tomorrow").status == 422


def test_whom_no_role_permits_it_is_told_so(browser: Browser) -> None:
    assert staff_log_in(browser, "bill") // 100 == 3
    refused = browser.get("/staff/day")
    assert (refused.status, 'role="alert"' in refused.text) == (403, True)


def test_a_user_of_django_who_is_in_no_group_of_the_portals_is_nobody_there(site: Site, browser: Browser) -> None:
    if "csrfmiddlewaretoken" in browser.get("/staff/log-in").text:
        assert staff_log_in(browser, "max") // 100 == 3
        assert browser.get("/staff/day").status == 403
        assert browser.post(f"/staff/visits/{site.clinic.missed}/came").status == 403
