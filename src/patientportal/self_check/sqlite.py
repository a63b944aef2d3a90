"""What a self-check looks at where a portal's data is one SQLite file."""

import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from patientportal.adapters.sql.migrations import APPLIED
from patientportal.assembly import KEY_SUFFIX
from patientportal.checked import SECRET_KEY_BYTES_MIN
from patientportal.domain.errors import ConfigurationError
from patientportal.ports.store import Store
from patientportal.self_check.findings import Finding, expected, note, ok, wrong
from patientportal.self_check.place import Scratch, setting

OLDEST = (3, 37, 0)  # STRICT tables
FAULTY_FROM, FAULTY_BEFORE = (3, 7, 0), (3, 51, 3)
SYNCHRONOUS = {"0": "OFF", "1": "NORMAL", "2": "FULL", "3": "EXTRA"}
OTHERS = stat.S_IRWXG | stat.S_IRWXO
Version = tuple[int, int, int]


@frozen
class SqlitePlace:
    """A file, and what lies beside it."""

    path: Path

    def step(self, *, must_exist: bool = False) -> int:
        """See ``Place.step``."""
        if not self.path.exists():
            if must_exist:
                raise ConfigurationError(setting="database", reason="there is no such file; migrate makes it")
            return 0
        _require_owner(self.path)
        try:
            tables = {name for (name,) in self.asked("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if "portal_migrations" in tables:
                return int(self.asked(APPLIED)[0][0])
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", type(error).__name__)
            raise ConfigurationError(setting="database", reason=f"the file can't be read ({name})") from error
        if tables:
            raise ConfigurationError(setting="database", reason="the file holds something other than a portal")
        return 0

    def findings(self) -> Iterator[Finding]:
        """See ``Place.findings``."""
        yield ok(f"engine: SQLite {sqlite3.sqlite_version}, Python's own driver")
        yield from of_release(sqlite3.sqlite_version_info)
        if self.path.stat().st_size:
            yield expected("journal mode of the file", str(self.asked("PRAGMA journal_mode")[0][0]), wanted="wal")
        if os.name != "posix":
            yield note("files: who may read them is not looked at on this system")
            return
        for suffix in ("", "-wal", "-shm"):
            if (file := self.path.with_name(self.path.name + suffix)).exists():
                yield of_access(file)
        yield from of_key(self.path.with_name(self.path.name + KEY_SUFFIX))

    def asked(self, question: str) -> list[tuple[Any, ...]]:
        """See ``Place.asked``."""
        with closing(sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            return connection.execute(question).fetchall()

    @contextmanager
    def scratch(self) -> Iterator[Scratch | Finding]:
        """See ``Place.scratch``: in the same folder, because the drive matters."""
        try:
            made = tempfile.TemporaryDirectory(dir=self.path.absolute().parent, prefix=".portal-check-")
        except OSError as error:
            raise ConfigurationError(setting="database", reason="nothing can be written in its folder") from error
        with made as folder:
            yield Scratch(Path(folder))

    def settings(self, store: Store) -> Iterator[Finding]:
        """See ``Place.settings``."""
        with store.view() as view:
            yield expected("synchronous", SYNCHRONOUS[setting(view, "PRAGMA synchronous")], wanted="FULL")
            keys = "on" if setting(view, "PRAGMA foreign_keys") == "1" else "off"
            yield expected("foreign keys", keys, wanted="on")
            yield expected("journal mode here", setting(view, "PRAGMA journal_mode"), wanted="wal")


def of_release(release: Version) -> Iterator[Finding]:
    """What is known about a release of SQLite."""
    if release < OLDEST:
        yield wrong("engine: this SQLite is too old; it takes 3.37.0 or later")
    if FAULTY_FROM <= release < FAULTY_BEFORE:
        yield note(
            "engine: SQLite 3.7.0 to 3.51.2 can, rarely, corrupt a file when several connections checkpoint at once "
            "(WAL reset, fixed in 3.51.3); prefer 3.51.3 or later where many processes write"
        )


def of_access(path: Path) -> Finding:
    """Whether a file is its owner's alone."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & OTHERS:
        return wrong(f"{path.name}: mode {mode:04o} lets others in; chmod 600 it")
    return ok(f"{path.name}: mode {mode:04o}, its owner's alone")


def of_key(path: Path) -> Iterator[Finding]:
    """The key that a portal keeps beside its file unless the host gives one."""
    if not path.exists():
        yield note(
            f"{path.name}: not there; unless secret_key= is given, the first start of a portal makes it, and beside a"
            " database in use it must be put back"
        )
        return
    yield of_access(path)
    if path.stat().st_size < SECRET_KEY_BYTES_MIN:
        yield wrong(f"{path.name}: holds no key; put the one from your backup there")


def _require_owner(path: Path) -> None:
    """Another user's ``-wal`` and ``-shm`` would lock the portal out; SQLite hands root's to the file's owner."""
    if os.name == "posix" and os.geteuid() not in {0, path.stat().st_uid}:
        raise ConfigurationError(setting="database", reason="the file belongs to another user; run this as that one")
