"""The words of mails: checked when they are made, filled in once, and silent about anybody's health."""

import html
import re
from datetime import UTC, datetime

import pytest
from attrs import evolve, fields

from patientportal import ENGLISH, ConfigurationError, Digest, MailWords, Message, NoticeKind, Words
from patientportal.adapters.mail_words import best_words
from patientportal.domain.ids import PatientId
from patientportal.domain.told import WITH_LINK, WITH_USERNAME, WITH_VISIT
from patientportal.domain.values.zones import local

LINK = 'https://portal.example/activate?a=1&b="2"#secret'
VISIT_AT = local(datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "America/New_York")
FILLED = Words("Subject", "Body")
LINKED = Words("Subject", "Body\n\n$link")
REMINDING = Words("Subject", "Body\n\n$username\n\n$link")
EVERY = {kind: REMINDING if kind in WITH_USERNAME else LINKED if kind in WITH_LINK else FILLED for kind in NoticeKind}
EVERY[NoticeKind.PRACTICE_DIGEST] = COUNTING = Words("Subject", " ".join(f"${one.name}" for one in fields(Digest)))
DIGEST = Digest(**{one.name: 700 + at for at, one in enumerate(fields(Digest))})


def message(kind: NoticeKind = NoticeKind.INVITATION, *, name: str = "Ada", link: str | None = LINK) -> Message:
    usual = Message(
        id="1",
        patient_id=PatientId("ada"),
        kind=kind,
        to_email="ada@example.org",
        to_name=name,
        link=link,
        username="countess",
    )
    if kind is NoticeKind.PRACTICE_DIGEST:
        return evolve(usual, digest=DIGEST)
    return evolve(usual, visit_at=VISIT_AT, visit_place="North & South") if kind in WITH_VISIT else usual


@pytest.mark.parametrize("kind", NoticeKind)
def test_english_has_every_mail_and_a_link_only_where_one_belongs(kind: NoticeKind) -> None:
    letter = ENGLISH.letter(message(kind), practice="Lake Clinic")
    assert letter.text.startswith("Hello Ada,\n\n")
    assert letter.text.endswith("Lake Clinic\n")
    assert (LINK in letter.text, "<a " in letter.page) == (kind in WITH_LINK,) * 2
    assert "Ada" not in letter.subject
    assert "$" not in letter.subject + letter.text + letter.page


def test_both_parts_say_the_same() -> None:
    for kind in NoticeKind:
        letter = ENGLISH.letter(message(kind), practice="Lake & Clinic")
        body = letter.page.partition("<body>")[2]
        assert html.unescape(re.sub(r"<[^>]*>", "", body)).split() == letter.text.split()


def test_the_page_makes_a_paragraph_of_each_and_an_anchor_of_the_link() -> None:
    words = evolve(ENGLISH, words=EVERY | {NoticeKind.INVITATION: Words("A <b> & $practice", "1 < 2\nand\n\n$link")})
    page = words.letter(message(), practice="B&B").page
    link = html.escape(LINK)
    assert "<title>A &lt;b&gt; &amp; B&amp;B</title>" in page
    assert f'<p>1 &lt; 2<br>\nand</p>\n<p><a href="{link}">{link}</a></p>' in page
    assert '<html lang="en" dir="auto">' in page


@pytest.mark.parametrize("tricky", ["$link", "${link}", "$practice", "$$", "%s", "{0.__class__}", "\\g<0>"])
def test_values_are_filled_in_once(tricky: str) -> None:
    letter = ENGLISH.letter(message(name=tricky), practice=tricky)
    assert letter.text.startswith(f"Hello {tricky},\n\n{tricky} invites you")
    assert letter.subject.endswith(f" of {tricky}")
    assert f"<p>Hello {html.escape(tricky)},</p>\n<p>{html.escape(tricky)} invites you" in letter.page


def test_a_dollar_sign_can_be_written() -> None:
    words = MailWords("en", EVERY | {NoticeKind.NEW_LOG_IN: Words("It costs $$0", "Not $$1, $name")})
    letter = words.letter(message(NoticeKind.NEW_LOG_IN), practice="Lake Clinic")
    assert letter.subject == "It costs $0"
    assert "Not $1, Ada" in letter.text


