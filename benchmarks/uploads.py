"""Uploading a statement that takes twenty payments of the one before: over the same reads and writes by hand.

By hand, what the patient's lock holds is read once; the library reads each payment that moves once more, to change it.
"""

import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from benchmarks.database import CLOCK, Bench, bench
from benchmarks.hand import Hand, as_json
from benchmarks.measure import Figure, in_turn
from benchmarks.postgres import Client, client, people, server
from benchmarks.sql import (
    CURRENT,
    DELIVERY,
    EVENT,
    LEFT,
    MOVED,
    NEW_DOCUMENT,
    NEW_STATEMENT,
    NUMBERED,
    PATIENT,
    PENDING,
    REQUESTS,
    SETTLED_SINCE,
)
from benchmarks.statements import CENT, SOURCE, Payer, by_hand, paying
from patientportal import Portal
from patientportal.adapters.system import new_uuid7
from patientportal.domain.ids import PatientId
from patientportal.domain.values.money import MINOR_UNITS_MAX, Money
from patientportal.testing import desk

PAYMENTS = 20
OWED = Money(minor_units=MINOR_UNITS_MAX, currency="USD")
ISSUED_ON, DUE_ON = date(2026, 1, 1), date(2035, 12, 31)
DOCUMENT, MEDIA_TYPE = b"%PDF-", "application/pdf"
JUST_AFTER = timedelta(microseconds=1)


def figures(effort: float) -> Iterator[Figure]:
    """What an upload costs whose payments all move; each is one transaction."""
    pairs = int(300 * effort)
    what = f"upload, {PAYMENTS} payments move"
    with bench() as one:
        (ours, theirs), on = sides_on_sqlite(one), one.durability
        yield in_turn(ours, theirs, pairs=pairs).ratio(f"{what}, SQLite, wall", durability=on)
        yield in_turn(ours, theirs, pairs=pairs, clock=time.process_time_ns).ratio(
            f"{what}, SQLite, CPU", durability=on
        )
    with server() as url:
        (who,) = people(url, 1)
        with client(url, who) as of:
            ours, theirs = sides_on_postgres(of)
            yield in_turn(ours, theirs, pairs=pairs).ratio(f"{what}, PostgreSQL, 1 client", durability=of.durability)


def sides_on_sqlite(one: Bench) -> tuple[Callable[[], None], Callable[[], None]]:
    pay, theirs = paying(one), by_hand(one)
    for _ in range(PAYMENTS):
        pay()
        theirs()
    patient_id = one.member.patient_id
    return partial(upload, one.portal, patient_id), partial(upload_by_hand, one.hand, patient_id)


def sides_on_postgres(one: Client) -> tuple[Callable[[], None], Callable[[], None]]:
    payer = Payer(one.hand, one.other.token, one.other.statement_id)
    for _ in range(PAYMENTS):
        one.me.statements.pay(one.who.statement_id, CENT, source=SOURCE, idempotency_key=new_uuid7())
        payer.pay()
    return (
        partial(upload, one.portal, one.who.member.patient_id),
        partial(upload_by_hand, one.hand, one.other.member.patient_id),
    )


def upload(of: Portal, patient_id: PatientId) -> None:
    """An upload, by the library."""
    desk(of).statements.upload(
        patient_id,
        number=new_uuid7(),
        balance=OWED,
        issued_on=ISSUED_ON,
        due_on=DUE_ON,
        document=DOCUMENT,
        media_type=MEDIA_TYPE,
        posted_until=CLOCK(),
    )


def upload_by_hand(hand: Hand, patient_id: PatientId) -> None:
    """The same reads, writes and checks."""
    run, change, sql, now = hand.run, hand.change, hand.sql, CLOCK()
    statement_id, number, at = new_uuid7(), new_uuid7(), hand.instant(now)
    with hand.block():
        run(hand.to_write)
        sent = [run(hand.get[PATIENT], (patient_id,))]
        reads = (REQUESTS, ()), (CURRENT, ()), (NUMBERED, (number,)), (PENDING, ()), (SETTLED_SINCE, (at,))
        sent += [run(sql[text], (patient_id, *values)) for text, values in reads]
        (_,), requests, (current,), same_number, pending, settled = (cursor.fetchall() for cursor in sent)
        assert not requests
        assert not same_number
        assert not pending
        moving = [one for one in settled if _moves(hand, one, now)]
        assert len(moving) == PAYMENTS
        before, paid = current[1], current[13]
        uploaded_at = hand.instant(max(now, hand.moment(current[11]) + JUST_AFTER))
        assert {one[3] for one in moving} == {before}
        taken = sum(one[4] - one[14] for one in moving)
        change(sql[LEFT], (paid - taken, patient_id, before))
        days = (hand.day(ISSUED_ON), hand.day(DUE_ON))
        owed = (OWED.minor_units, OWED.currency, *days, hand.flag(True), at, uploaded_at, taken)
        change(sql[NEW_STATEMENT], (patient_id, statement_id, number, *owed))
        change(sql[NEW_DOCUMENT], (patient_id, statement_id, MEDIA_TYPE, DOCUMENT))
        for one in moving:
            change(sql[MOVED], (statement_id, patient_id, one[1]))
        said = (patient_id, new_uuid7(), at, "staff", "staff-1", "billing", None, "statement_uploaded")
        change(sql[EVENT], (*said, _said(statement_id, before, len(moving))))
        change(sql[DELIVERY], (new_uuid7(), patient_id, "statement_available", statement_id, at, at))
        run("COMMIT")


def _moves(hand: Hand, payment: Any, posted_until: datetime) -> bool:  # noqa: ANN401 - a row of either driver
    return payment[5] == OWED.currency and hand.moment(payment[17]) >= posted_until


def _said(statement_id: str, before: str, moved: int) -> str:
    data = {"statement_id": statement_id, "balance": {"minor_units": OWED.minor_units, "currency": OWED.currency}}
    return as_json(
        data | {"superseded_id": before, "requests_resolved": 0, "is_current": True, "payments_moved": moved}
    )
