"""Which language a person reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patientportal.words import choose
from patientportal.words.choosing import language_of
from tests.words.pseudo import PSEUDO

ACCEPT = "fr-CH, fr;q=0.9, es-CO;q=0.8, en;q=0.7, *;q=0.5"


@pytest.mark.parametrize(
    ("chosen", "patient", "accept", "texts", "habits"),
    [
        ("en", "es", ACCEPT, "en", "en_US"),
        ("es-MX", "en", ACCEPT, "es", "es_MX"),
        (None, "es", ACCEPT, "es", "es_US"),
        (None, "es-Latn-MX", None, "es", "es_MX"),
        (None, "ES-mx", None, "es", "es_MX"),
        (None, "fr", ACCEPT, "es", "es_CO"),
        (None, None, "de;q=1, en-GB;q=0.2, es;q=0.3", "es", "es_US"),
        (None, None, "es;q=0, en-GB;q=0.001", "en", "en_GB"),
        (None, None, "es;q=2, en-GB", "en", "en_GB"),
        (None, None, "de", "en", "en_US"),
        (None, None, None, "en", "en_US"),
        ("x", "english", "*", "en", "en_US"),
        ("es-419", None, None, "es", "es_419"),
        ("es-u-nu-latn", None, None, "es", "es_US"),
        ("es-XX", None, None, "es", "es_US"),
        ("e" * 36, "es-" + "a" * 40, None, "en", "en_US"),
    ],
)
def test_the_first_wish_of_which_there_are_texts_is_read(
    chosen: str | None, patient: str | None, accept: str | None, texts: str, habits: str
) -> None:
    language = choose(chosen=chosen, patient=patient, accept=accept, practice="en-US")
    assert (language.tag, str(language.locale)) == (texts, habits)


def test_a_practice_of_another_language_reads_its_own() -> None:
    assert (choose(practice="es-PR").tag, str(choose(practice="es-PR").locale)) == ("es", "es_PR")
    assert str(choose(patient="en", practice="es-PR").locale) == "en_PR"
    assert choose(practice="nl").tag == "en"
    assert str(choose(patient="es", practice="zz-ZZ").locale) == "es"


@given(st.text(max_size=200) | st.text(alphabet="esn-;q=0.1, *\r\n", max_size=200))
def test_whatever_a_browser_sends_some_language_is_read(header: str) -> None:
    assert choose(accept=header).tag in {"en", "es"}


def test_after_the_twentieth_wish_of_a_browser_nothing_is_looked_at() -> None:
    many = ",".join(["fr"] * 20)
    assert choose(accept=f"{many}, es").tag == "en"
    assert choose(accept=f"{many[3:]}, es").tag == "es"


def test_a_language_of_ones_own_is_chosen_like_those_that_are_shipped() -> None:
    assert choose(patient="ru-RU", among=[PSEUDO]).tag == "ru"
    assert choose(patient="ru").tag == "en"
    assert language_of(PSEUDO) is PSEUDO
