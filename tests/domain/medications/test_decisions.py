"""Decisions on renewals: by whom, once, and what the patient is told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.ids import MessageId, StaffId
from patientportal.domain.medications import decisions
from patientportal.domain.medications.covers import Cover
from patientportal.domain.medications.decisions import (
    Approved,
    Denied,
    Grant,
    NoRefillsLeftError,
    Refilled,
    RenewalApproved,
    RenewalDenied,
    RenewalNotApprovedError,
    RenewalRefilled,
    TooManyRefillsError,
)
from patientportal.domain.medications.medications import Medication, MedicationDiscontinuedError
from patientportal.domain.medications.prescribers import NotPrescriberError
from patientportal.domain.medications.renewals import Renewal, RenewalDecidedError, RenewalStatus
from patientportal.domain.messages.facts import Facts, RenewalApprovedFacts, RenewalDeniedFacts, RenewalRefilledFacts
from patientportal.domain.messages.messages import BODY_MAX, SUBJECT_MAX, InboxMessage, written
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.staff import Role, StaffMember
from patientportal.testing import strategies
from tests.domain.medications.test_medications import MEDICATION
from tests.domain.medications.test_renewals import RENEWAL

NOW = datetime(2026, 1, 6, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
MESSAGE = MessageId("msg-1")
PRESCRIBER = StaffMember(id=MEDICATION.prescriber_id, name="Greg House", roles={Role.PROVIDER})
COVERING = StaffMember(id=StaffId("dr-wilson"), name="James Wilson", roles={Role.PROVIDER})
COVER = Cover(prescriber_id=PRESCRIBER.id, covering_id=COVERING.id, until=NOW + DAY, given_by=PRESCRIBER.id)
WAITS = evolve(RENEWAL, requested_at=NOW - DAY)
APPROVED = evolve(WAITS, status=RenewalStatus.APPROVED, decided_at=NOW, decided_by=PRESCRIBER.id, refills_granted=2)
USUAL: dict[str, Any] = {
    "medication": MEDICATION,
    "by": PRESCRIBER,
    "cover": None,
    "message_id": MESSAGE,
    "now": NOW,
}


def approve(renewal: Renewal = WAITS, *, grant: Grant | None = None, **otherwise: Any) -> Approved:
    return decisions.approve(renewal, grant=grant or Grant(refills=2), **(USUAL | otherwise))


def deny(renewal: Renewal = WAITS, **otherwise: Any) -> Denied:
    return decisions.deny(renewal, reason="Please come in first.", **(USUAL | otherwise))


def mark(renewal: Renewal = APPROVED, **otherwise: Any) -> Refilled | Unchanged:
    return decisions.mark_refilled(renewal, **(USUAL | otherwise))


def message(facts: Facts) -> InboxMessage:
    return written(facts, patient_id=RENEWAL.patient_id, message_id=MESSAGE, about_id=RENEWAL.id, now=NOW)


def test_an_approval_refills_at_once_raises_the_refills_by_what_is_left_of_them_and_says_so() -> None:
    assert approve() == Approved(
        medication=evolve(MEDICATION, refills_left=4),
        renewal=evolve(APPROVED, status=RenewalStatus.REFILLED, refilled_at=NOW),
        message=message(RenewalRefilledFacts(medication="Lisinopril 10 MG Oral Tablet")),
        event=RenewalApproved(
            renewal_id=RENEWAL.id,
            medication_id=MEDICATION.id,
            refills=2,
            is_changed=False,
            is_refilled=True,
            by_cover=False,
        ),
    )


def test_an_approval_alone_says_that_it_is_not_refilled_yet() -> None:
    outcome = approve(grant=Grant(refills=2, is_refilled=False))
    assert (outcome.renewal, outcome.medication.refills_left) == (APPROVED, 5)
    assert outcome.message == message(RenewalApprovedFacts(medication="Lisinopril 10 MG Oral Tablet"))


def test_an_approval_with_changes_gives_other_directions_from_now_on_and_says_them() -> None:
    outcome = approve(grant=Grant(refills=0, directions="In the evening."))
    assert outcome.medication == evolve(MEDICATION, directions="In the evening.", refills_left=2)
    assert (outcome.renewal.new_directions, outcome.event.is_changed) == ("In the evening.", True)
    assert outcome.message.body == (
        "Your provider has approved and refilled Lisinopril 10 MG Oral Tablet. "
        "The directions are new:\n\nIn the evening."
    )


def test_a_denial_says_its_reason_and_leaves_the_medication_alone() -> None:
    assert deny() == Denied(
        renewal=evolve(
            WAITS,
            status=RenewalStatus.DENIED,
            decided_at=NOW,
            decided_by=PRESCRIBER.id,
            denial_reason="Please come in first.",
        ),
        message=message(RenewalDeniedFacts(medication="Lisinopril 10 MG Oral Tablet", reason="Please come in first.")),
        event=RenewalDenied(renewal_id=RENEWAL.id, by_cover=False),
    )


def test_what_was_approved_only_is_refilled_later_once_and_says_what_an_approval_at_once_says() -> None:
    outcome = mark(now=NOW + DAY)
    assert isinstance(outcome, Refilled)
    assert outcome == Refilled(
        medication=evolve(MEDICATION, refills_left=2),
        renewal=evolve(APPROVED, status=RenewalStatus.REFILLED, refilled_at=NOW + DAY),
        message=evolve(approve().message, sent_at=NOW + DAY),
        event=RenewalRefilled(renewal_id=RENEWAL.id),
    )
    assert mark(outcome.renewal) == Unchanged()


DECIDED = evolve(WAITS, status=RenewalStatus.DENIED, decided_at=NOW, decided_by=PRESCRIBER.id, denial_reason="No.")
ENDED = evolve(MEDICATION, discontinued_at=NOW, refills_left=99)
OVER = evolve(COVER, until=NOW)
EMPTY = evolve(MEDICATION, refills_left=0)
STAIRCASE: list[tuple[Renewal, dict[str, Any], type[RefusedError] | None]] = [
    (DECIDED, {"by": COVERING, "cover": OVER, "medication": ENDED}, NotPrescriberError),
    (DECIDED, {"by": COVERING, "cover": COVER, "medication": ENDED}, RenewalDecidedError),
    (WAITS, {"by": COVERING, "cover": COVER, "medication": ENDED}, MedicationDiscontinuedError),
    (WAITS, {"by": COVERING, "cover": COVER, "medication": evolve(ENDED, discontinued_at=None)}, TooManyRefillsError),
    (WAITS, {"by": COVERING, "cover": COVER, "medication": evolve(MEDICATION, refills_left=98)}, None),
]


@pytest.mark.parametrize(("renewal", "otherwise", "refusal"), STAIRCASE)
def test_an_approval_is_refused_in_this_order(
    renewal: Renewal, otherwise: dict[str, Any], refusal: type[RefusedError] | None
) -> None:
    if refusal is None:
        outcome = approve(renewal, **otherwise)
        assert (outcome.medication.refills_left, outcome.renewal.decided_by) == (99, COVERING.id)
        assert outcome.event.by_cover
    else:
        with pytest.raises(refusal):
            approve(renewal, **otherwise)


@pytest.mark.parametrize(("renewal", "otherwise", "refusal"), [*STAIRCASE[:2], (WAITS, STAIRCASE[2][1], None)])
def test_a_denial_is_refused_in_this_order_and_needs_no_active_medication(
    renewal: Renewal, otherwise: dict[str, Any], refusal: type[RefusedError] | None
) -> None:
    if refusal is None:
        assert deny(renewal, **otherwise).event == RenewalDenied(renewal_id=RENEWAL.id, by_cover=True)
    else:
        with pytest.raises(refusal):
            deny(renewal, **otherwise)


@pytest.mark.parametrize(
    ("renewal", "otherwise", "refusal"),
    [
        STAIRCASE[0],
        (DECIDED, {"by": COVERING, "cover": COVER}, RenewalNotApprovedError),
        (WAITS, {"by": COVERING, "cover": COVER}, RenewalNotApprovedError),
        (evolve(APPROVED, status=RenewalStatus.DISCONTINUED), {}, RenewalNotApprovedError),
        (APPROVED, {"by": COVERING, "cover": COVER, "medication": EMPTY}, NoRefillsLeftError),
        (APPROVED, {"by": COVERING, "cover": COVER}, None),
    ],
)
def test_a_refill_is_refused_in_this_order(
    renewal: Renewal, otherwise: dict[str, Any], refusal: type[RefusedError] | None
) -> None:
    if refusal is None:
        assert isinstance(mark(renewal, **otherwise), Refilled)
    else:
        with pytest.raises(refusal):
            mark(renewal, **otherwise)


def test_a_cover_that_has_just_ended_decides_nothing_any_more() -> None:
    assert isinstance(deny(by=COVERING, cover=COVER, now=COVER.until - INSTANT), Denied)
    for now in (COVER.until, COVER.until + INSTANT):
        for decide in (approve, deny):
            with pytest.raises(NotPrescriberError):
                decide(by=COVERING, cover=COVER, now=now)


def test_a_prescriber_needs_no_cover_and_no_longer_needs_one_that_ended() -> None:
    assert approve(cover=None).renewal == approve(cover=OVER).renewal


@given(strategies.renewals(), strategies.medications(), strategies.grants())
def test_an_approval_adds_what_it_grants_less_the_one_that_is_filled_with_it_never_below_none_or_above_ninety_nine(
    renewal: Renewal, medication: Medication, grant: Grant
) -> None:
    by = evolve(PRESCRIBER, id=medication.prescriber_id)
    left = medication.refills_left + grant.refills - grant.is_refilled
    some = medication.refills_left > 0 or grant.refills > 0
    may = renewal.status is RenewalStatus.REQUESTED and medication.discontinued_at is None and some and left <= 99
    if may:
        outcome = approve(renewal, grant=grant, medication=medication, by=by)
        assert outcome.medication.refills_left == left
        assert outcome.renewal.refills_granted == grant.refills
        assert (outcome.renewal.refilled_at is not None) is grant.is_refilled
    else:
        with pytest.raises(RefusedError):
            approve(renewal, grant=grant, medication=medication, by=by)


@given(strategies.renewals(), st.sampled_from([approve, deny, mark]))
def test_each_request_is_decided_once(renewal: Renewal, decide: Any) -> None:
    wanted = RenewalStatus.APPROVED if decide is mark else RenewalStatus.REQUESTED
    if renewal.status is wanted:
        decided = decide(renewal).renewal
        for again in (approve, deny):
            with pytest.raises(RenewalDecidedError):
                again(decided)
    elif not (decide is mark and renewal.status is RenewalStatus.REFILLED):
        with pytest.raises((RenewalDecidedError, RenewalNotApprovedError)):
            decide(renewal)


@given(st.lists(st.tuples(st.integers(0, 99), st.booleans(), st.integers(0, 3)), max_size=12))
def test_the_number_of_refills_is_what_was_granted_less_what_was_filled_however_many_years(
    years: list[tuple[int, bool, int]],
) -> None:
    medication, granted, filled = EMPTY, 0, 0
    for refills, at_once, later in years:
        grant = Grant(refills=refills, is_refilled=at_once)
        if not 0 < granted - filled + refills <= 99 + at_once:
            with pytest.raises((NoRefillsLeftError, TooManyRefillsError)):
                approve(medication=medication, grant=grant)
            continue
        medication = approve(medication=medication, grant=grant).medication
        granted, filled = granted + refills, filled + at_once
        for _ in range(min(later, granted - filled)):
            outcome = mark(medication=medication)
            assert isinstance(outcome, Refilled)
            medication, filled = outcome.medication, filled + 1
        assert medication.refills_left == granted - filled


def test_an_approval_of_nothing_where_nothing_is_left_is_none() -> None:
    for is_refilled in (True, False):
        with pytest.raises(NoRefillsLeftError):
            approve(medication=EMPTY, grant=Grant(refills=0, is_refilled=is_refilled))
    assert approve(medication=EMPTY, grant=Grant(refills=1)).medication == EMPTY


def test_what_is_filled_with_the_approval_does_not_count_among_the_most_that_may_be_left() -> None:
    full = evolve(MEDICATION, refills_left=99)
    assert approve(medication=full, grant=Grant(refills=1)).medication == full
    with pytest.raises(TooManyRefillsError):
        approve(medication=full, grant=Grant(refills=1, is_refilled=False))


def test_how_many_refills_are_left_is_said_when_there_would_be_too_many() -> None:
    with pytest.raises(TooManyRefillsError) as caught:
        approve(grant=Grant(refills=98))
    assert caught.value.refills_left == 3


def test_the_longest_texts_fit_into_a_message() -> None:
    longest = evolve(MEDICATION, name="x" * 1000)
    for told in (
        approve(medication=longest, grant=Grant(refills=0, directions="x" * 4000, is_refilled=False)).message,
        decisions.deny(WAITS, reason="x" * 1000, **(USUAL | {"medication": longest})).message,
    ):
        assert len(told.body) <= BODY_MAX
        assert len(told.subject) <= SUBJECT_MAX


def refusal_of_reason(reason: object) -> tuple[str, str, int | None]:
    with pytest.raises(BadInputError) as caught:
        decisions.usable_reason(reason)
    return caught.value.field, caught.value.problem, caught.value.limit


def test_a_reason_has_several_lines_and_a_thousand_characters_and_is_never_nothing() -> None:
    assert decisions.usable_reason("Come in.\r\nPlease.") == "Come in.\nPlease."
    assert decisions.usable_reason("x" * 1000) == "x" * 1000
    assert refusal_of_reason("x" * 1001) == ("reason", "too_long", 1000)
    assert refusal_of_reason(" \n ") == refusal_of_reason("") == ("reason", "empty", None)
    assert refusal_of_reason("a\0b") == ("reason", "bad_character", None)


@pytest.mark.parametrize("reason", [None, b"text", 7])
def test_a_reason_that_is_no_text_is_a_type_error(reason: object) -> None:
    with pytest.raises(TypeError, match=f"^reason must be str, not {type(reason).__name__}$"):
        decisions.usable_reason(reason)


def test_no_outcome_shows_a_medication_a_pharmacy_directions_or_a_reason() -> None:
    grant = Grant(refills=1, directions="In the evening.")
    shown = repr((grant, approve(grant=grant), deny(), mark()))
    assert not [word for word in ("Lisinopril", "Corner", "evening", "come in", "three") if word in shown]
