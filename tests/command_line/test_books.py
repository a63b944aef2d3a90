"""A check adds up the books, on both engines, and says how many rows have other sums, never whose."""

import sqlite3
from contextlib import closing
from urllib.parse import urlsplit

import psycopg

from patientportal import SandboxProcessor, open_portal
from patientportal.self_check import Level, place_of
from patientportal.self_check.books import of_books
from patientportal.testing import clinic

RIGHT = [(Level.OK, "books: every statement and every payment has the sums of what it is made of")]
SUMS = (
    ("statements", "paid_minor_units", "statements have other sums than the payments that count on them"),
    ("statements", "reduced_minor_units", "statements have other sums than the payments that count on them"),
    ("statements", "pending_minor_units", "statements have other sums than the payments that count on them"),
    ("payments", "refunding_minor_units", "payments have other sums than their refunds"),
)


def change(url: str, statement: str) -> None:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(urlsplit(url).path.removeprefix("/"))) as file, file:
            file.execute(statement)
        return
    with psycopg.connect(url) as server:
        server.execute(b"SET search_path TO patientportal")
        server.execute(statement.encode())


def said(url: str) -> list[tuple[Level, str]]:
    return [(finding.level, finding.text) for finding in of_books(place_of(url))]


def test_the_books_of_a_practice_at_work_add_up_and_what_does_not_is_said_in_numbers(url: str) -> None:
    key, link = None if url.startswith("sqlite") else bytes(range(32)), "https://portal.example"
    with open_portal(url, zone="Etc/UTC", payments=SandboxProcessor(), secret_key=key, link_base_url=link) as portal:
        clinic(portal)
    assert said(url) == RIGHT
    for table, column, what in SUMS:
        one = f"WHERE id IN (SELECT id FROM {table} WHERE status IN ('current', 'settled') ORDER BY id LIMIT 1)"  # noqa: S608 - ours
        change(url, f"UPDATE {table} SET {column} = {column} + 1 {one}")  # noqa: S608 - ours
        assert said(url) == [(Level.WRONG, f"books: 1 {what}")]
        change(url, f"UPDATE {table} SET {column} = {column} - 1 {one}")  # noqa: S608 - ours
        assert said(url) == RIGHT
    change(url, "UPDATE statements SET status = 'superseded' WHERE status = 'current'")
    ((level, text),) = said(url)
    assert (level, text.partition(" patients ")[2]) == (Level.WRONG, "have statements, and none that is current")
