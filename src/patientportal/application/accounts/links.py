"""Links as they are mailed, and those of a patient that are still open."""

from datetime import datetime, timedelta
from typing import Any

from attrs import field, frozen

from patientportal.application.environment import Environment, LinkForm
from patientportal.domain.accounts import links
from patientportal.domain.accounts.links import Link, LinkInvalidError, LinkSecret, LinkStatus, Purpose
from patientportal.domain.ids import LinkId, PatientId
from patientportal.domain.values import printed_codes, tokens
from patientportal.domain.values.tokens import Token
from patientportal.ports.store import Is, Key, Query, View, Where


def url(token: Token, *, base_url: str, path: str, form: LinkForm) -> str:
    """The link that is mailed.

    >>> token = Token(patient_id=PatientId("p-1"), id="l-1", secret="s" * 43)
    >>> url(token, base_url="https://clinic.example", path="activate", form=LinkForm.FRAGMENT)[:41]
    'https://clinic.example/activate#p-1.l-1.s'
    """
    before = {LinkForm.FRAGMENT: "#", LinkForm.PATH: "/"}[form]
    return f"{base_url}/{path}{before}{token.as_text()}"


@frozen(kw_only=True)
class Presented:
    """What somebody presents: as whose and which link, and what is stored of its secret; an unknown code is nobody's.

    Attributes:
        patient_id: whose link it would be.
        link_id: the link's.
        secret_hash: of its secret.
        is_printed: whether it was typed from paper.
    """

    patient_id: PatientId
    link_id: LinkId
    secret_hash: bytes = field(repr=False)
    is_printed: bool


def presented(env: Environment, view: View, text: str) -> Presented:
    """What a mailed link ends with, or a printed code.

    Raises:
        LinkInvalidError: it can be neither.
    """
    token = tokens.parsed(text, field="link_secret")
    if token is not None:
        link_id = LinkId(token.id)
        return Presented(patient_id=token.patient_id, link_id=link_id, secret_hash=token.secret_hash, is_printed=False)
    code = printed_codes.parsed(text)
    if code is None:
        raise LinkInvalidError
    code_hash = printed_codes.code_hash(code, key=env.secret_key)
    of_code = (Where("secret_hash", Is.EQ, code_hash),)
    found = view.select(Query(state=LinkSecret, where=of_code, order=("patient_id", "link_id", "secret_hash"), limit=1))
    nobodys = LinkSecret(
        patient_id=PatientId(env.new_id()), link_id=LinkId(env.new_id()), secret_hash=code_hash, minted_at=env.now()
    )
    secret = found[0] if found else nobodys
    return Presented(patient_id=secret.patient_id, link_id=secret.link_id, secret_hash=code_hash, is_printed=True)


def looked_at(env: Environment, view: View, given: Presented, purpose: Purpose, *others: Key[Any]) -> tuple[Any, ...]:
    """What was presented, and what else that takes, in one round trip; of a code it isn't told whether there is any.

    Returns:
        The presented secret, which never changes, the link, and the states under the other keys.

    Raises:
        LinkInvalidError: a mailed link can't be used, or one of the others isn't there.
    """
    secret, link, *found = view.find_all(
        Key(LinkSecret, (given.patient_id, given.link_id, given.secret_hash)),
        Key(Link, (given.patient_id, given.link_id)),
        *others,
    )
    if not given.is_printed:
        links.redeemable(link, secret, purpose, now=env.now(), policy=env.policy)
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
