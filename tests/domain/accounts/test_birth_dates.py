"""The birth date beside a link: asked before anything else is told, and the fourth wrong one ends the link."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import birth_dates, links
from patientportal.domain.accounts.birth_dates import BirthDateWrong, WrongBirthDate
from patientportal.domain.accounts.links import LinkEnd, LinkInvalidError, LinkSecret, LinkStatus, Purpose
from patientportal.domain.ids import LinkId, PatientId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.policy import BIRTH_DATE_ATTEMPTS_MAX, InvitationPolicy, Policy
from patientportal.domain.told import Notice, NoticeKind
from patientportal.domain.values.known_days import KnownDay, PartialDate
from patientportal.ports.catalogue import notices
from patientportal.testing import BORN, person

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
ADA = PatientId("p-ada")
INVITATION = evolve(links.requested(ADA, LinkId("l-1"), Purpose.INVITATION, now=NOW), last_minted_at=NOW)
RESET = evolve(INVITATION, purpose=Purpose.PASSWORD_RESET)
SECRET = LinkSecret(patient_id=ADA, link_id=INVITATION.id, secret_hash=b"hash", minted_at=NOW)
PATIENT = Patient(id=ADA, registered_at=NOW)
RECORD = PersonalRecord(patient_id=ADA, personal=person())
NOT_BORN = BORN + timedelta(days=1)
USUAL = Policy(zone="UTC")
SILENT = Policy(zone="UTC", invitations=InvitationPolicy(ask_birth_date=False))
GOOD: dict[str, Any] = {
    "link": INVITATION,
    "secret": SECRET,
    "purpose": Purpose.INVITATION,
    "patient": PATIENT,
    "record": RECORD,
    "born": BORN,
    "now": NOW,
    "policy": USUAL,
}
ENDED: dict[str, Any] = {"status": LinkStatus.ENDED, "ended_by": LinkEnd.WRONG_BIRTH_DATES}


def confirm(**changes: Any) -> Any:
    facts = GOOD | changes
    return birth_dates.confirm(facts.pop("link"), **facts)


@pytest.mark.parametrize("born", [PartialDate(1980), PartialDate(1980, 12), None])
def test_a_mailed_invitation_is_worth_nothing_where_nobody_knows_the_birth_date_to_ask_for(
    born: KnownDay | None,
) -> None:
    record = PersonalRecord(patient_id=ADA, personal=person(date_of_birth=born))
    for said in (BORN, None):
        with pytest.raises(LinkInvalidError):
            confirm(record=record, born=said)
        assert confirm(record=record, born=said, policy=SILENT) == Unchanged()
    on_paper = evolve(INVITATION, is_printed=True)
    assert confirm(link=on_paper, record=record, born=None) == Unchanged()


@pytest.mark.parametrize(
    "changes",
    [
        {"link": None, "born": NOT_BORN},
        {"link": evolve(INVITATION, status=LinkStatus.USED), "born": NOT_BORN},
        {"link": evolve(INVITATION, **ENDED), "born": NOT_BORN},
        {"link": RESET, "born": NOT_BORN},
        {"secret": None, "born": NOT_BORN},
        {"now": NOW + WEEK, "born": NOT_BORN},
        {"patient": None, "born": NOT_BORN},
        {"patient": evolve(PATIENT, deactivated_at=NOW), "born": NOT_BORN},
        {"record": None, "born": NOT_BORN},
        {"born": NOT_BORN},
        {"born": None},
        {},
    ],
    ids=[
        "no link",
        "used",
        "ended",
        "for something else",
        "no secret",
        "too late",
        "no patient",
        "inactive",
        "no record",
        "wrong",
        "none",
        "right",
    ],
)
def test_the_link_is_judged_before_the_birth_date(changes: dict[str, Any]) -> None:
    if changes.get("born", NOT_BORN) is not NOT_BORN or changes == {}:
        assert isinstance(confirm(**changes), WrongBirthDate) is (changes == {"born": None})
    elif changes.keys() == {"born"}:
        assert confirm(**changes).attempts_left == 3
    else:
        with pytest.raises(LinkInvalidError):
            confirm(**changes)


def test_the_fourth_wrong_birth_date_ends_the_link_and_a_right_one_in_between_forgets_nothing() -> None:
    link = INVITATION
    for attempt in (1, 2, 3, 4):
        assert confirm(link=link) == Unchanged()
        counted = confirm(link=link, born=NOT_BORN)
        is_last = attempt == 4
        assert counted == WrongBirthDate(
            link=evolve(INVITATION, wrong_dates=attempt, **(ENDED if is_last else {})),
            event=BirthDateWrong(
                link_id=INVITATION.id, purpose=Purpose.INVITATION, attempt=attempt, link_ended=is_last
            ),
            attempts_left=4 - attempt,
        )
        link = counted.link
    with pytest.raises(LinkInvalidError):
        confirm(link=link)


def test_a_practice_that_allows_fewer_ends_what_was_mistaken_more_often_at_the_next() -> None:
    policy = Policy(zone="UTC", invitations=InvitationPolicy(attempts=2))
    counted = confirm(link=evolve(INVITATION, wrong_dates=3), born=NOT_BORN, policy=policy)
    assert (counted.attempts_left, counted.link.ended_by) == (0, LinkEnd.WRONG_BIRTH_DATES)


@pytest.mark.parametrize("born", [None, BORN, NOT_BORN])
def test_nothing_is_asked_where_the_practice_does_not_want_it_nor_for_a_mailed_reset(born: date | None) -> None:
    assert confirm(born=born, policy=SILENT) == Unchanged()
    assert confirm(link=RESET, purpose=Purpose.PASSWORD_RESET, born=born) == Unchanged()


@given(
    wrong=st.integers(0, BIRTH_DATE_ATTEMPTS_MAX),
    attempts=st.integers(1, BIRTH_DATE_ATTEMPTS_MAX),
    asks=st.booleans(),
    born=st.none() | st.just(BORN) | st.dates(date(1980, 12, 1), date(1980, 12, 20)),
)
def test_an_open_link_counts_every_birth_date_but_the_patients_own(
    wrong: int, attempts: int, born: date | None, *, asks: bool
) -> None:
    policy = Policy(zone="UTC", invitations=InvitationPolicy(ask_birth_date=asks, attempts=attempts))
    counts = asks and born != BORN
    outcome = confirm(link=evolve(INVITATION, wrong_dates=wrong), born=born, policy=policy)
    if not counts:
        assert outcome == Unchanged()
    else:
        assert outcome.link.wrong_dates == wrong + 1
        assert outcome.attempts_left == max(attempts - wrong - 1, 0)
        assert (outcome.link.status is LinkStatus.OPEN) is (outcome.attempts_left > 0)


@pytest.mark.parametrize("value", ["1980-12-10", datetime(1980, 12, 10, tzinfo=UTC), 19801210, b""])
def test_what_is_no_day_is_a_mistake_of_the_host(value: object) -> None:
    with pytest.raises(TypeError, match="date_of_birth"):
        birth_dates.said(value)


def test_a_day_is_what_it_is_and_so_is_none() -> None:
    assert birth_dates.said(BORN) == BORN
    assert birth_dates.said(None) is None


@pytest.mark.parametrize(
    ("purpose", "kind"),
    [(Purpose.INVITATION, NoticeKind.INVITATION), (Purpose.PASSWORD_RESET, NoticeKind.PASSWORD_RESET)],
)
def test_staff_see_a_letter_that_came_to_nothing_once_the_link_is_over_and_not_before(
    purpose: Purpose, kind: NoticeKind
) -> None:
    event = BirthDateWrong(link_id=INVITATION.id, purpose=purpose, attempt=3, link_ended=False)
    assert notices(event, USUAL) == ()
    over = evolve(event, attempt=4, link_ended=True)
    assert notices(over, USUAL) == (Notice(kind=kind, link_id=INVITATION.id),)
