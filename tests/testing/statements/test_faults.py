"""Payments on a store that fails at any call: the books always agree with the processor's, and the same key ends it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from patientportal import (
    MemoryStore,
    Money,
    PaymentId,
    PaymentMethod,
    PortalError,
    RecordingNotifier,
    RetractionReason,
    SandboxSource,
    StatementId,
    testing,
)
from patientportal.patient_access import PatientAccess
from patientportal.testing import FaultyStore, FrozenClock
from patientportal.testing.machine_base import FailingStore
from patientportal.testing.statements.auditor import Auditor
from patientportal.testing.statements.processor import Mood, MoodyProcessor
from tests.length import times

STEPS = 60
SHARES = (0.02, 0.1, 0.3)
"""Of a transaction of ten calls, every fifth fails, or most, or nearly all."""
SOURCES = (SandboxSource.APPROVE, SandboxSource.APPROVE, SandboxSource.APPROVE_AND_LOSE_ANSWER, SandboxSource.DECLINE)
ENDED = {"settled", "declined", "released", "done"}


class Practice:
    """A patient who pays, a practice that bills and gives back, and chance."""

    def __init__(self, seed: int, share: float) -> None:
        self.chance = Random(seed)  # noqa: S311 - of a test
        kept = FailingStore(MemoryStore())
        self.store = FaultyStore(kept, seed=seed, share=share)
        self.store.is_well = True
        self.clock = FrozenClock(datetime(2026, 3, 5, 9, 0, tzinfo=UTC))
        self.processor = MoodyProcessor(kept)
        self.auditor = Auditor(kept, self.processor, ZoneInfo("America/New_York"))
        kept.after_commit = self.auditor.at_commit
        box = RecordingNotifier()
        self.portal = testing.portal(store=self.store, clock=self.clock, notifier=box, payments=self.processor)
        self.desk = testing.desk(self.portal)
        self.member = testing.activated(self.portal, box)
        self.me = self.log_in()
        self.keys: dict[str, tuple[StatementId, Money, SandboxSource]] = {}
        self.paid: list[PaymentId] = []
        self.bill()
        self.store.is_well = False

    def log_in(self) -> PatientAccess:
        return self.portal.log_in(self.member.username, self.member.password)

    def bill(self) -> None:
        number = f"2026-{self.chance.randrange(1000)}"
        cents = self.chance.randrange(1_000, 100_000)
        self.desk.statements.upload(
            self.member.patient_id,
            number=number,
            balance=Money(minor_units=cents, currency="USD"),
            issued_on=date(2026, 3, self.chance.randint(1, 5)),
            due_on=date(2026, 12, 1),
            document=b"%PDF",
            media_type="application/pdf",
        )

    def pay(self) -> None:
        current = self.me.statements.current()
        if current is None or current.remaining.is_zero:
            return
        amount = Money(minor_units=self.chance.randint(1, current.remaining.minor_units), currency="USD")
        key = f"form-{len(self.keys)}"
        self.keys[key] = (current.statement_id, amount, self.chance.choice(SOURCES))
        self.repeat(key)

    def press_again(self) -> None:
        if self.keys:
            self.repeat(self.chance.choice(list(self.keys)))

    def repeat(self, key: str) -> None:
        statement_id, amount, source = self.keys[key]
        payment = self.me.statements.pay(statement_id, amount, source=source, idempotency_key=key)
        if payment.status == "settled" and payment.payment_id not in self.paid:
            self.paid.append(payment.payment_id)

    def give_back(self) -> None:
        if self.paid:
            by_hand, payment_id = self.chance.random() < 0.3, self.chance.choice(self.paid)
            cents, key = self.chance.choice([(None, None), (100, f"back-{self.chance.randrange(5)}")])
            amount = None if cents is None else Money(minor_units=cents, currency="USD")
            self.desk.statements.refund(payment_id, amount, by_hand=by_hand, idempotency_key=key)

    def take_back(self) -> None:
        statements = self.desk.statements.of_patient(self.member.patient_id).items
        self.desk.statements.retract(self.chance.choice(statements).statement_id, RetractionReason.OTHER)

    def receive(self) -> None:
        current = self.me.statements.current()
        if current is not None:
            payment = self.desk.statements.record_payment(
                current.statement_id,
                Money(minor_units=self.chance.randint(1, 5_000), currency="USD"),
                method=PaymentMethod.CASH,
                received_on=date(2026, 3, self.chance.randint(1, 5)),
                external_id=self.chance.choice([None, "C-1", "C-2"]),
            )
            self.paid.append(payment.payment_id)

    def work(self) -> None:
        self.clock.advance(timedelta(minutes=self.chance.randrange(10)))
        self.portal.work()

    def mood(self) -> None:
        self.processor.mood = self.chance.choice([Mood.WELL, Mood.WELL, Mood.OUT_OF_REACH, Mood.LOSES_REFUNDS])

    def step(self) -> None:
        steps: list[Callable[[], None]] = [self.pay, self.press_again, self.work, self.mood, self.give_back]
        weights = [4, 4, 3, 1, 1]
        if self.chance.random() < 0.12:
            steps, weights = [self.bill, self.take_back, self.receive], [3, 1, 2]
        with suppress(PortalError):
            self.chance.choices(steps, weights)[0]()


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("seed", range(times(12)))
def test_whatever_fails_is_settled_once_or_not_at_all_and_the_same_key_ends_it(seed: int, share: float) -> None:
    practice = Practice(seed, share)
    for _ in range(STEPS):
        practice.step()
        practice.auditor.audit()
    assert practice.store.happened.total() > 0

    practice.store.is_well = True
    practice.processor.mood = Mood.WELL
    practice.me = practice.log_in()
    for key in practice.keys:
        with suppress(PortalError):
            practice.repeat(key)
    for _ in range(40):
        practice.clock.advance(timedelta(minutes=10))
        practice.portal.work()
    practice.auditor.audit()
    assert {one.status for one in practice.auditor.books.payments.values()} <= ENDED
    assert {one.status for one in practice.auditor.books.refunds.values()} <= ENDED
    assert practice.processor.too_early == []
    assert all(len(orders) == 1 for orders in practice.processor.orders.values())
