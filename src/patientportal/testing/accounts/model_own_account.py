"""The part of the model for changes to an account that exists: password, address and answers."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from patientportal.domain.accounts.security_questions import SecurityQuestion
from patientportal.domain.events import ActorKind
from patientportal.domain.told import Channel, NoticeKind
from patientportal.testing.accounts.kept import Count, Letter, Link, Person, Seat
from patientportal.testing.accounts.model_base import AccountsModel
from patientportal.testing.accounts.typed import WEAK_ANSWERS, WEAK_PASSWORDS, mailbox, weak
from patientportal.testing.machine_base import DONE, Prediction, nothing

EMAIL_CHANGES_MAX, EMAIL_CHANGES_WITHIN = 5, timedelta(hours=1)


class OwnAccountModel(AccountsModel):
    """What a patient changes who is in, and the address that the practice writes down."""

    def email_may_change_at(self, person: Person) -> datetime:
        """From when on a patient may ask for one more address."""
        counted = person.email_changes[-EMAIL_CHANGES_MAX:]
        return self.now if len(counted) < EMAIL_CHANGES_MAX else counted[0] + EMAIL_CHANGES_WITHIN

    def change_password(self, person: Person, seat: Seat, current: str, new: str) -> Prediction:
        """The session, the lock, what is wrong with the new one, and only then whether the present one is right."""
        if not self.is_live(seat):
            return Prediction("session_ended")
        name = person.name or ""
        if self.is_locked(name):
            return Prediction("account_locked")
        if new in WEAK_PASSWORDS or new == current:
            return Prediction(weak(new, *(("unchanged",) if new == current else ())))
        if current != person.password:
            return self._wrong(name, ActorKind.PATIENT, seat.device)

        def effect() -> None:
            self.counts[name] = Count()
            person.password = new
            self._end_links(person, "new password")
            for other in person.seats:
                other.is_over = other.is_over or other is not seat
            self.note(person, "password_changed", ActorKind.PATIENT, seat.device)
            self._tell(person, NoticeKind.PASSWORD_CHANGED)

        return Prediction(DONE, effect)

    def change_email(self, person: Person, seat: Seat, password: str, new: str) -> Prediction:
        """The session, the lock, the password; only whoever said that learns what is wrong with the address."""
        if not self.is_live(seat):
            return Prediction("session_ended")
        name = person.name or ""
        if self.is_locked(name):
            return Prediction("account_locked")
        if password != person.password:
            return self._wrong(name, ActorKind.PATIENT, seat.device)
        if mailbox(new) == mailbox(person.email or ""):
            return Prediction("bad_input: unchanged")
        if self.now < self.email_may_change_at(person):
            return Prediction("too_many_email_changes")

        def effect() -> None:
            self.counts[name] = Count()
            self._end_links(person, "replaced", kind="confirmation")
            person.links.append(Link("confirmation", self.now, proposed=new))
            person.email_changes.append(self.now)
            self.note(person, "email_change_requested", ActorKind.PATIENT, seat.device)
            self._tell(person, NoticeKind.CONFIRM_EMAIL, person.links[-1], given_email=new)
            self._tell(person, NoticeKind.EMAIL_CHANGE_REQUESTED, given_email=person.email or "")

        return Prediction(DONE, effect)

    def set_language(self, person: Person, seat: Seat, language: str | None) -> Prediction:
        """Whoever is in may choose; nobody is told."""
        if not self.is_live(seat):
            return Prediction("session_ended")

        def effect() -> None:
            person.language = language
            self.note(person, "language_changed", ActorKind.PATIENT, seat.device)

        return Prediction(DONE, effect if language != person.language else nothing)

    def set_notices(self, person: Person, seat: Seat, wants: Channel) -> Prediction:
        """Whoever is in may choose how messages come, text messages where the practice sends any; nobody is told."""
        if not self.is_live(seat):
            return Prediction("session_ended")
        if wants is Channel.TEXT and not self.policy.notices.texts:
            return Prediction("texts_not_offered")

        def effect() -> None:
            person.wants = wants
            self.note(person, "notices_chosen", ActorKind.PATIENT, seat.device)

        return Prediction(DONE, effect if wants is not person.wants else nothing)

    def confirm_email(self, person: Person, letter: Letter | None) -> Prediction:
        """Whoever has the open link has the address."""
        if letter is None or not self._opens(letter, "confirmation"):
            return Prediction("link_invalid")

        def effect() -> None:
            letter.link.fate = "used"
            self._move(person, letter.link.proposed, ActorKind.PATIENT)

        return Prediction(DONE, effect)

    def write_down_email(self, person: Person, new: str) -> Prediction:
        """The practice needs no confirmation, and may do so as often as it likes; that counts for nothing."""

        def effect() -> None:
            person.written_down_at = self.now
            self._move(person, new, ActorKind.STAFF)

        return Prediction(DONE, nothing if mailbox(new) == mailbox(person.email or "") else effect)

    def set_security_answers(
        self, person: Person, seat: Seat, password: str, answers: Mapping[SecurityQuestion, str]
    ) -> Prediction:
        """The session, the lock, the answers, and only then whether the password is right."""
        if not self.is_live(seat):
            return Prediction("session_ended")
        name = person.name or ""
        if self.is_locked(name):
            return Prediction("account_locked")
        if not self.policy.recovery.by_question:
            return Prediction("no_questions")
        if answers is WEAK_ANSWERS:
            return Prediction("weak_answers")
        if password != person.password:
            return self._wrong(name, ActorKind.PATIENT, seat.device)

        def effect() -> None:
            self.counts[name] = Count()
            person.answers = answers
            self.note(person, "security_answers_changed", ActorKind.PATIENT, seat.device)
            self._tell(person, NoticeKind.SECURITY_ANSWERS_CHANGED)

        return Prediction(DONE, effect)

    def _move(self, person: Person, new: str, by: ActorKind) -> None:
        former, person.email = person.email, new
        self._end_links(person, "new address")
        self.note(person, "email_changed", by)
        self._tell(person, NoticeKind.EMAIL_CHANGED, given_email=former or "")
