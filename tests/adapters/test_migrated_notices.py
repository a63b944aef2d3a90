"""What waited, was given up or had been mailed before step 7 waits, is seen and works after it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from patientportal import NoticeKind, PatientId, SqliteStore, Store
from patientportal.adapters.sql import migrations
from patientportal.adapters.sql.migrations import MIGRATIONS
from patientportal.adapters.sql.steps import notices
from patientportal.domain.accounts.links import Link, LinkEnd, LinkSecret, LinkStatus, Purpose
from patientportal.domain.ids import DeliveryId, LinkId
from patientportal.domain.notices.notices import Delivery, DeliveryStatus
from patientportal.domain.patients.patients import Patient
from patientportal.ports.store import Query

BEFORE = next(step.number for step in MIGRATIONS if step.statements is notices.STATEMENTS) - 1
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ADA = Patient(id=PatientId("ada"), registered_at=NOON)
OPEN = Link(
    patient_id=ADA.id,
    id=LinkId("open"),
    purpose=Purpose.PASSWORD_RESET,
    status=LinkStatus.OPEN,
    created_at=NOON,
    last_minted_at=NOON + HOUR,
)
LINKS = (
    OPEN,
    evolve(OPEN, id=LinkId("used"), status=LinkStatus.USED),
    evolve(OPEN, id=LinkId("ended"), status=LinkStatus.ENDED, last_minted_at=None),
    evolve(OPEN, id=LinkId("untold"), purpose=Purpose.INVITATION, last_minted_at=None),
)
SECRETS = tuple(
    LinkSecret(patient_id=ADA.id, link_id=link_id, secret_hash=bytes([number] * 32), minted_at=NOON + number * HOUR)
    for link_id, number in ((LinkId("open"), 1), (LinkId("open"), 3), (LinkId("open"), 2), (LinkId("used"), 1))
)
WAITING = Delivery(
    id=DeliveryId("waiting"),
    patient_id=ADA.id,
    kind=NoticeKind.PASSWORD_RESET,
    link_id=OPEN.id,
    created_at=NOON,
    tries=11,
    next_try_at=NOON + HOUR,
)
DELIVERIES = (WAITING, evolve(WAITING, id=DeliveryId("dead"), status=DeliveryStatus.DEAD))
NEW_COLUMNS = {
    "sent_again_at",
    "unanswered",
    "ended_by",
    "activated_at",
    "wrong_dates",
    "is_printed",
    "about_id",
    "channel",
}


@pytest.fixture(params=["sqlite", "postgres"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """Opens one database, with the steps that there are then."""
    if request.param == "sqlite":
        return lambda: SqliteStore(tmp_path / "portal.db", durable=False)
    postgres: Callable[[], Store] = request.getfixturevalue("postgres")
    return postgres


def write_as_before(store: Any, *states: object) -> None:
    """Saves states in the tables of step 5, which have fewer columns."""
    with store.transaction() as tx:
        for state in states:
            table = store._statements.tables[type(state)]
            row = dict(zip([column.name for column in table.columns], table.encode(state), strict=True))
            old = {name.replace("last_minted", "first_minted"): row[name] for name in row.keys() - NEW_COLUMNS}
            marks = ", ".join([store._statements._mark] * len(old))
            tx.connection.change(f"INSERT INTO {table.name} ({', '.join(old)}) VALUES ({marks})", [*old.values()])  # noqa: S608 - ours


def kept(store: Store, state: type[Any]) -> dict[str, Any]:
    with store.view() as view:
        return {one.id: one for one in view.select(Query(state=state))}


def test_what_was_stored_before_the_step_is_there_after_it(
    opened: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(migrations, "MIGRATIONS", MIGRATIONS[:BEFORE])
        store = opened()
        write_as_before(store, ADA, *LINKS, *SECRETS, *DELIVERIES)
        store.close()
    store = opened()
    assert kept(store, Delivery) == {one.id: one for one in DELIVERIES}
    assert kept(store, Link) == {
        "open": evolve(OPEN, last_minted_at=NOON + 3 * HOUR),
        "used": LINKS[1],
        "ended": evolve(LINKS[2], ended_by=LinkEnd.REPLACED),
        "untold": LINKS[3],
    }
    with store.view() as view:
        assert set(view.select(Query(state=LinkSecret))) == set(SECRETS)
    store.close()
