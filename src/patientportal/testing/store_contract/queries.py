"""Queries are values, and a store knows seven comparisons, an order, a cursor and a limit."""

# ruff: noqa: D102 - the name of a test says what it proves

from datetime import date, timedelta, timezone
from typing import Any

from attrs import evolve

from patientportal.domain.accounts.links import Link, LinkStatus
from patientportal.domain.accounts.sessions import Session
from patientportal.domain.ids import PatientId
from patientportal.domain.notices.notices import Delivery
from patientportal.domain.patients.patients import PersonalRecord
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.values.known_days import PartialDate
from patientportal.ports.store import Is, Query, Store, Where
from patientportal.testing.store_contract.samples import (
    ADA,
    BEN,
    NOON,
    delivery,
    guard,
    guard_key,
    hash_of,
    kept_in,
    link,
    patient,
    patient_key,
    save,
    session,
    session_key,
)

HALF_PAST_ONE = NOON + timedelta(minutes=90)
ELSEWHERE = timezone(timedelta(hours=-5, minutes=-30))
FIVE = (
    session("a", 0, device="phone", ended_at=HALF_PAST_ONE),
    session("b", 1, device=""),
    session("c", 1, device="Phone", ended_at=HALF_PAST_ONE + timedelta(microseconds=1)),
    session("d", 2, device="\u00e9tude"),
    session("e", 3, device="tablet"),
)


