"""A language of one sign in place of each letter: whatever is left of English is nobody's translation."""

import io
import re
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import field, frozen
from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po

from patientportal.words import Language, load, template

PLACEHOLDER = re.compile(r"(\$\w+)")


def hidden(text: str) -> str:
    """A text without its letters, its placeholders and signs kept."""
    return "".join(
        part if PLACEHOLDER.fullmatch(part) else re.sub(r"[^\W\d_]", "§", part) for part in PLACEHOLDER.split(text)
    )


def pseudo_catalog() -> Catalog:
    """The catalogue, in a language that has three forms of the plural and letters of its own."""
    catalog = read_po(io.BytesIO(template("ru").encode()))
    for entry in catalog:
        if isinstance(entry.id, tuple):
            entry.string = tuple(hidden(entry.id[-1]) for _ in range(catalog.num_plurals))
        elif isinstance(entry.id, str) and entry.id:
            entry.string = hidden(entry.id)
    return catalog


def as_file(catalog: Catalog) -> bytes:
    written = io.BytesIO()
    write_po(written, catalog)
    return written.getvalue()


@frozen(eq=False)
class Watched(Language):
    """A language that remembers which of its texts were asked for."""

    asked: set[str] = field(factory=set, repr=False)

    def text(self, key: str, *, count: int | None = None) -> str:
        self.asked.add(key)
        return super().text(key, count=count)


def _loaded() -> Watched:
    with TemporaryDirectory() as folder:
        file = Path(folder, "ru.po")
        file.write_bytes(as_file(pseudo_catalog()))
        language = load(file)
    return Watched(language.tag, language.locale, language._translations)


PSEUDO = _loaded()
