"""A language is one file, checked whole: nothing missing, left over, misspelt, or of another English."""

import itertools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from patientportal import ConfigurationError, WrongCredentialsError
from patientportal.words import __main__ as command
from patientportal.words import load, say, template
from patientportal.words.catalogues import sources
from tests.words.pseudo import as_file, pseudo_catalog

ENDED, OVERDUE, TRIES = "error.session_ended", "error.statement_overdue", "error.wrong_credentials"
WHOLE = as_file(pseudo_catalog()).decode()
Change = Callable[[Message], object]


def changed(key: str, change: Change) -> bytes:
    """The file with one entry changed."""
    catalog = pseudo_catalog()
    (found,) = (entry for entry in catalog if entry.context == key)
    catalog.delete(found.id, key)
    change(found)
    catalog[found.id] = found
    return as_file(catalog)


def becomes(**fields: object) -> Change:
    return lambda entry: vars(entry).update(fields)


def loading(path: Path, content: bytes) -> str:
    """Why a file is refused."""
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert caught.value.setting == "words"
    return caught.value.reason


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ru.po"


def test_a_third_language_is_one_file_with_the_plurals_of_its_own(path: Path) -> None:
    path.write_bytes(changed(TRIES, becomes(string=tuple(f"{form}: $attempts_left" for form in range(3)))))
    russian = load(str(path))
    said = [say(WrongCredentialsError(attempts_left=left), russian).summary for left in (1, 2, 4, 5, 21)]
    assert said == ["0: 1", "1: 2", "1: 4", "2: 5", "0: 21"]
    assert (russian.tag, str(russian.locale)) == ("ru", "ru")


@pytest.mark.parametrize(
    ("key", "change", "reason"),
    [
        (ENDED, becomes(string=""), "there are no words"),
        (ENDED, becomes(string=" \n"), "there are no words"),
        (ENDED, lambda entry: entry.flags.add("fuzzy"), "there are no words"),
        (ENDED, becomes(id="You were logged off."), "the English has changed"),
        (ENDED, becomes(string="$name"), "may not hold $name"),
        (ENDED, becomes(string="5 $"), "has a $ that begins no placeholder; a dollar sign is written $$"),
        (OVERDUE, becomes(string="$$due_on"), "needs a $due_on"),
        (TRIES, becomes(string=("$attempts_left", "$attempts_left")), "there are no words"),
        (TRIES, becomes(string=("1", "$attempts_left", "many")), "needs a $attempts_left"),
        (TRIES, becomes(string=("$limit", "2", "$attempts_left")), "may not hold $limit"),
        (TRIES, becomes(id="One form", string="§"), "the English has changed"),
    ],
    ids=itertools.count(1),
)
def test_a_text_that_cannot_be_used_is_refused_by_its_name(path: Path, key: str, change: Change, reason: str) -> None:
    assert loading(path, changed(key, change)) == f"ru: {key}: {reason}"


def test_a_form_of_the_plural_that_is_missing_or_too_many_is_refused(path: Path) -> None:
    content = changed(TRIES, becomes(string=("$attempts_left", "$attempts_left", "$attempts_left")))
    last = b'msgstr[2] "$attempts_left"\n'
    assert loading(path, content.replace(last, b"")) == f"ru: {TRIES}: there are no words"
    one_more = last + last.replace(b"2", b"3")
    assert loading(path, content.replace(last, one_more)).startswith("no catalogue can be read")


def test_a_text_that_is_missing_or_too_many_is_refused_by_its_name(path: Path) -> None:
    catalog = pseudo_catalog()
    catalog.delete(sources()[ENDED].one, ENDED)
    assert loading(path, as_file(catalog)) == f"ru: {ENDED}: there are no words"
    catalog = pseudo_catalog()
    catalog.add("x", "x", context="error.x")
    assert loading(path, as_file(catalog)) == "ru: error.x: there is no such text"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (WHOLE.replace('"Language: ru', '"Language: tlh').encode(), "the header Language names no language"),
        (WHOLE.replace('"Language: ru\\n"\n', "").encode(), "the header Language names no language"),
        (WHOLE.encode() + b"\nnonsense\n", "no catalogue can be read"),
        (WHOLE.encode() + b'\nmsgid "\xff"\nmsgstr "x"\n', "no catalogue can be read"),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused(path: Path, content: bytes, reason: str) -> None:
    assert loading(path, content).startswith(reason)
    with pytest.raises(ConfigurationError, match="no catalogue can be read"):
        load(path.parent)


def test_the_file_in_which_a_language_begins_has_every_text_and_no_translation(
    capsys: pytest.CaptureFixture[str], path: Path
) -> None:
    command.main(["pt-BR"])
    printed = capsys.readouterr().out
    assert printed == template("pt-BR")
    assert all(f'msgctxt "{key}"' in printed for key in sources())
    assert loading(path, printed.encode()).endswith("there are no words")
    with pytest.raises(ConfigurationError, match="no language that CLDR knows"):
        template("klingon")


def test_without_babel_the_library_works_and_words_say_what_to_install() -> None:
    program = (
        "import sys; sys.modules['babel'] = None\n"
        "from patientportal import ENGLISH, open_portal\n"
        "open_portal('memory://', zone='UTC').close()\n"
        "try:\n    import patientportal.words\n"
        "except ImportError as error:\n    print(error)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert ran.stdout == "patientportal.words needs Babel: pip install 'patientportal[words]'\n"


def test_the_library_alone_imports_no_babel() -> None:
    program = (
        "import sys, patientportal\n"
        "for name in dir(patientportal): getattr(patientportal, name)\n"
        "print('babel' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert ran.stdout == "False\n"
