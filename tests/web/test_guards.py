"""What keeps the pages up and still: rates, queues, bodies without end, and HEAD on everything."""

import asyncio
import threading
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from patientportal import MemoryStore, Portal, RecordingNotifier
from patientportal.testing import PASSWORD, CheapHasher, FrozenClock, activated, clinic, portal
from patientportal.web import create_app
from patientportal.web.rates import ADDRESSES_MAX, Rates
from tests.web.patients import HERE

LOG_IN = {"username": "ada", "password": PASSWORD}
NOBODY = {"username": "nobody", "password": "x"}


def made(of: Portal, **settings: Any) -> Starlette:
    return create_app(of, practice="Lake Clinic", phone="+1 207 555 0100", **settings)


def browser(app: Starlette, address: str = "192.0.2.1") -> TestClient:
    return TestClient(
        app, base_url="https://portal.example", headers=dict(HERE), follow_redirects=False, client=(address, 50000)
    )


@pytest.mark.parametrize("path", ["/log-in", "/help/password", "/help/support", "/activate", "/reset-password"])
def test_who_asks_too_often_waits_and_nobody_else_does(path: str) -> None:
    app = made(portal())
    with browser(app) as hasty, browser(app, "192.0.2.2") as calm:
        assert [hasty.post(path).status_code for _ in range(10)] == [422] * 10
        refused = hasty.post(path)
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 6
        assert "Too many tries" in refused.text
        assert hasty.get(path).status_code == 200
        assert calm.post(path).status_code == 422


def test_a_bucket_fills_up_again_and_counts_the_network_of_one_home() -> None:
    now = [0.0]
    rates = Rates(burst=2, seconds_each=6, clock=lambda: now[0])
    assert [rates.wait_seconds(one) for one in ("2001:db8::1", "2001:db8::2", "2001:db8::3")] == [0, 0, 6]
    assert rates.wait_seconds("2001:db8:0:1::1") == 0
    now[0] = 4.5
    assert rates.wait_seconds("2001:db8::1") == 1.5
    now[0] = 6
    assert rates.wait_seconds("2001:db8::1") == 0
    assert rates.wait_seconds("2001:db8::1") == 6
    for number in range(ADDRESSES_MAX):
        rates.wait_seconds(f"host-{number}")
    assert rates.wait_seconds("2001:db8::1") == 0


class SlowHasher(CheapHasher):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.may_end, self.times = threading.Event(), threading.Event(), 0

    def verify(self, text: str, against: str) -> bool:
        """Waits first."""
        self.times += 1
        self.begun.set()
        self.may_end.wait()
        return super().verify(text, against)


class Asked:
    """One request of ASGI; its sender stays, or has gone."""

    def __init__(self, app: Starlette, path: str, *, method: str = "POST", body: Iterable[bytes] = ()) -> None:
        self.app, self.chunks, self.gone = app, iter(body), asyncio.Event()
        self.status, self.headers, self.text = 0, dict[str, str](), ""
        sent = {"host": "portal.example", "content-type": "application/x-www-form-urlencoded"}
        headers = [(name.lower().encode(), value.encode()) for name, value in (HERE | sent).items()]
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": headers,
            "client": ("192.0.2.1", 50000),
            "server": ("portal.example", 443),
        }

    async def __call__(self) -> "Asked":
        await self.app(self.scope, self._receive, self._send)
        return self

    async def _receive(self) -> dict[str, Any]:
        chunk = next(self.chunks, None)
        if chunk is None:
            await self.gone.wait()
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunk, "more_body": chunk != b""}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.text += message.get("body", b"").decode()


def log_in(app: Starlette) -> Asked:
    return Asked(app, "/log-in", body=[urlencode(NOBODY).encode(), b""])


def test_log_ins_queue_and_never_starve_pages() -> None:
    hasher = SlowHasher()
    app = made(portal(hasher=hasher), hashing=1, hashing_waiting=1)

    async def day() -> tuple[Asked, Asked, Asked, Asked]:
        first = asyncio.create_task(log_in(app)())
        await asyncio.to_thread(hasher.begun.wait)
        second = asyncio.create_task(log_in(app)())
        await settled()
        try:
            third = await asyncio.wait_for(log_in(app)(), 10)
            page = await asyncio.wait_for(Asked(app, "/log-in", method="GET")(), 10)
        finally:
            hasher.may_end.set()
        return await first, await second, third, page

    first, second, third, page = asyncio.run(day())
    assert (first.status, second.status, third.status, page.status) == (409, 409, 503, 200)
    assert third.headers["retry-after"] == "10"
    assert "Many people are here now" in third.text


