"""Changing the address: the password said again, a link to the new one, a warning to the old one."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import email_change, links, log_in
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.email_change import (
    ChangedByPractice,
    Confirmed,
    EmailChange,
    EmailChanged,
    EmailChangeRequested,
    Requested,
    TooManyEmailChangesError,
)
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.links import Link, LinkEnd, LinkInvalidError, LinkSecret, LinkStatus, Purpose
from patientportal.domain.accounts.log_in import CredentialReplaced, Locked, LockedOut, LogInFailed, StillLocked, Wrong
from patientportal.domain.accounts.passwords import Verification
from patientportal.domain.errors import BadInputError
from patientportal.domain.ids import EmailChangeId, LinkId, PatientId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.policy import EmailChangePolicy, LockoutPolicy, Policy
from patientportal.testing import strategies

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
POLICY = Policy(zone="UTC")
UNLOCKING = Policy(zone="UTC", lockout=LockoutPolicy(unlock_after=HOUR))
NAME = b"hash of the name"
PATIENT = Patient(id=PatientId("p-1"), registered_at=NOW - HOUR)
INACTIVE = evolve(PATIENT, deactivated_at=NOW)
PERSONAL = PersonalInformation(
    first_name="Ada", last_name="Byron", date_of_birth=date(1980, 12, 10), email="old@example.org", phone="555-0100"
)
RECORD = PersonalRecord(patient_id=PATIENT.id, personal=PERSONAL)
NEW_RECORD = evolve(RECORD, personal=evolve(PERSONAL, email="new@example.org"))
ACCOUNT = Account(
    patient_id=PATIENT.id,
    username="countess",
    password_hash="present",
    activated_at=NOW - HOUR,
    password_changed_at=NOW - HOUR,
)
LOCKED_ACCOUNT = evolve(ACCOUNT, locked_at=NOW)
GUARD = LogInGuard(name_hash=NAME, failed_attempts=3, last_failed_at=NOW - HOUR)
LOCKED_GUARD = evolve(GUARD, locked_at=NOW)
RIGHT = Verification(against="present", password_changed_at=ACCOUNT.password_changed_at, matched=True)
WRONG = Verification(against="present", password_changed_at=ACCOUNT.password_changed_at, matched=False)
REPLACED = Verification(against="earlier", password_changed_at=ACCOUNT.password_changed_at - INSTANT, matched=True)
CHANGE = EmailChange(
    patient_id=PATIENT.id,
    id=EmailChangeId("c-1"),
    former="old@example.org",
    proposed="new@example.org",
    requested_at=NOW,
)
LINK = Link(
    patient_id=PATIENT.id,
    id=LinkId("c-1"),
    purpose=Purpose.EMAIL_CHANGE,
    status=LinkStatus.OPEN,
    created_at=NOW,
    last_minted_at=NOW,
)
SECRET = LinkSecret(patient_id=PATIENT.id, link_id=LINK.id, secret_hash=b"hash", minted_at=NOW)
EARLIER = [evolve(LINK, id=LinkId("c-2")), evolve(LINK, id=LinkId("c-3"), last_minted_at=None)]
RESET_LINK = links.requested(PATIENT.id, LinkId("l-4"), Purpose.PASSWORD_RESET, now=NOW)

Answer = Requested | Wrong | Locked | StillLocked | CredentialReplaced


def ended(*open_links: Link, by: LinkEnd = LinkEnd.NEW_ADDRESS) -> tuple[Link, ...]:
    return tuple(evolve(link, status=LinkStatus.ENDED, ended_by=by) for link in open_links)


def request(**changes: Any) -> Answer:
    facts: dict[str, Any] = {
        "record": RECORD,
        "proposed": "new@example.org",
        "guard": None,
        "verification": RIGHT,
        "open_links": (),
        "recent": 0,
        "now": NOW,
        "policy": POLICY,
    } | changes
    account = facts.pop("account", ACCOUNT)
    return email_change.request(account, change_id=CHANGE.id, name_hash=NAME, **facts)


def confirm(**changes: Any) -> Confirmed:
    facts: dict[str, Any] = {
        "link": LINK,
        "secret": SECRET,
        "change": CHANGE,
        "patient": PATIENT,
        "record": RECORD,
        "open_links": (),
        "now": NOW,
        "policy": POLICY,
    } | changes
    return email_change.confirm(facts.pop("link"), **facts)


def test_a_request_begins_a_change_with_a_link_of_its_name_and_ends_earlier_links() -> None:
    assert request(guard=GUARD, open_links=EARLIER, recent=4) == Requested(
        guard=evolve(GUARD, failed_attempts=0),
        account=None,
        ended=ended(*EARLIER, by=LinkEnd.REPLACED),
        link=evolve(LINK, last_minted_at=None),
        change=CHANGE,
        event=EmailChangeRequested(change_id=CHANGE.id, links_ended=2),
    )


EVERYTHING_WRONG = {
    "account": LOCKED_ACCOUNT,
    "guard": LOCKED_GUARD,
    "verification": evolve(REPLACED, matched=False),
    "proposed": "old@example.org",
    "recent": 5,
}
REPAIRS: list[tuple[dict[str, Any], type[Answer | Exception]]] = [
    ({}, StillLocked),
    ({"guard": GUARD}, StillLocked),
    ({"account": ACCOUNT}, CredentialReplaced),
    ({"verification": WRONG}, Locked),
    ({"guard": evolve(GUARD, failed_attempts=2)}, Wrong),
    ({"verification": RIGHT}, BadInputError),
    ({"proposed": "new@example.org"}, TooManyEmailChangesError),
    ({"recent": 4}, Requested),
]


@pytest.mark.parametrize("repaired", range(len(REPAIRS)))
def test_the_password_is_seen_to_first_then_the_address_then_the_number(repaired: int) -> None:
    facts = dict(EVERYTHING_WRONG)
    for repair, _ in REPAIRS[: repaired + 1]:
        facts |= repair
    expected = REPAIRS[repaired][1]
    if issubclass(expected, Exception):
        with pytest.raises(expected):
            request(**facts)
    else:
        assert type(request(**facts)) is expected


def test_a_wrong_password_counts_toward_the_same_lock_as_a_log_in() -> None:
    third = request(guard=evolve(GUARD, failed_attempts=2), verification=WRONG)
    assert isinstance(third, Wrong)
    assert (third.event, third.attempts_left) == (LogInFailed(attempt=3), 1)
    fourth = request(guard=third.guard, verification=WRONG)
    assert isinstance(fourth, Locked)
    assert fourth.event == LockedOut(attempt=4, account_locked=True, is_told=True)
    assert fourth.account == evolve(LOCKED_ACCOUNT, lock_told_at=NOW)
    assert request(guard=fourth.guard, account=fourth.account) == StillLocked()


@given(
    guard=st.none() | strategies.log_in_guards(),
    account=strategies.accounts(),
    policy=strategies.policies(),
    age=st.timedeltas(-HOUR, 48 * HOUR),
    matched=st.booleans(),
)
def test_nothing_but_a_wrong_password_is_counted_whatever_stood_before(
    guard: LogInGuard | None, account: Account, policy: Policy, age: timedelta, *, matched: bool
) -> None:
    now = account.password_changed_at + age
    verification = Verification(
        against=account.password_hash, password_changed_at=account.password_changed_at, matched=matched
    )
    again = log_in.reauthenticate(
        account, guard=guard, name_hash=NAME, verification=verification, now=now, policy=policy
    )
    outcome = request(account=account, guard=guard, verification=verification, now=now, policy=policy)
    if again is not None:
        assert outcome == again
    else:
        assert matched
        assert isinstance(outcome, Requested)
        assert outcome.account == (None if account.locked_at is None else evolve(account, locked_at=None))


@pytest.mark.parametrize(("after", "answer"), [(HOUR - INSTANT, StillLocked), (HOUR, Requested), (-HOUR, StillLocked)])
@pytest.mark.parametrize("guard", [None, LOCKED_GUARD])
def test_a_lock_that_ended_by_time_is_lifted_by_the_request(
    guard: LogInGuard | None, after: timedelta, answer: type[Answer]
) -> None:
    outcome = request(guard=guard, account=LOCKED_ACCOUNT, now=NOW + after, policy=UNLOCKING)
    assert type(outcome) is answer
    if isinstance(outcome, Requested):
        assert outcome.account == ACCOUNT
        assert outcome.guard == (guard and evolve(guard, failed_attempts=0, locked_at=None))


@pytest.mark.parametrize("recent", [0, 4, 5, 6, 1000])
def test_five_changes_may_begin_within_an_hour(recent: int) -> None:
    if recent < 5:
        assert request(recent=recent) == request()
    else:
        with pytest.raises(TooManyEmailChangesError):
            request(recent=recent)


def test_the_present_address_is_no_new_one_but_another_spelling_of_it_is() -> None:
    with pytest.raises(BadInputError, match=r"^bad_input: new: unchanged$"):
        request(proposed="old@example.org")
    spelt = request(proposed="Old@example.org")
    assert isinstance(spelt, Requested)
    assert (spelt.change.former, spelt.change.proposed) == ("old@example.org", "Old@example.org")


def test_the_confirmed_address_holds_and_every_other_link_ends() -> None:
    assert confirm(open_links=[EARLIER[0], LINK, RESET_LINK], now=NOW + HOUR) == Confirmed(
        record=NEW_RECORD,
        link=evolve(LINK, status=LinkStatus.USED),
        ended=ended(EARLIER[0], RESET_LINK),
        change=evolve(CHANGE, confirmed_at=NOW + HOUR),
        event=EmailChanged(change_id=CHANGE.id, links_ended=2),
    )
    assert confirm().ended == confirm(open_links=[LINK]).ended == ()
    assert confirm(open_links=[LINK]).event == EmailChanged(change_id=CHANGE.id, links_ended=0)


@pytest.mark.parametrize(
    "fault",
    [
        {"link": None},
        {"link": evolve(LINK, status=LinkStatus.USED)},
        {"link": evolve(LINK, status=LinkStatus.ENDED)},
        {"secret": None},
        {"secret": evolve(SECRET, minted_at=NOW - 24 * HOUR)},
        {"link": evolve(LINK, purpose=Purpose.PASSWORD_RESET)},
        {"link": evolve(LINK, purpose=Purpose.INVITATION)},
        {"patient": None},
        {"patient": INACTIVE},
        {"record": None},
        {"change": None},
    ],
    ids=map(str, range(11)),
)
def test_one_thing_that_is_missing_or_over_makes_the_link_invalid(fault: dict[str, Any]) -> None:
    with pytest.raises(LinkInvalidError):
        confirm(**fault)


@pytest.mark.parametrize("valid_for", [INSTANT, HOUR, 24 * HOUR])
def test_a_confirmation_is_in_time_until_the_microsecond_at_which_the_link_is_over(valid_for: timedelta) -> None:
    policy = Policy(zone="UTC", email_changes=EmailChangePolicy(valid_for=valid_for))
    assert confirm(now=NOW + valid_for - INSTANT, policy=policy).record == NEW_RECORD
    with pytest.raises(LinkInvalidError):
        confirm(now=NOW + valid_for, policy=policy)


def test_an_address_that_was_confirmed_is_not_confirmed_again() -> None:
    with pytest.raises(LinkInvalidError):
        confirm(link=confirm().link, record=NEW_RECORD)


@given(others=st.lists(strategies.links(), unique_by=lambda link: link.id, max_size=4), is_among_them=st.booleans())
def test_a_new_address_leaves_no_other_link_open(others: list[Link], *, is_among_them: bool) -> None:
    others = [link for link in others if link.id != LINK.id]
    confirmed = confirm(open_links=[*others, *([LINK] if is_among_them else [])])
    assert confirmed.ended == ended(*others)
    assert confirmed.event.links_ended == len(others)


def test_the_practice_changes_an_address_at_once_and_every_link_ends() -> None:
    def change(proposed: str, *open_links: Link) -> ChangedByPractice | Unchanged:
        return email_change.change_by_practice(
            RECORD, proposed=proposed, change_id=CHANGE.id, open_links=open_links, now=NOW
        )

    assert change("new@example.org", LINK, RESET_LINK) == ChangedByPractice(
        record=NEW_RECORD,
        ended=ended(LINK, RESET_LINK),
        change=evolve(CHANGE, confirmed_at=NOW),
        event=EmailChanged(change_id=CHANGE.id, links_ended=2),
    )
    assert change("old@example.org", LINK) == Unchanged()


@pytest.mark.parametrize(
    "proposed", ["old@m\u00fcller.example", "old@xn--mller-kva.example", "old@XN--Mller-kva.EXAMPLE"]
)
def test_another_spelling_of_the_domain_is_the_present_address(proposed: str) -> None:
    record = evolve(RECORD, personal=evolve(PERSONAL, email="old@m\u00fcller.example"))
    with pytest.raises(BadInputError, match=r"^bad_input: new: unchanged$"):
        request(record=record, proposed=proposed)
    changed = email_change.change_by_practice(record, proposed=proposed, change_id=CHANGE.id, open_links=(), now=NOW)
    assert changed == Unchanged()
    assert isinstance(request(record=record, proposed="Old@m\u00fcller.example"), Requested)


def test_nothing_of_a_change_shows_an_address() -> None:
    outcomes = [request(), confirm(), TooManyEmailChangesError()]
    assert "example.org" not in repr(outcomes) + str(outcomes)
