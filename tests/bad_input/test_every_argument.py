"""Whatever is thrown at the face is answered with a documented error, soon, and before anything is touched."""

import inspect
import time
from collections.abc import Iterator

import pytest

from patientportal import (
    BadInputError,
    MemoryStore,
    PatientAccess,
    Portal,
    PortalError,
    PracticeAccess,
    SqliteStore,
    Store,
)
from patientportal.password_rules import PasswordRules
from patientportal.patient_access.account import AccountAccess
from patientportal.patient_access.appointments import AppointmentsAccess
from patientportal.patient_access.medications import MedicationsAccess
from patientportal.patient_access.messages import MessagesAccess
from patientportal.patient_access.statements import StatementsAccess
from patientportal.patient_access.support import SupportAccess
from patientportal.practice_access.appointments import AppointmentsDesk
from patientportal.practice_access.audit import AuditDesk
from patientportal.practice_access.directory import PlacesDesk, ProvidersDesk, VisitTypesDesk
from patientportal.practice_access.medications import MedicationsDesk
from patientportal.practice_access.messages import MessagesDesk
from patientportal.practice_access.patients import PatientsDesk
from patientportal.practice_access.schedule import ScheduleDesk
from patientportal.practice_access.statements import StatementsDesk
from patientportal.practice_access.support import SupportDesk
from patientportal.recovery_access import RecoveryAccess
from patientportal.words.catalogues import sources
from tests.bad_input.arguments import BAD, CASES, TIMELESS
from tests.bad_input.faces import Face, opened
from tests.bad_input.values import HUGE, cursor

FACE = (
    Portal,
    RecoveryAccess,
    PasswordRules,
    PatientAccess,
    AccountAccess,
    AppointmentsAccess,
    SupportAccess,
    MedicationsAccess,
    MessagesAccess,
    StatementsAccess,
    PracticeAccess,
    PatientsDesk,
    ProvidersDesk,
    PlacesDesk,
    VisitTypesDesk,
    ScheduleDesk,
    AppointmentsDesk,
    SupportDesk,
    MedicationsDesk,
    MessagesDesk,
    StatementsDesk,
    AuditDesk,
)
SECONDS_AT_MOST = 1.0


@pytest.fixture(scope="module", params=["memory", "sqlite"])
def face(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Face]:
    """One for all the tests: each proves that it left it as it was."""
    file = tmp_path_factory.mktemp("bad_input") / "portal.db"
    store: Store = MemoryStore() if request.param == "memory" else SqliteStore(file, durable=False)
    yield opened(store)
    store.close()


def test_every_public_method_of_the_face_and_each_of_its_arguments_is_covered() -> None:
    methods = {
        f"{of.__name__}.{name}": set(inspect.signature(method).parameters) - {"self"}
        for of in FACE
        for name, method in inspect.getmembers(of, inspect.isfunction)
        if not name.startswith("_")
    }
    assert {method: set(arguments) for method, arguments in BAD.items()} == methods


def test_every_object_of_the_face_is_known(face: Face) -> None:
    reached = {type(value) for handle in face.handles.values() for value in vars(handle).values()}
    ours = {of for of in reached if "_access" in of.__module__}
    assert ours <= set(FACE) == {type(handle) for handle in face.handles.values()}


@pytest.mark.parametrize(("method", "argument", "value", "expected"), CASES)
def test_bad_input_is_answered_with_its_error_soon_and_touches_nothing(
    face: Face, method: str, argument: str, value: object, expected: type[Exception]
) -> None:
    before, hashes = face.contents(), face.hasher.hashes
    began = time.perf_counter()
    with pytest.raises((TypeError, ValueError, PortalError)) as refusal:
        face.call(method, **{argument: value})
    assert time.perf_counter() - began < SECONDS_AT_MOST
    assert type(refusal.value) is expected
    assert len(str(refusal.value)) < 200
    if isinstance(value, str) and len(value) >= len(HUGE) and isinstance(refusal.value, BadInputError):
        assert refusal.value.problem == "too_long", "decided before anything is computed"
    if isinstance(refusal.value, BadInputError):
        assert f"field.{refusal.value.field}" in sources(), "people read what the field is called"
    assert face.hasher.hashes == hashes
    assert face.contents() == before


@pytest.mark.parametrize(
    "method", ["AccountAccess.devices", "AccountAccess.history", "AuditDesk.undelivered", "SupportAccess.requests"]
)
@pytest.mark.parametrize(
    "forged",
    [
        cursor("0001-01-01T00:00:00+14:00", "id"),
        cursor("9999-12-31T23:59:59-14:00", "id"),
        cursor("2026-01-05T09:00:00+00:00", "\ud800"),
        cursor("2026-01-05T09:00:00+00:00", "\0"),
    ],
    ids=["before the first day", "after the last", "a lone surrogate", "NUL"],
)
def test_a_cursor_that_no_page_gave_is_refused(face: Face, method: str, forged: str) -> None:
    with pytest.raises(BadInputError):
        face.call(method, cursor=forged)


@pytest.mark.parametrize("method", sorted(BAD.keys() - TIMELESS))
def test_a_clock_without_a_zone_is_a_value_error_and_touches_nothing(face: Face, method: str) -> None:
    before, hashes = face.contents(), face.hasher.hashes
    face.clock.is_naive = True
    try:
        with pytest.raises(ValueError, match="aware"):
            face.call(method)
    finally:
        face.clock.is_naive = False
    assert face.hasher.hashes == hashes
    assert face.contents() == before


@pytest.mark.parametrize("method", sorted(BAD))
def test_the_good_arguments_are_good(method: str) -> None:
    face = opened(MemoryStore())
    try:
        face.call(method)
    except PortalError as refusal:
        # Both act on the patient who can log in, who therefore isn't invited again.
        invites = {"PatientsDesk.invite", "PatientsDesk.print_invitation"}
        assert (method in invites, refusal.code) == (True, "already_activated")  # noqa: PT017 - the one exception
