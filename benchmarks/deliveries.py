"""Deliveries a second on PostgreSQL, to a sink that takes everything at once: over SKIP LOCKED by hand."""

from collections.abc import Iterator
from datetime import timedelta

import psycopg

from benchmarks.crowd import OPERATIONS_A_SLICE, SLICE_S
from benchmarks.database import CLOCK
from benchmarks.measure import Figure, NotMeasuredError, in_turn
from benchmarks.postgres import Client, Who, client, people, server, throughput
from patientportal.adapters.system import new_secret

WORKERS = 8
A_ROUND = 20
ENOUGH = 2 * WORKERS  # times what one worker does alone: more than all of them do, with a processor each
GOAL_ALONE, GOAL = round(1 / 0.7, 2), 0.7
LEASE = timedelta(minutes=5)
DRY = NotMeasuredError("every notice was delivered before the time was over")

FILL = """INSERT INTO deliveries (id, patient_id, kind, created_at, status, tries, next_try_at)
    SELECT %s || '-' || number, %s, 'password_changed', %s, 'waiting', 0, %s FROM generate_series(1, %s) AS number"""
TAKE = """SELECT d.id, d.kind, r.personal_email, r.personal_first_name
    FROM deliveries d JOIN patients p ON p.id = d.patient_id JOIN personal_records r ON r.patient_id = d.patient_id
    WHERE d.status = 'waiting' AND d.next_try_at <= %s AND p.deactivated_at IS NULL
    ORDER BY d.next_try_at, d.id LIMIT 1 FOR NO KEY UPDATE OF d SKIP LOCKED"""
BEGUN = "UPDATE deliveries SET tries = tries + 1, lease = %s, next_try_at = %s WHERE id = %s"
SENT = "UPDATE deliveries SET status = 'sent', lease = NULL WHERE id = %s AND lease = %s"


def figures(effort: float) -> Iterator[Figure]:
    """How many times as long a notice takes, with one worker and with eight."""
    with server() as url:
        everybody = people(url, WORKERS)
        pairs = int(60 * effort)
        _fill(url, everybody, each=4 * A_ROUND * pairs // WORKERS)
        with client(url, everybody[0]) as one:
            measured = in_turn(lambda: ours(one), lambda: theirs(one), pairs=pairs)
        alone = measured.ratio(f"{A_ROUND} deliveries, 1 worker", goal=GOAL_ALONE, durability=one.durability)
        yield alone
        slices = 2 * max(3, int(12 * effort))
        rounds = slices * max(
            ENOUGH * SLICE_S * 1000 / min(alone.ours_ms, alone.theirs_ms), WORKERS * ENOUGH * OPERATIONS_A_SLICE
        )
        _fill(url, everybody, each=int(rounds * A_ROUND) // WORKERS + 1)
        yield throughput(url, everybody, f"{A_ROUND} deliveries", (ours, theirs), slices=slices, goal=GOAL)


def ours(one: Client) -> None:
    """A round of work."""
    if one.portal.work(limit=A_ROUND).sent < A_ROUND:
        raise DRY


def theirs(one: Client) -> None:
    """As many, taken, told and marked by hand."""
    run = one.hand.run
    for _ in range(A_ROUND):
        now, lease = CLOCK(), new_secret()
        with one.hand.block():
            run("BEGIN")
            found = run(TAKE, [now]).fetchone()
            if found is None:
                raise DRY
            run(BEGUN, [lease, now + LEASE, found[0]])
            run("COMMIT")
        one.told.append(found[2:])
        run(SENT, [found[0], lease])


def _fill(url: str, everybody: list[tuple[Who, Who]], *, each: int) -> None:
    """So many notices for each patient, in both schemas."""
    now = CLOCK()
    with psycopg.connect(url, autocommit=True) as connection:
        for schema, side in (("ours", 0), ("theirs", 1)):
            connection.execute("SELECT set_config('search_path', %s, false)", [schema])
            connection.execute("DELETE FROM deliveries")
            for who in everybody:
                connection.execute(FILL, [new_secret(), who[side].member.patient_id, now, now, each])
            connection.execute("ANALYZE")
