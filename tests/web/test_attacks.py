"""Attacks on every row of the table of pages: by strangers, other patients, staff of another role, and other sites."""

import logging
import re
from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import anyio
import pytest
from attrs import frozen
from starlette.routing import Route
from starlette.testclient import TestClient

from patientportal import MemoryStore, Portal, RecordingNotifier, Role, StaffMember, testing
from patientportal.http import SECURITY_HEADERS
from patientportal.serving import AccessLog
from patientportal.testing import PASSWORD, Clinic, FrozenClock
from patientportal.web import create_app
from patientportal.web.screens import FORM_BYTES_MAX, Screen, Who, nothing
from tests.web.desk import at_desk, staff
from tests.web.patients import HERE

ROUTES = create_app(testing.portal(), practice="Lake Clinic", staff=staff).routes
TABLE: list[Screen] = [
    one.endpoint.args[0] for one in ROUTES if isinstance(one, Route) and isinstance(one.endpoint, partial)
]
DESK = [one for one in TABLE if one.who is Who.STAFF]
SHOWN = [one for one in TABLE if one.show is not nothing]
SENT = [one for one in TABLE if one.do is not nothing]
LOOKED_AT = {"Recorded", "Session"}
NAMES = ("Byron", "ada.byron", "ben.byron", "1980")
_PARAMETER = re.compile(r"{(\w+)}")


@frozen(eq=False)
class Practice:
    """A small practice, what is kept of it, and what is called how in the table's paths."""

    portal: Portal
    store: MemoryStore
    clinic: Clinic
    ids: dict[str, str]

    def path(self, screen: Screen) -> str:
        """A page about Ada; a request is of the topic that the path begins with."""
        request_id = self.clinic.support if "support" in screen.path else self.clinic.asked_for
        ids = self.ids | {"request_id": str(request_id)}
        return _PARAMETER.sub(lambda found: ids.get(found[1], "nobody"), screen.path)

    def kept(self, *but: str) -> dict[str, Any]:
        """Everything in the store, but the tables of some kinds."""
        tables = self.store.tables.items()
        return {kind.__name__: dict(rows) for kind, rows in tables if kind.__name__ not in but}

    def browser(self, username: str | None = None, **more: Any) -> TestClient:
        """A patient's, or a stranger's."""
        app = create_app(self.portal, practice="Lake Clinic", staff=staff, **more)
        one = TestClient(app, base_url="https://portal.example", headers=dict(HERE), follow_redirects=False)
        if username:
            assert one.post("/log-in", data={"username": username, "password": PASSWORD}).status_code == 303
        return one

    def visitor(self, screen: Screen) -> TestClient:
        """Whoever may see a page."""
        match screen.who:
            case Who.STAFF:
                return self.staff(*Role)
            case Who.PATIENT:
                return self.ada()
            case Who.ANYBODY:
                return self.stranger()

    @cache  # noqa: B019 - as long as the module's portal
    def staff(self, *roles: Role) -> TestClient:
        return at_desk(self.portal, *roles)

    @cache  # noqa: B019
    def ada(self) -> TestClient:
        return self.browser("ada")

    @cache  # noqa: B019
    def ben(self) -> TestClient:
        return self.browser("ben")

    @cache  # noqa: B019
    def stranger(self) -> TestClient:
        return self.browser()


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    store = MemoryStore()
    with testing.portal(notifier=RecordingNotifier(), clock=FrozenClock(), store=store) as portal:
        clinic = testing.clinic(portal)
        desk, me = testing.desk(portal), portal.log_in("ada", PASSWORD)
        payment = me.statements.payments().items[0]
        desk.statements.refund(payment.payment_id)
        (refund,) = desk.statements.refunds(me.patient_id).items
        ids = {
            "appointment_id": clinic.ahead[0],
            "medication_id": clinic.medications[0],
            "message_id": me.messages.inbox().items[0].message_id,
            "patient_id": me.patient_id,
            "payment_id": payment.payment_id,
            "refund_id": refund.refund_id,
            "renewal_id": clinic.renewal,
            "session_id": me.account.devices().items[0].session_id,
            "slot_id": me.appointments.open_slots().items[0].slot_id,
            "statement_id": clinic.current,
        }
        yield Practice(portal, store, clinic, ids)


