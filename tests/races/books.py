"""Payers who owe something, workers who look what became of it, and books that must be right to the cent."""

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from patientportal import SandboxSource, StatementId
from patientportal.testing import PASSWORD, Member
from tests.clinics import Answer, Call, Clinic, Pace, Round
from tests.races.dealing import codes
from tests.races.race import CALLS

KEY = "one click"
AN_HOUR_S = 3600.0
PAID, PENDING, CHARGED = {"settled", "refunding"}, {"pending"}, {"settled", "refunding", "refunded"}
STANDING = """CASE WHEN refunding_minor_units > 0 THEN 'refunding'
    WHEN refunded_minor_units = amount_minor_units THEN 'refunded' ELSE status END"""
TOLD = {True: "payment_receipt", False: "payment_not_made"}


def upload(member: Member, number: str = "S-1", balance: str = "100.00") -> Call:
    return "upload", {"patient": member.patient_id, "number": number, "balance": balance}


def owes(clinic: Clinic, member: Member, balance: str = "100.00") -> StatementId:
    """A statement that can be paid from now on."""
    call, named = upload(member, balance=balance)
    return StatementId(CALLS[call](clinic.portal, **named)["statement"])


class Payer:
    """A patient who is in, and owes something.

    Attributes:
        member: who it is.
        token: of their session.
        statement: their current one.
    """

    def __init__(self, clinic: Clinic, name: str, balance: str = "100.00") -> None:
        self.member = clinic.member(name)
        self.token = clinic.portal.log_in(name, PASSWORD).token
        self.statement = owes(clinic, self.member, balance)

    def pays(
        self, amount: str | None = "10.00", *, source: str = SandboxSource.APPROVE, key: str | None = None
    ) -> Call:
        named = {"token": self.token, "statement": self.statement, "amount": amount, "source": source, "key": key}
        return "pay", named

    def pays_current(self) -> Call:
        """Of whichever statement is current by then."""
        call, named = self.pays(key=KEY)
        return call, named | {"statement": None}

    def answers(self, told: list[Answer]) -> list[Answer]:
        return [answer for answer in told if answer.get("token") == self.token]


def everybody_works(clinic: Clinic, *, ahead_s: float, workers: int = 2) -> int:
    """How much all the workers concluded."""
    told = clinic.race([[[("work", {"limit": 100})]] for _ in range(workers)], ahead_s=ahead_s)
    assert codes(told) == {"ok": workers}
    return sum(answer["concluded"] for answer in told)


def hold_during(
    clinic: Clinic, rounds: list[Round], pace: Pace, hold: Callable[[Clinic], object], *, ahead_s: float = 0
) -> list[Answer]:
    """Looks at the books again and again while others pay, and gives their answers."""
    looked = 0
    with clinic.start(*rounds, ahead_s=ahead_s) as race, ThreadPoolExecutor(1) as reader:
        assert race.stdout is not None
        told = reader.submit(list, race.stdout)  # read as they come: a full pipe would stop those who pay
        while not told.done():
            hold(clinic)
            looked += 1
            wait([told], timeout=0.05)
    pace.tell("measured", f"the books were right {looked} times while others paid")
    return clinic.recorded(told.result())


def let_die(clinic: Clinic, what: list[Call], *, ahead_s: float = 0) -> None:
    """Each of these calls in a process of its own, which dies one step later than the one before."""
    told = killed(clinic, what, ahead_s=ahead_s)
    deaths = min(answer["after"] for answer in told)
    assert sorted(answer["after"] for answer in told) == list(range(deaths, len(what)))


def killed(clinic: Clinic, what: list[Call], *, ahead_s: float = 0) -> list[Answer]:
    """The answers of those who came to their end: each is killed one step later than the one before."""
    dying = [("die", {"after": at, "what": call, "named": named}) for at, (call, named) in enumerate(what)]
    with clinic.start([[[call]] for call in dying], ahead_s=ahead_s) as race:
        assert race.stdout is not None
        told = clinic.recorded(list(race.stdout))
    clinic.bury()
    clinic.hold_whole()
    assert codes(told) == {"ok": len(told)}
    return told


def summed(payments: Iterable[Any], statuses: set[str]) -> Counter[str]:
    """The minor units of the payments that stand so, by statement."""
    total = Counter[str]()
    for _, statement, units, status in payments:
        total[statement] += units if status in statuses else 0
    return total


def hold_books(clinic: Clinic) -> Counter[str]:
    """At any moment, the statements say what their payments say, and nothing is charged that nobody has reserved.

    Returns:
        How many payments stand where.
    """
    charged_before = {charge.key: charge.amount.minor_units for charge in clinic.processor.charges()}
    with clinic.snapshot() as rows:
        statements = rows("SELECT id, balance_minor_units, paid_minor_units, pending_minor_units FROM statements")
        payments = rows(f"SELECT id, counts_on, amount_minor_units, {STANDING} FROM payments")  # noqa: S608 - said here
        told = rows("SELECT about_id, kind FROM inbox_messages WHERE kind LIKE ?", "payment%")
        settled = rows("SELECT event_data ->> 'payment_id' FROM events WHERE event_name = 'payment_settled'")
    paid, pending = summed(payments, PAID), summed(payments, PENDING)
    for statement, balance, has_paid, has_pending in statements:
        assert (paid[statement], pending[statement]) == (has_paid, has_pending)
        assert has_paid + has_pending <= balance, "where nothing is paid but online, there is no credit"
    charged = {payment: units for payment, _, units, status in payments if status in CHARGED}
    assert sorted(settled) == sorted((payment,) for payment in charged)
    ended = [(payment, status) for payment, _, _, status in payments if status not in PENDING]
    assert sorted(told) == sorted((payment, TOLD[status in CHARGED]) for payment, status in ended), "each is told once"
    charged_after = {charge.key: charge.amount.minor_units for charge in clinic.processor.charges()}
    assert charged.items() <= charged_after.items()
    reserved = {payment: units for payment, _, units, status in payments if status in PENDING}
    assert charged_before.items() <= (charged | reserved).items()
    return Counter(status for *_, status in payments)


def hold_to_the_cent(clinic: Clinic) -> Counter[str]:
    """Once all is over, the processor has charged what is settled, has given back what is refunded, and nothing else.

    Returns:
        How many payments stand where.
    """
    clinic.hold_whole()
    standing = hold_books(clinic)
    assert not standing.keys() & {"pending", "refunding"}
    kept = clinic.rows(
        "SELECT id, amount_minor_units, refunded_minor_units = amount_minor_units FROM payments"
        " WHERE reference IS NOT NULL"
    )
    given_back = clinic.rows("SELECT payment_id, sum(amount_minor_units) FROM refunds WHERE status = 'done' GROUP BY 1")
    assert dict(given_back) == {payment: units for payment, units, back in kept if back}
    charged = [(one.key, one.amount.minor_units, one.is_refunded) for one in clinic.processor.charges()]
    assert sorted((payment, units, bool(back)) for payment, units, back in kept) == charged
    return standing


def everything(clinic: Clinic) -> list[Any]:
    """All that payments change, but for when a worker looks again."""
    with clinic.snapshot() as rows:
        return [
            sorted(rows(f"SELECT id, counts_on, {STANDING}, ended_at FROM payments")),  # noqa: S608 - said here
            sorted(rows("SELECT id, status, ended_at FROM refunds")),
            sorted(rows("SELECT id, paid_minor_units, pending_minor_units FROM statements")),
            sorted(rows("SELECT id FROM inbox_messages")),
            sorted(rows("SELECT id FROM events WHERE event_name LIKE ?", "payment%")),
        ]
