"""Whether a link still invites somebody: it is on its way, or its latest secret is in its time."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from patientportal.domain.accounts import links
from patientportal.domain.accounts.links import Link, LinkEnd, LinkStatus, Purpose
from patientportal.domain.accounts.patient_states import is_invitation
from patientportal.domain.ids import LinkId, PatientId
from patientportal.domain.policy import Policy

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
POLICY = Policy(zone="UTC")
INSTANT = timedelta(microseconds=1)
WAITING = links.requested(PatientId("p-1"), LinkId("l-1"), Purpose.INVITATION, now=NOW)
SENT = evolve(WAITING, last_minted_at=NOW)
OVER_AT = NOW + POLICY.invitations.valid_for


@pytest.mark.parametrize(
    ("link", "now", "invites"),
    [
        (WAITING, NOW, True),
        (WAITING, OVER_AT, True),
        (SENT, OVER_AT - INSTANT, True),
        (SENT, OVER_AT, False),
        (evolve(SENT, status=LinkStatus.USED), NOW, False),
        (evolve(WAITING, status=LinkStatus.ENDED, ended_by=LinkEnd.UNTOLD), NOW, False),
        (evolve(SENT, purpose=Purpose.PASSWORD_RESET), NOW, False),
    ],
)
def test_an_invitation_invites_until_its_latest_secret_is_over(link: Link, now: datetime, *, invites: bool) -> None:
    assert is_invitation(link, now=now, policy=POLICY) is invites
