"""Many processes pay, upload and look what became of payments: never a cent more than is owed, and never twice."""

import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from patientportal import Money, Pay, SandboxSource, StatementId
from patientportal.testing import PASSWORD, Member
from tests.clinics import Answer, Call, Clinic, Pace, Round
from tests.races.calls import statements as calls
from tests.races.race import CALLS
from tests.races.test_accounts import codes, dealt

KEY = "one click"
WORKERS = 8
AN_HOUR_S = 3600.0
PAID, PENDING, CHARGED = {"settled", "refunding"}, {"pending"}, {"settled", "refunding", "refunded"}
TOLD = {True: "payment_receipt", False: "payment_not_made"}
REFUSED = (sqlite3.IntegrityError, psycopg.IntegrityError)


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
        payments = rows("SELECT id, statement_id, amount_minor_units, status FROM payments")
        told = rows("SELECT about_id, kind FROM inbox_messages WHERE kind LIKE ?", "payment%")
        settled = rows("SELECT event_data ->> 'payment_id' FROM events WHERE event_name = 'payment_settled'")
    paid, pending = summed(payments, PAID), summed(payments, PENDING)
    for statement, balance, has_paid, has_pending in statements:
        assert (paid[statement], pending[statement]) == (has_paid, has_pending)
        assert has_paid + has_pending <= balance
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
    kept = clinic.rows("SELECT id, amount_minor_units, status = 'refunded' FROM payments WHERE reference IS NOT NULL")
    charged = [(one.key, one.amount.minor_units, one.is_refunded) for one in clinic.processor.charges()]
    assert sorted((payment, units, bool(back)) for payment, units, back in kept) == charged
    return standing


def test_of_sixty_four_processes_at_once_ten_pay_a_tenth_each_and_with_one_key_all_make_one_payment(
    clinic: Clinic, pace: Pace
) -> None:
    tenths = [Payer(clinic, f"countess.{seed}") for seed in pace.seeds(1, 0.1)]
    pairs = [[Payer(clinic, f"{name}.{seed}") for name in ("duchess", "queen")] for seed in pace.seeds(1, 0.1)]
    rounds = [
        *([[[payer.pays()]] for _ in range(64)] for payer in tenths),
        *([[[pair[at % 2].pays(key=KEY)]] for at in range(64)] for pair in pairs),
    ]
    told = hold_books_during(clinic, rounds, pace)
    for payer in tenths:
        assert codes(payer.answers(told)) == {"ok": 10, "amount_exceeds_balance": 54}
        assert clinic.rows("SELECT paid_minor_units FROM statements WHERE id = ?", payer.statement) == [(10_000,)]
    for payer in (payer for pair in pairs for payer in pair):
        answers = payer.answers(told)
        assert codes(answers) == {"ok": 32}
        assert len({answer["payment"] for answer in answers}) == 1
        assert {"settled"} <= {answer["status"] for answer in answers} <= {"pending", "settled"}
    assert hold_to_the_cent(clinic) == {"settled": 10 * len(tenths) + 2 * len(pairs)}


def hold_books_during(clinic: Clinic, rounds: list[Round], pace: Pace) -> list[Answer]:
    """Looks at the books again and again while others pay, and gives their answers."""
    looked = 0
    with clinic.start(*rounds) as race:
        assert race.stdout is not None
        while race.poll() is None:
            hold_books(clinic)
            looked += 1
            with suppress(subprocess.TimeoutExpired):
                race.wait(0.05)
        told = clinic.recorded(list(race.stdout))
    pace.tell("measured", f"the books were right {looked} times while others paid")
    return told


def test_of_sixteen_who_pay_all_that_remains_at_once_one_does(clinic: Clinic, pace: Pace) -> None:
    payers = [Payer(clinic, f"countess.{seed}") for seed in pace.seeds(3, 0.2)]
    told = clinic.race(*(dealt([payer.pays(None)] * 16, 8, 2) for payer in payers))
    for payer in payers:
        assert codes(payer.answers(told)) == {"ok": 1, "amount_exceeds_balance": 15}
    assert hold_to_the_cent(clinic) == {"settled": len(payers)}


