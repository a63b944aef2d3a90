"""Payments as they are shown: to the patient whose they are, and to the practice."""

from datetime import date, datetime

from attrs import field, frozen

from patientportal.application.accounts.sessions import SignedIn, WhileIn
from patientportal.application.environment import Environment
from patientportal.application.finding import own_key
from patientportal.application.on_patient import look_at, looked_at
from patientportal.application.pages import Page, as_views, page, usable_place
from patientportal.domain.errors import NotFoundError
from patientportal.domain.ids import PatientId, PaymentId, StatementId
from patientportal.domain.staff import StaffMember
from patientportal.domain.statements.payments import Payment, PaymentMethod, PaymentStatus
from patientportal.domain.values.money import Money
from patientportal.ports.store import Answering, Is, Query, Where, key_of


@frozen(kw_only=True)
class PaymentDetails:
    """A payment as it is now.

    Attributes:
        payment_id: its own.
        patient_id: whose it is.
        statement_id: of which statement it was made.
        statement_retracted: whether that one was taken back; the payment is the patient's money until it is given back.
        counts_on: of which statement it lowers what remains.
        amount: how much.
        method: how it was paid.
        status: where it stands.
        refunded: what of it was given back.
        refunding: what of it is about to be.
        requested_at: when it was asked for, or written down, UTC.
        received_on: on which day the practice had it; ``None``: it was paid online.
        ended_at: when it was settled, received, declined or released, UTC; ``None``: it is pending.
        decline_code: why it was declined, in the processor's words.
        reference: the processor's name for it, or what the practice wrote of it.
        external_id: the hospital's key for it.
        charged: what the processor says it has charged, where that doesn't count as this payment.
        unclear_since: since when it has waited for the practice to conclude what became of it, UTC; ``None``: it
            doesn't.
    """

    payment_id: PaymentId
    patient_id: PatientId
    statement_id: StatementId
    statement_retracted: bool
    counts_on: StatementId
    amount: Money
    method: PaymentMethod
    status: PaymentStatus
    refunded: Money
    refunding: Money
    requested_at: datetime
    received_on: date | None
    ended_at: datetime | None
    decline_code: str | None
    reference: str | None = field(repr=False)
    external_id: str | None = field(repr=False)
    charged: Money | None
    unclear_since: datetime | None


def payments(env: Environment, who: SignedIn, *, limit: int, cursor: str | None) -> Page[PaymentDetails]:
    """The patient's payments, the latest first."""
    return _page(WhileIn(env.store, who, env), who.patient_id, limit=limit, cursor=cursor)


def payments_of(
    env: Environment, member: StaffMember, patient_id: PatientId, *, limit: int, cursor: str | None
) -> Page[PaymentDetails]:
    """A patient's payments, the latest first, as the practice sees them."""
    usable_place(limit, cursor)
    look_at(env, member, "statements.payments", patient_id)
    return _page(env.store, patient_id, limit=limit, cursor=cursor)


def get(env: Environment, who: SignedIn, payment_id: PaymentId) -> PaymentDetails:
    """One payment of the patient's."""
    key = own_key(Payment, who.patient_id, payment_id, field="payment_id", what="payment")
    return details(there(*WhileIn(env.store, who, env).find_all(key)))


def get_as_staff(env: Environment, member: StaffMember, payment_id: PaymentId) -> PaymentDetails:
    """One payment, whoever's it is; that it was looked at is kept with its patient."""
    found = looked_at(env, member, "statements.get_payment", Payment, payment_id, field="payment_id", what="payment")
    return details(there(*env.store.find_all(key_of(found))))


def there(found: Payment | None) -> Payment:
    """A payment that is there.

    Raises:
        NotFoundError: it isn't.
    """
    if found is None:
        raise NotFoundError(what="payment")
    return found


def details(payment: Payment) -> PaymentDetails:
    """A payment as it is shown."""
    return PaymentDetails(
        payment_id=payment.id,
        patient_id=payment.patient_id,
        statement_id=payment.statement_id,
        statement_retracted=payment.statement_retracted,
        counts_on=payment.counts_on,
        amount=payment.amount,
        method=payment.method,
        status=payment.standing,
        refunded=payment.refunded,
        refunding=payment.refunding,
        requested_at=payment.requested_at,
        received_on=payment.received_on,
        ended_at=payment.ended_at,
        decline_code=payment.decline_code,
        reference=payment.reference,
        external_id=payment.external_id,
        charged=payment.charged,
        unclear_since=payment.unclear_since,
    )


def _page(where: Answering, patient_id: PatientId, *, limit: int, cursor: str | None) -> Page[PaymentDetails]:
    query = Query(
        state=Payment,
        where=(Where("patient_id", Is.EQ, patient_id),),
        order=("requested_at", "id"),
        descending=True,
    )
    found = page(where, query, limit=limit, cursor=cursor, place=lambda one: (one.requested_at, one.id))
    return as_views(found, details)
