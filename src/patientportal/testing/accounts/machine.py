"""A state machine over ``Portal``: patients, practice, worker and clock in any order, each answer predicted."""

from typing import ClassVar

from patientportal.testing.accounts.joining import JoiningMachine
from patientportal.testing.accounts.own_account import OwnAccountMachine
from patientportal.testing.accounts.recovery import RecoveryMachine
from patientportal.testing.accounts.sessions import SessionsMachine
from patientportal.testing.accounts.telling import TellingMachine

SITUATIONS = frozenset(
    {
        "a commit failed",
        "a confirmation was tried after a new password",
        "a confirmation was tried after a newer request",
        "a confirmation was tried after a reset",
        "a correction was for change_email",
        "a delivery couldn't be begun",
        "a code ended by wrong birth dates",
        "a link ended by wrong birth dates",
        "a page asked until its session was over",
        "a printed invitation was used",
        "a printed reset was used",
        "a lock ended by support",
        "a key of the hospital's came again",
        "a key of the hospital's came with other data",
        "a locked name had a session open",
        "a locked-out patient got back in by a reset",
        "a message was sent twice",
        "a mistaken birth date was put right",
        "a name was taken",
        "a notice had nowhere to go",
        "a notice was dismissed",
        "a notice was sent again",
        "a notice's link was over",
        "a new answer to an old question was right",
        "a reset was tried after a new address",
        "a reset was tried after a new password",
        "a reset was tried after a newer one",
        "a reset was tried by somebody shut out",
        "a right answer came while closed",
        "a reset ended with its account",
        "a right answer came again",
        "a right answer had been replaced",
        "a right password after all but one wrong one",
        "a right password came while locked",
        "a session ended by a reset",
        "a session ended by age",
        "a session ended with its account",
        "a session ended by idleness",
        "a used confirmation was tried",
        "a used link was tried",
        "a used reset was tried",
        "a username was mailed",
        "a wrong present password locked",
        "an earlier invitation was tried",
        "an expired confirmation was tried",
        "an expired link was tried",
        "an expired question was answered",
        "an expired reset was tried",
        "an inactive patient answered rightly",
        "an inactive patient tried",
        "an invitation to another address was tried",
        "an invitation was tried after wrong birth dates",
        "an old address was told of the new one",
        "an unknown name locked",
        "another device was logged off",
        "another session ended by a new password",
        "nobody's recovery closed",
        "patience was over",
        "recovery opened again",
        "somebody began anew",
        "somebody locked",
        "somebody registered twice got back in",
        "somebody's recovery closed",
        "the mail server was out of reach",
        "too many addresses were asked for",
        "too many resets were mailed",
        "wrong answers came from both sides",
    }
)
"""What is rare, and what a run that is worth its time has come to; see ``PortalMachine.reached``."""

WITHOUT_QUESTIONS = frozenset(
    {
        "a letter came in place of one that was over",
        "a letter was enough",
        "a username was told beside a letter that works",
        "an inactive patient was named",
        "answers were given where none are asked",
        "nobody was named",
        "too many letters were mailed",
    }
)
"""The same of a policy under which recovery asks no questions."""


class PortalMachine(RecoveryMachine, JoiningMachine, OwnAccountMachine, SessionsMachine, TellingMachine):
    """Patients, practice, worker and clock in any order over one portal; each answer is predicted before the call.

    No run lasts thirty days: that is when the first things are old enough to be forgotten, and that isn't foretold.

    An adapter's author overrides ``new_store`` and ``teardown``, and runs it::

        class MyMachine(PortalMachine):
            def new_store(self) -> Store:
                return MyStore(...)


        TestMyStore = MyMachine.TestCase

    Attributes:
        policy: its limits of lockout, recovery, sessions and links may be others; its demands on passwords, and what
            must match of a person, may not.
        reached: how often each of ``SITUATIONS`` or ``WITHOUT_QUESTIONS`` was come to, over all examples of this class.
    """

    situations: ClassVar[frozenset[str]] = SITUATIONS | WITHOUT_QUESTIONS
