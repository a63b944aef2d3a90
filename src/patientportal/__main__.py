"""``python -m patientportal``: what whoever runs a portal does from a shell."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from patientportal.adapters.sql.migrations import MIGRATIONS
from patientportal.assembly import DEFAULT_LINK_BASE_URL, open_portal
from patientportal.domain.errors import PortalError
from patientportal.portal import SECRET_KEY_BYTES_MIN
from patientportal.self_check import Level, place_of, self_check

WHERE = "sqlite:///FILE (relative), sqlite:////FILE (absolute) or postgresql://HOST/DATABASE"


def migrate(given: argparse.Namespace) -> int:
    """Bring a database to this release's step; portals may be open on it."""
    place = place_of(given.url)
    before = place.step()
    # Neither is of use to a portal that is closed at once; without a key a file of keys would be made.
    key = os.urandom(SECRET_KEY_BYTES_MIN)
    open_portal(given.url, zone="Etc/UTC", secret_key=key, link_base_url=DEFAULT_LINK_BASE_URL).close()
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
    from patientportal.worker import Progress, in_words, portal_at, run, stop_on_signals

    stop = stop_on_signals()
    with portal_at(given.where, os.environ) as portal:
        total = run(portal, forever=given.forever, stop=stop, progress=Progress())
    _say(f"{'stopped' if stop.is_set() else 'done'}: {in_words(total)}")
    return 0


COMMANDS: tuple[Callable[[argparse.Namespace], int], ...] = (migrate, check, work)


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
        code: int = given.command(given)
    except PortalError as error:
        print(f"patientportal: {error}", file=sys.stderr)  # noqa: T201 - for a shell
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m patientportal", description="What whoever runs a portal does from a shell.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        about = (command.__doc__ or "").rstrip(".")
        one = commands.add_parser(command.__name__, help=about, description=about)
        one.set_defaults(command=command)
        if command is work:
            one.add_argument("where", metavar="URL", help=f"{WHERE}, or package.module:function, which opens a portal")
            one.add_argument("--forever", action="store_true", help="go on until SIGINT or SIGTERM")
        else:
            one.add_argument("url", metavar="URL", help=WHERE)
    return parser


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - for a shell


if __name__ == "__main__":
    sys.exit(main())
