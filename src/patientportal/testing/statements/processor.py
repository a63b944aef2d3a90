"""A payment processor in a mood: the sandbox, reached or not, by a machine that says beforehand which."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from enum import Enum, unique

from attrs import evolve

from patientportal.adapters.sandbox import SandboxCharge, SandboxProcessor
from patientportal.domain.statements.payments import Payment, PaymentStatus
from patientportal.domain.statements.refunds import Refund, RefundStatus
from patientportal.domain.values.money import Money
from patientportal.ports.payments import Approved, Declined
from patientportal.ports.store import Is, Query, Store, StoreMisuseError, Where


@unique
class Mood(Enum):
    """How the processor answers, most of all those who ask what became of a payment, or ask to give it back."""

    WELL = "well"
    OUT_OF_REACH = "out of reach"
    PROMISES_NOTHING = "promises nothing"
    """It has heard of no such charge, and won't say that it will refuse one."""
    REFUSES_REFUNDS = "refuses refunds"
    LOSES_REFUNDS = "loses refunds"
    """It gives back, and its answer is lost."""
    MISSTATES = "misstates"
    """It says of each charge that it was of another amount."""
    BREAKS_PROMISES = "breaks promises"
    """It charges what it has promised never to charge."""


class MoodyProcessor:
    """Passes everything on to a sandbox as its mood is, and watches when it is called.

    Args:
        store: where a payment must stand before the processor is asked about it.

    Attributes:
        sandbox: it charges; what it does with a charge, its source token says.
        mood: how it is until somebody changes that.
        charged: how often each key was to be charged.
        orders: with what each key was to be charged, the amount and the source.
        given_back: what it gave back under each refund's key: of which charge, and how much.
        after_all: what it charged though it had promised not to.
        too_early: the keys about which it was asked inside a transaction, or before it was saved that it would be.
        before_it_arrives: what happens, once, while the next charge is on its way; it is given the key.
        before_it_answers: what happens, once, while the answer to the next charge is on its way.
        disagreement: what was wrong with that.
    """

    def __init__(self, store: Store) -> None:
        self.sandbox: SandboxProcessor = SandboxProcessor()
        self.mood = Mood.WELL
        self.charged: Counter[str] = Counter()
        self.orders: dict[str, set[tuple[Money, str]]] = {}
        self.given_back: dict[str, tuple[str, Money]] = {}
        self.after_all: dict[str, SandboxCharge] = {}
        self.too_early: list[str] = []
        self.before_it_arrives: Callable[[str], None] | None = None
        self.before_it_answers: Callable[[str], None] | None = None
        self.disagreement: AssertionError | None = None
        self._store = store

    @property
    def timeout(self) -> timedelta:
        """See ``PaymentProcessor.timeout``."""
        return self.sandbox.timeout

    def charge(self, key: str, amount: Money, source: str) -> Approved | Declined:
        """See ``PaymentProcessor.charge``.

        Raises:
            ConnectionError: it is out of reach.
        """
        self._watch(key)
        self.charged[key] += 1
        self.orders.setdefault(key, set()).add((amount, source))
        happens, self.before_it_arrives = self.before_it_arrives, None
        self._meanwhile(key, happens)
        self._reach()
        try:
            answer = self.sandbox.charge(key, amount, source)
            if self.mood is Mood.BREAKS_PROMISES and answer == Declined(code="voided"):
                self.after_all[key] = SandboxCharge(key=key, amount=amount, refunded=evolve(amount, minor_units=0))
                return Approved(amount=amount, reference=f"sandbox-{key}")
            return answer
        finally:
            happens, self.before_it_answers = self.before_it_answers, None
            self._meanwhile(key, happens)

    def find(self, key: str) -> Approved | Declined | None:
        """See ``PaymentProcessor.find``.

        Raises:
            ConnectionError: it is out of reach.
        """
        self._watch(key)
        self._reach()
        found = self.sandbox.find(key)
        if self.mood is Mood.MISSTATES and isinstance(found, Approved):
            return Approved(amount=other_than(found.amount), reference=found.reference)
        return found

    def charges(self) -> tuple[SandboxCharge, ...]:
        """Everything that was charged, given back or not."""
        return (*self.sandbox.charges(), *self.after_all.values())

    def give_back_by_hand(self, key: str) -> None:
        """Somebody gives all of a charge back, by the processor's own means."""
        if key in self.after_all:
            charge = self.after_all[key]
            self.after_all[key] = evolve(charge, refunded=charge.amount)
        for charge in self.sandbox.charges():
            if charge.key == key:
                assert self.sandbox.refund(key, refund_key=f"{key}-by-hand", amount=charge.amount)

    def void(self, key: str) -> bool:
        """See ``PaymentProcessor.void``."""
        self._watch(key)
        return self.mood is not Mood.PROMISES_NOTHING and self.sandbox.void(key)

    def refund(self, key: str, *, refund_key: str, amount: Money) -> bool:
        """See ``PaymentProcessor.refund``.

        Raises:
            ConnectionError: it is out of reach, or its answer is lost.
        """
        self._watch_for(Refund, refund_key, RefundStatus.PENDING)
        self._reach()
        if self.mood is Mood.REFUSES_REFUNDS and refund_key not in self.given_back:
            return False
        answer = self._refunded(key, refund_key, amount)
        if answer:
            self.given_back[refund_key] = key, amount
        if self.mood is Mood.LOSES_REFUNDS:
            raise ConnectionError
        return answer

    def _meanwhile(self, key: str, happens: Callable[[str], None] | None) -> None:
        """What goes wrong is kept: the portal takes an exception for a charge of which nobody knows what became."""
        try:
            if happens is not None:
                happens(key)
        except AssertionError as error:
            self.disagreement = error

    def _reach(self) -> None:
        if self.mood is Mood.OUT_OF_REACH:
            raise ConnectionError

    def _refunded(self, key: str, refund_key: str, amount: Money) -> bool:
        charge = self.after_all.get(key)
        if charge is None or refund_key in self.given_back:
            return self.given_back.get(refund_key) == (key, amount) or self.sandbox.refund(
                key, refund_key=refund_key, amount=amount
            )
        self.after_all[key] = evolve(charge, refunded=charge.refunded + amount)
        return True

    def _watch(self, key: str) -> None:
        self._watch_for(Payment, key, PaymentStatus.PENDING)

    def _watch_for(self, state: type[Payment | Refund], key: str, status: PaymentStatus | RefundStatus) -> None:
        is_so = (Where("id", Is.EQ, key), Where("status", Is.EQ, status))
        try:
            with self._store.view() as view:
                found = view.select(Query(state=state, where=is_so, order=("patient_id", "id"), limit=1))
        except StoreMisuseError:  # a view inside a block: the processor is being asked before the commit
            found = ()
        if not found:
            self.too_early.append(key)


def other_than(amount: Money) -> Money:
    """An amount that is said in another's place."""
    return Money(minor_units=amount.minor_units - 1, currency=amount.currency)
