"""Words that are at rest or that hosts compare with: each is its name's own, for nobody may change it on the way."""

import importlib
import pkgutil
import re
from enum import StrEnum
from itertools import chain
from types import ModuleType

import pytest

from patientportal import domain
from patientportal.domain.errors import AdapterError, PortalError
from patientportal.domain.events import Event

MODULES = [importlib.import_module(one.name) for one in pkgutil.walk_packages(domain.__path__, f"{domain.__name__}.")]


def own(module: ModuleType) -> list[type]:
    return [one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__]


CLASSES = list(chain.from_iterable(own(module) for module in MODULES))
WORDS = [one for one in CLASSES if issubclass(one, StrEnum)]
EVENTS = [one for one in CLASSES if issubclass(one, Event) and one is not Event]
ERRORS = [one for one in CLASSES if issubclass(one, PortalError) and one not in {PortalError, AdapterError}]


def spelled(name: str) -> str:
    """``NotYetBegun``: ``not_yet_begun``."""
    return re.sub("(?<=[a-z])(?=[A-Z])", "_", name).lower()


@pytest.mark.parametrize("words", WORDS, ids=lambda words: words.__name__)
def test_a_word_of_a_closed_list_is_its_name_in_small_letters(words: type[StrEnum]) -> None:
    assert [word.value for word in words] == [word.name.lower() for word in words]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_an_event_is_kept_under_the_name_of_its_class(event: type[Event]) -> None:
    assert event.name == spelled(event.__name__)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_a_code_is_the_name_of_its_error(error: type[PortalError]) -> None:
    assert error.code == spelled(error.__name__.removesuffix("Error"))


def test_an_adapter_that_failed_says_so() -> None:
    assert AdapterError.code == "adapter_failed"