def named(*of: Screen) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("screen", of, ids=[one.path for one in of])


@named(*SENT)
def test_no_form_of_another_site_does_anything(practice: Practice, screen: Screen) -> None:
    browser, before = practice.visitor(screen), practice.kept()
    for said in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none", "Origin": "https://evil.example"},
        {"Origin": "null"},
    ):
        assert browser.post(practice.path(screen), headers=said).status_code == 403
    assert practice.kept() == before


@named(*TABLE)
def test_head_does_what_looking_does_and_no_more(practice: Practice, screen: Screen) -> None:
    browser, before = practice.visitor(screen), practice.kept(*LOOKED_AT, "Statement", "InboxMessage")
    answer = browser.head(practice.path(screen))
    assert answer.status_code < 500
    assert answer.content == b""
    if screen.show is nothing:  # 404: what stands there is taken for an id
        assert answer.status_code in {404, 405}
    assert practice.kept(*LOOKED_AT, "Statement", "InboxMessage") == before


@named(*TABLE)
def test_nothing_but_get_head_and_post_is_answered(practice: Practice, screen: Screen) -> None:
    browser, before = practice.visitor(screen), practice.kept()
    for method in ("PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"):
        assert browser.request(method, practice.path(screen)).status_code == 405, method
    assert practice.kept() == before


@named(*DESK)
def test_a_patient_and_a_stranger_find_no_desk(practice: Practice, screen: Screen) -> None:
    browsers = (practice.ada(), practice.stranger())  # who log in before anything is compared
    before = practice.kept("Session")
    for browser in browsers:
        nowhere = browser.get("/nowhere").text
        for method in ("GET", "POST"):
            answer = browser.request(method, practice.path(screen))
            assert answer.status_code in {404, 405}
            assert answer.text.replace(practice.path(screen), "/nowhere") == nowhere
    assert practice.kept("Session") == before


@named(*DESK)
def test_whom_their_role_does_not_let_sees_no_name_and_changes_nothing(practice: Practice, screen: Screen) -> None:
    for role in Role:
        for method in ("GET", "POST"):
            before = practice.kept("Recorded")
            answer = practice.staff(role).request(method, practice.path(screen))
            assert answer.status_code < 500, role
            if answer.status_code in {403, 404, 405}:
                assert not [one for one in NAMES if one in answer.text], role
                assert practice.kept("Recorded") == before, role


@named(*(one for one in TABLE if one.who is Who.PATIENT))
def test_a_patient_sees_nothing_of_another_patient(practice: Practice, screen: Screen) -> None:
    ben, before = practice.ben(), practice.kept("Session", "Recorded", "SupportRequest")
    for method in ("GET", "POST"):
        if screen.path in {"/log-off", "/account/log-off-everywhere"}:
            continue
        answer = ben.request(method, practice.path(screen))
        assert answer.status_code < 500
        if "_id}" in screen.path and "slot_id" not in screen.path:
            assert answer.status_code in {404, 405}, answer.text
        assert "Ada" not in answer.text
    assert practice.kept("Session", "Recorded", "SupportRequest") == before


@named(*SENT)
def test_a_form_that_is_too_long_is_not_read(practice: Practice, screen: Screen) -> None:
    browser, before = practice.visitor(screen), practice.kept()

    def chunked() -> Iterator[bytes]:
        yield b"text="
        yield from [b"a" * 2**20] * 12

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    declared = browser.post(practice.path(screen), content=b"a" * (screen.bytes_max + 1), headers=form)
    assert declared.status_code == 413
    assert browser.post(practice.path(screen), content=chunked(), headers=form).status_code == 413
    assert practice.kept() == before


@named(*SENT)
def test_a_body_that_never_ends_is_left_at_its_limit_and_a_strangers_upload_unread(
    practice: Practice, screen: Screen
) -> None:
    app = create_app(practice.portal, practice="Lake Clinic", staff=staff)
    chunk, read, answers = b"a" * 16_000, 0, []

    async def endless() -> dict[str, Any]:
        nonlocal read
        read += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": True}

    async def said(message: Any) -> None:
        answers.append(message.get("status"))

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    headers = [(name.lower().encode(), value.encode()) for name, value in (HERE | form).items()]
    scope = {"type": "http", "method": "POST", "path": practice.path(screen), "query_string": b"", "headers": headers}
    anyio.run(app, scope, endless, said)
    is_upload = screen.bytes_max > FORM_BYTES_MAX
    assert answers[0] == (404 if is_upload else 413)
    assert read <= (0 if is_upload else screen.bytes_max + len(chunk))


