"""What is kept comes back as it was, to the microsecond: every kind of state and every event."""

# ruff: noqa: D102 - the name of a test says what it proves

import types
import typing
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from typing import Any
from uuid import uuid4

from attrs import evolve, fields, has, resolve_types
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from patientportal.domain.accounts.registration import PatientInvited
from patientportal.domain.accounts.security_questions import SecurityAnswer, SecurityAnswers, SecurityQuestion
from patientportal.domain.appointments.directory import BookableBy, Place, Provider, VisitType
from patientportal.domain.appointments.requests import PartOfDay, Window
from patientportal.domain.events import Actor, ActorKind, Recorded
from patientportal.domain.ids import NOBODY, EventId, LinkId, PatientId, SessionId
from patientportal.domain.messages.facts import FACTS, Facts
from patientportal.domain.notices.notices import Delivery, DeliveryStatus
from patientportal.domain.patients.patients import Patient
from patientportal.domain.patients.personal import PersonalInformation
from patientportal.domain.patients.search_words import WordOf
from patientportal.domain.staff import Role
from patientportal.domain.told import NoticeKind
from patientportal.domain.values.known_days import PartialDate
from patientportal.domain.values.money import Money
from patientportal.ports.catalogue import EVENTS, KINDS
from patientportal.ports.store import Store, key_of
from patientportal.testing.store_contract.possible import possible
from patientportal.testing.store_contract.samples import (
    ADA,
    NOON,
    delivery,
    hash_of,
    kept_in,
    logged_in,
    patient,
    patient_key,
    save,
    session,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
NAMES = st.sampled_from(["Haus 2", "\u0141\u00f3d\u017a", "O'Hare", '"north"'])
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - aware by timezones
SMALL = st.integers(0, 99)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: SMALL,
    bool: st.booleans(),
    bytes: st.binary(min_size=32, max_size=32),
    datetime: MOMENTS,
    date: st.dates(date(1880, 1, 1), date(2200, 1, 1)),
    timedelta: st.timedeltas(timedelta(0), timedelta(days=3650)),
    PersonalInformation: st.builds(
        PersonalInformation,
        first_name=st.sampled_from(["", "Ada", "\u0141ukasz", "\u738b", "O'Brien", "M\u00fcller-L\u00fcdenscheidt"]),
        last_name=st.sampled_from(["Byron", "\u00d8", "de la Cruz", '"Quote"']),
        date_of_birth=st.dates(date(1880, 1, 1), date(2026, 1, 1))
        | st.sampled_from([None, PartialDate(1974), PartialDate(1974, 3)]),
        email=st.none() | st.sampled_from(["ada@example.org", "a+b_%@xn--bcher-kva.example"]),
        phone=st.none() | st.sampled_from(["555 0100", "+49 (30) 12"]),
        postal_code=st.none() | st.sampled_from(["02139", "SW1A 1AA"]),
        language=st.none() | st.sampled_from(["de", "es-MX"]),
    ),
    Actor: st.builds(Actor, kind=st.sampled_from([ActorKind.SYSTEM, ActorKind.ANONYMOUS]))
    | st.builds(
        Actor,
        kind=st.sampled_from([ActorKind.PATIENT, ActorKind.STAFF]),
        id=TEXT,
        role=st.none() | st.sampled_from(Role),
    ),
    Money: st.builds(Money, minor_units=st.integers(1, 100), currency=st.sampled_from(["USD", "JPY", "KWD"])),
    Place: st.builds(
        Place,
        id=NAMES,
        name=NAMES,
        zone=st.sampled_from(["America/New_York", "Asia/Kolkata"]),
        address=st.none() | NAMES,
        active=st.booleans(),
    ),
    VisitType: st.builds(
        VisitType,
        id=NAMES,
        name=NAMES,
        length=st.integers(5, 60).map(lambda minutes: timedelta(minutes=minutes)),
        holds=st.just(timedelta(minutes=90)),
        bookable_by=st.sampled_from(BookableBy),
        provider_ids=st.lists(NAMES, max_size=2).map(tuple),
        active=st.booleans(),
    ),
    Provider: st.builds(Provider, id=NAMES, name=NAMES, active=st.booleans()),
    Window: st.builds(
        Window,
        first_day=st.dates(date(1880, 1, 1), date(2026, 1, 1)),
        last_day=st.dates(date(2026, 1, 1), date(2200, 1, 1)),
        part=st.sampled_from(PartOfDay),
    ),
}
# Shrinking ten states at once on a database takes minutes; what differs is told by the assertion.
QUICK = settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])


