"""The place where a portal's data is, as a self-check sees it, and a place for trials beside it."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from attrs import field, frozen

from patientportal.ports.store import Store, Transaction, View
from patientportal.self_check.findings import Finding

FOLDER, URL, SCHEMAS = "PATIENTPORTAL_SCRATCH_FOLDER", "PATIENTPORTAL_SCRATCH_URL", "PATIENTPORTAL_SCRATCH_SCHEMAS"
ZONES = "SELECT zone FROM places UNION SELECT zone FROM slots UNION SELECT zone FROM appointments"


@frozen
class Scratch:
    """A place for trials, gone afterwards.

    Attributes:
        folder: an empty one.
        url: a PostgreSQL database; without one, trials are SQLite files in the folder.
        schemas: what the names of the schemas begin with.
    """

    folder: Path
    url: str = field(default="", repr=False)
    schemas: str = ""

    def store(self, folder: Path) -> Store:
        """A store whose data belongs to this folder of the scratch's."""
        if self.url:
            from patientportal.adapters.postgres import PostgresStore

            return PostgresStore(self.url, schema=self.schemas + folder.name)
        from patientportal.adapters.sqlite import SqliteStore

        return SqliteStore(folder / "scratch.db")

    def environment(self) -> dict[str, str]:
        """For another process: its arguments could be read by every user of the machine."""
        return {FOLDER: str(self.folder), URL: self.url, SCHEMAS: self.schemas}


def scratch_of_this_process() -> Scratch:
    """The one that was handed to it."""
    return Scratch(Path(os.environ[FOLDER]), os.environ[URL], os.environ[SCHEMAS])


class Place(Protocol):
    """Where a portal's data is."""

    def step(self, *, must_exist: bool = False) -> int:
        """The last migration that was applied; 0 where there is none.

        Raises:
            ConfigurationError: it can't be reached, or holds something else.
        """

    def findings(self) -> Iterator[Finding]:
        """About the engine, the driver and the place itself."""

    def asked(self, question: str) -> list[tuple[Any, ...]]:
        """What the portal's own tables answer, in a database at this release's step."""

    def scratch(self) -> AbstractContextManager[Scratch | Finding]:
        """A place for trials beside it, or what stands in the way of one."""

    def settings(self, store: Store) -> Iterator[Finding]:
        """What a store's own connections are set to."""


def setting(block: View | Transaction, question: str) -> str:
    """What a store's own connection answers inside a block; the port has no word for it."""
    ((answer,),) = block.connection.rows(question, [])  # type: ignore[union-attr]
    return str(answer)
