"""Nothing secret or personal turns up where it mustn't: a canary in every field, and a sweep of everything after."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import asdict

from patientportal import (
    ENGLISH,
    AdapterError,
    ConfigurationError,
    ConsoleNotifier,
    Message,
    NoticeKind,
    PatientId,
    RecordingNotifier,
    SqliteStore,
    TooBusyError,
)
from patientportal.adapters.system import new_secret
from patientportal.domain.accounts.activation import Account
from patientportal.domain.accounts.security_questions import SecurityAnswers
from patientportal.ports.catalogue import KINDS
from patientportal.ports.store import Query
from patientportal.testing import FrozenClock, portal
from tests.canary.aviary import Aviary, Teller, found, told_by
from tests.canary.canaries import DUE, MADE_UP, NEW_PASSWORD, PASSWORD, PERSONAL, USERNAME
from tests.canary.life import another, break_things, live


@pytest.fixture
def aviary(tmp_path: Path) -> Iterator[Aviary]:
    file = tmp_path / "portal.db"
    clock, notifier = FrozenClock(), RecordingNotifier()
    one = portal(store=SqliteStore(file), clock=clock, notifier=notifier, payments=Teller(), new_secret=new_secret)
    with one:
        yield Aviary(file=file, portal=one, notifier=notifier, clock=clock)


def test_no_error_holds_a_secret_or_a_personal_value(aviary: Aviary) -> None:
    break_things(aviary, live(aviary))
    assert {AdapterError, TooBusyError, ConfigurationError} <= {type(error) for error in aviary.errors}
    for error in aviary.errors:
        for told in told_by(error):
            assert found(aviary.canaries, told) == [], type(error)


def test_nothing_that_can_be_shown_shows_a_secret_or_a_personal_value(aviary: Aviary) -> None:
    live(aviary)
    with aviary.portal._env.store.view() as view:
        for kind in KINDS.values():
            states = view.select(Query(state=kind.state))
            assert states, kind.table
            aviary.show(*states)
        (account,) = view.select(Query(state=Account))
        (asked,) = view.select(Query(state=SecurityAnswers))
    hashes = [account.password_hash, *(answer.answer_hash for answer in asked.answers)]
    for thing in aviary.shown:
        assert found([*aviary.canaries, *hashes], f"{thing!r} {thing}") == [], type(thing)


def test_no_log_record_of_any_logger_holds_one(aviary: Aviary, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        break_things(aviary, live(aviary))
    for record in caplog.records:
        assert found(aviary.canaries, f"{record.getMessage()} {record.__dict__}") == []


def test_no_event_and_no_delivery_holds_one(aviary: Aviary) -> None:
    live(aviary)
    for table in ("events", "deliveries", "log_in_guards", "link_secrets", "links", "covers"):
        rows = aviary.rows(table)
        assert rows != "[]"
        assert found(aviary.canaries, rows) == [], table


def test_no_secret_is_in_the_bytes_of_the_database(aviary: Aviary) -> None:
    live(aviary)
    assert len(aviary.secrets) > len(MADE_UP) + 3
    for suffix in ("", "-wal", "-shm"):
        kept = aviary.file.with_name(aviary.file.name + suffix).read_bytes()
        assert kept
        assert found(aviary.secrets, kept) == [], suffix
    aviary.portal.close()
    kept = aviary.file.read_bytes()
    assert found([USERNAME], kept), "the sweep finds what is there"
    assert found(aviary.secrets, kept) == []


def test_no_mail_names_an_amount(aviary: Aviary) -> None:
    live(aviary)
    kinds = {message.kind for message in aviary.notifier.messages}
    assert kinds >= {NoticeKind.STATEMENT_AVAILABLE, NoticeKind.NEW_MESSAGE}
    for message in aviary.notifier.messages:
        letter = ENGLISH.letter(message, practice="The practice")
        assert found([*DUE, "USD"], f"{asdict(message)} {letter.subject} {letter.text} {letter.page}") == []


def test_the_console_shows_neither_an_address_nor_a_link_unless_told_to(capsys: pytest.CaptureFixture[str]) -> None:
    message = Message(
        id="d-1",
        patient_id=PatientId("ada"),
        kind=NoticeKind.INVITATION,
        to_email=PERSONAL["email"],
        to_name="Ada",
        link=f"https://portal.example/activate#a.b.{PASSWORD}",
    )
    ConsoleNotifier().send(message)
    printed = capsys.readouterr().out
    assert printed
    assert found([PASSWORD, PERSONAL["email"]], printed) == []


@pytest.mark.parametrize("where", ["message", "cause", "context", "note", "field", "group"])
def test_the_sweep_finds_a_canary_wherever_an_error_keeps_one(where: str) -> None:
    error: BaseException = ValueError("plain")
    planted = KeyError(PASSWORD.lower())
    match where:
        case "message":
            error = planted
        case "cause":
            error.__cause__ = planted
        case "context":
            error.__context__ = planted
        case "note":
            error.add_note(PASSWORD)
        case "field":
            error = AdapterError(adapter="smtp", reason=PASSWORD)
        case _:
            error = ExceptionGroup("plain", [planted])
    assert any(found([PASSWORD], told) for told in told_by(error))


def test_a_row_that_can_not_be_read_is_an_adapter_error_without_its_values(aviary: Aviary) -> None:
    me = live(aviary)
    with another(aviary, "UPDATE personal_records SET personal_date_of_birth = personal_date_of_birth || '@17'"):
        pass
    aviary.refused(me.account.change_password, NEW_PASSWORD, PASSWORD)
    assert isinstance(aviary.errors[-1], AdapterError)
    for told in told_by(aviary.errors[-1]):
        assert found(aviary.canaries, told) == []
