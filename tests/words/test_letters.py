"""The mails of the catalogues: the core's own in English, and Spanish; of a lock, both ways out."""

from datetime import UTC, datetime

import pytest

from patientportal import ENGLISH, Message, NoticeKind, PatientId
from patientportal.adapters.mail_words import best_words
from patientportal.domain.values.zones import local
from patientportal.words import mails

WORDS = (mails("en-US"), mails("es-US"))


def visit(at: datetime) -> Message:
    return Message(
        id="1",
        patient_id=PatientId("ada"),
        kind=NoticeKind.VISIT_BOOKED,
        to_email="ada@example.org",
        to_name="Ada",
        language="es-MX",
        visit_at=local(at, "America/New_York"),
        visit_place="Edificio Norte",
    )


def test_the_english_mails_are_the_cores_own() -> None:
    english = mails("en")
    assert (dict(english.words), english.greeting, english.closing, english.language) == (
        dict(ENGLISH.words),
        ENGLISH.greeting,
        ENGLISH.closing,
        "en",
    )


@pytest.mark.parametrize(
    ("language", "found"), [("es-MX", "es"), ("es", "es"), ("en-GB", "en"), ("fr", "en"), (None, "en")]
)
def test_a_patients_language_finds_the_texts_whatever_country_the_times_are_written_for(
    language: str | None, found: str
) -> None:
    assert best_words(WORDS, language).language == found


def test_a_visits_time_is_written_as_people_do_there() -> None:
    def written(at: datetime) -> str:
        return best_words(WORDS, "es").letter(visit(at), practice="Clínica del Lago").text.replace("\u202f", " ")

    plain, twice = written(datetime(2026, 11, 2, 14, tzinfo=UTC)), written(datetime(2026, 11, 1, 6, 30, tzinfo=UTC))
    assert "\nlunes, 2 de noviembre de 2026, 9:00 a.m.\nEdificio Norte\n" in plain.replace("\u00a0", " ")
    assert "\ndomingo, 1 de noviembre de 2026, 1:30 a.m. EST\n" in twice.replace("\u00a0", " ")
    assert plain.startswith("Hola, Ada:\n\nSu cita está reservada:")
    assert plain.endswith("\nSaludos cordiales,\nClínica del Lago\n")


@pytest.mark.parametrize("tag", ["en", "es"])
def test_the_mail_of_a_lock_says_both_ways_out_with_the_practices_phone(tag: str) -> None:
    locked = Message(
        id="1", patient_id=PatientId("ada"), kind=NoticeKind.ACCOUNT_LOCKED, to_email="ada@example.org", to_name="Ada"
    )
    text = mails(tag).letter(locked, practice="Lake Clinic", phone="555-0100").text
    assert "Lake Clinic (555-0100)" in text
    assert {"en": "you forgot your password", "es": "olvidó su contraseña"}[tag] in text
