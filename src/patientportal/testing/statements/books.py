"""A practice's books, as an auditor reads them: statements, payments and refunds, and what they add up to.

Nothing here knows a rule of the portal's, nor the classes that it keeps: what is kept is found by its table.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from attrs import field, frozen

from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import Query, View
from patientportal.testing.machine_base import INSTANT

TABLES: Mapping[str, type[Any]] = {kind.table: state for state, kind in KINDS.items()}
A_DAY = timedelta(days=1)


@frozen
class Sums:
    """What counts on a statement, in minor units of its currency."""

    paid: int = 0
    reduced: int = 0
    pending: int = 0


@frozen
class Books:
    """Everything that is kept, at one moment.

    Attributes:
        zone: the practice's.
        statements: by their ids.
        payments: by their ids.
        refunds: by their ids.
        messages: of the inboxes.
    """

    zone: ZoneInfo
    statements: Mapping[str, Any] = field(factory=dict)
    payments: Mapping[str, Any] = field(factory=dict)
    refunds: Mapping[str, Any] = field(factory=dict)
    messages: Sequence[Any] = ()
    _current: Mapping[str, Any] = field(init=False)
    _given_back: Mapping[tuple[str, str], int] = field(init=False)

    @_current.default
    def _issued_last(self) -> Mapping[str, Any]:
        standing = [one for one in self.statements.values() if one.retracted_at is None]
        return {one.patient_id: one for one in sorted(standing, key=_issued)}

    @_given_back.default
    def _summed_refunds(self) -> Mapping[tuple[str, str], int]:
        sums: dict[tuple[str, str], int] = defaultdict(int)
        for one in self.refunds.values():
            sums[one.payment_id, str(one.status)] += one.amount.minor_units
        return dict(sums)

    def current(self, patient_id: str) -> Any | None:  # noqa: ANN401 - of no class that is known here
        """Of a patient's statements that weren't taken back, the one that was issued last."""
        return self._current.get(patient_id)

    def unaware(self, current: Any, paid_at: datetime) -> Any:  # noqa: ANN401
        """The last of a patient's statements in a currency that was posted before something was paid, or the first."""
        own = [
            one
            for one in self.statements.values()
            if (one.patient_id, one.balance.currency) == (current.patient_id, current.balance.currency)
            and one.retracted_at is None
        ]
        alike = sorted(own, key=_issued)
        return [alike[0], *(one for one in alike if paid_at >= one.posted_until)][-1]

    def sums(self) -> Mapping[str, Sums]:
        """What counts on each statement, added up from payments and refunds alone."""
        kept: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        for one in self.payments.values():
            if one.status == "pending":
                kept[one.counts_on][2] += one.amount.minor_units
            elif one.status == "settled":
                kept[one.counts_on][one.method == "reduction"] += one.amount.minor_units - self.given_back(one.id)
        return {key: Sums(*kept[key]) for key in self.statements}

    def remaining(self) -> Mapping[str, int]:
        """What can be paid of each statement."""
        sums, left = self.sums(), {}
        for key, one in self.statements.items():
            is_current = self.current(one.patient_id) is one
            owed = max(0, one.balance.minor_units - sums[key].reduced)
            left[key] = max(0, owed - sums[key].paid - sums[key].pending) if is_current else 0
        return left

    def given_back(self, payment_id: str, status: str = "done") -> int:
        """What was given back of a payment, or is being; in minor units."""
        return self._given_back.get((payment_id, status), 0)

    def paid_at(self, payment: Any) -> datetime:  # noqa: ANN401
        """When a settled payment was there to be posted: when it was settled, or by the end of the day it came."""
        if payment.received_on is None:
            settled_at: datetime = payment.ended_at
            return settled_at
        over_at = datetime.combine(payment.received_on + A_DAY, time(), self.zone).astimezone(UTC)
        written_down_at: datetime = payment.requested_at
        return min(written_down_at, over_at - INSTANT)


def read(view: View, zone: ZoneInfo) -> Books:
    """The books as they are."""
    return Books(
        zone,
        _by_id(view, "statements"),
        _by_id(view, "payments"),
        _by_id(view, "refunds"),
        tuple(_by_id(view, "inbox_messages").values()),
    )


def _issued(statement: Any) -> tuple[object, ...]:  # noqa: ANN401
    return statement.issued_on, statement.uploaded_at, statement.id


def _by_id(view: View, table: str) -> dict[str, Any]:
    state = TABLES[table]
    return {one.id: one for one in view.select(Query(state=state, order=KINDS[state].key))}