def test_one_key_on_two_statements_at_once_pays_one_of_them(clinic: Clinic, pace: Pace) -> None:
    payers = [Payer(clinic, f"countess.{seed}") for seed in pace.seeds(6, 0.4)]
    rounds = [
        [
            *([[payer.pays(key=KEY)]] for _ in range(5)),
            [[upload(payer.member, "S-2"), payer.pays_current()]],
            *([[payer.pays_current()]] for _ in range(5)),
        ]
        for payer in payers
    ]
    told = clinic.race(*rounds)
    paid_first = 0
    for payer in payers:
        answers = payer.answers(told)
        done = [answer for answer in answers if answer["code"] == "ok"]
        (paid,) = {answer["of"] for answer in done}
        assert len({answer["payment"] for answer in done}) == 1
        assert codes(answers).keys() <= {"ok", "idempotency_key_reused", "not_current_statement"}
        paid_first += paid == payer.statement
    pace.tell("measured", f"the older of two was paid in {paid_first} of {len(payers)} rounds")
    assert hold_to_the_cent(clinic) == {"settled": len(payers)}


def test_what_is_paid_while_a_newer_statement_arrives_was_reserved_before_it_and_settles_on_the_older(
    clinic: Clinic, pace: Pace
) -> None:
    payers = [Payer(clinic, f"countess.{seed}") for seed in pace.seeds(6, 0.4)]
    told = clinic.race(
        *(dealt([payer.pays(), payer.pays()] * 4 + [upload(payer.member, "S-2")], 9, 1) for payer in payers)
    )
    for payer in payers:
        answers = codes(payer.answers(told))
        assert answers.keys() <= {"ok", "not_current_statement"}
        found = clinic.rows(
            "SELECT id = ?, status, paid_minor_units, pending_minor_units FROM statements WHERE patient_id = ?",
            payer.statement,
            payer.member.patient_id,
        )
        assert sorted(map(tuple, found)) == [(False, "current", 0, 0), (True, "superseded", 1000 * answers["ok"], 0)]
        events = clinic.rows(
            "SELECT event_name FROM events WHERE patient_id = ?"
            " AND event_name IN ('payment_reserved', 'statement_uploaded') ORDER BY at, id",
            payer.member.patient_id,
        )
        assert events == [("statement_uploaded",), *[("payment_reserved",)] * answers["ok"], ("statement_uploaded",)]
    pace.tell("measured", f"{codes(told)['ok'] - len(payers)} of {8 * len(payers)} payments came first")
    hold_to_the_cent(clinic)


@pytest.mark.parametrize("same_number", [False, True])
def test_of_sixteen_first_statements_at_once_the_last_is_the_current_one(
    clinic: Clinic, pace: Pace, *, same_number: bool
) -> None:
    members = [clinic.member(f"countess.{seed}") for seed in pace.seeds(2, 0.2)]
    numbers = ["S-1"] * 16 if same_number else [f"S-{at}" for at in range(16)]
    told = clinic.race(*(dealt([upload(member, number) for number in numbers], 8, 2) for member in members))
    for member in members:
        answers = codes([answer for answer in told if answer["patient"] == member.patient_id])
        assert answers == ({"ok": 1, "statement_number_taken": 15} if same_number else {"ok": 16})
        kept = clinic.rows("SELECT status FROM statements WHERE patient_id = ? ORDER BY uploaded_at", member.patient_id)
        assert kept == [*[("superseded",)] * (answers["ok"] - 1), ("current",)]
        superseded = clinic.rows(
            "SELECT event_data ->> 'superseded_id' FROM events WHERE patient_id = ?"
            " AND event_name = 'statement_uploaded'",
            member.patient_id,
        )
        assert len(set(superseded)) == answers["ok"], "each closed the one before, and the first of all closed none"


def test_a_payment_that_many_give_back_at_once_is_given_back_once(clinic: Clinic, pace: Pace) -> None:
    payers = [Payer(clinic, f"countess.{seed}") for seed in pace.seeds(2, 0.2)]
    paid = [calls.pay(clinic.portal, **payer.pays("100.00")[1])["payment"] for payer in payers]
    told = clinic.race(*(dealt([("refund", {"payment": payment})] * 16, 8, 2) for payment in paid))
    assert codes(told) == {"ok": len(told)}
    assert {answer["status"] for answer in told} <= {"refunding", "refunded"}
    assert clinic.rows("SELECT count(*) FROM events WHERE event_name = 'payment_refunded'") == [(len(paid),)]
    assert hold_to_the_cent(clinic) == {"refunded": len(payers)}
    for payer in payers:
        calls.pay(clinic.portal, **payer.pays("100.00")[1])
    assert hold_to_the_cent(clinic) == {"refunded": len(payers), "settled": len(payers)}


