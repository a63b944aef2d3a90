"""Statements arrive and are taken back while patients, the desk and workers pay and give back: to the cent."""

from collections import defaultdict
from typing import Any

from patientportal import SandboxSource
from tests.clinics import Call, Clinic, Pace
from tests.races.books import AN_HOUR_S, Payer, everybody_works, hold_during, killed, let_die, upload
from tests.races.calls import statements as calls
from tests.races.dealing import codes, dealt

SOURCES = (SandboxSource.APPROVE, SandboxSource.APPROVE_AND_LOSE_ANSWER, SandboxSource.TIME_OUT, SandboxSource.DECLINE)
EARLY: Call = ("work_early", {"seconds": 0.3, "ahead_s": AN_HOUR_S})
REFUSED = {"not_current_statement", "amount_exceeds_balance", "refund_exceeds_payment"}
NET = "amount_minor_units - refunded_minor_units"
COUNTED = f"""SELECT counts_on,
        sum(CASE WHEN status = 'settled' AND method <> 'reduction' THEN {NET} ELSE 0 END),
        sum(CASE WHEN status = 'settled' AND method = 'reduction' THEN {NET} ELSE 0 END),
        sum(CASE WHEN status = 'pending' THEN amount_minor_units ELSE 0 END)
    FROM payments GROUP BY counts_on"""  # noqa: S608 - all of it is said here
GIVEN_BACK = """SELECT payment_id, sum(CASE WHEN status = 'done' THEN amount_minor_units ELSE 0 END),
        sum(CASE WHEN status = 'pending' THEN amount_minor_units ELSE 0 END)
    FROM refunds WHERE status <> 'declined' GROUP BY payment_id"""
ELSEWHERE = """SELECT p.id FROM payments p
    JOIN statements s ON s.patient_id = p.patient_id AND s.id = p.counts_on
    JOIN statements c ON c.patient_id = p.patient_id AND c.id <> s.id AND c.status = 'current'
    WHERE p.status IN ('pending', 'settled') AND """
UNPOSTED = ELSEWHERE + "(p.status = 'pending' OR p.ended_at >= c.posted_until)"
STRANDED = (
    ELSEWHERE + "s.status = 'retracted' AND (s.issued_on, s.uploaded_at, s.id) > (c.issued_on, c.uploaded_at, c.id)"
)


def hold_money(clinic: Clinic) -> None:
    """At any moment the latest is current, each sum is that of what counts there, and the current one takes its due."""
    with clinic.snapshot() as rows:
        statements = rows("SELECT patient_id, issued_on, uploaded_at, id, status FROM statements")
        sums = rows("SELECT id, paid_minor_units, reduced_minor_units, pending_minor_units FROM statements")
        counted = rows(COUNTED)
        given_back = rows(GIVEN_BACK)
        refunded = rows("SELECT id, refunded_minor_units, refunding_minor_units FROM payments WHERE status = 'settled'")
        unposted, stranded = rows(UNPOSTED), rows(STRANDED)
    standing: dict[str, list[Any]] = defaultdict(list)
    for patient, *place, status in statements:
        if status != "retracted":
            standing[patient].append((*place, status))
    for ordered in map(sorted, standing.values()):
        assert [status for *_, status in ordered] == [*["superseded"] * (len(ordered) - 1), "current"]
    nothing = {key: (0, 0, 0) for key, *_ in sums}
    assert {key: tuple(some) for key, *some in sums} == nothing | {key: tuple(some) for key, *some in counted}
    untouched = {key: (0, 0) for key, *_ in refunded}
    assert {key: tuple(some) for key, *some in refunded} == untouched | {key: tuple(some) for key, *some in given_back}
    assert (unposted, stranded) == ([], []), (
        "the current one takes what its books don't know, and what it came back for"
    )


