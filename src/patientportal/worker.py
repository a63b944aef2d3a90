"""``python -m patientportal work``: a worker in a process of its own."""

import importlib
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TextIO, TypeVar

from attrs import asdict, define, evolve, field

from patientportal.adapters.mail_words import ENGLISH, MailWords
from patientportal.adapters.smtp import Security, SmtpNotifier
from patientportal.application.environment import LinkForm
from patientportal.application.worker.work import Worked
from patientportal.assembly import open_portal
from patientportal.domain.errors import (
    AdapterError,
    ConfigurationError,
    ConflictError,
    OutcomeUnknownError,
    PortalError,
    TooBusyError,
)
from patientportal.portal import Portal

T = TypeVar("T")

PREFIX = "PATIENTPORTAL_"
A_ROUND = 100
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 15.0
_PASSING = (AdapterError, ConflictError, OutcomeUnknownError, TooBusyError)
_WORDS = {
    "sent": "sent",
    "postponed": "postponed",
    "given_up": "given up",
    "concluded": "concluded",
    "swept": "forgotten",
    "indexed": "made findable",
}


@contextmanager
def portal_at(where: str, environ: Mapping[str, str]) -> Iterator[Portal]:
    """The portal that a worker works for, closed at the end.

    Args:
        where: a database's URL, for a portal of the default policy; or ``package.module:function``, which opens the
            host's own portal.
        environ: the settings that go with a URL; ``docs/operations.md`` lists them.

    Raises:
        ConfigurationError: there is no such function, or a setting is missing or can't be used; it says which and why.
    """
    if "://" not in where:
        with _made_by(where) as portal:
            yield portal
        return
    given = _Settings(environ)
    notifier = _notifier(given)
    with (
        closing(notifier),
        open_portal(
            where,
            zone=given.text("ZONE"),
            notifier=notifier,
            secret_key=given.secret("SECRET_KEY_FILE"),
            link_base_url=given.text("LINK_BASE_URL"),
            link_form=given.one_of("LINK_FORM", {form.value: form for form in LinkForm}, LinkForm.FRAGMENT),
        ) as portal,
    ):
        yield portal


def run(portal: Portal, *, forever: bool, stop: threading.Event, progress: "Progress") -> Worked:
    """Works until nothing is due, or for ever: then a pause of at most 15 seconds follows a round that told nobody.

    A database that can't be reached for a while doesn't end a worker that works for ever.

    Args:
        portal: to work for.
        forever: whether to go on when nothing is due.
        stop: ends it, after the notice that is under way.
        progress: is told of each round.

    Raises:
        PortalError: what went wrong; with ``forever``, only what a retry can't fix.
    """
    pause_s = SHORTEST_PAUSE_S
    while not stop.is_set():
        worked = _round(portal, stop, progress if forever else None)
        if worked is not None:
            progress.round(worked)
        if worked is not None and _may_find_more(worked):
            pause_s = SHORTEST_PAUSE_S
        elif forever:
            stop.wait(random.uniform(pause_s / 2, pause_s))  # noqa: S311 - only a pause
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        else:
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

    def trouble(self, error: PortalError) -> None:
        """A round failed."""
        print(f"patientportal: {error}; trying again", file=sys.stderr, flush=True)  # noqa: T201 - for a shell


def in_words(worked: Worked) -> str:
    """Such as ``3 sent, 1 postponed, 0 given up, 0 concluded, 0 forgotten, 0 made findable``."""
    return ", ".join(f"{getattr(worked, name)} {word}" for name, word in _WORDS.items())


def _round(portal: Portal, stop: threading.Event, forgiving: Progress | None) -> Worked | None:
    try:
        return portal.work(limit=A_ROUND, stop=stop.is_set)
    except _PASSING as error:
        if forgiving is None:
            raise
        forgiving.trouble(error)
        return None


def _may_find_more(worked: Worked) -> bool:
    """Whether another round may get on at once; one that only postponed a little leaves the mail server in peace."""
    return evolve(worked, postponed=0) != Worked() or worked.postponed >= A_ROUND


