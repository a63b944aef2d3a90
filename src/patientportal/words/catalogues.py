"""The catalogues: one file of gettext a language, compiled when it is loaded, and checked whole against the English."""

import io
from collections.abc import Iterator, Mapping
from functools import cache
from gettext import GNUTranslations
from importlib import resources
from pathlib import Path
from string import Template
from types import MappingProxyType

from attrs import evolve, field, frozen
from babel import Locale, UnknownLocaleError
from babel.messages import Catalog
from babel.messages.catalog import Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po

from patientportal import ENGLISH, ConfigurationError

ENGLISH_TAG = "en"
SHIPPED = (ENGLISH_TAG, "es")
_WIDTH = 120


@frozen
class Source:
    """A text in English, of one and of several where it depends on a number."""

    one: str
    many: str | None = None

    @property
    def forms(self) -> tuple[str, ...]:
        """All that is written of it."""
        return (self.one,) if self.many is None else (self.one, self.many)


@frozen(eq=False)
class Language:
    """Every text in one language, and the habits by which days, times, numbers and money are written.

    Attributes:
        tag: of its texts (BCP 47), such as ``es``.
        locale: whose habits of writing; ``es_US`` writes ``$12.50``, ``es`` ``12,50 US$``.
    """

    tag: str
    locale: Locale
    _translations: GNUTranslations = field(repr=False)

    def written_as(self, locale: Locale) -> "Language":
        """The same texts, with the habits of a country."""
        return evolve(self, locale=locale)

    def fill(self, key: str, values: Mapping[str, str], *, count: int | None = None) -> str:
        """A text with its values.

        Args:
            key: its kind and code.
            values: by name.
            count: which of its forms is meant, where it has several.
        """
        return Template(self.text(key, count=count)).substitute(values)

    def text(self, key: str, *, count: int | None = None) -> str:
        """A text as the catalogue has it, with its placeholders.

        Args:
            key: its kind and code.
            count: which of its forms is meant, where it has several.
        """
        source = sources()[key]
        if source.many is None or count is None:
            return self._translations.pgettext(key, source.one)
        return self._translations.npgettext(key, source.one, source.many, count)


@cache
def sources() -> Mapping[str, Source]:
    """Every text in English by kind and code: those of ``en.po``, and those of the mails, which the core has."""
    found = {key: Source(*_forms(entry.id)) for key, entry in _entries(_read(_shipped(ENGLISH_TAG)))}
    found |= {"mail.greeting": Source(ENGLISH.greeting), "mail.closing": Source(ENGLISH.closing)}
    for kind, words in ENGLISH.words.items():
        found |= {f"mail.{kind}.subject": Source(words.subject), f"mail.{kind}.body": Source(words.body)}
    return MappingProxyType(found)


@cache
def shipped(tag: str) -> Language:
    """One of ``SHIPPED``, compiled when it is first asked for."""
    if tag == ENGLISH_TAG:
        return Language(tag, Locale(ENGLISH_TAG), _compiled(_read(_shipped(tag))))
    return _checked(_read(_shipped(tag)))


def load(path: str | Path) -> Language:
    """A language of your own, from one file: ``template`` begins it.

    Args:
        path: of a ``.po`` file in UTF-8; its header ``Language`` says which one it is.

    Raises:
        ConfigurationError: it can't be read, a text is missing, fuzzy, too many or of another English than this
            release's, a form of the plural is missing, or a placeholder is missing or unknown.
    """
    try:
        return _checked(_read(Path(path).read_bytes()))
    except (OSError, UnicodeError, PoFileError) as error:
        raise ConfigurationError(setting="words", reason=f"no catalogue can be read: {error}") from None


def template(tag: str) -> str:
    """The file in which a language is begun: every text in English, and nothing yet beside it.

    Args:
        tag: the language's (BCP 47), such as ``fr`` or ``pt-BR``.

    Raises:
        ConfigurationError: the tag is of no language that CLDR knows.

    >>> print(template("fr").partition('msgctxt "error.session_ended"')[2].partition("msgctxt")[0].strip())
    msgid "You are logged off. Please log in again."
    msgstr ""
    """
    catalog = Catalog(locale=_locale(tag), charset="utf-8", fuzzy=False)
    for key, source in sources().items():
        catalog.add(source.one if source.many is None else source.forms, context=key)
    written = io.BytesIO()
    write_po(written, catalog, width=_WIDTH, omit_header=False)
    return written.getvalue().decode()


def _locale(tag: str) -> Locale:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        raise ConfigurationError(setting="words", reason="the tag is of no language that CLDR knows") from None


def _shipped(tag: str) -> bytes:
    return (resources.files("patientportal.words") / f"{tag}.po").read_bytes()


def _read(content: bytes) -> Catalog:
    return read_po(io.BytesIO(content), abort_invalid=True)


def _compiled(catalog: Catalog) -> GNUTranslations:
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return GNUTranslations(compiled)


def _entries(catalog: Catalog) -> Iterator[tuple[str, Message]]:
    return ((entry.context or "", entry) for entry in catalog if entry.id)


def _forms(written: object) -> tuple[str, ...]:
    """What stands at one place of a catalogue: a text, or a form for each number."""
    return tuple(map(str, written)) if isinstance(written, (list, tuple)) else (str(written or ""),)


def _checked(catalog: Catalog) -> Language:
    """The language of a catalogue in which nothing is missing, left over or misspelt."""
    if catalog.locale is None:
        raise ConfigurationError(setting="words", reason="the header Language names no language that CLDR knows")
    tag = str(catalog.locale).replace("_", "-")
    entries = dict(_entries(catalog))
    for key, source in sources().items():
        if key not in entries:
            raise ConfigurationError(setting="words", reason=f"{tag}: {key}: there are no words")
        for fault in _faults(entries[key], source):
            raise ConfigurationError(setting="words", reason=f"{tag}: {key}: {fault}")
    for key in entries.keys() - sources().keys():
        raise ConfigurationError(setting="words", reason=f"{tag}: {key}: there is no such text")
    return Language(tag, catalog.locale, _compiled(catalog))


def _faults(entry: Message, source: Source) -> Iterator[str]:
    """What is wrong with one translation."""
    forms = _forms(entry.string)
    if _forms(entry.id) != source.forms:
        yield "the English has changed"
    if entry.fuzzy or not all(form.strip() for form in forms):
        yield "there are no words"
    if not all(Template(form).is_valid() for form in forms):
        yield "has a $ that begins no placeholder; a dollar sign is written $$"
    needed, known = _names(source.forms[-1]), _names(*source.forms)
    yield from (f"may not hold ${name}" for name in sorted(_names(*forms) - known))
    yield from (f"needs a ${name}" for name in sorted(needed - _names(forms[-1])))


def _names(*texts: str) -> set[str]:
    return {name for text in texts for name in Template(text).get_identifiers()}
