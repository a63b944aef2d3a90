"""The part of the model for the way back in: whom recovery is about, what is asked, and what a reset does."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from patientportal.domain.accounts.security_questions import SecurityQuestion
from patientportal.domain.events import ActorKind
from patientportal.domain.told import NoticeKind
from patientportal.testing.accounts.kept import Challenge, Count, Letter, Link, Person, Subject
from patientportal.testing.accounts.model_base import AccountsModel
from patientportal.testing.accounts.typed import WEAK_PASSWORDS, mailbox, weak
from patientportal.testing.machine_base import DONE, Prediction

RESETS_WITHIN = timedelta(hours=1)
OWN_ADDRESS_WAIT = timedelta(days=1)


class RecoveryModel(AccountsModel):
    """Who is asked, whose answers are right, and who gets a link for a new password."""

    def subject_of_name(self, name: str) -> Subject:
        """Whom a forgotten password is about."""
        return self.holder(name) or name

    def subject_of_email(self, email: str) -> Subject:
        """Whom a forgotten username is about: here people differ in their addresses alone, and two match nobody."""
        wanted = mailbox(email).casefold()
        same = [person for person in self.people if mailbox(person.email or "").casefold() == wanted]
        return same[0] if len(same) == 1 and same[0].name else wanted

    def recovery_opens_at(self, subject: Subject) -> datetime | None:
        """When whoever was closed out may be asked again, or could."""
        closed_at = self.answer_counts[subject].locked_at
        return None if closed_at is None else closed_at + self.policy.recovery.reopen_after

    def is_closed(self, subject: Subject) -> bool:
        """Whether nobody is asked about somebody."""
        opens_at = self.recovery_opens_at(subject)
        return opens_at is not None and self.now < opens_at

    def reset_may_be_mailed_at(self, person: Person) -> datetime:
        """From when on right answers have one more link mailed."""
        at_most = self.policy.recovery.mails_an_hour
        made = [link.made_at for link in person.links if link.kind == "reset"][-at_most:]
        return self.now if len(made) < at_most else made[0] + RESETS_WITHIN

    def start_recovery(self, subject: Subject) -> Prediction:
        """Anybody is asked, known or not, as often as they like, as long as it isn't closed; nothing is saved of it."""
        return Prediction("recovery_closed" if self.is_closed(subject) else DONE)

    def was_linked_since(self, challenge: Challenge) -> bool:
        """Whether a reset was mailed to somebody after they were asked, which takes the place of what they answer."""
        person = challenge.subject
        links = person.links if isinstance(person, Person) else ()
        return any(link.kind == "reset" and link.made_at > challenge.started_at for link in links)

    def answer(self, challenge: Challenge | None, given: Mapping[SecurityQuestion, str]) -> Prediction:
        """The challenge, then whether recovery is closed, and only then whether this is what is stored by now."""
        if challenge is None or self.now >= self.challenge_ends_at(challenge):
            return Prediction("challenge_invalid")
        person = challenge.subject
        if self.is_closed(person):
            return Prediction("recovery_closed")
        if isinstance(person, str) or not person.is_active or not _is_right(given, person.answers):
            return self._answer_wrong(person)
        if self.was_linked_since(challenge):
            return Prediction("challenge_invalid")

        def effect() -> None:
            self.answer_counts[person] = Count()
            self.note(person, "recovery_answered", ActorKind.ANONYMOUS)
            if self.now >= self.reset_may_be_mailed_at(person):
                self._send_reset(person, challenge.tells)

        return Prediction(DONE, effect)

    def reset_password(self, person: Person, letter: Letter | None, new: str) -> Prediction:
        """Whoever has the open link has the account, and nobody else does."""
        if letter is None or not self._opens(letter, "reset"):
            return Prediction("link_invalid")
        if new in WEAK_PASSWORDS or new == person.password:
            return Prediction(weak(new, *(("unchanged",) if new == person.password else ())))

        def effect() -> None:
            letter.link.fate, person.password = "used", new
            self.counts[person.name or ""] = Count()
            self._end_links(person, "reset")
            self._end_seats(person)
            self.note(person, "password_reset", ActorKind.PATIENT)
            self._tell(person, NoticeKind.PASSWORD_CHANGED)

        return Prediction(DONE, effect)

    def send_password_reset(self, person: Person) -> Prediction:
        """Support may send as many as it likes; who wrote another address down, not for a day."""
        if person.name is None:
            return Prediction("not_found")
        if not person.is_active:
            return Prediction("patient_inactive")
        if person.written_down_at is not None and self.now < person.written_down_at + OWN_ADDRESS_WAIT:
            return Prediction("own_address_change")

        def effect() -> None:
            self._send_reset(person, NoticeKind.PASSWORD_RESET)
            self.note(person, "password_reset_sent", ActorKind.STAFF)

        return Prediction(DONE, effect)

    def _answer_wrong(self, subject: Subject) -> Prediction:
        count = self.answer_counts[subject]
        wrong = 1 if count.locked_at else count.wrong + 1
        left = self.policy.recovery.attempts - wrong

        def effect() -> None:
            self.answer_counts[subject] = Count(wrong, None if left else self.now)
            self._note_of(subject, "answer_wrong" if left else "recovery_closed")

        return Prediction(f"wrong_answer: {left}", effect)

    def _note_of(self, subject: Subject, what: str) -> None:
        """Nobody's history is kept."""
        if isinstance(subject, Person):
            self.note(subject, what, ActorKind.ANONYMOUS)

    def _send_reset(self, person: Person, tells: NoticeKind) -> None:
        self._end_links(person, "replaced", kind="reset")
        person.links.append(Link("reset", self.now))
        self._tell(person, tells, person.links[-1])


def _is_right(given: Mapping[SecurityQuestion, str], stored: Mapping[SecurityQuestion, str]) -> bool:
    return all(question in stored and stored[question].casefold() == given[question].casefold() for question in given)
