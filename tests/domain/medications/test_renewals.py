"""Renewals: who may ask for what, and how a request ends without a yes or a no."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import assume, given
from hypothesis import strategies as st

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.ids import MedicationId, MessageId, RenewalId
from patientportal.domain.medications import renewals
from patientportal.domain.medications.medications import Medication, MedicationDiscontinuedError
from patientportal.domain.medications.renewals import (
    Expired,
    NotRenewableError,
    Renewal,
    RenewalDecidedError,
    RenewalExpired,
    RenewalPendingError,
    RenewalRequested,
    RenewalStatus,
    RenewalWithdrawn,
    Requested,
    Withdrawn,
)
from patientportal.domain.messages.facts import RenewalExpiredFacts
from patientportal.domain.messages.messages import written
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.policy import Policy, RenewalPolicy
from patientportal.domain.values.form_keys import IdempotencyKeyReusedError, Repeated
from patientportal.testing import strategies
from tests.domain.medications.test_medications import MEDICATION

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
POLICY = Policy(zone="UTC")
MESSAGE = MessageId("msg-1")
RENEWAL = Renewal(
    patient_id=MEDICATION.patient_id,
    id=RenewalId("r-1"),
    medication_id=MEDICATION.id,
    pharmacy="Corner Pharmacy",
    note="I am down to three.",
    requested_at=NOW,
)
OPEN = RenewalStatus.REQUESTED


def test_a_patient_asks_for_more_of_what_they_take() -> None:
    assert renewals.request(RENEWAL, medication=MEDICATION, is_pending=False) == Requested(
        renewal=RENEWAL, event=RenewalRequested(renewal_id=RENEWAL.id, medication_id=MEDICATION.id)
    )


def test_a_new_request_waits_and_nobody_decided_it() -> None:
    assert RENEWAL.status is OPEN
    assert {RENEWAL.decided_at, RENEWAL.decided_by, RENEWAL.refills_granted, RENEWAL.refilled_at} == {None}
    assert {RENEWAL.new_directions, RENEWAL.denial_reason} == {None}


STAIRCASE: list[tuple[Medication, bool, type[RefusedError] | None]] = [
    (evolve(MEDICATION, discontinued_at=NOW, is_renewable=False), True, MedicationDiscontinuedError),
    (evolve(MEDICATION, is_renewable=False), True, NotRenewableError),
    (MEDICATION, True, RenewalPendingError),
    (MEDICATION, False, None),
]


@pytest.mark.parametrize(("medication", "is_pending", "refusal"), STAIRCASE)
def test_a_request_is_refused_in_this_order(
    medication: Medication, refusal: type[RefusedError] | None, *, is_pending: bool
) -> None:
    if refusal is None:
        outcome = renewals.request(RENEWAL, medication=medication, is_pending=is_pending)
        assert isinstance(outcome, Requested)
        assert outcome.renewal == RENEWAL
    else:
        with pytest.raises(refusal):
            renewals.request(RENEWAL, medication=medication, is_pending=is_pending)


@given(medication=strategies.medications(), renewal=strategies.renewals(), is_pending=st.booleans())
def test_what_is_taken_and_renewable_and_not_asked_for_yet_is_asked_for_whatever_refills_are_left(
    *, medication: Medication, renewal: Renewal, is_pending: bool
) -> None:
    may = medication.discontinued_at is None and medication.is_renewable and not is_pending
    if may:
        outcome = renewals.request(renewal, medication=medication, is_pending=is_pending)
        assert isinstance(outcome, Requested)
        assert outcome.renewal is renewal
    else:
        with pytest.raises(RefusedError):
            renewals.request(renewal, medication=medication, is_pending=is_pending)


@given(strategies.renewals(), strategies.medications())
def test_the_same_form_again_is_the_same_request_whatever_became_of_it(kept: Renewal, medication: Medication) -> None:
    wanted = evolve(kept, id=RenewalId("r-0"), requested_at=NOW, status=OPEN)
    again = renewals.request(wanted, medication=medication, is_pending=True, earlier=kept)
    assert again == Repeated(kept=kept)
    for otherwise in (
        evolve(wanted, medication_id=MedicationId("another")),
        evolve(wanted, pharmacy=kept.pharmacy + "!"),
        evolve(wanted, note=kept.note + "!"),
    ):
        with pytest.raises(IdempotencyKeyReusedError) as refusal:
            renewals.request(otherwise, medication=medication, is_pending=False, earlier=kept)
        assert (refusal.value.what, refusal.value.id, refusal.value.status) == ("renewal", kept.id, kept.status)


@given(strategies.renewals())
def test_a_request_is_withdrawn_while_it_waits_and_a_second_time_changes_nothing(renewal: Renewal) -> None:
    match renewal.status:
        case RenewalStatus.REQUESTED:
            assert renewals.withdraw(renewal) == Withdrawn(
                renewal=evolve(renewal, status=RenewalStatus.WITHDRAWN), event=RenewalWithdrawn(renewal_id=renewal.id)
            )
        case RenewalStatus.WITHDRAWN:
            assert renewals.withdraw(renewal) == Unchanged()
        case _:
            with pytest.raises(RenewalDecidedError):
                renewals.withdraw(renewal)


def expired(renewal: Renewal, now: datetime, policy: Policy = POLICY) -> Expired | Unchanged:
    return renewals.expire(renewal, medication=MEDICATION, message_id=MESSAGE, now=now, policy=policy)


def test_a_request_that_nobody_decides_for_two_weeks_expires_and_the_patient_is_told_which() -> None:
    now = NOW + 14 * DAY
    assert expired(RENEWAL, now) == Expired(
        renewal=evolve(RENEWAL, status=RenewalStatus.EXPIRED),
        message=written(
            RenewalExpiredFacts(medication="Lisinopril 10 MG Oral Tablet"),
            patient_id=RENEWAL.patient_id,
            message_id=MESSAGE,
            about_id=RENEWAL.id,
            now=now,
        ),
        event=RenewalExpired(renewal_id=RENEWAL.id),
    )


def test_it_waits_until_the_last_microsecond() -> None:
    assert expired(RENEWAL, NOW + 14 * DAY - INSTANT) == Unchanged()


@given(strategies.renewals(), strategies.policies(), st.sampled_from((-INSTANT, 0 * DAY, INSTANT)))
def test_only_what_waits_expires_and_when_the_policy_says_so(renewal: Renewal, policy: Policy, past: timedelta) -> None:
    now = renewal.requested_at + policy.renewals.expires_after + past
    is_due = renewal.status is OPEN and past >= timedelta(0)
    assert isinstance(expired(renewal, now, policy), Expired) is is_due


def test_a_shorter_limit_holds_for_what_waits_already() -> None:
    shorter = Policy(zone="UTC", renewals=RenewalPolicy(expires_after=DAY))
    assert isinstance(expired(RENEWAL, NOW + DAY, shorter), Expired)


@given(strategies.renewals(), st.timedeltas(timedelta(0), 3650 * DAY))
def test_nothing_expires_while_the_clock_is_set_back(renewal: Renewal, back: timedelta) -> None:
    assume(renewal.requested_at - back > datetime(1900, 1, 1, tzinfo=UTC))
    assert expired(renewal, renewal.requested_at - back) == Unchanged()


def test_what_was_taken_back_is_taken_back_once() -> None:
    back = evolve(RENEWAL, status=RenewalStatus.WITHDRAWN)
    assert renewals.withdraw(RENEWAL).renewal == back  # type: ignore[union-attr] # it changes
    assert renewals.withdraw(back) == Unchanged()


def refusal_of(check: str, value: object) -> tuple[str, str, int | None]:
    with pytest.raises(BadInputError) as caught:
        getattr(renewals, f"usable_{check}")(value)
    return caught.value.field, caught.value.problem, caught.value.limit


def test_a_pharmacy_is_one_line_of_200_characters_or_nothing() -> None:
    assert renewals.usable_pharmacy("") == renewals.usable_pharmacy(" ") == ""
    assert renewals.usable_pharmacy("x" * 200) == "x" * 200
    assert refusal_of("pharmacy", "x" * 201) == ("pharmacy", "too_long", 200)
    assert refusal_of("pharmacy", "a\nb") == ("pharmacy", "bad_character", None)


def test_a_note_has_several_lines_and_a_thousand_characters_or_is_nothing() -> None:
    assert renewals.usable_note("") == renewals.usable_note(" \r\n ") == ""
    assert renewals.usable_note("One.\r\nTwo.") == "One.\nTwo."
    assert renewals.usable_note("x" * 1000) == "x" * 1000
    assert refusal_of("note", "x" * 1001) == ("note", "too_long", 1000)
    assert refusal_of("note", "a\0b") == ("note", "bad_character", None)


@pytest.mark.parametrize("check", ["pharmacy", "note"])
@pytest.mark.parametrize("value", [None, b"text", 7])
def test_what_is_no_text_is_a_type_error_that_names_the_field(check: str, value: object) -> None:
    with pytest.raises(TypeError, match=f"^{check} must be str, not {type(value).__name__}$"):
        getattr(renewals, f"usable_{check}")(value)


def test_a_request_and_its_end_show_neither_pharmacy_nor_note_nor_medication() -> None:
    shown = (
        f"{renewals.request(RENEWAL, medication=MEDICATION, is_pending=False)!r} {expired(RENEWAL, NOW + 14 * DAY)!r}"
    )
    assert not [word for word in ("Corner", "three", "Lisinopril") if word in shown]