def test_many_workers_at_once_conclude_each_payment_once_and_change_nothing_further(clinic: Clinic, pace: Pace) -> None:
    each = pace.number(6, 0.1)
    payer = Payer(clinic, "countess", "10000.00")
    for source in (SandboxSource.APPROVE_AND_LOSE_ANSWER, SandboxSource.TIME_OUT, SandboxSource.NEVER_ANSWER) * each:
        assert calls.pay(clinic.portal, **payer.pays(source=source)[1])["status"] == "pending"
    assert everybody_works(clinic, ahead_s=0, workers=WORKERS) == 0
    assert everybody_works(clinic, ahead_s=AN_HOUR_S, workers=WORKERS) == 2 * each
    stands = {"settled": each, "released": each, "pending": each}
    assert hold_books(clinic) == stands
    before = everything(clinic)
    for ahead_s in (AN_HOUR_S, 2 * AN_HOUR_S):
        assert everybody_works(clinic, ahead_s=ahead_s, workers=WORKERS) == 0
    assert everything(clinic) == before
    assert hold_books(clinic) == stands


def everything(clinic: Clinic) -> list[Any]:
    """All that payments change, but for when a worker looks again."""
    with clinic.snapshot() as rows:
        return [
            sorted(rows("SELECT id, status, ended_at FROM payments")),
            sorted(rows("SELECT id, paid_minor_units, pending_minor_units FROM statements")),
            sorted(rows("SELECT id FROM inbox_messages")),
            sorted(rows("SELECT id FROM events WHERE event_name LIKE ?", "payment%")),
        ]


def test_a_payment_that_workers_look_at_too_early_is_charged_and_settled_or_neither_and_given_back_once(
    clinic: Clinic, pace: Pace
) -> None:
    payers = [Payer(clinic, f"countess.{seed}", "10000.00") for seed in range(4)]
    paid = [calls.pay(clinic.portal, **payers[at % 4].pays()[1])["payment"] for at in range(24)]
    sources = [SandboxSource.APPROVE] * 3 + [SandboxSource.APPROVE_AND_LOSE_ANSWER, SandboxSource.DECLINE]
    paying = [[[payer.pays(source=source) for source in sources * 3]] for payer in payers]
    refunding: list[Call] = [("refund", {"payment": payment}) for payment in paid]
    early: Call = ("work_early", {"seconds": pace.number(2, 0.1), "ahead_s": AN_HOUR_S})
    told = clinic.race(*([*paying, [refunding], *[[[early]]] * 3] for _ in pace.seeds(1, 0.05)))
    assert codes(told) == {"ok": len(told)}
    everybody_works(clinic, ahead_s=AN_HOUR_S)
    stands = hold_to_the_cent(clinic)
    assert stands["refunded"] == len(paid)
    ((late,),) = clinic.rows("SELECT count(*) FROM payments WHERE status = 'released' OR decline_code = 'voided'")
    pace.tell("measured", f"{dict(stands)}, {late} were voided before they were charged")


NONE, RELEASED, SETTLED, DECLINED = "", "released", "settled", "declined"
KILLED = [
    (SandboxSource.APPROVE, 38, [NONE, RELEASED, SETTLED]),
    (SandboxSource.APPROVE_AND_LOSE_ANSWER, 30, [NONE, RELEASED, SETTLED]),
    (SandboxSource.DECLINE, 34, [NONE, RELEASED, DECLINED]),
    (SandboxSource.TIME_OUT, 30, [NONE, RELEASED]),
]


@pytest.mark.parametrize(("source", "more_steps_than_any", "ends"), KILLED)
def test_a_payment_whose_process_is_killed_at_any_step_has_one_outcome_once_it_is_reconciled(
    clinic: Clinic, pace: Pace, source: SandboxSource, more_steps_than_any: int, ends: list[str]
) -> None:
    for seed in pace.seeds(1, 0.02):
        payer = Payer(clinic, f"countess.{seed}", "1000.00")
        paying = [payer.pays(source=source, key=f"at {at}") for at in range(more_steps_than_any)]
        let_die(clinic, paying)
        hold_books(clinic)
        everybody_works(clinic, ahead_s=AN_HOUR_S)
        hold_to_the_cent(clinic)
        became = dict(
            clinic.rows("SELECT idempotency_key, status FROM payments WHERE patient_id = ?", payer.member.patient_id)
        )
        in_order = [became.get(named["key"], NONE) for _, named in paying]
        assert in_order == sorted(in_order, key=ends.index), "who came further has done more"
        assert set(in_order) == set(ends)
        go_on(clinic, payer, paying, became)


