"""Whether a name mixes scripts, so that it can look like another one."""

from bisect import bisect_right
from functools import cache
from string import ascii_lowercase

from .scripts import RANGES

LATIN = "Latn"
# UTS 39, 5.1: what is written together in East Asia counts as one script.
_WRITTEN_WITH = {
    "Hani": {"Hanb", "Jpan", "Kore"},
    "Hira": {"Jpan"},
    "Kana": {"Jpan"},
    "Hang": {"Kore"},
    "Bopo": {"Hanb"},
}
_EAST_ASIAN = frozenset({"Hanb", "Jpan", "Kore"})
Scripts = frozenset[str]


def is_mixed(name: str) -> bool:
    """Whether a name is neither of one script nor of Latin with an East Asian one (UTS 39, 5.2: highly restrictive).

    A Cyrillic letter among Latin ones is found; a whole word in another script that looks the same isn't.

    Args:
        name: in lower case.
    """
    known = [scripts for scripts in map(_scripts, name) if scripts]
    if not known or frozenset.intersection(*known):
        return False
    others = [scripts for scripts in known if LATIN not in scripts]
    return not frozenset.intersection(*others) & _EAST_ASIAN


def _scripts(character: str) -> Scripts:
    """The scripts that a character belongs to; none where all have it in common."""
    if character in ascii_lowercase:
        return frozenset({LATIN})
    starts, ranges = _table()
    point = ord(character)
    at = bisect_right(starts, point) - 1
    if at < 0 or point > ranges[at][0]:
        return frozenset()
    return ranges[at][1]


@cache
def _table() -> tuple[list[int], list[tuple[int, Scripts]]]:
    """Where each range starts; where it ends, and what it is of."""
    found = []
    for line in RANGES.split("\n"):
        names, *pieces = line.split() or [""]
        scripts = frozenset(names.split("+")).union(*(_WRITTEN_WITH.get(name, ()) for name in names.split("+")))
        for piece in pieces:
            first, _, last = piece.partition("-")
            found.append((int(first, 16), int(last or first, 16), scripts))
    found.sort(key=lambda one: one[0])
    return [first for first, _, _ in found], [(last, scripts) for _, last, scripts in found]
