"""What the patient asks the practice, and what the practice answers."""

from starlette.responses import Response

from patientportal import SupportRequestId
from patientportal.web.languages import N_
from patientportal.web.screens import Screen
from patientportal.web.visitor import Visitor


def show_all(visitor: Visitor) -> Response:
    """What they asked, and whether it is answered."""
    page = visitor.me.support.requests(cursor=visitor.query.get("cursor"))
    return visitor.show("support/all.html", page=page)


def show_request(visitor: Visitor) -> Response:
    """One thing that they asked, with its answer."""
    return visitor.show(
        "support/request.html", request=visitor.me.support.get(SupportRequestId(visitor.at("request_id")))
    )


def show_ask(visitor: Visitor) -> Response:
    """The form for a question."""
    return visitor.show("support/ask.html")


def ask(visitor: Visitor) -> Response:
    """Asks the practice something."""
    visitor.form.need("message")
    request_id = visitor.me.support.ask(visitor.form["message"], idempotency_key=visitor.form["key"] or None)
    return visitor.go(f"/support/{request_id}", flash="support_asked")


SCREENS = (
    Screen("/support", show_all),
    Screen("/support/ask", show_ask, ask, says={"support_asked": N_("We have your question.")}),
    Screen("/support/{request_id}", show_request),
)
