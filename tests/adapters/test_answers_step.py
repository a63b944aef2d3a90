"""Security answers that were given before the folding's version stood with them are of the first."""

from pathlib import Path

import pytest

from patientportal import SecurityQuestion
from patientportal.adapters.sql import migrations
from patientportal.adapters.sql.steps import answers
from patientportal.domain.accounts.security_questions import SecurityAnswer, SecurityAnswers
from patientportal.domain.ids import PatientId
from patientportal.ports.store import Query
from tests.adapters.stepping import opener, write_before

BEFORE = next(step.number for step in migrations.MIGRATIONS if step.on_sqlite is answers.ON_SQLITE) - 1
OF_OLD = """
INSERT INTO patients VALUES ('ada', NOW, NULL);
INSERT INTO patients VALUES ('bea', NOW, NULL);
INSERT INTO security_answers VALUES ('ada', '[{"question":"first_pet","answer_hash":"$one"},
    {"question":"favourite_book","answer_hash":"$other"}]');
INSERT INTO security_answers VALUES ('bea', '[]')
"""


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_answers_of_before_keep_their_order_and_are_of_the_first_folding(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = opener(engine, tmp_path, request)
    write_before(opened, monkeypatch, steps=BEFORE, statements=OF_OLD)
    store = opened()
    with store.view() as view:
        kept = view.select(Query(state=SecurityAnswers, order=("patient_id",)))
    store.close()
    assert kept == [
        SecurityAnswers(
            patient_id=PatientId("ada"),
            answers=(
                SecurityAnswer(question=SecurityQuestion.FIRST_PET, folding=1, answer_hash="$one"),
                SecurityAnswer(question=SecurityQuestion.FAVOURITE_BOOK, folding=1, answer_hash="$other"),
            ),
        ),
        SecurityAnswers(patient_id=PatientId("bea"), answers=()),
    ]
