"""What a mailed link or a printed code opens: looked at first, then used; it stands in no address meanwhile.

``/<path>/{secret}`` puts the secret into a cookie of its page, and so does the page's first form, into which a script
moves a fragment, and where anybody can paste a link or type a code.
"""

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import unquote

from attrs import frozen
from starlette.responses import Response

from patientportal import BadInputError, CheckedLink, LinkInvalidError, Purpose
from patientportal.web.visitor import Visitor

LINK_COOKIE, LINK_SECONDS = "link", 30 * 60
FILLED_IN = "filled_in"
"""What the second form holds, and the first doesn't."""
_SECRET = re.compile(r"[\w-]+\.[\w-]+\.[\w-]{43,64}", re.ASCII)  # of a mailed link, wherever it stands
_NEITHER = re.compile(r"[^\w-]", re.ASCII)
_CODE_MAX = 64
_CODE = CheckedLink(purpose=None, asks_birth_date=True)


def path_to(visitor: Visitor, purpose: Purpose) -> str:
    """The page on which such a link is used."""
    return f"/{visitor.portal.link_paths[purpose]}"


def secret_in(typed: str) -> str:
    """The secret or the code in what somebody pasted or typed, in letters that a cookie takes; never nothing.

    Args:
        typed: the secret, a whole link, or one that a mail scanner has wrapped into its own; or a code.
    """
    found = _SECRET.search(unquote(typed))
    if found:
        return found[0]
    return _NEITHER.sub("", unicodedata.normalize("NFKC", typed[:_CODE_MAX]))[:_CODE_MAX] or "-"


@frozen
class LinkPage:
    """Where one kind of link is used.

    Attributes:
        purpose: what the link is for.
        path: of the page, below the mount.
        title: of the first form.
        form: what this link takes, and the code, where one was typed.
        use: what that does.
        then: the page that follows, and what is said there.
    """

    purpose: Purpose
    path: str
    title: str
    form: Callable[[Visitor, CheckedLink, str], Response]
    use: Callable[[Visitor, CheckedLink, str], object]
    then: tuple[str, str]

    def arrive(self, visitor: Visitor) -> Response:
        """Takes the secret out of the address."""
        return self._go(visitor, secret_in(visitor.at("secret")))

    def show(self, visitor: Visitor) -> Response:
        """The form that this link takes; of one that doesn't work, that is told before anything is typed."""
        secret = self._given(visitor)
        if not secret:
            return self.form(visitor, _CODE, "") if visitor.form[FILLED_IN] else self._ask(visitor)
        try:
            link = visitor.portal.check_link(secret)
        except LinkInvalidError as error:
            return self._ask_anew(visitor, error)
        if link.purpose not in {None, self.purpose}:
            return self._go(visitor, secret, link)
        self._keep(visitor, secret)
        return self.form(visitor, link, "" if link.purpose else secret)

    def do(self, visitor: Visitor) -> Response:
        """Looks at a link that was given, or uses it."""
        if visitor.form["another"]:
            self._forget(visitor)
            return visitor.go(self.path)
        secret = self._given(visitor)
        if not secret:
            raise BadInputError(field="link_secret", problem="empty")
        link = visitor.portal.check_link(secret)
        if not visitor.form[FILLED_IN] or link.purpose not in {None, self.purpose}:
            return self._go(visitor, secret, link)
        self.use(visitor, link, secret)
        self._forget(visitor)
        path, flash = self.then
        return visitor.go(path, flash=flash)

    def _given(self, visitor: Visitor) -> str:
        typed = visitor.form.fields.get("link")
        known = visitor.request.cookies.get(LINK_COOKIE, "") if typed is None else typed.strip()
        return secret_in(known) if known else ""

    def _keep(self, visitor: Visitor, secret: str) -> None:
        visitor.keep(LINK_COOKIE, secret, seconds=LINK_SECONDS, path=self.path)

    def _go(self, visitor: Visitor, secret: str, link: CheckedLink = _CODE) -> Response:
        """To the page of this link, which may have been given on another's."""
        path = self.path if link.purpose is None else path_to(visitor, link.purpose)
        if path != self.path:
            self._forget(visitor)
        visitor.keep(LINK_COOKIE, secret, seconds=LINK_SECONDS, path=path)
        return visitor.go(path)

    def _ask_anew(self, visitor: Visitor, error: LinkInvalidError) -> Response:
        if visitor.error is None:
            visitor.blame(error)
        self._forget(visitor)
        return self._ask(visitor)

    def _ask(self, visitor: Visitor) -> Response:
        return visitor.show("getting_in/link.html", purpose=self.purpose, title=self.title)

    def _forget(self, visitor: Visitor) -> None:
        visitor.keep(LINK_COOKIE, "", seconds=0, path=self.path)
