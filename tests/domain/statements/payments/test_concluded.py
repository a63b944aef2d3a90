"""Concluding what only somebody can: never another amount, and never twice."""

from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.errors import BadInputError, PortalError
from patientportal.domain.ids import MessageId, StatementId
from patientportal.domain.messages.facts import MessageKind
from patientportal.domain.policy import Policy
from patientportal.domain.statements import conclusions
from patientportal.domain.statements.catalogue import EVENTS
from patientportal.domain.statements.conclusions import (
    ChargedOtherwiseError,
    Concluded,
    Conclusion,
    PaymentConcluded,
    PaymentNotUnclearError,
)
from patientportal.domain.statements.payments import Payment, PaymentStatus
from patientportal.domain.statements.statements import Statement, StatementStatus
from patientportal.domain.told import Notice, NoticeKind
from patientportal.domain.values.money import MINOR_UNITS_MAX, Money
from patientportal.testing import strategies
from tests.domain.statements.bills import NEXT, STATEMENT
from tests.domain.statements.payments.paying import EARLIER, LATER, reserved, spent, usd

END = LATER + timedelta(days=1)
BEFORE = reserved(usd("10.00"))
SILENT = evolve(BEFORE.payment, unclear_since=LATER)
FULL = evolve(STATEMENT, paid_minor_units=9_001)


def holding(payment: Payment, charged: Money) -> Payment:
    return evolve(
        payment,
        charged_minor_units=charged.minor_units,
        charged_currency=charged.currency,
        charged_reference="ch-7",
        unclear_since=LATER,
    )


OTHERWISE = holding(BEFORE.payment, usd("10.01"))
AFTER_ALL = holding(evolve(EARLIER, status=PaymentStatus.RELEASED, look_at=None, ended_at=LATER), usd("10.00"))
DECLINED = evolve(AFTER_ALL, status=PaymentStatus.DECLINED, decline_code="no")


def conclude(statement: Statement, payment: Payment, conclusion: Conclusion, reference: str | None = None) -> Concluded:
    return conclusions.conclude(
        statement, payment, conclusion=conclusion, reference=reference, message_id=MessageId("m-9"), now=END
    )


def test_what_is_found_charged_counts_and_the_patient_gets_a_receipt() -> None:
    outcome = conclude(BEFORE.statement, SILENT, Conclusion.PAID, "ch-9")
    assert spent(outcome.statement) == (1000, 0)
    assert outcome.payment == evolve(
        BEFORE.payment, status=PaymentStatus.SETTLED, reference="ch-9", look_at=None, ended_at=END
    )
    assert outcome.message is not None
    assert outcome.message.kind is MessageKind.PAYMENT_RECEIPT
    assert outcome.event == PaymentConcluded(
        payment_id=SILENT.id,
        statement_id=STATEMENT.id,
        amount=usd("10.00"),
        was=PaymentStatus.PENDING,
        charged=None,
        conclusion=Conclusion.PAID,
    )


@pytest.mark.parametrize("payment", [AFTER_ALL, DECLINED], ids=["released", "declined"])
def test_what_was_charged_after_all_counts_under_the_name_that_the_processor_told(payment: Payment) -> None:
    outcome = conclude(STATEMENT, payment, Conclusion.PAID)
    assert spent(outcome.statement) == (1000, 0)
    ended = outcome.payment
    assert (ended.status, ended.reference, ended.decline_code) == (PaymentStatus.SETTLED, "ch-7", None)
    assert (ended.charged, ended.charged_reference, ended.unclear_since) == (None, None, None)
    assert conclude(STATEMENT, payment, Conclusion.PAID, "ch-8").payment.reference == "ch-8"


@pytest.mark.parametrize("payment", [SILENT, OTHERWISE], ids=["silent", "otherwise"])
def test_what_is_found_not_made_is_owed_again_and_the_patient_is_told(payment: Payment) -> None:
    outcome = conclude(BEFORE.statement, payment, Conclusion.NOT_MADE)
    assert spent(outcome.statement) == (0, 0)
    assert outcome.payment == evolve(
        payment, status=PaymentStatus.RELEASED, look_at=None, ended_at=END, unclear_since=None
    ), "what was charged stays written down"
    assert outcome.message is not None
    assert outcome.message.kind is MessageKind.PAYMENT_NOT_MADE


@pytest.mark.parametrize("payment", [AFTER_ALL, DECLINED], ids=["released", "declined"])
def test_what_had_ended_and_was_given_back_stays_and_nobody_is_told_again(payment: Payment) -> None:
    outcome = conclude(STATEMENT, payment, Conclusion.NOT_MADE)
    assert (outcome.statement, outcome.payment) == (None, evolve(payment, unclear_since=None))
    assert outcome.message is None


