"""Statements and payments in a browser: what is owed, the copy, what was paid, and asking for another statement."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from attrs import frozen
from starlette.testclient import TestClient

from patientportal import Money, PaymentMethod, Portal, RecordingNotifier, RetractionReason, StatementId, testing
from patientportal.testing import FrozenClock, Member
from patientportal.web import create_app
from tests.web.patients import HERE
from tests.web.reading import words

DAY = timedelta(days=1)
TODAY = date(2026, 1, 5)


@frozen
class Practice:
    """A portal, its clock, and somebody new for each test."""

    portal: Portal
    mailbox: RecordingNotifier
    clock: FrozenClock

    def member(self, name: str) -> Member:
        return testing.activated(self.portal, self.mailbox, name, email=f"{name}@example.org")

    def bill(self, member: Member, number: str, *, balance: str = "100.00", days_ago: int = 1, **more: object) -> str:
        given: dict[str, object] = {"document": b"%PDF-1.7", "media_type": "application/pdf", "due_in": 30} | more
        issued_on = self.clock().date() - days_ago * DAY
        return testing.desk(self.portal).statements.upload(
            member.patient_id,
            number=number,
            balance=Money.parse(balance, "USD"),
            issued_on=issued_on,
            due_on=issued_on + given.pop("due_in") * DAY,  # type: ignore[operator]
            **given,  # type: ignore[arg-type]
        )

    def browser(self, member: Member, **more: object) -> TestClient:
        app = create_app(self.portal, practice="Lake Clinic", **more)  # type: ignore[arg-type]
        one = TestClient(app, base_url="https://portal.example", headers=dict(HERE))
        one.post("/log-in", data={"username": member.username, "password": member.password})
        return one


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    mailbox, clock = RecordingNotifier(), FrozenClock()
    with testing.portal(notifier=mailbox, clock=clock) as portal:
        yield Practice(portal, mailbox, clock)


def test_who_has_no_statement_is_told_so(practice: Practice) -> None:
    browser = practice.browser(practice.member("nobody"))
    assert "You have no statement." in words(browser.get("/statements"))
    assert "There is no payment yet." in words(browser.get("/statements/payments"))


def test_the_statement_of_now_stands_first_with_what_is_left_and_until_when(practice: Practice) -> None:
    member = practice.member("two")
    practice.bill(member, "T-1", days_ago=3)
    practice.bill(member, "T-2", balance="150.00")
    shown = words(practice.browser(member).get("/statements"))
    assert shown.index("T-2") < shown.index("T-1")
    assert "Left to pay $150.00" in shown
    assert "Last day to pay February 3, 2026" in shown
    assert "Replaced by a newer one" in shown.partition("Earlier statements")[2]


def test_what_is_paid_let_off_and_moved_to_a_newer_statement_is_said(practice: Practice) -> None:
    member = practice.member("moved")
    first = practice.bill(member, "M-1", days_ago=2)
    me = practice.portal.log_in(member.username, member.password)
    me.statements.pay(StatementId(first), Money.parse("30.00", "USD"), source="approve")
    desk = testing.desk(practice.portal)
    second = practice.bill(member, "M-2", balance="150.00")
    let_off = Money.parse("5.00", "USD")
    desk.statements.record_payment(second, let_off, method=PaymentMethod.REDUCTION, received_on=TODAY)  # type: ignore[arg-type]
    browser = practice.browser(member)
    older, newer = words(browser.get(f"/statements/{first}")), words(browser.get(f"/statements/{second}"))
    assert "You paid $30.00 of this statement. That counts on the newer statement M-2 now." in older
    assert "This one can't be paid any more." in older
    assert "Taken off $5.00" in newer
    assert "Left to pay $115.00" in newer
    assert "Pay this statement" in newer


def test_a_receipt_says_who_paid_how_much_for_what_and_what_was_paid_back(practice: Practice) -> None:
    member = practice.member("receipt")
    bill = StatementId(practice.bill(member, "R-1"))
    me = practice.portal.log_in(member.username, member.password)
    payment = me.statements.pay(bill, Money.parse("30.00", "USD"), source="approve")
    desk = testing.desk(practice.portal)
    desk.statements.refund(payment.payment_id, Money.parse("10.00", "USD"), idempotency_key="once")
    browser = practice.browser(member)
    listed = words(browser.get("/statements/payments"))
    assert "$30.00" in listed
    shown = words(browser.get(f"/statements/payments/{payment.payment_id}"))
    for said in ("Receipt for your payment of $30.00", "Ada Byron", "Lake Clinic", "R-1", "Paid back $10.00", "Online"):
        assert said in shown
    desk.statements.retract(bill, RetractionReason.WRONG_CONTENT)
    assert "The money is still yours" in words(browser.get(f"/statements/payments/{payment.payment_id}"))
    assert browser.get(f"/statements/{bill}").status_code == 404


@pytest.mark.parametrize(
    ("media_type", "kind", "ending"),
    [
        ("application/pdf", "application/pdf", ".pdf"),
        ("text/html", "application/octet-stream", ""),
        ("image/svg+xml", "application/octet-stream", ""),
    ],
)
def test_a_copy_is_kept_and_never_run(practice: Practice, media_type: str, kind: str, ending: str) -> None:
    member = practice.member(f"copy-{len(media_type)}")
    content = b"<script>alert(1)</script>"
    bill = practice.bill(member, media_type, media_type=media_type, document=content)
    answer = practice.browser(member).get(f"/statements/{bill}/document")
    assert answer.content == content
    assert answer.headers["content-type"] == kind
    assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''statement-2026-01-04{ending}"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_an_overdue_statement_is_asked_for_again_once(practice: Practice) -> None:
    member = practice.member("overdue")
    bill = practice.bill(member, "O-1", days_ago=20, due_in=10)
    browser = practice.browser(member)
    shown = words(browser.get(f"/statements/{bill}"))
    assert "The last day to pay was December 26, 2025." in shown
    assert "Pay this statement" not in shown
    for _ in range(2):
        assert "We will send you this statement again." in words(browser.post(f"/statements/{bill}/resend"))
    asked = testing.desk(practice.portal).support.open_requests().items
    assert [one.patient_id for one in asked].count(member.patient_id) == 1


def test_a_superseded_statement_is_not_sent_again(practice: Practice) -> None:
    member = practice.member("superseded")
    first = practice.bill(member, "S-1", days_ago=2)
    practice.bill(member, "S-2")
    answer = practice.browser(member).post(f"/statements/{first}/resend")
    assert answer.status_code == 409
    assert "There is a newer statement. Please pay that one." in words(answer)


def test_a_new_statement_is_asked_for(practice: Practice) -> None:
    member = practice.member("new")
    assert "We will send you a new statement." in words(practice.browser(member).post("/statements/new"))
    assert member.patient_id in {one.patient_id for one in testing.desk(practice.portal).support.open_requests().items}


def test_what_is_somebody_elses_is_nowhere(practice: Practice) -> None:
    owner, other = practice.member("owner"), practice.member("other")
    bill = StatementId(practice.bill(owner, "E-1"))
    me = practice.portal.log_in(owner.username, owner.password)
    payment = me.statements.pay(bill, Money.parse("1.00", "USD"), source="approve")
    browser = practice.browser(other)
    steps = ("", "/document", "/pay", "/pay/how", "/pay/back", "/pay/check")
    for path in (*(f"/statements/{bill}{step}" for step in steps), f"/statements/payments/{payment.payment_id}"):
        assert browser.get(path).status_code == 404, path
    for path in ("/resend", "/pay", "/pay/how", "/pay/check"):
        assert browser.post(f"/statements/{bill}{path}", data={"amount": "1"}).status_code == 404, path


@pytest.mark.parametrize("odd", ["x" * 9000, "é", "%00", "a%2fb", "new"])
def test_an_odd_id_or_cursor_is_no_fault_of_ours(practice: Practice, odd: str) -> None:
    browser = practice.browser(practice.member(f"odd-{len(odd)}-{odd[0]}".encode().hex()))
    assert browser.get(f"/statements/{odd}").status_code == 404
    assert browser.get(f"/statements/payments/{odd}").status_code == 404
    assert browser.get(f"/statements?cursor={odd}").status_code == 422
