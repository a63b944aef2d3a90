"""Many workers look what became of payments, and whoever is killed on the way leaves each with one outcome."""

import pytest

from patientportal import SandboxSource
from tests.clinics import Call, Clinic, Pace
from tests.races.books import (
    AN_HOUR_S,
    STANDING,
    Payer,
    everybody_works,
    everything,
    hold_books,
    hold_to_the_cent,
    let_die,
)
from tests.races.calls import statements as calls
from tests.races.dealing import codes
from tests.races.race import CALLS

WORKERS = 8


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


@pytest.mark.parametrize("source", [SandboxSource.APPROVE, SandboxSource.DECLINE])
def test_a_payment_whose_process_is_killed_at_any_step_is_made_by_the_retry_under_its_key_and_released_by_nobody(
    clinic: Clinic, pace: Pace, source: SandboxSource
) -> None:
    for seed in pace.seeds(1, 0.02):
        payer = Payer(clinic, f"countess.{seed}", "1000.00")
        paying = [payer.pays(source=source, key=f"at {at}") for at in range(38)]
        let_die(clinic, paying)
        pending = hold_books(clinic)["pending"]
        assert pending > 0
        end = "settled" if source is SandboxSource.APPROVE else "declined"
        assert {CALLS[call](clinic.portal, **named)["status"] for call, named in paying} == {end}
        assert hold_to_the_cent(clinic).keys() == {end}
        assert everybody_works(clinic, ahead_s=AN_HOUR_S) == 0, "nothing was left to find out"
        pace.tell("measured", f"{pending} of {len(paying)} killed payments were pending, and the retry ended them")


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
        paid = [calls.pay(clinic.portal, **payer.pays()[1])["payment"] for _ in range(40)]
        let_die(clinic, [("refund", {"payment": payment}) for payment in paid])
        hold_books(clinic)
        everybody_works(clinic, ahead_s=AN_HOUR_S)
        hold_to_the_cent(clinic)
        became = dict(clinic.rows(f"SELECT id, {STANDING} FROM payments"))  # noqa: S608 - said here
        in_order = [became[payment] for payment in paid]
        assert in_order == sorted(in_order, reverse=True), "who came further has given back"
        assert set(in_order) == {"settled", "refunded"}
