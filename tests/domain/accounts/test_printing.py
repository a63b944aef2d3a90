"""Links on paper: who gets one, what it ends, and that nobody tells an unknown code from a wrong birth date."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.accounts import birth_dates, codes, links, printing
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.birth_dates import WrongBirthDate
from patientportal.domain.accounts.challenges import RecoveryGuard
from patientportal.domain.accounts.codes import CodeRefused, CodeUnknown
from patientportal.domain.accounts.links import LinkEnd, LinkSecret, LinkStatus, Purpose
from patientportal.domain.accounts.password_reset import OwnAddressChangeError
from patientportal.domain.accounts.printing import InvitationPrinted, PasswordResetPrinted, Printed
from patientportal.domain.accounts.registration import AlreadyActivatedError, PatientInactiveError
from patientportal.domain.errors import NotFoundError, RefusedError
from patientportal.domain.ids import LinkId, PatientId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.policy import InvitationPolicy, Policy
from patientportal.testing import BORN, person

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
FORTNIGHT = timedelta(days=14)
ADA = PatientId("p-ada")
PATIENT = Patient(id=ADA, registered_at=NOW)
INACTIVE = evolve(PATIENT, deactivated_at=NOW)
RECORD = PersonalRecord(patient_id=ADA, personal=person())
ACCOUNT = Account(patient_id=ADA, username="countess", password_hash="hash", activated_at=NOW, password_changed_at=NOW)
POLICY = Policy(zone="UTC")
MAILED = links.requested(ADA, LinkId("l-1"), Purpose.INVITATION, now=NOW)
FACTS: dict[str, Any] = {"open_links": [MAILED], "link_id": LinkId("l-2"), "code_hash": b"hash", "now": NOW}
OF_RESET = FACTS | {"account": ACCOUNT, "address_changed_at": None, "policy": POLICY}


def invitation(patient: Patient = PATIENT, *, has_account: bool = False) -> Printed:
    return printing.invitation(patient, has_account=has_account, **FACTS)


def reset(patient: Patient = PATIENT, **changes: Any) -> Printed:
    return printing.reset(patient, **(OF_RESET | changes))


@pytest.mark.parametrize("printed", [invitation(), reset()])
def test_a_link_on_paper_is_there_at_once_and_ends_the_mailed_one(printed: Printed) -> None:
    of_reset = isinstance(printed.event, PasswordResetPrinted)
    event = PasswordResetPrinted if of_reset else InvitationPrinted
    purpose = Purpose.PASSWORD_RESET if of_reset else Purpose.INVITATION
    assert printed == Printed(
        ended=(evolve(MAILED, status=LinkStatus.ENDED, ended_by=LinkEnd.REPLACED),),
        link=evolve(MAILED, id=LinkId("l-2"), purpose=purpose, is_printed=True, last_minted_at=NOW),
        secret=LinkSecret(patient_id=ADA, link_id=LinkId("l-2"), secret_hash=b"hash", minted_at=NOW),
        event=event(link_id=LinkId("l-2"), links_ended=1),
    )


def test_who_is_not_invited_gets_no_invitation_on_paper() -> None:
    with pytest.raises(PatientInactiveError):
        invitation(INACTIVE, has_account=True)
    with pytest.raises(AlreadyActivatedError):
        invitation(has_account=True)


@pytest.mark.parametrize(
    ("patient", "changes", "refused"),
    [
        (INACTIVE, {"account": None, "address_changed_at": NOW}, NotFoundError),
        (INACTIVE, {"address_changed_at": NOW}, PatientInactiveError),
        (PATIENT, {"address_changed_at": NOW}, OwnAddressChangeError),
    ],
)
def test_a_reset_is_printed_for_whom_one_is_mailed(
    patient: Patient, changes: dict[str, Any], refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        reset(patient, **changes)


CODE = invitation()
GOOD: dict[str, Any] = {
    "link": CODE.link,
    "stand_in": b"stand-in",
    "secret": CODE.secret,
    "purpose": Purpose.INVITATION,
    "patient": PATIENT,
    "record": RECORD,
    "born": BORN,
    "now": NOW,
    "policy": POLICY,
}


def confirm(**changes: Any) -> WrongBirthDate | CodeRefused | Unchanged:
    facts = GOOD | changes
    return codes.confirm(facts.pop("link"), **facts)


@given(
    changes=st.sampled_from(
        [
            {"link": None},
            {"link": evolve(CODE.link, status=LinkStatus.USED)},
            {"link": reset().link},
            {"secret": None},
            {"now": NOW + FORTNIGHT},
            {"patient": INACTIVE},
            {"record": None},
        ]
    ),
    born=st.sampled_from([BORN, None]),
)
def test_a_code_that_can_not_be_used_is_refused_whatever_is_wrong_with_it(changes: dict[str, Any], born: Any) -> None:
    at = changes.get("now", NOW)
    stand_in = RecoveryGuard(subject_hash=b"stand-in", failed_answers=0, last_failed_at=at)
    assert confirm(**changes, born=born) == CodeRefused(stand_in=stand_in, event=CodeUnknown())


def test_a_code_that_can_be_used_asks_for_the_birth_date_whatever_the_policy_says() -> None:
    policy = Policy(zone="UTC", invitations=InvitationPolicy(ask_birth_date=False))
    assert confirm(policy=policy, now=NOW + FORTNIGHT - timedelta.resolution) == Unchanged()
    assert confirm(policy=policy, born=None) == birth_dates.count(CODE.link, record=RECORD, born=None, policy=policy)
    printed = reset()
    outcome = confirm(link=printed.link, secret=printed.secret, purpose=Purpose.PASSWORD_RESET, born=None)
    assert isinstance(outcome, WrongBirthDate)
    assert outcome.event.purpose is Purpose.PASSWORD_RESET


def test_no_refusal_of_paper_shows_a_code() -> None:
    assert b"hash".decode() not in repr((CODE, confirm(link=None))).replace("secret_hash", "")
    assert issubclass(codes.CodeInvalidError, RefusedError)
