"""Links as they are mailed, and those of a patient that are still open."""

from datetime import datetime, timedelta
from typing import Any

from patientportal.application.environment import LinkForm
from patientportal.domain.accounts import links
from patientportal.domain.accounts.links import Link, LinkInvalidError, LinkSecret, LinkStatus, Purpose
from patientportal.domain.ids import PatientId
from patientportal.domain.policy import Policy
from patientportal.domain.values import tokens
from patientportal.domain.values.tokens import Token
from patientportal.ports.store import Is, Key, Query, View, Where

PATHS = {
    Purpose.INVITATION: "activate",
    Purpose.EMAIL_CHANGE: "confirm-email",
    Purpose.PASSWORD_RESET: "reset-password",
}


def url(token: Token, purpose: Purpose, *, base_url: str, form: LinkForm) -> str:
    """The link that is mailed.

    >>> token = Token(patient_id=PatientId("p-1"), id="l-1", secret="s" * 43)
    >>> url(token, Purpose.INVITATION, base_url="https://clinic.example", form=LinkForm.FRAGMENT)[:41]
    'https://clinic.example/activate#p-1.l-1.s'
    """
    before = {LinkForm.FRAGMENT: "#", LinkForm.PATH: "/"}[form]
    return f"{base_url}/{PATHS[purpose]}{before}{token.as_text()}"


def token_of(link_secret: str) -> Token:
    """The token that a mailed link ends with.

    Raises:
        LinkInvalidError: it can't be one.
    """
    token = tokens.parsed(link_secret, field="link_secret")
    if token is None:
        raise LinkInvalidError
    return token


def redeemable(
    view: View, token: Token, purpose: Purpose, *others: Key[Any], now: datetime, policy: Policy
) -> tuple[Any, ...]:
    """Looks whether a link can be used, and at what else that takes, in one round trip; it uses nothing up.

    Returns:
        The presented secret, which never changes, the link, and the states under the other keys.

    Raises:
        LinkInvalidError: the link can't be used, or one of the others isn't there.
    """
    secret, link, *found = view.find_all(
        Key(LinkSecret, (token.patient_id, token.id, token.secret_hash)),
        Key(Link, (token.patient_id, token.id)),
        *others,
    )
    links.redeemable(link, secret, purpose, now=now, policy=policy)
    if any(state is None for state in found):
        raise LinkInvalidError
    return secret, link, *found


def made_within(
    period: timedelta, patient_id: PatientId, purpose: Purpose, *, now: datetime, limit: int
) -> Query[Link]:
    """A patient's links of one purpose that were made so recently, whatever became of them."""
    return Query(
        state=Link,
        where=(
            Where("patient_id", Is.EQ, patient_id),
            Where("purpose", Is.EQ, purpose),
            Where("created_at", Is.GT, now - period),
        ),
        order=("created_at", "id"),
        limit=limit,
    )


def open_links_of(patient_id: PatientId, purpose: Purpose | None = None) -> Query[Link]:
    """A patient's links that are neither used nor ended; of one purpose, or of all."""
    of_purpose = () if purpose is None else (Where("purpose", Is.EQ, purpose),)
    return Query(
        state=Link,
        where=(Where("patient_id", Is.EQ, patient_id), Where("status", Is.EQ, LinkStatus.OPEN), *of_purpose),
        order=("id",),
    )
