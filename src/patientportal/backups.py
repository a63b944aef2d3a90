"""``python -m patientportal backup`` and ``restore``: whole copies of one SQLite file, and putting one back."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from patientportal.adapters.argon2 import Argon2Hasher
from patientportal.adapters.common_passwords import ShippedPasswords
from patientportal.adapters.files import sync, sync_folder
from patientportal.adapters.sqlite import SqliteStore
from patientportal.adapters.system import new_secret, new_uuid7, utc_now
from patientportal.application.audit.restoring import AfterRestore
from patientportal.assembly import DEFAULT_LINK_BASE_URL, KEY_SUFFIX
from patientportal.checked import SECRET_KEY_BYTES_MIN
from patientportal.domain.errors import ConfigurationError
from patientportal.domain.policy import Policy
from patientportal.portal import Portal
from patientportal.ports.store import Store
from patientportal.self_check.sqlite import SqlitePlace

BEFORE, MAKING = ".before-restore", ".making"
LEFTOVERS = ("-wal", "-shm")
PENDING_BYTE, LOCK_BYTES = 0x40000000, 512  # https://www.sqlite.org/src/file/src/os.h: what every connection locks
PROCESSES = Path("/proc")


def back_up(place: SqlitePlace, to: Path) -> bool:
    """Makes a whole copy of a file while portals go on, and one of its key; who reads it is its owner alone.

    Args:
        place: the file.
        to: the copy, which isn't there yet.

    Returns:
        Whether there was a key beside it.

    Raises:
        ConfigurationError: there is no portal's file, the copy is there already, or can't be made.
    """
    place.step(must_exist=True)
    _require_free(to, setting="copy")
    _require_free(beside(to, KEY_SUFFIX), setting="copy")
    with _making(to) as copy:
        _copied(place.path, copy)
        key = beside(place.path, KEY_SUFFIX)
        has_key = key.exists()
        if has_key:
            _keep_key(key, beside(to, KEY_SUFFIX))
        copy.replace(to)
        sync_folder(to.parent)
    return has_key


def restore(copy: Path, place: SqlitePlace) -> AfterRestore:
    """Puts a copy in the place of a file that nobody has open, with every session and open link in it ended.

    What stood there stays beside it, with ``.before-restore`` behind its name.

    Args:
        copy: what ``back_up`` made, or another whole copy.
        place: the file.

    Raises:
        ConfigurationError: somebody has the file open, the copy is none of a portal, or something can't be done.
    """
    SqlitePlace(copy).step(must_exist=True)
    path = place.path
    for suffix in ("", *LEFTOVERS, KEY_SUFFIX):
        _require_free(beside(path, BEFORE + suffix), setting="restore")
    with _making(path) as made:
        _copied(copy, made)
        report = _ended(made)
        sync(made)
        with _alone(path):
            _swap(made, path)
        _restore_key(copy, path)
        sync_folder(path.parent)
    return report


def beside(path: Path, suffix: str) -> Path:
    """The file whose name has this behind it."""
    return path.with_name(path.name + suffix)


def _require_free(path: Path, *, setting: str) -> None:
    if path.exists():
        raise ConfigurationError(setting=setting, reason=f"{path.name} is there already: move it away first")


@contextmanager
def _making(path: Path) -> Iterator[Path]:
    """A new file for its owner alone, which is gone afterwards unless it was renamed."""
    made = beside(path, MAKING)
    try:
        os.close(os.open(made, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        raise ConfigurationError(setting="copy", reason=f"{made.name} is left over from before: remove it") from None
    except OSError as error:
        raise ConfigurationError(setting="copy", reason="it can't be made in that folder") from error
    try:
        yield made
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "sqlite_errorname", type(error).__name__)
        raise ConfigurationError(setting="copy", reason=f"it can't be made ({reason})") from error
    finally:
        for suffix in ("", *LEFTOVERS):
            with suppress(FileNotFoundError):
                beside(made, suffix).unlink()


def _copied(source: Path, target: Path) -> None:
    """One moment of a file that others may go on writing; the copy is one file, whole and on the disk."""
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True)) as from_,
        closing(sqlite3.connect(target)) as to,
    ):
        from_.backup(to)
        to.execute("PRAGMA journal_mode=DELETE")
        if to.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise ConfigurationError(setting="copy", reason="SQLite finds it damaged")
    sync(target)


def _keep_key(key: Path, to: Path) -> None:
    handle = os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key.read_bytes())
        file.flush()
        os.fsync(file.fileno())


def end_all(store: Store) -> AfterRestore:
    """Closes a store once nothing in it lets anybody in, and says what it knows; no key, zone or policy decides it."""
    with Portal(
        store=store,
        notifier=None,
        hasher=Argon2Hasher(),
        policy=Policy(zone="Etc/UTC"),
        common_passwords=ShippedPasswords(),
        secret_key=os.urandom(SECRET_KEY_BYTES_MIN),
        link_base_url=DEFAULT_LINK_BASE_URL,
        clock=utc_now,
        new_id=new_uuid7,
        new_secret=new_secret,
    ) as portal:
        return portal.after_restore()


def _ended(made: Path) -> AfterRestore:
    """What the copy says once nothing in it lets anybody in; it is synced later, as nobody else has it yet."""
    report = end_all(SqliteStore(made, durable=False))
    if beside(made, "-wal").exists():
        raise ConfigurationError(setting="copy", reason="SQLite hasn't written it whole")
    return report


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Nobody has the file open, and whoever opens it meanwhile waits.

    A connection in WAL mode keeps a lock on these bytes from its first read on, idle or not. One that has only opened
    the file holds none: where the system lists open files, it is looked for by these, too.
    """
    if not path.exists():
        yield
        return
    try:
        import fcntl
    except ImportError:
        raise ConfigurationError(setting="restore", reason="this system can't say who has the file open") from None
    with path.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, LOCK_BYTES, PENDING_BYTE)
        except OSError:
            raise _in_use() from None
        if _is_open_elsewhere(file.fileno()):
            raise _in_use()
        yield
        if _is_open_elsewhere(file.fileno()):
            _swap_back(path)
            raise _in_use()