@named(*SHOWN)
def test_no_answer_lets_itself_be_framed_kept_or_led_from(practice: Practice, screen: Screen) -> None:
    answer = practice.visitor(screen).get(practice.path(screen))
    check_headers(answer.headers)
    assert not [one for one in NAMES if one in str(answer.headers)]


def check_headers(headers: Any) -> None:
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for name, value in SECURITY_HEADERS.items():
        assert name == "Content-Security-Policy" or headers[name] == value, name


def test_nor_does_a_page_that_says_what_went_wrong(practice: Practice) -> None:
    def broken(_: Any) -> StaffMember | None:
        raise ValueError("of Ada Byron")

    app = create_app(practice.portal, practice="Lake Clinic", staff=broken)
    with TestClient(
        app, base_url="https://portal.example", headers=dict(HERE), raise_server_exceptions=False
    ) as somebody:
        answers = {
            500: somebody.get("/desk"),
            404: somebody.get("/nowhere"),
            405: somebody.put("/log-in"),
            403: somebody.post("/log-in", headers={"Origin": "https://evil.example"}),
            413: somebody.post("/log-in", content=b"a" * 70_000),
            422: somebody.post("/log-in", data={"username": ""}),
        }
    for status, answer in answers.items():
        assert answer.status_code == status
        check_headers(answer.headers)
        assert "Byron" not in answer.text
        assert "Traceback" not in answer.text


def test_what_a_proxy_makes_of_the_host_is_in_no_page_and_no_mail(practice: Practice) -> None:
    elsewhere = {"Host": "internal:8000", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    with practice.browser("ada") as ada:
        for path in ("/", "/log-in", "/statements", "/nowhere"):
            page = ada.get(path, headers=elsewhere)
            assert not re.search(r"evil|internal", page.text + str(page.headers)), path
        assert ada.post("/language", data={"language": "en", "back": "/"}, headers=elsewhere).headers["location"] == "/"
        without = {"Sec-Fetch-Site": "none", "Origin": "http://internal:8000"}
        assert ada.post("/log-off", headers=elsewhere | without).status_code == 403
        assert ada.post("/log-off", headers=elsewhere).headers["location"] == "/log-in"


def test_no_name_and_no_secret_stands_in_a_log_or_an_address(
    practice: Practice, caplog: pytest.LogCaptureFixture
) -> None:
    app = AccessLog(create_app(practice.portal, practice="Lake Clinic", staff=staff))
    headers = HERE | {"X-Roles": " ".join(Role)}
    with (
        caplog.at_level(logging.DEBUG),
        TestClient(app, base_url="https://portal.example", headers=headers, follow_redirects=False) as somebody,
    ):
        caplog.clear()
        somebody.post("/log-in", data={"username": "ada", "password": "not ada's own"})
        somebody.post("/log-in", data={"username": "ada", "password": PASSWORD})
        found = somebody.post("/desk/people", data={"text": "Byron", "date_of_birth-year": "1980"})
        somebody.get("/desk/people")
        for screen in SHOWN:
            page = somebody.get(practice.path(screen))
            for address in (page.headers.get("location", ""), *re.findall(r'(?:href|action|src)="([^"]*)"', page.text)):
                assert not [one for one in (*NAMES, PASSWORD) if one in address], (screen.path, address)
        assert found.headers["location"] == "/desk/people"
        ours = [one for one in caplog.records if not one.name.startswith(("httpx", "httpcore", "asyncio"))]
    said = "\n".join(one.getMessage() for one in ours)
    assert "POST /log-in 303" in said
    assert "GET /desk/people/{patient_id} 200" in said
    assert not [one for one in (*NAMES, PASSWORD, "not ada's own") if one in said]
    of_pages = "\n".join(one.getMessage() for one in ours if one.name == "patientportal.web")
    assert not [one for one in practice.ids.values() if one in of_pages]
