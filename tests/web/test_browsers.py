"""Browsers and what they run on, as people call them."""

import pytest

from patientportal.web.browsers import named
from patientportal.web.languages import translations

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
MAC, WINDOWS, ANDROID = "(Macintosh; Intel Mac OS X 10_15_7)", "(Windows NT 10.0; Win64; x64)", "(Linux; Android 10; K)"
IPHONE = "(iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
AGENTS = {
    f"Mozilla/5.0 {WINDOWS} {WEBKIT} Chrome/149.0.0.0 Safari/537.36": "Chrome on Windows",
    f"Mozilla/5.0 {WINDOWS} {WEBKIT} Chrome/149.0.0.0 Safari/537.36 Edg/149.0.0.0": "Edge on Windows",
    f"Mozilla/5.0 {WINDOWS} {WEBKIT} Chrome/149.0.0.0 Safari/537.36 OPR/130.0.0.0": "Opera on Windows",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0": "Firefox on Windows",
    f"Mozilla/5.0 {MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15": "Safari on a Mac",
    f"Mozilla/5.0 {IPHONE} Version/18.5 Mobile/15E148 Safari/604.1": "Safari on an iPhone",
    f"Mozilla/5.0 {IPHONE} CriOS/149.0.7700.10 Mobile/15E148 Safari/604.1": "Chrome on an iPhone",
    f"Mozilla/5.0 {IPHONE} FxiOS/150.0 Mobile/15E148 Safari/604.1": "Firefox on an iPhone",
    f"Mozilla/5.0 {IPHONE} EdgiOS/149.0 Mobile/15E148 Safari/604.1": "Edge on an iPhone",
    "Mozilla/5.0 (iPad; CPU OS 16_7 like Mac OS X) AppleWebKit/605.1.15 Version/16.6 Safari/604.1": "Safari on an iPad",
    f"Mozilla/5.0 {ANDROID} {WEBKIT} Chrome/149.0.0.0 Mobile Safari/537.36": "Chrome on Android",
    f"Mozilla/5.0 {ANDROID} {WEBKIT} SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36": "Samsung Internet on "
    "Android",
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/149.0.0.0 Safari/537.36": "Chrome on a Chromebook",
    "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0": "Firefox on Linux",
    "Lynx/2.9.2 (Linux)": "Another browser on Linux",
    "curl/8.14.1": "Another browser",
    "": "Another browser",
    "<script>alert(1)</script>": "Another browser",
}


@pytest.mark.parametrize("agent", AGENTS)
def test_a_browser_is_called_what_people_call_it(agent: str) -> None:
    assert named(agent) == AGENTS[agent]


def test_it_is_called_so_in_the_reader_s_language() -> None:
    spanish = translations("es").gettext
    assert named(f"Mozilla/5.0 {IPHONE} Version/18.5 Mobile/15E148 Safari/604.1", spanish) == "Safari en un iPhone"
    assert named("", spanish) == "Otro navegador"
