"""Notices that waited before the practice had a digest are told, and the practice's is one of them from then on."""

from datetime import time
from pathlib import Path

import pytest

from patientportal import DigestPolicy, NoticeKind, NoticePolicy, Policy, RecordingNotifier
from patientportal.adapters.sql import migrations
from patientportal.adapters.sql.steps import digests
from patientportal.testing import FrozenClock, portal
from tests.adapters.stepping import opener, write_before

BEFORE = next(step.number for step in migrations.MIGRATIONS if step.on_sqlite is digests.ON_SQLITE) - 1
OF_OLD = """
INSERT INTO patients (id, registered_at) VALUES ('ada', NOW);
INSERT INTO personal_records (patient_id, personal_first_name, personal_last_name, personal_date_of_birth,
    personal_email, folding) VALUES ('ada', 'Ada', 'Byron', '1980-12-10', 'ada@example.org', 99);
INSERT INTO support_requests (patient_id, id, contact, message, asked_at, about)
    VALUES ('ada', 's-1', '', 'Where do I park?', NOW, 'general');
INSERT INTO deliveries (id, patient_id, kind, created_at, status, tries, next_try_at)
    VALUES ('d-1', 'ada', 'new_message', NOW, 'waiting', 0, NOW)
"""


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_what_waited_is_told_to_whom_it_was_and_the_practice_is_told_too(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = opener(engine, tmp_path, request)
    write_before(opened, monkeypatch, steps=BEFORE, statements=OF_OLD)
    store, notifier = opened(), RecordingNotifier()
    wanted = NoticePolicy(digest=DigestPolicy(email="desk@clinic.example", at=time(9)))
    portal(store=store, notifier=notifier, clock=FrozenClock(), policy=Policy(zone="UTC", notices=wanted)).work()
    told = {(one.kind, one.to_email) for one in notifier.messages}
    assert told == {(NoticeKind.NEW_MESSAGE, "ada@example.org"), (NoticeKind.PRACTICE_DIGEST, "desk@clinic.example")}
    store.close()
