"""What tests of the desk share: who of the staff asks, said by a header as a proxy of the host's might."""

import re
from datetime import timedelta
from typing import Any

from httpx2 import Response
from starlette.requests import Request
from starlette.testclient import TestClient

from patientportal import (
    Approved,
    Money,
    PaymentId,
    Portal,
    Role,
    SandboxProcessor,
    StaffId,
    StaffMember,
    StatementId,
    testing,
)
from patientportal.testing import FrozenClock, Member
from patientportal.web import create_app

HERE = {"Origin": "https://portal.example", "Sec-Fetch-Site": "same-origin"}


class Wrong(SandboxProcessor):
    """A processor that charges a cent too much when it is asked for 12.50, and never says what it gave back."""

    def charge(self, key: str, amount: Money, source: str) -> Approved:  # noqa: ARG002
        more = amount.minor_units + (amount.minor_units == 1250)
        return Approved(amount=Money(minor_units=more, currency=amount.currency), reference="ch-1")

    def refund(self, key: str, *, refund_key: str, amount: Money) -> bool:  # noqa: ARG002
        raise TimeoutError


def staff(request: Request) -> StaffMember | None:
    """Whom the header names by their roles; nobody, without it."""
    roles = request.headers.get("X-Roles", "").split()
    return StaffMember(id=StaffId("sam"), name="Sam Staff", roles=frozenset(map(Role, roles))) if roles else None


def at_desk(of: Portal, *roles: Role, **more: Any) -> TestClient:
    """A browser of somebody with these roles; ``more`` is the application's."""
    headers = HERE | ({"X-Roles": " ".join(roles)} if roles else {})
    app = create_app(of, practice="Lake Clinic", staff=staff, **more)
    return TestClient(app, base_url="https://portal.example", headers=headers, follow_redirects=False)


def with_unclear(of: Portal, clock: FrozenClock, member: Member, bill: StatementId) -> tuple[PaymentId, PaymentId]:
    """A payment of 12.50 and a refund of 5.00 of another that are unclear, at a portal whose processor is ``Wrong``."""
    me, desk = of.log_in(member.username, member.password), testing.desk(of).statements
    wrong, right = (me.statements.pay(bill, Money.parse(one, "USD"), source="x") for one in ("12.50", "20.00"))
    desk.refund(right.payment_id, Money.parse("5.00", "USD"), idempotency_key="a part of it")
    clock.advance(timedelta(days=2))
    while of.health().unclear_refunds == 0:
        of.work()
    return wrong.payment_id, right.payment_id


def words(answer: Response) -> str:
    """What a reader sees of a page, without its frame."""
    main = re.search(r"<main.*</main>", answer.text, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", main[0] if main else "").split())


def day(name: str, year: int, month: int, of_month: int) -> dict[str, str]:
    """A day as a form sends it."""
    return {f"{name}-year": str(year), f"{name}-month": str(month), f"{name}-day": str(of_month)}