@pytest.mark.parametrize("kind", sorted(WITH_VISIT))
def test_the_mail_of_a_visit_says_when_by_the_clocks_there_and_where_and_its_subject_does_not(kind: NoticeKind) -> None:
    """In the hour that the clocks show twice, the zone's name tells which one it is."""
    letter = ENGLISH.letter(message(kind), practice="Lake Clinic")
    assert "\nSunday, November 1, 2026, 1:30 AM EST\nNorth & South\n" in letter.text
    assert "Sunday, November 1, 2026, 1:30 AM EST<br>\nNorth &amp; South</p>" in letter.page
    assert "2026" not in letter.subject
    assert "North" not in letter.subject


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (datetime(2026, 11, 1, 5, 30, tzinfo=UTC), "Sunday, November 1, 2026, 1:30 AM EDT"),
        (datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "Sunday, November 1, 2026, 1:30 AM EST"),
        (datetime(2026, 11, 1, 7, 30, tzinfo=UTC), "Sunday, November 1, 2026, 2:30 AM"),
        (datetime(2026, 11, 2, 5, 0, tzinfo=UTC), "Monday, November 2, 2026, 12:00 AM"),
        (datetime(2026, 7, 4, 16, 5, tzinfo=UTC), "Saturday, July 4, 2026, 12:05 PM"),
        (datetime(2026, 12, 31, 22, 45, tzinfo=UTC), "Thursday, December 31, 2026, 5:45 PM"),
    ],
)
def test_a_time_is_written_as_people_do_there_with_the_zone_where_an_hour_comes_twice(
    moment: datetime, shown: str
) -> None:
    assert ENGLISH.when(local(moment, "America/New_York")) == shown


def test_the_practice_is_named_with_its_phone_number_where_that_is_known() -> None:
    locked = message(NoticeKind.ACCOUNT_LOCKED, link=None)
    plain = ENGLISH.letter(locked, practice="Lake Clinic").text
    assert "Call us: Lake Clinic. We" in plain
    assert plain.endswith("\nLake Clinic\n")
    letter = ENGLISH.letter(locked, practice="Lake Clinic", phone="(555) 010-0199 & 0")
    assert "Call us: Lake Clinic ((555) 010-0199 & 0). We" in letter.text
    assert letter.text.endswith("\nLake Clinic ((555) 010-0199 & 0)\n")
    assert "Lake Clinic ((555) 010-0199 &amp; 0)" in letter.page


def test_the_mail_of_a_lock_says_both_ways_out() -> None:
    text = ENGLISH.words[NoticeKind.ACCOUNT_LOCKED].body
    assert "forgot your password" in text
    assert "Call us: $contact" in text


@pytest.mark.parametrize("kind", NoticeKind)
def test_only_the_mail_of_a_visit_may_say_when_and_where(kind: NoticeKind) -> None:
    for name in ("when", "where"):
        words = EVERY | {kind: Words("Subject", f"{EVERY[kind].body} ${name}")}
        if kind in WITH_VISIT:
            MailWords("en", words)
            continue
        with pytest.raises(ConfigurationError, match=f"{kind}: body: may not hold"):
            MailWords("en", words)


def test_the_practices_digest_says_each_of_its_numbers_and_greets_the_practice() -> None:
    text = ENGLISH.letter(message(NoticeKind.PRACTICE_DIGEST, name=""), practice="Lake Clinic").text
    assert text.startswith("Hello Lake Clinic,\n\n")
    assert re.findall(r": (\d+)$", text, re.MULTILINE) == [str(700 + at) for at in range(len(fields(Digest)))]


@pytest.mark.parametrize("left_out", [one.name for one in fields(Digest)])
def test_no_number_of_the_digest_may_be_left_out(left_out: str) -> None:
    words = Words("Subject", COUNTING.body.replace(f"${left_out}", "some"))
    with pytest.raises(ConfigurationError, match=f"practice_digest: the body needs a \\${left_out}"):
        MailWords("en", EVERY | {NoticeKind.PRACTICE_DIGEST: words})


