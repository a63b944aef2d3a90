"""A practice whose books post payments some days late, and patients who pay it in time, late, in part and twice a day.

The portal is the real one, on a store in memory; the books are those of the practice, and know nothing of its rules.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from attrs import define, frozen

from patientportal import Money, Pay, PaymentDetails, PaymentMethod, Policy, RecordingNotifier, SandboxSource, testing
from patientportal.domain.policy import SessionPolicy
from patientportal.testing import FrozenClock

ZONE = ZoneInfo("America/New_York")
BEGINS_ON = date(2026, 1, 2)
STATEMENTS = 4
A_DAY = timedelta(days=1)
AN_HOUR = timedelta(hours=1)
SOURCES = (*[SandboxSource.APPROVE] * 6, SandboxSource.APPROVE_AND_LOSE_ANSWER, SandboxSource.DECLINE)
UNHURRIED = Policy(zone=ZONE.key, sessions=SessionPolicy(idle=timedelta(days=366), absolute=timedelta(days=366)))


@frozen
class Habits:
    """How a practice keeps its books.

    Attributes:
        lag_days: what was paid on a day is in its books so many days later; 0: at once.
        says_cut_off: whether it says with each statement up to when it had posted what was paid.
    """

    lag_days: int
    says_cut_off: bool

    def posted_until(self, printed_at: datetime) -> datetime:
        """What was paid before is in the books when a statement is printed."""
        if self.lag_days == 0:
            return printed_at
        return at(printed_at.astimezone(ZONE).date() - (self.lag_days - 1) * A_DAY, 0)


@define
class Found:
    """What a patient saw over the months.

    Attributes:
        asked_twice: how often they were asked for more than they owed.
        too_much: the most that was asked for beyond what they owed, in cents.
        too_little: how often they were asked for less.
        asked: how often anybody looked.
        overpaid: what they had paid in the end beyond what they owed, in cents; below zero: what is still owed.
        moved: how many payments counted in the end on another statement than the one that they were made on.
    """

    asked_twice: int = 0
    too_much: int = 0
    too_little: int = 0
    asked: int = 0
    overpaid: int = 0
    moved: int = 0


def at(day: date, hours: float) -> datetime:
    """A moment of a day at the practice."""
    return (datetime.combine(day, time(), ZONE) + timedelta(hours=hours)).astimezone(UTC)


class Simulated:
    """One patient's months.

    Args:
        chance: what they and the practice do, and when.
        habits: the practice's.
    """

    def __init__(self, chance: Random, habits: Habits) -> None:
        self.chance = chance
        self.habits = habits
        self.found = Found()
        self.services: list[tuple[datetime, int]] = []
        self.printed_at = at(BEGINS_ON, 0)
        self.balance = self.said = 0
        self.clock = FrozenClock(at(BEGINS_ON, 0))
        box = RecordingNotifier()
        self.portal = testing.portal(policy=UNHURRIED, clock=self.clock, notifier=box)
        self.desk = testing.desk(self.portal)
        member = testing.activated(self.portal, box)
        self.patient_id = member.patient_id
        self.me = self.portal.log_in(member.username, member.password)

    def live(self) -> Found:
        """Months of services, statements and payments; in the end everything is posted, and the rest is paid."""
        plan: list[tuple[datetime, Callable[[], None]]] = []
        for month in range(STATEMENTS):
            self._plan_month(plan, BEGINS_ON + timedelta(days=30 * month))
        for moment, happens in sorted(plan, key=lambda one: one[0]):
            self._wait_until(moment)
            happens()
            self._look()
        self._settle_up()
        return self.found

    def _plan_month(self, plan: list[tuple[datetime, Callable[[], None]]], first: date) -> None:
        chance = self.chance
        days = [first + timedelta(days=chance.randrange(28)) for _ in range(chance.randint(0, 2))]
        plan += [(at(day, 9), self._serve) for day in days]
        issued_on = first + timedelta(days=chance.randint(27, 29))
        printed = at(issued_on, chance.choice((2, 6, 12)))
        plan.append((printed, self._print))
        plan.append((printed + chance.choice((0, 2, 26, 50)) * AN_HOUR, self._upload))
        for _ in range(chance.randint(1, 4)):
            day = issued_on + timedelta(days=chance.choice((-3, -2, -1, -1, 0, 0, 1, 1, 2, 3, 4, 9)))
            moment = at(day, chance.choice((1, 5, 9, 11, 15, 20)))
            plan.append((moment, chance.choice((self._pay, self._pay, self._pay, self._pay_in_cash))))
            plan.append((moment + chance.choice((1, 5, 30, 60)) * AN_HOUR, self._work))

    # What happens

    def _serve(self) -> None:
        self.services.append((self.clock(), self.chance.randrange(1_000, 20_000)))

    def _print(self) -> None:
        """The books say what is owed; what was paid since the cut-off isn't in them yet."""
        now = self.clock()
        posted = sum(units for moment, units in self._paid() if moment < self.habits.posted_until(now))
        self.printed_at = now
        self.balance = max(0, sum(units for _, units in self.services) - posted)

    def _upload(self) -> None:
        issued_on = self.printed_at.astimezone(ZONE).date()
        self.desk.statements.upload(
            self.patient_id,
            number=f"{issued_on}",
            balance=dollars(self.balance),
            issued_on=issued_on,
            due_on=issued_on + timedelta(days=60),
            document=b"%PDF",
            media_type="application/pdf",
            posted_until=self.habits.posted_until(self.printed_at) if self.habits.says_cut_off else None,
        )
        self.said = sum(units for moment, units in self.services if moment <= self.printed_at)

    def _pay(self) -> None:
        shown = self.me.statements.current()
        if shown is None or shown.remaining.is_zero:
            return
        half = dollars(max(1, shown.remaining.minor_units // 2))
        amount = self.chance.choice((Pay.FULL, Pay.FULL, half))
        self.me.statements.pay(shown.statement_id, amount, source=self.chance.choice(SOURCES))

    def _pay_in_cash(self) -> None:
        shown = self.me.statements.current()
        if shown is None or shown.remaining.is_zero:
            return
        self.desk.statements.record_payment(
            shown.statement_id,
            shown.remaining,
            method=PaymentMethod.CASH,
            received_on=self.clock().astimezone(ZONE).date(),
        )

    def _work(self) -> None:
        if any(one.status == "pending" for one in self._made()):
            self.portal.work()

    # What is so

    def _made(self) -> Sequence[PaymentDetails]:
        return self.me.statements.payments(limit=200).items

    def _paid(self) -> list[tuple[datetime, int]]:
        """What the practice has, and since when."""
        made = self._made()
        return [(one.ended_at, one.amount.minor_units) for one in made if one.ended_at and one.status == "settled"]

    def _look(self) -> None:
        """What is asked for, against what is owed: what statements have said, less all that was or is being paid."""
        shown = self.me.statements.current()
        if shown is None:
            return
        given = sum(one.amount.minor_units for one in self._made() if one.status in {"settled", "pending"})
        beyond = shown.remaining.minor_units - max(0, self.said - given)
        self.found.asked += 1
        self.found.asked_twice += beyond > 0
        self.found.too_much = max(self.found.too_much, beyond)
        self.found.too_little += beyond < 0

    def _settle_up(self) -> None:
        """Nothing happens until all is posted; the last statement is paid whole, and then the practice has its due."""
        self._wait_until(self.clock() + 10 * A_DAY)
        self._work()
        self._wait_until(self.clock() + 10 * A_DAY)
        self._print()
        self._upload()
        self._look()
        shown = self.me.statements.current()
        if shown is not None and not shown.remaining.is_zero:
            self.me.statements.pay(shown.statement_id, Pay.FULL, source=SandboxSource.APPROVE)
        self.found.moved = sum(one.counts_on != one.statement_id for one in self._made())
        self.found.overpaid = sum(units for _, units in self._paid()) - sum(units for _, units in self.services)
        self.portal.close()

    def _wait_until(self, moment: datetime) -> None:
        self.clock.advance(max(moment - self.clock(), timedelta(0)))


def dollars(cents: int) -> Money:
    """An amount in the practice's currency."""
    return Money(minor_units=cents, currency="USD")
