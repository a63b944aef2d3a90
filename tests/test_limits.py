"""How long a text may be: each limit stands in the docs, in the unit that it has there, and is told as it is."""

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import frozen

from patientportal import BadInputError, Declined, Money, Place, Role, StaffMember
from patientportal.application import pages
from patientportal.application.accounts import search
from patientportal.application.statements.paying import _known
from patientportal.domain import staff
from patientportal.domain.accounts import passwords, security_questions, sessions, usernames
from patientportal.domain.appointments import appointments, directory, recurrence
from patientportal.domain.medications import decisions, medications, renewals
from patientportal.domain.messages import messages
from patientportal.domain.patients import patients, personal, phones
from patientportal.domain.statements import conclusions, paying, recording, statements
from patientportal.domain.support import support
from patientportal.domain.values import emails, form_keys, money
from patientportal.ports.payments import WORD_MAX
from patientportal.testing import person

ROOT = Path(__file__).parent.parent
TABLE = {
    what: (int(most.replace(",", "")), unit)
    for what, most, unit in re.findall(
        r"^\| (.+) \| ([\d,]+) \| (characters|bytes) \|$", (ROOT / "docs/limits.md").read_text("utf-8"), re.MULTILINE
    )
}
HUGE = "x" * 11_000_000


@frozen
class Limited:
    """Something that takes a text: its limit, and one of so many characters; without ``of``, any will do."""

    most: int
    take: Callable[[str], object]
    of: Callable[[int], str] | None = None


def letters(count: int) -> str:
    return "x" * count


def digits(count: int) -> str:
    return "1" * count


def answered(answer: str) -> object:
    return security_questions.usable_answers({"first_pet": answer, "first_street": "Harbour Lane"})


def member(name: str = "Dora", staff_id: str = "dora", patient_id: str | None = None) -> object:
    return StaffMember(id=staff_id, name=name, roles={Role.PROVIDER}, patient_id=patient_id)


def placed(place_id: str = "north", name: str = "North", zone: str = "UTC", address: str = "Main Road") -> object:
    return Place(id=place_id, name=name, zone=zone, address=address)


def routed_in(count: int) -> str:
    return f"{'x' * 63}@" + ("b" * 61 + ".") * 3 + "c" * (count - 250)


LIMITS = {
    "first name, last name": Limited(personal.NAME_MAX, lambda text: person(first_name=text, last_name=text)),
    "e-mail address, as it is routed": Limited(emails.EMAIL_MAX, emails.email_address, routed_in),
    "e-mail address, before its @": Limited(
        emails.EMAIL_LOCAL_PART_MAX, emails.email_address, lambda count: "x" * count + "@a.example"
    ),
    "e-mail address, each label of its domain": Limited(
        emails.EMAIL_LABEL_MAX, emails.email_address, lambda count: f"ada@{'x' * count}.example"
    ),
    "phone": Limited(phones.PHONE_MAX, phones.usable_phone, digits),
    "names, to find patients by": Limited(
        search.TEXT_MAX,
        lambda text: search._sought(last_name=None, date_of_birth=None, text=text, phone=None, external_id=None),
    ),
    "the hospital's key for a patient, a visit": Limited(patients.EXTERNAL_ID_MAX, patients.usable_external_id),
    "postal code": Limited(personal.POSTAL_CODE_MAX, lambda text: person(postal_code=text), digits),
    "language": Limited(
        personal.LANGUAGE_MAX,
        lambda text: person(language=text),
        lambda count: "de-" + "12345678-" * 3 + "x" * (count - 30),
    ),
    "username": Limited(usernames.CHARACTERS_MAX, usernames.chosen, letters),
    "password, before the policy is asked": Limited(passwords.PASSWORD_BYTES_MAX, passwords.usable, letters),
    "security answer": Limited(security_questions.ANSWER_BYTES_MAX, answered, letters),
    "contact, to support": Limited(emails.EMAIL_MAX, support.usable_contact),
    "message, to support": Limited(support.MESSAGE_MAX, support.usable_message),
    "subject of a message": Limited(messages.SUBJECT_MAX, messages.usable_subject),
    "body of a message": Limited(messages.BODY_MAX, messages.usable_body),
    "answer to a request to support": Limited(messages.BODY_MAX, support.usable_answer),
    "medication: name": Limited(medications.NAME_MAX, medications.usable_name),
    "medication: dose": Limited(medications.DOSE_MAX, medications.usable_dose),
    "medication: directions, changes of them": Limited(medications.DIRECTIONS_MAX, medications.usable_directions),
    "renewal: pharmacy": Limited(renewals.PHARMACY_MAX, renewals.usable_pharmacy),
    "renewal: note": Limited(renewals.NOTE_MAX, renewals.usable_note),
    "renewal: reason of a denial": Limited(decisions.REASON_MAX, decisions.usable_reason),
    "visit: reason": Limited(appointments.REASON_MAX, appointments.usable_reason),
    "schedule: pattern": Limited(
        recurrence.RULE_MAX, recurrence.recurrence, lambda count: f"FREQ=WEEKLY;COUNT={'1' * (count - 18)}"
    ),
    "place, kind of visit: id": Limited(directory.ID_MAX, placed),
    "provider, place, kind of visit: name": Limited(directory.NAME_MAX, lambda text: placed(name=text)),
    "place: address": Limited(directory.ADDRESS_MAX, lambda text: placed(address=text)),
    "place: zone": Limited(directory.ZONE_BYTES_MAX, lambda text: placed(zone=text), letters),
    "staff: id": Limited(staff.STAFF_ID_MAX, lambda text: member(staff_id=text)),
    "staff: name": Limited(staff.STAFF_NAME_MAX, member),
    "staff: the patient that they are themselves": Limited(staff.PATIENT_ID_MAX, lambda text: member(patient_id=text)),
    "statement: number": Limited(statements.NUMBER_MAX, statements.usable_number),
    "statement: media type": Limited(
        statements._MEDIA_TYPE_BYTES_MAX, statements.usable_media_type, lambda count: "x/" + "y" * (count - 2)
    ),
    "statement: document": Limited(
        statements.DOCUMENT_BYTES_MAX, lambda text: statements.usable_document(text.encode()), letters
    ),
    "amount of money, as text": Limited(money._TEXT_BYTES_MAX, lambda text: Money.parse(text, "USD"), digits),
    "payment: source": Limited(paying.SOURCE_BYTES_MAX, paying.usable_source, letters),
    "idempotency key": Limited(form_keys.KEY_MAX, form_keys.usable_key, letters),
    "payment: reference of the practice; refund: reason": Limited(
        recording.NOTE_MAX, lambda text: recording.usable_note(text, field="reason")
    ),
    "payment: reference, decline code": Limited(WORD_MAX, lambda text: _known(Declined(code=text))),
    "cursor of a page": Limited(pages.CURSOR_BYTES_MAX, pages._read, letters),
}
OF_POLICY = {"ATTEMPTS_MAX", "OPEN_REQUESTS_MAX", "VISITS_AHEAD_MAX", "PASSWORD_LENGTH_CEILING"}  # no texts
each = pytest.mark.parametrize("what", LIMITS)


