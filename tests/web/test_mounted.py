"""The portal under a path of four hosts: links, cookies and files fit, and staff come by the host's log-in."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from patientportal.testing import PASSWORD
from tests.web.processes import free_port, running

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES, HOSTS = ROOT / "examples" / "mounted", Path(__file__).parent / "hosts"
ASGI = (sys.executable, "-m", "uvicorn", "--port")
WSGI = (sys.executable, "-m", "gunicorn", "--workers", "1", "--threads", "8", "--bind")
SERVERS = {
    "fastapi": (*ASGI, "{port}", "fastapi_app:app"),
    "django_asgi": (*ASGI, "{port}", "django_app:asgi"),
    "django_wsgi": (*WSGI, "127.0.0.1:{port}", "django_app:wsgi"),
    "flask": (*WSGI, "127.0.0.1:{port}", "flask_app:application"),
}


@pytest.fixture(params=SERVERS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a host serves, with a practice in the portal's database and Susan in its own."""
    port = free_port()
    url = f"http://localhost:{port}"
    environ = {
        "PATIENTPORTAL_URL": f"sqlite:///{tmp_path / 'clinic.db'}",
        "PATIENTPORTAL_ZONE": "America/New_York",
        "PATIENTPORTAL_LINK_BASE_URL": f"{url}/portal",
        "SECRET_KEY": "of nobody",
        "PYTHONPATH": os.pathsep.join([str(EXAMPLES), str(HOSTS)]),
    }
    if request.param.startswith("django"):
        environ["DJANGO_SETTINGS_MODULE"] = "django_site"
    prepare = [sys.executable, str(HOSTS / "prepare.py")]
    subprocess.run(prepare, env=os.environ | environ, cwd=tmp_path, check=True)  # noqa: S603 - our own
    command = [word.format(port=port) for word in SERVERS[request.param]]
    with running(*command, at=f"{url}/portal/healthz", environ=environ, cwd=tmp_path):
        yield url


@contextmanager
def browser(address: str) -> Iterator[httpx2.Client]:
    headers = {"Origin": address, "Sec-Fetch-Site": "same-origin"}
    with httpx2.Client(base_url=address, headers=headers, follow_redirects=False, timeout=30) as client:
        yield client


def with_cookies(answer: httpx2.Response) -> dict[str, str]:
    """Cookies of an answer, as a browser would keep them: this client keeps no Secure ones over http."""
    return {"Cookie": "; ".join(one.split(";")[0] for one in answer.headers.get_list("set-cookie"))}


def test_a_patient_and_a_member_of_staff_are_at_home_there(address: str) -> None:
    with browser(address) as somebody:
        assert somebody.get("/portal").headers["location"].removeprefix(address) == "/portal/"
        assert somebody.get("/portal/").headers["location"] == "/portal/log-in"
        page = somebody.get("/portal/log-in").text
        files = re.findall(r'(?:href|src)="([^"]*/static/[^"]+)"', page)
        assert len(files) >= 4
        assert {somebody.get(one).status_code for one in files} == {200}
        links = set(re.findall(r'(?:href|action)="(/[^"#]*)"', page))
        assert all(one.startswith("/portal/") for one in links), links

        logged_in = somebody.post("/portal/log-in", data={"username": "ada", "password": PASSWORD})
        assert logged_in.headers["location"] == "/portal/"
        (kept,) = [one for one in logged_in.headers.get_list("set-cookie") if one.startswith("__Secure-portal=")]
        assert "; Path=/portal;" in kept
        mine = somebody.get("/portal/", headers=with_cookies(logged_in))
        assert (mine.status_code, "Ada" in mine.text) == (200, True)
        assert somebody.post("/portal/log-off", headers={"Origin": "https://evil.example"}).status_code == 403
        assert somebody.get("/portal/desk").status_code == 404
        staff = with_cookies(somebody.post("/staff/log-in", data={"name": "susan"}))
        desk = somebody.get("/portal/desk", headers=staff)
        assert (desk.status_code, 'href="/portal/desk/people"' in desk.text) == (200, True)
        stolen = somebody.get("/portal/desk", headers={"Cookie": staff["Cookie"][:-3] + "xyz"})
        assert stolen.status_code == 404
    with browser(address) as somebody:  # a server may hang up on whoever goes on talking
        too_long = somebody.post("/portal/log-in", data={"username": "a" * 70_000, "password": "b"})
        assert too_long.status_code == 413


def test_the_page_about_mounting_has_each_host_whole() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "mounting.md").read_text(encoding="utf-8"), re.DOTALL)
    assert sorted(blocks) == sorted(one.read_text(encoding="utf-8") for one in EXAMPLES.glob("*.py"))
