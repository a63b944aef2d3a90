"""Makes ``scripts.py``: which characters belong to which scripts, of Unicode's Script_Extensions.

``python tools/make_scripts.py`` needs fontTools, which carries Unicode's data (Unicode License V3; ``NOTICE``).
"""

import sys
from collections import defaultdict
from itertools import count, groupby
from pathlib import Path

from fontTools.unicodedata import category, script_extension

FILE = Path(__file__).parents[1] / "src/patientportal/domain/accounts/scripts.py"
NOBODYS = {"Zyyy", "Zinh", "Zzzz"}
IN_NAMES = {"Ll", "Lo", "Lm", "Nd", "Mn", "Mc", "Cn"}  # unassigned by an older Python alone
HEAD = '''\
"""Which scripts a character belongs to: made by ``tools/make_scripts.py`` of Unicode's data, see ``NOTICE``."""

# A script or several, and where its lower case letters, marks and digits stand, in hexadecimal: first-last, or alone.
RANGES = """
'''
WIDTH = 118


def main() -> None:
    """Writes the module that is shipped."""
    of: dict[str, list[int]] = defaultdict(list)
    for point in range(0x80, sys.maxunicode + 1):
        scripts = set(script_extension(chr(point)))
        if category(chr(point)) in IN_NAMES and not scripts & NOBODYS:
            of["+".join(sorted(scripts))].append(point)
    lines = [line for scripts in sorted(of) for line in wrapped(scripts, of[scripts])]
    FILE.write_text(HEAD + "\n".join(lines) + '\n"""\n')


def wrapped(scripts: str, points: list[int]) -> list[str]:
    """The lines that say where a script stands."""
    lines, line = [], scripts
    numbers = count()
    for _, run in groupby(points, key=lambda point: point - next(numbers)):
        found = list(run)
        piece = f"{found[0]:x}" if len(found) == 1 else f"{found[0]:x}-{found[-1]:x}"
        if len(line) + len(piece) + 1 > WIDTH:
            lines.append(line)
            line = scripts
        line += " " + piece
    return [*lines, line]


if __name__ == "__main__":
    main()
