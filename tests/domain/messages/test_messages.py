"""Messages: what the practice may write, and that the first reading alone is written down."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.errors import BadInputError
from patientportal.domain.ids import MessageId, PatientId, StaffId
from patientportal.domain.messages import messages
from patientportal.domain.messages.facts import MessageKind
from patientportal.domain.messages.messages import (
    InboxMessage,
    MessageRetracted,
    MessageSent,
    Read,
    Retracted,
    Sent,
    WrittenByPortalError,
)
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.values.form_keys import IdempotencyKeyReusedError, Repeated
from patientportal.domain.values.retractions import RetractionReason
from patientportal.testing import strategies

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MESSAGE = InboxMessage(
    patient_id=PatientId("p-1"),
    id=MessageId("msg-1"),
    kind=MessageKind.FROM_PRACTICE,
    subject="Your blood test",
    body="All is well.",
    sent_at=NOW,
    sent_by=StaffId("dr-house"),
)


def refusal(check: Callable[[object], str], value: object) -> tuple[str, str, int | None]:
    with pytest.raises(BadInputError) as caught:
        check(value)
    return caught.value.field, caught.value.problem, caught.value.limit


def test_what_the_practice_writes_is_in_the_inbox_and_its_event_holds_its_id_alone() -> None:
    assert messages.send(MESSAGE) == Sent(message=MESSAGE, event=MessageSent(message_id=MESSAGE.id))


def test_the_same_form_again_is_the_same_message_whoever_sends_it_and_another_is_refused() -> None:
    earlier = evolve(MESSAGE, id=MessageId("msg-0"), read_at=NOW, sent_by=StaffId("dr-wilson"))
    assert messages.send(MESSAGE, earlier=earlier) == Repeated(kept=earlier)
    for otherwise in (evolve(MESSAGE, subject="Your X-ray"), evolve(MESSAGE, body="Come again.")):
        with pytest.raises(IdempotencyKeyReusedError) as refused:
            messages.send(otherwise, earlier=earlier)
        assert (refused.value.what, refused.value.id, refused.value.status) == ("message", earlier.id, None)


def test_a_new_message_is_unread_and_by_the_portal_about_nothing_unless_it_says_so() -> None:
    message = InboxMessage(
        patient_id=MESSAGE.patient_id,
        id=MESSAGE.id,
        kind=MESSAGE.kind,
        subject=MESSAGE.subject,
        body=MESSAGE.body,
        sent_at=NOW,
    )
    assert {message.about_id, message.facts, message.sent_by, message.read_at} == {None}
    assert (message.retracted_at, message.retracted_by, message.retract_reason) == (None, None, None)
    assert not message.is_retracted


@given(strategies.inbox_messages(skewed=True), st.timedeltas(-HOUR, HOUR))
def test_only_the_first_reading_is_written_down(message: InboxMessage, later: timedelta) -> None:
    now = message.sent_at + later
    if message.read_at is None:
        assert messages.read(message, now=now) == Read(message=evolve(message, read_at=now))
    else:
        assert messages.read(message, now=now) == Unchanged()


def test_what_one_of_the_practice_wrote_is_taken_back_and_the_event_says_whether_it_was_read() -> None:
    for message, was_read in ((MESSAGE, False), (evolve(MESSAGE, read_at=NOW), True)):
        outcome = messages.retract(message, by=StaffId("susan"), reason=RetractionReason.WRONG_PATIENT, now=NOW + HOUR)
        assert outcome == Retracted(
            message=evolve(
                message,
                retracted_at=NOW + HOUR,
                retracted_by=StaffId("susan"),
                retract_reason=RetractionReason.WRONG_PATIENT,
            ),
            event=MessageRetracted(message_id=MESSAGE.id, reason=RetractionReason.WRONG_PATIENT, was_read=was_read),
        )


@given(strategies.inbox_messages(skewed=True), strategies.moments())
def test_only_what_somebody_wrote_is_taken_back_and_once(message: InboxMessage, now: datetime) -> None:
    if message.sent_by is None:
        with pytest.raises(WrittenByPortalError):
            messages.retract(message, by=StaffId("susan"), reason=RetractionReason.WRONG_PATIENT, now=now)
    else:
        outcome = messages.retract(message, by=StaffId("susan"), reason=RetractionReason.WRONG_PATIENT, now=now)
        assert isinstance(outcome, Unchanged) == message.is_retracted


def test_a_subject_is_one_line_of_200_characters() -> None:
    assert messages.usable_subject(" Hello ") == "Hello"
    assert messages.usable_subject("x" * 200) == "x" * 200
    assert refusal(messages.usable_subject, "x" * 201) == ("subject", "too_long", 200)
    assert refusal(messages.usable_subject, "a\nb") == ("subject", "bad_character", None)
    assert refusal(messages.usable_subject, " ") == ("subject", "empty", None)


def test_a_body_has_several_lines_and_ten_thousand_characters() -> None:
    assert messages.usable_body(" Hello,\r\n\r\nall is well. ") == "Hello,\n\nall is well."
    assert messages.usable_body("x" * 10_000) == "x" * 10_000
    assert refusal(messages.usable_body, "x" * 10_001) == ("body", "too_long", 10_000)
    assert refusal(messages.usable_body, "a\0b") == ("body", "bad_character", None)
    assert refusal(messages.usable_body, " \n ") == ("body", "empty", None)


@pytest.mark.parametrize(
    ("check", "field"),
    [
        (messages.usable_subject, "subject"),
        (messages.usable_body, "body"),
    ],
)
@pytest.mark.parametrize("value", [None, b"text", 7])
def test_what_is_no_text_is_a_type_error_that_names_the_field(
    check: Callable[[object], str], field: str, value: object
) -> None:
    with pytest.raises(TypeError, match=f"^{field} must be str, not {type(value).__name__}$"):
        check(value)


def test_a_message_shows_neither_its_subject_nor_its_body() -> None:
    shown = repr((messages.send(MESSAGE), messages.read(MESSAGE, now=NOW)))
    assert "Byron" not in shown
    assert "blood" not in shown
    assert "well" not in shown
