"""The pages' own texts: English in the templates, each other language in a folder of gettext files by topic."""

import gettext
import io
from functools import cache
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

TEXTS = Path(__file__).parent
LANGUAGES = {"en": "English", "es": "Español"}


def N_(text: str) -> str:  # noqa: N802 - gettext's name for it
    """Marks a text of a table that is translated where it is shown."""
    return text


def catalog(tag: str) -> Catalog:
    """All texts of one language, out of its files; the first of them says which number takes which form of a plural."""
    files = (file.read_bytes() for file in sorted((TEXTS / tag).glob("*.po")))
    whole, *others = (read_po(io.BytesIO(file), locale=tag, abort_invalid=True) for file in files)
    for entry in (entry for other in others for entry in other if entry.id):
        whole[entry.id] = entry
    return whole


@cache
def translations(tag: str) -> gettext.NullTranslations:
    """The texts of one language, compiled when they are first asked for; English stands in the templates.

    Args:
        tag: of the texts (BCP 47), one of ``LANGUAGES``.
    """
    if tag == "en":
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, catalog(tag))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
