"""Accounts: who holds an open invitation takes a username that nobody has."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import activation, birth_dates, links
from patientportal.domain.accounts.activation import (
    Account,
    AccountActivated,
    Activated,
    HashUpgraded,
    Username,
    UsernameTakenError,
)
from patientportal.domain.accounts.guards import LogInGuard, cleared
from patientportal.domain.accounts.links import LinkInvalidError, LinkSecret, LinkStatus, Purpose
from patientportal.domain.accounts.recovery_names import RecoveryName
from patientportal.domain.accounts.security_questions import SecurityAnswers
from patientportal.domain.errors import RefusedError
from patientportal.domain.ids import LinkId, PatientId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.policy import Policy
from patientportal.testing import BORN, person

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
ADA, BOB = PatientId("p-ada"), PatientId("p-bob")
INVITATION = evolve(links.requested(ADA, LinkId("l-1"), Purpose.INVITATION, now=NOW), last_minted_at=NOW)
SECRET = LinkSecret(patient_id=ADA, link_id=INVITATION.id, secret_hash=b"hash", minted_at=NOW)
PATIENT = Patient(id=ADA, registered_at=NOW)
INACTIVE = evolve(PATIENT, deactivated_at=NOW)
ACCOUNT = Account(
    patient_id=ADA,
    username="countess",
    password_hash="secret-hash",
    activated_at=NOW,
    password_changed_at=NOW,
)
GUARD = LogInGuard(name_hash=b"name", failed_attempts=2, last_failed_at=NOW)
RECORD = PersonalRecord(patient_id=ADA, personal=person())
GOOD: dict[str, Any] = {"link": INVITATION, "secret": SECRET, "patient": PATIENT, "existing": None, "holder": None}
RECOVERY_NAME = RecoveryName(patient_id=ADA, person_hash=b"person-hash")
ANSWERS = SecurityAnswers(patient_id=ADA, answers=())
TAKEN = Username(name="countess", patient_id=BOB)


def activate(**changes: Any) -> Any:
    facts = (
        GOOD
        | {
            "secret": SECRET,
            "record": RECORD,
            "born": BORN,
            "guard": None,
            "recovery_name": RECOVERY_NAME,
            "account": ACCOUNT,
            "answers": ANSWERS,
            "now": NOW,
            "policy": Policy(zone="UTC"),
        }
        | changes
    )
    return activation.activate(facts.pop("link"), **facts)


def test_a_patient_with_an_invitation_gets_an_account_and_the_link_is_used() -> None:
    assert activate() == Activated(
        guard=None,
        username=Username(name="countess", patient_id=ADA),
        patient=evolve(PATIENT, activated_at=NOW),
        recovery_name=RECOVERY_NAME,
        account=ACCOUNT,
        answers=ANSWERS,
        link=evolve(INVITATION, status=LinkStatus.USED),
        event=AccountActivated(link_id=INVITATION.id),
    )


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"link": None, "patient": None, "existing": ACCOUNT, "holder": TAKEN}, LinkInvalidError),
        ({"link": evolve(INVITATION, status=LinkStatus.USED), "holder": TAKEN}, LinkInvalidError),
        ({"link": evolve(INVITATION, status=LinkStatus.ENDED), "holder": TAKEN}, LinkInvalidError),
        ({"secret": None, "patient": None, "existing": ACCOUNT, "holder": TAKEN}, LinkInvalidError),
        ({"now": NOW + WEEK, "patient": None, "existing": ACCOUNT, "holder": TAKEN}, LinkInvalidError),
        ({"patient": None, "existing": ACCOUNT, "holder": TAKEN}, LinkInvalidError),
        ({"patient": INACTIVE, "existing": ACCOUNT, "holder": TAKEN}, LinkInvalidError),
        ({"existing": ACCOUNT, "holder": TAKEN}, LinkInvalidError),
        ({"holder": TAKEN}, UsernameTakenError),
        ({}, None),
    ],
    ids=[
        "no link",
        "used",
        "ended",
        "no secret",
        "too late",
        "no patient",
        "inactive",
        "has an account",
        "name taken",
        "good",
    ],
)
def test_the_link_is_judged_before_the_name(changes: dict[str, Any], refused: type[RefusedError] | None) -> None:
    if refused is None:
        assert activate(**changes).account == ACCOUNT
    else:
        with pytest.raises(refused):
            activate(**changes)


@pytest.mark.parametrize("born", [None, BORN + timedelta(days=1)])
def test_a_wrong_birth_date_counts_before_the_name_is_looked_at(born: date | None) -> None:
    outcome = activate(born=born, holder=TAKEN)
    assert outcome == birth_dates.count(INVITATION, record=RECORD, born=born, policy=Policy(zone="UTC"))
    assert outcome.attempts_left == 3


def test_where_no_questions_are_asked_an_account_begins_without_answers() -> None:
    assert activate(answers=None) == evolve(activate(), answers=None)


@given(
    link=st.sampled_from([None, INVITATION, evolve(INVITATION, status=LinkStatus.USED)]),
    patient=st.sampled_from([None, PATIENT, INACTIVE]),
    existing=st.sampled_from([None, ACCOUNT]),
    holder=st.sampled_from([None, TAKEN, evolve(TAKEN, patient_id=ADA)]),
    late=st.sampled_from([timedelta(0), -WEEK, WEEK, WEEK - timedelta(microseconds=1)]),
)
def test_only_an_invited_active_patient_without_an_account_gets_a_free_name(late: timedelta, **facts: Any) -> None:
    invited = facts["link"] is INVITATION and late != WEEK
    if not invited or facts["patient"] is not PATIENT or facts["existing"] is not None:
        with pytest.raises(LinkInvalidError):
            activate(**facts, now=NOW + late)
    elif facts["holder"] is not None:
        with pytest.raises(UsernameTakenError):
            activate(**facts, now=NOW + late)
    else:
        assert activate(**facts, now=NOW + late).username.patient_id == ADA


@pytest.mark.parametrize("guard", [None, GUARD, evolve(GUARD, locked_at=NOW), evolve(GUARD, failed_attempts=0)])
def test_what_strangers_counted_against_a_name_is_forgotten_when_it_is_taken(guard: LogInGuard | None) -> None:
    assert activate(guard=guard).guard == cleared(guard)


def test_a_hash_makes_way_for_a_stronger_one_of_the_same_password_and_for_nothing_else() -> None:
    upgraded = activation.upgrade_hash(ACCOUNT, against="secret-hash", upgraded="stronger")
    assert upgraded == HashUpgraded(account=evolve(ACCOUNT, password_hash="stronger"))
    changed_meanwhile = evolve(ACCOUNT, password_hash="another")
    assert activation.upgrade_hash(changed_meanwhile, against="secret-hash", upgraded="stronger") == Unchanged()


def test_nothing_that_identifies_a_patient_is_shown() -> None:
    shown = repr(activate())
    assert "countess" not in shown
    assert "secret" not in shown
