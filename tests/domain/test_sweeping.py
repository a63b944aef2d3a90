"""What is forgotten: each kind at its time to the microsecond, and nothing that somebody may still need."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import challenges, links, sessions
from patientportal.domain.accounts.challenges import RecoveryGuard
from patientportal.domain.accounts.email_change import EmailChange
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.links import Link, LinkStatus, Purpose
from patientportal.domain.accounts.log_in import LogInFailed
from patientportal.domain.accounts.sessions import Session
from patientportal.domain.events import ANONYMOUS, Recorded
from patientportal.domain.ids import (
    NOBODY,
    DeliveryId,
    EmailChangeId,
    EventId,
    LinkId,
    PatientId,
    SessionId,
    StaffId,
    SupportRequestId,
)
from patientportal.domain.medications.covers import Cover
from patientportal.domain.medications.renewals import RenewalStatus
from patientportal.domain.notices.notices import Delivery, DeliveryStatus
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import EmailChangePolicy, InvitationPolicy, Policy, RecoveryPolicy, SessionPolicy
from patientportal.domain.support.support import SupportRequest
from patientportal.domain.sweeping import is_forgotten, kept_for
from patientportal.domain.told import NoticeKind
from patientportal.testing import strategies
from tests.domain.medications.test_medications import MEDICATION
from tests.domain.medications.test_renewals import RENEWAL

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CENTURY = 36_500 * DAY
POLICY = Policy(zone="UTC")
ADA = PatientId("p-1")

DELIVERY = Delivery(
    id=DeliveryId("d-1"),
    patient_id=ADA,
    kind=NoticeKind.INVITATION,
    link_id=LinkId("l-1"),
    created_at=NOW,
    status=DeliveryStatus.SENT,
    next_try_at=NOW,
)
LOG_IN_GUARD = LogInGuard(name_hash=b"name", failed_attempts=3, last_failed_at=NOW)
SESSION = Session(
    patient_id=ADA, id=SessionId("s-1"), secret_hash=b"", device="phone", started_at=NOW, last_seen_at=NOW
)
LINK = evolve(links.requested(ADA, LinkId("l-1"), Purpose.INVITATION, now=NOW), status=LinkStatus.USED)
MINTED = evolve(LINK, status=LinkStatus.OPEN, last_minted_at=NOW)
EMAIL_CHANGE = EmailChange(
    patient_id=ADA, id=EmailChangeId("l-2"), former="old@example.org", proposed="new@example.org", requested_at=NOW
)
RECOVERY_GUARD = RecoveryGuard(subject_hash=b"name", failed_answers=4, last_failed_at=NOW, closed_at=NOW)
REQUEST = SupportRequest(
    patient_id=NOBODY,
    id=SupportRequestId("r-1"),
    contact="ada@example.org",
    message="I can't get in.",
    asked_at=NOW,
    resolved_at=NOW,
    resolved_by=StaffId("staff-1"),
)
COVER = Cover(prescriber_id=StaffId("dr-a"), covering_id=StaffId("dr-b"), until=NOW, given_by=StaffId("dr-a"))
OF_NOBODY = Recorded(
    patient_id=NOBODY, id=EventId("e-1"), at=NOW, by=ANONYMOUS, session_id=None, event=LogInFailed(attempt=1)
)
OF_ADA = evolve(OF_NOBODY, patient_id=ADA)

MOMENTS = {
    Delivery: "next_try_at",
    LogInGuard: "last_failed_at",
    Session: "started_at",
    Link: "created_at",
    EmailChange: "requested_at",
    RecoveryGuard: "last_failed_at",
    SupportRequest: "resolved_at",
    Cover: "until",
    Recorded: "at",
}
"""From when on the time of each counts; that of an open link from its first secret on."""


def moment_of(state: Any) -> datetime | None:
    if isinstance(state, LogInGuard) and state.locked_at is not None:
        return None
    is_open_link = isinstance(state, Link) and state.status is LinkStatus.OPEN
    moment: datetime | None = getattr(state, "last_minted_at" if is_open_link else MOMENTS[type(state)])
    return moment


UNDER_ANY_POLICY = [
    (evolve(DELIVERY, status=DeliveryStatus.SENT), 90 * DAY),
    (evolve(DELIVERY, status=DeliveryStatus.DEAD), 90 * DAY),
    (evolve(DELIVERY, status=DeliveryStatus.POINTLESS), 90 * DAY),
    (LOG_IN_GUARD, 30 * DAY),
    (EMAIL_CHANGE, 90 * DAY),
    (evolve(EMAIL_CHANGE, confirmed_at=NOW + HOUR), 90 * DAY),
    (RECOVERY_GUARD, 30 * DAY),
    (evolve(RECOVERY_GUARD, failed_answers=1, closed_at=None), 30 * DAY),
    (REQUEST, 90 * DAY),
    (evolve(REQUEST, patient_id=ADA, contact=""), 90 * DAY),
    (COVER, 90 * DAY),
    (OF_NOBODY, 90 * DAY),
]
BY_THE_PRACTICES_LIMITS = [
    (SESSION, 8 * HOUR + 90 * DAY),
    (evolve(SESSION, ended_at=NOW), 8 * HOUR + 90 * DAY),
    *((evolve(LINK, purpose=purpose), 104 * DAY) for purpose in Purpose),
    (evolve(LINK, status=LinkStatus.ENDED), 104 * DAY),
    (MINTED, 104 * DAY),
]


def forgotten(state: object, after: timedelta, policy: Policy = POLICY) -> bool:
    return is_forgotten(state, now=NOW + after, policy=policy)


@pytest.mark.parametrize(("state", "age"), [*UNDER_ANY_POLICY, *BY_THE_PRACTICES_LIMITS])
def test_what_is_over_is_forgotten_at_the_microsecond_at_which_its_time_is_up(state: object, age: timedelta) -> None:
    assert kept_for(type(state), POLICY) == age
    assert not forgotten(state, age - INSTANT)
    assert forgotten(state, age)
    assert forgotten(state, age + CENTURY)
    assert not forgotten(state, -CENTURY)  # the clock went backwards


@pytest.mark.parametrize(
    "state",
    [
        evolve(DELIVERY, status=DeliveryStatus.WAITING),
        MEDICATION,
        evolve(RENEWAL, status=RenewalStatus.EXPIRED),
        evolve(DELIVERY, status=DeliveryStatus.WAITING, tries=12, lease="mine"),
        *(evolve(LINK, purpose=purpose, status=LinkStatus.OPEN) for purpose in Purpose),  # nobody was told yet
        OF_ADA,
        evolve(REQUEST, resolved_at=None, resolved_by=None),
        evolve(REQUEST, patient_id=ADA, resolved_at=None, resolved_by=None),
    ],
)
def test_what_waits_is_open_or_happened_to_a_patient_is_never_forgotten(state: object) -> None:
    assert not forgotten(state, CENTURY)


def test_a_patient_is_never_forgotten() -> None:
    assert not forgotten(Patient(id=ADA, registered_at=NOW), CENTURY)


@pytest.mark.parametrize(("valid_for", "last_minted"), [(7 * DAY, 90 * DAY), (INSTANT, 90 * DAY), (7 * DAY, 0 * DAY)])
def test_a_link_is_kept_until_its_time_from_the_latest_secret_on_is_over_too(
    valid_for: timedelta, last_minted: timedelta
) -> None:
    policy = Policy(zone="UTC", invitations=InvitationPolicy(valid_for=valid_for))
    link = evolve(MINTED, last_minted_at=NOW + last_minted)
    over = last_minted + kept_for(Link, policy)
    assert not forgotten(link, over - INSTANT, policy)
    assert forgotten(link, over, policy)


@pytest.mark.parametrize(
    ("policy", "longest"),
    [
        (POLICY, 14 * DAY),
        (Policy(zone="UTC", invitations=InvitationPolicy(paper_valid_for=HOUR)), 7 * DAY),
        (Policy(zone="UTC", invitations=InvitationPolicy(valid_for=HOUR, paper_valid_for=HOUR)), 24 * HOUR),
        (
            Policy(
                zone="UTC",
                invitations=InvitationPolicy(valid_for=HOUR, paper_valid_for=HOUR),
                email_changes=EmailChangePolicy(valid_for=HOUR),
                recovery=RecoveryPolicy(link_valid_for=2 * HOUR),
            ),
            2 * HOUR,
        ),
    ],
    ids=["a printed code", "an invitation", "a change of the address", "a new password"],
)
@pytest.mark.parametrize("purpose", Purpose)
def test_a_link_of_any_purpose_is_kept_as_long_as_the_one_that_works_longest(
    policy: Policy, longest: timedelta, purpose: Purpose
) -> None:
    link = evolve(LINK, purpose=purpose)
    assert not forgotten(link, longest + 90 * DAY - INSTANT, policy)
    assert forgotten(link, longest + 90 * DAY, policy)


def test_a_longer_session_is_kept_for_longer() -> None:
    policy = Policy(zone="UTC", sessions=SessionPolicy(absolute=100 * DAY))
    assert kept_for(Session, policy) == 190 * DAY


@given(strategies.policies())
def test_what_an_attacker_could_probe_for_and_the_rest_are_kept_alike_under_any_policy(policy: Policy) -> None:
    for state, age in UNDER_ANY_POLICY:
        assert kept_for(type(state), policy) == age


KINDS: dict[type[Any], st.SearchStrategy[Any]] = {kind: strategies.BY_TYPE[kind]() for kind in MOMENTS}


@pytest.mark.parametrize("kind", KINDS)
@given(st.data())
def test_nothing_is_forgotten_before_its_time_under_any_policy(kind: type[Any], data: st.DataObject) -> None:
    state, policy = data.draw(KINDS[kind]), data.draw(strategies.policies())
    moment, age = moment_of(state), kept_for(kind, policy)
    if moment is None:
        assert not is_forgotten(state, now=datetime(2400, 1, 1, tzinfo=UTC), policy=policy)
        return
    early = data.draw(st.just(INSTANT) | st.timedeltas(INSTANT, age))
    assert age > timedelta(0)
    assert not is_forgotten(state, now=moment + age - early, policy=policy)


@given(strategies.links(skewed=True), strategies.policies(), st.timedeltas(-CENTURY / 2, CENTURY))
def test_no_open_link_is_forgotten_under_any_policy(link: Link, policy: Policy, age: timedelta) -> None:
    now = link.created_at + age
    moment = moment_of(link)
    is_old = moment is not None and now - moment >= kept_for(Link, policy)
    assert is_forgotten(link, now=now, policy=policy) is is_old
    if link.status is LinkStatus.OPEN and links.has_live_secret(link, now=now, policy=policy):
        assert not is_old


@given(strategies.sessions(skewed=True), strategies.policies(), st.timedeltas(-CENTURY / 2, CENTURY))
def test_no_live_session_is_forgotten_under_any_policy(session: Session, policy: Policy, age: timedelta) -> None:
    now = session.started_at + age
    if sessions.is_live(session, now=now, policy=policy):
        assert not is_forgotten(session, now=now, policy=policy)
    assert is_forgotten(session, now=now, policy=policy) is (age >= kept_for(Session, policy))


@pytest.mark.parametrize("reopen_after", [30 * DAY + INSTANT, 60 * DAY, 3650 * DAY])
def test_forgetting_never_opens_recovery_before_its_time(reopen_after: timedelta) -> None:
    policy = Policy(zone="UTC", recovery=RecoveryPolicy(reopen_after=reopen_after))
    assert not forgotten(RECOVERY_GUARD, reopen_after - INSTANT, policy)


@given(strategies.recovery_guards(), strategies.policies(), st.timedeltas(-HOUR, 60 * DAY))
def test_nothing_that_keeps_recovery_closed_for_a_month_or_less_is_forgotten(
    guard: RecoveryGuard, policy: Policy, age: timedelta
) -> None:
    now = guard.last_failed_at + age
    if challenges.is_closed(guard, now=now, policy=policy):
        assert not is_forgotten(guard, now=now, policy=policy)


@given(
    st.one_of(strategies.deliveries(skewed=True), strategies.support_requests(skewed=True), strategies.recorded()),
    strategies.policies(),
)
def test_of_notices_requests_and_events_only_what_is_done_with_or_nobodys_is_ever_forgotten(
    state: Delivery | SupportRequest | Recorded, policy: Policy
) -> None:
    assert is_forgotten(state, now=datetime(2400, 1, 1, tzinfo=UTC), policy=policy) is is_done(state)


def is_done(state: Delivery | SupportRequest | Recorded) -> bool:
    match state:
        case Delivery():
            return state.status is not DeliveryStatus.WAITING
        case SupportRequest():
            return state.resolved_at is not None
        case Recorded():
            return state.patient_id == NOBODY
