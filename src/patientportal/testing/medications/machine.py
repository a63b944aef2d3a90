"""A state machine over medications: patients ask, providers decide, time ends; each answer predicted."""

from datetime import timedelta
from typing import ClassVar

from hypothesis.stateful import invariant

from patientportal.domain.policy import Policy, SessionPolicy
from patientportal.testing.machine_base import agree
from patientportal.testing.medications.prescribing import PrescribingMachine

A_LONG_TIME = timedelta(days=3650)
SITUATIONS = frozenset(
    {
        "a commit failed",
        "a covering provider decided",
        "a cover that had just ended decided nothing",
        "a cover was ended early",
        "a decided request was decided again",
        "a decision came late, before the worker",
        "a discontinued medication was asked for",
        "a number of refills was set",
        "a patient decided for themselves",
        "a form was sent again",
        "a form's key was used for something else",
        "a request waited already",
        "a stranger's medication was asked for",
        "a withdrawn request was decided",
        "an approved request ended with its medication",
        "an approved request waits for a refill that is gone",
        "an approved request was refilled later",
        "an expired request was decided",
        "an expiry couldn't be saved",
        "nothing was left to be filled",
        "nothing was left to change hands",
        "refills would have been too many",
        "some had changed hands when a commit failed",
        "somebody put themselves in charge",
        "somebody took another's patients",
        "two requests expired at once",
        "what waited changed hands",
        "what was asked for can't be asked for any more",
        "who had left decided nothing any more",
    }
)
"""What is rare, and what a run that is worth its time has come to; see ``MedicationsMachine.reached``."""


class MedicationsMachine(PrescribingMachine):
    """Two patients, two providers and a front desk over one portal; each answer is predicted before the call.

    One of the providers is a patient, too. Run it on a store of yours as ``PortalMachine``.

    Attributes:
        policy: its time until a request expires may be another one.
        reached: how often each of ``SITUATIONS`` was come to, over all examples of this class.
    """

    policy: ClassVar[Policy] = Policy(
        zone="America/New_York", sessions=SessionPolicy(idle=A_LONG_TIME, absolute=A_LONG_TIME)
    )
    situations: ClassVar[frozenset[str]] = SITUATIONS

    # What always holds

    @invariant()
    def refills_are_what_was_written_down_set_or_granted_less_what_was_filled_and_nothing_else(self) -> None:
        """The ledger knows the answers of ``record``, ``correct``, ``approve_renewal`` and ``mark_refilled`` alone."""
        for taker in self.model.takers:
            seen = taker.me.medications.all().items[::-1]
            agree(
                "refills",
                predicted={one.id: self.granted[one.id] - self.filled[one.id] for one in taker.drugs},
                answered={one.medication_id: one.refills_left for one in seen},
            )
            answered = [
                (one.medication_id, one.dose, one.directions, one.prescriber_id, one.discontinued_at is None)
                for one in seen
            ]
            predicted = [(one.id, one.dose, one.directions, one.prescriber, one.is_active) for one in taker.drugs]
            agree("medications", predicted=predicted, answered=answered)
            active = [one.medication_id for one in taker.me.medications.active().items[::-1]]
            agree("active", predicted=[one.id for one in taker.drugs if one.is_active], answered=active)

    @invariant()
    def no_request_is_lost(self) -> None:
        """What waits is on the practice's lists, and what became of each on its patient's."""
        desk = self.staff[2].desk.medications
        for status, listed in (("requested", desk.pending_renewals), ("approved", desk.unfilled_renewals)):
            predicted = [(one.id, one.drug.id, one.drug.prescriber) for one in self.model.standing(status)]
            answered = [(one.renewal_id, one.medication_id, one.prescriber_id) for one in listed().items]
            agree(status, predicted=predicted, answered=answered)
        for taker in self.model.takers:
            own = [
                (one.renewal_id, one.status.value, one.refills_granted, one.decided_at, one.refilled_at)
                for one in taker.me.medications.renewals().items[::-1]
            ]
            predicted_own = [
                (one.id, one.status, one.granted, one.decided_at, one.refilled_at) for one in taker.requests
            ]
            agree("renewals", predicted=predicted_own, answered=own)

    @invariant()
    def covers_are_listed_while_they_are_in_force(self) -> None:
        """Whoever may decide in another's place stands on the list, and nobody else."""
        agree(
            "covers",
            predicted={pair: until for pair, until in self.model.covers.items() if self.model.covers_now(*pair)},
            answered={
                (one.prescriber_id, one.covering_id): one.until for one in self.staff[0].desk.medications.covers()
            },
        )

    @invariant()
    def each_decision_is_told_once(self) -> None:
        """The inbox has one message for each, about what was decided, and none of anything else."""
        for taker in self.model.takers:
            predicted = [(letter.kind, letter.about.id, letter.read_at) for letter in taker.letters]
            inbox = taker.me.messages.inbox().items[::-1]
            answered = [(one.kind.value, one.about_id, one.read_at) for one in inbox]
            agree("inbox", predicted=predicted, answered=answered)
            texts = [(one.kind, one.subject, one.body) for one in inbox]
            told = [one.facts and (one.facts.kind, one.facts.subject, one.facts.body) for one in inbox]
            agree("texts made of their facts", predicted=told, answered=texts)
            unread = sum(letter.read_at is None for letter in taker.letters)
            agree("unread", predicted=unread, answered=taker.me.messages.unread_count())
