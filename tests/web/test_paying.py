"""Paying in a browser: how much, with what, a look at both, and never twice."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import count
from typing import Any

import anyio
import pytest
from attrs import asdict, define, frozen
from httpx2 import ASGITransport, AsyncClient, Response
from starlette.testclient import TestClient

from patientportal import (
    MemoryStore,
    Money,
    OutcomeUnknownError,
    Portal,
    RecordingNotifier,
    StatementId,
    testing,
)
from patientportal.testing import FrozenClock, Member
from patientportal.web import create_app
from tests.web.patients import HERE
from tests.web.reading import words

NUMBERS = count()


class Store(MemoryStore):
    """One that loses the answer of each block that it has saved, while it is told to."""

    loses = False

    def transaction(self) -> Any:
        block = super().transaction()
        return self._lost(block) if self.loses else block

    @contextmanager
    def _lost(self, block: Any) -> Iterator[Any]:
        with block as transaction:
            yield transaction
        raise OutcomeUnknownError


@frozen
class Practice:
    """A portal, and what is beneath it."""

    portal: Portal
    store: Store
    mailbox: RecordingNotifier
    clock: FrozenClock


@define
class Payer:
    """Somebody new with a bill of 100.00, in a browser of their own."""

    practice: Practice
    member: Member
    bill: str
    browser: TestClient
    key: str = ""

    def begin(self) -> Response:
        answer = self.browser.get(f"/statements/{self.bill}/pay")
        found = re.search(r'name="key" value="([^"]+)"', answer.text)
        self.key = found[1] if found else ""
        return answer

    def choose(self, amount: str) -> Response:
        return self.browser.post(f"/statements/{self.bill}/pay", data={"key": self.key, "amount": amount})

    def take(self, source: str) -> Response:
        return self.browser.post(f"/statements/{self.bill}/pay/how?key={self.key}", data={"source": source})

    def pay(self) -> Response:
        return self.browser.post(f"/statements/{self.bill}/pay/check?key={self.key}")

    def until_check(self, amount: str = "45.00", source: str = "approve") -> Response:
        self.begin()
        self.choose(amount)
        return self.take(source)

    @property
    def payments(self) -> list[tuple[str, str]]:
        me = self.practice.portal.log_in(self.member.username, self.member.password)
        return [(str(one.amount), one.status.value) for one in me.statements.payments().items]


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    store, mailbox, clock = Store(), RecordingNotifier(), FrozenClock()
    with testing.portal(store=store, notifier=mailbox, clock=clock) as portal:
        yield Practice(portal, store, mailbox, clock)


def uploaded(practice: Practice, member: Member, number: str) -> str:
    return testing.desk(practice.portal).statements.upload(
        member.patient_id,
        number=number,
        balance=Money.parse("100.00", "USD"),
        issued_on=date(2026, 1, 4),
        due_on=date(2026, 2, 1),
        document=b"%PDF-1.7",
        media_type="application/pdf",
    )


@pytest.fixture
def payer(practice: Practice) -> Iterator[Payer]:
    name = f"payer-{next(NUMBERS)}"
    member = testing.activated(practice.portal, practice.mailbox, name, email=f"{name}@example.org")
    app = create_app(practice.portal, practice="Lake Clinic", phone="+1 207 555 0100")
    with TestClient(app, base_url="https://portal.example", headers=dict(HERE)) as browser:
        browser.post("/log-in", data={"username": name, "password": member.password})
        yield Payer(practice, member, uploaded(practice, member, name), browser)


def test_somebody_pays_a_part_after_a_look_and_gets_a_receipt(payer: Payer) -> None:
    assert "Pay all that is left: $100.00" in words(payer.begin())
    assert "You pay $45.00 of statement" in words(payer.choose("45"))
    assert "You are about to pay $45.00 of statement" in words(payer.take("approve"))
    assert payer.payments == []
    paid = payer.pay()
    assert paid.status_code == 200
    assert "Thank you. Your payment was made." in words(paid)
    assert "Receipt for your payment of $45.00" in words(paid)
    assert payer.payments == [("45.00 USD", "settled")]
    assert "Left to pay $55.00" in words(payer.browser.get("/statements"))


def test_neither_amount_nor_token_stands_in_an_address(payer: Payer) -> None:
    answer = payer.until_check("45.00")
    for step in (*answer.history, answer):
        assert "45" not in str(step.url).partition("?")[2].replace(payer.key, "")
        assert "approve" not in str(step.url)
        assert "approve" not in step.text


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ("", 422, "Please type an amount."),
        ("1,5", 422, "Please type an amount in digits"),
        ("-1", 422, "Please type an amount in digits"),
        ("1e3", 422, "Please type an amount in digits"),
        ("٤٥", 422, "Please type an amount in digits"),
        ("10.001", 422, "Type 2 digits or fewer after the point."),
        ("0", 422, "too small"),
        ("9" * 40, 422, "Amount"),
        ("100.01", 409, "This is more than what is left to pay: $100.00."),
    ],
)
def test_an_amount_that_cannot_be_paid_is_told_at_its_field_with_the_same_key(
    payer: Payer, typed: str, status: int, said: str
) -> None:
    payer.begin()
    answer = payer.choose(typed)
    assert answer.status_code == status
    assert said in words(answer)
    assert f'name="key" value="{payer.key}"' in answer.text
    assert f'value="{typed}"' in answer.text or not typed
    assert 'href="#amount"' in answer.text


def test_nothing_chosen_is_told_at_the_choice(payer: Payer) -> None:
    payer.begin()
    payer.choose("45")
    answer = payer.browser.post(f"/statements/{payer.bill}/pay/how?key={payer.key}")
    assert answer.status_code == 422
    assert 'href="#source"' in answer.text
    assert 'id="source"' in answer.text
    assert "Error:" in words(answer)


def test_a_double_click_and_the_way_back_lead_to_the_one_receipt(payer: Payer) -> None:
    payer.until_check()
    key = f"pay-{payer.key}"
    chosen = payer.browser.cookies.get(key)
    first = payer.pay()
    payer.browser.cookies.set(key, chosen or "", domain="portal.example", path=f"/statements/{payer.bill}/pay")
    again = payer.pay()
    assert first.url == again.url
    for back in ("/pay/check", "/pay/how"):
        payer.browser.get(f"/statements/{payer.bill}{back}?key={payer.key}")
    assert payer.browser.get(f"/statements/{payer.bill}/pay/check?key={payer.key}").url == first.url
    assert "It was not sent again." in words(payer.choose("20.00"))
    assert payer.payments == [("45.00 USD", "settled")]


def test_many_clicks_at_once_are_one_payment(payer: Payer) -> None:
    payer.until_check()
    path, answers = f"/statements/{payer.bill}/pay/check?key={payer.key}", list[Response]()
    app = create_app(payer.practice.portal, practice="Lake Clinic")

    async def click(one: AsyncClient) -> None:
        answers.append(await one.post(path))

    async def click_often() -> None:
        transport, cookies = ASGITransport(app), payer.browser.cookies
        async with (
            AsyncClient(
                transport=transport, base_url="https://portal.example", headers=dict(HERE), cookies=cookies
            ) as one,
            anyio.create_task_group() as group,
        ):
            for _ in range(8):
                group.start_soon(click, one)

    anyio.run(click_often)
    assert len(answers) == 8
    assert len({one.headers["location"] for one in answers if one.status_code == 303}) == 1
    assert {one.status_code for one in answers} == {303}
    assert payer.payments == [("45.00 USD", "settled")]


def test_two_tabs_are_two_payments_of_which_the_second_sees_what_is_left(payer: Payer) -> None:
    payer.until_check("60.00")
    first = payer.key
    payer.until_check("60.00")
    payer.pay()
    payer.key = first
    refused = payer.pay()
    assert refused.status_code == 409
    assert "This is more than what is left to pay: $40.00." in words(refused)
    assert "Pay all that is left: $40.00" in words(refused)
    assert payer.payments == [("60.00 USD", "settled")]


def test_a_key_that_stands_for_another_payment_leads_there(payer: Payer) -> None:
    payer.until_check("45.00")
    receipt = payer.pay()
    payer.browser.cookies.delete(f"pay-{payer.key}", path=f"/statements/{payer.bill}/pay")
    payer.choose("20.00")
    payer.take("approve")
    again = payer.pay()
    assert again.url == receipt.url
    assert "It was not sent again." in words(again)
    assert payer.payments == [("45.00 USD", "settled")]


def test_a_refused_card_is_told_and_another_one_pays(payer: Payer) -> None:
    payer.until_check(source="decline")
    refused = payer.pay()
    assert "Your payment was not made" in words(refused)
    assert "You were not charged." in words(refused)
    assert f'href="/statements/{payer.bill}/pay"' in refused.text
    payer.until_check()
    assert "Receipt" in words(payer.pay())
    assert sorted(payer.payments) == [("45.00 USD", "declined"), ("45.00 USD", "settled")]


def test_a_bank_that_does_not_answer_is_told_until_it_does(payer: Payer) -> None:
    payer.until_check("100.00", source="time_out")
    pending = payer.pay()
    assert "We are still asking about your payment" in words(pending)
    assert "Thank you" not in words(pending)
    assert "while we wait for an answer" in words(payer.browser.get("/statements"))
    payer.practice.clock.advance(payer.practice.portal.policy.sessions.idle / 2)
    payer.practice.portal.work()
    assert "Your payment was not made" in words(payer.browser.get(str(pending.url)))


def test_an_answer_of_the_database_that_was_lost_leads_to_the_list_and_may_be_sent_again(payer: Payer) -> None:
    payer.until_check()
    payer.practice.store.loses = True
    try:
        lost = payer.pay()
    finally:
        payer.practice.store.loses = False
    assert lost.status_code == 500
    assert "We do not know yet if you paid" in words(lost)
    assert 'href="/statements/payments"' in lost.text
    assert "Receipt for your payment of $45.00" in words(payer.pay())
    assert payer.payments == [("45.00 USD", "settled")]


def test_a_newer_statement_in_between_is_told_and_nothing_is_paid(payer: Payer) -> None:
    payer.until_check()
    uploaded(payer.practice, payer.member, f"{payer.bill}-newer")
    refused = payer.pay()
    assert refused.status_code == 409
    assert "There is a newer statement. Please pay that one." in words(refused)
    assert "Nothing was paid." in words(refused)
    assert f'href="/statements/{payer.bill}"' in refused.text
    assert payer.payments == []
    assert str(payer.begin().url).endswith(f"/statements/{payer.bill}")


def test_a_due_date_that_passes_in_between_is_told_with_what_to_do(payer: Payer) -> None:
    today = payer.practice.clock().date()
    testing.desk(payer.practice.portal).statements.resend(StatementId(payer.bill), due_on=today)
    payer.until_check()
    payer.practice.clock.advance(timedelta(days=1))
    payer.browser.post("/log-in", data={"username": payer.member.username, "password": payer.member.password})
    refused = payer.pay()
    assert refused.status_code == 409
    assert "Ask us to send it again, and then you can pay it." in words(refused)
    assert payer.payments == []
    assert "Ask for this statement again" in words(payer.begin())


def test_what_was_chosen_too_long_ago_or_made_up_is_chosen_again(payer: Payer) -> None:
    start = f"/statements/{payer.bill}/pay"
    payer.begin()
    for kept in ("", "45", "x.USD", "4500.USD.", "4500.usd", "paid.", "4500.USD.!!"):
        payer.browser.cookies.set(f"pay-{payer.key}", kept, domain="portal.example", path=start)
        for step in ("how", "check"):
            answer = payer.browser.get(f"{start}/{step}?key={payer.key}")
            assert answer.url.path == start, (kept, step)
        assert payer.pay().url.path == start
    for key in ("", "x", "é" * 22, "x" * 9000):
        assert payer.browser.get(f"{start}/how", params={"key": key}).url.path == start
    assert payer.payments == []


def test_without_a_processor_the_pages_say_how_else_to_pay(payer: Payer) -> None:
    given = asdict(payer.practice.portal._env, recurse=False)
    app = create_app(Portal(**(given | {"payments": None})), practice="Lake Clinic", phone="+1 207 555 0100")
    with TestClient(app, base_url="https://portal.example", headers=dict(HERE)) as browser:
        browser.post("/log-in", data={"username": payer.member.username, "password": payer.member.password})
        shown = words(browser.get("/statements"))
        assert "To pay, please call us: +1 207 555 0100." in shown
        assert "Pay this statement" not in shown
        for step in ("", "/how", "/back", "/check"):
            assert browser.get(f"/statements/{payer.bill}/pay{step}").url.path == f"/statements/{payer.bill}"
