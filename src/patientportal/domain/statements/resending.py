"""Sending the current statement again, with another due date."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.errors import BadInputError
from patientportal.domain.events import Event
from patientportal.domain.ids import StaffId, StatementId
from patientportal.domain.outcomes import changed, happened
from patientportal.domain.policy import Policy
from patientportal.domain.support.support import SupportRequest, answered
from patientportal.domain.values.days import TEN_YEARS, day_within

from .statements import Statement, has_ended, require_current


@frozen(kw_only=True)
class StatementResent(Event):
    """A statement was sent again, with another due date."""

    name: ClassVar[str] = "statement_resent"
    statement_id: StatementId
    requests_resolved: int


@frozen(kw_only=True)
class Resent:
    """It may be paid until its new due date."""

    statement: Statement = changed()
    requests: tuple[SupportRequest, ...] = changed()
    event: StatementResent = happened()


def resend(
    statement: Statement,
    *,
    due_on: date,
    open_requests: Sequence[SupportRequest],
    by: StaffId,
    now: datetime,
    policy: Policy,
) -> Resent:
    """The current statement is sent again, and may be paid until its new due date has ended.

    Args:
        statement: the patient's.
        due_on: its new due date.
        open_requests: the patient's requests for this; it answers them.
        by: who sends it.
        now: UTC.
        policy: the practice's zone.

    Raises:
        NotCurrentStatementError: a newer one has superseded it, or it was taken back.
        BadInputError: ``due_on`` is ``too_early``, before the statement's own date or ended, or ``too_late``: more than
            ten years ahead.
    """
    require_current(statement)
    day_within(due_on, field="due_on", last=now.date() + TEN_YEARS)
    if due_on < statement.issued_on or has_ended(due_on, now=now, policy=policy):
        raise BadInputError(field="due_on", problem="too_early")
    return Resent(
        statement=evolve(statement, due_on=due_on),
        requests=answered(open_requests, statement_id=statement.id, by=by, now=now),
        event=StatementResent(statement_id=statement.id, requests_resolved=len(open_requests)),
    )
