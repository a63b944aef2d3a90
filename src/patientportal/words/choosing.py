"""Which language a person reads: what they chose here, or before, the browser's, the practice's."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from patientportal.words.catalogues import ENGLISH_TAG, SHIPPED, Language, shipped

_TAG = re.compile(r"[A-Za-z]{1,8}(?:-[0-9A-Za-z]{1,8})*")
_WISH = re.compile(rf"\s*({_TAG.pattern})\s*(?:;\s*q=([01](?:\.[0-9]{{0,3}})?)\s*)?")
_WISHES_MAX = 20
_TAG_MAX = 35  # RFC 5646, 4.4.1: what a reader must at least take


def choose(
    *,
    chosen: str | None = None,
    patient: str | None = None,
    accept: str | None = None,
    practice: str = ENGLISH_TAG,
    among: Iterable[Language] = (),
) -> Language:
    """The language to show a page in: the first of these wishes of which there are texts, else the practice's own.

    Texts are looked up as RFC 4647, 3.4 says (``es-MX``, then ``es``). Days, times and money are written as in the
    wish's own country, else the practice's: for ``es`` at a practice of ``en-US`` as in ``es-US``.

    Args:
        chosen: what they chose on this page, a tag of BCP 47.
        patient: ``Profile.language``.
        accept: the browser's header ``Accept-Language`` (RFC 9110, 12.5.4), as it came; what is no wish in it is passed
            over, and so is all after the twentieth.
        practice: the practice's, with its country: ``en-US``.
        among: languages of your own (``load``), before those that are shipped.
    """
    texts = {one.tag.lower(): one for one in (*(shipped(tag) for tag in SHIPPED), *among)}
    for wish in (chosen or "", patient or "", *_accepted(accept or ""), practice):
        for tag in _shortened(wish):
            found = texts.get(tag.lower())
            if found is not None:
                country = _habits(practice, usual=found.locale).territory
                return found.written_as(_habits(wish, usual=found.locale, country=country))
    return shipped(ENGLISH_TAG)


@lru_cache(maxsize=64)
def _of_tag(tag: str) -> Language:
    return choose(chosen=tag)


def language_of(language: Language | str) -> Language:
    """A language by itself, or the shipped one that suits a tag; English where none does."""
    return language if isinstance(language, Language) else _of_tag(language)


def _shortened(tag: str) -> Iterator[str]:
    """A tag, then without its last part, and so on."""
    while tag and len(tag) <= _TAG_MAX:
        yield tag
        tag = tag.rpartition("-")[0]


def _accepted(header: str) -> Sequence[str]:
    """The wishes of a browser, the dearest first."""
    found = [_WISH.fullmatch(wish) for wish in header.split(",", _WISHES_MAX)[:_WISHES_MAX]]
    weighed = [(float(one[2] or 1), one[1]) for one in found if one is not None]
    return [tag for weight, tag in sorted(weighed, key=lambda one: -one[0]) if weight > 0]


def _habits(tag: str, *, usual: Locale, country: str | None = None) -> Locale:
    """How people who read this write days and money: by the tag's own country, else by this one."""
    for shorter in _shortened(tag):
        locale = _known(shorter)
        if locale is not None:
            there = _known(f"{shorter}-{country}") if country and locale.territory is None else None
            return there or locale
    return usual


@lru_cache(maxsize=256)
def _known(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return None
