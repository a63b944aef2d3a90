"""A host's own payment form: the processor's fields on the page, or a page of the processor's and back."""

import re
import threading
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

import anyio
import pytest
from attrs import field, frozen
from httpx2 import ASGITransport, AsyncClient
from starlette.testclient import TestClient

from patientportal import (
    Approved,
    BadInputError,
    ConfigurationError,
    Declined,
    Money,
    Portal,
    RecordingNotifier,
    SandboxProcessor,
    testing,
)
from patientportal.http import SECURITY_HEADERS
from patientportal.web import Checkout, PaymentForm, create_app
from patientportal.web.app import OUTSIDE_AT_ONCE, PAGES_AT_ONCE
from tests.web.patients import HERE

AMOUNT = {"script-src": "https://js.acme.example", "frame-src": "https://js.acme.example https://*.acme.example"}


class Acme:
    """A processor of somebody else's, which remembers the tokens that it was given."""

    timeout = timedelta(seconds=20)

    def __init__(self) -> None:
        self.sandbox, self.sources, self.may_answer = SandboxProcessor(), list[str](), threading.Event()
        self.may_answer.set()
        self.asked = threading.Semaphore(0)

    def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
        self.sources.append(source)
        self.asked.release()
        self.may_answer.wait(60)
        return self.sandbox.charge(key, amount, "approve")

    def find(self, key: str) -> Approved | Declined | None:
        return self.sandbox.find(key)

    def void(self, key: str) -> bool:
        return self.sandbox.void(key)

    def refund(self, key: str, *, refund_key: str, amount: Money) -> bool:
        return self.sandbox.refund(key, refund_key=refund_key, amount=amount)


@frozen
class Fields:
    """Fields on the page, which a script of the processor's fills in; a link for those who go to a page of its own."""

    content_security_policy: Mapping[str, str] = field(default=AMOUNT)

    def show(self, checkout: Checkout) -> str:
        return (
            f'<p class="wrong">{checkout.problem}</p><div id="source" data-amount="{checkout.amount}"></div>'
            f'<input type="hidden" name="token"><a href="https://acme.example/pay?back={checkout.back_url}">Go</a>'
        )

    def source(self, _: Checkout, sent: Mapping[str, str]) -> str:
        if sent.get("token") == "odd":
            raise BadInputError(field="source", problem="bad_format")
        return sent.get("token", "")


@pytest.fixture(scope="module")
def acme() -> Acme:
    return Acme()


@pytest.fixture(scope="module")
def portal(acme: Acme) -> Iterator[Portal]:
    mailbox = RecordingNotifier()
    with testing.portal(payments=acme, notifier=mailbox) as one:
        member = testing.activated(one, mailbox, "ada")
        testing.desk(one).statements.upload(
            member.patient_id,
            number="1",
            balance=Money.parse("1000.00", "USD"),
            issued_on=date(2026, 1, 4),
            due_on=date(2026, 2, 1),
            document=b"%PDF-1.7",
            media_type="application/pdf",
        )
        yield one


def browser(portal: Portal, form: PaymentForm | None, *, host: str = "portal.example") -> TestClient:
    app = create_app(portal, practice="Lake Clinic", payment_form=form, trusted_origins=["https://www.clinic.example"])
    one = TestClient(app, base_url=f"https://{host}", headers=HERE | {"Origin": f"https://{host}"})
    one.post("/log-in", data={"username": "ada", "password": testing.PASSWORD})
    return one


def begun(one: TestClient, amount: str = "45.00") -> tuple[str, str, str]:
    """Somebody stands before the form: its path, its key and its HTML."""
    start = one.get("/statements").text
    path = re.search(r'href="(/statements/[^"/]+/pay)"', start)
    assert path is not None
    key = re.search(r'name="key" value="([^"]+)"', one.get(path[1]).text)
    assert key is not None
    shown = one.post(path[1], data={"key": key[1], "amount": amount})
    policy = shown.headers["content-security-policy"]
    assert policy.partition("frame-src")[2].strip() == "https://js.acme.example https://*.acme.example"
    assert "script-src 'self' https://js.acme.example;" in policy
    return path[1], key[1], shown.text


