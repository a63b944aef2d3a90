"""What is kept of statements, what happens to them, and who is told of it."""

from collections.abc import Mapping
from types import MappingProxyType

from patientportal.domain.events import Event
from patientportal.domain.kinds import Kind, Unique
from patientportal.domain.policy import Policy
from patientportal.domain.told import Notice, NoticeKind, Plainly, Telling, untold

from .conclusions import Conclusion, PaymentConcluded
from .paying import PaymentReserved
from .payments import Payment
from .recording import PaymentRecorded
from .refund_ends import RefundConcluded
from .refunds import PaymentRefunded, Refund, RefundBegun, RefundDeclined
from .resending import StatementResent
from .retracting import StatementRetracted
from .settlement import (
    ENDED_UNCHARGED,
    PaymentChargedAfterAll,
    PaymentChargedOtherwise,
    PaymentDeclined,
    PaymentReleased,
    PaymentSettled,
)
from .statements import Statement, StatementDocument, StatementStatus
from .uploading import StatementUploaded

KINDS: tuple[Kind, ...] = (
    Kind(
        Statement,
        "statements",
        ("patient_id", "id"),
        (
            Unique(("patient_id", "number"), among=("retracted_at", None)),
            Unique(("patient_id", "external_id"), among=("retracted_at", None)),
            Unique(("patient_id",), among=("status", StatementStatus.CURRENT)),
        ),
    ),
    Kind(StatementDocument, "statement_documents", ("patient_id", "statement_id")),
    Kind(
        Payment,
        "payments",
        ("patient_id", "id"),
        (Unique(("patient_id", "idempotency_key")), Unique(("patient_id", "external_id"))),
    ),
    Kind(Refund, "refunds", ("patient_id", "id"), (Unique(("patient_id", "idempotency_key")),)),
)


def _if_it_is_news(event: PaymentConcluded, _: Policy) -> tuple[Notice, ...]:
    was_told = event.was in ENDED_UNCHARGED and event.conclusion is Conclusion.NOT_MADE
    return () if was_told else (Notice(kind=NoticeKind.NEW_MESSAGE),)


def _of_statement(event: StatementUploaded | StatementResent, _: Policy) -> tuple[Notice, ...]:
    if isinstance(event, StatementUploaded) and not event.is_current:
        return ()
    return (Notice(kind=NoticeKind.STATEMENT_AVAILABLE, about_id=event.statement_id),)


EVENTS: Mapping[type[Event], Telling] = MappingProxyType(
    {
        PaymentChargedAfterAll: untold,
        PaymentChargedOtherwise: untold,
        PaymentConcluded: _if_it_is_news,
        PaymentDeclined: Plainly(NoticeKind.NEW_MESSAGE),
        PaymentRecorded: untold,
        PaymentRefunded: untold,
        PaymentReleased: Plainly(NoticeKind.NEW_MESSAGE),
        PaymentReserved: untold,
        PaymentSettled: Plainly(NoticeKind.NEW_MESSAGE),
        RefundBegun: untold,
        RefundConcluded: untold,
        RefundDeclined: untold,
        StatementResent: _of_statement,
        StatementRetracted: untold,
        StatementUploaded: _of_statement,
    }
)
