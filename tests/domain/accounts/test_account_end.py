"""An account ends with all that belongs to it, and leaves nothing by which anybody gets in."""

from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import account_end, links
from patientportal.domain.accounts.account_end import AccountEnded, AccountEndReason, Ended
from patientportal.domain.accounts.activation import Account, Username
from patientportal.domain.accounts.challenges import RecoveryGuard
from patientportal.domain.accounts.email_change import EmailChange
from patientportal.domain.accounts.guards import LogInGuard
from patientportal.domain.accounts.links import LinkEnd, LinkStatus, Purpose
from patientportal.domain.accounts.recovery_names import RecoveryName
from patientportal.domain.accounts.security_questions import SecurityAnswers
from patientportal.domain.accounts.sessions import Session
from patientportal.domain.ids import EmailChangeId, LinkId, PatientId, SessionId
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.policy import Policy
from patientportal.testing import person

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ADA = PatientId("p-ada")
ACCOUNT = Account(
    patient_id=ADA, username="stranger", password_hash="secret-hash", activated_at=NOW, password_changed_at=NOW
)
RECORD = PersonalRecord(patient_id=ADA, personal=person(email="ada.byronn@example.org"))
RESET = links.requested(ADA, LinkId("l-1"), Purpose.PASSWORD_RESET, now=NOW)
CHANGE = EmailChange(
    patient_id=ADA, id=EmailChangeId("c-1"), former="a@example.org", proposed="b@b.org", requested_at=NOW
)
SESSION = Session(
    patient_id=ADA, id=SessionId("s-1"), secret_hash=b"hash", device="phone", started_at=NOW, last_seen_at=NOW
)
IDLE = evolve(SESSION, id=SessionId("s-2"), last_seen_at=NOW - timedelta(hours=1))
GUARD = LogInGuard(name_hash=b"name", failed_attempts=2, last_failed_at=NOW)
RECOVERY_GUARD = RecoveryGuard(subject_hash=b"subject", failed_answers=1, last_failed_at=NOW)
USERNAME = Username(name="stranger", patient_id=ADA)
RECOVERY_NAME = RecoveryName(patient_id=ADA, person_hash=b"person")
ANSWERS = SecurityAnswers(patient_id=ADA, answers=())


PATIENT = Patient(id=RECORD.patient_id, registered_at=NOW, activated_at=NOW)


def end(**changes: Any) -> Ended:
    facts: dict[str, Any] = {
        "patient": PATIENT,
        "guard": GUARD,
        "recovery_guard": RECOVERY_GUARD,
        "username": USERNAME,
        "record": RECORD,
        "recovery_name": RECOVERY_NAME,
        "answers": ANSWERS,
        "open_links": [RESET],
        "email_changes": [CHANGE],
        "open_sessions": [SESSION, IDLE],
        "email": "ada.byron@example.org",
        "reason": AccountEndReason.WRONG_PERSON,
        "now": NOW,
        "policy": Policy(zone="UTC"),
    }
    return account_end.end(ACCOUNT, **(facts | changes))


def test_all_of_it_ends_and_the_address_is_the_patients() -> None:
    assert end() == Ended(
        guard=GUARD,
        recovery_guard=RECOVERY_GUARD,
        username=USERNAME,
        patient=evolve(PATIENT, activated_at=None),
        record=evolve(RECORD, personal=person(email="ada.byron@example.org")),
        recovery_name=RECOVERY_NAME,
        account=ACCOUNT,
        answers=ANSWERS,
        links=(evolve(RESET, status=LinkStatus.ENDED, ended_by=LinkEnd.ACCOUNT_ENDED),),
        email_changes=(CHANGE,),
        sessions=(evolve(SESSION, ended_at=NOW), evolve(IDLE, ended_at=NOW)),
        event=AccountEnded(reason=AccountEndReason.WRONG_PERSON, sessions_ended=1, links_ended=1),
    )


@given(
    gone=st.sets(st.sampled_from(["guard", "recovery_guard", "username", "recovery_name", "answers"])),
    reason=st.sampled_from(AccountEndReason),
)
def test_what_is_not_there_need_not_end(gone: set[str], reason: AccountEndReason) -> None:
    outcome = end(**dict.fromkeys(gone), open_links=[], email_changes=[], open_sessions=[], reason=reason)
    assert all(getattr(outcome, name) is None for name in gone)
    assert outcome.account == ACCOUNT
    assert outcome.event == AccountEnded(reason=reason, sessions_ended=0, links_ended=0)


def test_nothing_that_identifies_a_patient_is_shown() -> None:
    shown = repr(end())
    assert not any(word in shown for word in ("stranger", "secret-hash", "example.org"))