def _made_by(where: str) -> Portal:
    module, _, name = where.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), name)):  # nor shown: it may be half a URL
        raise ConfigurationError(setting="portal", reason="must be a database's URL or package.module:function")
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        raise ConfigurationError(setting="portal", reason=f"{module} can't be imported: {error}") from error
    try:
        make: Callable[[], object] = getattr(found, name)
    except (AttributeError, ImportError) as error:
        raise ConfigurationError(setting="portal", reason=f"{module} has no {name}: {error}") from error
    if not callable(make):
        raise ConfigurationError(setting="portal", reason=f"{where} must be a function")
    portal = make()
    if not isinstance(portal, Portal):
        raise ConfigurationError(setting="portal", reason=f"{where} must return a Portal")
    return portal


def _notifier(given: "_Settings") -> SmtpNotifier:
    by_name = {security.name.lower(): security for security in Security}
    name = "SMTP_TOKEN_FILE"  # whose token another program renews: read again for each log-in
    password, token = given.secret("SMTP_PASSWORD_FILE"), given.secret(name)
    return SmtpNotifier(
        given.text("SMTP_HOST"),
        words=_mails(given.environ.get(f"{PREFIX}LANGUAGES")),
        port=given.port("SMTP_PORT"),
        security=given.one_of("SMTP_SECURITY", by_name, Security.STARTTLS),
        sender=given.text("SENDER"),
        practice=given.text("PRACTICE"),
        phone=given.environ.get(f"{PREFIX}PHONE"),
        reply_to=given.environ.get(f"{PREFIX}REPLY_TO"),
        username=given.environ.get(f"{PREFIX}SMTP_USERNAME"),
        password=None if password is None else _as_text(password, name="SMTP_PASSWORD_FILE"),
        token=None if token is None else lambda: _as_text(given.secret(name) or b"", name=name),
    )


def _mails(languages: str | None) -> tuple[MailWords, ...]:
    """The texts of mails in each language that a setting lists, such as ``en-US,es-US``; ``None``: the core's."""
    if languages is None:
        return (ENGLISH,)
    try:
        from patientportal.words import mails
    except ImportError as error:
        raise ConfigurationError(setting=f"{PREFIX}LANGUAGES", reason=str(error)) from None
    found = {tag: mails(tag) for tag in map(str.strip, languages.split(","))}
    for tag, words in found.items():
        if not tag.replace("-", "").isalnum() or words.language != tag.partition("-")[0]:
            raise ConfigurationError(setting=f"{PREFIX}LANGUAGES", reason="there are no words in one of these")
    return tuple(found.values())


def _as_text(secret: bytes, *, name: str) -> str:
    try:
        return secret.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ConfigurationError(setting=PREFIX + name, reason="its file holds no text") from None


@define
class _Settings:
    """Settings out of the environment; secrets out of files, because an environment is easily shown."""

    environ: Mapping[str, str] = field(repr=False)

    def text(self, name: str) -> str:
        value = self.environ.get(PREFIX + name, "")
        if not value:
            raise ConfigurationError(setting=PREFIX + name, reason="is not set")
        return value

    def port(self, name: str) -> int | None:
        value = self.environ.get(PREFIX + name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit()):
            raise ConfigurationError(setting=PREFIX + name, reason="must be a number")
        return int(value[:6])

    def one_of(self, name: str, values: Mapping[str, T], usual: T) -> T:
        value = self.environ.get(PREFIX + name)
        if value is None:
            return usual
        if value not in values:
            raise ConfigurationError(setting=PREFIX + name, reason=f"must be one of {', '.join(values)}")
        return values[value]

    def secret(self, name: str) -> bytes | None:
        file = self.environ.get(PREFIX + name)
        if file is None:
            return None
        try:
            return Path(file).read_bytes()
        except (OSError, ValueError) as error:  # which names the file, and somebody may have set the secret itself
            why = getattr(error, "strerror", None) or "no file has such a name"
            raise ConfigurationError(setting=PREFIX + name, reason=f"its file can't be read: {why}") from None
