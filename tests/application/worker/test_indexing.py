"""A worker makes patients findable whom a migration or an older rule has left behind."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from attrs import evolve

from patientportal import AdapterError, MemoryStore, Portal, PracticeAccess, RecordingNotifier, Store
from patientportal.domain.accounts.recovery_names import RecoveryName
from patientportal.domain.patients.patients import Patient, PersonalRecord
from patientportal.domain.patients.search_words import SearchWord, WordOf
from patientportal.ports.store import Key, Query, key_of
from patientportal.testing import activated, desk, person, portal

BORN = person().date_of_birth
Contents = Callable[[], dict[str, set[Any]]]


def unindex(store: Store) -> None:
    """Everybody is as an older rule left them: found by another word, and not by recovery."""
    with store.transaction() as tx:
        patients = tx.select(Query(state=Patient, order=("id",)))
        for patient in patients:
            tx.get(Key(Patient, (patient.id,)))
        for patient in patients:
            record = tx.get(Key(PersonalRecord, (patient.id,)))
            assert record is not None
            tx.put(evolve(record, folding=0))
        for kind, order in ((SearchWord, ("patient_id", "of", "word")), (RecoveryName, ("patient_id",))):
            for state in tx.select(Query[Any](state=kind, order=order)):
                tx.get(key_of(state))
                tx.remove(key_of(state))
        for patient in patients:
            tx.add(SearchWord(patient_id=patient.id, of=WordOf.LAST_NAME, word="old", date_of_birth=BORN))


@pytest.mark.usefixtures("member")
def test_everybody_is_found_again_after_one_round(
    usual: Portal, raw_store: Store, contents: Contents, notifier: RecordingNotifier
) -> None:
    practice = desk(usual)
    shut_out = activated(usual, notifier, "shut.out", email="out@example.org")
    practice.patients.deactivate(shut_out.patient_id)
    practice.patients.register(person(email="never@example.org"))
    usual.work()
    before = contents()
    unindex(raw_store)
    assert practice.patients.find(last_name="Byron") == ()
    assert usual.work().indexed == 3
    assert contents() == before
    assert usual.work().indexed == 0
    assert len(contents()["recovery_names"]) == 1


def test_a_round_makes_as_many_findable_as_it_may(usual: Portal, practice: PracticeAccess, raw_store: Store) -> None:
    for number in range(5):
        practice.patients.register(person(email=f"{number}@example.org"))
    usual.work()
    unindex(raw_store)
    assert [usual.work(limit=2).indexed for _ in range(4)] == [2, 2, 1, 0]
    assert len(practice.patients.find(last_name="Byron")) == 5


class Spoiled(MemoryStore):
    """Keeps somebody who can't be read, in a list or for themselves."""

    unreadable = ""
    in_lists = False

    @contextmanager
    def transaction(self) -> Iterator[Any]:  # type: ignore[override] # the same, but for one patient
        with super().transaction() as transaction:
            inner = transaction.get_all

            def get_all(*asked: Any) -> Any:
                if any(isinstance(one, Key) and one.parts[0] == self.unreadable for one in asked):
                    raise AdapterError(adapter="sql", reason="unreadable_row")
                return inner(*asked)

            transaction.get_all = get_all  # type: ignore[method-assign]
            yield transaction

    @contextmanager
    def view(self) -> Iterator[Any]:  # type: ignore[override] # as above
        with super().view() as view:
            inner = view.select

            def select(query: Query[Any]) -> Any:
                if self.in_lists and query.state is PersonalRecord:
                    raise AdapterError(adapter="sql", reason="unreadable_row")
                return inner(query)

            view.select = select  # type: ignore[method-assign]
            yield view


def test_one_who_can_not_be_read_is_in_nobodys_way(caplog: pytest.LogCaptureFixture) -> None:
    store = Spoiled()
    usual = portal(store=store)
    first, second = (desk(usual).patients.register(person(email=f"{n}@example.org")) for n in range(2))
    usual.work()
    unindex(store)
    store.unreadable = first
    with caplog.at_level(logging.WARNING, "patientportal"):
        assert usual.work().indexed == 1
    assert [one.patient_id for one in desk(usual).patients.find(text="Ada Byron")] == [second]
    assert f"patient {first} couldn't be made findable: adapter_failed" in caplog.text
    store.unreadable, store.in_lists = "", True
    with caplog.at_level(logging.WARNING, "patientportal"):
        assert usual.work().indexed == 0
    assert "nobody could be made findable: unreadable_row" in caplog.text