class RoundTrips:
    """Nothing is lost, rounded or turned into something else."""

    def test_every_kind_of_state_comes_back_as_it_was_added(self, store: Store) -> None:
        @QUICK
        @given(HOUSEHOLDS)
        def comes_back(household: list[Any]) -> None:
            save(store, *household)
            with store.view() as view:
                found = [view.find(key_of(state)) for state in household]
            assert found == household
            assert list(map(_types, found)) == list(map(_types, household))

        comes_back()

    def test_every_kind_of_state_comes_back_as_it_was_changed(self, store: Store) -> None:
        @QUICK
        @given(st.tuples(HOUSEHOLDS, STATES))
        def comes_back(two: tuple[list[Any], tuple[Any, ...]]) -> None:
            before, other = two
            owner: Patient = before[0]
            after = [_keyed(new, owner.id) for new in other]
            save(store, *before)
            with store.transaction() as tx:
                for state in sorted(after, key=lambda state: PLACES[type(state)]):
                    assert tx.get(key_of(state)) is not None
                    tx.put(state)
            with store.view() as view:
                found = [view.find(key_of(state)) for state in after]
            assert found == after
            assert list(map(_types, found)) == list(map(_types, after))

        comes_back()

    def test_every_event_comes_back_as_it_was_recorded(self, store: Store) -> None:
        save(store, patient())

        @QUICK
        @given(st.tuples(*ENVELOPES))
        def comes_back(all_of_them: tuple[Recorded, ...]) -> None:
            with store.transaction() as tx:
                for one in all_of_them:
                    tx.record(one)
            with store.view() as view:
                found = [view.find(key_of(one)) for one in all_of_them]
            assert found == list(all_of_them)
            assert list(map(_types, found)) == list(map(_types, all_of_them))

        comes_back()

    def test_members_of_a_closed_list_come_back_as_members(self, store: Store) -> None:
        answers = tuple(
            SecurityAnswer(question=question, folding=2, answer_hash="hash") for question in SecurityQuestion
        )
        asked = SecurityAnswers(patient_id=ADA, answers=answers)
        deliveries = [delivery(kind.value, kind=kind) for kind in NoticeKind]
        deliveries += [delivery(status.value, status=status) for status in DeliveryStatus]
        save(store, patient(), asked, *deliveries)
        with store.view() as view:
            found = view.find(key_of(asked))
        assert found is not None
        assert [type(answer.question) for answer in found.answers] == [SecurityQuestion] * len(answers)
        kept = kept_in(store)[Delivery]
        assert {type(one.kind) for one in kept} == {NoticeKind}
        assert {one.status for one in kept} == set(DeliveryStatus)

    def test_moments_keep_their_microseconds_and_their_zone(self, store: Store) -> None:
        moments = [NOON.replace(microsecond=microsecond) for microsecond in (0, 1, 10, 999_999, 100_000, 123_456)] + [
            datetime(1900, 1, 1, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        ]
        save(store, patient(), *(session(f"{place}", started_at=at) for place, at in enumerate(moments)))
        found = [one.started_at for one in kept_in(store)[type(session(""))]]
        assert found == moments
        assert [at.utcoffset() for at in found] == [timedelta(0)] * len(moments)

    def test_a_moment_with_another_offset_comes_back_as_the_same_instant(self, store: Store) -> None:
        for minutes in (-12 * 60, -1, 345, 14 * 60):
            at = NOON.astimezone(timezone(timedelta(minutes=minutes)))
            person = patient(PatientId(f"{minutes}"), registered_at=at)
            save(store, person)
            with store.view() as view:
                found = view.find(patient_key(person.id))
            assert found is not None
            assert found.registered_at == NOON

    def test_nothing_is_not_the_same_as_empty(self, store: Store) -> None:
        deliveries = [delivery("a", lease=""), delivery("b", lease=None), delivery("c", lease="None")]
        save(store, patient(), session("one", device=""), *deliveries)
        kept = kept_in(store)
        assert kept[type(deliveries[0])] == deliveries
        assert kept[type(session(""))] == [session("one", device="")]

    def test_text_comes_back_character_by_character(self, store: Store) -> None:
        texts = [
            "e\u0301",
            "\u00e9",
            "\U0001f9ea",
            "  two  ",
            "line\nline\r\n",
            "\ufeff",
            "\u200d",
            "'; --",
            "\\",
            "1e5",
        ]
        sessions = [session(f"{place}", device=text) for place, text in enumerate(texts)]
        save(store, patient(), *sessions)
        assert kept_in(store)[type(sessions[0])] == sessions

    def test_bytes_come_back_byte_by_byte(self, store: Store) -> None:
        sessions = [
            session(name, secret_hash=bytes([value] * 32)) for name, value in (("a", 0), ("b", 0x5C), ("c", 255))
        ]
        save(store, patient(), *sessions)
        assert kept_in(store)[type(sessions[0])] == sessions

    def test_an_event_keeps_who_did_what_in_which_session(self, store: Store) -> None:
        one = evolve(
            logged_in("event"),
            by=Actor(kind=ActorKind.STAFF, id="staff-1", role=Role.SUPPORT),
            patient_id=NOBODY,
            session_id=SessionId("session-1"),
            event=PatientInvited(link_id=LinkId("link-1"), links_ended=2),
        )
        save(store, one)
        assert kept_in(store) == {Recorded: [one]}


def _value(wanted: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - any annotation
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in {types.UnionType, typing.Union}:
        return st.one_of(*(st.none() if part is types.NoneType else _value(part) for part in arguments))
    if origin is tuple:
        return st.lists(_value(arguments[0]), max_size=3).map(tuple)
    wanted = getattr(wanted, "__supertype__", wanted)
    if wanted in PLAIN:
        return PLAIN[wanted]
    if issubclass(wanted, Enum):
        return st.sampled_from(wanted)
    if wanted is Facts:
        return st.one_of(*(_built(of) for of in FACTS.values()))
    if has(wanted):
        return _built(wanted)
    raise TypeError(f"the contract has no strategy for {wanted.__name__}: add one to PLAIN")


def _built(cls: type[Any]) -> st.SearchStrategy[Any]:
    return st.builds(cls, **{name: _value(wanted) for name, wanted in _fields(cls)})


def _fields(cls: type[Any]) -> Iterator[tuple[str, Any]]:
    resolve_types(cls)
    return ((field.name, field.type) for field in fields(cls))


NAMED_ALIKE = (
    *("patient_id", "link_id", "provider_id", "slot_id", "appointment_id", "statement_id", "medication_id"),
    *("prescriber_id", "id", "name", "word", "external_id"),
)
"""What is called alike in a household, so that its states refer to each other."""


def _of_household(states: tuple[Any, ...], name: str) -> list[Any]:
    """States that refer to each other, under keys that end with this name and are used for the first time."""
    fresh = uuid4().hex + name
    return [_keyed(state, fresh) for state in states]


def _keyed(state: Any, fresh: str) -> Any:  # noqa: ANN401 - any state
    if type(state) in PLAIN:  # what people write, which isn't any text
        fresh = hash_of(fresh).hex()
    keys: dict[str, Any] = dict.fromkeys(NAMED_ALIKE, fresh)
    keys["covering_id"] = f"another {fresh}"
    keys["of"] = WordOf.NAME
    keys |= dict.fromkeys(("name_hash", "subject_hash", "secret_hash"), hash_of(fresh))
    named = {name: keys[name] for name, _ in _fields(type(state)) if name in keys}
    optional = {name: value for name, value in named.items() if getattr(state, name) is not None}
    return evolve(state, **optional)


def _types(value: Any) -> Any:  # noqa: ANN401 - any state and any value in one
    """The type of a state and of all that is in it: a member of a closed list equals the plain text of its value."""
    if has(type(value)):
        return type(value), [_types(getattr(value, field.name)) for field in fields(type(value))]
    return (tuple, [_types(one) for one in value]) if type(value) is tuple else type(value)


PLACES = {state: place for place, state in enumerate(KINDS)}
# Each may refer to the ones before it, the patient to none; events are another test's.
ORDER = sorted(KINDS.keys() - {Recorded}, key=lambda state: (state is not Patient, PLACES[state]))
STATES = st.tuples(*((PLAIN[state] if state in PLAIN else _built(state)).map(possible) for state in ORDER))
HOUSEHOLDS = st.builds(_of_household, STATES, TEXT)
ENVELOPES = [
    st.builds(
        Recorded,
        id=TEXT.map(lambda text: EventId(uuid4().hex + text)),
        at=MOMENTS,
        patient_id=st.sampled_from([ADA, NOBODY]),
        by=PLAIN[Actor],
        session_id=st.none() | TEXT,
        event=_built(event),
    )
    for event in EVENTS.values()
]
