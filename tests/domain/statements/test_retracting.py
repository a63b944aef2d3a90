"""Taking back: what is current then, what counts where, what is asked for again, and what never is."""

from datetime import date, timedelta
from typing import Any

import pytest
from attrs import evolve

from patientportal.domain.ids import StatementId, SupportRequestId
from patientportal.domain.outcomes import Unchanged
from patientportal.domain.statements import retracting as rules
from patientportal.domain.statements.payments import PaymentStatus
from patientportal.domain.statements.retracting import Retracted, StatementRetracted
from patientportal.domain.statements.statements import Statement, StatementStatus
from patientportal.domain.support.support import answered
from patientportal.domain.values.money import Money
from patientportal.domain.values.retractions import RetractionReason, usable_retraction_reason
from tests.domain.statements.bills import (
    FOR_NEW,
    FOR_RESEND,
    NEXT,
    NOW,
    STAFF,
    STATEMENT,
    SUPERSEDED,
    holding,
    paid,
    sums,
)

LATER = NOW + timedelta(days=3)
GONE = evolve(NEXT, status=StatementStatus.RETRACTED, retracted_at=LATER)
WHY = RetractionReason.WRONG_PATIENT


def retract(statement: Statement = NEXT, **otherwise: Any) -> Retracted | Unchanged:
    usual: dict[str, Any] = {"others": (), "payments": (), "answered": (), "open_requests": ()}
    return rules.retract(statement, reason=WHY, now=LATER, **(usual | otherwise))


def retracted(statement: Statement = NEXT, **otherwise: Any) -> Retracted:
    outcome = retract(statement, **otherwise)
    assert isinstance(outcome, Retracted)
    return outcome


def happened(**otherwise: Any) -> StatementRetracted:
    usual: dict[str, Any] = {
        "statement_id": NEXT.id,
        "reason": WHY,
        "was_opened": False,
        "current_id": None,
        "requests_reopened": 0,
        "payments_moved": 0,
    }
    return StatementRetracted(**(usual | otherwise))


def test_the_only_statement_is_taken_back_once_and_none_is_current() -> None:
    assert retract() == Retracted(statements=(GONE,), payments=(), requests=(), event=happened())
    assert retract(GONE) == Unchanged()


def test_the_one_that_was_issued_last_of_the_others_is_current_again_and_takes_what_counted_there() -> None:
    settled = paid("settled", "20.00", settled=NOW - timedelta(days=99), on=NEXT)
    pending = paid("pending", "30.00", settled=None, on=NEXT)
    older = evolve(SUPERSEDED, id=StatementId("s-0"), issued_on=date(2025, 12, 1))
    outcome = retracted(holding(NEXT, settled, pending), others=(older, SUPERSEDED), payments=(settled, pending))
    assert outcome.statements == (GONE, holding(STATEMENT, settled, pending))
    assert {(one.id, one.counts_on, one.statement_id) for one in outcome.payments} == {
        ("settled", "s-1", "s-2"),
        ("pending", "s-1", "s-2"),
    }
    assert outcome.event == happened(current_id=STATEMENT.id, payments_moved=2)


def test_what_was_made_on_it_is_marked_and_what_is_pending_of_that_is_looked_at_at_once() -> None:
    ended = paid("ended", "1.00", settled=None, on=NEXT, status=PaymentStatus.DECLINED, look_at=None, ended_at=NOW)
    pending = paid("pending", "30.00", settled=None, on=NEXT)
    elsewhere = paid("elsewhere", "5.00", settled=None)
    outcome = retracted(holding(NEXT, pending), payments=(ended, pending, elsewhere))
    assert outcome.payments == (
        evolve(ended, statement_retracted=True),
        evolve(pending, statement_retracted=True, look_at=LATER),
    )


def test_a_superseded_one_moves_nothing() -> None:
    known = paid("known", "20.00", settled=NOW)
    before = holding(SUPERSEDED, known)
    outcome = retracted(before, others=(NEXT,), payments=(known,))
    assert outcome.statements == (evolve(before, status=StatementStatus.RETRACTED, retracted_at=LATER),)
    assert outcome.payments == (evolve(known, statement_retracted=True),)
    assert (outcome.event.current_id, outcome.event.payments_moved) == (None, 0)


def test_the_one_that_is_brought_back_takes_from_all_that_were_taken_back_in_its_currency() -> None:
    euros = evolve(NEXT, id=StatementId("s-e"), balance=Money.parse("9.00", "EUR"))
    in_euros = paid("in euros", "1.00", settled=NOW, on=euros)
    before = evolve(STATEMENT, id=StatementId("s-x"), status=StatementStatus.RETRACTED, retracted_at=NOW)
    stranded = paid("stranded", "2.00", settled=NOW - timedelta(days=99), on=before)
    outcome = retracted(
        holding(euros, in_euros), others=(SUPERSEDED, holding(before, stranded)), payments=(in_euros, stranded)
    )
    assert {one.id: (one.status.value, sums(one)) for one in outcome.statements} == {
        "s-e": ("retracted", (100, 0, 0)),
        "s-x": ("retracted", (0, 0, 0)),
        "s-1": ("current", (200, 0, 0)),
    }


def test_the_one_that_is_brought_back_takes_what_its_own_books_couldnt_know() -> None:
    filed = evolve(SUPERSEDED, id=StatementId("s-f"), issued_on=date(2026, 1, 4))
    late = paid("late", "2.00", settled=filed.posted_until)
    outcome = retracted(others=(holding(SUPERSEDED, late), filed), payments=(late,))
    assert outcome.event.current_id == filed.id
    assert [one.counts_on for one in outcome.payments] == [filed.id]


def test_what_it_had_answered_is_open_again_unless_it_was_asked_anew() -> None:
    closed = answered((FOR_NEW, FOR_RESEND), statement_id=NEXT.id, by=STAFF, now=LATER)
    assert retracted(answered=closed).requests == (FOR_RESEND, FOR_NEW)
    assert retracted(answered=closed).event.requests_reopened == 2
    anew = evolve(FOR_NEW, id=SupportRequestId("r-9"))
    assert retracted(answered=closed, open_requests=(anew,)).requests == (FOR_RESEND,)
    (again,) = answered((anew,), statement_id=NEXT.id, by=STAFF, now=LATER)
    assert retracted(answered=(closed[0], again)).requests == (FOR_NEW,), "the same is one request"


def test_the_history_says_whether_it_was_opened() -> None:
    assert retracted(evolve(NEXT, opened_at=NOW)).event == happened(was_opened=True)


def test_a_reason_is_one_of_a_closed_list() -> None:
    assert usable_retraction_reason(WHY) is WHY
    with pytest.raises(TypeError, match=r"^reason must be RetractionReason, not str$"):
        usable_retraction_reason("wrong_patient")