def test_the_processors_fields_stand_on_the_one_page_that_may_load_its_script(portal: Portal, acme: Acme) -> None:
    with browser(portal, Fields()) as ada:
        path, key, shown = begun(ada)
        assert 'data-amount="45.00 USD"' in shown
        checked = ada.post(f"{path}/how?key={key}", data={"token": "tok-1"})
        usual = SECURITY_HEADERS["Content-Security-Policy"]
        assert checked.headers["content-security-policy"] == usual
        ada.post(f"{path}/check?key={key}")
    assert acme.sources[-1] == "tok-1"


def test_a_page_of_the_processors_leads_back_and_its_token_leaves_the_address(portal: Portal, acme: Acme) -> None:
    with browser(portal, Fields()) as ada:
        path, key, shown = begun(ada)
        back = f"https://portal.example{path}/back?key={key}"
        assert f"back={back}" in shown
        checked = ada.get(f"{back}&token=tok-2", headers={"Origin": "", "Sec-Fetch-Site": "cross-site"})
        assert str(checked.url) == f"https://portal.example{path}/check?key={key}"
        assert "You are about to pay $45.00" in checked.text
        ada.post(f"{path}/check?key={key}")
    assert acme.sources[-1] == "tok-2"


def test_it_leads_back_to_the_address_at_which_this_browser_sees_the_portal(portal: Portal) -> None:
    with browser(portal, Fields(), host="www.clinic.example") as ada:
        assert "back=https://www.clinic.example/statements/" in begun(ada)[2]


@pytest.mark.parametrize("token", ["", "odd", "x" * 3001])
def test_whoever_comes_back_with_nothing_that_can_be_used_is_told_at_the_form(portal: Portal, token: str) -> None:
    with browser(portal, Fields()) as ada:
        path, key, _ = begun(ada)
        for answer in (
            ada.get(f"{path}/back", params={"key": key, "token": token}),
            ada.post(f"{path}/how?key={key}", data={"token": token}),
        ):
            assert answer.status_code == 422
            assert '<p class="wrong"></p>' not in answer.text
            assert 'href="#source"' in answer.text


def test_with_a_processor_and_no_form_nobody_pays_here(portal: Portal) -> None:
    with browser(portal, None) as ada:
        shown = ada.get("/statements").text
    assert "Please pay at our desk." in shown
    assert "/pay" not in shown.replace("/statements/payments", "")


@pytest.mark.parametrize(
    "policy",
    [
        {"script-src": "'unsafe-inline'"},
        {"script-src": "https://a.example; default-src *"},
        {"script-src": "http://a.example"},
        {"script-src": "*"},
        {"default-src": "https://a.example"},
        {"frame-ancestors": "https://a.example"},
    ],
)
def test_a_form_that_would_load_from_anywhere_is_refused(portal: Portal, policy: Mapping[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="payment_form"):
        create_app(portal, practice="Lake Clinic", payment_form=Fields(policy))


def test_a_processor_that_is_slow_keeps_no_other_page_waiting(portal: Portal, acme: Acme) -> None:
    with browser(portal, Fields()) as ada:
        paths = []
        for number in range(OUTSIDE_AT_ONCE + PAGES_AT_ONCE):
            path, key, _ = begun(ada, amount="1.00")
            ada.post(f"{path}/how?key={key}", data={"token": f"slow-{number}"})
            paths.append(f"{path}/check?key={key}")
        cookies = ada.cookies
    while acme.asked.acquire(blocking=False):
        pass
    before, app = len(acme.sources), create_app(portal, practice="Lake Clinic", payment_form=Fields())

    def all_are_busy() -> bool:
        return all(acme.asked.acquire(timeout=20) for _ in range(OUTSIDE_AT_ONCE))

    async def pay_all_and_look() -> None:
        transport = ASGITransport(app)
        async with (
            AsyncClient(
                transport=transport, base_url="https://portal.example", headers=dict(HERE), cookies=cookies
            ) as one,
            anyio.create_task_group() as group,
        ):
            for path in paths:
                group.start_soon(one.post, path)
            try:
                assert await anyio.to_thread.run_sync(all_are_busy)
                with anyio.fail_after(20):
                    assert (await one.get("/statements")).status_code == 200
            finally:
                acme.may_answer.set()

    acme.may_answer.clear()
    anyio.run(pay_all_and_look)
    assert len(acme.sources) == before + len(paths)
