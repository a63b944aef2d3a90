"""A day at the desk, as a diary: all that happens there is done in the browser, and no id is typed in.

With ``PATIENTPORTAL_SCREENSHOTS`` each step leaves a picture, in the order of the day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from patientportal import (
    AccountLockedError,
    NoticeKind,
    PatientAccess,
    Portal,
    RecordingNotifier,
    RenewalStatus,
    Role,
    SessionEndedError,
    StaffId,
    StaffMember,
    WrongCredentialsError,
)
from patientportal.testing import ANSWERS, PASSWORD, Clinic, FrozenClock, clinic, portal
from patientportal.testing.world import BORN, last_link_secret
from tests.web.computer import Computer

if TYPE_CHECKING:
    from starlette.requests import Request

HALF_PAST_EIGHT = datetime(2026, 1, 5, 13, 30, tzinfo=UTC)  # a Monday, in New York
SUSAN = StaffMember(
    id=StaffId("susan"), name="Susan Front", roles=frozenset({Role.FRONT_DESK, Role.SUPPORT, Role.BILLING})
)
KING = StaffMember(id=StaffId("dr-king"), name="Dr William King", roles=frozenset({Role.PROVIDER}))
STAFF = {one.id: one for one in (SUSAN, KING)}


def staff(request: Request) -> StaffMember | None:
    """Who sits at this computer, as the host's own log-in would say."""
    return STAFF.get(StaffId(request.headers.get("X-Staff", "")))


class Practice(NamedTuple):
    """Who is where on this day."""

    portal: Portal
    its: Clinic
    clock: FrozenClock
    mailbox: RecordingNotifier
    susan: Computer
    king: Computer

    def mailed(self, *kinds: NoticeKind) -> None:
        """These mails, and no others, leave now."""
        before = len(self.mailbox.messages)
        self.portal.work()
        assert sorted(one.kind for one in self.mailbox.messages[before:]) == sorted(kinds)

    def as_patient(self, username: str) -> PatientAccess:
        """Somebody at home."""
        return self.portal.log_in(username, PASSWORD)


@pytest.fixture
def practice(browse: Any, serve_portal: Callable[..., str]) -> Practice:
    clock, mailbox = FrozenClock(HALF_PAST_EIGHT), RecordingNotifier()
    one = portal(clock=clock, notifier=mailbox)
    its = clinic(one)
    early = one.practice(SUSAN).schedule.open_slots(provider_id=KING.id, limit=1).items[0]
    one.practice(SUSAN).appointments.book(its.ada.patient_id, early.slot_id, reason="My knee")
    one.work()
    address, pictures = serve_portal(one, staff=staff), count(1)

    def computer_of(member: StaffMember) -> Computer:
        page = browse()
        page.context.set_extra_http_headers({"X-Staff": member.id})
        return Computer(page, address, pictures)

    return Practice(one, its, clock, mailbox, computer_of(SUSAN), computer_of(KING))


def test_a_day_at_the_desk(practice: Practice) -> None:
    for it_is, happens in (
        ("8:30", the_day_begins),
        ("8:40", the_phone_rings),
        ("8:50", ben_calls_again),
        ("9:10", somebody_without_email_comes_in),
        ("9:30", dr_winter_falls_ill),
        ("10:15", cash_comes_in),
        ("11:00", a_statement_went_to_the_wrong_patient),
        ("11:30", a_renewal_waits),
        ("13:00", a_question_waits),
        ("14:20", somebody_is_locked_out),
        ("15:40", an_account_was_activated_by_the_wrong_person),
        ("17:00", the_day_ends),
    ):
        practice.clock.advance(HALF_PAST_EIGHT + since_half_past_eight(it_is) - practice.clock())
        happens(practice)


def since_half_past_eight(it_is: str) -> timedelta:
    hours, _, minutes = it_is.partition(":")
    return timedelta(hours=int(hours) - 8, minutes=int(minutes) - 30)


def the_day_begins(at: Practice) -> None:
    """Ada comes at nine, and is early."""
    susan = at.susan
    susan.reads("1 visit: 0 are here", "9:00 AM", "Ada Byron")
    susan.note("the-day-begins")
    with susan.task(presses=1, pages=1):
        susan.press("Arrived Ada Byron")
    susan.reads("The patient is here.", "1 is here")
    susan.note("ada-is-here")


