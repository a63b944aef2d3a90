"""What a self-check says: one line per finding."""

from enum import Enum

from attrs import frozen


class Level(Enum):
    """How bad a finding is."""

    OK = "ok"
    NOTE = "note"
    WRONG = "WRONG"


@frozen
class Finding:
    """One line of the report; its text holds no secret."""

    level: Level
    text: str

    def __str__(self) -> str:
        return f"{self.level.value:<6}{self.text}"


def ok(text: str) -> Finding:
    """As it should be."""
    return Finding(Level.OK, text)


def note(text: str) -> Finding:
    """Good to know."""
    return Finding(Level.NOTE, text)


def wrong(text: str) -> Finding:
    """To be fixed before patients use the portal."""
    return Finding(Level.WRONG, text)


def expected(what: str, found: str, *, wanted: str) -> Finding:
    """Whether something is as it must be."""
    return ok(f"{what}: {found}") if found == wanted else wrong(f"{what}: {found}; it must be {wanted}")
