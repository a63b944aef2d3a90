"""Many processes pay, upload and give back at once: never a cent more than is owed, and never twice."""

import sqlite3

import psycopg
import pytest

from patientportal import Money, Pay, SandboxSource
from tests.clinics import Clinic, Pace
from tests.races.books import KEY, Payer, everything, hold_books, hold_during, hold_to_the_cent, upload
from tests.races.calls import statements as calls
from tests.races.dealing import codes, dealt

REFUSED = (sqlite3.IntegrityError, psycopg.IntegrityError)


def test_of_sixty_four_processes_at_once_ten_pay_a_tenth_each_and_with_one_key_all_make_one_payment(
    clinic: Clinic, pace: Pace
) -> None:
    tenths = [Payer(clinic, f"countess.{seed}") for seed in pace.seeds(1, 0.1)]
    pairs = [[Payer(clinic, f"{name}.{seed}") for name in ("duchess", "queen")] for seed in pace.seeds(1, 0.1)]
    rounds = [
        *([[[payer.pays()]] for _ in range(64)] for payer in tenths),
        *([[[pair[at % 2].pays(key=KEY)]] for at in range(64)] for pair in pairs),
    ]
    told = hold_during(clinic, rounds, pace, hold_books)
    for payer in tenths:
        assert codes(payer.answers(told)) == {"ok": 10, "amount_exceeds_balance": 54}
        assert clinic.rows("SELECT paid_minor_units FROM statements WHERE id = ?", payer.statement) == [(10_000,)]
    for payer in (payer for pair in pairs for payer in pair):
        answers = payer.answers(told)
        assert codes(answers) == {"ok": 32}
        assert len({answer["payment"] for answer in answers}) == 1
        assert {"settled"} <= {answer["status"] for answer in answers} <= {"pending", "settled"}
    assert hold_to_the_cent(clinic) == {"settled": 10 * len(tenths) + 2 * len(pairs)}


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


def test_what_is_paid_while_a_newer_statement_arrives_was_reserved_before_it_and_counts_on_the_newer(
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
        assert sorted(map(tuple, found)) == [(False, "current", 1000 * answers["ok"], 0), (True, "superseded", 0, 0)]
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


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE statements SET reduced_minor_units = -1",
        "UPDATE payments SET refunded_minor_units = amount_minor_units + 1",
        "UPDATE payments SET counts_on = 'nothing'",
        "UPDATE statements SET paid_minor_units = -1",
        "UPDATE statements SET pending_minor_units = -1",
        "UPDATE statements SET status = 'current'",
        "UPDATE payments SET idempotency_key = 'one click'",
        "UPDATE payments SET amount_minor_units = 0",
        "UPDATE payments SET amount_minor_units = -1000",
    ],
)
def test_the_database_itself_refuses_sums_below_zero_a_second_current_one_and_the_same_key_twice(
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