def the_phone_rings(at: Practice) -> None:
    """Ben wants a check-up, on Thursday at nine, with Dr Winter."""
    susan = at.susan
    with susan.task(presses=6, pages=5):
        susan.find("Ben Byron")
        susan.menu("Appointments", of="About this person")
        susan.press("Book a visit")
        susan.note("free-times-for-ben")
        free_time(susan, "Thursday, January 8, 2026", "9:00")
        susan.press("Book this visit")
    susan.reads("The visit is booked", "1 visit ahead", "Thursday, January 8, 2026", "Dr Dora Winter")
    susan.note("ben-is-booked")
    at.mailed(NoticeKind.VISIT_BOOKED)


def ben_calls_again(at: Practice) -> None:
    """Ten o'clock would suit him better."""
    susan = at.susan
    with susan.task(presses=6, pages=5):
        susan.find("Ben Byron")
        susan.menu("Appointments", of="About this person")
        susan.press("Move Thursday, January 8, 2026, 9:00 AM")
        free_time(susan, "Thursday, January 8, 2026", "10:00")
        susan.press("Move this visit")
    susan.reads("The visit is moved", "10:00 AM")
    susan.note("ben-is-moved")
    at.mailed(NoticeKind.VISIT_RESCHEDULED)
    (visit,) = at.as_patient("ben").appointments.upcoming().items
    assert visit.starts_at.isoformat() == "2026-01-08T10:00:00-05:00"


def free_time(susan: Computer, day: str, hour: str) -> None:
    """One of Dr Winter's."""
    susan.presses += 1
    offered = susan.page.get_by_role("group", name=f"{day}: Dr Dora Winter")
    offered.get_by_label(hour).first.check()


def somebody_without_email_comes_in(at: Practice) -> None:
    """Grace is new, and has no e-mail: she takes a letter along, and gets in with it at home."""
    susan = at.susan
    susan.menu("People")
    susan.press("Register a person")
    susan.write("First name", "Grace")
    susan.write("Last name", "Hopper")
    susan.on("Birth date", date(1946, 12, 9))
    susan.choose("Print it now")
    susan.press("Register")
    susan.reads("Print an invitation", "Grace Hopper")
    susan.press("Show the letter for Grace Hopper")
    susan.reads("Your invitation to our portal", "Your code:")
    susan.note("a-letter-for-grace")
    code = susan.page.locator("main strong.portal-code").inner_text()
    born = date(1946, 12, 9)
    at.portal.activate(code, date_of_birth=born, username="grace", password=PASSWORD, security_answers=ANSWERS)
    assert at.as_patient("grace").messages.inbox().items == ()
    at.mailed()


def dr_winter_falls_ill(at: Practice) -> None:
    """Dr Winter has a fever: her Thursday morning is closed, and everybody who would have come is told."""
    susan = at.susan
    susan.menu("Schedule")
    susan.press("Close a day or some hours")
    susan.pick("Provider", "Dr Dora Winter")
    susan.on("First day", date(2026, 1, 8))
    susan.write("Until (optional)", "12:00")
    susan.press("Continue")
    susan.reads("Dr Dora Winter", "1 visit will be cancelled", "Ben Byron")
    susan.note("who-would-come-to-dr-winter")
    susan.write("Why the visits are cancelled", "Dr Winter is away. Please call us for another time.")
    susan.press("Yes, close and cancel these visits")
    susan.reads("These hours are closed")
    susan.note("dr-winter-is-ill")
    at.mailed(NoticeKind.VISIT_CANCELLED)
    assert at.as_patient("ben").appointments.upcoming().items == ()


def cash_comes_in(at: Practice) -> None:
    """Ada brings forty dollars along."""
    susan = at.susan
    with susan.task(presses=7, pages=6):
        susan.find("Ada Byron")
        susan.menu("Statements", of="About this person")
        susan.press("Write down a payment")
        susan.write("Amount", "40")
        susan.choose("Cash")
        susan.press("Continue")
        susan.note("forty-dollars-of-ada")
        susan.press("Write down $40.00")
    susan.reads("The payment was written down.", "$40.00")
    susan.note("a-receipt-for-ada")
    current = at.as_patient("ada").statements.current()
    assert current is not None
    assert str(current.remaining) == "60.00 USD"
    at.portal.work()


def a_statement_went_to_the_wrong_patient(at: Practice) -> None:
    """Ada's new statement is in Ben's list: it is taken back, before he has opened it."""
    susan = at.susan
    susan.find("Ben Byron")
    susan.menu("Statements", of="About this person")
    susan.press("Add a statement")
    susan.write("Statement number", "2003")
    susan.write("Balance", "75.00")
    susan.on("Date of the statement", date(2026, 1, 5))
    susan.on("Last day to pay", date(2026, 2, 4))
    susan.page.get_by_label("The statement as a file").set_input_files(
        {"name": "statement.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 of Ada"}
    )
    susan.press("Add the statement")
    susan.reads("The statement was added.")
    assert at.as_patient("ben").statements.current() is not None
    susan.press("Statement 2003")
    susan.press("Take this statement back")
    susan.reads("Ben Byron", "The patient has not opened it yet.")
    susan.note("not-ben-s-statement")
    susan.choose("It was for somebody else")
    susan.press("Take it back")
    susan.reads("The statement was taken back.")
    susan.note("ben-s-statement-is-gone")
    assert at.as_patient("ben").statements.current() is None
    at.mailed()


