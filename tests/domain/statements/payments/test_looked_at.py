"""Looking what became of a payment or a refund: one worker at a time, and somebody once that has lasted a day."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.outcomes import Unchanged
from patientportal.domain.statements.looking import FOUND_OUT_WITHIN, Postponed, take
from patientportal.testing import strategies
from tests.domain.statements.payments.paying import EARLIER


@given(pending=st.one_of(strategies.payments(), strategies.refunds()), at=strategies.moments(), just=st.booleans())
def test_a_worker_takes_exactly_what_is_due_and_puts_it_off(pending: Any, at: datetime, *, just: bool) -> None:
    now = pending.look_at if just and pending.look_at is not None else at
    again = now + timedelta(minutes=6)
    if pending.look_at is not None and pending.look_at <= now:
        is_late = pending.requested_at + timedelta(days=1) <= now
        since = pending.unclear_since if pending.unclear_since is not None else now if is_late else None
        taken = evolve(pending, look_at=again, unclear_since=since)
        assert take(pending, now=now, look_at=again) == Postponed(kept=taken)
    else:
        assert take(pending, now=now, look_at=again) == Unchanged()


@pytest.mark.parametrize(("early", "waits"), [(timedelta(microseconds=1), False), (timedelta(0), True)])
def test_what_nobody_could_find_out_for_a_day_waits_for_somebody(early: timedelta, *, waits: bool) -> None:
    now = EARLIER.requested_at + FOUND_OUT_WITHIN - early
    outcome = take(EARLIER, now=now, look_at=now + timedelta(minutes=6))
    assert isinstance(outcome, Postponed)
    assert outcome.kept.unclear_since == (now if waits else None)
