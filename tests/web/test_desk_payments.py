"""Payments at the desk: what came in otherwise, receipts, and giving back, each once and with a look before."""

import re
from collections.abc import Iterator
from datetime import date
from itertools import count

import pytest
from attrs import frozen
from httpx2 import Response
from starlette.testclient import TestClient

from patientportal import (
    Money,
    PaymentId,
    PaymentMethod,
    Portal,
    RecordingNotifier,
    Role,
    SandboxProcessor,
    SandboxSource,
    StatementId,
    testing,
)
from patientportal.testing import FrozenClock, Member
from tests.web.desk import at_desk
from tests.web.reading import day, words

NUMBERS = count()
TODAY = day("received_on", 2026, 1, 5)


class Refusing(SandboxProcessor):
    """A processor that gives nothing back while it is told not to, or doesn't say."""

    answers: bool | None = None

    def refund(self, key: str, *, refund_key: str, amount: Money) -> bool:
        if self.answers is None:
            return super().refund(key, refund_key=refund_key, amount=amount)
        if self.answers:
            raise TimeoutError
        return False


@frozen
class Practice:
    """A portal, its processor, and two browsers."""

    portal: Portal
    processor: Refusing
    mailbox: RecordingNotifier
    billing: TestClient
    front_desk: TestClient

    def member(self) -> Member:
        name = f"patient{next(NUMBERS)}"
        return testing.activated(self.portal, self.mailbox, name, email=f"{name}@example.org")

    def bill(self, member: Member) -> StatementId:
        return testing.desk(self.portal).statements.upload(
            member.patient_id,
            number="S-1",
            balance=usd("100.00"),
            issued_on=date(2026, 1, 2),
            due_on=date(2026, 2, 1),
            document=b"%PDF-1.7",
            media_type="application/pdf",
        )

    def paid(self) -> PaymentId:
        member = self.member()
        bill = self.bill(member)
        me = self.portal.log_in(member.username, member.password)
        return me.statements.pay(bill, usd("60.00"), source=SandboxSource.APPROVE).payment_id

    def cash(self, bill: StatementId, amount: str = "37.50") -> PaymentId:
        found = testing.desk(self.portal).statements.record_payment(
            bill, usd(amount), method=PaymentMethod.CASH, received_on=date(2026, 1, 5)
        )
        return found.payment_id

    def remaining(self, bill: StatementId) -> str:
        return str(testing.desk(self.portal).statements.get(bill).remaining)


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    mailbox, processor = RecordingNotifier(), Refusing()
    with (
        testing.portal(notifier=mailbox, clock=FrozenClock(), payments=processor) as portal,
        at_desk(portal, Role.BILLING) as billing,
        at_desk(portal, Role.FRONT_DESK) as front_desk,
    ):
        yield Practice(portal, processor, mailbox, billing, front_desk)


def usd(amount: str) -> Money:
    return Money.parse(amount, "USD")


def confirmed(page: Response) -> dict[str, str]:
    """What the form of a look before sends."""
    assert page.status_code == 200, words(page)
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    del found["back"]  # of the choice of a language
    assert found["key"]
    return found


def test_cash_is_written_down_once_after_a_look_at_whose_it_is(practice: Practice) -> None:
    member = practice.member()
    bill = practice.bill(member)
    here = f"/desk/statements/{bill}/received"
    shown = practice.front_desk.get(here)
    assert "$100.00 is left to pay" in words(shown)
    assert 'value="100.00"' in shown.text
    sent = {"amount": "37.50", "method": "cash", "reference": "till <31>"} | TODAY
    look = practice.front_desk.post(here, data=sent)
    assert "$37.50 for Ada Byron, born December 10, 1980." in words(look)
    assert "till &lt;31&gt;" in look.text
    assert practice.remaining(bill) == "100.00 USD"
    again = confirmed(look) | {"reference": "till <31>"}
    places = {practice.front_desk.post(here, data=again).headers["location"] for _ in range(2)}
    assert practice.remaining(bill) == "62.50 USD"
    (place,) = places
    receipt = words(practice.front_desk.get(place))
    for said in ("The payment was written down.", "Receipt for $37.50", "Ada Byron", "Lake Clinic", "S-1", "Cash"):
        assert said in receipt, said
    assert "$37.50, January 5, 2026" in words(practice.front_desk.get(f"/desk/people/{member.patient_id}/statements"))
    assert "$37.50, January 5, 2026" in words(practice.front_desk.get(f"/desk/people/{member.patient_id}/payments"))


def test_billing_alone_writes_down_what_an_insurer_paid_and_what_is_let_off(practice: Practice) -> None:
    here = f"/desk/statements/{practice.bill(practice.member())}/received"
    for client, shown in ((practice.front_desk, False), (practice.billing, True)):
        page = client.get(here).text
        assert [f'value="{one}"' in page for one in ("cash", "insurer", "reduction", "online")] == [
            True,
            *(shown, shown),
            False,
        ]
    sent = {"amount": "10.00", "method": "insurer", "key": "a-key"} | TODAY
    assert practice.front_desk.post(here, data=sent).status_code == 403
    place = practice.billing.post(here, data=sent).headers["location"]
    assert "Paid by the insurer" in words(practice.billing.get(place))
    reduction = sent | {"method": "reduction", "amount": "100.01", "key": "another"}
    answer = practice.billing.post(here, data=reduction)
    assert answer.status_code == 409
    assert 'id="amount-error"' in answer.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": ""}, "Please type an amount."),
        ({"amount": "12,50"}, "Please type an amount in digits"),
        ({"method": ""}, "Please fill this in."),
        ({"method": "online", "key": "k1"}, "This is not on our list."),
        ({"method": "gold"}, "This is not on our list."),
        (day("received_on", 2026, 1, 6) | {"key": "k2"}, "This day is too late."),
        (day("received_on", 2026, 2, 31), "We cannot read this."),
        ({"reference": "x" * 256, "key": "k3"}, "Too long."),
        ({"amount": "0", "key": "k4"}, ""),
    ],
)
def test_what_cannot_be_written_down_is_said_and_nothing_is_lost(
    practice: Practice, changes: dict[str, str], said: str
) -> None:
    bill = practice.bill(practice.member())
    sent = {"amount": "12.34", "method": "cheque", "reference": "no 7"} | TODAY | changes
    answer = practice.front_desk.post(f"/desk/statements/{bill}/received", data=sent)
    assert (answer.status_code, said in words(answer)) == (422, True)
    for name in ("amount", "reference"):
        assert f'value="{sent[name]}"' in answer.text
    assert practice.remaining(bill) == "100.00 USD"


