"""A state machine over visits: practice, patients, worker and clock in any order, each answer predicted."""

from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

from patientportal.domain.appointments.directory import Place
from patientportal.domain.ids import PlaceId
from patientportal.domain.notice_policy import NoticePolicy
from patientportal.domain.policy import Policy, SessionPolicy
from patientportal.testing.appointments.asking import AskingMachine
from patientportal.testing.appointments.deskwork import DeskMachine
from patientportal.testing.appointments.looking import LookingMachine
from patientportal.testing.appointments.machine_base import RUN_MAX

WHOLE_RUN = SessionPolicy(idle=2 * RUN_MAX, absolute=2 * RUN_MAX)
SITUATIONS = frozenset(
    {
        "a begun slot was tried for a request",
        "a begun visit was cancelled",
        "a begun visit was to be cancelled",
        "a begun visit was to be moved",
        "a cancelled visit was to be marked",
        "a cancelled visit was to be moved",
        "a cancelled visit's slot was booked again",
        "a closing slot was given up",
        "a closing was stopped in the middle",
        "a commit failed",
        "a confirmation had become pointless",
        "a day began with a visit at midnight",
        "a list had several pages",
        "a kept visit was missed after all",
        "a local time came twice",
        "a local time was skipped",
        "a missed visit was kept after all",
        "a moved visit was moved again",
        "a moved visit was reminded of",
        "a pattern made no slot",
        "a place was called otherwise with visits ahead",
        "a kind of visit was not for patients",
        "a kind of visit was not offered",
        "a run was broken",
        "a visit over several slots was moved",
        "a visit took several slots",
        "a form was sent again",
        "a form's key was used for something else",
        "a key was used for another visit",
        "a key was used twice for one visit",
        "a provider got another name",
        "the desk booked a visit",
        "the desk moved a visit",
        "the desk tried to book somebody shut out",
        "a request ended twice",
        "a request expired",
        "a request was withdrawn",
        "a scheduled visit was cancelled",
        "a slot was left out beside a begun one",
        "a slot was left out beside a visit",
        "a slot was booked just before it began",
        "a slot was tried at its very start",
        "a slot went with its visit",
        "a stranger's request was to be withdrawn",
        "a stranger's visit was to be cancelled",
        "a taken slot was tried",
        "a text message waited for the morning",
        "a text message was sent",
        "a visit ended with somebody who left",
        "a visit that had ended was cancelled after all",
        "a visit was cancelled just before it began",
        "a visit was fulfilled at its very start",
        "a visit was kept before it began",
        "a visit was marked before it began",
        "a visit was marked twice",
        "a visit was moved",
        "a visit was moved onto a part of its own time",
        "a visit was to be cancelled at its very start",
        "a visit was to be cancelled by somebody who is here",
        "a visit was to be cancelled twice",
        "a visit was to be moved by somebody who is here",
        "a visit was to be moved onto another one",
        "a visit was to be moved to a stranger's slot",
        "a visit was to be moved to where it is",
        "a window was over",
        "a withdrawn slot was tried",
        "booked slots were to be withdrawn",
        "free slots were withdrawn",
        "several reminders were one",
        "slots were published again",
        "slots would have overlapped",
        "slots would have overlapped at two places",
        "somebody arrived",
        "somebody arrived on the day before",
        "somebody had not arrived after all",
        "somebody shut out was to be reminded",
        "somebody shut out tried",
        "somebody wanted to be told of nothing",
        "text messages were wanted where none are sent",
        "somebody was reminded",
        "somebody was reminded again",
        "the practice cancelled a visit of somebody shut out",
        "the practice declined a request",
        "the practice scheduled a request",
        "their own slot was tried",
        "a visit was moved twice to one slot",
        "too many requests were open",
        "visits touched",
        "visits were cancelled with their slots",
        "visits would have overlapped",
        "visits would have overlapped at two places",
        "what was missing was published",
    }
)
"""What is rare, and what a run that is worth its time has come to; see ``AppointmentsMachine.reached``."""
WITH_NOTICE = frozenset(
    {
        "a limit of patients held: horizon",
        "a limit of patients held: most_ahead",
        "a limit of patients held: notice",
        "it was just early enough to cancel",
        "it was too late to cancel",
        "what was just booked was given up",
    }
)
"""What needs a policy with limits for patients."""


class AppointmentsMachine(DeskMachine, AskingMachine, LookingMachine):
    """Practice, patients, worker and clock in any order over visits; each answer is predicted before the call.

    It begins a few days before the clocks change at one of two places. An adapter's author overrides ``new_store`` and
    ``teardown``, and runs its ``TestCase``, as for ``PortalMachine``.

    Attributes:
        policy: its section of appointments, its reminders and its zone may be others; sessions must last.
        begins_at: when the run does.
        places: where visits are.
        changes: the day on which the clocks change there.
        reached: how often each of ``situations`` was come to, over all examples of this class.
    """

    policy: ClassVar[Policy] = Policy(
        zone="America/New_York",
        sessions=WHOLE_RUN,
        notices=NoticePolicy(texts=True, calling_code="1", reminders=(timedelta(days=1), timedelta(hours=2))),
    )
    situations: ClassVar[frozenset[str]] = SITUATIONS | WITH_NOTICE
    begins_at: ClassVar[datetime] = datetime(2026, 10, 23, 5, tzinfo=UTC)
    places: ClassVar[tuple[Place, ...]] = (
        Place(id=PlaceId("north"), name="North Building", zone="Europe/Berlin"),
        Place(id=PlaceId("south"), name="South Building", zone="America/New_York"),
    )
    changes: ClassVar[tuple[date, ...]] = (date(2026, 10, 25), date(2026, 11, 1))
