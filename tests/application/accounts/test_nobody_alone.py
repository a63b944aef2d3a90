"""Nobody at the practice lets themselves in, gives themselves money, or takes an account over alone."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from patientportal import (
    AccountEndReason,
    Conclusion,
    ConfigurationError,
    MedicationId,
    Money,
    OwnAccountError,
    OwnAddressChangeError,
    PaymentMethod,
    Policy,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    RecoveryPolicy,
    RefusedError,
    RenewalId,
    RetractionReason,
    Role,
    StaffId,
    StaffMember,
)
from patientportal.domain.staff import NOT_TO_ONESELF, PERMITTED
from patientportal.domain.told import NoticeKind
from patientportal.testing import FrozenClock, Member, activated
from tests.application.accounts.verbs_of_money import AMOUNT, STATEMENT

DAY = timedelta(days=1)
MEDICATION: dict[str, Any] = {"name": "Lisinopril", "started_on": date(2026, 1, 5), "refills_left": 1}
DOES: dict[str, Callable[[PracticeAccess, Member], object]] = {
    "patients.change_email": lambda desk, member: desk.patients.change_email(member.patient_id, "mine@example.org"),
    "patients.end_account": lambda desk, member: desk.patients.end_account(
        member.patient_id, email="mine@example.org", reason=AccountEndReason.PATIENT_ASKED
    ),
    "patients.reactivate": lambda desk, member: desk.patients.reactivate(member.patient_id),
    "support.unlock": lambda desk, member: desk.support.unlock(member.patient_id),
    "support.print_password_reset": lambda desk, member: desk.support.print_password_reset(member.patient_id),
    "support.send_password_reset": lambda desk, member: desk.support.send_password_reset(member.patient_id),
}


def at_desk(portal: Portal, name: str, member: Member | None = None) -> PracticeAccess:
    patient_id = None if member is None else member.patient_id
    return portal.practice(StaffMember(id=StaffId(name), name=name, roles=frozenset(Role), patient_id=patient_id))


@pytest.mark.parametrize("verb", DOES)
def test_nobody_opens_their_own_account_and_a_colleague_does(
    usual: Portal, member: Member, contents: Callable[[], object], verb: str
) -> None:
    before = contents()
    with pytest.raises(OwnAccountError) as refusal:
        DOES[verb](at_desk(usual, "sam", member), member)
    assert (refusal.value.verb, contents()) == (verb, before)
    DOES[verb](at_desk(usual, "pat"), member)


def test_every_verb_that_opens_an_account_is_looked_at() -> None:
    of_money = {verb for verb in NOT_TO_ONESELF if verb.startswith("statements.")}
    assert set(DOES) | of_money | set(DECIDES) == NOT_TO_ONESELF <= set(PERMITTED)


@pytest.mark.parametrize("verb", sorted(verb for verb in NOT_TO_ONESELF if verb.startswith("statements.")))
def test_nobody_decides_what_they_owe_and_a_colleague_may(
    usual: Portal, member: Member, notifier: RecordingNotifier, clock: FrozenClock, verb: str
) -> None:
    other = activated(usual, notifier, "other", email="other@example.org")
    sam, pat = at_desk(usual, "sam", member), at_desk(usual, "pat")
    for patient_id in (member.patient_id, other.patient_id):
        bill = pat.statements.upload(patient_id, **STATEMENT)
        cash = pat.statements.record_payment(bill, AMOUNT, method=PaymentMethod.CASH, received_on=clock().date())
        back = pat.statements.refund(cash.payment_id, AMOUNT, by_hand=True, idempotency_key="form")
        assert back.refunded == AMOUNT
        (refund,) = pat.statements.refunds(patient_id).items
        ids = {"payment": cash.payment_id, "refund": refund.refund_id, "statement": bill, "patient": patient_id}
        for desk in (sam, pat):
            is_own = desk is sam and patient_id == member.patient_id
            assert _refused(desk, verb, ids) is is_own


def _refused(desk: PracticeAccess, verb: str, ids: dict[str, Any]) -> bool:
    """Whether it is refused because it is one's own money; what else is in its way doesn't matter."""
    name, _, rest = verb.partition("(")
    call = getattr(desk.statements, name.partition(".")[2])
    try:
        if name == "statements.upload":
            call(ids["patient"], **STATEMENT | {"number": "A-2", "balance": Money.parse("0.00", "USD")})
        elif name == "statements.resend":
            call(ids["statement"], due_on=STATEMENT["due_on"])
        elif name == "statements.retract":
            call(ids["statement"], RetractionReason.OTHER)
        elif name == "statements.record_payment":
            method = PaymentMethod(rest.rstrip(")") or "cash")
            call(ids["statement"], AMOUNT, method=method, received_on=date(2026, 1, 5))
        elif name == "statements.refund":
            call(ids["payment"], by_hand=bool(rest))
        elif name == "statements.conclude":
            call(ids["payment"], Conclusion.PAID)
        else:
            call(ids["refund"], Conclusion.PAID)
    except OwnAccountError:
        return True
    except (RefusedError, ConfigurationError):
        return False
    return False


DECIDES: dict[str, Callable[[PracticeAccess, Member, MedicationId, RenewalId], object]] = {
    "medications.record": lambda desk, member, _, __: desk.medications.record(member.patient_id, **MEDICATION),
    "medications.correct": lambda desk, _, medication, __: desk.medications.correct(medication, refills_left=9),
    "medications.discontinue": lambda desk, _, medication, __: desk.medications.discontinue(medication),
    "medications.approve_renewal": lambda desk, _, __, renewal: desk.medications.approve_renewal(renewal, refills=1),
    "medications.deny_renewal": lambda desk, _, __, renewal: desk.medications.deny_renewal(renewal, "Please come in."),
    "medications.mark_refilled": lambda desk, _, __, renewal: desk.medications.mark_refilled(renewal),
}


@pytest.mark.parametrize("verb", DECIDES)
def test_nobody_decides_what_they_take_and_a_colleague_does(
    usual: Portal, member: Member, contents: Callable[[], object], verb: str
) -> None:
    sam, pat = at_desk(usual, "sam", member), at_desk(usual, "pat")
    medication = pat.medications.record(member.patient_id, **MEDICATION)
    renewal = usual.log_in(member.username, member.password).medications.request_renewal(medication)
    if verb == "medications.mark_refilled":
        pat.medications.approve_renewal(renewal, refills=1, refilled=False)
    before = contents()
    with pytest.raises(OwnAccountError) as refusal:
        DECIDES[verb](sam, member, medication, renewal)
    assert (refusal.value.verb, contents()) == (verb, before)
    DECIDES[verb](pat, member, medication, renewal)
    assert contents() != before


def test_who_changed_an_address_has_no_link_sent_to_it_for_a_day_and_a_colleague_has(
    usual: Portal, member: Member, notifier: RecordingNotifier, clock: FrozenClock
) -> None:
    sam, pat = at_desk(usual, "sam"), at_desk(usual, "pat")
    sam.patients.change_email(member.patient_id, "lost@example.org")
    sam.patients.change_email(member.patient_id, "lost@example.org")
    clock.advance(DAY - timedelta(microseconds=1))
    with pytest.raises(OwnAddressChangeError):
        sam.support.send_password_reset(member.patient_id)
    pat.support.send_password_reset(member.patient_id)
    clock.advance(timedelta(microseconds=1))
    sam.support.send_password_reset(member.patient_id)
    usual.work()
    told = [(mail.kind, mail.to_email) for mail in notifier.messages]
    assert (NoticeKind.EMAIL_CHANGED, "ada.byron@example.org") in told, "before any link could go out"


def test_a_patients_own_change_and_that_of_another_patient_hold_nobody_up(
    usual: Portal, member: Member, notifier: RecordingNotifier
) -> None:
    usual.log_in(member.username, member.password).account.change_email(member.password, "mine@example.org")
    usual.work()
    link = next(mail.link for mail in notifier.messages if mail.kind is NoticeKind.CONFIRM_EMAIL)
    usual.confirm_email(str(link).partition("#")[2])
    at_desk(usual, "sam").support.send_password_reset(member.patient_id)


def test_a_practice_of_one_may_decide_otherwise(portal_with: Callable[..., Portal], member: Member) -> None:
    portal = portal_with(policy=Policy(zone="UTC", recovery=RecoveryPolicy(own_address_wait=None)))
    sam = at_desk(portal, "sam")
    sam.patients.change_email(member.patient_id, "lost@example.org")
    sam.support.send_password_reset(member.patient_id)