def go_on(clinic: Clinic, payer: Payer, paying: list[Call], became: dict[str, str]) -> None:
    """Everybody asks again, with the same key; then what remains is paid, to the cent."""
    for call, named in paying:
        again = CALLS[call](clinic.portal, **named)
        assert again["status"] == became.get(named["key"], again["status"])
    everybody_works(clinic, ahead_s=2 * AN_HOUR_S)
    calls.pay(clinic.portal, **payer.pays(None)[1])
    hold_to_the_cent(clinic)
    paid = clinic.rows("SELECT paid_minor_units, pending_minor_units FROM statements WHERE id = ?", payer.statement)
    assert paid == [(100_000, 0)]


def let_die(clinic: Clinic, what: list[Call], *, ahead_s: float = 0) -> None:
    """Each of these calls in a process of its own, which dies one step later than the one before."""
    dying = [("die", {"after": at, "what": call, "named": named}) for at, (call, named) in enumerate(what)]
    with clinic.start([[[call]] for call in dying], ahead_s=ahead_s) as race:
        assert race.stdout is not None
        told = clinic.recorded(list(race.stdout))
    clinic.bury()
    clinic.hold_whole()
    deaths = min(answer["after"] for answer in told)
    assert sorted(answer["after"] for answer in told) == list(range(deaths, len(what)))
    assert codes(told) == {"ok": len(told)}


@pytest.mark.parametrize("source", [SandboxSource.APPROVE_AND_LOSE_ANSWER, SandboxSource.TIME_OUT])
def test_a_worker_that_is_killed_at_any_step_leaves_its_payment_to_another(
    clinic: Clinic, pace: Pace, source: SandboxSource
) -> None:
    for seed in pace.seeds(1, 0.02):
        payer = Payer(clinic, f"countess.{seed}", "1000.00")
        pending = [calls.pay(clinic.portal, **payer.pays(source=source)[1])["payment"] for _ in range(32)]
        let_die(clinic, [("reconcile_one", {"payment": payment}) for payment in pending], ahead_s=AN_HOUR_S)
        ended = len(pending) - hold_books(clinic)["pending"]
        assert ended + everybody_works(clinic, ahead_s=2 * AN_HOUR_S) == len(pending)
        hold_to_the_cent(clinic)
        became = clinic.rows("SELECT DISTINCT status FROM payments WHERE patient_id = ?", payer.member.patient_id)
        assert became == [("released" if source is SandboxSource.TIME_OUT else "settled",)]


def test_a_payment_given_back_by_a_process_that_is_killed_at_any_step_is_given_back_or_stays_settled(
    clinic: Clinic, pace: Pace
) -> None:
    for seed in pace.seeds(1, 0.02):
        payer = Payer(clinic, f"countess.{seed}", "1000.00")
        paid = [calls.pay(clinic.portal, **payer.pays()[1])["payment"] for _ in range(32)]
        let_die(clinic, [("refund", {"payment": payment}) for payment in paid])
        hold_books(clinic)
        everybody_works(clinic, ahead_s=AN_HOUR_S)
        hold_to_the_cent(clinic)
        became = dict(clinic.rows("SELECT id, status FROM payments WHERE patient_id = ?", payer.member.patient_id))
        in_order = [became[payment] for payment in paid]
        assert in_order == sorted(in_order, reverse=True), "who came further has given back"
        assert set(in_order) == {"settled", "refunded"}


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE statements SET pending_minor_units = balance_minor_units - paid_minor_units + 1",
        "UPDATE statements SET paid_minor_units = balance_minor_units + 1",
        "UPDATE statements SET paid_minor_units = -1",
        "UPDATE statements SET pending_minor_units = -1",
        "UPDATE statements SET status = 'current'",
        "UPDATE payments SET idempotency_key = 'one click'",
        "UPDATE payments SET amount_minor_units = 0",
        "UPDATE payments SET amount_minor_units = -1000",
    ],
)
def test_the_database_itself_refuses_more_than_is_owed_a_second_current_one_and_the_same_key_twice(
    clinic: Clinic, wrong: str
) -> None:
    payer = Payer(clinic, "countess")
    me = clinic.portal.resume(payer.token).statements
    me.pay(payer.statement, Money.parse("10.00", "USD"), source=SandboxSource.APPROVE, idempotency_key=KEY)
    me.pay(payer.statement, Pay.FULL, source=SandboxSource.TIME_OUT)
    calls.upload(clinic.portal, **upload(payer.member, "S-2")[1])
    before = everything(clinic)
    with pytest.raises(REFUSED):
        clinic.change(wrong)
    assert everything(clinic) == before
