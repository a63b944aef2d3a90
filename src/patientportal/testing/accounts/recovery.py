"""The part of the machine for recovery: questions and answers, links for a new password, and what comes in between."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import MultipleResults, invariant, multiple, precondition, rule

from patientportal.application.accounts import recovery
from patientportal.domain.accounts.security_questions import SecurityQuestion
from patientportal.domain.told import NoticeKind
from patientportal.ports.notifier import Answer
from patientportal.testing.accounts.joining import JoiningMachine
from patientportal.testing.accounts.kept import Challenge, Person, Subject
from patientportal.testing.accounts.machine_base import PATIENTS_MAX, patients
from patientportal.testing.accounts.own_account import OwnAccountMachine
from patientportal.testing.accounts.typed import (
    ANSWER_SETS,
    NO_ANSWERS,
    NOBODYS,
    NOT_BORN,
    SPELLINGS,
    TIRED,
    TIRED_FIRST_NAME,
    addresses,
    another_than,
    answer_sets,
    any_passwords,
    forged_from,
    last_names,
    typed,
)
from patientportal.testing.machine_base import DONE, INSTANT, Prediction, agree, indexes, latest, offsets, rarely
from patientportal.testing.world import BORN, person

QUESTIONS = {NoticeKind.PASSWORD_RESET: 1, NoticeKind.USERNAME_REMINDER: 2}
"""What recovery may have mailed, and how many questions it asks before."""


class RecoveryMachine(JoiningMachine, OwnAccountMachine):
    """Patients who forgot something, and whoever pretends to be one.

    Attributes:
        asked: which questions somebody was asked first, of those that they could have answered.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: dict[tuple[Subject, NoticeKind, frozenset[SecurityQuestion]], tuple[SecurityQuestion, ...]] = {}

    @rule(who=typed)
    def forget_password(self, who: tuple[str, str]) -> None:
        """Somebody says that they forgot the password of a name."""
        name, spelling = who
        self._start(
            lambda: self.portal.recovery.forgot_password(spelling),
            self.model.subject_of_name(name),
            NoticeKind.PASSWORD_RESET,
        )

    @rule(email=addresses | st.integers(1, PATIENTS_MAX).map("patient-{}@example.org".format), last_name=last_names)
    def forget_username(self, email: str, last_name: str) -> None:
        """Somebody says who they are, and perhaps nobody is, or two are."""
        typed_in = person(email=email.upper(), first_name=TIRED_FIRST_NAME, last_name=TIRED[last_name])
        self._start(
            lambda: self.portal.recovery.forgot_username(typed_in),
            self.model.subject_of_person(email, last_name),
            NoticeKind.USERNAME_REMINDER,
        )

    @precondition(lambda self: self.members() and len(self.model.people) < PATIENTS_MAX)
    @rule(target=patients, which=indexes)
    def register_again(self, which: int) -> MultipleResults[Person]:
        """The desk didn't see that somebody is there already; they ask for their username all the same."""
        somebody, _, _ = latest(self.members(), which)
        email = somebody.email or "nobody@example.org"
        doubles = self._registered(somebody.last_name, email)
        self.forget_username(email, somebody.last_name)
        if doubles and self.model.challenges:
            before = len(somebody.links)
            self.answer(0, None, forged=False)
            self._reach("somebody registered twice got back in", when=len(somebody.links) > before)
        return multiple(*doubles)

    def _start(self, call: Callable[[], recovery.Challenge | None], subject: Subject, tells: NoticeKind) -> None:
        """Whoever is asked is asked the same each time; patients are asked what they have answered."""
        if not self.policy.recovery.by_question:
            self._request(call, subject, tells)
            return
        had_closed = self.model.answer_counts[subject].locked_at is not None
        _, challenge = self._ask(call, self.model.start_recovery(subject))
        if challenge is None:
            return
        self._reach("recovery opened again", when=had_closed)
        answers = subject.answers if isinstance(subject, Person) else {}
        asked = Challenge(subject, tells, answers, self.model.now, challenge.id, challenge.questions)
        self.model.challenges.append(asked)
        known = frozenset(subject.answers if isinstance(subject, Person) else SecurityQuestion)
        agree("questions", predicted=QUESTIONS[tells], answered=len(known & {*asked.questions}))
        usual = self.asked.setdefault((subject, tells, known), asked.questions)
        agree("the same questions", predicted=usual, answered=asked.questions)

    def _request(self, call: Callable[[], recovery.Challenge | None], subject: Subject, tells: NoticeKind) -> None:
        """Nobody is asked, whoever they are."""
        if isinstance(subject, Person):
            is_new, enough = not self.model.open_reset(subject), self.model.has_enough(subject, tells)
            self._reach("an inactive patient was named", when=not subject.is_active)
            self._reach("a letter was enough", when=enough)
            self._reach("too many letters were mailed", when=not enough and self.model.had_enough(subject))
            works = not is_new and self.model.has_enough(subject, NoticeKind.PASSWORD_RESET)
            self._reach("a username was told beside a letter that works", when=works and not enough)
            self._reach("a letter came in place of one that was over", when=not is_new and not works)
        else:
            self._reach("nobody was named")
        _, challenge = self._ask(call, self.model.request_link(subject, tells))
        agree("questions", predicted=None, answered=challenge)

    @precondition(lambda self: self.members() and not self.policy.recovery.by_question)
    @rule(which=indexes, by_name=st.lists(st.booleans(), min_size=1, max_size=4), offset=offsets)
    def ask_for_letters(self, which: int, by_name: list[bool], offset: timedelta) -> None:
        """A patient, or a stranger, asks for one letter after another, from both sides, until the last one is over."""
        somebody, name, _ = latest(self.members(), which)
        for is_name in by_name:
            if is_name:
                self.forget_password((name, SPELLINGS[name][-1]))
            else:
                self.forget_username(somebody.email or "nobody@example.org", somebody.last_name)
            self.work(limit=100, answer=Answer.SENT)
        if self.letters("reset"):
            self.let_a_letter_lie(0, offset)
        self.forget_password((name, name))

    @precondition(lambda self: self.members() and not self.policy.recovery.by_question)
    @rule(which=indexes, times=st.integers(1, 3))
    def recover_and_forget(self, which: int, times: int) -> None:
        """A patient sets a new password by a letter, and forgets that, too."""
        _, name, _ = latest(self.members(), which)
        for _ in range(times):
            self.forget_password((name, name))
            self.work(limit=100, answer=Answer.SENT)
            if self.letters("reset"):
                self.reset_password(0, None, forged=False)

    @precondition(lambda self: self.model.challenges)
    @rule(which=indexes, said=st.none() | answer_sets, forged=rarely)
    def answer(self, which: int, said: Mapping[SecurityQuestion, str] | None, *, forged: bool) -> None:
        """Somebody answers, an old question perhaps; without ``said``, rightly, if anybody could."""
        asked = latest(self.model.challenges, which)
        known = said if said is not None else asked.subject.answers if isinstance(asked.subject, Person) else {}
        given = {question: known.get(question, NOBODYS).upper() for question in asked.questions}
        prediction = self.model.answer(None if forged else asked, given)
        if self.store.good_commits != 0:
            self._see_answer(asked, given, prediction.answer)
        self._ask(lambda: self.portal.recovery.answer(forged_from(asked.id) if forged else asked.id, given), prediction)

    def _see_answer(self, asked: Challenge, given: Mapping[SecurityQuestion, str], answer: str) -> None:
        somebody = asked.subject if isinstance(asked.subject, Person) else None
        is_right, was_right = (
            all(given[question] == answers.get(question, "").upper() for question in asked.questions)
            for answers in (somebody.answers if somebody else {}, asked.answers)
        )
        is_wrong, is_over = answer.startswith("wrong_answer"), self.model.now >= self.model.challenge_ends_at(asked)
        closes = answer == "wrong_answer: 0"
        self._reach("an expired question was answered", when=is_over)
        self._reach("a right answer came again", when=is_right and not is_over and answer == "challenge_invalid")
        self._reach("a right answer came while closed", when=is_right and answer == "recovery_closed")
        self._reach("a right answer had been replaced", when=was_right and not is_right and is_wrong)
        self._reach("a new answer to an old question was right", when=answer == DONE and not was_right)
        self._reach("an inactive patient answered rightly", when=is_right and is_wrong)
        self._reach("somebody's recovery closed" if somebody else "nobody's recovery closed", when=closes)
        if somebody and answer == DONE:
            waits = self.model.reset_may_be_mailed_at(somebody) > self.model.now
            self._reach("too many resets were mailed", when=waits)

    @rule(somebody=patients)
    def send_password_reset(self, somebody: Person) -> None:
        """Support has a link for a new password mailed."""
        self._ask(lambda: self.desk.support.send_password_reset(somebody.id), self.model.send_password_reset(somebody))

    @precondition(lambda self: self.members())
    @rule(which=indexes, guesses=st.sampled_from((0, 0, 1, 4)))
    def print_password_reset(self, which: int, guesses: int) -> None:
        """Support hands a code over, and somebody else guesses at the birth date before the patient types it."""
        somebody, _, _ = latest(self.members(), which)
        self._printed(
            somebody,
            lambda: self.desk.support.print_password_reset(somebody.id),
            self.model.print_password_reset(somebody),
        )
        for born in (*[NOT_BORN] * guesses, BORN) if self.letters("reset") else ():
            self.reset_password(0, None, forged=False, born=born)
        is_over = any(link.is_printed and link.fate == "mistaken" for link in somebody.links)
        self._reach("a code ended by wrong birth dates", when=is_over)

    @precondition(lambda self: self.letters("reset"))
    @rule(which=indexes, new=st.none() | any_passwords, forged=rarely)
    def reset_password(self, which: int, new: str | None, *, forged: bool, born: date = BORN) -> None:
        """Somebody opens a letter, an old one perhaps, sets a password, without ``new`` another one, and logs in."""
        letter = latest(self.letters("reset"), which)
        somebody, secret = letter.person, letter.secret
        name, wanted = somebody.name or "", new or another_than(somebody.password)
        was_locked, live = bool(name) and self.model.is_locked(name), self._live(somebody)
        self._reach("a used reset was tried", when=letter.link.fate == "used")
        answer, _ = self._ask(
            lambda: self.portal.recovery.reset_password(
                forged_from(secret) if forged else secret, wanted, date_of_birth=born
            ),
            self.model.reset_password(
                somebody, None if forged else letter, wanted, born=born, is_code=letter.link.is_printed
            ),
        )
        if answer == DONE:
            self._forget(name)
            self._reach("a printed reset was used", when=letter.link.is_printed)
            self._reach("a session ended by a reset", when=live)
            self.log_in((name, name), wanted, "phone")
            self._reach("a locked-out patient got back in by a reset", when=was_locked and self._live(somebody))

    def _recall(self, which: int, said: Sequence[Mapping[SecurityQuestion, str] | None], *, by_name: bool) -> None:
        """A patient is asked again and again, from both sides in turn, and answers."""
        somebody, name, _ = latest(self.members(), which)
        counted = set()
        for number, answers in enumerate(said):
            before = self.model.answer_counts[somebody].wrong
            if by_name == (number % 2 == 0):
                self.forget_password((name, SPELLINGS[name][-1]))
            else:
                self.forget_username(somebody.email or "nobody@example.org", somebody.last_name)
            if self.model.challenges:
                self.answer(0, answers, forged=False)
            if self.model.answer_counts[somebody].wrong > before:
                counted.add(number % 2)
        self._reach("wrong answers came from both sides", when=len(counted) > 1)

    @precondition(lambda self: self.members())
    @rule(
        which=indexes,
        guesses=st.sampled_from((0, 4)),
        wrong=st.integers(0, 5),
        by_name=st.booleans(),
        again=rarely,
        moves=rarely,
    )
    def recover(self, which: int, guesses: int, wrong: int, *, by_name: bool, again: bool, moves: bool) -> None:
        """A patient, perhaps about to move, can't get in, answers wrongly, then rightly, and opens a letter or two."""
        _, name, _ = latest(self.members(), which)
        if moves:
            self.change_email_at_home(which, timedelta(0), 1)
        self.guess((name, name), guesses)
        self._recall(which, (*[NO_ANSWERS] * wrong, None), by_name=by_name)
        self.work(limit=100, answer=Answer.SENT)
        for _ in range(1 + again if self.letters("reset") else 0):
            self.reset_password(0, None, forged=False)

    @precondition(lambda self: self.members())
    @rule(which=indexes, offset=offsets)
    def recover_again_and_again(self, which: int, offset: timedelta) -> None:
        """A patient asks for one mail after another, and once more when that is allowed."""
        somebody, _, _ = latest(self.members(), which)
        self._recall(which, [None] * (self.policy.recovery.mails_an_hour + 1), by_name=True)
        self._wait_until(self.model.reset_may_be_mailed_at(somebody) + offset)
        self._recall(which, [None], by_name=False)

    @precondition(lambda self: self.members())
    @rule(which=indexes, after=st.sampled_from((timedelta(0), INSTANT)), by_support=rarely)
    def press_twice(self, which: int, after: timedelta, *, by_support: bool) -> None:
        """A patient is asked, and answers once more when a link is on its way already."""
        somebody, name, _ = latest(self.members(), which)
        self.forget_password((name, name))
        self._wait_until(self.model.now + after)
        if by_support:
            self.send_password_reset(somebody)
        for _ in range(2 if self.model.challenges else 0):
            self.answer(0, None, forged=False)

    @rule(who=typed, times=st.integers(1, 4), offset=offsets)
    def wait_for_recovery(self, who: tuple[str, str], times: int, offset: timedelta) -> None:
        """Somebody answers wrongly until nobody is asked any more, waits for a day, and may be wrong again."""
        name, _ = who
        for said in (*[NO_ANSWERS] * self.policy.recovery.attempts, None):
            self.forget_password(who)
            if self.model.challenges:
                self.answer(0, said, forged=False)
        opens_at = self.model.recovery_opens_at(self.model.subject_of_name(name))
        if opens_at is not None:
            self._wait_until(opens_at + offset)
        self.forget_password(who)
        for said in (*[NO_ANSWERS] * (times - 1), None) if self.model.challenges else ():
            self.answer(0, said, forged=False)

    @precondition(lambda self: self.members())
    @rule(which=indexes, what=st.sampled_from(("reset", "password", "address", "shut out", "time")), offset=offsets)
    def recover_too_late(self, which: int, what: str, offset: timedelta) -> None:
        """A patient has a letter, and before it is opened something ends its link."""
        somebody, name, password = latest(self.members(), which)
        self.send_password_reset(somebody)
        self.work(limit=100, answer=Answer.SENT)
        self.log_in((name, name), password, "phone")
        if what == "reset":
            self._recall(which, [None], by_name=True)
        elif what == "password" and self.seats():
            self.change_password(0, None, another_than(password))
        elif what == "address":
            self.move(which, offset, 1, doubts=False)
        elif what == "shut out":
            self.shut_out(somebody, (name, name), password, for_long=False)
        elif self.letters("reset"):
            self.let_a_letter_lie(0, offset)
        if self.letters("reset"):
            self.reset_password(0, None, forged=False)

    @precondition(lambda self: self.members())
    @rule(which=indexes, as_before=st.booleans(), late=rarely, offset=offsets)
    def think_of_other_answers(self, which: int, offset: timedelta, *, as_before: bool, late: bool) -> None:
        """A patient is asked, remembers the password, sets other answers, and then gives these or those of before."""
        somebody, name, password = latest(self.members(), which)
        before = somebody.answers
        self.forget_password((name, name))
        self.log_in((name, name), password, "phone")
        if self.seats():
            self.set_security_answers(0, None, latest([other for other in ANSWER_SETS if other != before], which))
        if late and self.model.challenges:
            self._wait_until(self.model.challenge_ends_at(self.model.challenges[-1]) + offset)
        if self.model.challenges:
            self.answer(0, before if as_before else None, forged=False)

    @precondition(lambda self: self.members())
    @rule(which=indexes)
    def recover_while_shut_out(self, which: int) -> None:
        """A patient who has been shut out answers rightly, and that doesn't help."""
        somebody, _, _ = latest(self.members(), which)
        self._ask(lambda: self.desk.patients.deactivate(somebody.id), self.model.deactivate(somebody))
        self._recall(which, [None], by_name=True)
        self.reactivate(somebody)

    @invariant()
    def nobody_is_asked_while_recovery_is_closed(self) -> None:
        """Be they known or not."""
        for name in SPELLINGS:
            if self.model.is_closed(self.model.subject_of_name(name)):
                self._ask(partial(self.portal.recovery.forgot_password, name), Prediction("recovery_closed"))
