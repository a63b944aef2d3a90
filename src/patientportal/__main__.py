"""``python -m patientportal``: what whoever runs a portal does from a shell."""

import argparse
import logging
import os
import platform
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NoReturn

from patientportal.adapters.sql.migrations import MIGRATIONS
from patientportal.application.audit.restoring import AfterRestore
from patientportal.assembly import opened
from patientportal.domain.errors import ConfigurationError, PortalError
from patientportal.self_check import Level, place_of, self_check
from patientportal.self_check.sqlite import SqlitePlace

OR_SETTING = "without it, the setting PATIENTPORTAL_URL"
WHERE = "sqlite:///FILE (relative), sqlite:////FILE (absolute) or postgresql://HOST/DATABASE"


def migrate(given: argparse.Namespace) -> int:
    """Bring a database to this release's step; portals may be open on it."""
    place = place_of(given.url)
    before = place.step()
    store, _ = opened(given.url)  # no portal, which would need a key and a zone: those are the host's
    store.close()
    after = place.step()
    _say(f"up to date: step {after}" if before == after else f"migrated from step {before} to step {after}")
    return 0


def check(given: argparse.Namespace) -> int:
    """Look whether a database and its surroundings are fit for a portal, and print a report; nothing is changed."""
    _say(f"patientportal check: ok, note or WRONG; this release keeps its data at step {len(MIGRATIONS)}")
    count = dict.fromkeys(Level, 0)
    for finding in self_check(given.url):
        count[finding.level] += 1
        _say(str(finding))
    _say(", ".join(f"{number} {level.value}" for level, number in count.items()))
    return int(count[Level.WRONG] > 0)


def work(given: argparse.Namespace) -> int:
    """Tell people what is due, and forget what has long been over; any number of workers may run."""
    from patientportal.worker import HostError, Progress, in_words, portal_at, run, stop_on_signals

    stop = stop_on_signals()
    try:
        with portal_at(given.where, os.environ) as portal:
            logging.basicConfig(format="%(name)s: %(message)s")  # what a host has set up itself stands
            total = run(portal, forever=given.forever, stop=stop, progress=Progress())
    except HostError as failed:
        traceback.print_exception(failed.error)
        return 1
    _say(f"{'stopped' if stop.is_set() else 'done'}: {in_words(total)}")
    return 0


def serve(given: argparse.Namespace) -> int:
    """Show the portal in browsers, behind whatever speaks TLS for it; any number of these may run on PostgreSQL."""
    try:
        from patientportal.serving import application, listen, working
    except ImportError:
        raise ConfigurationError(setting="serve", reason="needs pip install 'patientportal[web]'") from None
    from patientportal.settings import Settings
    from patientportal.worker import HostError, function_at, made_at, portal_at

    logging.basicConfig(format="%(name)s: %(message)s", level=logging.INFO)
    try:
        staff = None if given.staff is None else function_at(given.staff, setting="staff")
        with portal_at(given.where, os.environ, tells=given.work) as portal:
            form = None if given.payment_form is None else made_at(given.payment_form, setting="payment_form")
            app = application(portal, Settings(os.environ), staff=staff, payment_form=form)
            _say(f"{portal.link_base_url} is served at http://{given.host}:{given.port}; Ctrl-C ends it")
            with working(portal) if given.work else nullcontext():
                listen(app, host=given.host, port=given.port)
    except HostError as failed:
        traceback.print_exception(failed.error)
        return 1
    return 0


def backup(given: argparse.Namespace) -> int:
    """Make a whole copy of a SQLite file and its key while portals go on; of PostgreSQL, say how."""
    from patientportal.backups import back_up

    place = place_of(given.url)
    if not isinstance(place, SqlitePlace):
        _say("nothing was copied; PostgreSQL has a command of its own, and the key is where you keep it:")
        _say("  pg_dump --format=custom --schema=patientportal --file=clinic.dump DATABASE")
        return 1
    has_key = back_up(place, given.to)
    _say(f"backed up to {given.to.name}" + (" and its key beside it" if has_key else ""))
    if not has_key:
        _say("no key stood beside the file: keep the secret_key= of your portal where your other secrets are")
    return 0


