"""The part of the model for joining: registered, invited, activated, shut out and let in again."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

from patientportal.domain.accounts.security_questions import SecurityQuestion
from patientportal.domain.events import ActorKind
from patientportal.domain.ids import PatientId
from patientportal.domain.told import NoticeKind
from patientportal.testing.accounts.kept import Count, Letter, Link, Person
from patientportal.testing.accounts.model_base import AccountsModel
from patientportal.testing.accounts.typed import WEAK_ANSWERS, WEAK_PASSWORDS, weak
from patientportal.testing.machine_base import DONE, Prediction, nothing
from patientportal.testing.world import BORN


class JoiningModel(AccountsModel):
    """Who has an account, and who may use it."""

    def register(self, email: str, last_name: str) -> Prediction:
        """Anybody may be registered; who they are is known only afterwards."""

        def effect() -> None:
            somebody = Person(id=PatientId(""), email=email, last_name=last_name)
            self.people.append(somebody)
            self._invite(somebody, "patient_registered")

        return Prediction(DONE, effect)

    def found(self, last_names: Sequence[str]) -> list[tuple[PatientId, bool, bool]]:
        """Everybody with one of these last names, by their ids; whether they are active, and have an account."""
        called = [person for person in self.people if person.last_name in last_names]
        return sorted((person.id, person.is_active, person.name is not None) for person in called)

    def invite(self, person: Person) -> Prediction:
        """A newer invitation is the only one."""
        if not person.is_active:
            return Prediction("patient_inactive")
        if person.name is not None:
            return Prediction("already_activated")

        def effect() -> None:
            self._end_links(person, "replaced")
            self._invite(person, "patient_invited")

        return Prediction(DONE, effect)

    def print_invitation(self, person: Person) -> Prediction:
        """As by mail; only that nobody is told."""
        refused = self.invite(person).answer
        effect = partial(self._print, person, "invitation", "invitation_printed")
        return Prediction(refused, effect if refused == DONE else None)

    def activate(
        self,
        person: Person,
        letter: Letter | None,
        name: str,
        password: str,
        answers: Mapping[SecurityQuestion, str],
        *,
        born: date,
        is_code: bool,
    ) -> Prediction:
        """Whether answers are wanted at all, then the link, the birth date, and what was chosen."""
        if answers and not self.policy.recovery.by_question:
            return Prediction("no_questions")
        if is_code:
            refused = self.refused_code(letter, "invitation", born)
            if refused is not None:
                return refused
        if letter is None or not self._opens(letter, "invitation"):
            return Prediction("link_invalid")
        if not is_code and self.policy.invitations.ask_birth_date and born != BORN:
            left, mistake = self._mistake(person, letter.link)
            return Prediction(f"wrong_birth_date: {left}", mistake)
        if wrong := self._wrong_choice(name, password, answers):
            return Prediction(wrong, earlier_commits=1)

        def effect() -> None:
            person.name, person.password, person.answers = name, password, answers
            letter.link.fate = "used"
            self.counts[name] = Count()
            self.note(person, "account_activated", ActorKind.PATIENT)

        return Prediction(DONE, effect, earlier_commits=1)

    def _wrong_choice(self, name: str, password: str, answers: Mapping[SecurityQuestion, str]) -> str | None:
        """The name, the password, the answers."""
        if self.holder(name):
            return "username_taken"
        if password in WEAK_PASSWORDS:
            return weak(password)
        return "weak_answers" if answers is WEAK_ANSWERS else None

    def end_account(self, person: Person, email: str) -> Prediction:
        """As if there had never been an account; the name is anybody's, and nobody is told at a former address."""
        if person.name is None:
            return Prediction("not_found")

        def effect() -> None:
            self.counts[person.name or ""] = self.answer_counts[person] = Count()
            person.name = person.password = person.lock_told_at = None
            person.answers, person.email = {}, email
            self._end_links(person, "account ended")
            self._end_seats(person)
            for notice in (*self.notices, *self.given_up):
                notice.is_gone = notice.is_gone or (notice.person is person and notice.given_email is not None)
            self.note(person, "account_ended", ActorKind.STAFF)

        return Prediction(DONE, effect)

    def deactivate(self, person: Person) -> Prediction:
        """Out at once, by every way; links and sessions end for good."""

        def effect() -> None:
            person.is_active = False
            self._end_links(person, "shut out")
            self._end_seats(person)
            self.note(person, "patient_deactivated", ActorKind.STAFF)

        return Prediction(DONE, effect if person.is_active else nothing)

    def reactivate(self, person: Person) -> Prediction:
        """May log in again; nothing that ended begins again."""

        def effect() -> None:
            person.is_active = True
            self.note(person, "patient_reactivated", ActorKind.STAFF)

        return Prediction(DONE, nothing if person.is_active else effect)

    def _invite(self, person: Person, what: str) -> None:
        person.links.append(Link("invitation", self.now))
        self.note(person, what, ActorKind.STAFF)
        self._tell(person, NoticeKind.INVITATION, person.links[-1])