def test_a_missing_link_is_no_letter() -> None:
    with pytest.raises(KeyError, match=r"^'link'$"):
        ENGLISH.letter(message(link=None), practice="Lake Clinic")


def test_a_letter_shows_nothing_of_what_it_says() -> None:
    assert repr(ENGLISH.letter(message(), practice="Lake Clinic")) == "Letter(language='en')"


def test_words_that_are_changed_later_do_not_change_a_checked_set() -> None:
    given = dict(EVERY)
    words = MailWords("en", given)
    given.clear()
    assert set(words.words) == set(NoticeKind)


@pytest.mark.parametrize(
    ("kind", "words", "reason"),
    [
        (NoticeKind.INVITATION, FILLED, "invitation: the body needs a $link"),
        (NoticeKind.INVITATION, Words("S", "$$link"), "invitation: the body needs a $link"),
        (NoticeKind.NEW_LOG_IN, LINKED, "new_log_in: body: may not hold $link"),
        (NoticeKind.USERNAME_REMINDER, Words("S", "$link"), "username_reminder: the body needs a $username"),
        (NoticeKind.NEW_LOG_IN, Words("S", "$username"), "new_log_in: body: may not hold $username"),
        (NoticeKind.NEW_LOG_IN, Words("S", "$provider"), "new_log_in: body: may not hold $provider"),
        (NoticeKind.NEW_LOG_IN, Words("S", "5 $ more"), "new_log_in: body: has a $ that begins no placeholder"),
        (NoticeKind.NEW_LOG_IN, Words("S", " \n"), "new_log_in: body: is empty"),
        (NoticeKind.NEW_LOG_IN, Words("Hello $name", "B"), "new_log_in: subject: may not hold $name"),
        (NoticeKind.INVITATION, Words("$link", "$link"), "invitation: subject: may not hold $link"),
        (NoticeKind.NEW_LOG_IN, Words("", "B"), "new_log_in: the subject must be one line"),
        (NoticeKind.NEW_LOG_IN, Words(" ", "B"), "new_log_in: the subject must be one line"),
        (NoticeKind.NEW_LOG_IN, Words("S\r\nBcc: x", "B"), "new_log_in: the subject must be one line"),
        (NoticeKind.NEW_LOG_IN, Words("S\n", "B"), "new_log_in: the subject must be one line"),
    ],
)
def test_wrong_words_are_refused_by_name(kind: NoticeKind, words: Words, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        MailWords("es", EVERY | {kind: words})
    assert caught.value.setting == "words"
    assert caught.value.reason.startswith(f"es: {reason}")


@pytest.mark.parametrize("kind", NoticeKind)
def test_a_kind_without_words_is_refused(kind: NoticeKind) -> None:
    with pytest.raises(ConfigurationError, match=f"es: {kind}: there are no words"):
        MailWords("es", {one: words for one, words in EVERY.items() if one is not kind})


@pytest.mark.parametrize("text", ["$link", "$", "", "$names"])
def test_a_wrong_greeting_or_closing_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="en: greeting: "):
        evolve(ENGLISH, greeting=text)
    with pytest.raises(ConfigurationError, match="en: closing: "):
        evolve(ENGLISH, closing=text)


@pytest.mark.parametrize("language", ["", "e", "en_US", "en-", '"><script>', "en\n"])
def test_a_language_must_be_a_tag(language: str) -> None:
    with pytest.raises(ConfigurationError, match="tag of BCP 47"):
        evolve(ENGLISH, language=language)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("es-MX", "es-MX"),
        ("ES-mx", "es-MX"),
        ("es-MX-x-lake", "es-MX"),
        ("es-AR", "es"),
        ("zh-Hant-TW", "zh-Hant"),
        ("zh", "en"),
        ("de", "en"),
        ("x-es", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_the_best_set_is_looked_up_from_the_longest_tag_to_the_shortest(asked: str | None, found: str) -> None:
    sets = [evolve(ENGLISH, language=language) for language in ("en", "es", "es-MX", "zh-Hant")]
    assert best_words(sets, asked).language == found
