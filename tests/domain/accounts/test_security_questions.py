"""Security questions: a closed list, answers in one form, and no answer that an attacker tries first."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts.security_questions import (
    FOLDING,
    AnswerProblem,
    AnswerProblemCode,
    NoQuestionsError,
    SecurityAnswer,
    SecurityQuestion,
    answer_problems,
    require_asked,
    require_questions,
    usable_answers,
)
from patientportal.domain.errors import BadInputError
from patientportal.domain.policy import Policy, RecoveryPolicy
from patientportal.testing import person

PET, STREET, BOOK = SecurityQuestion.FIRST_PET, SecurityQuestion.FIRST_STREET, SecurityQuestion.FAVOURITE_BOOK
USERNAME, PASSWORD = "countess", "Violet  Kettle 42"
ADA = person()


def refusal(answers: object) -> tuple[str, str, int | None]:
    with pytest.raises(BadInputError) as caught:
        usable_answers(answers)
    return caught.value.field, caught.value.problem, caught.value.limit


def found(answer: str, question: SecurityQuestion = PET) -> list[str]:
    """The problems of one answer next to a good one, as it goes from hand to hand."""
    other = STREET if question is PET else PET
    answers = usable_answers({other: "apple crumble", question: answer})
    problems = answer_problems(answers, username=USERNAME, password=PASSWORD, personal=ADA)
    assert {problem.question for problem in problems} <= {question}
    return [str(p.code) for p in problems]


def test_answers_stay_as_they_were_typed_in_the_order_given() -> None:
    answers = usable_answers({STREET: " Harbour\u00a0 LANE\n", "first_pet": "Mo\uff50sy"})
    assert list(answers.items()) == [(STREET, " Harbour\u00a0 LANE\n"), (PET, "Mo\uff50sy")]
    assert all(type(question) is SecurityQuestion for question in answers)


def test_the_list_is_closed_each_question_with_its_own_words() -> None:
    texts = [question.text for question in SecurityQuestion]
    assert len(set(texts)) == len(texts) == 10
    assert all(text.endswith("?") for text in texts)
    assert PET.text == "What was the name of your first pet?"


@pytest.mark.parametrize(
    ("answers", "refused"),
    [
        ({str(number): "x" for number in range(11)}, ("too_many", 10)),
        ({"mothers_maiden_name": "\0"}, ("unknown", None)),
        ({"first_pet": "\0" * 1025}, ("too_long", 1024)),
        ({"first_pet": "Mopsy\0"}, ("bad_character", None)),
        ({"first_pet": "\ud800"}, ("bad_character", None)),
        ({"first_pet": "\u4e2d" * 342}, ("too_long", 1024)),
        ({"first_pet": "x" * 10_000_000, "first_street": "y" * 10_000_000}, ("too_long", 1024)),
        ({}, ("too_few", 2)),
        ({"first_pet": "Mopsy"}, ("too_few", 2)),
        ({"first_pet": "Mopsy", PET: "Topsy"}, ("too_few", 2)),
    ],
    ids=map(str, range(10)),
)
def test_answers_are_checked_for_their_questions_then_their_text_then_their_number(
    answers: dict[str, str], refused: tuple[str, int | None]
) -> None:
    assert refusal(answers) == ("security_answers", *refused)


def test_two_answers_are_enough_and_every_question_may_be_answered() -> None:
    assert usable_answers({"first_pet": "x" * 1024, "first_street": ""}) == {PET: "x" * 1024, STREET: ""}
    assert len(usable_answers({question: f"answer {question}" for question in SecurityQuestion})) == 10


def test_one_answer_is_enough_where_one_question_was_asked_but_none_is_not() -> None:
    assert usable_answers({"first_pet": " MOPSY "}, at_least=1) == {PET: " MOPSY "}
    assert usable_answers({PET: "", STREET: "x"}, at_least=1) == {PET: "", STREET: "x"}
    with pytest.raises(BadInputError, match=r"^bad_input: security_answers: too_few \(1\)$"):
        usable_answers({}, at_least=1)


@pytest.mark.parametrize(
    ("answered", "questions", "refused"),
    [
        ([], [PET], ("too_few", 1)),
        ([STREET], [PET], ("too_few", 1)),
        ([STREET, BOOK], [PET, STREET], ("too_few", 2)),
        ([PET], [PET, STREET], ("too_few", 2)),
        ([PET, STREET, BOOK], [PET, STREET], ("unknown", None)),
        ([PET, STREET], [PET], ("unknown", None)),
        ([PET], [], ("unknown", None)),
    ],
    ids=map(str, range(7)),
)
def test_a_question_that_is_left_out_is_seen_before_one_that_was_not_asked(
    answered: list[SecurityQuestion], questions: list[SecurityQuestion], refused: tuple[str, int | None]
) -> None:
    with pytest.raises(BadInputError) as caught:
        require_asked(dict.fromkeys(answered, "mopsy"), questions)
    assert (caught.value.field, caught.value.problem, caught.value.limit) == ("security_answers", *refused)


@given(st.sets(st.sampled_from(SecurityQuestion)), st.lists(st.sampled_from(SecurityQuestion), unique=True))
def test_exactly_what_was_asked_is_answered_in_any_order(
    answered: set[SecurityQuestion], questions: list[SecurityQuestion]
) -> None:
    require_asked(dict.fromkeys(reversed(questions), "mopsy"), questions)
    if answered != set(questions):
        with pytest.raises(BadInputError):
            require_asked(dict.fromkeys(answered, "mopsy"), questions)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (None, "security_answers must be a mapping, not NoneType"),
        ([("first_pet", "Mopsy")], "security_answers must be a mapping, not list"),
        ("first_pet", "security_answers must be a mapping, not str"),
        ({b"first_pet": "Mopsy"}, "a security question must be str, not bytes"),
        ({1: "Mopsy"}, "a security question must be str, not int"),
        ({"first_pet": b"Mopsy"}, "security_answers must be str, not bytes"),
        ({"first_pet": None}, "security_answers must be str, not NoneType"),
    ],
    ids=map(str, range(7)),
)
def test_what_is_no_mapping_of_text_to_text_is_a_type_error(answers: Any, message: str) -> None:
    with pytest.raises(TypeError, match=f"^{message}$"):
        usable_answers(answers)


@pytest.mark.parametrize(
    "answer", ["Mopsy", "ab", "no", "Ng", "\u732b\u732b", "it was Mopsy", "a pet", "the first pet"]
)
def test_an_answer_of_two_characters_or_more_is_good(answer: str) -> None:
    assert found(answer) == []


@pytest.mark.parametrize(
    "answer", ["\u674e", "\uc774", "\u6d25", "\u934b", "\u00c5", "\u00f8", "\u044f", "\u30c4", "\u0939"]
)
def test_one_ideograph_one_syllable_and_one_letter_that_no_bare_key_types_are_good(answer: str) -> None:
    assert found(answer) == found(f" {answer}. ") == []


@pytest.mark.parametrize("answer", ["a", "X", "1", " a. ", "\uff41", "7!", "(b)"])
def test_one_bare_letter_or_digit_is_what_is_tried_first(answer: str) -> None:
    assert found(answer) == ["is_run"]


@pytest.mark.parametrize(
    "answer", ["", " \t ", "\u200b\ufeff", "\u0301", "\u00a0\u3000", "\ufe0f", "\u00b4"], ids=ascii
)
def test_an_answer_of_which_nothing_shows_is_empty(answer: str) -> None:
    assert found(answer) == ["empty"]


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ("Count-ess.", ["is_username"]),
        ("COUNTESS", ["is_username"]),
        (" c\uff4funtess", ["is_username"]),
        ("countesses", []),
        ("violet kettle 42", ["is_password"]),
        ("VIOLET KETTLE  42 ", ["is_password"]),
        ("violet kettle 4", []),
        ("What was the name of your first pet?", ["is_question"]),
        ("what was the name of your first pet ??", ["is_question"]),
        ("WHAT WAS THE NAME OF YOUR FIRST PET", ["is_question"]),
        ("first_pet", ["is_question"]),
        ("FIRST_PET?", ["is_question"]),
        ("first pet", ["is_question"]),
        ("violet kettle\u201342!", ["is_password"]),
        ("what was the name of your first", []),
        ("In which street did you first live?", []),
    ],
)
def test_an_answer_that_is_tried_first_is_refused(answer: str, left: list[str]) -> None:
    assert found(answer) == left


@pytest.mark.parametrize(
    "answer",
    [
        *("Ada", "BYRON", "ada byron", "Byron, Ada", "ada.byron@example.org", "Ada-Byron", "\u00c1da", "ada1980"),
        *("10.12.1980", "1980-12-10", "12/10/1980", "101280", "1980", "byron 10 12 80", "ada countess"),
    ],
)
def test_an_answer_that_is_nothing_but_what_the_practice_knows_is_refused(answer: str) -> None:
    assert found(answer) == ["is_personal"]


@pytest.mark.parametrize(
    "answer", ["Byron Street", "Adam", "Byronia", "Ada's mother", "example", "10", "19 80 77", "\u263a\u263a"]
)
def test_an_answer_that_says_more_than_the_practice_knows_is_taken(answer: str) -> None:
    assert found(answer) == []


@pytest.mark.parametrize(
    "answer", ["123", "321", "12345", "abc", "ABC", "cba", "qwerty", "asdf", "aaa", "1 1 1", "- z z z -"]
)
def test_a_run_is_refused(answer: str) -> None:
    assert found(answer) == ["is_run"]


@pytest.mark.parametrize(
    "answer", ["No", "Hi", "Ab", "11", "Anna", "Otto", "Bob", "Lulu", "1984", "124", "abd", "Abc Street"]
)
def test_a_short_word_is_no_run(answer: str) -> None:
    assert found(answer) == []


@pytest.mark.parametrize(
    ("one", "other", "is_repeated"),
    [
        ("Mopsy", "mopsy!", True),
        ("Mopsy", "MOP-SY", True),
        ("\u263a\u263a", "\u263a\u263a", True),
        ("Mopsy", "Mopsie", False),
    ],
)
def test_one_answer_to_two_questions_is_refused_once(one: str, other: str, *, is_repeated: bool) -> None:
    answers = usable_answers({PET: one, STREET: other, BOOK: "apple crumble"})
    problems = answer_problems(answers, username=USERNAME, password=PASSWORD, personal=ADA)
    assert problems == ((AnswerProblem(STREET, AnswerProblemCode.IS_REPEATED),) if is_repeated else ())


def test_the_problems_of_all_answers_come_at_once_in_the_order_of_the_answers() -> None:
    answers = {
        STREET: "x",
        PET: "first_pet",
        SecurityQuestion.FIRST_SCHOOL: "St Mary",
        SecurityQuestion.FAVOURITE_BOOK: "x",
    }
    _, name, _, word, asked, run, again = AnswerProblemCode
    assert answer_problems(answers, username="x", password="x", personal=ADA) == (
        AnswerProblem(STREET, name),
        AnswerProblem(STREET, word),
        AnswerProblem(STREET, run),
        AnswerProblem(PET, asked),
        AnswerProblem(SecurityQuestion.FAVOURITE_BOOK, name),
        AnswerProblem(SecurityQuestion.FAVOURITE_BOOK, word),
        AnswerProblem(SecurityQuestion.FAVOURITE_BOOK, run),
        AnswerProblem(SecurityQuestion.FAVOURITE_BOOK, again),
    )


@given(
    st.sampled_from(SecurityQuestion),
    st.sampled_from(["username", "password", "question", "nothing"]),
    st.lists(st.sampled_from(["  ", "\t", "\u3000"]), min_size=2, max_size=2),
    st.sampled_from([str.upper, str.lower, str.title, str]),
)
def test_no_disguise_hides_what_an_answer_is(
    question: SecurityQuestion, sort: str, around: list[str], case: Callable[[str], str]
) -> None:
    said = {"username": USERNAME, "password": PASSWORD, "question": question.text, "nothing": "Mopsy the cat"}[sort]
    disguised = case(said).replace(" ", around[0]).join(around)
    assert found(disguised, question) == ([] if sort == "nothing" else [f"is_{sort}"])


@given(
    st.dictionaries(
        st.sampled_from(SecurityQuestion),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        min_size=2,
    )
)
def test_every_usable_answer_stays_as_it_was_typed(answers: dict[SecurityQuestion, str]) -> None:
    assert usable_answers(answers) == answers


def test_there_are_no_answers_where_no_questions_are_asked() -> None:
    require_questions(Policy(zone="UTC"))
    with pytest.raises(NoQuestionsError):
        require_questions(Policy(zone="UTC", recovery=RecoveryPolicy(by_question=False)))


def test_a_kept_answer_does_not_show_its_hash() -> None:
    assert "secret" not in repr(SecurityAnswer(question=PET, folding=FOLDING, answer_hash="secret"))


@pytest.mark.parametrize(
    ("last_name", "answer"),
    [("\u674e", "\u674e"), ("\u674e", "\u674e\u5c0f\u9f8d"), ("\u00c5", "\u00e5"), ("O", "o")],
)
def test_a_name_of_one_character_is_personal_too(last_name: str, answer: str) -> None:
    them = person(first_name="\u5c0f\u9f8d", last_name=last_name)
    answers = usable_answers({PET: answer, STREET: "Harbour Lane"})
    problems = answer_problems(answers, username=USERNAME, password=PASSWORD, personal=them)
    assert AnswerProblem(PET, AnswerProblemCode.IS_PERSONAL) in problems
