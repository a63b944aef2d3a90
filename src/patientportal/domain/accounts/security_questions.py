"""Security questions and their answers: what a patient will be asked when they can't get in."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum, unique
from types import MappingProxyType
from typing import ClassVar

from attrs import field, frozen

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.ids import PatientId
from patientportal.domain.patients.personal import PersonalInformation, is_nothing_but
from patientportal.domain.policy import Policy
from patientportal.domain.values.sameness import comparable
from patientportal.domain.values.text import bounded, folded, visible_length

from .common_passwords import is_run

ANSWERS_MIN = 2
ANSWER_BYTES_MAX = 1024


def _as_phones_type(text: str) -> str:
    """What two keyboards agree on: letters and digits; where there are none, such as of an emoji, what shows."""
    return comparable(text) or "".join(c for c in folded(text) if visible_length(c))


FOLDINGS: Mapping[int, Callable[[str], str]] = MappingProxyType({1: folded, 2: _as_phones_type})
"""Every way in which answers were ever folded before they were hashed. None may change: a better one is another."""
FOLDING = max(FOLDINGS)
"""How new answers are folded."""


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
    """A question that the patient chose, and the hash of the answer's folded form.

    Attributes:
        question: which one.
        folding: which of ``FOLDINGS`` the answer went through.
        answer_hash: argon2, with its parameters.
    """

    question: SecurityQuestion
    folding: int
    answer_hash: str = field(repr=False)


@frozen(kw_only=True)
class SecurityAnswers:
    """What a patient will be asked, apart from the row that every log-in reads."""

    patient_id: PatientId
    answers: tuple[SecurityAnswer, ...] = field(repr=False)


@unique
class AnswerProblemCode(StrEnum):
    """Why an answer is refused."""

    EMPTY = "empty"
    IS_USERNAME = "is_username"
    IS_PERSONAL = "is_personal"
    IS_PASSWORD = "is_password"  # noqa: S105 - a code
    IS_QUESTION = "is_question"
    IS_RUN = "is_run"
    IS_REPEATED = "is_repeated"


@frozen
class AnswerProblem:
    """One reason why one answer is refused."""

    question: SecurityQuestion
    code: AnswerProblemCode


@frozen(kw_only=True)
class WeakAnswersError(RefusedError):
    """An answer isn't good enough. Nothing was changed; a link stays usable.

    Attributes:
        problems: all of them, a question at a time in the order in which the answers were given.
    """

    code: ClassVar[str] = "weak_answers"
    problems: tuple[AnswerProblem, ...]


@frozen(kw_only=True)
class NoQuestionsError(RefusedError):
    """This practice asks no security questions, and keeps no answers. Nothing was changed; a link stays usable."""

    code: ClassVar[str] = "no_questions"


def require_questions(policy: Policy) -> None:
    """That the practice asks security questions, for there is no other use of answers.

    Raises:
        NoQuestionsError: it doesn't (``RecoveryPolicy.by_question``).
    """
    if not policy.recovery.by_question:
        raise NoQuestionsError


def usable_answers(answers: object, *, at_least: int = ANSWERS_MIN) -> dict[SecurityQuestion, str]:
    """The answers as they were typed, once they are known to be text of a bearable size to questions of the list.

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
        _question(question): bounded(answer, field="security_answers", at_most_bytes=ANSWER_BYTES_MAX)
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


def in_form_of(answer: str, kept: SecurityAnswer | None) -> str:
    """A typed answer, folded as the one was that is kept; where none is, as a new one.

    It goes through every folding, so that time doesn't tell how old an answer is, or whether there is one.

    Args:
        answer: in the form that ``usable_answers`` gives.
        kept: to the same question.
    """
    forms = {folding: fold(answer) for folding, fold in FOLDINGS.items()}
    return forms[FOLDING if kept is None else kept.folding]


def answer_problems(
    answers: Mapping[SecurityQuestion, str], *, username: str, password: str, personal: PersonalInformation
) -> tuple[AnswerProblem, ...]:
    """Everything that keeps these from being answers: nothing shows, it is tried first, or it is one of them again.

    Args:
        answers: in the form that ``usable_answers`` gives.
        username: the patient's, normalised.
        password: the patient's, in the form that ``passwords.usable`` gives.
        personal: what is known of the patient.
    """
    found = []
    said: set[str] = set()
    for question, typed in answers.items():
        answer = in_form_of(typed, None)
        if not visible_length(answer):
            found.append(AnswerProblem(question, AnswerProblemCode.EMPTY))
        if answer == in_form_of(username, None):
            found.append(AnswerProblem(question, AnswerProblemCode.IS_USERNAME))
        elif is_nothing_but(typed, username=username, personal=personal):
            found.append(AnswerProblem(question, AnswerProblemCode.IS_PERSONAL))
        if answer == in_form_of(password, None):
            found.append(AnswerProblem(question, AnswerProblemCode.IS_PASSWORD))
        if answer in {in_form_of(question.text, None), in_form_of(question.value, None)}:
            found.append(AnswerProblem(question, AnswerProblemCode.IS_QUESTION))
        if is_run(answer) or _is_one_key(typed):
            found.append(AnswerProblem(question, AnswerProblemCode.IS_RUN))
        if answer in said:
            found.append(AnswerProblem(question, AnswerProblemCode.IS_REPEATED))
        said.add(answer)
    return tuple(found)


def _is_one_key(typed: str) -> bool:
    """Whether it is one bare letter or digit of ASCII. A town may be called Å, and a teacher by one ideograph."""
    said = [c for c in folded(typed) if c.isalnum()]
    return len(said) == 1 and said[0].isascii()
