"""What can't be taken delays nobody: it waits, is given up, and is told to nobody but staff."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from patientportal import (
    AdapterError,
    Message,
    NoticePolicy,
    Policy,
    Portal,
    PracticeAccess,
    RecordingNotifier,
    SqliteStore,
    Store,
    Worked,
    WrongCredentialsError,
)
from patientportal.domain.notices.notices import FIRST_PAUSE, LONGEST_PAUSE, UNANSWERED_MAX
from patientportal.domain.patients.patients import PersonalRecord
from patientportal.ports.store import Key
from patientportal.testing import FrozenClock, Member, desk, person, portal

Contents = Callable[[], dict[str, set[Any]]]
MICROSECOND = timedelta(microseconds=1)


class SpoiledStore(Store):
    """A store that can't read what the practice knows of some patients, inside a transaction."""

    def __init__(self, inner: Store) -> None:
        self.patients: set[str] = set()
        self.error: Exception = AdapterError(adapter="sql", reason="unreadable_row")
        self._inner = inner

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self._inner.transaction() as transaction:
            yield _SpoiledTransaction(transaction, self)

    def view(self) -> Any:
        return self._inner.view()

    def find_all(self, *asked: Any) -> Any:
        with self.view() as view:
            return view.find_all(*asked)

    def close(self) -> None:
        self._inner.close()


class _SpoiledTransaction:
    def __init__(self, inner: Any, store: SpoiledStore) -> None:
        self._inner = inner
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def get_all(self, *keys: Key[Any]) -> Any:
        if any(key.state is PersonalRecord and key.parts[0] in self._store.patients for key in keys):
            raise self._store.error
        return self._inner.get_all(*keys)


@pytest.fixture
def spoiled(store: Store) -> SpoiledStore:
    return SpoiledStore(store)


@pytest.fixture
def worker(portal_with: Callable[..., Portal], spoiled: SpoiledStore) -> Portal:
    """A portal that can't read everything."""
    return portal_with(store=spoiled)


@pytest.fixture
def poison(practice: PracticeAccess, spoiled: SpoiledStore) -> str:
    """The id of a patient who was invited and who can't be read."""
    patient_id = practice.patients.register(person(first_name="Zenobia", email="zenobia@example.org"))
    spoiled.patients.add(patient_id)
    return patient_id


def of(contents: Contents, patient_id: str) -> Any:
    (delivery,) = [delivery for delivery in contents()["deliveries"] if delivery.patient_id == patient_id]
    return delivery


def test_what_can_not_be_taken_is_postponed_and_delays_nobody_else(
    worker: Portal, practice: PracticeAccess, poison: str, notifier: RecordingNotifier, contents: Contents
) -> None:
    for name in "ab":
        practice.patients.register(person(email=f"{name}@example.org"))
    assert worker.work() == Worked(sent=2, postponed=1)
    assert sorted(str(message.to_email) for message in notifier.messages) == ["a@example.org", "b@example.org"]
    assert (of(contents, poison).status.value, of(contents, poison).tries) == ("waiting", 1)


def test_what_was_told_before_it_is_marked_and_not_told_again(
    worker: Portal, practice: PracticeAccess, spoiled: SpoiledStore, notifier: RecordingNotifier, clock: FrozenClock
) -> None:
    for name in "abc":
        practice.patients.register(person(email=f"{name}@example.org"))
        clock.advance(timedelta(seconds=1))
        spoiled.patients.add(practice.patients.register(person(email="zenobia@example.org")))
        clock.advance(timedelta(seconds=1))
    assert worker.work() == Worked(sent=3, postponed=3)
    clock.advance(timedelta(days=1))
    assert worker.work() == Worked(postponed=3)
    assert [message.to_email for message in notifier.messages] == [f"{name}@example.org" for name in "abc"]


def test_it_is_tried_again_after_pauses_that_double_and_given_up_at_last(
    worker: Portal, poison: str, practice: PracticeAccess, clock: FrozenClock, contents: Contents
) -> None:
    for number in range(1, UNANSWERED_MAX):
        assert worker.work() == Worked(postponed=1)
        clock.advance(min(FIRST_PAUSE * 2 ** (number - 1), LONGEST_PAUSE) - MICROSECOND)
        assert worker.work() == Worked(), f"too early after try {number}"
        clock.advance(MICROSECOND)
    assert worker.work() == Worked(given_up=1)
    clock.advance(timedelta(days=30))
    assert worker.work() == Worked()
    assert of(contents, poison).tries == UNANSWERED_MAX
    assert [(seen.patient_id, seen.tries) for seen in practice.audit.undelivered().items] == [(poison, UNANSWERED_MAX)]


