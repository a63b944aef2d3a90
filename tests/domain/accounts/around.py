"""White space, and what nobody sees, as keyboards and copying leave them around a name."""

import sys
import unicodedata

ZWNJ = "\u200c"
ZWJ = "\u200d"
GRAPHEME_JOINER = "\u034f"


def is_seen_or_turns(character: str) -> bool:
    """Whether a format character has a shape of its own, or turns the letters after it."""
    name = unicodedata.name(character)
    return "OVERRIDE" in name or (name.startswith(("ARABIC", "SYRIAC", "INTERLINEAR")) and name != "ARABIC LETTER MARK")


AROUND = frozenset(
    c
    for c in map(chr, range(sys.maxunicode + 1))
    if c.isspace()
    or c == GRAPHEME_JOINER
    or "VARIATION SELECTOR" in unicodedata.name(c, "")
    or (unicodedata.category(c) == "Cf" and c < "\U00010000" and c not in ZWNJ + ZWJ and not is_seen_or_turns(c))
)
