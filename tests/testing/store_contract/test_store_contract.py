"""The contract of the stores has teeth: each of its tests fails for a store that is broken in one place."""

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

from patientportal.domain.errors import PortalError
from patientportal.ports.store import Store, StoreMisuseError
from patientportal.testing.store_contract import PARTS, StoreContract, contract_tests
from tests.testing.store_contract import (  # noqa: F401 - BROKEN has what they break once they are imported
    broken_answers,
    broken_blocks,
    broken_keeping,
    broken_races,
    broken_running,
)
from tests.testing.store_contract.bendable import Bendable, Optimistic
from tests.testing.store_contract.caught import BROKEN

pytest_plugins = ["pytester"]
FAILURES = (AssertionError, pytest.fail.Exception, PortalError, StoreMisuseError)


class TestABendableStoreThatIsNotBent(StoreContract):
    def new_store(self, tmp_path: Path) -> Callable[[], Store]:
        del tmp_path
        return Bendable.opener()


class TestAStoreWhereNobodyWaits(StoreContract):
    def new_store(self, tmp_path: Path) -> Callable[[], Store]:
        del tmp_path
        return Optimistic.opener()


def run(test: str, opener: Callable[[], Store]) -> None:
    stores = opener(), opener()
    method = getattr(StoreContract(), test)
    given = {"store": stores[0], "stores": stores}
    method(**{name: given[name] for name in inspect.signature(method).parameters})


@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # of an event of each kind, where one differs
@pytest.mark.parametrize(("broken", "test"), BROKEN, ids=lambda value: getattr(value, "__name__", value))
def test_a_broken_store_fails_the_test_that_looks_for_it(broken: type[Bendable], test: str) -> None:
    with pytest.raises(FAILURES):
        run(test, broken.opener())


def test_every_test_of_the_contract_is_failed_by_a_broken_store() -> None:
    assert {test for _, test in BROKEN} == set(contract_tests())


def test_the_first_test_is_many_threads_on_an_absent_key() -> None:
    assert contract_tests()[0] == "test_many_threads_count_from_an_absent_key_and_none_is_lost"


def test_no_part_of_the_contract_hides_a_test_of_another() -> None:
    names = contract_tests()
    assert len(names) == len(set(names))
    assert len(StoreContract.__bases__) == len(PARTS)


def test_pytest_collects_the_whole_contract_in_its_order_and_not_the_base(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
                from patientportal.testing.store_contract import StoreContract

        class TestMine(StoreContract):
            def new_store(self, tmp_path):
                store = MemoryStore()
                return lambda: store
        """
    )
    items, _ = pytester.inline_genitems()
    assert [item.name for item in items] == list(contract_tests())
    assert {parent.name for item in items if (parent := item.getparent(pytest.Class))} == {"TestMine"}


def test_a_test_can_not_be_overridden() -> None:
    with pytest.raises(TypeError, match="silences the contract's test_equal"):

        class Overriding(StoreContract):
            def test_equal(self, store: Store) -> None:
                """Nothing."""


def test_a_test_can_not_be_taken_away() -> None:
    with pytest.raises(TypeError, match="silences the contract's test_none, test_one_of"):
        type("Losing", (StoreContract,), {"test_one_of": None, "test_none": None})


def test_a_test_can_not_be_hidden_by_another_base_or_a_base_of_a_base() -> None:
    other = type("Other", (), {"test_equal": lambda _: None})
    between = type("Between", (StoreContract,), {})
    for bases in ((other, StoreContract), (other, between)):
        with pytest.raises(TypeError, match="silences the contract's test_equal"):
            type("Hiding", bases, {})


def test_the_whole_contract_can_not_be_switched_off() -> None:
    with pytest.raises(TypeError, match="silences the whole contract"):
        type("Silent", (StoreContract,), {"__test__": False})


def test_a_subclass_may_add_tests_of_its_own() -> None:
    type("More", (StoreContract,), {"test_mine": lambda _: None})


def test_a_missing_factory_is_explained(tmp_path: Path) -> None:
    empty: type[StoreContract] = type("TestEmpty", (StoreContract,), {})
    with pytest.raises(NotImplementedError, match=r"TestEmpty must define new_store\(self, tmp_path\)"):
        empty().new_store(tmp_path)


def test_a_factory_that_returns_a_store_is_explained(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from patientportal.adapters.memory import MemoryStore
        from patientportal.testing.store_contract import StoreContract

        class TestMine(StoreContract):
            def new_store(self, tmp_path):
                return MemoryStore()
        """
    )
    result = pytester.runpytest_inprocess("-k", "a_new_store_is_empty")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*TypeError: new_store of TestMine returned no function: *return lambda: *"])
