"""What every page of one portal knows: the portal, the practice, and who may wait where."""

import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from attrs import define, field
from starlette.requests import Request

from patientportal import Portal, StaffMember
from patientportal.web.payment_forms import PaymentForm
from patientportal.web.rates import Rates

Staff = Callable[[Request], StaffMember | None]
STATIC = Path(__file__).parent / "static"


def peer(request: Request) -> str:
    """The address that a request came from, also beneath a WSGI server; nothing, where none is known."""
    if request.client is not None:
        return request.client.host
    environ: Mapping[str, str] = request.scope.get("wsgi_environ", {})
    return environ.get("REMOTE_ADDR", "")


@define(eq=False)
class Site:
    """One portal in browsers.

    Attributes:
        portal: what the pages show.
        practice: its name.
        phone: its phone number; ``None``: the pages name none.
        email: its e-mail address; ``None``: the pages name none.
        language: the practice's own, with its country (BCP 47).
        staff: who of the staff asks, by the host's own log-in; ``None``: there is no desk.
        address: whose address a request comes from.
        origins: where the portal's pages stand.
        payment_form: how patients say with what they pay; ``None``: they can't pay here.
        flashes: what is said once, by codes, in English.
        rates: how often an address may ask for what hashes.
    """

    portal: Portal
    practice: str
    phone: str | None
    email: str | None
    language: str
    staff: Staff | None
    address: Callable[[Request], str]
    origins: Collection[str]
    payment_form: PaymentForm | None
    flashes: Mapping[str, str]
    rates: Rates = field(factory=lambda: Rates(burst=10, seconds_each=6, clock=time.monotonic))
