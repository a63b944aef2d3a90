"""What portal.js does, and that forms work without it."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from patientportal.http import SECURITY_HEADERS
from tests.web.browser import STATIC, check_page

SECRET = "s3cr-et_Of-the-mail"
PAGE = """<!DOCTYPE html><html lang="en"><head><title>Page</title><meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="/static/portal.css"><link rel="icon" href="/static/icon.svg">
<script type="module" src="/static/portal.js"></script></head>
<body{body}><script src="/static/boot.js"></script>
<a href="#maincontent" class="nhsuk-skip-link">Skip</a><main id="maincontent"><h1>{title}</h1>{main}</main>
</body></html>"""
FORM = "<form method='post' action='/pay'><button name='amount' value='40'>Pay</button></form>"
LINK_FORM = """<form method="post" data-link><div class="nhsuk-form-group">
<label for="link">Paste the link</label><input class="nhsuk-input" id="link" name="link"></div>
<button>Go on</button></form>"""
DIALOG = """<dialog data-session class="portal-dialog" aria-labelledby="soon"><h2 id="soon">You will be logged off</h2>
<button data-stay>Stay</button></dialog>
<dialog data-session class="portal-dialog" aria-labelledby="last"><h2 id="last">Please finish</h2>
<form method="dialog"><button>Continue</button></form></dialog>"""
SESSION = ' data-idle-seconds="{idle}" data-left-seconds="{left}" data-session-url="/session" data-log-in-url="/log-in"'
IDLE_SECONDS = 900


class Practice:
    """An application that counts what it is asked, and answers as it is told."""

    def __init__(self) -> None:
        self.paid: list[str] = []
        self.links: list[str] = []
        self.asked = threading.Event()
        self.may_answer = threading.Event()
        self.sessions: list[int] = []
        self.left_seconds = 8 * 3600
        self.app = Starlette(
            routes=[
                Route("/", self.page("Home", FORM)),
                Route("/pay", self.pay, methods=["POST"]),
                Route("/reset-password", self.page("Reset", LINK_FORM)),
                Route("/reset-password", self.look, methods=["POST"]),
                Route("/home", self.home),
                Route("/session", self.session),
                Route("/log-in", self.page("Log in", "<p>Who are you?</p>")),
                Mount("/static", StaticFiles(directory=STATIC)),
            ]
        )

    def page(self, title: str, main: str, body: str = "") -> Callable[[Request], Response]:
        html = PAGE.format(title=title, main=main, body=body)
        return lambda _: HTMLResponse(html, headers=dict(SECURITY_HEADERS))

    async def pay(self, request: Request) -> Response:
        async with request.form() as form:
            self.paid.append(str(form.get("amount")))
        self.asked.set()
        await to_thread.run_sync(self.may_answer.wait, 10)
        return self.page("Paid", "<p>Thank you</p>")(request)

    async def look(self, request: Request) -> Response:
        async with request.form() as form:
            self.links.append(str(form.get("link")))
        return RedirectResponse("/reset-password", 303)

    def home(self, request: Request) -> Response:
        session = SESSION.format(idle=IDLE_SECONDS, left=self.left_seconds)
        return self.page("Home", "<p>Nothing new</p>" + DIALOG, session)(request)

    def session(self, _: Request) -> Response:
        return Response(status_code=self.sessions.pop())


@pytest.fixture
def practice() -> Practice:
    return Practice()


@pytest.fixture
def address(practice: Practice, serve: Any) -> Any:
    return serve(lambda _: practice.app)


def test_a_form_is_sent_once_and_says_which_button_was_pressed(browse: Any, practice: Practice, address: str) -> None:
    page = browse()
    page.goto(address)
    at = page.get_by_role("button", name="Pay").bounding_box()
    page.mouse.dblclick(at["x"] + 5, at["y"] + 5)
    assert practice.asked.wait(10)
    page.mouse.click(at["x"] + 5, at["y"] + 5)
    practice.may_answer.set()
    page.get_by_role("heading", name="Paid").wait_for()
    assert practice.paid == ["40"]
    check_page(page)


def test_a_form_works_without_the_script(browse: Any, practice: Practice, address: str) -> None:
    page = browse(script=False)
    page.goto(address)
    practice.may_answer.set()
    page.get_by_role("button", name="Pay").click()
    page.get_by_role("heading", name="Paid").wait_for()
    assert practice.paid == ["40"]


def test_a_page_that_the_browser_kept_is_asked_for_again(browse: Any, address: str) -> None:
    page = browse()
    page.goto(address)
    with page.expect_request(f"{address}/"):
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")


def test_a_links_secret_is_sent_by_the_form_and_leaves_the_address(
    browse: Any, practice: Practice, address: str
) -> None:
    page = browse()
    for secret in (SECRET, "of-another-mail"):
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            page.goto(f"{address}/reset-password#{secret}")
        page.wait_for_url(f"{address}/reset-password")
        assert practice.links.pop() == secret
        assert page.locator("input[name=link]").input_value() == ""
    check_page(page)


def test_where_the_skip_link_leads_is_no_secret(browse: Any, address: str) -> None:
    page = browse()
    page.goto(f"{address}/reset-password")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reset-password#maincontent")
    assert page.locator("input[name=link]").input_value() == ""
    assert page.locator("input[name=link]").is_visible()


def test_without_the_script_the_link_can_be_pasted(browse: Any, address: str) -> None:
    page = browse(script=False)
    page.goto(f"{address}/reset-password#{SECRET}")
    assert page.locator("input[name=link]").is_visible()


def at_home(browse: Any, address: str) -> Any:
    """A page whose clock is ours."""
    page = browse()
    page.clock.install()
    page.goto(f"{address}/home")
    page.locator("h1").wait_for()
    return page


def test_two_minutes_before_the_session_ends_a_warning_offers_to_stay(
    browse: Any, practice: Practice, address: str
) -> None:
    page = at_home(browse, address)
    warning = page.get_by_role("dialog", name="You will be logged off")
    for _ in range(2):  # staying begins it anew
        page.clock.run_for((IDLE_SECONDS - 180) * 1000)
        assert not warning.is_visible()
        page.clock.run_for(61_000)
        assert warning.is_visible()
        assert page.evaluate("document.activeElement.textContent") == "Stay"
        practice.sessions = [204]
        page.keyboard.press("Enter")
        warning.wait_for(state="hidden")
        assert practice.sessions == []
    check_page(page)


def test_escape_stays_too(browse: Any, practice: Practice, address: str) -> None:
    page = at_home(browse, address)
    page.clock.run_for((IDLE_SECONDS - 60) * 1000)
    practice.sessions = [204]
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    assert practice.sessions == []


def test_a_session_that_has_ended_leads_to_the_log_in(browse: Any, practice: Practice, address: str) -> None:
    page = at_home(browse, address)
    page.clock.run_for((IDLE_SECONDS - 60) * 1000)
    practice.sessions = [401]
    page.get_by_role("button", name="Stay").click()
    page.wait_for_url(f"{address}/log-in")


def test_a_busy_server_leaves_the_warning_where_it_is(browse: Any, practice: Practice, address: str) -> None:
    page = at_home(browse, address)
    page.clock.run_for((IDLE_SECONDS - 60) * 1000)
    practice.sessions = [204, 503]
    with page.expect_response(f"{address}/session"):
        page.get_by_role("button", name="Stay").click()
    assert page.get_by_role("dialog").is_visible()
    page.get_by_role("button", name="Stay").click()
    page.get_by_role("dialog").wait_for(state="hidden")


def test_at_its_end_the_page_goes_to_the_log_in_also_after_a_sleep(browse: Any, address: str) -> None:
    page = at_home(browse, address)
    page.clock.fast_forward(IDLE_SECONDS * 1000)
    page.wait_for_url(f"{address}/log-in")


def test_before_the_end_that_nothing_puts_off_a_warning_promises_nothing(
    browse: Any, practice: Practice, address: str
) -> None:
    practice.left_seconds = IDLE_SECONDS + 60
    page = at_home(browse, address)
    page.clock.run_for((IDLE_SECONDS - 60) * 1000)
    practice.sessions = [204]
    page.get_by_role("button", name="Stay").click()
    page.get_by_role("dialog").wait_for(state="hidden")
    last = page.get_by_role("dialog", name="Please finish")
    page.clock.run_for(1_000)
    assert last.is_visible(), "two minutes are left, though nobody was idle"
    check_page(page)
    page.get_by_role("button", name="Continue").click()
    page.clock.run_for(100_000)
    assert not page.get_by_role("dialog").is_visible(), "said once"
    page.clock.run_for(20_000)
    page.wait_for_url(f"{address}/log-in")


def test_who_logs_in_anew_in_another_tab_is_not_logged_off_in_this_one(
    browse: Any, practice: Practice, address: str
) -> None:
    practice.left_seconds = 180
    page = at_home(browse, address)
    practice.left_seconds = 8 * 3600
    with page.expect_event("console"):
        page.evaluate("new BroadcastChannel('portal:/session').onmessage = () => console.log('heard')")
        page.context.new_page().goto(f"{address}/home")
    page.clock.run_for(600_000)
    assert page.url == f"{address}/home"
    assert not page.get_by_role("dialog").is_visible()


def test_another_tab_that_is_used_keeps_this_one(browse: Any, address: str) -> None:
    page = at_home(browse, address)
    page.clock.run_for((IDLE_SECONDS - 60) * 1000)
    assert page.get_by_role("dialog").is_visible()
    page.context.new_page().goto(f"{address}/home")
    page.get_by_role("dialog").wait_for(state="hidden")