@pytest.mark.parametrize(
    ("payment", "conclusion"),
    [(SILENT, Conclusion.PAID), (SILENT, Conclusion.NOT_MADE), (AFTER_ALL, Conclusion.PAID)],
)
def test_a_mail_says_so_where_it_is_news(payment: Payment, conclusion: Conclusion) -> None:
    told = EVENTS[PaymentConcluded]
    event = conclude(BEFORE.statement, payment, conclusion, "ch-9").event
    assert told(event, Policy(zone="Etc/UTC")) == (Notice(kind=NoticeKind.NEW_MESSAGE),)
    assert told(conclude(STATEMENT, AFTER_ALL, Conclusion.NOT_MADE).event, Policy(zone="Etc/UTC")) == ()


@pytest.mark.parametrize(
    ("statement", "payment", "reference", "refused"),
    [
        (FULL, evolve(OTHERWISE, unclear_since=None), None, PaymentNotUnclearError(status=PaymentStatus.PENDING)),
        (FULL, OTHERWISE, None, ChargedOtherwiseError(charged=usd("10.01"))),
        (FULL, evolve(SILENT, status=PaymentStatus.RELEASED), None, BadInputError(field="reference", problem="empty")),
        (FULL, AFTER_ALL, None, None),
    ],
)
def test_counting_is_refused_in_a_fixed_order(
    statement: Statement, payment: Payment, reference: str | None, refused: PortalError | None
) -> None:
    if refused is None:
        paid = conclude(statement, payment, Conclusion.PAID, reference).statement
        assert paid is not None
        assert str(paid.credit) == "0.01 USD", "it is the patient's money, also where it was paid otherwise meanwhile"
    else:
        with pytest.raises(type(refused)) as caught:
            conclude(statement, payment, Conclusion.PAID, reference)
        assert repr(caught.value) == repr(refused)


@given(data=st.data(), statement=strategies.statements(), payment=strategies.payments(), said=st.booleans())
def test_whatever_is_concluded_the_sums_are_those_of_the_payments_and_no_other_amount_counts(
    data: st.DataObject, statement: Statement, payment: Payment, *, said: bool
) -> None:
    conclusion = data.draw(st.sampled_from(Conclusion))
    units = data.draw(st.integers(1, MINOR_UNITS_MAX))
    payment = evolve(payment, amount=evolve(statement.balance, minor_units=units), counts_on=statement.id)
    is_pending = payment.status is PaymentStatus.PENDING
    statement = evolve(statement, pending_minor_units=units if is_pending else 0)
    paid, pending = spent(statement)
    is_odd = payment.charged is not None and payment.charged != payment.amount
    has_name = said or payment.charged is not None
    may = conclusion is Conclusion.NOT_MADE or (not is_odd and has_name)
    reference = "ch-9" if said else None
    if payment.unclear_since is None or not may:
        with pytest.raises(PortalError):
            conclude(statement, payment, conclusion, reference)
        return
    outcome = conclude(statement, payment, conclusion, reference)
    counts = units if conclusion is Conclusion.PAID else 0
    assert spent(outcome.statement or statement) == (paid + counts, pending - (units if is_pending else 0))
    assert (outcome.payment.unclear_since, outcome.payment.look_at) == (None, None)
    assert (outcome.payment.status is PaymentStatus.SETTLED) == bool(counts)


OTHER = evolve(STATEMENT, id=StatementId("s-0"), status=StatementStatus.SUPERSEDED)
RETRACTED = evolve(OTHER, status=StatementStatus.RETRACTED, retracted_at=LATER)
EUROS = evolve(NEXT, balance=Money.parse("5.00", "EUR"))
APART = evolve(NEXT, covers_earlier=False)


@pytest.mark.parametrize(
    ("payment", "statements", "holder"),
    [
        (AFTER_ALL, (OTHER, NEXT), NEXT),
        (DECLINED, (OTHER, NEXT), NEXT),
        (SILENT, (OTHER, NEXT), OTHER),
        (AFTER_ALL, (OTHER, EUROS), OTHER),
        (AFTER_ALL, (OTHER, APART), OTHER),
        (AFTER_ALL, (RETRACTED, APART), APART),
        (AFTER_ALL, (RETRACTED,), RETRACTED),
    ],
)
def test_what_had_ended_without_counts_on_the_current_one_like_what_settles_now(
    payment: Payment, statements: tuple[Statement, ...], holder: Statement
) -> None:
    stood = evolve(payment, counts_on=OTHER.id)
    found = conclusions.counts_where(stood, statements)
    assert found == holder
    if payment is AFTER_ALL:
        assert conclude(found, stood, Conclusion.PAID).payment.counts_on == holder.id


def test_a_conclusion_and_a_reference_are_looked_at() -> None:
    assert conclusions.usable_conclusion(Conclusion.PAID) is Conclusion.PAID
    assert (conclusions.usable_reference(None), conclusions.usable_reference("ch-1")) == (None, "ch-1")
    with pytest.raises(TypeError, match=r"^conclusion must be Conclusion, not NoneType$"):
        conclusions.usable_conclusion(None)
    for wrong in ("", "x" * 256, "a\0"):
        with pytest.raises(BadInputError):
            conclusions.usable_reference(wrong)
