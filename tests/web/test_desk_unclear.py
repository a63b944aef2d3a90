"""What is unclear: payments and refunds that somebody has to conclude, who is named, and what they may say."""

from collections.abc import Iterator
from datetime import date

import pytest
from attrs import frozen
from starlette.testclient import TestClient

from patientportal import (
    Money,
    PaymentId,
    PaymentStatus,
    Portal,
    RecordingNotifier,
    RefundStatus,
    Role,
    testing,
)
from patientportal.testing import FrozenClock
from tests.web.desk import Wrong, at_desk, with_unclear
from tests.web.reading import words


@frozen
class Practice:
    """A portal with a payment and a refund that are unclear, and two browsers."""

    portal: Portal
    payment: PaymentId
    refunded: PaymentId
    billing: TestClient
    front_desk: TestClient


@pytest.fixture
def practice() -> Iterator[Practice]:
    mailbox, clock = RecordingNotifier(), FrozenClock()
    with testing.portal(notifier=mailbox, clock=clock, payments=Wrong()) as portal:
        ada = testing.activated(portal, mailbox, "ada")
        bill = testing.desk(portal).statements.upload(
            ada.patient_id,
            number="S-1",
            balance=Money.parse("100.00", "USD"),
            issued_on=date(2026, 1, 2),
            due_on=date(2026, 2, 1),
            document=b"%PDF",
            media_type="application/pdf",
        )
        payment, refunded = with_unclear(portal, clock, ada, bill)
        with at_desk(portal, Role.BILLING) as billing, at_desk(portal, Role.FRONT_DESK) as front_desk:
            yield Practice(portal, payment, refunded, billing, front_desk)


def test_billing_finds_what_is_unclear_in_the_menu_by_the_names_of_people(practice: Practice) -> None:
    assert 'href="/desk/unclear"' in practice.billing.get("/desk/people").text
    assert 'href="/desk/unclear"' not in practice.front_desk.get("/desk/people").text
    page = practice.billing.get("/desk/unclear")
    assert "1 payment " in words(page)
    assert "1 refund " in words(page)
    assert f'href="/desk/payments/{practice.payment}/conclude">Ada Byron</a>' in page.text
    assert "$12.51" in words(page)
    assert "/conclude" not in practice.front_desk.get("/desk/unclear").text
    assert practice.front_desk.get(f"/desk/payments/{practice.payment}/conclude").status_code == 403
    assert "Say what became of it" in words(practice.billing.get(f"/desk/payments/{practice.payment}"))


def test_a_payment_is_concluded_with_what_was_found(practice: Practice) -> None:
    here = f"/desk/payments/{practice.payment}/conclude"
    page = words(practice.billing.get(here))
    for said in ("Ada Byron", "$12.50", "$12.51", practice.payment):
        assert said in page
    assert practice.billing.post(here, data={}).status_code == 422
    assert practice.billing.post(here, data={"conclusion": "perhaps"}).status_code == 422
    answer = practice.billing.post(here, data={"conclusion": "paid"})
    assert (answer.status_code, "Give it back." in words(answer)) == (409, True)
    assert practice.front_desk.post(here, data={"conclusion": "not_made"}).status_code == 403
    for flash in ("What you found is written down.", "Nobody has to look into this any more"):
        answer = practice.billing.post(here, data={"conclusion": "not_made"})
        assert answer.status_code == 303
        assert flash in words(practice.billing.get(answer.headers["location"]))
    assert testing.desk(practice.portal).statements.get_payment(practice.payment).status is PaymentStatus.RELEASED
    assert "0 payments" in words(practice.billing.get("/desk/unclear"))
    assert practice.billing.get(here).headers["location"] == f"/desk/payments/{practice.payment}"


def test_a_refund_is_concluded_with_what_was_found(practice: Practice) -> None:
    (waiting,) = testing.desk(practice.portal).statements.unclear_refunds().items
    here = f"/desk/refunds/{waiting.refund_id}/conclude"
    page = words(practice.billing.get(here))
    for said in ("Ada Byron", "$5.00", waiting.refund_id):
        assert said in page
    assert practice.billing.post(here, data={}).status_code == 422
    assert practice.front_desk.get(here).status_code == 403
    assert practice.billing.post(here, data={"conclusion": "paid"}).headers["location"] == "/desk/unclear"
    assert testing.desk(practice.portal).statements.get_refund(waiting.refund_id).status is RefundStatus.DONE
    assert practice.billing.get(here).headers["location"] == f"/desk/payments/{practice.refunded}"
    assert practice.billing.get("/desk/refunds/none/conclude").status_code == 404


def test_other_roles_do_not_see_the_list(practice: Practice) -> None:
    for role in (Role.PROVIDER, Role.SUPPORT, Role.INTERFACE):
        with at_desk(practice.portal, role) as somebody:
            assert somebody.get("/desk/unclear").status_code == 403
