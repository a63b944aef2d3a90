"""Security questions and their answers: what a patient will be asked when they can't get in."""

from collections.abc import Mapping, Sequence
from enum import StrEnum, unique
from typing import ClassVar

from attrs import field, frozen

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.ids import PatientId
from patientportal.domain.patients.personal import PersonalInformation, is_nothing_but
from patientportal.domain.values.sameness import comparable
from patientportal.domain.values.text import bounded, folded, visible_length

from .common_passwords import is_run

ANSWERS_MIN = 2
ANSWER_CHARACTERS_MIN = 2
ANSWER_BYTES_MAX = 1024


@unique
class SecurityQuestion(StrEnum):
    """The closed list; the value is stable, ``text`` is its English wording."""

    FIRST_PET = "first_pet"
    FIRST_SCHOOL = "first_school"
    FIRST_STREET = "first_street"
    FIRST_JOB_TOWN = "first_job_town"
    CHILDHOOD_FRIEND = "childhood_friend"
    CHILDHOOD_NICKNAME = "childhood_nickname"
    FAVOURITE_TEACHER = "favourite_teacher"
    FAVOURITE_BOOK = "favourite_book"
    FAVOURITE_DISH = "favourite_dish"
    GRANDPARENT_TOWN = "grandparent_town"

    @property
    def text(self) -> str:
        """The question as a person reads it."""
        return _TEXTS[self]


_TEXTS = {
    SecurityQuestion.FIRST_PET: "What was the name of your first pet?",
    SecurityQuestion.FIRST_SCHOOL: "What was the name of your first school?",
    SecurityQuestion.FIRST_STREET: "In which street did you first live?",
    SecurityQuestion.FIRST_JOB_TOWN: "In which town was your first job?",
    SecurityQuestion.CHILDHOOD_FRIEND: "What was the first name of your best friend as a child?",
    SecurityQuestion.CHILDHOOD_NICKNAME: "What was your nickname as a child?",
    SecurityQuestion.FAVOURITE_TEACHER: "What was the last name of your favourite teacher?",
    SecurityQuestion.FAVOURITE_BOOK: "Which book did you love first?",
    SecurityQuestion.FAVOURITE_DISH: "Which dish did you like best as a child?",
    SecurityQuestion.GRANDPARENT_TOWN: "In which town did your grandparents live?",
}


@frozen(kw_only=True)
class SecurityAnswer:
    """A question that the patient chose, and the hash of the answer's folded form."""

    question: SecurityQuestion
    answer_hash: str = field(repr=False)


@frozen(kw_only=True)
class SecurityAnswers:
    """What a patient will be asked, apart from the row that every log-in reads."""

    patient_id: PatientId
    answers: tuple[SecurityAnswer, ...] = field(repr=False)


@unique
class AnswerProblemCode(StrEnum):
    """Why an answer is refused."""

    TOO_SHORT = "too_short"
    IS_USERNAME = "is_username"
    IS_PERSONAL = "is_personal"
    IS_PASSWORD = "is_password"  # noqa: S105 - a code
    IS_QUESTION = "is_question"
    IS_RUN = "is_run"
    IS_REPEATED = "is_repeated"


@frozen
class AnswerProblem:
    """One reason why one answer is refused; ``limit`` is the number that it breaks."""

    question: SecurityQuestion
    code: AnswerProblemCode
    limit: int | None = None


@frozen(kw_only=True)
class WeakAnswersError(RefusedError):
    """An answer isn't good enough. Nothing was changed; a link stays usable.

    Attributes:
        problems: all of them, a question at a time in the order in which the answers were given.
    """

    code: ClassVar[str] = "weak_answers"
    problems: tuple[AnswerProblem, ...]


def usable_answers(answers: object, *, at_least: int = ANSWERS_MIN) -> dict[SecurityQuestion, str]:
    """The answers in the form that is compared and hashed: NFKC, case folded, white space as single spaces.

    Args:
        answers: question (or its stable value) to answer; at most 1,024 bytes an answer.
        at_least: the fewest; two of those that are kept.

    Raises:
        TypeError: it isn't a mapping of text to text.
        BadInputError: ``too_many``, ``too_few``, ``unknown`` (a question), ``too_long`` or ``bad_character``.
    """
    if not isinstance(answers, Mapping):
        raise TypeError(f"security_answers must be a mapping, not {type(answers).__name__}")
    if len(answers) > len(SecurityQuestion):
        raise BadInputError(field="security_answers", problem="too_many", limit=len(SecurityQuestion))
    usable = {
        _question(question): folded(bounded(answer, field="security_answers", at_most_bytes=ANSWER_BYTES_MAX))
        for question, answer in answers.items()
    }
    if len(usable) < at_least:
        raise BadInputError(field="security_answers", problem="too_few", limit=at_least)
    return usable


def require_asked(answers: Mapping[SecurityQuestion, str], questions: Sequence[SecurityQuestion]) -> None:
    """That exactly the questions that were asked are answered.

    Args:
        answers: in the form that ``usable_answers`` gives.
        questions: that were asked.

    Raises:
        BadInputError: ``too_few`` or ``unknown``.
    """
    if not set(questions) <= answers.keys():
        raise BadInputError(field="security_answers", problem="too_few", limit=len(questions))
    if answers.keys() - set(questions):
        raise BadInputError(field="security_answers", problem="unknown")


def _question(question: object) -> SecurityQuestion:
    if not isinstance(question, str):
        raise TypeError(f"a security question must be str, not {type(question).__name__}")
    if question not in _BY_VALUE:
        raise BadInputError(field="security_answers", problem="unknown")
    return _BY_VALUE[question]


_BY_VALUE: dict[str, SecurityQuestion] = {question.value: question for question in SecurityQuestion}


def answer_problems(
    answers: Mapping[SecurityQuestion, str], *, username: str, password: str, personal: PersonalInformation
) -> tuple[AnswerProblem, ...]:
    """Everything that keeps these from being answers: too short, what an attacker tries first, or one of them again.

    Args:
        answers: in the form that ``usable_answers`` gives.
        username: the patient's, normalised.
        password: the patient's, in the form that ``passwords.usable`` gives.
        personal: what is known of the patient.
    """
    found = []
    said: set[str] = set()
    for question, answer in answers.items():
        if visible_length(answer) < ANSWER_CHARACTERS_MIN:
            found.append(AnswerProblem(question, AnswerProblemCode.TOO_SHORT, ANSWER_CHARACTERS_MIN))
        if answer == folded(username):
            found.append(AnswerProblem(question, AnswerProblemCode.IS_USERNAME))
        elif is_nothing_but(answer, username=username, personal=personal):
            found.append(AnswerProblem(question, AnswerProblemCode.IS_PERSONAL))
        if answer == folded(password):
            found.append(AnswerProblem(question, AnswerProblemCode.IS_PASSWORD))
        if answer.rstrip(" ?") in {folded(question.text).rstrip("?"), folded(question.value)}:
            found.append(AnswerProblem(question, AnswerProblemCode.IS_QUESTION))
        if is_run(answer):
            found.append(AnswerProblem(question, AnswerProblemCode.IS_RUN))
        if (bare := comparable(answer) or answer) in said:
            found.append(AnswerProblem(question, AnswerProblemCode.IS_REPEATED))
        said.add(bare)
    return tuple(found)
