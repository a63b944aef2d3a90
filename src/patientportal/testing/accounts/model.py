"""What a portal will answer, in a few lists: the model of ``PortalMachine``, with the mission's rules told once more.

It imports no rule: all that it shares with the library are the policy's numbers.
"""

from datetime import datetime

from patientportal.testing.accounts.model_joining import JoiningModel
from patientportal.testing.accounts.model_own_account import OwnAccountModel
from patientportal.testing.accounts.model_recovery import RecoveryModel
from patientportal.testing.accounts.model_sessions import SessionsModel
from patientportal.testing.accounts.model_telling import TellingModel


class Model(JoiningModel, SessionsModel, OwnAccountModel, RecoveryModel, TellingModel):
    """A portal in a few lists; each method says what the call of its name will answer, given what happened so far."""

    def edges(self) -> list[datetime]:
        """The moments ahead at which something ends or is due."""
        seats = [seat for person in self.people for seat in person.seats if self.is_live(seat)]
        links = [link for person in self.people for link in person.links]
        ends = [
            *(end for seat in seats for end in self.ends_of(seat)),
            *(told_at + self.works_for(link) for link in links if link.fate == "open" for told_at in link.told_at),
            *(self.email_may_change_at(person) for person in self.people),
            *(self.reset_may_be_mailed_at(person) for person in self.people),
            *(self.recovery_opens_at(subject) for subject in list(self.answer_counts)),
            *(self.challenge_ends_at(challenge) for challenge in self.challenges),
            *(self.lock_ends_at(name) for name in self.counts),
            *(notice.due_at for notice in self.notices),
            *(self.tried_until(notice) for notice in (*self.notices, *self.given_up)),
        ]
        return sorted({end for end in ends if end is not None and end > self.now})
