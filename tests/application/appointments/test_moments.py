"""What is decided about a visit is decided at a moment that is read once everything it takes is locked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from patientportal import MemoryStore, Place, Portal, RecordingNotifier, Store, Window
from patientportal.domain.ids import PlaceId
from patientportal.patient_access import PatientAccess
from patientportal.testing import FrozenClock, activated, desk, portal

Act = Callable[[Portal, PatientAccess], object]


class Traced(Store):
    """A store and a clock that tell in which order they were asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._store = MemoryStore()
        self._clock = FrozenClock()

    def now(self) -> datetime:
        self.asked.append("now")
        return self._clock()

    def view(self) -> Any:
        return self._store.view()

    def find_all(self, *asked: Any) -> Any:
        with self.view() as view:
            return view.find_all(*asked)

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        self.asked.clear()
        with self._store.transaction() as tx:
            yield Transaction(tx, self.asked)

    def close(self) -> None:
        self._store.close()


class Transaction:
    def __init__(self, inner: Any, asked: list[str]) -> None:
        self._inner = inner
        self._asked = asked

    def __getattr__(self, name: str) -> Any:
        if name in {"get", "get_all"}:
            self._asked.append(name)
        return getattr(self._inner, name)


@pytest.fixture
def traced() -> Traced:
    return Traced()


@pytest.fixture
def practice(traced: Traced) -> Iterator[Portal]:
    with portal(store=traced, clock=traced.now) as one:
        tomorrow = traced.now().date() + timedelta(days=1)
        desk(one).schedule.publish(
            Place(id=PlaceId("north"), name="North Building", zone="UTC"),
            "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU",
            opens=time(9),
            closes=time(11),
            visit_length=timedelta(minutes=30),
            first_day=tomorrow,
            last_day=tomorrow,
        )
        yield one


def free(me: PatientAccess) -> Any:
    return me.appointments.open_slots(limit=1).items[0].slot_id


def booked(me: PatientAccess) -> Any:
    return me.appointments.upcoming(limit=1).items[0].appointment_id


def schedule(of: Portal, me: PatientAccess) -> object:
    in_a_week = me.appointments.open_slots(limit=1).items[0].starts_at.date() + timedelta(days=7)
    request = me.appointments.request("A cough", [Window(first_day=in_a_week, last_day=in_a_week)])
    return desk(of).appointments.schedule_request(request, free(me))


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda _, me: me.appointments.book(free(me)), id="book"),
        pytest.param(lambda _, me: me.appointments.cancel(booked(me)), id="cancel"),
        pytest.param(lambda _, me: me.appointments.reschedule(booked(me), free(me)), id="reschedule"),
        pytest.param(lambda of, me: desk(of).appointments.cancel(booked(me), "The doctor is ill"), id="call off"),
        pytest.param(schedule, id="schedule a request"),
    ],
)
def test_the_moment_is_read_once_the_slots_are_locked(traced: Traced, practice: Portal, act: Act) -> None:
    notifier = practice._env.notifier
    assert isinstance(notifier, RecordingNotifier)
    member = activated(practice, notifier)
    me = practice.log_in(member.username, member.password)
    me.appointments.book(free(me))
    act(practice, me)
    assert traced.asked.count("now") == 1
    assert traced.asked[-1] == "now", "what was waited for had been decided before"
