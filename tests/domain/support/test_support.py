"""Support: who may ask how much, who is dropped without being told, and what is done with once."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.errors import BadInputError
from patientportal.domain.ids import NOBODY, MessageId, PatientId, StaffId, StatementId, SupportRequestId
from patientportal.domain.messages.facts import SupportAnsweredFacts
from patientportal.domain.messages.messages import written
from patientportal.domain.support import support
from patientportal.domain.support.support import (
    Asked,
    Asker,
    Dropped,
    NobodyToAnswerError,
    Resolved,
    SupportAsked,
    SupportRequest,
    SupportRequestResolvedError,
    SupportResolved,
    SupportTopic,
    TooManySupportRequestsError,
)
from patientportal.domain.values.form_keys import IdempotencyKeyReusedError, Repeated

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
STAFF = StaffId("staff-1")
ANSWER_ID = MessageId("msg-1")
REQUEST = SupportRequest(
    patient_id=PatientId("p-1"),
    id=SupportRequestId("r-1"),
    contact="",
    message="My address is out of date.",
    asked_at=NOW,
)
OF_STRANGER = evolve(REQUEST, patient_id=NOBODY, contact="555-0100")
ASKED = SupportAsked(request_id=REQUEST.id)


@pytest.mark.parametrize("already_open", [0, 1, 4, 5, 6, 200])
def test_five_requests_of_a_patient_may_be_open(already_open: int) -> None:
    if already_open < 5:
        assert support.ask(REQUEST, already_open=already_open) == Asked(request=REQUEST, event=ASKED)
    else:
        with pytest.raises(TooManySupportRequestsError):
            support.ask(REQUEST, already_open=already_open)


def test_the_same_form_again_is_the_same_request_however_many_are_open_and_another_is_refused() -> None:
    earlier = evolve(REQUEST, id=SupportRequestId("r-0"), resolved_at=NOW, resolved_by=STAFF)
    assert support.ask(REQUEST, already_open=5, earlier=earlier) == Repeated(kept=earlier)
    with pytest.raises(IdempotencyKeyReusedError) as refusal:
        support.ask(evolve(REQUEST, message="My phone is."), already_open=0, earlier=earlier)
    assert (refusal.value.what, refusal.value.id, refusal.value.status) == ("support_request", earlier.id, None)


@pytest.mark.parametrize(
    ("of_contact", "of_all", "is_seen"),
    [
        (5, 200, False),
        (5, 199, False),
        (5, 0, False),
        (6, 0, False),
        (4, 200, False),
        (0, 200, False),
        (0, 1001, False),
        (4, 199, True),
        (0, 0, True),
    ],
)
def test_a_stranger_who_asks_too_often_or_after_too_many_others_is_dropped(
    of_contact: int, of_all: int, *, is_seen: bool
) -> None:
    answer = support.ask_as_stranger(OF_STRANGER, of_contact=of_contact, of_all=of_all)
    assert answer == (Asked(request=OF_STRANGER, event=ASKED) if is_seen else Dropped())


def test_what_a_stranger_asked_counts_for_a_day() -> None:
    assert support.STRANGERS_WITHIN == 24 * HOUR


@given(st.integers(0, 10), st.integers(190, 210))
def test_no_stranger_is_told_how_often_others_asked(of_contact: int, of_all: int) -> None:
    answer = support.ask_as_stranger(OF_STRANGER, of_contact=of_contact, of_all=of_all)
    assert isinstance(answer, Asked) is (of_contact < 5 and of_all < 200)


@pytest.mark.parametrize("request_", [REQUEST, OF_STRANGER], ids=["a patient's", "a stranger's"])
def test_a_request_is_resolved_by_somebody_at_some_time(request_: SupportRequest) -> None:
    assert support.resolve(request_, by=STAFF, answer=None, message_id=ANSWER_ID, now=NOW + HOUR) == Resolved(
        request=evolve(request_, resolved_at=NOW + HOUR, resolved_by=STAFF),
        message=None,
        event=SupportResolved(request_id=request_.id),
    )


def test_what_a_patient_is_answered_is_a_message_about_their_request_in_the_words_of_who_answers() -> None:
    answered = support.resolve(REQUEST, by=STAFF, answer="It is now.", message_id=ANSWER_ID, now=NOW + HOUR)
    assert answered == Resolved(
        request=evolve(REQUEST, resolved_at=NOW + HOUR, resolved_by=STAFF, answer_id=ANSWER_ID),
        message=written(
            SupportAnsweredFacts(answer="It is now."),
            patient_id=REQUEST.patient_id,
            message_id=ANSWER_ID,
            about_id=REQUEST.id,
            now=NOW + HOUR,
            by=STAFF,
        ),
        event=SupportResolved(request_id=REQUEST.id, message_id=ANSWER_ID),
    )
    assert "It is now" not in repr(answered)


def test_a_stranger_is_not_answered_here_and_once_resolved_nobody_is() -> None:
    with pytest.raises(NobodyToAnswerError):
        support.resolve(OF_STRANGER, by=STAFF, answer="It is now.", message_id=ANSWER_ID, now=NOW)
    for one in (OF_STRANGER, REQUEST):
        resolved = support.resolve(one, by=STAFF, answer=None, message_id=ANSWER_ID, now=NOW).request
        with pytest.raises(SupportRequestResolvedError):
            support.resolve(resolved, by=STAFF, answer="It is now.", message_id=ANSWER_ID, now=NOW)


def test_an_answer_is_as_long_as_a_message_or_there_is_none() -> None:
    assert support.usable_answer(None) is None
    assert support.usable_answer(" It is now.\r\n") == "It is now."
    assert support.usable_answer("x" * 10_000) == "x" * 10_000
    for answer, problem in (("x" * 10_001, "too_long"), ("", "empty"), (" \n", "empty"), ("a\0", "bad_character")):
        with pytest.raises(BadInputError) as caught:
            support.usable_answer(answer)
        assert (caught.value.field, caught.value.problem) == ("answer", problem)
    with pytest.raises(TypeError):
        support.usable_answer(7)


def test_who_asks_is_one_of_two() -> None:
    assert [support.usable_asker(one) for one in Asker] == [Asker.PATIENTS, Asker.STRANGERS]
    for other in (None, "patients", SupportTopic.GENERAL):
        with pytest.raises(TypeError, match=r"^of must be Asker, not "):
            support.usable_asker(other)


def test_a_request_is_resolved_once_even_by_the_same_and_though_the_clock_went_backwards() -> None:
    resolved = support.resolve(REQUEST, by=STAFF, answer=None, message_id=ANSWER_ID, now=NOW).request
    for by, now in ((STAFF, NOW), (StaffId("staff-2"), NOW + HOUR), (STAFF, NOW - HOUR)):
        with pytest.raises(SupportRequestResolvedError):
            support.resolve(resolved, by=by, answer=None, message_id=ANSWER_ID, now=now)


@pytest.mark.parametrize(
    ("statement_id", "about", "message"),
    [
        (None, SupportTopic.NEW_STATEMENT, "Please send me a new statement."),
        (StatementId("s-1"), SupportTopic.RESEND_STATEMENT, "Please send me this statement again."),
    ],
)
def test_the_portal_writes_down_what_statement_a_patient_asks_for(
    statement_id: StatementId | None, about: SupportTopic, message: str
) -> None:
    made = support.for_statement(REQUEST.patient_id, REQUEST.id, statement_id=statement_id, now=NOW)
    assert made == evolve(REQUEST, message=message, about=about, statement_id=statement_id)
    assert (made.contact, made.asked_at, made.resolved_at, made.resolved_by) == ("", NOW, None, None)


def test_what_somebody_writes_is_about_anything() -> None:
    assert (REQUEST.about, REQUEST.statement_id) == (SupportTopic.GENERAL, None)
    assert set(SupportTopic) - support.OF_STATEMENTS == {SupportTopic.GENERAL}


def refusal_of_message(message: object) -> tuple[str, str, int | None]:
    with pytest.raises(BadInputError) as caught:
        support.usable_message(message)
    return caught.value.field, caught.value.problem, caught.value.limit


def refusal_of_contact(contact: object) -> tuple[str, str, int | None]:
    with pytest.raises(BadInputError) as caught:
        support.usable_contact(contact)
    return caught.value.field, caught.value.problem, caught.value.limit


def test_a_message_has_several_lines_and_two_thousand_characters() -> None:
    assert support.usable_message(" Hello,\r\n\r\nI can't get in. \r\n") == "Hello,\n\nI can't get in."
    assert support.usable_message("x" * 2000) == "x" * 2000
    assert support.usable_message("x") == "x"
    assert refusal_of_message("x" * 2001) == ("message", "too_long", 2000)
    assert refusal_of_message("x" * 10_000_000) == ("message", "too_long", 2000)
    assert refusal_of_message("a\0b") == ("message", "bad_character", None)
    assert refusal_of_message(" \r\n\t ") == refusal_of_message("") == ("message", "empty", None)


def test_a_contact_is_one_line_of_254_characters() -> None:
    assert support.usable_contact(" Ada, 555-0100, after six ") == "Ada, 555-0100, after six"
    assert support.usable_contact("x" * 254) == "x" * 254
    assert refusal_of_contact("x" * 255) == ("contact", "too_long", 254)
    assert refusal_of_contact("x" * 10_000_000) == ("contact", "too_long", 254)
    assert refusal_of_contact("a\nb") == ("contact", "bad_character", None)
    assert refusal_of_contact("a\u202eb") == ("contact", "bad_character", None)
    assert refusal_of_contact(" ") == refusal_of_contact("") == ("contact", "empty", None)


@pytest.mark.parametrize("value", [None, b"text", 7])
def test_what_is_no_text_is_a_type_error_that_names_the_field(value: object) -> None:
    with pytest.raises(TypeError, match=f"^message must be str, not {type(value).__name__}$"):
        support.usable_message(value)
    with pytest.raises(TypeError, match=f"^contact must be str, not {type(value).__name__}$"):
        support.usable_contact(value)


def test_a_request_shows_neither_what_was_written_nor_by_whom() -> None:
    shown = repr(support.ask_as_stranger(OF_STRANGER, of_contact=0, of_all=0))
    assert "address" not in shown
    assert "555" not in shown
