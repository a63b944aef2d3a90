"""The auditor sees whatever somebody changes in the books."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from patientportal import MemoryStore, Money, PaymentMethod, RecordingNotifier, SandboxSource, testing
from patientportal.ports.store import key_of
from patientportal.testing import FrozenClock
from patientportal.testing.machine_base import FailingStore
from patientportal.testing.statements.auditor import Auditor
from patientportal.testing.statements.processor import MoodyProcessor

ZONE = "America/New_York"
OTHER = Money(minor_units=1, currency="EUR")


class Practice:
    """January is paid in part, online and in cash; February covers it; a part is given back, another is about to be."""

    def __init__(self) -> None:
        self.store = FailingStore(MemoryStore())
        self.clock = FrozenClock(datetime(2026, 2, 1, 9, 0, tzinfo=UTC))
        self.processor = MoodyProcessor(self.store)
        self.auditor = Auditor(self.store, self.processor, ZoneInfo(ZONE))
        self.store.after_commit = self.auditor.at_commit
        box = RecordingNotifier()
        portal = testing.portal(store=self.store, clock=self.clock, notifier=box, payments=self.processor)
        member = testing.activated(portal, box)
        self.desk = testing.desk(portal).statements
        me = portal.log_in(member.username, member.password).statements
        january = self.bill(member.patient_id, 1)
        online = me.pay(january, Money.parse("60.00", "USD"), source=SandboxSource.APPROVE).payment_id
        me.pay(january, Money.parse("10.00", "USD"), source=SandboxSource.APPROVE_AND_LOSE_ANSWER)
        ten = Money.parse("10.00", "USD")
        self.desk.record_payment(january, ten, method=PaymentMethod.CASH, received_on=date(2026, 1, 20))
        self.bill(member.patient_id, 2)
        self.desk.refund(online, ten, idempotency_key="back-1")
        self.auditor.audit()
        self.known = self.auditor.books

    def bill(self, patient_id: Any, month: int) -> Any:
        return self.desk.upload(
            patient_id,
            number=f"2026-{month}",
            balance=Money.parse("100.00", "USD"),
            issued_on=date(2026, month, 1),
            due_on=date(2026, 3, 1),
            document=b"%PDF",
            media_type="application/pdf",
        )

    def state(self, kind: str, **is_so: object) -> Any:
        """The one that is so."""
        kept = getattr(self.known, kind).values()
        (found,) = [one for one in kept if all(getattr(one, name) == value for name, value in is_so.items())]
        return found

    def change(self, *changes: tuple[Any, dict[str, Any]]) -> None:
        """Somebody changes some states behind the portal's back, at once."""
        with self.store.transaction() as tx:
            tx.get_all(*(key_of(state) for state, _ in changes))
            for state, differently in changes:
                tx.put(evolve(state, **differently))


def january(practice: Practice) -> Any:
    return practice.state("statements", number="2026-1")


def february(practice: Practice) -> Any:
    return practice.state("statements", number="2026-2")


def pending(practice: Practice) -> Any:
    return practice.state("payments", status="pending")


def cash(practice: Practice) -> Any:
    return practice.state("payments", method="cash")


def online(practice: Practice) -> Any:
    return practice.state("payments", status="settled", method="online")


def refund(practice: Practice) -> Any:
    return practice.state("refunds", status="done")


CHANGES: list[tuple[str, Callable[[Practice], Any], dict[str, Any]]] = [
    ("I1", january, {"status": "retracted"}),
    ("I1", february, {"status": "superseded"}),
    ("I1", january, {"issued_on": date(2026, 2, 2)}),
    ("I2", february, {"paid_minor_units": 4_999}),
    ("I2", february, {"pending_minor_units": 0}),
    ("I2", january, {"reduced_minor_units": 1}),
    ("I2", online, {"amount": OTHER}),
    ("I2", cash, {"method": PaymentMethod.REDUCTION}),
    ("I2", refund, {"amount": Money.parse("10.01", "USD")}),
    ("I5", online, {"refunded_minor_units": 999}),
    ("I5", online, {"refunding_minor_units": 1}),
    ("I8", pending, {"look_at": None}),
    ("I8", refund, {"by_hand": True}),
    ("when", cash, {"ended_at": datetime(2026, 2, 1, 9, 0, tzinfo=UTC)}),
    ("a statement stays", january, {"balance": Money.parse("99.00", "USD")}),
]


@pytest.mark.parametrize(("rule", "which", "changes"), CHANGES)
def test_a_change_behind_the_portals_back_is_seen(
    rule: str, which: Callable[[Practice], Any], changes: dict[str, Any]
) -> None:
    practice = Practice()
    practice.change((which(practice), changes))
    with pytest.raises(AssertionError, match=f"^{rule}"):
        practice.auditor.audit()


def test_what_counts_on_the_wrong_statement_is_seen_though_all_sums_are_right() -> None:
    practice = Practice()
    older, newer, payment = january(practice), february(practice), pending(practice)
    units = payment.amount.minor_units
    practice.change(
        (older, {"pending_minor_units": units}),
        (newer, {"pending_minor_units": newer.pending_minor_units - units}),
        (payment, {"counts_on": older.id}),
    )
    with pytest.raises(AssertionError, match=r"^I3"):
        practice.auditor.audit()


def test_more_that_remains_without_a_reason_is_seen_though_all_sums_are_right() -> None:
    practice = Practice()
    newer, payment = february(practice), online(practice)
    practice.change(
        (newer, {"paid_minor_units": 0}), (payment, {"method": PaymentMethod.REDUCTION, "status": "declined"})
    )
    with pytest.raises(AssertionError, match=r"^I[57]"):
        practice.auditor.audit()


def test_what_nobody_changed_adds_up() -> None:
    practice = Practice()
    practice.auditor.audit()
    assert february(practice).paid_minor_units == 5_000
    assert cash(practice).counts_on == january(practice).id
