"""Prints every figure, with its goal where there is one; it always ends well, for figures aren't tests."""

import argparse
import json
import os
import platform
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from attrs import asdict

from benchmarks import (
    appointments,
    deliveries,
    desk,
    distance,
    fastapi_app,
    growth,
    imports,
    log_in,
    medications,
    open_slots,
    pages,
    patients,
    postgres,
    recovery,
    resume,
    statements,
    storm,
    threads,
    transaction,
    uploads,
    words,
)
from benchmarks.measure import Figure, NotMeasuredError
from patientportal import PortalError

TOPICS = {
    "log_in": log_in,
    "resume": resume,
    "recovery": recovery,
    "medications": medications,
    "transaction": transaction,
    "imports": imports,
    "postgres": postgres,
    "distance": distance,
    "deliveries": deliveries,
    "appointments": appointments,
    "open_slots": open_slots,
    "desk": desk,
    "patients": patients,
    "statements": statements,
    "uploads": uploads,
    "words": words,
    "threads": threads,
    "storm": storm,
    "pages": pages,
    "fastapi": fastapi_app,
    "growth": growth,
}
UNLUCKY = (PortalError, psycopg.Error, OSError, subprocess.SubprocessError)  # a busy machine's doing
BESIDE = ("storm", "fastapi")
BY_NAME_ALONE = {"growth"}  # an hour
QUICK = 0.1
ROW = "{:<66}{:>12}{:>12}{:>14}   {:<20}{:<12}{:<18}{}"


def main() -> None:
    """Measures one topic after the other, and ends with a table of the goals."""
    options = asked_for()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that what was begun is ended
    if not options.json:
        print(
            f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} processors; "
            "medians, in brackets those of the lowest and the highest round\n"
        )
        print(ROW.format("what", "ours ms", "theirs ms", "figure", "", "goal", "", "what a commit waited for"))
    measured: list[Figure] = []
    unmeasured: list[str] = []
    for name in options.topics:
        try:
            for figure in figures_of(TOPICS[name], options):
                print(json.dumps(asdict(figure)) if options.json else row(figure), flush=True)
                measured.append(figure)
        except NotMeasuredError as error:
            unmeasured.append(f"{name}: the rest is not measured: {error}")
        except UNLUCKY as error:
            unmeasured.append(f"{name}: the rest is not measured: {type(error).__name__}")
    goals = sorted((one for one in measured if one.goal is not None), key=lambda one: -(one.missed_by or 0))
    if options.json:
        print(json.dumps({"goals": [{"what": one.what, "verdict": one.verdict} for one in goals]}))
    elif goals:
        print("\nGoals, the farthest from it first:\n", *map(goal_row, goals), sep="\n", flush=True)
    print(*unmeasured, sep="\n", end="\n" if unmeasured else "", file=sys.stderr)


def asked_for() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the pairs: a few seconds, a rougher figure")
    parser.add_argument("--json", action="store_true", help="one line of JSON a figure, and a last one of the goals")
    parser.add_argument(
        "--beside",
        type=Path,
        metavar="CHECKOUT",
        help="before and after: serve an app over this checkout's library and over that one's, which has the same"
        f" tables, and ask them in turn; for {' and '.join(BESIDE)}",
    )
    parser.add_argument("topics", nargs="*", metavar="topic", help=f"only these: {', '.join(TOPICS)}")
    options = parser.parse_args()
    known = BESIDE if options.beside else tuple(TOPICS)
    options.topics = options.topics or [topic for topic in known if topic not in BY_NAME_ALONE]
    if unknown := set(options.topics) - set(known):
        parser.error(f"no such topic: {', '.join(sorted(unknown))}")
    if options.beside and not (options.beside / "src" / "patientportal").is_dir():
        parser.error(f"no checkout: {options.beside}")
    return options


def figures_of(topic: Any, options: argparse.Namespace) -> Iterator[Figure]:  # noqa: ANN401 - a module
    """A topic's, one after the other."""
    effort = QUICK if options.quick else 1
    figures: Iterator[Figure] = (
        topic.beside(effort, options.beside.resolve()) if options.beside else topic.figures(effort)
    )
    return figures


def row(figure: Figure) -> str:
    """A figure as a line of the table."""
    return ROW.format(
        figure.what,
        f"{figure.ours_ms:.3f}",
        f"{figure.theirs_ms:.3f}",
        f"{figure.value:.2f} {figure.unit}",
        f"[{figure.low:.2f} {figure.high:.2f}]",
        figure.wanted,
        figure.verdict,
        figure.durability,
    ).rstrip()


def goal_row(figure: Figure) -> str:
    """A figure beside its goal."""
    return f"{figure.what:<66}{f'{figure.value:.2f} {figure.unit}':>14}   {figure.wanted:<12}{figure.verdict}"


if __name__ == "__main__":
    main()
