"""A link is looked at for its page: what it is for, what it takes, and nothing of a code."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from patientportal import (
    CheckedLink,
    InvitationPolicy,
    LinkInvalidError,
    Policy,
    Portal,
    PracticeAccess,
    Purpose,
    RecordingNotifier,
)
from patientportal.testing import ANSWERS, BORN, PASSWORD, FrozenClock, Member, invited, last_link_secret, person

Untouched = Callable[[], AbstractContextManager[None]]


def test_each_mailed_link_says_what_it_is_for_and_what_it_takes(
    usual: Portal, practice: PracticeAccess, notifier: RecordingNotifier, member: Member, untouched: Untouched
) -> None:
    _, invitation = invited(usual, notifier, email="second@example.org")
    usual.log_in(member.username, PASSWORD).account.change_email(PASSWORD, "third@example.org")
    usual.work()
    confirmation = next(str(mail.link) for mail in notifier.messages if mail.to_email == "third@example.org")
    practice.support.send_password_reset(member.patient_id)
    usual.work()
    with untouched():
        assert usual.check_link(invitation) == CheckedLink(purpose=Purpose.INVITATION, asks_birth_date=True)
        assert usual.check_link(confirmation.partition("#")[2]).purpose is Purpose.EMAIL_CHANGE
        reset = CheckedLink(purpose=Purpose.PASSWORD_RESET, asks_birth_date=False)
        assert usual.check_link(last_link_secret(notifier)) == reset


def test_a_practice_that_asks_for_no_birth_date_says_so(
    portal_with: Callable[..., Portal], notifier: RecordingNotifier
) -> None:
    portal = portal_with(policy=Policy(zone="UTC", invitations=InvitationPolicy(ask_birth_date=False)))
    _, secret = invited(portal, notifier)
    assert not portal.check_link(secret).asks_birth_date


def test_a_link_that_can_not_be_used_is_invalid_whatever_is_wrong_with_it(
    usual: Portal, notifier: RecordingNotifier, clock: FrozenClock, untouched: Untouched
) -> None:
    good: dict[str, Any] = {"date_of_birth": BORN, "password": PASSWORD, "security_answers": ANSWERS}
    _, used = invited(usual, notifier)
    usual.activate(used, username="countess", **good)
    _, late = invited(usual, notifier, email="second@example.org")
    clock.advance(timedelta(days=7))
    with untouched():
        for secret in (used, late, late + "A", f"no.body.{'A' * 43}", "", "x"):
            with pytest.raises(LinkInvalidError):
                usual.check_link(secret)


def test_of_a_printed_code_nothing_is_told_not_even_whether_there_is_one(
    usual: Portal, practice: PracticeAccess, untouched: Untouched
) -> None:
    printed = practice.patients.print_invitation(practice.patients.register(person()))
    with untouched():
        for code in (printed.code, "0000-0000-0000"):
            assert usual.check_link(code) == CheckedLink(purpose=None, asks_birth_date=True)
