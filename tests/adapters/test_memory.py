"""The store in memory keeps the promises of every store."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from patientportal.adapters.memory import MemoryStore
from patientportal.domain.errors import TooBusyError
from patientportal.ports.store import Store
from patientportal.testing.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    def new_store(self, tmp_path: Path) -> Callable[[], Store]:
        del tmp_path
        store = MemoryStore()
        return lambda: store


def test_who_waits_longer_than_allowed_is_told_so() -> None:
    store = MemoryStore(wait=timedelta(milliseconds=10))
    inside, over = threading.Event(), threading.Event()

    def hold() -> None:
        with store.transaction():
            inside.set()
            over.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    assert inside.wait(10)
    with pytest.raises(TooBusyError) as caught, store.transaction():
        pytest.fail("two transactions at once")
    over.set()
    holder.join()
    assert caught.value.queue == "store"
    with store.transaction():
        pass
