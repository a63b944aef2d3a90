"""The page for whoever writes a store: its store is one, and it names every promise that the contract proves."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from patientportal import Store
from patientportal.testing import StoreContract
from patientportal.testing.store_contract import contract_tests

PAGE = (Path(__file__).parents[3] / "docs" / "stores.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def of_the_page() -> Callable[[Path], Store]:
    """The class of the page, word for word."""
    names: dict[str, Any] = {}
    exec(compile(BLOCKS[-1], "docs/stores.md", "exec"), names)  # noqa: S102 - ours
    made: Callable[[Path], Store] = names["FileStore"]
    return made


class TestFileStore(StoreContract):
    """As the page says it."""

    def new_store(self, tmp_path: Path) -> Callable[[], Store]:
        """See ``StoreContract.new_store``."""
        make = of_the_page()
        return lambda: make(tmp_path / "clinic.states")


def test_the_page_names_each_test_of_the_contract_once_and_says_how_many_there_are() -> None:
    table = PAGE.partition("| promise | test |")[2].partition("\n\n")[0]
    rows = [row.removesuffix(" |").rpartition(" | ")[2] for row in table.splitlines()]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(f"test_{name}" for name in named) == sorted(contract_tests())
    assert f"{len(contract_tests())} tests" in PAGE


def test_the_page_shows_the_subclass_that_is_tried_here() -> None:
    assert "class TestFileStore(StoreContract):" in BLOCKS[0]