def test_who_has_gone_while_waiting_is_not_hashed_for() -> None:
    hasher = SlowHasher()
    app = made(portal(hasher=hasher), hashing=1)

    async def day() -> Asked:
        first = asyncio.create_task(log_in(app)())
        await asyncio.to_thread(hasher.begun.wait)
        impatient = log_in(app)
        second = asyncio.create_task(impatient())
        await settled()
        impatient.gone.set()
        hasher.may_end.set()
        await first
        return await second

    assert asyncio.run(day()).status == 499
    assert hasher.times == 1


async def settled() -> None:
    """Everybody who can go on has done so."""
    for _ in range(100):
        await asyncio.sleep(0)


def endless() -> Iterator[bytes]:
    yield b"username="
    while True:
        yield b"a" * 4096


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ([b"username=" + b"a" * 70_000, b""], 413, "This is too much"),
        (endless(), 413, "This is too much"),
        ([b"username=a"], 408, "This took too long"),
        ([b"&".join(b"a=%d" % number for number in range(2000)), b""], 400, "We can't read this"),
    ],
)
def test_a_body_ends_or_is_ended(body: Iterable[bytes], status: int, said: str) -> None:
    answer = asyncio.run(Asked(made(portal(), form_seconds=0.05), "/log-in", body=body)())
    assert (answer.status, said in answer.text) == (status, True)
    assert answer.headers["content-security-policy"]


def test_a_body_that_says_how_long_it_is_is_refused_unread() -> None:
    with browser(made(portal())) as somebody:
        assert somebody.post("/log-in", data={"username": "a" * 70_000}).status_code == 413
        for length, status in ((b"\xb2", 422), (b"9" * 5000, 413), (b"-1", 422)):
            answer = somebody.post("/log-in", content=b"", headers={b"Content-Length": length})
            assert answer.status_code == status


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"username": "ada"}', "application/json"),
        (b"username=ada", "text/plain"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"nothing", "multipart/form-data"),
        (b"username=%ff%00&password=%f0%9f", "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_form_is_refused_without_a_fault(content: bytes, kind: str) -> None:
    with browser(made(portal())) as somebody:
        assert somebody.post("/log-in", content=content, headers={"Content-Type": kind}).status_code in {400, 409, 422}


def test_head_and_get_on_every_page_change_nothing() -> None:
    store, mailbox = MemoryStore(), RecordingNotifier()
    one = portal(store=store, notifier=mailbox, clock=FrozenClock())
    clinic(one)
    app = made(one)
    paths = {
        route.path: route.path_format.format(**dict.fromkeys(route.param_convertors, "x"))
        for route in app.routes
        if isinstance(route, Route)
    }
    with browser(app) as ada, browser(app) as stranger:
        ada.post("/log-in", data=LOG_IN)
        before = {kind: dict(rows) for kind, rows in store.tables.items()}
        for who in (ada, stranger):
            for path in paths.values():
                for method in ("HEAD", "GET", "OPTIONS", "DELETE"):
                    answer = who.request(method, path)
                    assert answer.status_code in {200, 204, 303, 401, 404, 405, 409}, (method, path)
                    assert not (method == "HEAD" and answer.content), path
        assert {kind: dict(rows) for kind, rows in store.tables.items()} == before
        assert ada.get("/").status_code == 200


def test_two_log_ins_at_once_are_two_sessions() -> None:
    mailbox = RecordingNotifier()
    one = portal(notifier=mailbox)
    activated(one, mailbox, "ada")
    with browser(made(one)) as first, browser(made(one)) as second:
        for ada in (first, second):
            assert ada.post("/log-in", data=LOG_IN).status_code == 303
        first.post("/log-off")
        assert second.get("/").status_code == 200
        assert first.get("/").status_code == 303
