"""Every list in the docs agrees with the code."""

import re
from pathlib import Path

import patientportal
from patientportal import (
    AdapterError,
    BadInputError,
    ConfigurationError,
    ConflictError,
    NotFoundError,
    NotPermittedError,
    OutcomeUnknownError,
    PortalError,
    RefusedError,
    SessionEndedError,
    TooBusyError,
    testing,
)
from patientportal.domain.accounts.passwords import PasswordProblemCode
from patientportal.domain.accounts.security_questions import AnswerProblemCode
from patientportal.domain.appointments import catalogue as appointments
from patientportal.domain.appointments.catalogue import OfVisit
from patientportal.domain.staff import PERMITTED, Role
from patientportal.domain.told import WITH_LINK, WITH_VISIT, NoticeKind, Plainly

ROOT = Path(__file__).parent.parent


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def every_error() -> list[type[PortalError]]:
    found: list[type[PortalError]] = [PortalError]
    for error in found:
        found.extend(one for one in error.__subclasses__() if one.__module__.startswith("patientportal."))
    return found


def test_the_page_of_mail_names_every_kind_that_carries_a_link() -> None:
    rule = page("docs/mail.md").partition("it must hold `$link` in ")[2].partition("`$username`")[0]
    assert set(re.findall(r"`([A-Z_]+)`", rule)) == {kind.name for kind in WITH_LINK}


def test_the_page_of_mail_names_every_kind_that_says_when_and_where() -> None:
    rule = page("docs/mail.md").partition("`$name` and `$practice`, and in ")[2].partition("`$when`")[0]
    assert set(re.findall(r"`([A-Z_]+)`", rule)) == {kind.name for kind in WITH_VISIT}


def test_the_page_of_appointments_lists_every_mail_about_them() -> None:
    table = page("docs/appointments.md").partition("| what happened | mail |")[2]
    told = {telling.kind for telling in appointments.EVENTS.values() if isinstance(telling, (OfVisit, Plainly))}
    assert {NoticeKind[name] for name in re.findall(r"`([A-Z_]+)`", table)} == told


def test_the_page_of_errors_has_one_heading_a_code_and_names_its_class() -> None:
    for name in dir(patientportal):
        getattr(patientportal, name)
    sections = dict(re.findall(r"^### `(\w+)`\n\n(.*?)(?=^##|\Z)", page("docs/errors.md"), re.DOTALL | re.MULTILINE))
    errors = {error.code: error.__name__ for error in every_error()}
    assert sections.keys() == errors.keys()
    for code, text in sections.items():
        assert text.startswith(f"`{errors[code]}`"), code


def test_the_page_of_errors_says_what_is_true_afterwards() -> None:
    sections = re.findall(r"^### `(\w+)`\n\n(.*?)(?=^##|\Z)", page("docs/errors.md"), re.DOTALL | re.MULTILINE)
    assert [code for code, text in sections if "**Afterwards**" not in text and code != "portal_error"] == []


HTTP: dict[type[PortalError], int] = {
    PortalError: 500,
    RefusedError: 409,
    BadInputError: 422,
    NotFoundError: 404,
    ConflictError: 503,
    TooBusyError: 503,
    OutcomeUnknownError: 500,
    AdapterError: 503,
    ConfigurationError: 500,
    SessionEndedError: 401,
    NotPermittedError: 403,
}


def test_the_page_of_errors_gives_each_code_its_family_and_an_http_status_that_fits() -> None:
    """A bug of others: forty codes are refusals and ten aren't, and only the source says which."""
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (\d+) \|$", page("docs/errors.md"), re.MULTILINE)
    expected = []
    for error in every_error():
        lineage = error.mro()[: error.mro().index(PortalError) + 1]  # itself first, PortalError last
        family = lineage[-2:][0]
        expected.append((error.code, family.__name__, str(next(HTTP[one] for one in lineage if one in HTTP))))
    assert sorted(rows) == sorted(expected)


def test_the_page_of_errors_lists_every_problem_of_a_password_and_of_an_answer() -> None:
    text = page("docs/errors.md")
    for heading, codes in (("weak_password", PasswordProblemCode), ("weak_answers", AnswerProblemCode)):
        section = text.partition(f"### `{heading}`")[2].partition("###")[0]
        assert [code.value for code in codes if f"`{code.value}`" not in section] == []


def test_the_page_of_errors_lists_every_problem_of_bad_input() -> None:
    used = set()
    for file in (ROOT / "src").rglob("*.py"):
        used.update(re.findall(r'problem="(\w+)"', file.read_text(encoding="utf-8")))
    table = page("docs/errors.md").partition("| `problem` | means |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\|([^|]*)\|", table, re.MULTILINE)
    listed = {problem for row in rows for problem in re.findall(r"`(\w+)`", row)}
    assert listed == used


def test_the_page_of_roles_is_the_table_of_permissions() -> None:
    rows = re.findall(r"^\| `([\w.()]+)` \|(.*)\|$", page("docs/roles.md"), re.MULTILINE)
    header = re.search(r"^\| verb \|(.*)\|$", page("docs/roles.md"), re.MULTILINE)
    assert header is not None
    roles = [Role(cell.strip()) for cell in header[1].split("|")]
    shown = {
        verb: frozenset(role for role, cell in zip(roles, cells.split("|"), strict=True) if cell.strip() == "yes")
        for verb, cells in rows
    }
    assert shown == PERMITTED


def test_every_name_of_the_testing_package_exists_and_says_what_it_is() -> None:
    assert [name for name in dir(testing) if not hasattr(testing, name)] == []


def test_every_file_that_contributors_are_sent_to_is_there() -> None:
    source = ROOT / "src" / "patientportal"
    text = page("CONTRIBUTING.md")
    files = set(re.findall(r"`([\w/]+/[\w/]*\w+\.py)`", text))
    assert len(files) > 20
    assert [
        name
        for name in sorted(files)
        if not any((base / name).exists() for base in (ROOT, source, source.parent.parent, source / "application"))
    ] == []
