"""What is kept of statements, what happens to them, and who is told of it."""

from collections.abc import Mapping
from types import MappingProxyType

from patientportal.domain.events import Event
from patientportal.domain.kinds import Kind, Unique
from patientportal.domain.told import NoticeKind, Plainly, Telling, untold

from .payments import Payment, PaymentReserved
from .refunds import PaymentRefunded, RefundBegun, RefundDeclined
from .settlement import PaymentChargedAfterAll, PaymentDeclined, PaymentReleased, PaymentSettled
from .statements import Statement, StatementDocument, StatementResent, StatementStatus, StatementUploaded

KINDS: tuple[Kind, ...] = (
    Kind(
        Statement,
        "statements",
        ("patient_id", "id"),
        (
            Unique(("patient_id", "number")),
            Unique(("patient_id",), among=("status", StatementStatus.CURRENT)),
        ),
    ),
    Kind(StatementDocument, "statement_documents", ("patient_id", "statement_id")),
    Kind(Payment, "payments", ("patient_id", "id"), (Unique(("patient_id", "idempotency_key")),)),
)


EVENTS: Mapping[type[Event], Telling] = MappingProxyType(
    {
        PaymentChargedAfterAll: untold,
        PaymentDeclined: Plainly(NoticeKind.NEW_MESSAGE),
        PaymentRefunded: untold,
        PaymentReleased: Plainly(NoticeKind.NEW_MESSAGE),
        PaymentReserved: untold,
        PaymentSettled: Plainly(NoticeKind.NEW_MESSAGE),
        RefundBegun: untold,
        RefundDeclined: untold,
        StatementResent: Plainly(NoticeKind.STATEMENT_AVAILABLE),
        StatementUploaded: Plainly(NoticeKind.STATEMENT_AVAILABLE),
    }
)