def test_it_is_told_once_it_can_be_read_again(
    worker: Portal, poison: str, spoiled: SpoiledStore, notifier: RecordingNotifier, clock: FrozenClock
) -> None:
    worker.work()
    spoiled.patients.remove(poison)
    clock.advance(FIRST_PAUSE)
    assert worker.work() == Worked(sent=1)
    assert [message.to_name for message in notifier.messages] == ["Zenobia"]


def test_it_mints_no_secret(worker: Portal, poison: str, contents: Contents) -> None:
    worker.work()
    assert contents()["link_secrets"] == set()
    assert of(contents, poison).lease is None


def test_it_counts_toward_the_limit_of_a_call(worker: Portal, poison: str, practice: PracticeAccess) -> None:
    assert poison
    practice.patients.register(person())
    assert worker.work(limit=1) == Worked(postponed=1)
    assert worker.work(limit=1) == Worked(sent=1)


def test_the_log_says_which_delivery_and_why_and_nothing_of_the_patient(
    worker: Portal, poison: str, contents: Contents, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        worker.work()
    written = [record.getMessage() for record in caplog.records if record.name == "patientportal"]
    assert written == [f"delivery {of(contents, poison).id} couldn't be taken: adapter_failed"]
    assert all(record.exc_info is None for record in caplog.records)
    assert "zenobia" not in caplog.text.lower()


def test_the_log_says_of_an_error_that_nobody_foresaw_no_more_than_its_class(
    worker: Portal, poison: str, spoiled: SpoiledStore, contents: Contents, caplog: pytest.LogCaptureFixture
) -> None:
    spoiled.error = ValueError("zenobia@example.org")
    with caplog.at_level(logging.DEBUG):
        assert worker.work() == Worked(postponed=1)
    written = [record.getMessage() for record in caplog.records if record.name == "patientportal"]
    assert written == [f"delivery {of(contents, poison).id} couldn't be taken: ValueError"]
    assert "zenobia" not in caplog.text.lower()


def test_a_store_that_is_down_is_no_poison(
    portal_with: Callable[..., Portal], poison: str, store: Store, contents: Contents
) -> None:
    class Down(SpoiledStore):
        @contextmanager
        def transaction(self) -> Iterator[Any]:
            raise AdapterError(adapter="sql", reason="down")
            yield

    before = of(contents, poison)
    with pytest.raises(AdapterError):
        portal_with(store=Down(store)).work()
    assert of(contents, poison) == before


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "poisoned.db"


@pytest.fixture
def on_sqlite(file: Path, notifier: RecordingNotifier, clock: FrozenClock) -> Iterator[Portal]:
    """A portal on a file that SQL can spoil."""
    with portal(store=SqliteStore(file, durable=False), notifier=notifier, clock=clock) as one:
        yield one


def by_sql(file: Path, text: str, *values: str) -> list[Any]:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        return connection.execute(text, values).fetchall()


def test_a_row_that_can_not_be_read_delays_nobody_else(
    on_sqlite: Portal, file: Path, notifier: RecordingNotifier, clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    broken = desk(on_sqlite).patients.register(person(first_name="Zenobia", email="zenobia@example.org"))
    desk(on_sqlite).patients.register(person())
    by_sql(file, "UPDATE personal_records SET personal_date_of_birth = 'ddress' WHERE patient_id = ?", broken)
    with caplog.at_level(logging.DEBUG):
        assert on_sqlite.work() == Worked(sent=1, postponed=1)
        for _ in range(UNANSWERED_MAX - 1):
            clock.advance(LONGEST_PAUSE)
            on_sqlite.work()
    assert [message.to_name for message in notifier.messages] == ["Ada"]
    assert [seen.patient_id for seen in desk(on_sqlite).audit.undelivered().items] == [broken]
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == UNANSWERED_MAX
    assert "zenobia" not in caplog.text.lower()
    assert "ddress" not in caplog.text


def test_a_kind_that_only_a_newer_release_knows_is_left_to_it(
    on_sqlite: Portal, file: Path, notifier: RecordingNotifier, clock: FrozenClock
) -> None:
    newer = desk(on_sqlite).patients.register(person(email="zenobia@example.org"))
    clock.advance(timedelta(seconds=1))
    desk(on_sqlite).patients.register(person())
    by_sql(file, "UPDATE deliveries SET kind = 'birthday' WHERE patient_id = ?", newer)
    row = "SELECT * FROM deliveries WHERE patient_id = ?"
    before = by_sql(file, row, newer)
    assert on_sqlite.work() == Worked(sent=1)
    clock.advance(timedelta(days=1))
    assert on_sqlite.work() == Worked()
    assert by_sql(file, row, newer) == before
    by_sql(file, "UPDATE deliveries SET kind = 'invitation' WHERE patient_id = ?", newer)
    assert on_sqlite.work() == Worked(sent=1)
    assert [message.to_email for message in notifier.messages] == ["ada.byron@example.org", "zenobia@example.org"]


@pytest.mark.parametrize("status", ["waiting", "dead"])
def test_a_kind_that_only_a_newer_release_knows_leaves_staff_and_monitors_their_view(
    on_sqlite: Portal, file: Path, status: str
) -> None:
    desk(on_sqlite).patients.register(person())
    by_sql(file, "UPDATE deliveries SET kind = 'birthday', status = ?", status)
    on_sqlite.health()
    desk(on_sqlite).audit.undelivered()


def test_an_old_row_that_can_not_be_read_keeps_nothing_else_from_being_forgotten(
    on_sqlite: Portal, file: Path, clock: FrozenClock
) -> None:
    desk(on_sqlite).patients.register(person())
    by_sql(file, "UPDATE deliveries SET kind = 'birthday', status = 'sent'")
    with pytest.raises(WrongCredentialsError):
        on_sqlite.log_in("nobody.here", "not the password 0")
    clock.advance(timedelta(days=90))
    on_sqlite.work()
    assert by_sql(file, "SELECT count(*) FROM log_in_guards") == [(0,)]


class Asked:
    """A question that is answered with yes after so many times."""

    def __init__(self, noes: int) -> None:
        self.noes = noes

    def __call__(self) -> bool:
        self.noes -= 1
        return self.noes < 0


def test_stop_ends_a_call_between_two_notices_and_what_was_told_is_marked(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, contents: Contents
) -> None:
    for name in "abc":
        practice.patients.register(person(email=f"{name}@example.org"))
    assert usual.work(stop=Asked(2)) == Worked(sent=2)
    assert sorted(delivery.status.value for delivery in contents()["deliveries"]) == ["sent", "sent", "waiting"]
    assert usual.work() == Worked(sent=1)
    assert len(notifier.messages) == 3


def test_stop_is_asked_after_each_notice_also_while_the_notifier_is_at_it(
    portal_with: Callable[..., Portal], practice: PracticeAccess, contents: Contents
) -> None:
    stopping: list[str] = []

    class Stopping(RecordingNotifier):
        def send(self, message: Message) -> Any:
            stopping.append(message.id)
            return super().send(message)

    for name in "abc":
        practice.patients.register(person(email=f"{name}@example.org"))
    assert portal_with(notifier=Stopping()).work(stop=lambda: bool(stopping)) == Worked(sent=1)
    assert sorted(delivery.status.value for delivery in contents()["deliveries"]) == ["sent", "waiting", "waiting"]


def test_stop_ends_a_call_before_anything_is_told_or_forgotten(
    usual: Portal, practice: PracticeAccess, clock: FrozenClock, contents: Contents
) -> None:
    with pytest.raises(WrongCredentialsError):
        usual.log_in("nobody.here", "not the password 0")
    practice.patients.register(person())
    clock.advance(timedelta(days=365))
    before = contents()
    assert usual.work(stop=lambda: True) == Worked()
    assert contents() == before
    assert usual.work(stop=Asked(2)) == Worked(given_up=1), "seen to, and stopped before anything was forgotten"
    assert usual.work().swept > 0


@pytest.mark.parametrize("stop", [None, True, "now"])
def test_stop_is_a_function(usual: Portal, stop: Any) -> None:
    with pytest.raises(TypeError):
        usual.work(stop=stop)


def test_log_ins_are_told_only_where_the_policy_says_so(
    portal_with: Callable[..., Portal], usual: Portal, member: Member, notifier: RecordingNotifier
) -> None:
    usual.log_in(member.username, member.password)
    assert usual.work() == Worked()
    telling = portal_with(policy=Policy(zone="UTC", notices=NoticePolicy(new_log_in=True)))
    for device in ("phone", "tablet"):
        telling.log_in(member.username, member.password, device=device)
    with pytest.raises(WrongCredentialsError):
        telling.log_in(member.username, "not the password 0")
    assert telling.work() == Worked(sent=2)
    assert [(message.kind.value, message.to_email, message.link) for message in notifier.messages] == [
        ("new_log_in", "ada.byron@example.org", None)
    ] * 2
