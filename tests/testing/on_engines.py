"""What puts a state machine on a new SQLite file each time, or on a schema of PostgreSQL that is emptied each time."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from patientportal.adapters.sqlite import SqliteStore
from patientportal.ports.store import Store
from patientportal.testing.machine_base import PredictingMachine


class OnFile(PredictingMachine):
    """Stands before a machine among the bases of a class."""

    def new_store(self) -> Store:
        self.folder = TemporaryDirectory()
        return SqliteStore(Path(self.folder.name) / "clinic.db", durable=False)

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


class OnPostgres(PredictingMachine):
    """Stands before a machine among the bases of a class, which a test tells how an emptied store is opened."""

    emptied: ClassVar[Callable[[], Store]]

    def new_store(self) -> Store:
        return type(self).emptied()
