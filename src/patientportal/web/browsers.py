"""What people call the browser that they use, out of what it says of itself."""

from collections.abc import Callable

from patientportal.web.languages import N_

_BROWSERS = (  # the first that is found: most also name those whose pages they show
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", N_("an iPhone")),
    ("iPad", N_("an iPad")),
    ("Windows", "Windows"),
    ("CrOS", N_("a Chromebook")),
    ("Android", "Android"),
    ("Macintosh", N_("a Mac")),
    ("Linux", "Linux"),
)


def named(user_agent: str, translate: Callable[[str], str] = str) -> str:
    """A browser and what it runs on, as people call them; of one that nobody knows, that it is one.

    Args:
        user_agent: the header ``User-Agent``; it says whatever it wants, and none of it is passed on.
        translate: from English into the reader's language.

    >>> named("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 "
    ...       "Safari/537.36")
    'Chrome on Windows'
    """
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), translate(N_("Another browser")))
    system = next((translate(name) for mark, name in _SYSTEMS if mark in user_agent), "")
    return translate(N_("%(browser)s on %(system)s")) % {"browser": browser, "system": system} if system else browser
