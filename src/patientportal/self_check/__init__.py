"""Checks a database and its environment before a portal relies on them; the report can be kept."""

import platform
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import unquote, urlsplit

from patientportal.adapters.sql.migrations import MIGRATIONS
from patientportal.assembly import no_driver
from patientportal.domain.errors import ConfigurationError
from patientportal.domain.values.zones import is_zone
from patientportal.self_check.books import of_books
from patientportal.self_check.contract import contract_kept
from patientportal.self_check.findings import Finding, Level, note, ok, wrong
from patientportal.self_check.place import ZONES, Place

__all__ = ["Finding", "Level", "place_of", "self_check"]


def self_check(url: str) -> Iterator[Finding]:
    """The findings about a database, one by one; the portal's own tables are only read.

    Raises:
        ConfigurationError: there is nothing to look at, or it can't be reached.
    """
    place = place_of(url)
    step = place.step(must_exist=True)
    yield ok(f"patientportal {_version('patientportal')}, attrs {_version('attrs')}, cattrs {_version('cattrs')}")
    yield ok(f"Python {platform.python_version()} ({platform.system()} {platform.machine()})")
    yield of_step(step)
    yield from place.findings()
    if step == len(MIGRATIONS):
        yield of_zones({name for (name,) in place.asked(ZONES)})
        yield from of_books(place)
    with place.scratch() as scratch:
        if isinstance(scratch, Finding):
            yield scratch
            return
        with closing(scratch.store(scratch.folder)) as store:
            yield from place.settings(store)
        yield from contract_kept(scratch)


def place_of(url: str) -> Place:
    """Where a portal's data is.

    Raises:
        ConfigurationError: the URL names no such place, or the driver for it isn't installed.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme in {"postgresql", "postgres"}:
        try:
            from patientportal.self_check.postgres import PostgresPlace
        except ImportError as error:
            raise no_driver(error) from error
        return PostgresPlace(url)
    if parts.scheme == "sqlite" and not parts.netloc and len(parts.path) > 1:
        from patientportal.self_check.sqlite import SqlitePlace

        return SqlitePlace(Path(unquote(parts.path.removeprefix("/"))))
    raise ConfigurationError(setting="url", reason="must be sqlite:///FILE or postgresql://...")


def of_step(step: int) -> Finding:
    """How far a database is, against this release."""
    known = len(MIGRATIONS)
    if step > known:
        return wrong(f"database: at step {step}, made by a newer release; this one knows {known}")
    if step < known:
        return note(f"database: at step {step} of {known}; migrate, or the next start of a portal brings it there")
    return ok(f"database: at step {step}, which is this release's")


def of_zones(names: set[str]) -> Finding:
    """Whether this machine knows the zones of the places that are stored."""
    unknown = sorted(name for name in names if not is_zone(name))
    if unknown:
        return wrong(
            f"zones: {', '.join(unknown)}: not in this machine's time zone database (tzdata {_version('tzdata')}); "
            "times there are shown in UTC until it is updated"
        )
    return ok(f"zones: all {len(names)} of the stored places are known here")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(run from its source)"
