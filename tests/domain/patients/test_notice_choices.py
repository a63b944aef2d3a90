"""A patient chooses how they are told of what doesn't protect their account; all else is mailed."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts.notice_choices import NoticesChosen, NoticesSet, TextsNotOfferedError, set_notices
from patientportal.domain.errors import BadInputError
from patientportal.domain.ids import PatientId
from patientportal.domain.notice_policy import NoticePolicy
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.notice_choices import NoticeChoice, choices_of, chosen, usable_choices
from patientportal.domain.patients.patients import PersonalRecord
from patientportal.domain.policy import Policy
from patientportal.domain.told import BY_CHOICE, Channel, NoticeKind
from patientportal.testing import person, strategies

RECORD = PersonalRecord(patient_id=PatientId("ada"), personal=person())
TEXTING = Policy(zone="UTC", notices=NoticePolicy(texts=True))
SILENT = Policy(zone="UTC")
OF_A_NEWER_RELEASE = NoticeChoice(kind="moon_phase", channel=Channel.TEXT)


@pytest.mark.parametrize("kind", NoticeKind)
def test_only_what_protects_nothing_comes_otherwise_than_by_mail(kind: NoticeKind) -> None:
    everything_off = tuple(NoticeChoice(kind=one.value, channel=Channel.NONE) for one in NoticeKind)
    assert chosen((), kind) is Channel.EMAIL
    assert chosen(everything_off, kind) is (Channel.NONE if kind in BY_CHOICE else Channel.EMAIL)


def test_of_what_a_newer_release_tells_a_choice_is_kept_and_not_shown() -> None:
    record = evolve(RECORD, notices=(OF_A_NEWER_RELEASE,))
    outcome = set_notices(record, choices={NoticeKind.NEW_MESSAGE: Channel.NONE}, policy=SILENT)
    assert isinstance(outcome, NoticesSet)
    assert OF_A_NEWER_RELEASE in outcome.record.notices
    assert {one.kind for one in choices_of(outcome.record.notices)} == BY_CHOICE


@given(
    record=strategies.personal_records(),
    choices=st.dictionaries(st.sampled_from(sorted(BY_CHOICE)), st.sampled_from(Channel), min_size=1),
    texts=st.booleans(),
)
def test_each_kind_comes_as_it_was_last_chosen(
    record: PersonalRecord, choices: dict[NoticeKind, Channel], *, texts: bool
) -> None:
    policy = TEXTING if texts else SILENT
    if Channel.TEXT in choices.values() and not texts:
        with pytest.raises(TextsNotOfferedError):
            set_notices(record, choices=choices, policy=policy)
        return
    before = {kind: chosen(record.notices, kind) for kind in NoticeKind}
    predicted = sorted(kind.value for kind, channel in choices.items() if before[kind] is not channel)
    outcome = set_notices(record, choices=choices, policy=policy)
    if not predicted:
        assert outcome == Unchanged()
        return
    assert isinstance(outcome, NoticesSet)
    assert outcome.event == NoticesChosen(kinds=tuple(predicted))
    assert {kind: chosen(outcome.record.notices, kind) for kind in NoticeKind} == before | choices
    assert set_notices(outcome.record, choices=choices, policy=policy) == Unchanged()


def test_members_and_their_values_are_the_same() -> None:
    assert usable_choices({"new_message": "text", NoticeKind.REQUEST_CLOSED: Channel.NONE}) == {
        NoticeKind.NEW_MESSAGE: Channel.TEXT,
        NoticeKind.REQUEST_CLOSED: Channel.NONE,
    }


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({}, "empty"),
        ({"moon_phase": "text"}, "unknown"),
        ({"new_message": "pigeon"}, "unknown"),
        ({"invitation": "none"}, "not_offered"),
        ({"new_message": "none", "account_locked": "email"}, "not_offered"),
    ],
)
def test_what_can_not_be_chosen_is_refused(value: Any, problem: str) -> None:
    with pytest.raises(BadInputError) as refused:
        usable_choices(value)
    assert (refused.value.field, refused.value.problem) == ("notices", problem)


@pytest.mark.parametrize("value", [None, "new_message", [("new_message", "none")], {1: "none"}, {"new_message": 1}])
def test_what_is_no_mapping_of_texts_is_an_error_of_the_program(value: Any) -> None:
    with pytest.raises(TypeError, match="must be"):
        usable_choices(value)
