"""The benchmarks compare like with like: by hand is sent what the library sends, on connections that are set alike."""

import json
import math
import os
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from benchmarks import appointments, log_in, medications, resume, statements, transaction
from benchmarks.crowd import pairs_of_slices
from benchmarks.database import Bench, bench
from benchmarks.hand import connection_of, durability
from benchmarks.measure import Figure, NotMeasuredError
from benchmarks.postgres import OPERATIONS, Client, client, people
from patientportal.domain.ids import RenewalId
from patientportal.testing import CheapHasher

Operations = dict[str, tuple[Callable[[], object], Callable[[], object]]]  # ours and theirs
LITERAL = re.compile(r"x?'(?:[^']|'')*'|%s|\?|\bNULL\b|(?<![\w.])\d+\b")


def plain(text: str) -> str:
    """A statement without its values; of a document, what it names."""
    return LITERAL.sub(lambda found: named(found[0]), " ".join(text.split()))


def named(literal: str) -> str:
    return str(sorted(json.loads(literal[1:-1]))) if literal.startswith("'{") else "?"


def sent_on_sqlite(connection: Any, operation: Callable[[], object]) -> list[str]:
    sent: list[str] = []
    connection.set_trace_callback(sent.append)
    operation()
    connection.set_trace_callback(None)
    return [plain(text) for text in sent]


def sent_on_postgres(operation: Callable[[], object]) -> list[str]:
    """What any cursor of the driver is told to execute."""
    execute, sent = psycopg.Cursor.execute, list[str]()

    def heard(self: Any, query: str | bytes, *rest: Any, **named: Any) -> Any:
        sent.append(plain(query.decode() if isinstance(query, bytes) else query))
        return execute(self, query, *rest, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", heard)
        operation()
    return sent


def on_sqlite(one: Bench) -> Operations:
    booked, booked_by_hand = appointments.on_sqlite(one)
    me, house = one.portal.resume(one.token).medications, medications.provider(one).medications
    taken = medications.takes_something(one)
    asked: list[RenewalId] = []
    asked_by_hand: list[str] = []
    patient_id = one.member.patient_id
    return {
        "log in": (lambda: log_in.ours(one), lambda: log_in.by_hand(one.hand, one.member, CheapHasher())),
        "resume": (lambda: one.portal.resume(one.token), lambda: resume.by_hand(one.hand, one.token)),
        "change": (lambda: transaction.ours(one.store, patient_id), lambda: transaction.by_hand(one.hand, patient_id)),
        "pay": (statements.paying(one), statements.by_hand(one)),
        "book": (booked.book, booked_by_hand.book),
        "cancel": (booked.cancel, booked_by_hand.cancel),
        "request a renewal": (
            lambda: asked.append(me.request_renewal(taken, pharmacy="Corner", note="Please.")),
            lambda: asked_by_hand.append(medications.ask_by_hand(one, taken)),
        ),
        "approve it": (
            lambda: house.approve_renewal(asked[0], refills=3),
            lambda: medications.approve_by_hand(one, asked_by_hand[0]),
        ),
    }


def test_by_hand_sqlite_is_sent_what_the_library_sends() -> None:
    with bench(prepare=appointments.publish, durable=False) as one:
        operations = on_sqlite(one)
        with connection_of(one.store) as kept:
            connections = kept, one.hand.connection
        for name, sides in operations.items():
            ours, theirs = (sent_on_sqlite(*both) for both in zip(connections, sides, strict=True))
            assert ours == theirs, name
            assert ours[0].startswith("BEGIN"), name


def on_postgres(one: Client) -> Operations:
    booked, booked_by_hand = appointments.on_postgres(one)
    return {
        **{name: (partial(ours, one), partial(theirs, one)) for name, (ours, theirs) in OPERATIONS.items()},
        "pay": (partial(statements.pay_on_postgres, one), partial(statements.pay_by_hand_on_postgres, one)),
        "book": (booked.book, booked_by_hand.book),
        "cancel": (booked.cancel, booked_by_hand.cancel),
    }


@pytest.fixture
def database(postgres_url: str) -> Iterator[str]:
    """A database of its own, because the benchmarks' schemas have names."""
    name = f"bench_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield make_conninfo(postgres_url, dbname=name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_by_hand_postgresql_is_sent_what_the_library_sends(database: str) -> None:
    (who,) = people(database, 1)
    appointments.publish_for(database, 1)
    with client(database, who) as one:
        for name, sides in on_postgres(one).items():
            ours, theirs = map(sent_on_postgres, sides)
            assert ours == theirs, name
            assert ours[0].startswith("BEGIN"), name


@pytest.mark.parametrize(
    ("given", "does", "said"),
    [
        (7, os._exit, "a client ended early"),
        (-1, math.sqrt, "a client met ValueError"),
    ],
)
def test_a_client_that_dies_or_fails_ends_the_measurement_with_a_sentence(
    given: int, does: Callable[[Any], None], said: str
) -> None:
    with pytest.raises(NotMeasuredError, match=said):
        pairs_of_slices(nullcontext, [(given,)], (bool, does), slices=4)


def test_sides_that_are_not_equally_durable_are_not_compared() -> None:
    with bench(durable=False) as one:
        assert durability(one.store, one.hand.connection) == one.durability == "SQLite wal, synchronous=OFF"
        one.hand.run("PRAGMA synchronous=FULL")
        with pytest.raises(NotMeasuredError, match="synchronous=OFF here and for SQLite wal, synchronous=FULL there"):
            durability(one.store, one.hand.connection)


@pytest.mark.parametrize(
    ("value", "at_least", "verdict"),
    [
        (1.3, False, "met"),
        (1.43, False, "missed by 10.0%"),
        (1.3, True, "met"),
        (1.17, True, "missed by 10.0%"),
    ],
)
def test_a_figure_says_how_far_it_is_from_its_goal(value: float, at_least: bool, verdict: str) -> None:  # noqa: FBT001
    figure = Figure(what="", ours_ms=1, theirs_ms=1, value=value, low=1, high=1, unit="x", goal=1.3, at_least=at_least)
    assert figure.verdict == verdict
