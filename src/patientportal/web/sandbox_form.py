"""The sandbox's own payment form: what it is to do with a charge."""

from collections.abc import Mapping
from types import MappingProxyType

from attrs import field, frozen

from patientportal import SandboxSource
from patientportal.web.languages import N_
from patientportal.web.payment_forms import Checkout
from patientportal.web.render import rendered

_NOTHING: Mapping[str, str] = MappingProxyType({})
_SOURCES = (
    (SandboxSource.APPROVE.value, N_("A test card that pays")),
    (SandboxSource.DECLINE.value, N_("A test card that is refused")),
    (SandboxSource.TIME_OUT.value, N_("A test card whose bank does not answer")),
)


@frozen
class SandboxForm:
    """Chooses what the sandbox is to do."""

    content_security_policy: Mapping[str, str] = field(default=_NOTHING, init=False)

    def show(self, checkout: Checkout) -> str:
        """See ``PaymentForm.show``."""
        texts = checkout.language.partition("-")[0]
        return rendered(texts, "statements/sandbox.html", {"checkout": checkout, "sources": _SOURCES})

    def source(self, checkout: Checkout, sent: Mapping[str, str]) -> str:  # noqa: ARG002 - any amount
        """See ``PaymentForm.source``."""
        return sent.get("source", "")