def test_a_payment_is_given_back_in_part_by_the_processor_once(practice: Practice) -> None:
    payment_id = practice.paid()
    here = f"/desk/payments/{payment_id}"
    assert "Pay it back" in words(practice.front_desk.get(here))
    assert 'value="60.00"' in practice.front_desk.get(f"{here}/refund").text
    look = practice.front_desk.post(
        f"{here}/refund", data={"amount": "20.00", "by_hand": "no", "reason": "charged too much"}
    )
    assert "$20.00 goes back to Ada Byron, born December 10, 1980." in words(look)
    assert testing.desk(practice.portal).statements.get_payment(payment_id).refunded == usd("0.00")
    for _ in range(2):
        answer = practice.front_desk.post(f"{here}/refund", data=confirmed(look))
        assert (answer.status_code, answer.headers["location"]) == (303, here)
    assert testing.desk(practice.portal).statements.get_payment(payment_id).refunded == usd("20.00")
    page = words(practice.front_desk.get(here))
    assert "The money was paid back." in page
    assert "$20.00" in page.partition("Paid back of it")[2]
    assert "charged too much" in page


@pytest.mark.parametrize(("answers", "said"), [(False, "Nothing changed."), (True, "We do not know its answer yet.")])
def test_what_the_processor_does_not_give_back_is_told(practice: Practice, answers: bool, said: str) -> None:  # noqa: FBT001
    here = f"/desk/payments/{practice.paid()}"
    look = practice.front_desk.post(f"{here}/refund", data={"amount": "60.00", "by_hand": "no"})
    practice.processor.answers = answers
    try:
        practice.front_desk.post(f"{here}/refund", data=confirmed(look))
    finally:
        practice.processor.answers = None
    assert said in words(practice.front_desk.get(here))


def test_more_than_is_left_is_not_given_back(practice: Practice) -> None:
    here = f"/desk/payments/{practice.paid()}/refund"
    for key in ({}, {"key": "too-much"}):
        answer = practice.billing.post(here, data={"amount": "60.01", "by_hand": "no", "reason": "why"} | key)
        assert answer.status_code == 409
        assert "This is more than what is left of the payment: $60.00." in words(answer)
        assert 'value="60.01"' in answer.text
        assert 'value="why"' in answer.text
    assert practice.billing.post(here, data={"amount": "1.00", "by_hand": "maybe"}).status_code == 422
    assert practice.billing.post(here, data={}).status_code == 422


def test_cash_goes_back_by_hand_by_billing_alone(practice: Practice) -> None:
    bill = practice.bill(practice.member())
    here = f"/desk/payments/{practice.cash(bill)}"
    assert "/refund" not in practice.front_desk.get(here).text
    assert "Billing can pay it back by hand." in words(practice.front_desk.get(f"{here}/refund"))
    sent = {"amount": "37.50", "by_hand": "yes", "reason": "false note"}
    assert practice.front_desk.post(f"{here}/refund", data=sent | {"key": "k"}).status_code == 403
    answer = practice.billing.post(f"{here}/refund", data=sent | {"by_hand": "no", "key": "k"})
    assert answer.status_code == 409
    look = practice.billing.post(f"{here}/refund", data=sent)
    assert "no card company is asked" in words(look)
    practice.billing.post(f"{here}/refund", data=confirmed(look))
    page = words(practice.billing.get(here))
    assert "By hand" in page.partition("Paid back of it")[2]
    assert "/refund" not in practice.billing.get(here).text
    assert "Nothing is left to pay back." in words(practice.billing.get(f"{here}/refund"))
    assert practice.remaining(bill) == "100.00 USD"


def test_what_was_paid_of_a_statement_that_was_taken_back_is_marked(practice: Practice) -> None:
    member = practice.member()
    bill = practice.bill(member)
    payment = practice.cash(bill)
    practice.billing.post(f"/desk/statements/{bill}/retract", data={"reason": "wrong_content"})
    for path in (f"/desk/people/{member.patient_id}/statements", f"/desk/payments/{payment}"):
        assert "Its statement was taken back" in words(practice.billing.get(path))


def test_nobody_of_another_role_sees_a_payment(practice: Practice) -> None:
    payment = practice.paid()
    for role in (Role.PROVIDER, Role.SUPPORT, Role.INTERFACE):
        with at_desk(practice.portal, role) as somebody:
            for path in (f"/desk/payments/{payment}", f"/desk/payments/{payment}/refund"):
                assert somebody.get(path).status_code == 403, (role, path)
    assert practice.billing.get("/desk/payments/none").status_code == 404
