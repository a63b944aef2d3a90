"""Stores that give back something else than was kept, or whose handles mislead."""

import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from attrs import evolve, fields

from patientportal.domain.accounts.security_questions import SecurityAnswers
from patientportal.domain.appointments.directory import Place
from patientportal.domain.events import Actor, Recorded
from patientportal.domain.notices.notices import DeliveryStatus
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import Store
from patientportal.testing.store_contract.samples import patient, save
from tests.testing.store_contract.bendable import Bendable
from tests.testing.store_contract.caught import caught_by


@caught_by(
    "every_kind_of_state_comes_back_as_it_was_added",
    "every_kind_of_state_comes_back_as_it_was_changed",
    "every_event_comes_back_as_it_was_recorded",
    "moments_keep_their_microseconds_and_their_zone",
)
class RoundsToMilliseconds(Bendable):
    def kept(self, state: Any) -> Any:
        return with_moments(state, lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000))


@caught_by("moments_keep_their_microseconds_and_their_zone", "every_kind_of_state_comes_back_as_it_was_added")
class ForgetsTheZone(Bendable):
    def kept(self, state: Any) -> Any:
        return with_moments(state, lambda at: at.replace(tzinfo=None))


@caught_by("moments_keep_their_microseconds_and_their_zone")
class AnswersInLocalTime(Bendable):
    def kept(self, state: Any) -> Any:
        return with_moments(state, lambda at: at.astimezone(NEW_YORK))


@caught_by("members_of_a_closed_list_come_back_as_members", "every_kind_of_state_comes_back_as_it_was_added")
class GivesMembersBackAsText(Bendable):
    def kept(self, state: Any) -> Any:
        if isinstance(state, SecurityAnswers):
            answers: Any = state.answers
            return evolve(state, answers=tuple(evolve(one, question=one.question.value) for one in answers))
        return with_values(state, DeliveryStatus, lambda status: status.value)


@caught_by("what_no_check_of_input_would_let_in_here_is_read_beside_the_rest")
class ChecksWhatItReads(Bendable):
    def kept(self, state: Any) -> Any:
        return evolve(state) if isinstance(state, Place) else state


@caught_by("nothing_is_not_the_same_as_empty")
class EmptyIsNothing(Bendable):
    def kept(self, state: Any) -> Any:
        return with_values(state, str, lambda text: text or None)


@caught_by("text_comes_back_character_by_character")
class NormalisesText(Bendable):
    def kept(self, state: Any) -> Any:
        return with_values(state, str, lambda text: unicodedata.normalize("NFC", text))


@caught_by("bytes_come_back_byte_by_byte")
class EndsBytesAtNul(Bendable):
    def kept(self, state: Any) -> Any:
        return with_values(state, bytes, lambda raw: raw.partition(b"\0")[0])


@caught_by("an_event_keeps_who_did_what_in_which_session")
class ForgetsTheRole(Bendable):
    def kept(self, state: Any) -> Any:
        return evolve(state, by=Actor(kind=state.by.kind, id=state.by.id)) if isinstance(state, Recorded) else state


@caught_by("a_new_store_is_empty")
class KeepsWhatTheLastTestSaved(Bendable):
    def __init__(self) -> None:
        super().__init__()
        save(self, patient())


@caught_by("another_handle_finds_what_was_saved")
class EachHandleHasItsOwnData(Bendable):
    @classmethod
    def opener(cls) -> Callable[[], Store]:
        return cls


@caught_by("closing_twice_does_nothing_more")
class ClosesOnce(Bendable):
    def close(self) -> None:
        with self.block():
            self.closed = True


@caught_by("a_closed_store_refuses_to_be_used")
class IsNeverClosed(Bendable):
    def close(self) -> None:
        pass


class Handle:
    """Another handle on the data of a store."""

    def __init__(self, store: Bendable) -> None:
        self.transaction, self.run, self.view, self.close = store.transaction, store.run, store.view, store.close
        self.find_all = store.find_all


@caught_by("closing_one_handle_leaves_another_open")
class ClosesForAll(Bendable):
    @classmethod
    def opener(cls) -> Callable[[], Store]:
        first = cls()
        second = Handle(first)
        handles: Iterator[Store] = iter((first, second))
        return lambda: next(handles)


NEW_YORK = timezone(timedelta(hours=-5))


def whole_second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def without_offset(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC)


def with_moments(state: Any, change: Callable[[datetime], datetime]) -> Any:
    return with_values(state, datetime, change)


def with_values(state: Any, wanted: type[Any], change: Callable[[Any], Any]) -> Any:
    key = KINDS[type(state)].key
    values = {f.name: getattr(state, f.name) for f in fields(type(state)) if f.name not in key}
    return evolve(state, **{name: change(value) for name, value in values.items() if type(value) is wanted})