def a_renewal_waits(at: Practice) -> None:
    """Between two patients, Dr King looks what waits for him."""
    king = at.king
    with king.task(presses=3, pages=3):
        king.menu("Renewals")
        king.reads("1 waits for an answer", "Lisinopril 10 MG Oral Tablet", "Corner Pharmacy")
        king.note("what-waits-for-dr-king")
        king.press("Ada Byron")
        king.write("How many fills more", "3")
        king.press("Approve for Ada Byron")
    king.reads("Approved and filled. The patient is told.", "Nobody waits for an answer.")
    king.note("a-renewal-is-approved")
    me = at.as_patient("ada")
    assert me.medications.renewal(at.its.renewal).status is RenewalStatus.REFILLED
    at.mailed(NoticeKind.NEW_MESSAGE)


def a_question_waits(at: Practice) -> None:
    """Ada asked whether her daughter may see her visits."""
    susan = at.susan
    with susan.task(presses=3, pages=3):
        susan.menu("Support")
        susan.reads("1 request of a patient", "May my daughter see my visits?")
        susan.press("Ada Byron")
        susan.write("Answer for Ada Byron", "Yes, if you both sign here.")
        susan.note("an-answer-for-ada")
        susan.press("Send the answer and close")
    susan.reads("No patient waits for an answer.")
    answered = at.as_patient("ada").support.get(at.its.support)
    assert answered.answer == "Yes, if you both sign here."
    at.mailed(NoticeKind.NEW_MESSAGE)


def somebody_is_locked_out(at: Practice) -> None:
    """Ben forgot his password, and tried too often. He writes from outside, and Susan calls him back."""
    for _ in range(at.portal.policy.lockout.attempts):
        with pytest.raises((WrongCredentialsError, AccountLockedError)):
            at.portal.log_in("ben", "not his password")
    at.portal.recovery.ask_support("207 555 0123", "It's Ben. I can't get in any more.")
    susan = at.susan
    susan.menu("Support")
    susan.reads("1 request of somebody who cannot log in")
    susan.press("207 555 0123")
    susan.reads("Nobody knows who wrote this.")
    susan.note("a-stranger-asks")
    susan.write("Name, or part of it", "Ben Byron")
    susan.press("Find this person")
    susan.reads("Ben Byron", "Locked")
    susan.note("ben-is-locked-out")
    susan.press("Unlock the account")
    susan.reads("The account is unlocked.")
    susan.menu("Support")
    susan.press("207 555 0123")
    susan.press("Close without an answer here")
    susan.press("Close the request")
    susan.reads("Nobody who cannot log in waits for help.")
    at.as_patient("ben").log_off()
    at.portal.work()


def an_account_was_activated_by_the_wrong_person(at: Practice) -> None:
    """Carol calls: somebody in her house has used her invitation. She is asked who she is, and starts afresh."""
    at.portal.activate(
        at.its.invitation, date_of_birth=BORN, username="carol", password=PASSWORD, security_answers=ANSWERS
    )
    theirs = at.as_patient("carol")
    at.portal.work()
    susan = at.susan
    susan.find("Carol Byron")
    susan.press("End the account that the wrong person has")
    susan.choose("Somebody else made this account")
    susan.write("The patient's own e-mail address", "carol@example.org")
    susan.note("not-carol-s-account")
    susan.press("End the account of Carol Byron")
    susan.reads("The account has ended.", "No account yet")
    susan.press("Mail an invitation")
    susan.reads("The invitation is on its way.")
    susan.note("carol-is-invited-again")
    at.mailed(NoticeKind.INVITATION)
    with pytest.raises(SessionEndedError):
        theirs.messages.inbox()
    own = last_link_secret(at.mailbox)
    at.portal.activate(own, date_of_birth=BORN, username="carol2", password=PASSWORD, security_answers=ANSWERS)


def the_day_ends(at: Practice) -> None:
    """Nothing waits any more, and every notice reached somebody, or is on a list."""
    at.portal.work()
    at.susan.menu("Undelivered")
    at.susan.note("the-day-ends")
