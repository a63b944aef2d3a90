"""``python -m patientportal serve``, and ``python3 dev.py portal``, as processes that somebody starts and ends."""

import re
import signal
import sys
from pathlib import Path

import pytest

from patientportal.__main__ import main
from tests.web.processes import SECONDS_MAX, fetched, free_port, running

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "portal.py"
MAKE = """
from patientportal import ConsoleNotifier, SandboxProcessor, open_portal
from patientportal.testing import desk, person

def clinic():
    links = "http://localhost/portal"
    told, pays = ConsoleNotifier(), SandboxProcessor()
    portal = open_portal({url!r}, zone="Etc/UTC", link_base_url=links, notifier=told, payments=pays)
    desk(portal).patients.register(person())
    return portal

def nobody(request):
    return None

class Fields:
    content_security_policy = {{"script-src": "https://js.acme.example"}}
    show = source = lambda *_: ""

def nothing():
    return {{}}

class Anywhere(Fields):
    content_security_policy = {{"script-src": "*"}}
"""


def test_it_serves_below_the_path_of_its_links_works_and_ends_at_a_signal(tmp_path: Path) -> None:
    (tmp_path / "theirs.py").write_text(MAKE.format(url=f"sqlite:///{tmp_path / 'clinic.db'}"), encoding="utf-8")
    port = free_port()
    url = f"http://127.0.0.1:{port}/portal"
    serve = ["-m", "patientportal", "serve", "theirs:clinic", "--work", "--port", str(port)]
    serve += ["--staff", "theirs:nobody", "--payment-form", "theirs:Fields"]
    environ = {"PATIENTPORTAL_PRACTICE": "Lake Clinic", "PYTHONPATH": str(tmp_path)}
    with running(sys.executable, *serve, at=f"{url}/healthz", environ=environ, cwd=tmp_path) as process:
        assert fetched(f"{url}/healthz") == (200, "ok\n")
        status, page = fetched(f"{url}/log-in")
        assert (status, "Lake Clinic" in page, f'action="{"/portal/language"}"' in page) == (200, True, True)
        assert fetched(f"{url}/log-in?secret-of-somebody")[0] == 200
        assert fetched(f"http://127.0.0.1:{port}/log-in")[0] == 404
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 0, said
    assert "GET /log-in 200" in said
    assert "secret-of-somebody" not in said
    assert "[mail]" in said


@pytest.mark.parametrize(
    ("environ", "missing"),
    [({}, "PATIENTPORTAL_PRACTICE"), ({"PATIENTPORTAL_PRACTICE": "Lake Clinic"}, "staff")],
)
def test_what_is_missing_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    environ: dict[str, str],
    missing: str,
) -> None:
    given = {"PATIENTPORTAL_ZONE": "Etc/UTC", "PATIENTPORTAL_LINK_BASE_URL": "https://portal.example"} | environ
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    staff = ("--staff", "nowhere:nobody") if environ else ()
    assert main(["serve", f"sqlite:///{tmp_path / 'clinic.db'}", *staff]) == 1
    assert missing in capsys.readouterr().err


@pytest.mark.parametrize(
    ("form", "wrong"),
    [("theirs:Anywhere", "https addresses"), ("theirs:nobody", "TypeError"), ("theirs:nothing", "a PaymentForm")],
)
def test_a_payment_form_that_cannot_be_used_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: str, wrong: str
) -> None:
    made = MAKE.format(url=f"sqlite:///{tmp_path / 'clinic.db'}")
    (tmp_path / "theirs.py").write_text(made, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "theirs", raising=False)
    monkeypatch.setenv("PATIENTPORTAL_PRACTICE", "Lake Clinic")
    assert main(["serve", "theirs:clinic", "--payment-form", form]) == 1
    assert wrong in capsys.readouterr().err
    monkeypatch.delitem(sys.modules, "theirs")


def test_the_whole_portal_is_opened_with_one_command_and_says_who_can_log_in(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://localhost:{port}"
    with running(
        sys.executable,
        str(EXAMPLE),
        "--port",
        str(port),
        at=f"{url}/healthz",
        environ={},
        cwd=tmp_path,
    ) as process:
        assert fetched(f"{url}/log-in")[0] == 200
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=SECONDS_MAX)
    assert process.returncode == 0, said
    assert re.search(rf"Patients +{url}\n +ada, .* log in with: ", said)
    assert f"{url}/activate#" in said
    assert list(tmp_path.iterdir()) == []