def _in_use() -> ConfigurationError:
    return ConfigurationError(
        setting="restore", reason="somebody has the file open: stop the portal and every worker, on every machine"
    )


def _is_open_elsewhere(handle: int) -> bool:
    """Whether the system says that another process has this file; one that may not be looked into isn't seen."""
    wanted, mine = os.fstat(handle), str(os.getpid())
    for process in PROCESSES.glob("[0-9]*"):
        with suppress(OSError):
            for one in (process / "fd").iterdir() if process.name != mine else ():
                with suppress(OSError):
                    if os.path.samestat(one.stat(), wanted):
                        return True
    return False


def _swap(made: Path, path: Path) -> None:
    """The copy takes the file's place in one rename; what the file's log holds stays with the file.

    Who is killed on the way has lost nothing: the file and its log are both there, under their other names.
    """
    for suffix in ("", "-wal"):
        if beside(path, suffix).exists():
            os.link(beside(path, suffix), beside(path, BEFORE + suffix))
    sync_folder(path.parent)
    for suffix in LEFTOVERS:
        with suppress(FileNotFoundError):
            beside(path, suffix).unlink()
    made.replace(path)


def _swap_back(path: Path) -> None:
    for suffix in ("-wal", ""):
        with suppress(FileNotFoundError):
            beside(path, BEFORE + suffix).replace(beside(path, suffix))


def _restore_key(copy: Path, path: Path) -> None:
    """The key that the copy was made with; another one that stood there stays beside it."""
    theirs, mine = beside(copy, KEY_SUFFIX), beside(path, KEY_SUFFIX)
    if not theirs.exists() or (mine.exists() and mine.read_bytes() == theirs.read_bytes()):
        return
    if mine.exists():
        shutil.copy2(mine, beside(path, BEFORE + KEY_SUFFIX))
    made = beside(mine, MAKING)
    _keep_key(theirs, made)
    made.replace(mine)
