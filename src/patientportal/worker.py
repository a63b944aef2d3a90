"""``python -m patientportal work``: a worker in a process of its own."""

import importlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO, TypeVar

from attrs import asdict, define, evolve, field

from patientportal.application.worker.rounds import A_ROUND, may_find_more
from patientportal.application.worker.work import Worked
from patientportal.domain.errors import ConfigurationError, PortalError
from patientportal.portal import Portal
from patientportal.settings import Settings, open_portal_from_env

T = TypeVar("T")

_WORDS = {
    "sent": "sent",
    "postponed": "postponed",
    "given_up": "given up",
    "concluded": "concluded",
    "swept": "forgotten",
    "indexed": "made findable",
}
_OURS = (str(Path(__file__).parent), importlib.__file__, "<frozen ")


class HostError(Exception):
    """A host's own code failed.

    Attributes:
        error: with what, and where in their code.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error: Exception = error.with_traceback(_theirs(error.__traceback__))


@contextmanager
def portal_at(where: str | None, environ: Mapping[str, str], *, tells: bool = True) -> Iterator[Portal]:
    """The portal that a process works for, closed at the end.

    Args:
        where: a database's URL, for a portal of the default policy; or ``package.module:function``, which opens the
            host's own portal; ``None``: the URL of the settings.
        environ: the settings that go with a URL; ``docs/settings.md`` lists them.
        tells: whether it sends notices, so that a mail server must be set.

    Raises:
        ConfigurationError: there is no such function, or a setting is missing or can't be used; it says which and why.
        HostError: the function, or what it stands in, failed.
    """
    if where is not None and "://" not in where:
        with _made_by(where) as portal:
            yield portal
        return
    if not tells:
        with open_portal_from_env(url=where, environ=environ) as portal:
            yield portal
        return
    notifier = Settings(environ).notifier()
    with closing(notifier), open_portal_from_env(url=where, notifier=notifier, environ=environ) as portal:
        yield portal


def run(portal: Portal, *, forever: bool, stop: threading.Event, progress: "Progress") -> Worked:
    """Works until nothing is due, or for ever.

    Args:
        portal: to work for.
        forever: whether to go on when nothing is due, as ``Portal.work_until`` does.
        stop: ends it, after the notice that is under way.
        progress: is told of each round.

    Raises:
        PortalError: what went wrong; with ``forever``, only what a retry can't fix.
    """
    if forever:
        portal.work_until(stop, progress=progress.round)
        return progress.total
    while not stop.is_set():
        worked = portal.work(limit=A_ROUND, stop=stop.is_set)
        progress.round(worked)
        if not may_find_more(worked):
            break
    return progress.total


def stop_on_signals() -> threading.Event:
    """Set by the first SIGINT or SIGTERM; a second one ends the process at once, which loses nothing either."""
    stop = threading.Event()

    def asked(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, asked)
    return stop


@define
class Progress:
    """What was done so far: on a terminal one line that grows, elsewhere a line for each round with work in it."""

    out: TextIO = field(factory=lambda: sys.stdout)
    total: Worked = field(factory=Worked)

    def round(self, worked: Worked) -> None:
        """One more round was made."""
        both = {name: number + getattr(self.total, name) for name, number in asdict(worked).items()}
        self.total = evolve(self.total, **both)
        if self.out.isatty():
            print(f"\r{in_words(self.total)} \x1b[K", end="", file=self.out, flush=True)
        elif worked != Worked():
            print(in_words(worked), file=self.out, flush=True)


def in_words(worked: Worked) -> str:
    """Such as ``3 sent, 1 postponed, 0 given up, 0 concluded, 0 forgotten, 0 made findable``."""
    return ", ".join(f"{getattr(worked, name)} {word}" for name, word in _WORDS.items())


def function_at(where: str, *, setting: str, or_else: str = "") -> Callable[..., Any]:
    """A function of the host's.

    Args:
        where: ``package.module:function``.
        setting: what it was given for.
        or_else: what else might have been given.

    Raises:
        ConfigurationError: there is no such function.
        HostError: the module in which it stands failed.
    """
    module, _, name = where.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), name)):  # nor shown: it may be half a URL
        raise ConfigurationError(setting=setting, reason=f"must be {or_else}package.module:function")
    made = _found(module, name, setting=setting)
    if not callable(made):
        raise ConfigurationError(setting=setting, reason=f"{where} must be a function")
    return made


def made_at(where: str, *, setting: str, or_else: str = "") -> object:
    """What a function of the host's makes.

    Args:
        where: ``package.module:function``.
        setting: what it was given for.
        or_else: what else might have been given.

    Raises:
        ConfigurationError: there is no such function.
        HostError: it failed, or the module in which it stands.
    """
    return _of_theirs(function_at(where, setting=setting, or_else=or_else))


def _made_by(where: str) -> Portal:
    portal = made_at(where, setting="portal", or_else="a database's URL or ")
    if not isinstance(portal, Portal):
        raise ConfigurationError(setting="portal", reason=f"{where} must return a Portal")
    return portal


def _found(module: str, name: str, *, setting: str) -> object:
    """What a host's module calls so; where there is no such module or name, and not where either failed itself."""
    imported = False
    try:
        found = _of_theirs(lambda: importlib.import_module(module))
        imported = True
        return _of_theirs(lambda: getattr(found, name))
    except HostError as failed:
        error = failed.error
        if error.__traceback__ is not None or not isinstance(error, (ModuleNotFoundError, AttributeError)):
            raise
        what = f"{module} has no {name}" if imported else f"{module} can't be imported"
        raise ConfigurationError(setting=setting, reason=f"{what}: {error}") from error


def _of_theirs(call: Callable[[], T]) -> T:
    """What a host's own code gives; what goes wrong in it is shown as theirs."""
    try:
        return call()
    except PortalError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it may be
        raise HostError(error) from None


def _theirs(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without the way on which we came to their code."""
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OURS):
        trace = trace.tb_next
    return trace
