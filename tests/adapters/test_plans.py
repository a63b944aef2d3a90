"""Every list of medications, renewals, covers and messages is found by an index, however much there is."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from patientportal import MemoryStore, RecordingNotifier, SqliteStore, StaffId, Store
from patientportal.adapters.sql.statements import Statements
from patientportal.adapters.sqlite import SqliteDialect
from patientportal.domain.covers import Cover
from patientportal.domain.medications import Medication
from patientportal.domain.messages import InboxMessage
from patientportal.domain.renewals import Renewal
from patientportal.ports.store import Query
from patientportal.testing import FrozenClock, activated, desk, portal

KINDS = {Medication, Renewal, Cover, InboxMessage}


class Listening:
    """A store that keeps every query that it is asked."""

    def __init__(self) -> None:
        self._inner: Store = MemoryStore()
        self.asked: list[Query[Any]] = []

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self._inner.transaction() as block:
            yield _Heard(block, self.asked)

    @contextmanager
    def view(self) -> Iterator[Any]:
        with self._inner.view() as block:
            yield _Heard(block, self.asked)

    def close(self) -> None:
        self._inner.close()


class _Heard:
    def __init__(self, inner: Any, asked: list[Query[Any]]) -> None:
        self._inner = inner
        self._asked = asked

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def select(self, query: Query[Any]) -> Any:
        self._asked.append(query)
        return self._inner.select(query)


@pytest.fixture(scope="module")
def asked() -> list[Query[Any]]:
    """All that is asked about this by whatever the face can do."""
    store, clock, notifier = Listening(), FrozenClock(), RecordingNotifier()
    one = portal(store=store, clock=clock, notifier=notifier)
    member = activated(one, notifier)
    me, practice = one.log_in(member.username, member.password), desk(one)
    taken = [
        practice.medications.record(me.patient_id, name="Aspirin", started_on=date(2026, 1, 1), refills_left=1)
        for _ in range(2)
    ]
    for medication_id in taken:
        renewal_id = me.medications.request_renewal(medication_id)
        practice.medications.approve_renewal(renewal_id, refills=1, refilled=False)
        practice.medications.mark_refilled(renewal_id)
        me.medications.request_renewal(medication_id)
    for listed in (
        *(me.medications.active, me.medications.all, me.medications.renewals, me.messages.inbox),
        *(practice.medications.pending_renewals, practice.medications.unfilled_renewals),
    ):
        cursor = listed(limit=1).next_cursor
        listed(limit=1, cursor=cursor)
    me.messages.unread_count()
    practice.medications.cover(StaffId("staff-1"), StaffId("staff-2"), clock() + timedelta(days=1))
    one.health()
    practice.medications.discontinue(taken[0])
    clock.advance(timedelta(days=100))
    one.work()
    return [query for query in store.asked if query.state in KINDS]


def test_no_query_goes_through_a_whole_table_or_sorts_more_than_its_page(
    asked: list[Query[Any]], tmp_path: Path
) -> None:
    SqliteStore(tmp_path / "portal.db").close()
    statements = Statements(SqliteDialect())
    assert {query.state for query in asked} == KINDS
    with closing(sqlite3.connect(tmp_path / "portal.db")) as connection:
        for query in asked:
            text, values = statements.selected(query)
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]
            assert plan[0].startswith("SEARCH"), (text, plan)
            # What is sorted is one patient's: the request that waits for one medication.
            assert len(plan) == 1 or "renewals_one_requested" in plan[0], (text, plan)
