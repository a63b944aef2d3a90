"""Sending a statement again: until when it may be paid then, and what that answers."""

from datetime import date
from typing import Any

import pytest
from attrs import evolve

from patientportal.domain.errors import BadInputError
from patientportal.domain.statements import resending as rules
from patientportal.domain.statements.resending import Resent, StatementResent
from patientportal.domain.statements.statements import NotCurrentStatementError, Statement
from tests.domain.statements.bills import FOR_RESEND, NEW_YORK, NOW, STAFF, STATEMENT, SUPERSEDED


def resend(statement: Statement = STATEMENT, **otherwise: Any) -> Resent:
    usual: dict[str, Any] = {
        "due_on": date(2026, 3, 1),
        "open_requests": (),
        "by": STAFF,
        "now": NOW,
        "policy": NEW_YORK,
    }
    return rules.resend(statement, **(usual | otherwise))


def test_a_statement_that_is_sent_again_is_due_later_and_answers_the_request() -> None:
    assert resend(open_requests=(FOR_RESEND,)) == Resent(
        statement=evolve(STATEMENT, due_on=date(2026, 3, 1)),
        requests=(evolve(FOR_RESEND, resolved_at=NOW, resolved_by=STAFF, answered_by=STATEMENT.id),),
        event=StatementResent(statement_id=STATEMENT.id, requests_resolved=1),
    )


@pytest.mark.parametrize(
    ("statement", "due_on", "refused"),
    [
        (SUPERSEDED, date(2025, 12, 31), NotCurrentStatementError),
        (STATEMENT, date(2025, 12, 31), BadInputError),
        (STATEMENT, date(2026, 1, 4), BadInputError),
        (STATEMENT, date(2026, 1, 5), None),
        (evolve(STATEMENT, issued_on=date(2026, 2, 1)), date(2026, 1, 31), BadInputError),
        (evolve(STATEMENT, issued_on=date(2026, 2, 1)), date(2026, 2, 1), None),
    ],
)
def test_sending_again_is_refused_in_a_fixed_order(
    statement: Statement, due_on: date, refused: type[Exception] | None
) -> None:
    if refused is None:
        assert resend(statement, due_on=due_on).statement.due_on == due_on
    else:
        with pytest.raises(refused) as caught:
            resend(statement, due_on=due_on)
        if isinstance(caught.value, BadInputError):
            assert (caught.value.field, caught.value.problem) == ("due_on", "too_early")


def test_a_statement_is_due_again_within_ten_years() -> None:
    assert resend(due_on=date(2036, 1, 6)).statement.due_on == date(2036, 1, 6)
    with pytest.raises(BadInputError) as caught:
        resend(due_on=date(2036, 1, 7))
    assert (caught.value.field, caught.value.problem, caught.value.limit) == ("due_on", "too_late", 2036)
