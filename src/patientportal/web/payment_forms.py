"""With what a patient pays: the processor's own form, on our page or its own, of which we see a token alone."""

import re
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from attrs import frozen

from patientportal import ConfigurationError, Money, Portal
from patientportal.http import SECURITY_HEADERS

_POLICY = "Content-Security-Policy"
_DIRECTIVES = {"connect-src", "font-src", "form-action", "frame-src", "img-src", "script-src", "style-src"}
_SOURCE = re.compile(r"https://(\*\.)?[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+(:[0-9]{1,5})?(/[0-9A-Za-z._~/-]*)?", re.ASCII)


@frozen(kw_only=True)
class Checkout:
    """What a patient is about to pay, for the form that asks with what. Nothing in it says who they are.

    Attributes:
        amount: how much.
        key: one for each payment that somebody begins, of letters, digits, ``-`` and ``_``.
        back_url: where a page of the processor's sends the browser back to, with more in its query, by a link or a
            redirect.
        language: of the page (BCP 47), such as ``en-US``.
        problem: what is wrong with what was sent before, in words; nothing at first.
    """

    amount: Money
    key: str
    back_url: str
    language: str
    problem: str = ""


@runtime_checkable
class PaymentForm(Protocol):
    """How patients say with what they pay. It is called by any number of threads.

    Either its fields stand on our page, and a script of the processor's puts a token in place of the card; or a link
    leads to a page of the processor's, which leads back to ``Checkout.back_url``. It may ask the processor meanwhile,
    but charges nothing: the portal does, once the patient has seen what they are about to pay.
    """

    @property
    def content_security_policy(self) -> Mapping[str, str]:
        """What its page may load and send to beyond our own, such as ``{"script-src": "https://js.acme.example"}``."""

    def show(self, checkout: Checkout) -> str:
        """The HTML inside of the page's ``<form>``: fields and a button, or a link to a page of the processor's.

        Args:
            checkout: what is about to be paid; its ``problem`` is told beside the field, whose id is ``source``.
        """

    def source(self, checkout: Checkout, sent: Mapping[str, str]) -> str:
        """The processor's token for a card or an account, 3,000 bytes at most; nothing, if nothing was chosen.

        Args:
            checkout: the same as was shown.
            sent: the form's fields, or what stood in the query when the browser came back.

        Raises:
            BadInputError: of ``source``: what was sent can't be used; it is told at the form.
        """


def checked(form: PaymentForm, portal: Portal) -> PaymentForm:
    """A form that can be used.

    Args:
        form: the host's own.
        portal: whose processor charges.

    Raises:
        ConfigurationError: the portal has no processor, or the form's page would load from anywhere.
    """
    if portal.payments is None:
        raise ConfigurationError(setting="payment_form", reason="the portal has no payment processor")
    for directive, sources in form.content_security_policy.items():
        if directive not in _DIRECTIVES or not all(map(_SOURCE.fullmatch, sources.split())):
            raise ConfigurationError(setting="payment_form", reason="its policy must name https addresses")
    return form


def policy_of(form: PaymentForm) -> str:
    """The Content-Security-Policy of the page on which a form stands: every page's, and what the form needs.

    Args:
        form: checked.
    """
    usual = dict(one.strip().partition(" ")[::2] for one in SECURITY_HEADERS[_POLICY].split(";"))
    more = {name: f"{usual.get(name, '')} {sources}".strip() for name, sources in form.content_security_policy.items()}
    return "; ".join(f"{name} {sources}" for name, sources in (usual | more).items())
