"""Whoever adds a code, a member, an event or a field finds here that it has no words yet."""

import re
from enum import Enum
from string import Template

import pytest
from attrs import fields

from patientportal import AnswerProblemCode, MessageKind, NoticeKind, PasswordProblemCode, PortalError
from patientportal.domain.messages.facts import FACTS
from patientportal.domain.staff import PERMITTED
from patientportal.ports.catalogue import EVENTS
from patientportal.words.catalogues import SHIPPED, shipped, sources
from tests.words.public import errors, members, named

FIELDS, PROBLEMS = named()
GENERAL = {"error.several", "problem.other", "event.other", "area.other"}
NEEDED = (
    {f"error.{one.code}" for one in errors()}
    | {f"problem.{problem}" for problem in PROBLEMS}
    | {f"problem.password.{code}" for code in PasswordProblemCode}
    | {f"problem.security_answers.{code}" for code in AnswerProblemCode}
    | {f"field.{name}" for name in FIELDS}
    | {f"{type(member).__name__}.{member.value}" for member in members()}
    | {f"event.{name}" for name in EVENTS}
    | {f"area.{verb.partition('.')[0]}" for verb in PERMITTED}
    | {f"message.{kind}.{part}" for kind in FACTS for part in ("subject", "body")}
    | {f"mail.{kind}.{part}" for kind in NoticeKind for part in ("subject", "body")}
    | {"mail.greeting", "mail.closing"}
    | GENERAL
)


def names(key: str) -> set[str]:
    return {name for form in sources()[key].forms for name in Template(form).get_identifiers()}


def test_every_code_that_a_person_may_meet_has_words() -> None:
    missing = sorted(NEEDED - sources().keys())
    assert not missing, f"put these into en.po and es.po: {', '.join(missing)}"


def test_every_text_is_of_a_code_that_is_there() -> None:
    """A variant stands behind the code that it is of: ``error.not_booked.cancelled``."""
    extra = {key for key in sources().keys() - NEEDED if key.rpartition(".")[0] not in NEEDED}
    of_a_field = {key for key in extra if (found := re.match(r"problem\.(\w+)\.(\w+)", key)) and found[1] in FIELDS}
    gone = sorted(extra - of_a_field)
    assert not gone, f"take these out of en.po and es.po: {', '.join(gone)}"
    assert {key.split(".")[2] for key in of_a_field} <= PROBLEMS


@pytest.mark.parametrize("kind", errors(), ids=lambda kind: kind.code)
def test_an_error_says_nothing_that_it_does_not_carry_and_is_told_apart_by_what_it_carries(
    kind: type[PortalError],
) -> None:
    carried = {one.name: one.type for one in fields(kind)}
    values = {"none"}
    for one in carried.values():
        if isinstance(one, type) and issubclass(one, Enum):
            values |= {str(member.value) for member in one}
    whole = f"error.{kind.code}"
    of_kind = [key for key in sources() if key == whole or key.rpartition(".")[0] == whole]
    assert of_kind
    for key in of_kind:
        assert names(key) <= {*carried, "field"}, key
        assert key == whole or key.rpartition(".")[2] in values, key


@pytest.mark.parametrize("kind", FACTS)
def test_a_message_says_its_facts_and_all_of_them(kind: MessageKind) -> None:
    carried = {one.name for one in fields(FACTS[kind])}
    of_kind = [key for key in sources() if key.startswith(f"message.{kind}.")]
    assert set().union(*(names(key) for key in of_kind)) == carried
    assert names(f"message.{kind}.subject") == set()


def test_a_problem_says_its_limit_alone_and_only_where_it_has_one() -> None:
    for key in (key for key in sources() if key.startswith("problem.")):
        can_be = {"limit", "year", "size"} if key.endswith(".limit") or sources()[key].many else set()
        assert names(key) <= can_be, key


@pytest.mark.parametrize("tag", SHIPPED)
def test_every_language_that_is_shipped_is_whole(tag: str) -> None:
    language = shipped(tag)
    assert (language.tag, str(language.locale)) == (tag, tag)
    assert all(language.text(key) for key in sources())


def test_a_translation_is_not_the_english() -> None:
    spanish = shipped("es")
    alike = {key for key, source in sources().items() if spanish.text(key) == source.one}
    assert alike == {"error.bad_input"}
