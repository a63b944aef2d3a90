"""Nothing that is shown or mailed is English that nobody translated: each error, member, event and mail is shown."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from attrs import fields

from patientportal import BadInputError, Digest, Message, NoticeKind, PatientId, PortalError
from patientportal.domain.staff import PERMITTED
from patientportal.domain.told import WITH_LINK, WITH_USERNAME, WITH_VISIT
from patientportal.domain.values.zones import local
from patientportal.ports.catalogue import EVENTS
from patientportal.words import Language, Said, area, happened, label, mails, message, say
from patientportal.words.catalogues import sources
from tests.words.pseudo import PSEUDO
from tests.words.public import errors, members, messages, samples

LATIN = re.compile(r"[A-Za-zÀ-ɏ]+")
LATER = BadInputError(field="later", problem="later")
VISIT = {"visit_at": local(datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "America/New_York"), "visit_place": "Б"}


def said_of(error: PortalError | ExceptionGroup[PortalError], language: Language) -> Iterator[str]:
    said: Said = say(error, language)
    yield said.summary
    for faults in said.fields.values():
        yield from faults


def mailed(kind: NoticeKind, language: Language) -> Iterator[str]:
    notice = Message(
        id="1",
        patient_id=PatientId("1"),
        kind=kind,
        to_email="1@1",
        to_name="Я",
        link="//1" if kind in WITH_LINK else None,
        username="2" if kind in WITH_USERNAME else None,
        digest=Digest(**{one.name: 3 for one in fields(Digest)}) if kind is NoticeKind.PRACTICE_DIGEST else None,
        **(VISIT if kind in WITH_VISIT else {}),  # type: ignore[arg-type]
    )
    letter = mails(language).letter(notice, practice="Ж", phone="555")
    assert letter.language == language.tag
    yield from (letter.subject, letter.text, re.sub(r"<[^>]*>", "", letter.page))


def shown(language: Language) -> Iterator[str]:
    """All that there is to read."""
    for of in errors():
        for error in samples(of):
            yield from said_of(error, language)
    yield from said_of(LATER, language)
    yield from said_of(ExceptionGroup("form", [LATER]), language)
    yield from (label(member, language) for member in members())
    yield from (area(verb, language) for verb in (*PERMITTED, "later.get"))
    yield from (happened(name, language) for name in (*EVENTS, "later"))
    for kind in NoticeKind:
        yield from mailed(kind, language)
    for received in messages():
        told = message(received, language)
        yield from (told.subject, told.body)


def test_no_english_is_left_in_anything_that_is_shown_or_mailed_and_everything_is_shown() -> None:
    texts = list(shown(PSEUDO))
    assert [text for text in texts if LATIN.search(text)] == []
    assert [text for text in texts if not re.search(r"[§\d]", text)] == []
    assert sources().keys() - PSEUDO.asked == {"error.booking_limit"}, "each of its limits has words of its own"
    assert len(errors()) > 60
    assert len(members()) >= 100
    assert len(texts) > 10_000
