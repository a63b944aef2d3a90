"""Putting a portal together: the one module that knows every adapter."""

import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from patientportal.adapters.argon2 import Argon2Hasher
from patientportal.adapters.calendar_files import require_extra
from patientportal.adapters.common_passwords import ShippedPasswords
from patientportal.adapters.files import sync_folder
from patientportal.adapters.memory import MemoryStore
from patientportal.adapters.system import SECRET_BYTES, new_secret, new_uuid7, utc_now
from patientportal.application.environment import LINK_PATHS, LinkForm
from patientportal.checked import SECRET_KEY_BYTES_MIN
from patientportal.domain.accounts.links import Purpose
from patientportal.domain.errors import ConfigurationError
from patientportal.domain.events import Recorded
from patientportal.domain.policy import Policy
from patientportal.portal import Portal
from patientportal.ports.catalogue import KINDS
from patientportal.ports.common_passwords import CommonPasswords
from patientportal.ports.hashing import PasswordHasher
from patientportal.ports.notifier import Notifier
from patientportal.ports.observer import Observer
from patientportal.ports.payments import PaymentProcessor
from patientportal.ports.store import Query, Store

KEY_SUFFIX = ".key"
DEFAULT_LINK_BASE_URL = "http://localhost:8000"
POSTGRES_SCHEMES = frozenset({"postgresql", "postgres"})


def open_portal(
    url: str,
    *,
    zone: str | None = None,
    policy: Policy | None = None,
    notifier: Notifier | None = None,
    hasher: PasswordHasher | None = None,
    common_passwords: CommonPasswords | None = None,
    payments: PaymentProcessor | None = None,
    secret_key: bytes | None = None,
    link_base_url: str | None = None,
    link_form: LinkForm = LinkForm.FRAGMENT,
    link_paths: Mapping[Purpose, str] = LINK_PATHS,
    clock: Callable[[], datetime] = utc_now,
    new_id: Callable[[], str] = new_uuid7,
    observe: Observer | None = None,
) -> Portal:
    """Opens a portal on a database, with defaults for everything that isn't given.

    Args:
        url: ``sqlite:///clinic.db`` (beside the program), ``sqlite:////srv/clinic.db`` (absolute),
            ``postgresql://user@host/database`` (with the extra ``postgres``) or ``memory://``.
        zone: the practice's IANA zone, for a policy of defaults. Give this or ``policy``.
        policy: the practice's limits.
        notifier: sends notices; ``None``: ``work`` raises when there is something to send.
        hasher: ``None``: argon2id.
        common_passwords: a list of your own; ``None``: the one that is shipped.
        payments: charges what patients pay; ``None``: nothing can be paid (``docs/payments.md``).
        secret_key: at least 32 random bytes, the same in every process; ``None``: one is kept in a file beside the
            SQLite database (``clinic.db.key``, for its owner alone; no new one is made beside a database in use), or a
            random one is made with ``memory://``; PostgreSQL needs one given.
        link_base_url: what mailed links begin with; https, or http for this machine; ``None``:
            ``http://localhost:8000``, for trying things out; PostgreSQL needs one given.
        link_form: where in a link its secret stands.
        link_paths: which page below ``link_base_url`` a kind of link leads to (``docs/http.md``).
        clock: returns the current time, aware.
        new_id: returns fresh ids.
        observe: told of every call, for metrics (``docs/observing.md``); ``None``: nobody is.

    Raises:
        ConfigurationError: an argument or the database can't be used; it says which and why.

    >>> with open_portal("memory://", zone="America/New_York") as portal:
    ...     portal
    Portal(MemoryStore, zone='America/New_York')
    """
    if (zone is None) == (policy is None):
        raise ConfigurationError(setting="zone", reason="give either zone or policy")
    policy = policy or Policy(zone=zone or "")
    if policy.notices.calendar_entries:
        _require_calendar_files()
    store, key = opened(url)
    try:
        return Portal(
            store=store,
            notifier=notifier,
            hasher=hasher or Argon2Hasher(),
            common_passwords=common_passwords or ShippedPasswords(),
            payments=payments,
            policy=policy,
            secret_key=key() if secret_key is None else secret_key,
            link_base_url=_usual_base_url(url) if link_base_url is None else link_base_url,
            link_form=link_form,
            link_paths=link_paths,
            clock=clock,
            new_id=new_id,
            new_secret=new_secret,
            observe=observe,
        )
    except BaseException:
        store.close()
        raise


def _require_calendar_files() -> None:
    try:
        require_extra()
    except ImportError as error:
        raise ConfigurationError(setting="notices.calendar_entries", reason="install patientportal[ical]") from error


def _usual_base_url(url: str) -> str:
    """Where patients may read their mail on the machine that the portal is on."""
    if _parts_of(url).scheme in POSTGRES_SCHEMES:
        raise ConfigurationError(setting="link_base_url", reason="give one: it is what mailed links begin with")
    return DEFAULT_LINK_BASE_URL


def opened(url: object) -> tuple[Store, Callable[[], bytes]]:
    """The store, brought to this release's step, and what gives its portal's key where the host doesn't."""
    if not isinstance(url, str):
        raise TypeError(f"url must be str, not {type(url).__name__}")
    parts = _parts_of(url)
    if parts.scheme == "memory":
        return MemoryStore(), partial(os.urandom, SECRET_BYTES)
    if parts.scheme in POSTGRES_SCHEMES:
        return _postgres(url), _no_key
    if parts.scheme == "sqlite" and not parts.netloc and len(parts.path) > 1:
        from patientportal.adapters.sqlite import SqliteStore

        path = Path(unquote(parts.path.removeprefix("/")))
        store = SqliteStore(path)
        return store, partial(_kept_key, path.with_name(path.name + KEY_SUFFIX), store)
    raise ConfigurationError(setting="url", reason="must be sqlite:///FILE, postgresql://... or memory://")


def _parts_of(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _postgres(url: str) -> Store:
    try:
        from patientportal.adapters.postgres import PostgresStore
    except ImportError as error:
        raise no_driver(error) from error
    return PostgresStore(url)


def no_driver(error: ImportError) -> ConfigurationError:
    """What helps where PostgreSQL's driver can't be imported, and why it can't: it may be there without its libpq."""
    why, *_ = str(error).splitlines() or [""]
    return ConfigurationError(setting="url", reason=f"install patientportal[postgres] ({why})")


def _no_key() -> bytes:
    raise ConfigurationError(setting="secret_key", reason="give one: every app server needs the same")


def _kept_key(path: Path, store: Store) -> bytes:
    """The key in a file; the first process makes it whole before anybody sees it, and nobody once it was used."""
    try:
        if not path.exists():
            was_used = _is_used(store)
            if was_used and not path.exists():  # whoever has used it since has made it first
                reason = f"{path.name} is missing beside a database in use: put the one from your backup there"
                raise ConfigurationError(setting="secret_key", reason=reason)
            _keep_key(path)
        key = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(setting="secret_key", reason="its file can't be read or made") from error
    if len(key) < SECRET_KEY_BYTES_MIN:
        raise ConfigurationError(setting="secret_key", reason="its file holds no key")
    return key


def _is_used(store: Store) -> bool:
    """Whether anything has happened in a database."""
    with store.view() as view:
        return bool(view.select(Query(state=Recorded, order=KINDS[Recorded].key, limit=1)))


def _keep_key(path: Path) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(os.urandom(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(name, path)
        sync_folder(path.parent)
    finally:
        Path(name).unlink()
