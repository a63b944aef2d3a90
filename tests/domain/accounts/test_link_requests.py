"""Where nothing is asked, whoever is named is mailed a link, and a stranger who asks takes nothing from them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import link_requests, links
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.challenges import Flow
from patientportal.domain.accounts.link_requests import LinkRequested, RecoveryLinkRequested
from patientportal.domain.accounts.links import Link, Purpose
from patientportal.domain.events import ANONYMOUS, Recorded
from patientportal.domain.ids import EventId, LinkId, PatientId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import Policy, RecoveryPolicy

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
INSTANT = timedelta.resolution
PATIENT = Patient(id=PatientId("p-1"), registered_at=NOW - DAY)
ACCOUNT = Account(
    patient_id=PATIENT.id,
    username="countess",
    password_hash="present",
    activated_at=NOW - DAY,
    password_changed_at=NOW - DAY,
    locked_at=NOW,
)
POLICY = Policy(zone="UTC", recovery=RecoveryPolicy(by_question=False))
NEW, OPEN = LinkId("new"), LinkId("open")
ENOUGH = Unchanged()

Outcome = LinkRequested | Unchanged


def opened(*, made: timedelta, minted: timedelta | None = None) -> Link:
    """The open link, made and last minted so long ago."""
    link = links.requested(PATIENT.id, OPEN, Purpose.PASSWORD_RESET, now=NOW - made)
    return evolve(link, last_minted_at=None if minted is None else NOW - minted)


def mailed(*ago: timedelta, flow: Flow = Flow.PASSWORD, link_id: LinkId = OPEN) -> tuple[Recorded, ...]:
    """Letters that were mailed so long ago, the latest first."""
    event = RecoveryLinkRequested(flow=flow, link_id=link_id)
    return tuple(
        Recorded(
            id=EventId(f"e-{number}"), at=NOW - one, patient_id=PATIENT.id, by=ANONYMOUS, session_id=None, event=event
        )
        for number, one in enumerate(ago)
    )


def request(flow: Flow = Flow.PASSWORD, **changes: Any) -> Outcome:
    facts: dict[str, Any] = {
        "patient": PATIENT,
        "account": ACCOUNT,
        "open_link": None,
        "letters": (),
        "now": NOW,
        "policy": POLICY,
    }
    return link_requests.request(flow, link_id=NEW, **(facts | changes))


@pytest.mark.parametrize("flow", Flow)
def test_whoever_is_named_is_mailed_a_new_link_also_while_the_account_is_locked(flow: Flow) -> None:
    assert request(flow) == LinkRequested(
        link=links.requested(PATIENT.id, NEW, Purpose.PASSWORD_RESET, now=NOW),
        event=RecoveryLinkRequested(flow=flow, link_id=NEW),
    )


@pytest.mark.parametrize("flow", Flow)
@pytest.mark.parametrize("minted", [None, 30 * MINUTE])
def test_an_open_link_of_which_no_letter_works_is_mailed_once_more_and_nothing_ends(
    flow: Flow, minted: timedelta | None
) -> None:
    outcome = request(flow, open_link=opened(made=30 * MINUTE, minted=minted))
    assert outcome == LinkRequested(link=None, event=RecoveryLinkRequested(flow=flow, link_id=OPEN))


@pytest.mark.parametrize(("made", "minted"), [(INSTANT, None), (HOUR, INSTANT), (HOUR, 30 * MINUTE - INSTANT)])
def test_beside_a_letter_that_works_or_is_on_its_way_no_second_one_is_mailed(
    made: timedelta, minted: timedelta | None
) -> None:
    link = opened(made=made, minted=minted)
    assert request(open_link=link) == ENOUGH
    told = mailed(made if made < HOUR else INSTANT, flow=Flow.USERNAME)
    assert request(Flow.USERNAME, open_link=link, letters=told) == ENOUGH


@pytest.mark.parametrize(
    "letters",
    [
        (),
        mailed(INSTANT),
        mailed(30 * MINUTE, flow=Flow.USERNAME),
        mailed(INSTANT, flow=Flow.USERNAME, link_id=LinkId("other")),
    ],
    ids=["support's", "of the password alone", "over", "of another link"],
)
def test_a_letter_that_works_but_tells_no_username_keeps_nobody_from_being_told_it(
    letters: tuple[Recorded, ...],
) -> None:
    outcome = request(Flow.USERNAME, open_link=opened(made=MINUTE, minted=MINUTE), letters=letters)
    assert outcome == LinkRequested(link=None, event=RecoveryLinkRequested(flow=Flow.USERNAME, link_id=OPEN))


@pytest.mark.parametrize("left", range(5))
def test_nothing_is_mailed_to_anybody_who_lacks_anything(left: int) -> None:
    wrong: list[tuple[str, Any]] = [
        ("patient", None),
        ("patient", evolve(PATIENT, deactivated_at=NOW)),
        ("account", None),
        ("letters", mailed(*[HOUR - INSTANT] * 5)),
        ("open_link", opened(made=MINUTE)),
    ]
    assert request(**dict(reversed(wrong[left:]))) == ENOUGH
    assert isinstance(request(), LinkRequested)


def test_an_hour_after_the_first_of_five_letters_there_may_be_a_sixth() -> None:
    assert request(letters=mailed(*[MINUTE] * 4, HOUR - INSTANT)) == ENOUGH
    assert request(letters=mailed(*[MINUTE] * 4, HOUR)) != ENOUGH
    assert request(letters=mailed(MINUTE), policy=evolve(POLICY, recovery=RecoveryPolicy(mails_an_hour=1))) == ENOUGH


@given(
    asks=st.lists(st.tuples(st.sampled_from(Flow), st.integers(0, 5) | st.integers(0, 40)), max_size=60),
    minutes_on_the_way=st.integers(0, 2),
)
def test_however_often_a_stranger_asks_whoever_is_named_has_a_letter_that_works_or_gets_one(
    asks: list[tuple[Flow, int]], minutes_on_the_way: int
) -> None:
    now, link, letters = NOW, opened(made=DAY, minted=DAY), list[tuple[datetime, Flow]]()
    for flow, minutes in asks:
        now += minutes * MINUTE
        minted = max((at + minutes_on_the_way * MINUTE for at, _ in letters), default=None)
        if minted is not None and minted <= now:
            link = evolve(link, last_minted_at=minted)
        known = [one for at, told in reversed(letters) for one in mailed(NOW - at, flow=told)]
        if request(flow, open_link=link, letters=known[:5], now=now) == ENOUGH:
            until = minutes_on_the_way * MINUTE + 30 * MINUTE
            assert any(now < at + until for at, told in letters if told in {flow, Flow.USERNAME})
        else:
            assert not [at for at, told in letters if told in {flow, Flow.USERNAME} and now < at + 30 * MINUTE]
            letters.append((now, flow))
        assert sum(at > now - HOUR for at, _ in letters) <= 5
