"""The checks of pages can fail, and a missing browser is told."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from tests.web.browser import check_page, chromium, launched
from tests.web.keyboard import Keyboard

GOOD = """<!DOCTYPE html><html lang="en"><head><title>Good</title><meta name="viewport" content="width=device-width">
<style>body {{ font-family: -apple-system, sans-serif }} {style}</style></head>
<body><main><h1>Good</h1>{main}</main></body></html>"""
SMALL = "<a href='#1' style='display:block;font-size:8px;line-height:8px'>a</a>"


def page_of(main: str = "", style: str = "") -> Starlette:
    html = GOOD.format(main=main, style=style)
    return Starlette(
        routes=[
            Route("/", lambda _: HTMLResponse(html)),
            Route("/refused", lambda _: HTMLResponse(html, 422)),
        ]
    )


@pytest.mark.parametrize(
    ("main", "style", "words"),
    [
        ("<input>", "", "label: Form elements must have labels"),
        (SMALL * 2, "", "target-size"),
        ("<p style='color: #999'>faint</p>", "", "(320 light)\ncolor-contrast"),
        ("<p>faint</p>", "@media (prefers-color-scheme: dark) { p { color: #999 } }", "(320 dark)\ncolor-contrast"),
        ("<p>wide</p>", "p { width: 21rem }", "(320 light) scrolls sideways by 24 px"),
        ("<p>wide</p>", "@media (min-width: 50rem) { p { width: 90rem } }", "(1280 light) scrolls sideways"),
        (
            "<p>nearly as wide as a small phone is</p>",
            "p { white-space: nowrap }",
            "(320 light, spaced) scrolls sideways",
        ),
        ("<script>console.warn('odd')</script>", "", "odd"),
        ("<script>nothing.there</script>", "", "nothing is not defined"),
        ("<img alt='' src='/not-there'>", "", "Failed to load resource"),
        ("<img alt='' src='http://127.0.0.1:1/'>", "", "asked"),
        ("<p>serif</p>", "body { font-family: Times }", "is written in Times"),
        ("<p>The NHS website</p>", "", "whose design"),
    ],
)
def test_a_page_with_a_fault_is_refused(browse: Any, serve: Any, main: str, style: str, words: str) -> None:
    page = browse()
    page.goto(serve(lambda _: page_of(main, style)))
    with pytest.raises(AssertionError) as refused:
        check_page(page)
    assert words in str(refused.value)


@pytest.mark.parametrize("script", [True, False])
def test_a_good_page_passes_and_so_does_one_that_was_meant_to_fail(browse: Any, serve: Any, *, script: bool) -> None:
    page = browse(script=script)
    address = serve(lambda _: page_of())
    page.goto(address)
    check_page(page)
    assert page.goto(f"{address}/refused").status == 422
    check_page(page)


def test_a_form_is_filled_in_by_keys(browse: Any, serve: Any) -> None:
    page = browse()
    page.goto(
        serve(
            lambda _: page_of(
                "<form><label>Name <input name='name' value='old'></label>"
                "<label><input type='radio' name='day' value='1'>Monday</label>"
                "<label><input type='radio' name='day' value='2'>Tuesday</label>"
                "<label><input type='checkbox' name='sure'>I am sure</label>"
                "<button aria-label='Book it'>Go</button></form>"
            )
        )
    )
    keyboard = Keyboard(page)
    assert keyboard.focused() == ""
    keyboard.write("Name", "Ada")
    keyboard.choose("Monday", "Tuesday")
    keyboard.tick("I am sure")
    keyboard.go("Book it")
    assert page.url.partition("?")[2] == "name=Ada&day=2&sure=on"
    with pytest.raises(AssertionError, match="'Pay' isn't among"):
        keyboard.to("Pay")


def test_a_focus_that_cannot_be_seen_is_refused(browse: Any, serve: Any) -> None:
    page = browse()
    page.goto(serve(lambda _: page_of("<button>Pay</button>", "button:focus { outline: none }")))
    with pytest.raises(AssertionError, match="the focus on 'Pay' can't be seen"):
        Keyboard(page).to("Pay")


def test_without_a_chromium_tests_are_skipped_and_fail_in_ci(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr("tests.web.browser.ELSEWHERE", tmp_path / "not-there")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("PATIENTPORTAL_CHROMIUM", raising=False)
    for ci, outcome in (("", pytest.skip.Exception), ("true", pytest.fail.Exception)):
        monkeypatch.setenv("CI", ci)
        with pytest.raises(outcome), launched():
            pass
    monkeypatch.setenv("PATIENTPORTAL_CHROMIUM", "/opt/chromium")
    assert chromium() == "/opt/chromium"
