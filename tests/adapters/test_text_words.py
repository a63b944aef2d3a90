"""Text messages fit into one message of a phone, say who writes, and never what."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal import (
    ENGLISH_TEXTS,
    SPANISH_TEXTS,
    Answer,
    Channel,
    ConfigurationError,
    Message,
    NoticeKind,
    PatientId,
    RecordingNotifier,
    RoutingNotifier,
    TextMessage,
    TextNotifier,
    TextWords,
)
from patientportal.adapters.console import ConsoleNotifier
from patientportal.adapters.text_words import for_phones, is_one_message, septets
from patientportal.domain.told import BY_CHOICE, WITH_VISIT
from patientportal.domain.values.zones import local
from tests.adapters.smtp.mails import said

PHONE = "+13175550123"
SETS = pytest.mark.parametrize("words", [ENGLISH_TEXTS, SPANISH_TEXTS], ids=lambda words: words.language)


def message(kind: NoticeKind = NoticeKind.NEW_MESSAGE, **changes: Any) -> Message:
    usual = Message(
        id="d-1", patient_id=PatientId("ada"), kind=kind, channel=Channel.TEXT, to_phone=PHONE, to_name="Adacanary"
    )
    visit: dict[str, Any] = {"visit_at": datetime(2026, 1, 12, 9, tzinfo=UTC), "visit_place": "Northcanary"}
    return evolve(usual, **(visit if kind in WITH_VISIT else {}) | changes)


def sent(**changes: Any) -> TextMessage:
    given: list[TextMessage] = []
    assert TextNotifier(given.append, practice="Lake Clinic").send(message(**changes)) is Answer.SENT
    return given[0]


def test_a_function_of_the_hosts_is_given_a_text_message_that_is_written() -> None:
    assert sent() == TextMessage(
        id="d-1",
        patient_id=PatientId("ada"),
        to_phone=PHONE,
        text="Lake Clinic: you have a new message. Log in to the patient portal to read it.",
        language="en",
    )


def test_the_time_of_a_visit_is_written_in_the_language_of_the_patient() -> None:
    kind = NoticeKind.VISIT_BOOKED
    at = datetime(2026, 3, 4, 12, 5, tzinfo=UTC)
    assert "booked for Wed Mar 4, 12:05 PM." in sent(kind=kind, visit_at=at).text
    assert "es el mié 4 mar, 12:05 p.m." in sent(kind=kind, visit_at=at, language="es-MX").text
    assert "booked for Wed Mar 4, 12:05 AM." in sent(kind=kind, visit_at=at.replace(hour=0), language="de").text


def test_where_an_hour_comes_twice_the_zone_says_which() -> None:
    at = local(datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "America/New_York")
    assert "Sun Nov 1, 1:30 AM EST." in sent(kind=NoticeKind.VISIT_BOOKED, visit_at=at).text


@SETS
@pytest.mark.parametrize("kind", sorted(BY_CHOICE))
@given(
    at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from(["America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"]),
)
def test_each_text_is_one_message_whenever_the_visit_is(
    words: TextWords, kind: NoticeKind, at: datetime, zone: str
) -> None:
    practice = "The Lake Clinic and Medical Centre Ltd"
    text = words.text(message(kind, visit_at=local(at, zone)), practice=practice)
    filled = septets(text)
    assert filled is not None
    assert filled <= 160
    assert text.startswith(f"{practice}: ")
    assert "canary" not in text


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("x" * 160, True),
        ("x" * 161, False),
        ("€" * 80, True),
        ("€" * 81, False),
        ("é" * 160, True),
        ("ю" * 70, True),
        ("ю" * 71, False),
        ("\U0001f600" * 35, True),
        ("\U0001f600" * 36, False),
    ],
)
def test_a_message_has_160_septets_or_70_units_of_utf_16(text: str, *, fits: bool) -> None:
    assert is_one_message(text) is fits


def test_the_alphabet_of_phones_has_its_128_and_its_10() -> None:
    one = [chr(c) for c in range(0x10000) if septets(chr(c)) == 1]
    two = [chr(c) for c in range(0x10000) if septets(chr(c)) == 2]
    assert (len(one), len(two)) == (127, 10)  # TS 23.038, 6.2.1; the 128th calls the second table


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Clínica Muñoz", "Clinica Muñoz"),
        ("Cli\u0301nica", "Clinica"),
        ("Ärzte Müller", "Ärzte Müller"),
        ("Клиника", "Клиника"),
        ("Clínica 北", "Clínica 北"),
    ],
)
def test_accents_that_phones_lack_are_left_out_where_that_is_enough(text: str, written: str) -> None:
    assert for_phones(text) == written


@pytest.mark.parametrize("practice", ["", "two\nlines", "x" * 41, "Клиника на озере"])
def test_a_name_that_makes_two_messages_of_one_is_refused_when_the_notifier_is_made(practice: str) -> None:
    with pytest.raises(ConfigurationError, match="practice"):
        TextNotifier(lambda _: None, practice=practice)


@pytest.mark.parametrize("words", [(), (ENGLISH_TEXTS, evolve(ENGLISH_TEXTS, language="EN"))])
def test_there_is_one_set_a_language(words: tuple[TextWords, ...]) -> None:
    with pytest.raises(ConfigurationError, match="words"):
        TextNotifier(lambda _: None, practice="Lake Clinic", words=words)


@pytest.mark.parametrize(
    "text", ["You have a new message.", "$practice: $when", "$practice: $link", "$practice: $", "", None]
)
def test_a_text_that_does_not_say_who_writes_or_says_more_is_refused(text: str | None) -> None:
    words: dict[NoticeKind, str] = {
        kind: one for kind, one in ENGLISH_TEXTS.words.items() if kind is not NoticeKind.NEW_MESSAGE
    }
    given = words if text is None else words | {NoticeKind.NEW_MESSAGE: text}
    with pytest.raises(ConfigurationError, match="en: new_message: must hold"):
        TextWords("en", given, when=ENGLISH_TEXTS.when)


def test_neither_a_text_message_nor_its_notifier_shows_whom_it_is_for() -> None:
    shown = repr(sent()) + repr(TextNotifier(lambda _: None, practice="Lake Clinic")) + repr(message())
    assert PHONE not in shown
    assert "canary" not in shown


@pytest.mark.parametrize("answer", [*Answer, None])
def test_what_the_function_answers_is_the_answer(answer: Answer | None) -> None:
    notifier = TextNotifier(lambda _: answer, practice="Lake Clinic")
    assert notifier.send(message()) is (answer or Answer.SENT)


def test_a_mail_is_no_text_message(caplog: pytest.LogCaptureFixture) -> None:
    notifier = TextNotifier(lambda _: None, practice="Lake Clinic")
    assert notifier.send(message(channel=Channel.EMAIL)) is Answer.LATER
    assert said(caplog) == ["text messages: asked to send something else"]


def test_each_channel_has_its_notifier(caplog: pytest.LogCaptureFixture) -> None:
    mails, texts = RecordingNotifier(), RecordingNotifier()
    texts.answers = [Answer.NEVER]
    both = RoutingNotifier({Channel.EMAIL: mails, Channel.TEXT: texts})
    mail = message(channel=Channel.EMAIL)
    assert [both.send(mail), both.send(message())] == [Answer.SENT, Answer.NEVER]
    assert (mails.messages, texts.messages) == ([mail], [message()])
    assert RoutingNotifier({Channel.EMAIL: mails}).send(message()) is Answer.LATER
    assert said(caplog) == ["no notifier sends text messages"]


@pytest.mark.parametrize("given", [(), (Channel.TEXT,), (Channel.EMAIL, Channel.NONE)])
def test_mails_must_have_a_notifier_and_nothing_none(given: tuple[Channel, ...]) -> None:
    with pytest.raises(ConfigurationError, match="notifier"):
        RoutingNotifier(dict.fromkeys(given, RecordingNotifier()))


def test_the_console_prints_a_text_message_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleNotifier().send(message())
    assert capsys.readouterr().out.startswith("[text] your practice: you have a new message.")


def test_a_visit_in_new_york_is_told_by_the_clocks_there() -> None:
    at = local(datetime(2026, 1, 12, 1, 30, tzinfo=UTC), "America/New_York")
    assert at.utcoffset() == datetime(2026, 1, 11, tzinfo=ZoneInfo("America/New_York")).utcoffset()
    assert "Sun Jan 11, 8:30 PM" in sent(kind=NoticeKind.VISIT_CANCELLED, visit_at=at).text
