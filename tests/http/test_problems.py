"""An error as an answer: the right status, a body that says what it may, and when to come again."""

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from patientportal import (
    AdapterError,
    AnswerProblem,
    AnswerProblemCode,
    AppointmentStatus,
    BadInputError,
    ConfigurationError,
    NotBookedError,
    NotFoundError,
    OutcomeUnknownError,
    PortalError,
    RefusedError,
    SecurityQuestion,
    TooBusyError,
    WeakAnswersError,
    WrongCredentialsError,
)
from patientportal.http import problem, refusal, schema, status_of
from tests.http.public import errors

DOCS = Path(__file__).parents[2] / "docs"


class OwnError(RefusedError):
    """A host's."""

    code = "clinic_closed"


def test_each_error_has_the_status_that_the_page_of_errors_gives() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `\w+` \| (\d+) \|$", (DOCS / "errors.md").read_text(), re.MULTILINE)
    assert {code: int(status) for code, status in rows} == {kind.code: status_of(kind) for kind in errors()}


def test_the_page_of_http_says_which_code_is_what_status() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*?) \|", (DOCS / "http.md").read_text(), re.MULTILINE)
    of_code = {code: int(status) for status, codes in rows for code in re.findall(r"`(\w+)`", codes)}
    expected = {}
    for kind in errors():
        lineage = [one.code for one in kind.__mro__ if issubclass(one, PortalError)]
        expected[kind.code] = next(of_code[code] for code in lineage if code in of_code)
    assert {kind.code: status_of(kind) for kind in errors()} == expected
    own = {status_of(kind) for kind in errors()}
    assert set(of_code.values()) == own


def test_an_error_of_ones_own_is_as_its_family() -> None:
    assert status_of(OwnError()) == status_of(OwnError) == 409
    assert json.loads(problem(OwnError(), "en")[2])["code"] == "clinic_closed"


@pytest.mark.parametrize("other", [ValueError(), ValueError, Exception(), int, "slot_taken"])
def test_what_is_no_error_of_the_portal_has_no_status(other: object) -> None:
    with pytest.raises(TypeError, match="is no PortalError"):
        status_of(other)  # type: ignore[arg-type] # as a careless app would


def test_a_refusal_says_what_it_carries_and_what_people_read() -> None:
    status, headers, body = problem(NotBookedError(status=AppointmentStatus.CANCELLED), "es")
    assert (status, headers) == (409, {"Content-Type": "application/problem+json", "Cache-Control": "no-store"})
    said = json.loads(body)
    assert said.pop("detail")
    assert said == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "code": "not_booked",
        "data": {"status": "cancelled"},
    }


def test_the_fields_of_a_form_have_its_own_names() -> None:
    weak = WeakAnswersError(problems=(AnswerProblem(SecurityQuestion.FIRST_PET, AnswerProblemCode.EMPTY),))
    said = json.loads(problem(weak, "en", rename={"security_answers": "answers"})[2])
    assert list(said["fields"]) == ["answers.first_pet"]
    assert said["data"] == {"problems": [{"question": "first_pet", "code": "empty"}]}


def test_without_a_language_there_are_no_words() -> None:
    assert json.loads(problem(WrongCredentialsError(attempts_left=2))[2]).keys() == {
        *("type", "title", "status", "code", "data"),
    }


def test_a_type_is_an_address_of_the_hosts() -> None:
    said = json.loads(problem(NotFoundError(what="visit"), type_base="https://portal.example/problems#")[2])
    assert said["type"] == "https://portal.example/problems#not_found"


OF_OURS = [
    AdapterError(adapter="smtp", reason="canary"),
    ConfigurationError(setting="secret_key", reason="canary"),
    OutcomeUnknownError(reason="canary"),
    TooBusyError(queue="canary"),
]


@pytest.mark.parametrize("error", OF_OURS, ids=lambda error: error.code)
@pytest.mark.parametrize("language", [None, "en", "es"])
def test_of_what_is_the_servers_fault_only_the_code_is_told(error: PortalError, language: str | None) -> None:
    status, headers, body = problem(error, language)
    assert status >= 500
    assert "canary" not in body.decode() + str(headers)
    assert "data" not in json.loads(body)


@pytest.mark.parametrize(("wait", "seconds"), [(1, "1"), (1.2, "2"), (90, "90")])
def test_when_to_come_again_stands_where_the_error_knows_in_whole_seconds(wait: float, seconds: str) -> None:
    assert problem(TooBusyError(queue="hashing", retry_after=timedelta(seconds=wait)))[1]["Retry-After"] == seconds
    assert "Retry-After" not in problem(AdapterError(adapter="smtp", reason="x"))[1]


DAY, NAME = BadInputError(field="day", problem="bad_format"), BadInputError(field="name", problem="too_long", limit=9)


def test_several_errors_of_one_form_are_one_answer_with_the_words_of_all() -> None:
    form = ExceptionGroup("form", [DAY, ExceptionGroup("names", [NAME])])
    status, _, body = problem(form, "en")
    said = json.loads(body)
    assert status == said["status"] == status_of(form) == 422
    assert said["detail"] == "Please check 2 things."
    assert list(said["fields"]) == ["day", "name"]
    assert said["code"] == "bad_input"
    assert [one["data"]["field"] for one in said["errors"]] == ["day", "name"]
    Draft202012Validator(schema(BadInputError)).validate(said)
    assert "errors" not in json.loads(problem(DAY, "en")[2])


def test_several_errors_are_as_the_gravest_of_them() -> None:
    busy = TooBusyError(queue="canary", retry_after=timedelta(seconds=3))
    status, headers, body = problem(ExceptionGroup("", [DAY, busy, NotFoundError(what="visit")]))
    said = json.loads(body)
    assert (status, headers["Retry-After"], said["code"]) == (503, "3", "too_busy")
    assert [one["code"] for one in said["errors"]] == ["bad_input", "too_busy", "not_found"]
    assert "canary" not in body.decode()


def test_a_group_of_other_errors_is_no_answer() -> None:
    with pytest.raises(TypeError, match="ValueError is no PortalError"):
        problem(ExceptionGroup("", [DAY, ValueError()]))


def test_a_page_of_html_is_answered_as_an_api_is() -> None:
    busy = TooBusyError(queue="hashing", retry_after=timedelta(seconds=1.2))
    form = ExceptionGroup("", [DAY, busy])
    for error in (DAY, busy, form):
        status, headers, said = refusal(error, "es", rename={"day": "on"})
        of_api, its_headers, body = problem(error, "es", rename={"day": "on"})
        assert status == of_api
        assert headers.items() <= its_headers.items()
        assert said.summary == json.loads(body)["detail"]
        assert {name: list(faults) for name, faults in said.fields.items()} == json.loads(body).get("fields", {})
    assert refusal(form, "en")[1] == {"Retry-After": "2"}


def test_nothing_but_words_needs_babel() -> None:
    program = (
        "import sys; sys.modules['babel'] = None\n"
        "from patientportal import NotFoundError\n"
        "from patientportal.http import problem\n"
        "print(problem(NotFoundError(what='visit'))[0])\n"
        "problem(NotFoundError(what='visit'), 'en')\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)  # noqa: S603 - ours
    assert run.stdout == "404\n"
    assert "ImportError: patientportal.words needs Babel" in run.stderr
