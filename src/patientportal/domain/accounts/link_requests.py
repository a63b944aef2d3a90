"""Recovery without questions: whoever is named is mailed a link, and whoever asks isn't told whether anybody was.

A stranger who asks takes nothing from the patient: a letter that works is never ended by another request, and no second
one is mailed beside it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from attrs import frozen

from patientportal.domain.events import Event, Recorded
from patientportal.domain.ids import LinkId
from patientportal.domain.outcomes import Unchanged, added, happened
from patientportal.domain.patients.patients import Patient
from patientportal.domain.policy import Policy

from . import links
from .activation import Account
from .challenges import MAILS_WITHIN, Flow
from .links import Link, Purpose


@frozen(kw_only=True)
class RecoveryLinkRequested(Event):
    """Somebody named a patient who forgot a password or a username, and a link was mailed; nothing had been asked."""

    name: ClassVar[str] = "recovery_link_requested"
    flow: Flow
    link_id: LinkId


@frozen(kw_only=True)
class LinkRequested:
    """A letter with the patient's open link, or with a new one, will be mailed to their address."""

    link: Link | None = added()
    event: RecoveryLinkRequested = happened()


def request(
    flow: Flow,
    *,
    patient: Patient | None,
    account: Account | None,
    open_link: Link | None,
    letters: Sequence[Recorded],
    link_id: LinkId,
    now: datetime,
    policy: Policy,
) -> LinkRequested | Unchanged:
    """Whoever is named has a link mailed, unless a letter that works is theirs already or on its way.

    Nobody, somebody inactive or without an account, and somebody who was mailed enough are all answered alike, and
    nothing is recorded of it. A lock of the account doesn't matter here.

    Args:
        flow: what was forgotten; only a letter for a forgotten username tells it.
        patient: who was named, if anybody was.
        account: theirs.
        open_link: theirs for a new password, as it is mailed: one on paper is left alone.
        letters: the last ones that were mailed so and may still work or count, ``mails_an_hour`` of them or all.
        link_id: a fresh one.
        now: UTC.
        policy: the practice's limits.
    """
    if patient is None or not patient.is_active or account is None:
        return Unchanged()
    if sum(letter.at > now - MAILS_WITHIN for letter in letters) >= policy.recovery.mails_an_hour:
        return Unchanged()
    if open_link is not None and _is_enough(open_link, flow, letters=letters, now=now, policy=policy):
        return Unchanged()
    link = None if open_link else links.requested(patient.id, link_id, Purpose.PASSWORD_RESET, now=now)
    with_link = link_id if open_link is None else open_link.id
    return LinkRequested(link=link, event=RecoveryLinkRequested(flow=flow, link_id=with_link))


def _is_enough(link: Link, flow: Flow, *, letters: Sequence[Recorded], now: datetime, policy: Policy) -> bool:
    """Whether a letter with this link works or is on its way, and tells what was forgotten."""
    telling = {RecoveryLinkRequested(flow=one, link_id=link.id) for one in (flow, Flow.USERNAME)}
    begun = [letter.at for letter in letters if letter.event in telling]
    if flow is Flow.PASSWORD:
        begun += [link.created_at, link.last_minted_at or link.created_at]
    return any(now < at + links.valid_for(link, policy) for at in begun)
