"""Writing down what was paid otherwise than online: cash, cheques, cards, insurers; and what is let off."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import ClassVar

from attrs import evolve, field, frozen

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.events import Event
from patientportal.domain.ids import PaymentId, StatementId
from patientportal.domain.outcomes import added, changed, happened
from patientportal.domain.policy import Policy
from patientportal.domain.values.days import day_within, usable_day
from patientportal.domain.values.form_keys import Repeated, repeated
from patientportal.domain.values.money import Money
from patientportal.domain.values.text import line
from patientportal.domain.values.types import of_type
from patientportal.domain.values.zones import day, midnight_before

from .counting import recounted, was_posted
from .payments import Payment, PaymentMethod, PaymentStatus
from .statements import Statement, StatementStatus, require_current

NOTE_MAX = 255
A_DAY, JUST_BEFORE = timedelta(days=1), timedelta(microseconds=1)


@frozen(kw_only=True)
class PaymentReceived:
    """What the practice writes down.

    Attributes:
        payment_id: a fresh one.
        amount: how much, above zero.
        method: how; not online.
        received_on: on which day, where the practice is.
        reference: what it writes of it; ``None``: nothing.
        external_id: the hospital's key for it, if it gave one.
    """

    payment_id: PaymentId
    amount: Money
    method: PaymentMethod
    received_on: date
    reference: str | None = field(repr=False)
    external_id: str | None = field(repr=False)


@frozen(kw_only=True)
class PaymentRecorded(Event):
    """The practice wrote down that something was paid, or let off.

    Attributes:
        payment_id: which.
        statement_id: of which statement.
        amount: how much.
        method: how.
        counts_on: the statement on which it counts: an earlier one, where the books of that one knew it already.
    """

    name: ClassVar[str] = "payment_recorded"
    payment_id: PaymentId
    statement_id: StatementId
    amount: Money
    method: PaymentMethod
    counts_on: StatementId


@frozen(kw_only=True)
class ReductionExceedsOwedError(RefusedError):
    """More than what is owed can't be let off. Nothing changed.

    Attributes:
        owed: what is: the statement's balance less what was let off before.
    """

    code: ClassVar[str] = "reduction_exceeds_owed"
    owed: Money


@frozen(kw_only=True)
class PaymentCounts:
    """It counts."""

    statement: Statement = changed()
    payment: Payment = added()
    event: PaymentRecorded = happened()


def usable_method(method: object) -> PaymentMethod:
    """How something was paid that is written down.

    Raises:
        TypeError: it isn't a ``PaymentMethod``.
        BadInputError: ``unknown``: what is paid online is never written down.
    """
    wanted = of_type(method, PaymentMethod, field="method")
    if wanted is PaymentMethod.ONLINE:
        raise BadInputError(field="method", problem="unknown")
    return wanted


def usable_received_on(received_on: object) -> date:
    """The day on which something was received.

    Raises:
        TypeError: it isn't a ``date``, or is a moment.
        BadInputError: ``too_early``: before 1900.
    """
    return day_within(usable_day(received_on, field="received_on"), field="received_on")


def usable_note(note: object, *, field: str) -> str | None:
    """What the practice writes of a payment or a refund: one line of at most 255 characters; empty: nothing.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``too_long`` or ``bad_character``.
    """
    return None if note == "" else line(note, field=field, at_most=NOTE_MAX)


def record(
    statement: Statement,
    *,
    received: PaymentReceived,
    earlier: Payment | None,
    others: Sequence[Statement],
    now: datetime,
    policy: Policy,
) -> PaymentCounts | Repeated[Payment]:
    """What was paid of the current statement otherwise counts at once; so does what is let off, up to what is owed.

    What its books knew already is in its balance: that counts on the one before that didn't know it.

    Args:
        statement: the patient's.
        received: what the practice writes down.
        earlier: the patient's payment under the same external id, if there is one.
        others: the patient's other statements, where ``was_known`` says that one of them may hold it.
        now: UTC.
        policy: the practice's zone.

    Raises:
        IdempotencyKeyReusedError: another payment has its external id, or the same one with other data.
        NotCurrentStatementError: a newer one has superseded it, or it was taken back: that one says what is owed.
        BadInputError: ``received_on`` is ``too_late``, after today where the practice is; or the amount is of an
            ``other_currency``.
        ReductionExceedsOwedError: more would be let off than is owed.
    """
    if earlier is not None:
        return _again(earlier, statement=statement, received=received)
    require_current(statement)
    day_within(received.received_on, field="received_on", last=day(now, policy.zone))
    if received.amount.currency != statement.balance.currency:
        raise BadInputError(field="amount", problem="other_currency")
    if received.method is PaymentMethod.REDUCTION and received.amount > statement.owed:
        raise ReductionExceedsOwedError(owed=statement.owed)
    payment = _made(statement, received, now=now, policy=policy)
    holder = _holder(payment, statement=statement, others=others)
    payment = evolve(payment, counts_on=holder.id)
    return PaymentCounts(
        statement=recounted(holder, after=payment),
        payment=payment,
        event=PaymentRecorded(
            payment_id=payment.id,
            statement_id=statement.id,
            amount=payment.amount,
            method=payment.method,
            counts_on=holder.id,
        ),
    )


def was_known(statement: Statement, *, received: PaymentReceived, now: datetime, policy: Policy) -> bool:
    """Whether a statement's books knew what is written down now, so that it counts on one before.

    Args:
        statement: the patient's.
        received: what the practice writes down.
        now: UTC.
        policy: the practice's zone.
    """
    return was_posted(_made(statement, received, now=now, policy=policy), statement)


def _again(earlier: Payment, *, statement: Statement, received: PaymentReceived) -> Repeated[Payment]:
    return repeated(
        earlier,
        what="payment",
        before=(earlier.statement_id, earlier.amount, earlier.method, earlier.received_on, earlier.reference),
        asked=(statement.id, received.amount, received.method, received.received_on, received.reference),
        status=earlier.standing,
    )


def _made(statement: Statement, received: PaymentReceived, *, now: datetime, policy: Policy) -> Payment:
    """A payment that was received at the end of its day, or is being written down before that."""
    end_of_day = midnight_before(received.received_on + A_DAY, policy.zone) - JUST_BEFORE
    return Payment(
        patient_id=statement.patient_id,
        id=received.payment_id,
        statement_id=statement.id,
        counts_on=statement.id,
        amount=received.amount,
        method=received.method,
        is_full=False,
        external_id=received.external_id,
        received_on=received.received_on,
        requested_at=now,
        status=PaymentStatus.SETTLED,
        look_at=None,
        ended_at=min(now, end_of_day),
        reference=received.reference,
    )


def _holder(payment: Payment, *, statement: Statement, others: Sequence[Statement]) -> Statement:
    """The statement on which a payment counts: the last one whose books didn't know it, or the first of all.

    Where there was none before, it is this one: asking too little heals with the next statement.
    """
    if not was_posted(payment, statement):
        return statement
    currency = payment.amount.currency
    before = [one for one in others if one.status is StatementStatus.SUPERSEDED and one.balance.currency == currency]
    latest_first = sorted(before, key=lambda one: one.place, reverse=True)
    unaware = [one for one in latest_first if not was_posted(payment, one)]
    return next(iter([*unaware, *latest_first[-1:], statement]))
