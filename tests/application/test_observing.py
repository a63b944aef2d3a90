"""Every call of the faces is told to the observer: which one, how it ended, how long it took, and nothing else."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from attrs import asdict

from patientportal import (
    ConfigurationError,
    NotPermittedError,
    Observed,
    Portal,
    RecordingNotifier,
    Role,
    SessionEndedError,
    StaffId,
    StaffMember,
    testing,
)
from patientportal.observing import FACES
from patientportal.patient_access import PatientAccess
from tests.bad_input.arguments import BAD
from tests.bad_input.test_every_argument import FACE

NAMES = {Portal: "portal", **FACES}


def told(observed: list[Observed]) -> list[tuple[str, str]]:
    calls = [(call.verb, call.outcome) for call in observed]
    observed.clear()
    return calls


@pytest.fixture
def observed() -> list[Observed]:
    return []


@pytest.fixture
def portal(observed: list[Observed]) -> Portal:
    return testing.portal(observe=observed.append)


@pytest.fixture
def me(portal: Portal, observed: list[Observed]) -> PatientAccess:
    notifier = portal._env.notifier
    assert isinstance(notifier, RecordingNotifier)
    member = testing.activated(portal, notifier)
    found = portal.log_in(member.username, member.password)
    observed.clear()
    return found


def test_a_call_is_told_with_its_face_its_end_and_its_time(
    portal: Portal, me: PatientAccess, observed: list[Observed]
) -> None:
    again = portal.resume(me.token)
    again.messages.unread_count()
    with pytest.raises(SessionEndedError):
        portal.resume("nobody's")
    with pytest.raises(TypeError):
        me.appointments.past(limit="5")  # type: ignore[arg-type] # wrong on purpose
    assert all(0 <= call.seconds < 5 for call in observed)
    assert told(observed) == [
        ("portal.resume", "done"),
        ("me.messages.unread_count", "done"),
        ("portal.resume", "session_ended"),
        ("me.appointments.past", "TypeError"),
    ]


def test_the_practices_calls_are_told_and_so_are_those_that_are_refused(
    portal: Portal, me: PatientAccess, observed: list[Observed]
) -> None:
    dora = portal.practice(StaffMember(id=StaffId("dora"), name="Dora", roles={Role.PROVIDER}))
    dora.appointments.of_day(None, date(2026, 1, 5))
    with pytest.raises(NotPermittedError):
        dora.support.unlock(me.patient_id)
    assert told(observed) == [
        ("portal.practice", "done"),
        ("desk.appointments.of_day", "done"),
        ("desk.support.unlock", "not_permitted"),
    ]


def test_each_round_of_a_worker_is_told(portal: Portal, observed: list[Observed]) -> None:
    class Impatient(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            """Whoever waits is done."""
            del timeout
            self.set()
            return True

    portal.work_until(Impatient())
    assert told(observed) == [("portal.work", "done"), ("portal.work_until", "done")]


def test_every_verb_of_every_face_has_a_name_of_its_own() -> None:
    assert set(NAMES) == set(FACE)
    by_class = {face.__name__: name for face, name in NAMES.items()}
    verbs = {f"{by_class[face]}.{verb}" for face, _, verb in (method.partition(".") for method in BAD)}
    assert len(verbs) == len(BAD)
    assert {"portal.log_in", "portal.recovery.answer", "me.log_off", "desk.visit_types.put"} <= verbs


def test_an_observed_face_is_the_same_face(portal: Portal, me: PatientAccess) -> None:
    desk = testing.desk(portal)
    for handle, face in ((portal, Portal), (me, PatientAccess), (desk, testing.desk(testing.portal()).__class__)):
        assert isinstance(handle, face)
        assert (type(handle).__name__, type(handle).__module__) == (face.__name__, face.__module__)
        assert type(handle).__doc__ == face.__doc__
    assert me.appointments.book.__doc__
    assert repr(me) == f"PatientAccess({me.patient_id})"
    assert portal.policy.zone == "America/New_York"


def test_an_observer_that_fails_stops_nothing_and_is_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    def broken(call: Observed) -> None:
        raise ConnectionError(f"{call.verb} can't be sent")

    portal = testing.portal(observe=broken)
    portal.work()
    with pytest.raises(SessionEndedError):
        portal.resume("nobody's")
    assert [record.getMessage() for record in caplog.records] == [
        "the observer of portal.work raised ConnectionError",
        "the observer of portal.resume raised ConnectionError",
    ]


def test_without_an_observer_no_class_is_changed() -> None:
    portal = testing.portal()
    assert type(portal) is Portal
    assert "resume" in vars(type(portal))


@pytest.mark.parametrize("observe", [5, "print"])
def test_an_observer_is_a_function(observe: Any) -> None:
    with pytest.raises(ConfigurationError, match="observe"):
        testing.portal(observe=observe)


def test_a_portal_of_a_hosts_own_class_is_observed_too(observed: list[Observed]) -> None:
    class Ours(Portal):
        def today(self) -> str:
            """A verb of the host's."""
            return self.policy.zone

    make: Callable[..., Ours] = Ours
    ours = make(**(asdict(testing.portal()._env, recurse=False) | {"observe": observed.append}))
    assert ours.today() == "America/New_York"
    assert told(observed) == [("portal.today", "done")]
