"""The conformance suite for whoever writes a store: one factory to write, every promise of ``ports.store`` proved."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from patientportal.ports.store import Store

PARTS = ("isolation", "claims", "saving", "misuse", "queries", "round_trips", "running", "handles")
pytest.register_assert_rewrite(*(f"{__name__}.{part}" for part in PARTS))

# pytest rewrites the assertions of what is imported after it was told so.
from .claims import Claims  # noqa: E402
from .handles import Handles  # noqa: E402
from .isolation import Isolation  # noqa: E402
from .misuse import Misuse  # noqa: E402
from .queries import Queries  # noqa: E402
from .round_trips import RoundTrips  # noqa: E402
from .running import Running  # noqa: E402
from .saving import Saving  # noqa: E402

__all__ = ["StoreContract"]

HOW = (
    "make an empty place for the data and return a function that opens a store on it, "
    "such as: return lambda: MyStore(tmp_path / 'portal.db')"
)


# pytest collects the last base first: isolation is what a store most likely gets wrong.
class StoreContract(Handles, Running, RoundTrips, Queries, Misuse, Saving, Claims, Isolation):
    """What every store promises; say how yours is opened, and pytest does the rest.

    Such as::

        from patientportal.testing import StoreContract

        class TestMyStore(StoreContract):
            def new_store(self, tmp_path):
                return lambda: MyStore(tmp_path / "portal.db")

    Its tests can't be overridden: a store that can't keep a promise isn't a store of this library.
    """

    def __init_subclass__(cls, **arguments: Any) -> None:
        """Refuses a subclass in which one of the tests would no longer be the contract's own."""
        super().__init_subclass__(**arguments)
        lost = sorted(name for name in contract_tests() if getattr(cls, name) is not getattr(StoreContract, name))
        if lost:
            raise TypeError(f"{cls.__name__} silences the contract's {', '.join(lost)}")
        if not getattr(cls, "__test__", True):
            raise TypeError(f"{cls.__name__} silences the whole contract with __test__")

    def new_store(self, tmp_path: Path) -> Callable[[], Store]:
        """Makes an empty place for a store's data, and returns what opens a store on it.

        What it returns is called twice in each test, for two handles on the same data, as two processes would have
        them. A store that can't be opened twice is returned both times: ``store = MyStore(); return lambda: store``.

        Args:
            tmp_path: an empty folder, a new one for each test.
        """
        raise NotImplementedError(f"{type(self).__name__} must define new_store(self, tmp_path): {HOW}")

    @pytest.fixture
    def stores(self, tmp_path: Path) -> Iterator[tuple[Store, Store]]:
        """Two handles on the same new data."""
        opened = self.new_store(tmp_path)
        if not callable(opened):
            raise TypeError(f"new_store of {type(self).__name__} returned no function: {HOW}")
        stores = opened(), opened()
        yield stores
        for store in stores:
            store.close()

    @pytest.fixture
    def store(self, stores: tuple[Store, Store]) -> Store:
        """One handle on new data."""
        return stores[0]


def contract_tests() -> tuple[str, ...]:
    """The names of all the tests, in the order in which pytest collects them."""
    return tuple(name for part in reversed(StoreContract.__mro__) for name in vars(part) if name.startswith("test_"))
