"""Where an example app runs: its settings, a small practice in its database, and a browser."""

import atexit
import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import urlencode

import argon2
import django
import pytest
from argon2.exceptions import VerifyMismatchError
from attrs import define, field, frozen
from django.conf import settings as django_settings
from werkzeug.test import Client

from patientportal import Portal, RecordingNotifier, SandboxProcessor, open_portal_from_env
from patientportal.testing import Clinic

OURS = "https://portal.example"
ZONE = "America/New_York"
STAFF_PASSWORD = "host's own"
HOST = {"Host": "portal.example", "X-Forwarded-Proto": "https"}
FROM_US = {"Sec-Fetch-Site": "same-origin", "Origin": OURS}
Sent = tuple[int, list[tuple[str, str]], bytes]
Send = Callable[[str, str, Mapping[str, str], bytes], Sent]


@frozen(kw_only=True)
class Got:
    """What a browser was answered."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> object:
        return json.loads(self.text)


@define
class Browser:
    """Keeps cookies, and says where it comes from."""

    send: Send
    cookies: dict[str, str] = field(factory=dict)

    def get(self, path: str, **headers: str) -> Got:
        return self.ask("GET", path, headers)

    def post(self, path: str, **typed: str) -> Got:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, FROM_US | form, urlencode(typed).encode())

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Got:
        cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        status, said, content = self.send(method, path, {**HOST, **(cookies if self.cookies else {}), **headers}, body)
        for name, value in said:
            if name.lower() == "set-cookie":
                self._keep(value)
        return Got(
            status=status,
            headers={name.lower(): value for name, value in said},
            text=content.decode(errors="replace"),
        )

    def _keep(self, written: str) -> None:
        for name, morsel in SimpleCookie(written).items():
            assert morsel["httponly"] or name == "csrftoken"
            assert morsel["secure"]
            if morsel["max-age"] == "0" or not morsel.value:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value


@define
class Site:
    """An example app that is up, and the practice behind it.

    Attributes:
        send: sends a request to it.
        portal: another one on the same database, such as a worker has.
        mailbox: what that one has mailed.
        clinic: who and what is in it.
    """

    send: Send
    portal: Portal
    mailbox: RecordingNotifier
    clinic: Clinic

    def browser(self) -> Browser:
        """One without cookies."""
        return Browser(self.send)

    def mailed_link(self) -> str:
        """The last one, once what is due was mailed."""
        self.portal.work()
        return next(message.link for message in reversed(self.mailbox.messages) if message.link)


def settings(folder: Path, url: str, *, hashed: str = "") -> dict[str, str]:
    """What stands in the environment of an example app and its worker.

    Args:
        folder: for the files that they name.
        url: the database's.
        hashed: the password of the staff of the apps that have no log-in of their own, in their way.
    """
    staff = {
        "susan": {"name": "Susan Desk", "roles": ["front_desk"], "password": hashed},
        "bill": {"name": "Bill Billing", "roles": ["billing"], "password": hashed},
    }
    (folder / "own.json").write_text(json.dumps({"SECRET_KEY": secrets.token_urlsafe(), "STAFF": staff}))
    (folder / "site.key").write_text(secrets.token_urlsafe())
    (folder / "portal.key").write_bytes(secrets.token_bytes(32))
    return {
        "PATIENTPORTAL_URL": url,
        "PATIENTPORTAL_SECRET_KEY_FILE": str(folder / "portal.key"),
        "PATIENTPORTAL_ZONE": ZONE,
        "PATIENTPORTAL_LINK_BASE_URL": OURS,
        "CLINIC_LEDGER": str(folder / "ledger.db"),
        "CLINIC_SETTINGS": str(folder / "own.json"),
        "CLINIC_KEY_FILE": str(folder / "site.key"),
        "CLINIC_DATABASE": str(folder / "django.db"),
        "CLINIC_HOSTS": "portal.example",
        "DJANGO_SETTINGS_MODULE": "clinic_django.settings",
    }


class WeakArgon2:
    """Hashes that an app's own hasher can verify, made in no time."""

    _argon2 = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

    def hash(self, text: str) -> str:
        return self._argon2.hash(text)

    def verify(self, text: str, against: str) -> bool:
        try:
            return self._argon2.verify(against, text)
        except VerifyMismatchError:
            return False

    def is_outdated(self, hashed: str) -> bool:
        return not hashed

    def decoy(self) -> str:
        return self.hash("nobody's")


@contextmanager
def practice(environ: Mapping[str, str]) -> Iterator[tuple[Portal, RecordingNotifier]]:
    """A portal on the database that these settings name, whose mail is kept."""
    mailbox = RecordingNotifier()
    ledger = SandboxProcessor(Path(environ["CLINIC_LEDGER"]))
    with open_portal_from_env(notifier=mailbox, payments=ledger, hasher=WeakArgon2(), environ=environ) as portal:
        yield portal, mailbox


def set_up_django() -> None:
    """Django with the example's settings, once in a process: it can't be set up again."""
    if not django_settings.configured:
        folder = Path(mkdtemp(prefix="patientportal-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        with pytest.MonkeyPatch.context() as environment:
            for name, value in settings(folder, "memory://").items():
                environment.setenv(name, value)
            django.setup()


def of_wsgi(app: Any) -> Send:
    """Sends to an app as its server would."""

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Sent:
        client = Client(app, use_cookies=False)
        with client.open(path, method=method, base_url=OURS, headers=dict(headers), data=body) as got:
            return got.status_code, list(got.headers), got.data

    return send
