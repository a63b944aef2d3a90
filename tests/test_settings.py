"""A portal by the settings of its process: what is missing or wrong is named, and no secret is shown."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from patientportal import (
    ConfigurationError,
    Policy,
    RecordingNotifier,
    SandboxProcessor,
    SmtpNotifier,
    open_portal,
    open_portal_from_env,
)
from patientportal.__main__ import main
from patientportal.adapters.smtp_session import FailedError, LogIn
from patientportal.settings import PREFIX, Settings
from patientportal.testing import desk, person

Capture = pytest.CaptureFixture[str]
Set = Callable[..., dict[str, str]]
MAIL = {"SMTP_HOST": "localhost", "SENDER": "no-reply@clinic.example", "PRACTICE": "Lake Clinic"}


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'clinic.db'}"


@pytest.fixture
def given(url: str) -> Set:
    """What an app needs, with a mail server, and what the test says."""
    usual = {"URL": url, "ZONE": "Etc/UTC", "LINK_BASE_URL": "https://portal.example", **MAIL}

    def given(without: str = "", **otherwise: str) -> dict[str, str]:
        return {PREFIX + name: value for name, value in (usual | otherwise).items() if name != without}

    return given


@pytest.fixture
def process(given: Set, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The same in the environment of this process."""
    environ = {**os.environ, **given()}
    monkeypatch.setattr(os, "environ", environ)
    return environ


def test_an_app_opens_its_portal_by_its_settings(process: dict[str, str], tmp_path: Path) -> None:
    process[PREFIX + "LINK_FORM"] = "path"
    process[PREFIX + "LINK_PATHS"] = "invitation=join, password_reset=account/new-password"
    with open_portal_from_env() as portal:
        assert repr(portal) == "Portal(SqliteStore, zone='Etc/UTC')"
        assert (portal._env.link_base_url, portal._env.link_form) == ("https://portal.example", "path")
        assert [*portal.link_paths.values()] == ["join", "confirm-email", "account/new-password"]
        assert isinstance(portal._env.notifier, SmtpNotifier)
    assert (tmp_path / "clinic.db").exists()


def test_what_no_setting_can_say_is_passed(given: Set, url: str) -> None:
    policy, processor, mailbox = Policy.nist(zone="Europe/Berlin"), SandboxProcessor(), RecordingNotifier()
    environ = given(without="ZONE", URL="sqlite:////nowhere/at/all")
    with open_portal_from_env(url=url, policy=policy, payments=processor, notifier=mailbox, environ=environ) as portal:
        assert (portal.policy, portal._env.payments, portal._env.notifier) == (policy, processor, mailbox)


def test_an_app_that_names_no_mail_server_sends_nothing(given: Set) -> None:
    with open_portal_from_env(environ=given(without="SMTP_HOST")) as portal:
        desk(portal).patients.register(person())
        with pytest.raises(ConfigurationError, match="notifier"):
            portal.work()


def test_the_url_and_the_key_come_out_of_files(given: Set, tmp_path: Path, url: str) -> None:
    (tmp_path / "url").write_text(f"{url}\n")
    (tmp_path / "key").write_bytes(b"k" * 40)
    environ = given(without="URL", URL_FILE=str(tmp_path / "url"), SECRET_KEY_FILE=str(tmp_path / "key"))
    with open_portal_from_env(environ=environ) as portal:
        assert portal._env.secret_key == b"k" * 40
    assert not (tmp_path / "clinic.db.key").exists()


