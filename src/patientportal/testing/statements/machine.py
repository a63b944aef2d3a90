"""A state machine over statements and payments: every answer predicted, and after each step the books add up."""

from typing import ClassVar

from patientportal.testing.statements.looking import LookingMachine
from patientportal.testing.statements.meanwhile import MeanwhileMachine

SITUATIONS: frozenset[str] = frozenset(
    {
        "a charge arrived after a worker had voided it",
        "a charge was answered after a new statement",
        "a commit failed",
        "a declined payment was found by a worker",
        "a decline couldn't be written down",
        "a key was used by another patient",
        "a key was used for another amount",
        "a key was used for another source",
        "a key was used for another statement",
        "a key was used that a refusal had left unused",
        "a lost charge was found by a worker",
        "a number was taken",
        "a paid statement was to be paid in full",
        "a payment ended while its patient was shut out",
        "a payment of an earlier statement was settled",
        "a payment was released",
        "a payment was released that had been voided before",
        "a payment was settled that couldn't be written down at first",
        "a question to support outlived a new statement",
        "a refund couldn't be written down",
        "a refund made a statement payable again",
        "a refund was concluded by a worker",
        "a refund was refused",
        "a request was made twice",
        "a request was resolved by a new statement",
        "a request was resolved by sending again",
        "a resolved request was to be resolved",
        "a session had ended",
        "a statement was overdue for an instant",
        "a statement was paid after it was overdue",
        "a statement was payable for one instant more",
        "a statement was sent again that was overdue",
        "a stranger's statement was to be paid",
        "a worker couldn't begin to look",
        "a worker looked in vain",
        "a worker looked too early by an instant",
        "a retry was declined that a worker had voided",
        "a retry paid what was pending",
        "all that remained was paid",
        "an approval came after a worker had settled",
        "an approval came after it was refunded",
        "an answer was taken back before it was told",
        "an earlier payment was refunded",
        "an earlier statement was to be paid",
        "an open refund was asked for again",
        "another amount was to count",
        "another currency was offered",
        "nothing was heard for a day less an instant",
        "one more than what remains was offered",
        "something declined was given again",
        "something pending was given again",
        "something was to be concluded that was clear",
        "something pending stood in the way",
        "something refunded was given again",
        "something settled was given again",
        "something was to be refunded that wasn't settled",
        "two payments ended in one call",
        "what nobody could find out was concluded",
        "what was charged otherwise was given back by hand",
    }
)
"""What is rare, and what runs under a usual and a lenient policy have come to; see ``StatementsMachine.reached``."""


class StatementsMachine(MeanwhileMachine, LookingMachine):
    """Statements, payments, refunds, worker and clock in any order over one portal; each answer is predicted.

    An adapter's author overrides ``new_store`` and ``teardown``, as for ``PortalMachine``.

    Attributes:
        policy: its limits of sessions and payments, and its zone, may be others.
        reached: how often each of ``SITUATIONS`` was come to, over all examples of this class.
    """

    situations: ClassVar[frozenset[str]] = SITUATIONS
