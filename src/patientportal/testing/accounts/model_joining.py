"""The part of the model for joining: registered, invited, activated, shut out and let in again."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

from patientportal.domain.accounts.patient_states import PatientState
from patientportal.domain.accounts.security_questions import SecurityQuestion
from patientportal.domain.events import ActorKind
from patientportal.domain.ids import PatientId
from patientportal.domain.told import NoticeKind
from patientportal.testing.accounts.kept import Count, Letter, Link, Person
from patientportal.testing.accounts.model_base import AccountsModel
from patientportal.testing.accounts.typed import WEAK_ANSWERS, WEAK_PASSWORDS, mailbox, weak
from patientportal.testing.machine_base import DONE, Prediction, nothing
from patientportal.testing.world import BORN


class JoiningModel(AccountsModel):
    """Who has an account, and who may use it."""

    def register(
        self, email: str | None, last_name: str, external_id: str | None = None, *, is_invited: bool = True
    ) -> Prediction:
        """Anybody may be registered; who they are is known only afterwards, unless the hospital's key says so."""
        known = self.known_as(external_id)
        if known is not None:
            is_same = (known.email, known.last_name, known.language) == (email, last_name, None)
            return Prediction(DONE, nothing) if is_same else Prediction("external_id_taken")

        def effect() -> None:
            somebody = Person(id=PatientId(""), email=email, last_name=last_name, external_id=external_id)
            self.people.append(somebody)
            if is_invited:
                self._invite(somebody, "patient_registered")
            else:
                self.note(somebody, "patient_registered", ActorKind.STAFF)

        return Prediction(DONE, effect)

    def known_as(self, external_id: str | None) -> Person | None:
        """Whoever has this key of the hospital's."""
        return next((one for one in self.people if external_id is not None and one.external_id == external_id), None)

    def correct(self, person: Person, email: str | None, last_name: str, external_id: str) -> Prediction:
        """The key that somebody else has; then the address, which isn't corrected for who has an account."""
        holder = self.known_as(external_id)
        if holder is not None and holder is not person:
            return Prediction("external_id_taken")
        moves = mailbox(email or "") != mailbox(person.email or "")
        is_right = (person.last_name, person.external_id or "") == (last_name, external_id)
        if is_right and not moves:
            return Prediction(DONE, nothing)
        if moves and person.name is not None:
            return Prediction("use_change_email")

        def effect() -> None:
            person.last_name, person.external_id = last_name, external_id or None
            if moves:
                person.email = email
                self._end_links(person, "new address")
            self.note(person, "patient_corrected", ActorKind.STAFF)
            if person.name is not None:
                self._tell(person, NoticeKind.DETAILS_CORRECTED)

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

    def in_state(self, state: PatientState | None) -> list[Person]:
        """Who stands so, in any order."""
        return [one for one in self.people if state is None or state in self._states(one)]

    def _states(self, person: Person) -> set[PatientState]:
        states = {PatientState.LOCKED} if person.name is not None and self.is_locked(person.name) else set()
        if not person.is_active:
            return states | {PatientState.INACTIVE}
        if person.name is not None:
            return states | {PatientState.ACTIVE}
        invitations = [link for link in person.links if link.kind == "invitation" and link.fate == "open"]
        is_invited = any(not link.told_at or self.has_letter(link) for link in invitations)
        return {PatientState.INVITED if is_invited else PatientState.NEVER_ACTIVATED}

    def _invite(self, person: Person, what: str) -> None:
        person.links.append(Link("invitation", self.now))
        self.note(person, what, ActorKind.STAFF)
        self._tell(person, NoticeKind.INVITATION, person.links[-1])
