"""The store on a real PostgreSQL keeps the promises of every store."""

from collections.abc import Callable
from pathlib import Path

import pytest

from patientportal.ports.store import Store
from patientportal.testing.store_contract import StoreContract


class TestPostgresStore(StoreContract):
    @pytest.fixture(autouse=True)
    def on_a_server(self, postgres: Callable[[], Store]) -> None:
        self.opened = postgres

    def new_store(self, tmp_path: Path) -> Callable[[], Store]:
        del tmp_path
        return self.opened
