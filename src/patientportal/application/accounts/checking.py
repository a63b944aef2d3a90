"""What a page may know of a link before it is used."""

from attrs import frozen

from patientportal.application.accounts.links import presented
from patientportal.application.environment import Environment
from patientportal.domain.accounts import birth_dates, links
from patientportal.domain.accounts.links import Link, LinkInvalidError, LinkSecret, Purpose
from patientportal.domain.patients.patients import PersonalRecord
from patientportal.ports.store import Key


@frozen(kw_only=True)
class CheckedLink:
    """A link that can be used, or a printed code, of which that is told with the birth date alone.

    Attributes:
        purpose: what a mailed link is for; ``None``: it is a printed code, which may be for anything, or for nothing.
        asks_birth_date: whether the patient's birth date is asked for beside it.
    """

    purpose: Purpose | None
    asks_birth_date: bool


def check(env: Environment, link_secret: str) -> CheckedLink:
    """Looks whether a mailed link can be used, without using it."""
    with env.store.view() as view:
        given = presented(env, view, link_secret)
        if given.is_printed:
            return CheckedLink(purpose=None, asks_birth_date=True)
        of_link = (given.patient_id, given.link_id)
        link, secret, record = view.find_all(
            Key(Link, of_link),
            Key(LinkSecret, (*of_link, given.secret_hash)),
            Key(PersonalRecord, (given.patient_id,)),
        )
    if link is None or record is None:
        raise LinkInvalidError
    links.redeemable(link, secret, link.purpose, now=env.now(), policy=env.policy)
    birth_dates.require_askable(link, record=record, policy=env.policy)
    return CheckedLink(
        purpose=link.purpose, asks_birth_date=birth_dates.is_asked(link, record=record, policy=env.policy)
    )
