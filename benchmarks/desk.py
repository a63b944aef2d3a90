"""The desk: a visit over three slots over one of one slot, and a full day with names over a day of one visit."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from datetime import time as time_of_day
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.database import CLOCK
from benchmarks.hand import durability
from benchmarks.measure import Figure, in_turn
from benchmarks.postgres import server
from patientportal.adapters.postgres import PostgresStore
from patientportal.adapters.recording import RecordingNotifier
from patientportal.adapters.sqlite import SqliteStore
from patientportal.adapters.system import new_secret, new_uuid7
from patientportal.domain.appointments.directory import Place, VisitType
from patientportal.domain.ids import PatientId, PlaceId, SlotId, StaffId, VisitTypeId
from patientportal.ports.store import Key, Query, Store
from patientportal.practice_access import PracticeAccess
from patientportal.testing import desk, person, portal

LONG = VisitType(id=VisitTypeId("long"), name="New patient", length=timedelta(minutes=90))
FULL, EMPTY, OPEN = (StaffId(f"dr-{what}") for what in ("full", "empty", "open"))
PATIENTS = 40
GOAL_KIND, GOAL_DAY = 2.0, 20.0


def figures(effort: float) -> Iterator[Figure]:
    """What three slots cost more than one, and forty visits with names more than one; with the statements of a look."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="patientportal-bench-")))
        yield from _of_store(stack, SqliteStore(folder / "portal.db", durable=False), "SQLite", effort)
    with ExitStack() as stack:
        yield from _of_store(stack, PostgresStore(stack.enter_context(server()), schema="desk"), "PostgreSQL", effort)


class Counted(Store):
    """A store that counts how often its database is asked.

    Attributes:
        asked: how often each verb was, and how many keys and queries in all.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.asked: Counter[str] = Counter()

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """See ``Store.transaction``."""
        with self._store.transaction() as block:
            yield _Heard(block, self.asked)

    @contextmanager
    def view(self) -> Iterator[Any]:
        """See ``Store.view``."""
        with self._store.view() as block:
            yield _Heard(block, self.asked)

    def find_all(self, *asked: Key[Any] | Query[Any]) -> tuple[Any, ...]:
        """See ``Store.find_all``."""
        with self.view() as view:
            found: tuple[Any, ...] = view.find_all(*asked)
            return found

    def close(self) -> None:
        """See ``Store.close``."""
        self._store.close()


class _Heard:
    def __init__(self, inner: Any, asked: Counter[str]) -> None:  # noqa: ANN401 - of either kind
        self._inner = inner
        self._asked = asked

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as above
        method = getattr(self._inner, name)

        def heard(*given: Any) -> Any:  # noqa: ANN401 - as above
            self._asked["statements"] += len(given) if name in {"find_all", "get_all"} else 1
            self._asked["trips"] += 1
            return method(*given)

        return heard


def _of_store(stack: ExitStack, plain: Store, engine: str, effort: float) -> Iterator[Figure]:
    store, on = Counted(plain), durability(plain)

    def said(look: Callable[[], object]) -> str:
        store.asked.clear()
        look()
        return f"{store.asked['statements']} in {store.asked['trips']}"

    one = stack.enter_context(
        portal(store=store, notifier=RecordingNotifier(), clock=CLOCK, new_id=new_uuid7, new_secret=new_secret)
    )
    practice, tomorrow = desk(one), CLOCK().date() + timedelta(days=1)
    patients = [practice.patients.register(person(email=f"p{at}@example.org")) for at in range(PATIENTS)]
    practice.visit_types.put(LONG)
    for provider in (FULL, EMPTY, OPEN):
        slots = _published(practice, provider, tomorrow)
        if provider != OPEN:
            for patient_id, slot_id in zip(patients if provider == FULL else patients[1:2], slots, strict=False):
                practice.appointments.book(patient_id, slot_id)
    (free, *_) = practice.schedule.open_slots(provider_id=OPEN, limit=1).items
    three, single = (partial(_come_and_go, practice, patients[-1], free.slot_id, kind) for kind in (LONG.id, None))
    what = f"book and cancel three slots / one, {engine}, statements {said(three)} / {said(single)}"
    yield in_turn(three, single, pairs=int(500 * effort)).ratio(what, goal=GOAL_KIND, durability=on)
    full, empty = (partial(practice.appointments.of_day, provider, tomorrow) for provider in (FULL, EMPTY))
    assert len(full()) == PATIENTS
    what = f"a day of {PATIENTS} visits / of one, {engine}, statements {said(full)} / {said(empty)}"
    yield in_turn(full, empty, pairs=int(500 * effort)).ratio(what, goal=GOAL_DAY, durability=on)


def _published(practice: PracticeAccess, provider: StaffId, day: date) -> list[SlotId]:
    practice.schedule.publish(
        Place(id=PlaceId("north"), name="North Building", zone="UTC"),
        "FREQ=DAILY",
        opens=time_of_day(8),
        closes=time_of_day(18),
        visit_length=timedelta(minutes=15) if provider != OPEN else timedelta(minutes=30),
        first_day=day,
        last_day=day,
        provider_id=provider,
    )
    return [slot.slot_id for slot in practice.schedule.open_slots(provider_id=provider, limit=200).items]


def _come_and_go(
    practice: PracticeAccess, patient_id: PatientId, slot_id: SlotId, visit_type_id: VisitTypeId | None
) -> None:
    visit_id = practice.appointments.book(patient_id, slot_id, visit_type_id=visit_type_id)
    practice.appointments.cancel(visit_id, "It was a mistake")