def refusal(what: str, text: str) -> tuple[str, int | None] | None:
    try:
        LIMITS[what].take(text)
    except BadInputError as error:
        return error.problem, error.limit
    return None


def test_the_page_of_limits_lists_each_with_its_number() -> None:
    assert {what: most for what, (most, _) in TABLE.items()} == {what: one.most for what, one in LIMITS.items()}
    assert conclusions.REFERENCE_MAX == WORD_MAX
    assert sessions.device_name("x" * 101) == "x" * sessions.DEVICE_MAX == "x" * 100


def test_no_limit_of_a_text_in_the_code_is_left_out() -> None:
    source = ROOT / "src/patientportal"
    named = [
        (file.relative_to(source).as_posix(), name)
        for room in ("domain", "application")
        for file in (source / room).rglob("*.py")
        for call, name in re.findall(r"\b(\w+)\([^()]*\bat_most(?:_bytes)?=([A-Z_]+)", file.read_text("utf-8"))
        if call != "whole"  # of a number
    ]
    here = Path(__file__).read_text("utf-8")
    assert len(named) > 30
    assert [one for one in named if one[1] not in here and one[1] not in OF_POLICY] == []


@each
def test_one_more_than_the_limit_is_too_long_and_says_which_number_that_is(what: str) -> None:
    one = LIMITS[what]
    at_the_limit, too_long = ((one.of or letters)(count) for count in (one.most, one.most + 1))
    assert (refusal(what, at_the_limit) or ("", None))[0] != "too_long"
    assert refusal(what, too_long) == ("too_long", one.most)
    if what not in {"e-mail address, before its @", "e-mail address, each label of its domain"}:
        assert refusal(what, HUGE) == refusal(what, "\u3164" * 11_000_000) == ("too_long", one.most)


@pytest.mark.parametrize("what", [what for what, one in LIMITS.items() if one.of is None])
def test_characters_are_counted_as_they_are_read_whatever_their_bytes_and_however_they_are_typed(what: str) -> None:
    assert TABLE[what][1] == "characters"
    for letter in ("\U00020000", "\u1f82"):
        text = unicodedata.normalize("NFD", letter * LIMITS[what].most)
        assert refusal(what, text) is None
        assert refusal(what, text + letter) == ("too_long", LIMITS[what].most)


@pytest.mark.parametrize("what", [what for what, one in LIMITS.items() if one.of is None])
@pytest.mark.parametrize("turning", ["\u202a", "\u202e", "\u2066", "\u2069"], ids=ascii)
def test_nothing_that_is_read_turns_text_around(what: str, turning: str) -> None:
    assert refusal(what, f"a{turning}b") == ("bad_character", None)
    assert refusal(what, "\u05db\u05d4\u05df\u200e \u200f\u061c") is None


def test_the_longest_names_of_drugs_fit() -> None:
    pack = (  # RXCUI 978950
        "{5 (dienogest 2 MG / estradiol valerate 2 MG Oral Tablet) / 17 (dienogest 3 MG / estradiol valerate 2 MG Oral "
        "Tablet) / 2 (estradiol valerate 1 MG Oral Tablet) / 2 (estradiol valerate 3 MG Oral Tablet) / 2 (inert "
        "ingredients 1 MG Oral Tablet) } Pack [Natazia 28 Day]"
    )
    assert len(pack) == 266
    assert medications.usable_name(pack) == pack
