"""Lists from end to end: each page asked for when it is wanted, and never without a bound."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import assert_type

import pytest

from patientportal import (
    Device,
    Page,
    PatientId,
    PatientVisit,
    Portal,
    PracticeAccess,
    SessionEndedError,
    Store,
    Visit,
    pages,
)
from patientportal.application.pages import PAGES_MAX, sieved
from patientportal.domain.patients.patients import Patient
from patientportal.ports.store import Query
from patientportal.testing import Member
from patientportal.testing.fakes import MONDAY_MORNING


def test_every_entry_comes_once_in_pages_of_the_size_that_was_asked_for(usual: Portal, member: Member) -> None:
    *_, me = [usual.log_in(member.username, member.password, device=f"tablet {number}") for number in range(5)]
    found = [[device.name for device in page.items] for page in pages(me.account.devices, limit=2)]
    assert found == [["tablet 0", "tablet 1"], ["tablet 2", "tablet 3"], ["tablet 4"]]


def test_it_goes_on_from_a_cursor(usual: Portal, member: Member) -> None:
    me, *_ = [usual.log_in(member.username, member.password, device=f"tablet {number}") for number in range(3)]
    first = me.account.devices(limit=1)
    (rest,) = pages(me.account.devices, cursor=first.next_cursor)
    assert [device.name for device in rest.items] == ["tablet 1", "tablet 2"]


def test_nothing_is_asked_before_it_is_wanted(usual: Portal, member: Member) -> None:
    me, asked = usual.log_in(member.username, member.password), []
    usual.log_in(member.username, member.password)

    def devices(*, limit: int, cursor: str | None = None) -> Page[Device]:
        asked.append(cursor)
        return me.account.devices(limit=limit, cursor=cursor)

    every = pages(devices, limit=1)
    assert asked == []
    list(islice(every, 1))
    assert asked == [None]
    me.log_off()
    with pytest.raises(SessionEndedError):
        next(every)


def test_what_a_list_takes_is_passed_on_and_known_to_type_checkers(
    usual: Portal, member: Member, practice: PracticeAccess
) -> None:
    me = usual.log_in(member.username, member.password)
    assert_type(pages(me.appointments.past), Iterator[Page[Visit]])
    theirs = pages(practice.appointments.of_patient, member.patient_id, limit=5)
    assert_type(theirs, Iterator[Page[PatientVisit]])
    assert [page.items for page in theirs] == [()]
    with pytest.raises(TypeError):
        next(pages(me.appointments.past, pages=5))  # type: ignore[call-arg] # it takes no such thing


def test_a_list_without_an_end_ends_after_a_thousand_pages_and_says_where() -> None:
    def endless(*, cursor: str | None = None) -> Page[int]:
        return Page(items=(), next_cursor=f"{cursor}+")

    *_, last = pages(endless)
    assert last.next_cursor == "None" + "+" * PAGES_MAX


@pytest.mark.parametrize(("each", "looked_at"), [(1, 6), (2, 18), (400, 400)])
def test_no_more_is_looked_at_than_it_takes_to_fill_a_page_of_what_is_sieved(
    store: Store, each: int, looked_at: int
) -> None:
    with store.transaction() as tx:
        for number in range(400):
            tx.add(Patient(id=PatientId(f"p-{number:03}"), registered_at=MONDAY_MORNING))
    looked: list[Patient] = []

    def sieve(some: Sequence[Patient]) -> list[Patient]:
        looked.extend(some)
        return [one for one in some if int(one.id[2:]) % each == 0]

    query = Query(state=Patient, order=("registered_at", "id"))
    with store.view() as view:
        page = sieved(view, query, sieve, limit=5, cursor=None, place=lambda one: (one.registered_at, one.id))
    wanted = [f"p-{number:03}" for number in range(0, 400, each)]
    assert [one.id for one in page.items] == wanted[:5]
    assert (page.next_cursor is not None, len(looked)) == (len(wanted) > 5, looked_at)