@pytest.mark.parametrize("name", ["URL", "ZONE", "LINK_BASE_URL", "SENDER", "PRACTICE"])
def test_a_missing_setting_is_named(given: Set, name: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        open_portal_from_env(environ=given(without=name))
    assert (refused.value.setting, refused.value.reason) == (PREFIX + name, "is not set")


WRONG = [
    ("URL", "mysql://ada:violet@db/clinic", "URL"),
    ("URL", "postgresql://[violet", "URL"),
    ("URL_FILE", "/nowhere/at/all", "URL"),
    ("ZONE", "Mars/Olympus", "ZONE"),
    ("LINK_BASE_URL", "http://portal.example", "LINK_BASE_URL"),
    ("LINK_FORM", "query", "LINK_FORM"),
    ("LINK_PATHS", "join", "LINK_PATHS"),
    ("LINK_PATHS", "welcome=join", "LINK_PATHS"),
    ("LINK_PATHS", "invitation=join,invitation=enter", "LINK_PATHS"),
    ("LINK_PATHS", "invitation=/join", "LINK_PATHS"),
    ("SMTP_HOST", "two words", "SMTP_HOST"),
    ("SMTP_PORT", "smtp", "SMTP_PORT"),
    ("SMTP_PORT", "\u0661", "SMTP_PORT"),
    ("SMTP_PORT", "9" * 5000, "SMTP_PORT"),
    ("SMTP_SECURITY", "ssl", "SMTP_SECURITY"),
    ("SENDER", "nobody", "SENDER"),
    ("PRACTICE", "two\nlines", "PRACTICE"),
    ("SMTP_PASSWORD_FILE", "/nowhere/at/all", "SMTP_PASSWORD_FILE"),
    ("SMTP_PASSWORD_FILE", "\0", "SMTP_PASSWORD_FILE"),
    ("SMTP_PASSWORD", "violet kettle", "SMTP_PASSWORD"),
    ("SMTP_USERNAME", "alone", "SMTP_PASSWORD_FILE"),
    ("SMTP_TOKEN_FILE", "/nowhere/at/all", "SMTP_TOKEN_FILE"),
    ("SMTP_TOKEN", "violet kettle", "SMTP_TOKEN"),
    ("PHONE", "call us", "PHONE"),
    ("REPLY_TO", "nobody", "REPLY_TO"),
    ("SECRET_KEY_FILE", "/nowhere/at/all", "SECRET_KEY_FILE"),
    ("SECRET_KEY_FILE", "/dev/null", "SECRET_KEY_FILE"),
    ("SECRET_KEY", "violet kettle", "SECRET_KEY"),
]


@pytest.mark.parametrize(("name", "value", "named"), WRONG)
def test_a_setting_that_can_not_be_used_is_named_and_its_value_never_shown(
    given: Set, name: str, value: str, named: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        open_portal_from_env(environ=given(**{name: value}))
    assert refused.value.setting == PREFIX + named
    assert value[:20] not in str(refused.value)


@pytest.mark.parametrize(("name", "value", "named"), [one for one in WRONG if not one[0].startswith("URL")])
def test_a_worker_refuses_the_same_in_one_plain_line(
    process: dict[str, str], capsys: Capture, name: str, value: str, named: str
) -> None:
    process[PREFIX + name] = value
    assert main(["work"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith(f"patientportal: configuration: {PREFIX}{named}: ")
    assert value[:20] not in said.err + said.out


def test_a_key_that_is_missing_beside_a_used_file_is_told_by_the_setting_that_may_name_it(
    given: Set, url: str, tmp_path: Path
) -> None:
    with open_portal(url, zone="Etc/UTC") as portal:
        desk(portal).patients.register(person())
    (tmp_path / "clinic.db.key").unlink()
    with pytest.raises(ConfigurationError, match=r"clinic\.db\.key is missing") as refused:
        open_portal_from_env(environ=given())
    assert refused.value.setting == PREFIX + "SECRET_KEY_FILE"


@pytest.mark.parametrize(
    ("file", "why"), [("/nowhere/at/all", "No such file or directory"), ("\0", "no file has such")]
)
def test_why_a_file_of_secrets_can_not_be_read_is_said(given: Set, file: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=f"its file can't be read: {why}") as refused:
        open_portal_from_env(environ=given(SMTP_PASSWORD_FILE=file))
    assert refused.value.__cause__ is None


def test_the_password_comes_out_of_a_file_without_its_line_end(given: Set, tmp_path: Path) -> None:
    file = tmp_path / "password"
    environ = given(SMTP_SECURITY="tls", SMTP_USERNAME="portal", SMTP_PASSWORD_FILE=str(file))
    file.write_bytes(b"violet kettle\r\n")
    assert Settings(environ).notifier()._log_in == LogIn(username="portal", password="violet kettle", token=None)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="SMTP_PASSWORD_FILE: its file holds no text"):
        Settings(environ).notifier()


def test_a_token_comes_out_of_a_file_again_for_each_log_in(given: Set, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    head = {"PHONE": "+1 202 555 0123", "REPLY_TO": "desk@clinic.example"}
    notifier = Settings(
        given(SMTP_SECURITY="tls", SMTP_USERNAME="portal", SMTP_TOKEN_FILE=str(file), **head)
    ).notifier()
    log_in, letterhead = notifier._log_in, notifier._letterhead
    assert log_in is not None
    file.write_text("second\n")
    assert log_in.fresh_token() == "second"
    file.unlink()
    with pytest.raises(FailedError, match="access token failed"):
        log_in.fresh_token()
    assert (letterhead.phone, str(letterhead.reply_to)) == (head["PHONE"], "Lake Clinic <desk@clinic.example>")


@pytest.mark.usefixtures("process")
def test_the_command_line_and_the_worker_take_the_database_from_the_settings(capsys: Capture, tmp_path: Path) -> None:
    assert [main([command]) for command in ("migrate", "migrate", "work")] == [0, 0, 0]
    assert main(["backup", str(tmp_path / "copy.db")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.partition(" ")[0] for line in said] == ["migrated", "up", "done:", "backed"]
    assert (tmp_path / "copy.db").exists()


@pytest.mark.parametrize("command", ["migrate", "check", "restored", "work"])
def test_a_command_without_a_database_names_the_setting(process: dict[str, str], capsys: Capture, command: str) -> None:
    del process[PREFIX + "URL"]
    assert main([command]) == 1
    assert capsys.readouterr().err == "patientportal: configuration: PATIENTPORTAL_URL: is not set\n"


def test_a_url_that_was_typed_is_not_told_as_a_setting(process: dict[str, str], capsys: Capture) -> None:
    assert process
    for command in ("migrate", "work"):
        assert main([command, "mysql://ada:violet@db/clinic"]) == 1
        assert capsys.readouterr().err.startswith("patientportal: configuration: url: must be")


def test_the_release_its_step_and_its_python_are_said(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert re.fullmatch(r"patientportal \d\S*, database step \d+, Python 3\.\S+\n", capsys.readouterr().out)


def test_the_page_of_settings_lists_every_setting_and_no_other() -> None:
    root = Path(__file__).parent.parent
    source = (root / "src/patientportal/settings.py").read_text(encoding="utf-8")
    used = set(re.findall(r'\.(?:text|port|one_of|has)\("(\w+)"', source)) | set(
        re.findall(r'PREFIX \+ "(\w+)"', source)
    )
    used |= {f"{secret}_FILE" for secret in re.findall(r'\.file\("(\w+)"', source)}
    page = (root / "docs/settings.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `PATIENTPORTAL_(\w+)`", page, re.MULTILINE)) == used
