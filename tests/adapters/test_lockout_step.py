"""What an older database holds of locks survives the step that lets them count on."""

from pathlib import Path

import pytest

from patientportal.adapters.sql import migrations
from patientportal.adapters.sql.steps import lockout
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.ports.store import Query
from tests.adapters.stepping import opener, write_before

BEFORE = next(step.number for step in migrations.MIGRATIONS if step.statements is lockout.STATEMENTS) - 1
OF_OLD = """
INSERT INTO patients VALUES ('ada', NOW, NULL);
INSERT INTO patients VALUES ('bea', NOW, NULL);
INSERT INTO accounts VALUES ('ada', 'ada', 'hash', NOW, NOW, NOW);
INSERT INTO accounts VALUES ('bea', 'bea', 'hash', NOW, NOW, NULL);
INSERT INTO log_in_guards VALUES (LOCKED, 4, NOW, NOW);
INSERT INTO log_in_guards VALUES (COUNTED, 3, NOW, NULL)
"""
ONE, OTHER = b"a" * 32, b"b" * 32


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_locks_and_counts_are_what_they_were(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = opener(engine, tmp_path, request)
    literal = "X'{}'" if engine == "sqlite" else "'\\x{}'"
    text = OF_OLD.replace("LOCKED", literal.format(ONE.hex())).replace("COUNTED", literal.format(OTHER.hex()))
    write_before(opened, monkeypatch, steps=BEFORE, statements=text)
    store = opened()
    with store.view() as view:
        guards = sorted(view.select(Query(state=LogInGuard)), key=lambda guard: guard.name_hash)
        accounts = sorted(view.select(Query(state=Account)), key=lambda account: account.patient_id)
    store.close()
    assert [(guard.failed_attempts, guard.failed_when_locked) for guard in guards] == [(4, 4), (3, 0)]
    assert [guard.locked_at is not None for guard in guards] == [True, False]
    assert [account.locked_at is not None for account in accounts] == [True, False]
    assert {(account.locked_for_good, account.lock_told_at) for account in accounts} == {(False, None)}
