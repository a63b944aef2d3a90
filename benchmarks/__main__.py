"""Prints every figure, with its goal where there is one; it always ends well, for figures aren't tests."""

import argparse
import json
import os
import platform
import sqlite3
import sys

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
BY_NAME_ALONE = {"growth"}  # an hour
QUICK = 0.1
ROW = "{:<52}{:>12}{:>12}{:>12}   {:<20}{:<12}{}"


def main() -> None:
    """Measures one topic after the other."""
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the pairs: a few seconds, a rougher figure")
    parser.add_argument("--json", action="store_true", help="one line of JSON a figure")
    parser.add_argument("topics", nargs="*", metavar="topic", help=f"only these: {', '.join(TOPICS)}")
    options = parser.parse_args()
    if unknown := set(options.topics) - set(TOPICS):
        parser.error(f"no such topic: {', '.join(sorted(unknown))}")
    if not options.json:
        print(
            f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} processors; "
            "medians, in brackets those of the lowest and the highest round\n"
        )
        print(ROW.format("what", "ours ms", "theirs ms", "figure", "", "goal", ""))
    for name in options.topics or [name for name in TOPICS if name not in BY_NAME_ALONE]:
        try:
            for figure in TOPICS[name].figures(QUICK if options.quick else 1):
                print(json.dumps(asdict(figure)) if options.json else row(figure), flush=True)
        except NotMeasuredError as error:
            print(f"{name}: the rest is not measured: {error}", file=sys.stderr, flush=True)


def row(figure: Figure) -> str:
    """A figure as a line of the table."""
    goal = "" if figure.goal is None else f"<= {figure.goal:g} {figure.unit}"
    return ROW.format(
        figure.what,
        f"{figure.ours_ms:.3f}",
        f"{figure.theirs_ms:.3f}",
        f"{figure.value:.2f} {figure.unit}",
        f"[{figure.low:.2f} {figure.high:.2f}]",
        goal,
        figure.verdict,
    ).rstrip()


if __name__ == "__main__":
    main()
