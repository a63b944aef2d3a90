"""An answer is right from any keyboard, and one that was given before as it was folded then."""

from collections import Counter

import pytest
from attrs import evolve

from patientportal import PatientId, Portal, RecordingNotifier, SecurityQuestion, Store, WrongAnswerError
from patientportal.domain.accounts.security_questions import FOLDINGS, SecurityAnswer, SecurityAnswers
from patientportal.ports.store import Key
from patientportal.testing import BORN, PASSWORD, CheapHasher, Member, asked, invited, person

SCHOOL, TOWN = SecurityQuestion.FIRST_SCHOOL, SecurityQuestion.GRANDPARENT_TOWN
GIVEN = {SCHOOL: "St. Mary's", TOWN: "New York"}


@pytest.fixture
def countess(usual: Portal, notifier: RecordingNotifier) -> Member:
    """A patient with these answers."""
    patient_id, link = invited(usual, notifier)
    usual.activate(link, date_of_birth=BORN, username="countess", password=PASSWORD, security_answers=GIVEN)
    return Member(patient_id=patient_id, username="countess", password=PASSWORD)


def give_before(store: Store, patient_id: PatientId, *foldings: int) -> None:
    """What was given to the questions in turn, when answers were folded so."""
    with store.transaction() as tx:
        found = tx.get(Key(SecurityAnswers, (patient_id,)))
        assert found is not None
        assert {answer.folding for answer in found.answers} == {2}
        kept = [
            SecurityAnswer(
                question=answer.question,
                folding=folding,
                answer_hash=CheapHasher().hash(FOLDINGS[folding](GIVEN[answer.question])),
            )
            for answer, folding in zip(found.answers, foldings, strict=True)
        ]
        tx.put(evolve(found, answers=tuple(kept)))


def is_right(portal: Portal, **typed: str) -> bool:
    challenge = asked(portal.recovery.forgot_username(person()))
    try:
        portal.recovery.answer(challenge.id, {**{one.value: GIVEN[one] for one in challenge.questions}, **typed})
    except WrongAnswerError:
        return False
    return True


@pytest.mark.parametrize("foldings", [(2, 2), (1, 1), (1, 2)])
def test_each_answer_is_compared_as_it_was_folded_when_it_was_given(
    usual: Portal, raw_store: Store, countess: Member, foldings: tuple[int, int]
) -> None:
    give_before(raw_store, countess.patient_id, *foldings)
    assert is_right(usual, first_school=" ST. MARY'S ", grandparent_town="new  york")
    assert is_right(usual, first_school="St. Mary\u2019s") == (foldings[0] == 2)
    assert is_right(usual, grandparent_town="New-York.") == (foldings[1] == 2)


def test_nothing_tells_of_which_age_an_answer_is(
    usual: Portal, raw_store: Store, countess: Member, calls: Counter[str]
) -> None:
    told = []
    for foldings in ((2, 2), (1, 1)):
        give_before(raw_store, countess.patient_id, *foldings)
        calls.clear()
        assert not is_right(usual, first_school="St. Martin's")
        told.append(Counter(calls))
    assert told[0] == told[1]


def test_whoever_sets_other_answers_has_them_folded_as_today(usual: Portal, raw_store: Store, countess: Member) -> None:
    give_before(raw_store, countess.patient_id, 1, 1)
    usual.log_in("countess", PASSWORD).account.set_security_answers(PASSWORD, GIVEN)
    assert is_right(usual, first_school="st mary\u2019s")