def hold_the_processors_books(clinic: Clinic) -> None:
    """Once all is over, what it has charged is what is settled, and what it gave back went back through it."""
    clinic.hold_whole()
    hold_money(clinic)
    assert clinic.rows("SELECT id FROM payments WHERE look_at IS NOT NULL") == []
    settled = clinic.rows("SELECT id, amount_minor_units FROM payments WHERE method = 'online' AND status = 'settled'")
    charges = clinic.processor.charges()
    assert sorted(map(tuple, settled)) == [(one.key, one.amount.minor_units) for one in charges]
    through = clinic.rows("SELECT payment_id, amount_minor_units FROM refunds WHERE status = 'done' AND NOT by_hand")
    back = {one.key: one.refunded.minor_units for one in charges if not one.refunded.is_zero}
    assert {key: sum(units for of, units in through if of == key) for key, _ in through} == back


def written_down(payer: Payer, number: int) -> Call:
    method = "reduction" if number % 4 == 3 else "cash"
    named = {"patient": payer.member.patient_id, "amount": "1.00", "method": method, "key": f"till-{number}"}
    return "record_payment", named


def misfiled(payer: Payer, number: int) -> Call:
    _, named = upload(payer.member, f"M-{number}", "70.00")
    return "misfile", named


def posted(payer: Payer, number: str) -> Call:
    """What was paid until now is in its balance, and comes to it only from a later one that is taken back."""
    what, named = upload(payer.member, number, "90.00")
    return what, named | {"is_posted": True}


def moves(clinic: Clinic, payer: Payer) -> list[Call]:
    """All that a payer, the desk and the hospital may do to what is owed, much of it twice."""
    paid, other = (calls.pay(clinic.portal, **payer.pays("5.00")[1])["payment"] for _ in range(2))
    wrong = calls.upload(clinic.portal, **upload(payer.member, "S-2", "80.00")[1])["statement"]
    calls.upload(clinic.portal, **posted(payer, "S-3")[1])
    online = [payer.pays("5.00", source=SOURCES[at % 4], key=f"click-{at // 2}")[1] for at in range(12)]
    return [
        *(("pay", named | {"statement": None}) for named in online),
        *(written_down(payer, at) for at in range(6)),
        *(misfiled(payer, at) for at in range(2)),
        upload(payer.member, "S-4", "90.00"),
        posted(payer, "S-5"),
        *[("retract", {"statement": wrong})] * 2,
        *[("refund", {"payment": paid, "amount": "2.00"})] * 2,
        ("refund", {"payment": paid}),
        ("refund", {"payment": other, "amount": "1.50", "by_hand": True}),
    ]


def test_whatever_races_over_money_each_payment_counts_on_one_statement_and_is_charged_once(
    clinic: Clinic, pace: Pace
) -> None:
    payers = [Payer(clinic, f"countess.{seed}", "60.00") for seed in pace.seeds(2, 0.2)]
    rounds = [[*dealt(moves(clinic, payer), 8, 1, seed=seed), *[[[EARLY]]] * 2] for seed, payer in enumerate(payers)]
    told = hold_during(clinic, rounds, pace, hold_money)
    assert codes(told).keys() <= {"ok", *REFUSED, "idempotency_key_reused"}
    everybody_works(clinic, ahead_s=2 * AN_HOUR_S)
    hold_the_processors_books(clinic)


def test_who_is_killed_at_any_step_of_moving_money_has_moved_all_of_it_or_none(clinic: Clinic, pace: Pace) -> None:
    for seed in pace.seeds(1, 0.02):
        payer = Payer(clinic, f"countess.{seed}", "1000.00")
        calls.pay(clinic.portal, **payer.pays()[1])
        calls.pay(clinic.portal, **payer.pays(source=SandboxSource.APPROVE_AND_LOSE_ANSWER)[1])
        for what in (
            [upload(payer.member, f"S-{at}", "1000.00") for at in range(2, 30)],
            [written_down(payer, at) for at in range(33)],
        ):
            let_die(clinic, what)
            hold_money(clinic)
        mine = "SELECT id FROM statements WHERE patient_id = ? ORDER BY uploaded_at"
        _, *later = (one for (one,) in clinic.rows(mine, payer.member.patient_id))
        gone = killed(clinic, [("retract", {"statement": later[at % len(later)]}) for at in range(40)])
        assert gone
        hold_money(clinic)
        everybody_works(clinic, ahead_s=AN_HOUR_S)
        hold_the_processors_books(clinic)
