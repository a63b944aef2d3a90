"""What an older database holds of links survives the step that lets them count wrong birth dates."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from patientportal import SqliteStore
from patientportal.adapters.sql import migrations
from patientportal.adapters.sql.steps import activation
from patientportal.domain.accounts.links import Link, LinkEnd, LinkStatus
from patientportal.ports.store import Query
from tests.adapters.stepping import opener, write_before

BEFORE = next(step.number for step in migrations.MIGRATIONS if step.statements is activation.STATEMENTS) - 1
OF_OLD = """
INSERT INTO patients (id, registered_at) VALUES ('ada', NOW);
INSERT INTO links (patient_id, id, purpose, status, created_at, last_minted_at, ended_by) VALUES
    ('ada', 'ended', 'invitation', 'ended', NOW, NULL, 'untold');
INSERT INTO links (patient_id, id, purpose, status, created_at, last_minted_at, ended_by) VALUES
    ('ada', 'open', 'invitation', 'open', NOW, NOW, NULL);
INSERT INTO links (patient_id, id, purpose, status, created_at, last_minted_at, ended_by) VALUES
    ('ada', 'used', 'password_reset', 'used', NOW, NOW, NULL)
"""


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_links_are_what_they_were_and_nothing_is_counted_on_them(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = opener(engine, tmp_path, request)
    write_before(opened, monkeypatch, steps=BEFORE, statements=OF_OLD)
    store = opened()
    with store.view() as view:
        kept = view.select(Query(state=Link, order=("patient_id", "id")))
    store.close()
    assert [(one.id, one.status, one.ended_by, one.wrong_dates, one.is_printed) for one in kept] == [
        ("ended", LinkStatus.ENDED, LinkEnd.UNTOLD, 0, False),
        ("open", LinkStatus.OPEN, None, 0, False),
        ("used", LinkStatus.USED, None, 0, False),
    ]


def test_a_printed_code_is_found_by_an_index_however_many_secrets_there_are(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "portal.db").close()
    query = "SELECT * FROM link_secrets WHERE secret_hash = ? ORDER BY patient_id, link_id, secret_hash LIMIT 1"
    with closing(sqlite3.connect(tmp_path / "portal.db")) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", [b""])]
    assert plan == ["SEARCH link_secrets USING INDEX link_secrets_by_hash (secret_hash=?)"]
