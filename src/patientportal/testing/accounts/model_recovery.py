"""The part of the model for the way back in: whom recovery is about, what is asked, and what a reset does."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from patientportal.domain.accounts.security_questions import SecurityQuestion
from patientportal.domain.events import ActorKind
from patientportal.domain.told import NoticeKind
from patientportal.testing.accounts.kept import Challenge, Count, Letter, Link, Person, Subject
from patientportal.testing.accounts.model_base import AccountsModel
from patientportal.testing.accounts.typed import WEAK_PASSWORDS, mailbox, weak
from patientportal.testing.machine_base import DONE, Prediction, nothing

RESETS_WITHIN = timedelta(hours=1)
OWN_ADDRESS_WAIT = timedelta(days=1)


class RecoveryModel(AccountsModel):
    """Who is asked, whose answers are right, and who gets a link for a new password."""

    def subject_of_name(self, name: str) -> Subject:
        """Whom a forgotten password is about."""
        return self.holder(name) or name

    def subject_of_person(self, email: str, last_name: str) -> Subject:
        """Whom a forgotten username is about: who is active and has an account; here two who match are nobody."""
        wanted = mailbox(email).casefold()
        able = [person for person in self.people if person.is_active and person.name]
        same = [one for one in able if (mailbox(one.email or "").casefold(), one.last_name) == (wanted, last_name)]
        return same[0] if len(same) == 1 else f"{last_name} {wanted}"

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

    def open_reset(self, person: Person) -> Link | None:
        """The link for a new password that somebody could use, if a letter with it were in its time."""
        mailed = (link for link in person.links if link.kind == "reset" and not link.is_printed)
        return next((link for link in mailed if link.fate == "open"), None)

    def has_enough(self, person: Person, tells: NoticeKind) -> bool:
        """Whether a letter that works, or is on its way, tells somebody what they forgot."""
        link = self.open_reset(person)
        if link is None:
            return False
        begun = [at for at, what, of in person.letters if of is link and what in {tells, NoticeKind.USERNAME_REMINDER}]
        if tells is NoticeKind.PASSWORD_RESET:
            begun += [link.made_at, *link.told_at]
        return any(self.now < at + self.works_for(link) for at in begun)

    def had_enough(self, person: Person) -> bool:
        """Whether as many letters were mailed without a question within the hour as may be."""
        return sum(at > self.now - RESETS_WITHIN for at, _, _ in person.letters) >= self.policy.recovery.mails_an_hour

    def request_link(self, subject: Subject, tells: NoticeKind) -> Prediction:
        """Where nothing is asked, all are answered alike, and something is saved; who is named may get a letter."""
        if isinstance(subject, str) or not subject.is_active:
            return Prediction(DONE, nothing)
        if self.had_enough(subject) or self.has_enough(subject, tells):
            return Prediction(DONE, nothing)

        def effect() -> None:
            link = self.open_reset(subject)
            if link is None:
                link = Link("reset", self.now)
                subject.links.append(link)
            subject.letters.append((self.now, tells, link))
            self.note(subject, "recovery_link_requested", ActorKind.ANONYMOUS)
            self._tell(subject, tells, link)

        return Prediction(DONE, effect)

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

    def reset_password(
        self, person: Person, letter: Letter | None, new: str, *, born: date, is_code: bool
    ) -> Prediction:
        """Whoever has the open link has the account; on paper, if they say the birth date."""
        if is_code:
            refused = self.refused_code(letter, "reset", born)
            if refused is not None:
                return refused
        if letter is None or not self._opens(letter, "reset"):
            return Prediction("link_invalid")
        if new in WEAK_PASSWORDS or new == person.password:
            return Prediction(
                weak(new, *(("unchanged",) if new == person.password else ())), earlier_commits=int(is_code)
            )

        def effect() -> None:
            letter.link.fate, person.password = "used", new
            self.counts[person.name or ""] = Count()
            self._end_links(person, "reset")
            self._end_seats(person)
            self.note(person, "password_reset", ActorKind.PATIENT)
            self._tell(person, NoticeKind.PASSWORD_CHANGED)

        return Prediction(DONE, effect, earlier_commits=int(is_code))

    def print_password_reset(self, person: Person) -> Prediction:
        """As by mail; only that the letter doesn't bring it."""
        refused = self.send_password_reset(person).answer

        def effect() -> None:
            self._print(person, "reset", "password_reset_printed")
            self._tell(person, NoticeKind.PASSWORD_RESET_PRINTED)

        return Prediction(refused, effect if refused == DONE else None)

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
