"""Outcomes: each says which of its fields are saved, how, and in which order."""

import pytest
from attrs import frozen

from patientportal.domain.accounts import (
    activation,
    answers_change,
    challenges,
    email_change,
    links,
    log_in,
    password_change,
    password_reset,
    registration,
    sessions,
)
from patientportal.domain.appointments import appointments, attendance, changes, directory, requests, schedules
from patientportal.domain.notices import notices, undelivered
from patientportal.domain.outcomes import Unchanged, added, changed, happened, plan, removed
from patientportal.domain.support import support


def test_an_outcome_is_saved_in_the_order_of_its_fields_and_the_rest_is_left_alone() -> None:
    @frozen(kw_only=True)
    class Moved:
        gone: object = removed()
        old: object = changed()
        note: str = "not saved"
        new: object = added()
        event: object = happened()

    assert plan(Moved) == (("gone", "remove"), ("old", "put"), ("new", "add"), ("event", "record"))


def test_an_outcome_that_changes_nothing_saves_nothing() -> None:
    assert plan(Unchanged) == ()


def test_what_is_no_outcome_cannot_be_saved_by_mistake() -> None:
    with pytest.raises(TypeError, match="str isn't an outcome"):
        plan(str)


@pytest.mark.parametrize(
    ("outcome", "saved"),
    [
        (registration.Registered, "add patient, add record, add words, add link, record event"),
        (registration.Invited, "put ended, add link, record event"),
        (registration.Deactivated, "put patient, remove recovery_name, put sessions, put links, record event"),
        (registration.Reactivated, "put patient, put recovery_name, record event"),
        (
            activation.Activated,
            "put guard, put username, put patient, put recovery_name, put account, add answers, put link, record event",
        ),
        (activation.HashUpgraded, "put account"),
        (links.Minted, "put link, add secret"),
        (log_in.Admitted, "put guard, put account, add session, record event"),
        (log_in.Wrong, "put guard, record event"),
        (log_in.Locked, "put guard, put account, record event"),
        (log_in.StillLocked, ""),
        (log_in.CredentialReplaced, ""),
        (log_in.Cleared, "put guard, put account, record event"),
        (password_change.Changed, "put guard, put account, put links, put session, put sessions, record event"),
        (email_change.Requested, "put guard, put account, put ended, add link, add change, record event"),
        (email_change.Confirmed, "put record, put link, put ended, put change, record event"),
        (email_change.ChangedByPractice, "put record, put ended, add change, record event"),
        (challenges.AnsweredWrongly, "put guard, record event"),
        (challenges.Answered, "put guard, put ended, add link, record event"),
        (challenges.AnsweredInVain, "put guard, record event"),
        (password_reset.Reset, "put guard, put account, put link, put ended, put sessions, record event"),
        (password_reset.ResetSent, "put ended, add link, record event"),
        (answers_change.AnswersReplaced, "put guard, put account, put answers, record event"),
        (support.Asked, "add request, record event"),
        (support.Dropped, ""),
        (support.Resolved, "put request, add message, record event"),
        (sessions.Seen, "put session"),
        (sessions.OneEnded, "put session, record event"),
        (sessions.AllEnded, "put sessions, record event"),
        (directory.Put, "put entry, record event"),
        (schedules.Published, "put schedule, add slots, record event"),
        (schedules.Withdrawn, "remove slots, put closing, record event"),
        (appointments.Booked, "add appointment, put slots, record event"),
        (changes.Cancelled, "put appointment, put freed, remove gone, record event"),
        (changes.Rescheduled, "put former, put former_slots, remove gone, add appointment, put slots, record event"),
        (attendance.Arrived, "put appointment, record event"),
        (attendance.NotArrived, "put appointment, record event"),
        (attendance.Fulfilled, "put appointment, record event"),
        (attendance.Missed, "put appointment, record event"),
        (requests.Requested, "add request, record event"),
        (requests.Scheduled, "add appointment, put request, put slots, record event"),
        (requests.Declined, "put request, record event"),
        (requests.Withdrawn, "put request, record event"),
        (requests.Expired, "put request, record event"),
        (notices.Progressed, "put delivery, put link"),
        (undelivered.SentAgain, "put delivery, record event"),
        (undelivered.Dismissed, "put delivery, record event"),
    ],
)
def test_every_outcome_saves_exactly_what_its_act_changes(outcome: type, saved: str) -> None:
    assert ", ".join(f"{how} {name}" for name, how in plan(outcome)) == saved