def restore(given: argparse.Namespace) -> int:
    """Put a copy in the place of a SQLite file that nobody has open, and end every session and link in it."""
    from patientportal.backups import BEFORE
    from patientportal.backups import restore as put_back

    place = place_of(given.url)
    if not isinstance(place, SqlitePlace):
        _say("nothing was put back; PostgreSQL has a command of its own; afterwards, run `restored`:")
        _say("  pg_restore --clean --if-exists --dbname=DATABASE clinic.dump")
        return 1
    was_there = place.path.exists()
    report = put_back(given.copy, place)
    _say(f"put back {given.copy.name}" + (f"; what stood there is in {place.path.name}{BEFORE}" if was_there else ""))
    _compare(report)
    return 0


def restored(given: argparse.Namespace) -> int:
    """End every session and link of a database that was put back by other means, and say what to compare."""
    from patientportal.backups import end_all

    place_of(given.url).step(must_exist=True)
    store, _ = opened(given.url)
    _compare(end_all(store))
    return 0


def _compare(report: AfterRestore) -> None:
    """What somebody must do now, with the payment processor's own list at hand."""
    _say(f"ended {report.sessions_ended} sessions and {report.links_ended} links: invite again who hadn't used theirs")
    _say(f"the copy knows nothing that happened after {report.last_at or 'the beginning'}")
    _say("compare with the payment processor (docs/restore.md): every charge and refund since then, and")
    for one in report.open_payments:
        _say(f"  {one.status} {one.payment_id} {one.amount}, asked for {one.requested_at}")
    _say(f"  {len(report.open_payments)} payments whose end the copy doesn't know; workers ask for these by themselves")


COMMANDS: tuple[Callable[[argparse.Namespace], int], ...] = (migrate, check, work, serve, backup, restore, restored)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Says how it is used, and nothing of what was typed: that may be a URL with a password."""
        del message
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: that isn't a command; -h explains\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and gives its exit code."""
    given = _parser().parse_args(arguments)
    try:
        return _done(given)
    except PortalError as error:
        print(f"patientportal: {error}", file=sys.stderr)  # noqa: T201 - for a shell
        return 1


def _done(given: argparse.Namespace) -> int:
    """Runs a command on the database that was typed, or that the settings name."""
    command: Callable[[argparse.Namespace], int] = given.command
    if getattr(given, "url", "") is not None:
        return command(given)
    from patientportal.settings import Settings

    settings = Settings(os.environ)
    with settings.named(with_url=True):
        given.url = settings.url()
        return command(given)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m patientportal", description="What whoever runs a portal does from a shell.")
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        about = (command.__doc__ or "").rstrip(".")
        one = commands.add_parser(command.__name__, help=about, description=about)
        one.set_defaults(command=command)
        if command in {work, serve}:
            found = f"{WHERE}, or package.module:function, which opens a portal; {OR_SETTING}"
            one.add_argument("where", metavar="URL", nargs="?", help=found)
        if command is work:
            one.add_argument("--forever", action="store_true", help="go on until SIGINT or SIGTERM")
        if command is serve:
            one.add_argument("--host", default="127.0.0.1", help="the address to listen at (127.0.0.1)")
            one.add_argument("--port", type=int, default=8000, help="the port (8000)")
            one.add_argument(
                "--work", action="store_true", help="tell people what is due, too, as `work --forever` does"
            )
            staff = "package.module:function, which says who of the staff asks; without it there is no desk"
            one.add_argument("--staff", help=staff)
            form = "package.module:function, which makes the form that asks with what a patient pays"
            one.add_argument("--payment-form", help=form)
        if command in {work, serve}:
            continue
        if command is restore:
            one.add_argument("copy", metavar="FROM", type=Path, help="a file that `backup` made")
        one.add_argument("url", metavar="URL", nargs="?", help=f"{WHERE}; {OR_SETTING}")
        if command is backup:
            one.add_argument("to", metavar="TO", type=Path, help="a file that isn't there yet")
    return parser


def _version() -> str:
    try:
        release = version("patientportal")
    except PackageNotFoundError:
        release = "of a folder that isn't installed"
    return f"patientportal {release}, database step {len(MIGRATIONS)}, Python {platform.python_version()}"


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - for a shell


if __name__ == "__main__":
    sys.exit(main())
