"""``python -m patientportal work``: one round or for ever, from settings or from a host's own portal."""

import importlib
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from patientportal import Answer, ConfigurationError, MemoryStore, RecordingNotifier, TooBusyError, Worked, open_portal
from patientportal.__main__ import main
from patientportal.application.worker.rounds import A_ROUND, LONGEST_PAUSE_S, SHORTEST_PAUSE_S
from patientportal.testing import desk, person, portal
from patientportal.worker import Progress, portal_at, run

ROOT = Path(__file__).parent.parent
MAKE = """
from patientportal import ConsoleNotifier, open_portal

def clinic():
    return open_portal({url!r}, zone="Etc/UTC", notifier=ConsoleNotifier())

def nothing():
    return None
"""
Capture = pytest.CaptureFixture[str]


class Inbox:
    """Keeps what an SMTP server takes."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        del server, session
        self.mails.append(envelope)
        return "250 OK"


@pytest.fixture
def server() -> Iterator[tuple[Inbox, int]]:
    inbox = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield inbox, port
    controller.stop()


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A file with one patient who waits for an invitation."""
    found = f"sqlite:///{tmp_path / 'clinic.db'}"
    with open_portal(found, zone="Etc/UTC") as one:
        desk(one).patients.register(person())
    return found


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, server: tuple[Inbox, int]) -> dict[str, str]:
    given = {
        "PATIENTPORTAL_ZONE": "Etc/UTC",
        "PATIENTPORTAL_LINK_BASE_URL": "https://portal.example",
        "PATIENTPORTAL_SMTP_HOST": "127.0.0.1",
        "PATIENTPORTAL_SMTP_PORT": str(server[1]),
        "PATIENTPORTAL_SMTP_SECURITY": "none",
        "PATIENTPORTAL_SENDER": "no-reply@clinic.example",
        "PATIENTPORTAL_PRACTICE": "Lake Clinic",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return given


def unfolded(mail: Envelope) -> bytes:
    assert isinstance(mail.content, bytes)
    return mail.content.replace(b"=\r\n", b"")


@pytest.mark.usefixtures("settings")
def test_a_worker_mails_what_is_due_and_is_done(url: str, server: tuple[Inbox, int], capsys: Capture) -> None:
    assert main(["work", url]) == 0
    assert (
        capsys.readouterr().out.splitlines()[-1]
        == "done: 1 sent, 0 postponed, 0 given up, 0 concluded, 0 forgotten, 0 made findable"
    )
    (mail,) = server[0].mails
    assert mail.rcpt_tos == ["ada.byron@example.org"]
    assert b"https://portal.example/activate#" in unfolded(mail)
    assert main(["work", url]) == 0
    assert len(server[0].mails) == 1


def test_a_link_can_carry_its_secret_in_its_path(
    url: str, settings: dict[str, str], server: tuple[Inbox, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings
    monkeypatch.setenv("PATIENTPORTAL_LINK_FORM", "path")
    assert main(["work", url]) == 0
    assert b"https://portal.example/activate/" in unfolded(server[0].mails[0])


def test_mails_go_out_in_the_languages_that_are_set(
    url: str, settings: dict[str, str], server: tuple[Inbox, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings
    monkeypatch.setenv("PATIENTPORTAL_LANGUAGES", "es-US, en-US")
    assert main(["work", url]) == 0
    (mail,) = server[0].mails
    assert b"Content-Language: es" in unfolded(mail)
    assert b"Elija aqu" in unfolded(mail)


def test_without_babel_the_setting_of_languages_says_what_to_install(
    url: str, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "patientportal.words", None)
    given = settings | {"PATIENTPORTAL_LANGUAGES": "en-US"}
    with pytest.raises(ConfigurationError, match=r"patientportal\.words") as refused, portal_at(url, given):
        pass
    assert refused.value.setting == "PATIENTPORTAL_LANGUAGES"


@pytest.fixture
def app(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host's module, which opens its own portal."""
    (tmp_path / "ourclinic.py").write_text(MAKE.format(url=url))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "ourclinic", None)
    monkeypatch.delitem(sys.modules, "ourclinic")
    return tmp_path


@pytest.mark.usefixtures("app")
def test_a_worker_works_for_the_portal_that_a_host_opens(capsys: Capture) -> None:
    assert main(["work", "ourclinic:clinic"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("[mail] ")
    assert said[-1] == "done: 1 sent, 0 postponed, 0 given up, 0 concluded, 0 forgotten, 0 made findable"


NO_FUNCTION = "must be a database's URL or package.module:function"


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("where", "why", "cause"),
    [
        ("ourclinic", NO_FUNCTION, None),
        (":clinic", NO_FUNCTION, None),
        ("ourclinic:", NO_FUNCTION, None),
        ("postgresql:/ada:violet@db/clinic", NO_FUNCTION, None),
        ("nowhere:clinic", "nowhere can't be imported: No module named 'nowhere'", ModuleNotFoundError),
        ("typing.Nothing:clinic", "typing.Nothing can't be imported: No module named 'typing.", ModuleNotFoundError),
        ("ourclinic:clinics", "ourclinic has no clinics: module 'ourclinic' has no attribute", AttributeError),
        ("ourclinic:__name__", "ourclinic:__name__ must be a function", None),
        ("ourclinic:nothing", "ourclinic:nothing must return a Portal", None),
    ],
)
def test_what_opens_no_portal_is_refused_with_the_module_or_the_name_that_is_missing(
    where: str, why: str, cause: type[Exception] | None, capsys: Capture
) -> None:
    with pytest.raises(ConfigurationError) as refused, portal_at(where, {}):
        pass
    assert type(refused.value.__cause__) is (cause or type(None))
    assert main(["work", where]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"patientportal: configuration: portal: {why}")
    assert (said.count("\n"), "violet" in said) == (1, False)


BROKEN = {
    "import does_not_exist": "ModuleNotFoundError: No module named 'does_not_exist'",
    "import os\nos.does_not_exist": "AttributeError: module 'os' has no attribute 'does_not_exist'",
    "def clinic(:": "SyntaxError: invalid syntax",
    "def __getattr__(name):\n    import does_not_exist": "ModuleNotFoundError: No module named 'does_not_exist'",
    "def clinic():\n    return {}['zone']": "KeyError: 'zone'",
}


@pytest.mark.parametrize(("code", "last_line"), BROKEN.items())
def test_what_fails_inside_a_hosts_module_is_shown_as_it_is_and_nothing_of_ours_before_it(
    app: Path, code: str, last_line: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug of others: an import that fails within the host's module is told as a module that isn't one."""
    monkeypatch.delitem(sys.modules, "brokenclinic", raising=False)
    (app / "brokenclinic.py").write_text(code)
    importlib.invalidate_caches()
    assert main(["work", "brokenclinic:clinic"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[-1] == last_line
    files = [line for line in said if line.strip().startswith("File ")]
    assert len(files) == 1
    assert "brokenclinic.py" in files[0]
    shutil.rmtree(app / "__pycache__", ignore_errors=True)


@pytest.mark.usefixtures("app")
def test_an_error_of_ours_in_a_hosts_function_is_one_plain_line(app: Path, capsys: Capture) -> None:
    (app / "zoneless.py").write_text("import patientportal\n\ndef make():\n    patientportal.Policy(zone='Mars')")
    assert main(["work", "zoneless:make"]) == 1
    assert capsys.readouterr().err == "patientportal: configuration: zone: not the name of an IANA time zone\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_works_for_ever_stops_cleanly_at_a_signal(app: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "patientportal", "work", "ourclinic:clinic", "--forever"]
    environment = os.environ | {"PYTHONPATH": f"{app}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as worker:  # noqa: S603 - ours
        assert worker.stdout is not None
        assert worker.stdout.readline().startswith("[mail] ")
        worker.send_signal(number)
        rest = worker.stdout.read()
    assert worker.returncode == 0
    assert (
        rest.splitlines()[-1] == "stopped: 1 sent, 0 postponed, 0 given up, 0 concluded, 0 forgotten, 0 made findable"
    )


class Impatient(threading.Event):
    """Set after so many pauses, none of which takes time."""

    def __init__(self, pauses: int) -> None:
        super().__init__()
        self.left = pauses
        self.pauses: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.pauses.append(timeout)
        if len(self.pauses) == self.left:
            self.set()
        return self.is_set()


class Unsteady(MemoryStore):
    """A store that can't be reached for its first blocks."""

    failures = 3

    def transaction(self):  # type: ignore[no-untyped-def] # noqa: ANN201 - as its parent's
        if self.failures:
            self.failures -= 1
            raise TooBusyError(queue="store")
        return super().transaction()


def test_a_worker_outlives_a_store_that_can_not_be_reached_for_a_while(caplog: pytest.LogCaptureFixture) -> None:
    notifier = RecordingNotifier()
    store = Unsteady()
    store.failures = 0
    one = portal(store=store, notifier=notifier)
    desk(one).patients.register(person())
    store.failures = 3
    stop = Impatient(pauses=8)
    assert run(one, forever=True, stop=stop, progress=Progress()) == Worked(sent=1)
    assert [record.getMessage() for record in caplog.records] == ["too_busy; trying again"] * 3
    store.failures = 1
    with pytest.raises(TooBusyError):
        run(one, forever=False, stop=threading.Event(), progress=Progress())


def test_a_mail_server_that_is_not_there_is_asked_once_a_round_and_left_in_peace_in_between(capsys: Capture) -> None:
    notifier, stop = RecordingNotifier(), Impatient(pauses=4)
    one = portal(notifier=notifier)
    for number in range(10):
        desk(one).patients.register(person(email=f"{number}@example.org"))
    notifier.answers = [Answer.UNREACHED] * 3
    assert run(one, forever=False, stop=threading.Event(), progress=Progress()) == Worked(postponed=1)
    assert len(notifier.messages) == 1
    assert run(one, forever=True, stop=stop, progress=Progress()) == Worked(sent=7, postponed=2)
    assert len(notifier.messages) == 10
    assert "7 sent" in capsys.readouterr().out


def test_a_round_that_only_postponed_is_followed_by_another_where_it_was_full(capsys: Capture) -> None:
    notifier = RecordingNotifier()
    one = portal(notifier=notifier)
    for number in range(A_ROUND + 1):
        desk(one).patients.register(person(email=f"{number}@example.org"))
    notifier.answers = [Answer.LATER] * A_ROUND
    worked = run(one, forever=False, stop=threading.Event(), progress=Progress())
    assert worked == Worked(sent=1, postponed=A_ROUND)
    assert capsys.readouterr().out


def test_pauses_grow_from_a_second_to_fifteen_and_no_worker_keeps_step_with_another() -> None:
    stop = Impatient(pauses=40)
    run(portal(), forever=True, stop=stop, progress=Progress())
    assert SHORTEST_PAUSE_S / 2 <= stop.pauses[0] <= SHORTEST_PAUSE_S
    assert all(LONGEST_PAUSE_S / 2 <= pause <= LONGEST_PAUSE_S for pause in stop.pauses[5:])
    assert len(set(stop.pauses)) == len(stop.pauses)


def test_on_a_terminal_one_line_grows_and_elsewhere_each_round_with_work_has_its_own() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for out, expected in (
        (
            io.StringIO(),
            (
                "2 sent, 1 postponed, 0 given up, 0 concluded, 0 forgotten, 0 made findable\n"
                "1 sent, 0 postponed, 0 given up, 0 concluded, 4 forgotten, 0 made findable\n"
            ),
        ),
        (Terminal(), ""),
    ):
        progress = Progress(out=out)
        for worked in (Worked(sent=2, postponed=1), Worked(), Worked(sent=1, swept=4)):
            progress.round(worked)
        assert progress.total == Worked(sent=3, postponed=1, swept=4)
        assert out.getvalue().endswith(expected)
        if isinstance(out, Terminal):
            assert "\n" not in out.getvalue()
            assert "\r3 sent, 1 postponed, 0 given up, 0 concluded, 4 forgotten, 0 made findable" in out.getvalue()
