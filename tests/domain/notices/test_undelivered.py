"""What staff do about a notice that was given up: sent again with new patience, or let be."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import links
from patientportal.domain.accounts.links import Link, LinkEnd, Purpose
from patientportal.domain.accounts.registration import PatientInactiveError
from patientportal.domain.errors import RefusedError
from patientportal.domain.ids import DeliveryId, LinkId, PatientId
from patientportal.domain.notices import notices, undelivered
from patientportal.domain.notices.notices import Delivery, DeliveryStatus
from patientportal.domain.notices.undelivered import (
    Dismissed,
    NoticeDismissed,
    NoticeLinkOverError,
    NoticeSentAgain,
    NotUndeliveredError,
    SentAgain,
)
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import Policy
from patientportal.domain.told import NoticeKind
from patientportal.testing import strategies

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
DAY = timedelta(days=1)
POLICY = Policy(zone="UTC")
PATIENT = Patient(id=PatientId("p-1"), registered_at=NOW - DAY)
INACTIVE = evolve(PATIENT, deactivated_at=NOW)
DEAD = Delivery(
    id=DeliveryId("d-1"),
    patient_id=PATIENT.id,
    kind=NoticeKind.NEW_MESSAGE,
    link_id=None,
    created_at=NOW - 9 * DAY,
    status=DeliveryStatus.DEAD,
    tries=40,
    unanswered=12,
    next_try_at=NOW - 4 * DAY,
)
LINK = evolve(
    links.requested(PATIENT.id, LinkId("l-1"), Purpose.PASSWORD_RESET, now=NOW - DAY), last_minted_at=NOW - DAY
)
RESET = evolve(DEAD, kind=NoticeKind.PASSWORD_RESET, link_id=LINK.id, created_at=NOW - DAY + INSTANT)
OVER = evolve(RESET, created_at=NOW - DAY)
ENDED = links.ended([LINK], LinkEnd.NEW_ADDRESS)[0]
WAITING = evolve(DEAD, status=DeliveryStatus.WAITING)
SENT = evolve(DEAD, status=DeliveryStatus.SENT)
POINTLESS = evolve(DEAD, status=DeliveryStatus.POINTLESS)


def deliver_again(**changes: Any) -> SentAgain | Unchanged:
    facts: dict[str, Any] = {"delivery": DEAD, "patient": PATIENT, "link": None} | changes
    return undelivered.deliver_again(facts.pop("delivery"), **facts, now=NOW, policy=POLICY)


def test_what_is_sent_again_is_as_if_it_were_new() -> None:
    again = deliver_again()
    assert again == SentAgain(
        delivery=evolve(WAITING, sent_again_at=NOW, tries=0, unanswered=0, next_try_at=NOW),
        event=NoticeSentAgain(delivery_id=DEAD.id, kind=NoticeKind.NEW_MESSAGE),
    )
    assert notices.is_due(again.delivery, now=NOW)
    assert notices.tried_until(again.delivery, POLICY) == NOW + 5 * DAY


def test_what_had_nowhere_to_go_is_sent_again_or_let_be_like_what_was_given_up() -> None:
    unreachable = evolve(DEAD, status=DeliveryStatus.UNREACHABLE)
    assert deliver_again(delivery=unreachable) == deliver_again()
    assert undelivered.dismiss(unreachable, now=NOW) == undelivered.dismiss(DEAD, now=NOW)


def test_what_waits_already_goes_on_waiting() -> None:
    assert deliver_again(delivery=WAITING, patient=INACTIVE) == Unchanged()


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"delivery": evolve(OVER, status=DeliveryStatus.SENT), "patient": INACTIVE}, NotUndeliveredError),
        ({"delivery": evolve(OVER, status=DeliveryStatus.POINTLESS), "patient": INACTIVE}, NotUndeliveredError),
        ({"delivery": OVER, "patient": INACTIVE, "link": ENDED}, PatientInactiveError),
        ({"delivery": OVER, "patient": None, "link": ENDED}, PatientInactiveError),
        ({"delivery": OVER, "link": None}, NoticeLinkOverError),
        ({"delivery": OVER, "link": links.used(LINK)}, NoticeLinkOverError),
        ({"delivery": RESET, "link": ENDED}, NoticeLinkOverError),
        ({"delivery": OVER, "link": LINK}, NoticeLinkOverError),
        ({"delivery": RESET, "link": LINK}, None),
        ({"delivery": OVER, "link": evolve(LINK, last_minted_at=NOW - timedelta(minutes=29))}, None),
        ({"delivery": RESET, "link": evolve(LINK, last_minted_at=None)}, None),
    ],
    ids=map(str, range(11)),
)
def test_only_what_was_given_up_and_whose_link_may_still_be_told_is_sent_again(
    changes: dict[str, Any], refused: type[RefusedError] | None
) -> None:
    if refused is None:
        assert isinstance(deliver_again(**changes), SentAgain)
    else:
        with pytest.raises(refused):
            deliver_again(**changes)


def test_what_was_given_up_is_let_be_once() -> None:
    dismissed = undelivered.dismiss(DEAD, now=NOW)
    assert dismissed == Dismissed(
        delivery=evolve(POINTLESS, next_try_at=NOW),
        event=NoticeDismissed(delivery_id=DEAD.id, kind=NoticeKind.NEW_MESSAGE),
    )
    assert undelivered.dismiss(dismissed.delivery, now=NOW + DAY) == Unchanged()


@pytest.mark.parametrize("delivery", [WAITING, SENT])
def test_what_may_have_been_told_can_not_be_let_be(delivery: Delivery) -> None:
    with pytest.raises(NotUndeliveredError) as refusal:
        undelivered.dismiss(delivery, now=NOW)
    assert refusal.value.status is delivery.status


@given(
    delivery=strategies.deliveries(skewed=True),
    link=st.none() | strategies.links(),
    patient=st.sampled_from([PATIENT, INACTIVE]),
)
def test_nothing_that_was_told_is_ever_told_again(delivery: Delivery, link: Link | None, patient: Patient) -> None:
    try:
        outcome = deliver_again(delivery=delivery, link=link, patient=patient)
    except RefusedError:
        return
    untold = {DeliveryStatus.DEAD, DeliveryStatus.UNREACHABLE}
    assert delivery.status in ({DeliveryStatus.WAITING} if outcome == Unchanged() else untold)
