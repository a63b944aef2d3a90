"""What an older database holds of messages keeps its text and has no facts, and its notices say what they are about."""

from pathlib import Path

import pytest

from patientportal.adapters.sql import migrations
from patientportal.adapters.sql.steps import facts_and_answers
from patientportal.domain.errors import AdapterError
from patientportal.domain.messages.messages import InboxMessage
from patientportal.domain.notices.notices import Delivery
from patientportal.ports.store import Query
from tests.adapters.stepping import opener, say, write_before

BEFORE = next(step.number for step in migrations.MIGRATIONS if step.statements is facts_and_answers.STATEMENTS) - 1
OF_OLD = """
INSERT INTO patients (id, registered_at) VALUES ('ada', NOW);
INSERT INTO inbox_messages (patient_id, id, kind, about_id, subject, body, sent_at)
    VALUES ('ada', 'm-1', 'renewal_expired', 'r-1', 'Your medication renewal', 'It has expired.', NOW);
INSERT INTO deliveries (id, patient_id, kind, appointment_id, created_at, status, tries, next_try_at)
    VALUES ('d-1', 'ada', 'visit_booked', 'v-1', NOW, 'waiting', 0, NOW)
"""


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_what_was_written_before_keeps_its_text_alone(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = opener(engine, tmp_path, request)
    write_before(opened, monkeypatch, steps=BEFORE, statements=OF_OLD)
    store = opened()
    with store.view() as view:
        (message,), (delivery,) = view.select(Query(state=InboxMessage)), view.select(Query(state=Delivery))
    assert (message.about_id, message.body, message.facts) == ("r-1", "It has expired.", None)
    assert delivery.about_id == "v-1"
    set_facts = """UPDATE inbox_messages SET facts = '{"kind":"KIND"}'"""
    say(store, set_facts.replace("KIND", "renewal_expired"))
    with pytest.raises(AdapterError):
        say(store, set_facts.replace("KIND", "renewal_denied"))
    store.close()