class Queries:
    """What ``select`` answers."""

    def test_equal(self, store: Store) -> None:
        _begun(store)
        assert _ids(store, Where("device", Is.EQ, "phone")) == "a"
        assert _ids(store, Where("device", Is.EQ, "")) == "b"
        assert _ids(store, Where("device", Is.EQ, "\u00e9tude")) == "d"
        assert _ids(store, Where("started_at", Is.EQ, NOON + timedelta(minutes=1))) == "bc"
        assert _ids(store, Where("secret_hash", Is.EQ, hash_of("e"))) == "e"
        assert _ids(store, Where("device", Is.EQ, "' OR 1 = 1 --")) == ""

    def test_several_keys_at_once_answer_each_its_own_in_their_order(self, store: Store) -> None:
        save(store, patient(ADA), patient(BEN), session("a"), guard("b"))
        keys = (guard_key("a"), guard_key("b"), patient_key(ADA), patient_key(BEN), session_key("a"))
        expected = (None, guard("b"), patient(ADA), patient(BEN), session("a"))
        turned = sorted(keys[:2], key=lambda key: key.parts) != list(keys[:2])
        with store.view() as view:
            assert view.find_all(*keys) == expected
            assert view.find_all(*reversed(keys)) == tuple(reversed(expected))
            assert view.find_all() == ()
        with store.transaction() as tx:
            in_order = keys[1::-1] + keys[2:] if turned else keys
            found = tx.get_all(*in_order)
            assert found == (expected[1::-1] + expected[2:] if turned else expected)
            assert tx.get_all() == ()

    def test_a_query_among_several_keys_is_answered_as_select_does(self, store: Store) -> None:
        _begun(store)
        phones = Query(state=Session, where=(Where("device", Is.EQ, "phone"),), order=("id",))
        with store.transaction() as tx:
            locked, found, nothing = tx.get_all(patient_key(), phones, session_key("none"))
            assert (locked, [one.id for one in found], nothing) == (patient(), ["a"], None)
            tx.add(session("f", device="phone"))
            (found,) = tx.get_all(phones)
            assert [one.id for one in found] == ["a", "f"]

    def test_a_store_answers_several_by_itself_as_a_view_does(self, store: Store) -> None:
        _begun(store)
        phones = Query(state=Session, where=(Where("device", Is.EQ, "phone"),), order=("id",))
        asked = patient_key(), phones, session_key("none"), evolve(phones, descending=True), patient_key()
        with store.view() as view:
            of_view = view.find_all(*asked)
        for one, found, nothing, turned, same in (of_view, store.find_all(*asked)):
            assert (one, [of.id for of in found], nothing, same) == (patient(), ["a"], None, patient())
            assert [of.id for of in turned] == ["a"]
        assert store.find_all() == ()

    def test_less_and_greater(self, store: Store) -> None:
        _begun(store)
        at = NOON + timedelta(minutes=1)
        assert _ids(store, Where("started_at", Is.LT, at)) == "a"
        assert _ids(store, Where("started_at", Is.LE, at)) == "abc"
        assert _ids(store, Where("started_at", Is.GT, at)) == "de"
        assert _ids(store, Where("started_at", Is.GE, at)) == "bcde"

    def test_moments_are_compared_to_the_microsecond(self, store: Store) -> None:
        _begun(store)
        assert _ids(store, Where("ended_at", Is.GT, HALF_PAST_ONE)) == "c"
        assert _ids(store, Where("ended_at", Is.LE, HALF_PAST_ONE)) == "a"

    def test_moments_are_compared_as_instants_whatever_their_offset(self, store: Store) -> None:
        _begun(store)
        at = (NOON + timedelta(minutes=1)).astimezone(ELSEWHERE)
        assert _ids(store, Where("started_at", Is.EQ, at)) == "bc"
        assert _ids(store, Where("started_at", Is.GT, at)) == "de"

    def test_text_is_compared_by_code_points(self, store: Store) -> None:
        _begun(store)
        assert _ids(store, Where("device", Is.LT, "a")) == "bc"
        assert _ids(store, Where("device", Is.GT, "z")) == "d"

    def test_numbers_are_compared_as_numbers(self, store: Store) -> None:
        save(store, patient(), *(delivery(name, tries=tries) for name, tries in (("a", 2), ("b", 10), ("c", 9))))
        with store.view() as view:
            found = view.select(Query(state=Delivery, where=(Where("tries", Is.GE, 9),), order=("tries", "id")))
        assert [one.tries for one in found] == [9, 10]

    def test_one_of(self, store: Store) -> None:
        _begun(store)
        assert _ids(store, Where("id", Is.ONE_OF, ("a", "c", "nothing"))) == "ac"
        assert _ids(store, Where("id", Is.ONE_OF, ["e"])) == "e"

    def test_one_of_nothing_is_nothing(self, store: Store) -> None:
        _begun(store)
        assert _ids(store, Where("id", Is.ONE_OF, ())) == ""

    def test_none(self, store: Store) -> None:
        _begun(store)
        assert _ids(store, Where("ended_at", Is.NONE)) == "bde"

    def test_what_is_none_is_neither_less_nor_greater_nor_equal(self, store: Store) -> None:
        _begun(store)
        for how in (Is.EQ, Is.LT, Is.LE, Is.GT, Is.GE):
            assert set(_ids(store, Where("ended_at", how, HALF_PAST_ONE))) <= {"a", "c"}
        assert _ids(store, Where("ended_at", Is.ONE_OF, (HALF_PAST_ONE,))) == "a"

    def test_all_comparisons_must_hold(self, store: Store) -> None:
        _begun(store)
        at = NOON + timedelta(minutes=1)
        assert _ids(store, Where("started_at", Is.GE, at), Where("ended_at", Is.NONE), Where("id", Is.LT, "e")) == "bd"
        assert _ids(store) == "abcde"

    def test_members_of_a_closed_list_are_compared(self, store: Store) -> None:
        save(store, patient(), link("one", LinkStatus.USED), link("two", LinkStatus.ENDED), link("three"))
        for how, value, found in (
            (Is.EQ, LinkStatus.OPEN, ["three"]),
            (Is.ONE_OF, (LinkStatus.USED, LinkStatus.ENDED), ["one", "two"]),
        ):
            with store.view() as view:
                links = view.select(Query(state=Link, where=(Where("status", how, value),), order=("id",)))
            assert [one.id for one in links] == found

    def test_a_part_of_a_value_is_named_by_a_dotted_path(self, store: Store) -> None:
        ada = PersonalInformation(
            first_name="Ada", last_name="Byron", date_of_birth=date(1980, 12, 10), email="ada@example.org"
        )
        ben = evolve(ada, first_name="Ben", date_of_birth=date(1979, 2, 28), phone="555 0100")
        records = [PersonalRecord(patient_id=ADA, personal=ada), PersonalRecord(patient_id=BEN, personal=ben)]
        save(store, patient(ADA), patient(BEN), *records)
        for where, order, found in (
            (Where("personal.date_of_birth", Is.EQ, date(1979, 2, 28)), ("patient_id",), records[1:]),
            (Where("personal.email", Is.EQ, "ada@example.org"), ("personal.date_of_birth",), records[::-1]),
            (Where("personal.phone", Is.NONE), ("patient_id",), records[:1]),
        ):
            with store.view() as view:
                assert list(view.select(Query(state=PersonalRecord, where=(where,), order=order))) == found

    def test_days_known_in_part_stand_among_the_others_as_they_are_written(self, store: Store) -> None:
        name = "personal.date_of_birth"
        known = (PartialDate(1974), PartialDate(1974, 3), date(1974, 3, 2), date(1974, 12, 31), PartialDate(1975), None)
        for number, born in enumerate(known):
            one = patient(PatientId(f"p-{number}"))
            personal = PersonalInformation(first_name="Ada", last_name="Byron", date_of_birth=born, email=None)
            save(store, one, PersonalRecord(patient_id=one.id, personal=personal))
        for first, last, found in (
            (PartialDate(1974), date(1974, 12, 31), known[:4]),
            (PartialDate(1974, 3), date(1974, 3, 31), known[1:3]),
            (date(1974, 3, 2), date(1974, 3, 2), known[2:3]),
        ):
            within = (Where(name, Is.GE, first), Where(name, Is.LE, last))
            with store.view() as view:
                records = view.select(Query(state=PersonalRecord, where=within, order=(name, "patient_id")))
            assert tuple(one.personal.date_of_birth for one in records) == found

    def test_the_order_is_by_each_field_in_turn_and_can_be_turned_round(self, store: Store) -> None:
        _begun(store)
        assert _ids(store, order=("started_at", "id")) == "abcde"
        assert _ids(store, order=("started_at", "id"), descending=True) == "edcba"
        assert _ids(store, order=("device", "id")) == "bcaed"

    def test_a_list_goes_on_after_its_cursor(self, store: Store) -> None:
        _begun(store)
        order = ("started_at", "id")
        place = NOON + timedelta(minutes=1)
        assert _ids(store, order=order, after=(place, "b")) == "cde"
        assert _ids(store, order=order, after=(place.astimezone(ELSEWHERE), "bb")) == "cde"
        assert _ids(store, order=order, after=(place, "c"), descending=True) == "ba"
        assert _ids(store, order=("id",), after=("c",)) == "de"
        assert _ids(store, order=order, after=(NOON + timedelta(days=1), "")) == ""

    def test_a_limit_takes_the_first_of_the_order(self, store: Store) -> None:
        _begun(store)
        assert _ids(store, limit=2) == "ab"
        assert _ids(store, limit=2, descending=True) == "ed"
        assert _ids(store, limit=99) == "abcde"
        assert _ids(store, Where("ended_at", Is.NONE), after=("b",), limit=1) == "d"

    def test_page_after_page_gives_the_whole_list_once(self, store: Store) -> None:
        _begun(store)
        order = ("started_at", "id")
        for descending in (False, True):
            seen: list[Session] = []
            after = None
            while found := _found(store, order=order, after=after, limit=2, descending=descending):
                seen += found
                after = (found[-1].started_at, found[-1].id)
                assert len(seen) <= len(FIVE)
            assert seen == list(FIVE[::-1] if descending else FIVE)

    def test_a_transaction_answers_queries_as_a_view_does(self, store: Store) -> None:
        _begun(store)
        query = Query(
            state=Session,
            where=(Where("started_at", Is.GE, NOON),),
            order=("id",),
            after=("a",),
            limit=3,
            descending=False,
        )
        with store.transaction() as tx:
            assert list(tx.select(query)) == list(FIVE[1:4])

    def test_a_query_finds_its_own_kind_alone(self, store: Store) -> None:
        save(store, guard())
        _begun(store)
        assert kept_in(store)[Session] == list(FIVE)


def _begun(store: Store) -> None:
    # saved in no order that a query asks for
    save(store, patient(), *(FIVE[place] for place in (3, 0, 4, 2, 1)))


def _found(store: Store, *where: Where, **how: Any) -> list[Session]:
    query: Query[Session] = Query(state=Session, where=where, **{"order": ("id",)} | how)
    with store.view() as view:
        return list(view.select(query))


def _ids(store: Store, *where: Where, **how: Any) -> str:
    return "".join(found.id for found in _found(store, *where, **how))
