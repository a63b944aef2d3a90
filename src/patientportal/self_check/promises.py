"""What ``check`` hands to pytest: the contract of the stores, on the scratch place that its environment names."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from patientportal.ports.store import Store
from patientportal.self_check.place import scratch_of_this_process
from patientportal.testing.store_contract import StoreContract


class TestHere(StoreContract):
    """A store on this machine's engine."""

    def new_store(self, tmp_path: Path) -> Callable[[], Store]:
        """See ``StoreContract.new_store``."""
        return partial(scratch_of_this_process().store, tmp_path)
