"""Payments through a link that is cut around each commit: settled once by whoever asks again, or refused."""

import random
from collections import Counter
from datetime import date, timedelta

from patientportal import (
    AdapterError,
    Approved,
    Declined,
    Money,
    OutcomeUnknownError,
    PatientAccess,
    PaymentDetails,
    PostgresStore,
    RecordingNotifier,
    SandboxProcessor,
    SandboxSource,
    StatementId,
)
from patientportal.testing import FrozenClock, activated, desk, portal
from tests.adapters.postgres_faults.server import Proxy
from tests.length import times

PAYMENTS, CUT_MAX = times(30), 3
DOLLAR = Money.parse("1.00", "USD")
COMMIT = b"COMMIT\0"


class Cutting(SandboxProcessor):
    """A processor after whose answer the link is cut around the next commit, if it is to be.

    Attributes:
        proxy: where the link is.
        cut_next: how: before the commit arrives, or before its answer does.
        cuts: how often it was cut in each way.
    """

    def __init__(self, proxy: Proxy) -> None:
        super().__init__()
        self.proxy = proxy
        self.cut_next = "no"
        self.cuts = Counter[str]()

    def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
        answer = super().charge(key, amount, source)
        self.cut(self.cut_next, "second")
        return answer

    def cut(self, how: str, which: str = "") -> None:
        """Cuts the link at the next commit, or lets it be."""
        self.cuts.update([f"{how}, {which}"] if how != "no" else [])
        self.proxy.cut_before = COMMIT if how == "before" else None
        self.proxy.keep_answer_to = COMMIT if how == "its answer" else None


def test_payments_through_a_link_that_is_cut_around_commits_are_settled_once_each_and_none_is_released(
    store: PostgresStore, through: PostgresStore, proxy: Proxy
) -> None:
    clock, processor, notifier = FrozenClock(), Cutting(proxy), RecordingNotifier()
    well = portal(store=store, payments=processor, notifier=notifier, clock=clock)
    member = activated(well, notifier)
    bill = desk(well).statements.upload(
        member.patient_id,
        number="A-1",
        balance=Money(minor_units=PAYMENTS * DOLLAR.minor_units, currency="USD"),
        issued_on=date(2026, 1, 2),
        due_on=date(2035, 2, 1),
        document=b"%PDF",
        media_type="application/pdf",
    )
    token = well.log_in(member.username, member.password).token
    me = portal(store=through, payments=processor, clock=clock).resume(token)
    chance = random.Random(PAYMENTS)  # noqa: S311 - for where the link is cut
    ends = [_insisted(me, bill, processor, key=f"form-{n}", chance=chance) for n in range(PAYMENTS)]
    assert {one.status for one in ends} == {"settled"}
    clock.advance(timedelta(minutes=6))
    assert well.work().concluded == 0, "nothing was left to find out"
    charges = processor.charges()
    assert sorted(one.key for one in charges) == sorted(one.payment_id for one in ends)
    statement = well.resume(token).statements.get(bill)
    assert (statement.paid, statement.remaining.minor_units) == (statement.balance, 0)
    assert len(processor.cuts) == 4, "each commit was cut before it arrived, and before its answer did"
    print(f"{PAYMENTS} payments, {processor.cuts.total()} cuts: {dict(processor.cuts)}")  # noqa: T201 - for who measures


def _insisted(
    me: PatientAccess,
    bill: StatementId,
    processor: Cutting,
    *,
    key: str,
    chance: random.Random,
) -> PaymentDetails:
    """A patient who presses again until their payment has an end; after three times the link is well."""
    for tried in range(CUT_MAX + 1):
        ways = [chance.choice(("no", "before", "its answer")) if tried < CUT_MAX else "no" for _ in range(2)]
        processor.cut(ways[0], "first")
        processor.cut_next = ways[1]
        try:
            payment = me.statements.pay(bill, DOLLAR, source=SandboxSource.APPROVE, idempotency_key=key)
        except (OutcomeUnknownError, AdapterError):
            continue
        finally:
            processor.cut("no")
        if payment.status != "pending":
            return payment
    raise AssertionError(f"{key} never ended")
