"""What counts on a statement: its sums are those of its payments, whatever becomes of them and wherever they move."""

from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.ids import StatementId
from patientportal.domain.statements.counting import moved, moves, recounted, was_posted
from patientportal.domain.statements.payments import Payment, PaymentMethod, PaymentStatus
from patientportal.domain.values.money import Money
from patientportal.testing import strategies
from tests.domain.statements.bills import NEXT, STATEMENT, holding, paid, sums

INSTANT = timedelta(microseconds=1)
PENDING = paid("pending", "30.00", settled=None)
SETTLED = paid("settled", "20.00", settled=NEXT.posted_until)
REDUCTION = evolve(SETTLED, method=PaymentMethod.REDUCTION)


@pytest.mark.parametrize(
    ("payment", "expected"),
    [
        (PENDING, (0, 0, 3000)),
        (SETTLED, (2000, 0, 0)),
        (evolve(SETTLED, refunded_minor_units=500), (1500, 0, 0)),
        (evolve(SETTLED, refunding_minor_units=500), (2000, 0, 0)),
        (REDUCTION, (0, 2000, 0)),
        (evolve(REDUCTION, refunded_minor_units=2000), (0, 0, 0)),
        (evolve(PENDING, status=PaymentStatus.DECLINED), (0, 0, 0)),
        (evolve(PENDING, status=PaymentStatus.RELEASED), (0, 0, 0)),
    ],
)
def test_a_payment_is_paid_let_off_or_pending_less_what_was_given_back(
    payment: Payment, expected: tuple[int, int, int]
) -> None:
    assert sums(recounted(STATEMENT, after=payment)) == expected
    assert recounted(recounted(STATEMENT, after=payment), before=payment) == STATEMENT
    assert sums(recounted(holding(STATEMENT, PENDING), before=PENDING, after=payment)) == expected


@pytest.mark.parametrize(
    ("payment", "expected"),
    [
        (PENDING, True),
        (SETTLED, True),
        (evolve(SETTLED, ended_at=NEXT.posted_until - INSTANT), False),
        (evolve(PENDING, status=PaymentStatus.DECLINED, ended_at=NEXT.posted_until), False),
        (evolve(PENDING, status=PaymentStatus.RELEASED, ended_at=NEXT.posted_until), False),
        (evolve(PENDING, counts_on=NEXT.id), False),
        (evolve(PENDING, amount=Money.parse("30.00", "EUR")), False),
    ],
)
def test_what_the_books_couldnt_know_counts_on_the_new_statement(payment: Payment, *, expected: bool) -> None:
    assert moves(payment, to=NEXT) is expected
    assert not moves(payment, to=evolve(NEXT, covers_earlier=False))


@pytest.mark.parametrize(
    ("payment", "expected"),
    [
        (PENDING, True),
        (evolve(SETTLED, ended_at=NEXT.posted_until - INSTANT), True),
        (evolve(PENDING, status=PaymentStatus.RELEASED), False),
        (evolve(PENDING, amount=Money.parse("30.00", "EUR")), False),
    ],
)
def test_what_counts_on_one_that_was_taken_back_counts_on_the_one_that_is_brought_back(
    payment: Payment, *, expected: bool
) -> None:
    to = evolve(NEXT, covers_earlier=False)
    assert moves(payment, to=to, retracted={STATEMENT.id}) is expected
    assert not moves(payment, to=to, retracted={NEXT.id})


def test_money_of_the_moment_until_which_the_books_were_posted_isnt_in_them() -> None:
    assert not was_posted(SETTLED, NEXT)
    assert was_posted(evolve(SETTLED, ended_at=NEXT.posted_until - INSTANT), NEXT)
    assert not was_posted(PENDING, NEXT)


@given(
    payments=st.lists(strategies.payments(), max_size=6, unique_by=lambda one: one.id),
    holders=st.lists(st.integers(0, 2), min_size=6, max_size=6),
)
def test_what_moves_is_taken_where_it_counted_and_counted_where_it_goes(
    payments: list[Payment], holders: list[int]
) -> None:
    names = [StatementId(f"s-{number}") for number in range(3)]
    known = [
        evolve(one, counts_on=names[at], amount=evolve(one.amount, currency="USD"))
        for one, at in zip(payments, holders, strict=False)
    ]
    before = {
        name: holding(evolve(STATEMENT, id=name), *(one for one in known if one.counts_on == name)) for name in names
    }
    to = evolve(NEXT, id=StatementId("s-new"))
    taken = moved(known, to=to, holders=before)
    assert {one.counts_on for one in taken.payments} <= {to.id}
    assert taken.to == holding(to, *known)
    assert set(taken.holders) == {one.counts_on for one in known}
    assert all(sums(one) == (0, 0, 0) for one in taken.holders.values())
