"""The part of the machine for joining: patients are registered and invited, come by an account, and are shut out."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import MultipleResults, initialize, invariant, multiple, precondition, rule

from patientportal.application.accounts.printing import PrintedCode
from patientportal.domain.accounts.account_end import AccountEndReason
from patientportal.domain.accounts.patient_states import PatientState
from patientportal.domain.accounts.security_questions import SecurityQuestion
from patientportal.ports.notifier import Answer
from patientportal.testing.accounts.kept import Letter, Person
from patientportal.testing.accounts.machine_base import PATIENTS_MAX, patients
from patientportal.testing.accounts.sessions import SessionsMachine
from patientportal.testing.accounts.telling import TellingMachine
from patientportal.testing.accounts.typed import (
    FOUND,
    NOT_BORN,
    WEAK_ANSWERS,
    addresses,
    any_passwords,
    forged_from,
    good_passwords,
    last_names,
    typed,
)
from patientportal.testing.machine_base import DONE, Prediction, agree, indexes, latest, offsets, rarely
from patientportal.testing.world import ANSWERS, BORN, person


class JoiningMachine(SessionsMachine, TellingMachine):
    """What the practice does about patients, and how these come by an account."""

    # The practice

    @initialize(target=patients, who=typed, password=good_passwords)
    def somebody_joins_first(self, who: tuple[str, str], password: str) -> MultipleResults[Person]:
        """Runs begin where somebody has an account and is in."""
        return multiple(*self._joined(who, password))

    @precondition(lambda self: len(self.model.people) < PATIENTS_MAX)
    @rule(target=patients, who=typed, password=good_passwords, guesses=st.sampled_from((0, 1, 4)))
    def join(self, who: tuple[str, str], password: str, guesses: int) -> MultipleResults[Person]:
        """What patients do when all goes well, under a name that others may have guessed at before it was anybody's."""
        self.guess(who, guesses)
        return multiple(*self._joined(who, password))

    @precondition(lambda self: len(self.model.people) < PATIENTS_MAX)
    @rule(
        target=patients,
        last_name=last_names,
        understood=st.sampled_from(sorted(FOUND)),
        is_known=st.booleans(),
        is_invited=st.booleans(),
        has_email=st.booleans(),
    )
    def register(
        self, last_name: str, understood: str, *, is_known: bool, is_invited: bool, has_email: bool
    ) -> MultipleResults[Person]:
        """The front desk registers somebody, and looks who else has the last name that it understood.

        It has the hospital's key or not, an address or not, and may invite them later.
        """
        key = f"key-{len(self.model.people) + 1}" if is_known else None
        registered = self._registered(last_name, external_id=key, is_invited=is_invited, has_email=has_email)
        self._find(understood)
        return multiple(*registered)

    @precondition(lambda self: any(one.external_id for one in self.model.people))
    @rule(which=indexes, other=addresses)
    def bring_in_again(self, which: int, other: str) -> None:
        """The hospital sends somebody whom it has sent before, first the same, and then with another address."""
        somebody = latest([one for one in self.model.people if one.external_id], which)
        for email in (somebody.email, other):
            again = partial(self.desk.patients.register, person(email=email, last_name=somebody.last_name))
            answer, patient_id = self._ask(
                partial(again, external_id=somebody.external_id),
                self.model.register(email, somebody.last_name, somebody.external_id),
            )
            agree("the same patient", predicted=somebody.id if answer == DONE else None, answered=patient_id)
            self._reach("a key of the hospital's came again", when=answer == DONE)
            self._reach("a key of the hospital's came with other data", when=answer == "external_id_taken")

    @rule(somebody=patients, email=st.none() | addresses, last_name=st.none() | last_names, key=indexes)
    def correct(self, somebody: Person, email: str | None, last_name: str | None, key: int) -> None:
        """The desk puts right a name, an address, or the hospital's key, which may be somebody else's."""
        keys = ("", somebody.external_id or "", *(one.external_id or "" for one in self.model.people))
        external_id = keys[key % len(keys)]
        right = person(
            email=email or somebody.email, last_name=last_name or somebody.last_name, language=somebody.language
        )
        answer, _ = self._ask(
            lambda: self.desk.patients.correct(somebody.id, right, external_id=external_id),
            self.model.correct(somebody, right.email, right.last_name, external_id),
        )
        self._reach("a correction was for change_email", when=answer == "use_change_email")
        self._find(right.last_name if right.last_name in FOUND else "King")

    def _find(self, last_name: str) -> None:
        answered = self.desk.patients.find(last_name=last_name)
        shown = [(one.patient_id, one.is_active, one.has_account) for one in answered]
        agree("found", predicted=self.model.found(FOUND[last_name]), answered=shown)

    @invariant()
    def the_practice_sees_where_everybody_stands(self) -> None:
        """In each list those who belong there, and all of them in that of all."""
        for state in (None, *PatientState):
            predicted = sorted(one.id for one in self.model.in_state(state))
            seen = self.desk.patients.all(state=state, limit=200).items
            agree(f"patients who are {state}", predicted=predicted, answered=sorted(one.patient_id for one in seen))

    def _joined(self, who: tuple[str, str], password: str) -> list[Person]:
        joined = self._registered()
        self.work(limit=100, answer=Answer.SENT)
        if self.letters("invitation"):
            self.activate(0, who, password, forged=False)
        self.log_in(who, password, "phone")
        return joined

    def _registered(
        self,
        last_name: str = "Byron",
        email: str = "",
        *,
        external_id: str | None = None,
        is_invited: bool = True,
        has_email: bool = True,
    ) -> list[Person]:
        to = (email or f"patient-{len(self.model.people) + 1}@example.org") if has_email else None
        somebody = person(email=to, last_name=last_name)
        _, patient_id = self._ask(
            lambda: self.desk.patients.register(somebody, external_id=external_id, invite=is_invited),
            self.model.register(to, last_name, external_id, is_invited=is_invited),
        )
        if patient_id is None:
            return []
        self.model.people[-1].id = patient_id
        return self.model.people[-1:]

    @rule(somebody=patients, on_paper=rarely)
    def invite(self, somebody: Person, *, on_paper: bool = False) -> None:
        """The practice invites somebody again, or hands an invitation over."""
        if on_paper:
            call = partial(self.desk.patients.print_invitation, somebody.id)
            self._printed(somebody, call, self.model.print_invitation(somebody))
        else:
            self._ask(lambda: self.desk.patients.invite(somebody.id), self.model.invite(somebody))

    def _printed(self, somebody: Person, call: Callable[[], PrintedCode], prediction: Prediction) -> None:
        _, printed = self._ask(call, prediction)
        if printed is not None:
            link = somebody.links[-1]
            self.mailed.append(Letter(somebody, printed.code, link, self.model.now))
            ends_at = self.model.now + self.model.works_for(link)
            agree("the end of a code", predicted=ends_at, answered=printed.valid_until)

    @rule(somebody=patients, new=addresses)
    def write_down_email(self, somebody: Person, new: str) -> None:
        """The practice writes down another address, which may be the present one."""
        self._ask(lambda: self.desk.patients.change_email(somebody.id, new), self.model.write_down_email(somebody, new))

    @rule(somebody=patients, who=typed, password=good_passwords, for_long=rarely)
    def shut_out(self, somebody: Person, who: tuple[str, str], password: str, *, for_long: bool) -> None:
        """The practice deactivates somebody; mostly that was a mistake, found when somebody couldn't log in."""
        self._ask(lambda: self.desk.patients.deactivate(somebody.id), self.model.deactivate(somebody))
        if not for_long:
            self.log_in(who, password, "")
            self.reactivate(somebody)

    @precondition(lambda self: self.members())
    @rule(which=indexes, email=addresses, who=typed, new=good_passwords, is_told=rarely, returns=st.booleans())
    def end_account(
        self, which: int, email: str, who: tuple[str, str], new: str, *, is_told: bool, returns: bool
    ) -> None:
        """A stranger has somebody's account; it ends, whoever had it tries, and the patient perhaps begins anew."""
        somebody, name, password = latest(self.members(), which)
        letters, live = [one for one in self.letters("reset") if one.person is somebody], self._live(somebody)
        if is_told:
            self._ask(
                lambda: self.desk.support.send_password_reset(somebody.id), self.model.send_password_reset(somebody)
            )
        answer, _ = self._ask(
            lambda: self.desk.patients.end_account(somebody.id, email=email, reason=AccountEndReason.WRONG_PERSON),
            self.model.end_account(somebody, email),
        )
        if answer != DONE:
            return
        self._forget(name)
        self._reach("a session ended with its account", when=live)
        self._reach("a reset ended with its account", when=any(one.link.fate == "account ended" for one in letters))
        self.log_in((name, name), password, "")
        if returns:
            self.invite(somebody)
            self.work(limit=100, answer=Answer.SENT)
            if self.letters("invitation"):
                self._activate(0, who, new)
                self._reach("somebody began anew", when=somebody.name)

    @rule(somebody=patients)
    def reactivate(self, somebody: Person) -> None:
        """The practice finds somebody and lets them in again."""
        self._find("byron")
        self._ask(lambda: self.desk.patients.reactivate(somebody.id), self.model.reactivate(somebody))

    @rule(somebody=patients, offset=offsets)
    def invite_in_vain(self, somebody: Person, offset: timedelta) -> None:
        """An invitation that has to be sent twice, and then lies around until its time is over: that of the first."""
        self.invite(somebody)
        self.work(limit=100, answer=Answer.LATER)
        if self.model.notices:
            self.work_when_due(Answer.SENT, timedelta(0), fails=False)
        if self.letters("invitation"):
            self.let_a_letter_lie(0, offset)

    @rule(somebody=patients, new=addresses)
    def invite_where_nobody_reads(self, somebody: Person, new: str) -> None:
        """An invitation to an address that turns out to be the wrong one."""
        self.invite(somebody)
        self.work(limit=100, answer=Answer.SENT)
        self.write_down_email(somebody, new)

    # Whoever has a letter

    @precondition(lambda self: self.letters("invitation"))
    @rule(which=indexes, who=typed, password=good_passwords, forged=rarely)
    def activate(self, which: int, who: tuple[str, str], password: str, *, forged: bool) -> None:
        """Somebody opens a letter, an old one perhaps, and chooses a name and a password."""
        self._activate(which, who, password, forged=forged)

    @precondition(lambda self: self.letters("invitation"))
    @rule(which=indexes, who=typed, password=any_passwords, answers=st.sampled_from((ANSWERS, WEAK_ANSWERS)))
    def activate_weakly(
        self, which: int, who: tuple[str, str], password: str, answers: dict[SecurityQuestion, str]
    ) -> None:
        """Somebody opens a letter, and what they choose may not be good enough."""
        self._activate(which, who, password, answers=answers)

    @precondition(lambda self: any(not one.name for one in self.model.people))
    @rule(which=indexes, who=typed, password=good_passwords, wrong=st.integers(0, 4), on_paper=st.booleans())
    def mistake_the_birth_date(
        self, which: int, who: tuple[str, str], password: str, wrong: int, *, on_paper: bool
    ) -> None:
        """Somebody else gets a letter, or a paper, and guesses at the birth date; then the patient says it rightly."""
        somebody = latest([one for one in self.model.people if not one.name], which)
        self.reactivate(somebody)
        self.invite(somebody, on_paper=on_paper)
        self.work(limit=100, answer=Answer.SENT)
        if not self.letters("invitation"):
            return
        link = latest(self.letters("invitation"), 0).link
        for born in (*[NOT_BORN] * wrong, BORN):
            self._activate(0, who, password, born=born)
        ended = "a code" if link.is_printed else "a link"
        self._reach(f"{ended} ended by wrong birth dates", when=link.fate == "mistaken")
        self._reach("a mistaken birth date was put right", when=link.wrong_dates and link.fate == "used")

    def _activate(
        self,
        which: int,
        who: tuple[str, str],
        password: str,
        *,
        forged: bool = False,
        born: date = BORN,
        answers: Mapping[SecurityQuestion, str] | None = None,
    ) -> None:
        answers = self.wanted_answers if answers is None else answers
        letter = latest(self.letters("invitation"), which)
        somebody, secret = letter.person, letter.secret
        name, spelling = who
        self._reach("a used link was tried", when=letter.link.fate == "used")
        answer, _ = self._ask(
            lambda: self.portal.activate(
                forged_from(secret) if forged else secret,
                date_of_birth=born,
                username=spelling,
                password=password,
                security_answers=answers,
            ),
            self.model.activate(
                somebody, None if forged else letter, name, password, answers, born=born, is_code=letter.link.is_printed
            ),
        )
        self._reach("a printed invitation was used", when=answer == DONE and letter.link.is_printed)
        self._reach("a name was taken", when=answer == "username_taken")
        self._reach("answers were given where none are asked", when=answer == "no_questions")
        if answer == DONE:
            self._forget(name)
