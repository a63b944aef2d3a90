"""What tests of the desk share: who of the staff asks, and their browsers."""

from datetime import timedelta
from typing import Any

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
from tests.web.patients import browser_at

KING = StaffMember(id=StaffId("dr-king"), name="Dr William King", roles=frozenset({Role.PROVIDER}))
DORA = StaffMember(id=StaffId("dr-dora"), name="Dr Dora Winter", roles=frozenset({Role.PROVIDER}))
SUSAN = StaffMember(id=StaffId("susan"), name="Susan Front", roles=frozenset({Role.FRONT_DESK}))


class Wrong(SandboxProcessor):
    """A processor that charges a cent too much when it is asked for 12.50, and never says what it gave back."""

    def charge(self, key: str, amount: Money, source: str) -> Approved:  # noqa: ARG002
        more = amount.minor_units + (amount.minor_units == 1250)
        return Approved(amount=Money(minor_units=more, currency=amount.currency), reference="ch-1")

    def refund(self, key: str, *, refund_key: str, amount: Money) -> bool:  # noqa: ARG002
        raise TimeoutError


def staff(request: Request) -> StaffMember | None:
    """Whom a header names by their roles, as a proxy of the host's might; nobody, without it."""
    roles = request.headers.get("X-Roles", "").split()
    return StaffMember(id=StaffId("dr-king"), name="Sam Staff", roles=frozenset(map(Role, roles))) if roles else None


def everybody(_: Request) -> StaffMember:
    """Somebody who may do everything, whoever asks."""
    return StaffMember(id=StaffId("dr-king"), name="Sam Staff", roles=frozenset(Role))


def at_desk(of: Portal, *roles: Role, **more: Any) -> TestClient:
    """A browser of somebody with these roles; ``more`` is the application's."""
    app = create_app(of, practice="Lake Clinic", staff=staff, **more)
    return browser_at(app, {"X-Roles": " ".join(roles)} if roles else None)


def at_work(of: Portal, who: StaffMember) -> TestClient:
    """A browser of one member of staff."""
    return browser_at(create_app(of, practice="Lake Clinic", staff=lambda _: who))


def with_unclear(of: Portal, clock: FrozenClock, member: Member, bill: StatementId) -> tuple[PaymentId, PaymentId]:
    """A payment of 12.50 and a refund of 5.00 of another that are unclear, at a portal whose processor is ``Wrong``."""
    me, desk = of.log_in(member.username, member.password), testing.desk(of).statements
    wrong, right = (me.statements.pay(bill, Money.parse(one, "USD"), source="x") for one in ("12.50", "20.00"))
    desk.refund(right.payment_id, Money.parse("5.00", "USD"), idempotency_key="a part of it")
    clock.advance(timedelta(days=2))
    while of.health().unclear_refunds == 0:
        of.work()
    return wrong.payment_id, right.payment_id
