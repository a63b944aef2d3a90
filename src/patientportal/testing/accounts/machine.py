"""A state machine over ``Portal``: patients, practice, worker and clock in any order, each answer predicted."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, initialize, invariant, multiple, precondition, rule

from patientportal.application.accounts import recovery
from patientportal.application.worker.work import Worked
from patientportal.domain.accounts.challenges import WrongAnswerError
from patientportal.domain.accounts.log_in import WrongCredentialsError
from patientportal.domain.accounts.passwords import WeakPasswordError
from patientportal.domain.accounts.security_questions import SecurityQuestion
from patientportal.domain.errors import PortalError
from patientportal.domain.ids import SessionId
from patientportal.domain.told import NoticeKind
from patientportal.domain.values.tokens import parsed
from patientportal.patient_access import PatientAccess
from patientportal.ports.notifier import Answer, Message
from patientportal.testing.accounts.model import (
    LEASE,
    QUESTIONS,
    SEEN_EVERY,
    SPELLINGS,
    WEAK_ANSWERS,
    WEAK_PASSWORDS,
    Challenge,
    Link,
    Model,
    Notice,
    Person,
    Seat,
    Subject,
    weak,
)
from patientportal.testing.machine_base import (
    DONE,
    INSTANT,
    PredictingMachine,
    Prediction,
    agree,
    indexes,
    latest,
    offsets,
    rarely,
    secret_of,
)
from patientportal.testing.world import ANSWERS, PASSWORD, person

RUN_MAX = timedelta(days=30) - INSTANT
"""The first things that are swept, but for questions, are guards of thirty days."""
PATIENTS_MAX = 4
REQUESTS_A_DAY_MAX = 100
PASSWORDS = (PASSWORD, "marble otter 7 sings!", "copper lantern 19 hums")
NOBODYS = "not anybody's 99"
OTHER_ANSWERS = dict.fromkeys(ANSWERS, "Mopsy the second")
OTHER_QUESTIONS = {SecurityQuestion.FAVOURITE_DISH: "Pancakes", SecurityQuestion.CHILDHOOD_FRIEND: "Mary"}
ANSWER_SETS = (ANSWERS, OTHER_ANSWERS, OTHER_QUESTIONS)
NO_ANSWERS: Mapping[SecurityQuestion, str] = {}
TIRED = {"first_name": "ADA", "last_name": "B\u00fdron"}
"""Somebody's names, typed in a hurry."""
ADDRESSES = ("home@example.org", "work@example.org", "mother@example.org")
TYPED = [(name, spelling) for name, spellings in SPELLINGS.items() for spelling in spellings]
SITUATIONS = frozenset(
    {
        "a commit failed",
        "a confirmation was tried after a new password",
        "a confirmation was tried after a newer request",
        "a confirmation was tried after a reset",
        "a delivery couldn't be begun",
        "a lock ended by support",
        "a locked name had a session open",
        "a locked-out patient got back in by a reset",
        "a message was sent twice",
        "a name was taken",
        "a new answer to an old question was right",
        "a reset was tried after a new address",
        "a reset was tried after a new password",
        "a reset was tried after a newer one",
        "a reset was tried by somebody shut out",
        "a right answer came while closed",
        "a right answer had been replaced",
        "a right password after all but one wrong one",
        "a right password came while locked",
        "a session ended by a reset",
        "a session ended by age",
        "a session ended by idleness",
        "a used confirmation was tried",
        "a used link was tried",
        "a used reset was tried",
        "a username was mailed",
        "a wrong present password locked",
        "an earlier invitation was tried",
        "an expired confirmation was tried",
        "an expired link was tried",
        "an expired question was answered",
        "an expired reset was tried",
        "an inactive patient answered rightly",
        "an inactive patient tried",
        "an invitation to another address was tried",
        "an old address was told of the new one",
        "an old question was forgotten",
        "an unknown name locked",
        "another device was logged off",
        "another session ended by a new password",
        "nobody's recovery closed",
        "recovery opened again",
        "somebody locked",
        "somebody's recovery closed",
        "too many addresses were asked for",
        "too many resets were mailed",
        "wrong answers came from both sides",
    }
)
"""What is rare, and what a run that is worth its time has come to; see ``PortalMachine.reached``."""
DEAD_LINKS = {
    ("invitation", "open"): "an expired link was tried",
    ("invitation", "replaced"): "an earlier invitation was tried",
    ("invitation", "new address"): "an invitation to another address was tried",
    ("confirmation", "open"): "an expired confirmation was tried",
    ("confirmation", "replaced"): "a confirmation was tried after a newer request",
    ("confirmation", "new password"): "a confirmation was tried after a new password",
    ("confirmation", "reset"): "a confirmation was tried after a reset",
    ("reset", "open"): "an expired reset was tried",
    ("reset", "replaced"): "a reset was tried after a newer one",
    ("reset", "new password"): "a reset was tried after a new password",
    ("reset", "new address"): "a reset was tried after a new address",
    ("reset", "shut out"): "a reset was tried by somebody shut out",
}
"""What has ended a link of any kind, as a situation."""


def another_than(password: str | None) -> str:
    """A good password that isn't this one."""
    return next(other for other in PASSWORDS if other != password)


def forged_from(secret: str) -> str:
    """Another secret that looks like one; in no digit alone, as numbered secrets differ by those."""
    return secret[:-1] + ("x" if secret[-1] != "x" else "y")


patients: Bundle[Person] = Bundle("patients")
typed: st.SearchStrategy[tuple[str, str]] = st.sampled_from(TYPED)
good_passwords: st.SearchStrategy[str] = st.sampled_from(PASSWORDS)
any_passwords: st.SearchStrategy[str] = good_passwords | st.sampled_from(sorted(WEAK_PASSWORDS))
answers: st.SearchStrategy[Answer] = st.sampled_from((Answer.SENT, Answer.SENT, *Answer))
devices: st.SearchStrategy[str] = st.sampled_from(("phone", "computer", ""))
addresses: st.SearchStrategy[str] = st.sampled_from(ADDRESSES)
answer_sets: st.SearchStrategy[dict[SecurityQuestion, str]] = st.sampled_from(ANSWER_SETS)


class PortalMachine(PredictingMachine):
    """Patients, practice, worker and clock in any order over one portal; each answer is predicted before the call.

    No run lasts thirty days: that is when, but for questions, the first things are old enough to be forgotten, and
    that isn't foretold.

    An adapter's author overrides ``new_store`` and ``teardown``, and runs it::

        class MyMachine(PortalMachine):
            def new_store(self) -> Store:
                return MyStore(...)


        TestMyStore = MyMachine.TestCase

    Attributes:
        policy: its limits of lockout, recovery, sessions and links may be others; its demands on passwords, and what
            must match of a person, may not.
        reached: how often each of ``SITUATIONS`` was come to, over all examples of this class.
    """

    situations: ClassVar[frozenset[str]] = SITUATIONS

    def __init__(self) -> None:
        super().__init__()
        self.over_at: datetime = self.clock() + RUN_MAX
        self.model: Model = Model(self.policy, self.clock)
        self.mailed: list[tuple[Person, str, Link]] = []
        self.wrong_answers: Counter[str] = Counter()
        self.locked_at: dict[str, datetime] = {}
        self.let_in_while_locked: list[str] = []
        self.asked: dict[tuple[Subject, NoticeKind, frozenset[SecurityQuestion]], tuple[SecurityQuestion, ...]] = {}

    def spoken(self, error: PortalError) -> str:
        """Its code, and the numbers and reasons that it carries."""
        match error:
            case WrongCredentialsError(attempts_left=left) | WrongAnswerError(attempts_left=left):
                return f"{error.code}: {left}"
            case WeakPasswordError(problems=problems):
                return f"{error.code}: {', '.join(problem.code for problem in problems)}"
            case _:
                return super().spoken(error)

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
    @rule(target=patients)
    def register(self) -> MultipleResults[Person]:
        """The front desk registers somebody."""
        return multiple(*self._registered())

    def _joined(self, who: tuple[str, str], password: str) -> list[Person]:
        joined = self._registered()
        self.work(limit=100, answer=Answer.SENT)
        if self.letters("invitation"):
            self.activate(0, who, password, forged=False)
        self.log_in(who, password, "phone")
        return joined

    def _registered(self) -> list[Person]:
        email = f"patient-{len(self.model.people) + 1}@example.org"
        _, patient_id = self._ask(lambda: self.desk.patients.register(person(email=email)), self.model.register(email))
        if patient_id is None:
            return []
        self.model.people[-1].id = patient_id
        return self.model.people[-1:]

    @rule(somebody=patients)
    def invite(self, somebody: Person) -> None:
        """The practice invites somebody again."""
        self._ask(lambda: self.desk.patients.invite(somebody.id), self.model.invite(somebody))

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

    @rule(somebody=patients)
    def reactivate(self, somebody: Person) -> None:
        """The practice lets somebody in again."""
        self._ask(lambda: self.desk.patients.reactivate(somebody.id), self.model.reactivate(somebody))

    @rule(somebody=patients)
    def unlock(self, somebody: Person) -> None:
        """Support ends a lock."""
        was_locked = somebody.name is not None and self.model.is_locked(somebody.name)
        answer, _ = self._ask(lambda: self.desk.support.unlock(somebody.id), self.model.unlock(somebody))
        if answer == DONE and somebody.name:
            self._forget(somebody.name)
            self._reach("a lock ended by support", when=was_locked)

    @rule(somebody=patients)
    def send_password_reset(self, somebody: Person) -> None:
        """Support has a link for a new password mailed."""
        self._ask(lambda: self.desk.support.send_password_reset(somebody.id), self.model.send_password_reset(somebody))

    @rule(limit=st.sampled_from((1, 100)), answer=answers)
    def work(self, limit: int, answer: Answer) -> None:
        """A worker tells what is due; every message and every number was predicted."""
        before, commits = len(self.notifier.messages), self.store.commits
        work = self.model.work(limit=limit, answer=answer, good_commits=self.store.good_commits)
        self.notifier.answers = [answer] * limit
        worked = Worked(sent=work.sent, postponed=work.postponed, given_up=work.given_up, swept=work.swept)
        said = self._said(lambda: self.portal.work(limit=limit))
        expected = ("adapter_failed", None) if work.fails else (DONE, worked)
        agree("work", predicted=expected, answered=said)
        agree("commits", predicted=commits + work.commits, answered=self.store.commits)
        self._reach("a commit failed", when=work.fails)
        self._reach("a delivery couldn't be begun", when=work.stuck)
        self._reach("an old question was forgotten", when=work.swept)
        self._read(self.notifier.messages[before:], work.told)

    @precondition(lambda self: self.model.notices)
    @rule(answer=answers, offset=offsets, fails=rarely)
    def work_when_due(self, answer: Answer, offset: timedelta, *, fails: bool) -> None:
        """The worker waits until something is about to be due, or just is, and perhaps can't take it then."""
        if fails:
            self.a_commit_will_fail(0)
        due_at = min(notice.due_at for notice in self.model.notices)
        self._wait_until(due_at + offset)
        self.work(limit=100, answer=answer)

    @rule(after=st.integers(0, 2), answer=answers)
    def work_with_a_mishap(self, after: int, answer: Answer) -> None:
        """The database fails under the worker, which is called again at once: whom it has told isn't told twice yet."""
        self.store.good_commits = after
        self.work(limit=100, answer=answer)
        self.work(limit=100, answer=answer)

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

    def _read(self, messages: list[Message], told: list[Notice]) -> None:
        predicted = [(n.kind, n.to_email, n.username, n.link is not None) for n in told]
        answered = [(m.kind, m.to_email, m.username, m.link is not None) for m in messages]
        agree("messages", predicted=predicted, answered=answered)
        for message, notice in zip(messages, told, strict=True):
            is_old = notice.kind is NoticeKind.EMAIL_CHANGED and message.to_email != notice.person.email
            self._reach("an old address was told of the new one", when=is_old)
            self._reach("a message was sent twice", when=notice.message_id is not None)
            self._reach("a username was mailed", when=message.username)
            agree("a repeat's id", predicted=notice.message_id or message.id, answered=message.id)
            notice.message_id = message.id
            if message.link is not None and notice.link is not None:
                self.mailed.append((notice.person, secret_of(message.link), notice.link))

    # The patients, and whoever pretends to be one

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

    def _activate(
        self,
        which: int,
        who: tuple[str, str],
        password: str,
        *,
        forged: bool = False,
        answers: Mapping[SecurityQuestion, str] = ANSWERS,
    ) -> None:
        somebody, secret, link = latest(self.letters("invitation"), which)
        name, spelling = who
        self._reach("a used link was tried", when=link.fate == "used")
        answer, _ = self._ask(
            lambda: self.portal.activate(
                forged_from(secret) if forged else secret,
                username=spelling,
                password=password,
                security_answers=answers,
            ),
            self.model.activate(somebody, None if forged else link, name, password, answers),
        )
        self._reach("a name was taken", when=answer == "username_taken")
        if answer == DONE:
            self._forget(name)

    @rule(who=typed, password=good_passwords, device=devices)
    def log_in(self, who: tuple[str, str], password: str, device: str) -> None:
        """Somebody tries a name and a password."""
        name, spelling = who
        holder, locked = self.model.holder(name), self.model.is_locked(name)
        last_chance = self.model.counts[name].wrong == self.policy.lockout.attempts - 1
        self._reach("a right password came while locked", when=locked and holder and holder.password == password)
        self._reach("an inactive patient tried", when=holder and not holder.is_active)
        answer, handle = self._ask(
            lambda: self.portal.log_in(spelling, password, device=device), self.model.log_in(name, password, device)
        )
        self._judge(name, answer)
        if answer == "wrong_credentials: 0":
            self._reach("somebody locked" if holder else "an unknown name locked")
            self._reach("a locked name had a session open", when=holder and self._live(holder))
        if handle is not None and holder is not None:
            holder.seats[-1].handle = handle
            self._reach("a right password after all but one wrong one", when=last_chance)

    @precondition(lambda self: self.members())
    @rule(which=indexes, device=devices)
    def log_in_rightly(self, which: int, device: str) -> None:
        """A patient types their name, somehow, and their password."""
        _, name, password = latest(self.members(), which)
        self.log_in((name, SPELLINGS[name][which % len(SPELLINGS[name])]), password, device)

    @rule(who=typed, times=st.integers(1, 5))
    def guess(self, who: tuple[str, str], times: int) -> None:
        """Somebody guesses, again and again."""
        for _ in range(times):
            self.log_in(who, NOBODYS, "")

    @precondition(lambda self: self.members())
    @rule(which=indexes, times=st.sampled_from((1, 3, 3, 5)), again=st.booleans())
    def forget_the_password(self, which: int, times: int, *, again: bool) -> None:
        """A patient doesn't remember the password, and then perhaps does."""
        _, name, password = latest(self.members(), which)
        self.guess((name, name), times)
        if again:
            self.log_in((name, name), password, "phone")

    @precondition(lambda self: self.seats())
    @rule(which=indexes, current=st.none() | good_passwords, new=any_passwords)
    def change_password(self, which: int, current: str | None, new: str) -> None:
        """A patient, or whoever sits at their computer, exchanges the password; without ``current``, rightly."""
        somebody, seat, handle = latest(self.seats(), which)
        name, present = somebody.name or "", current or somebody.password or ""
        others = self._live(somebody) - self.model.is_live(seat)
        answer, _ = self._ask(
            lambda: handle.account.change_password(present, new),
            self.model.change_password(somebody, seat, present, new),
        )
        self._judge(name, answer)
        self._reach("another session ended by a new password", when=answer == DONE and others)
        self._reach("a wrong present password locked", when=answer == "wrong_credentials: 0")

    @precondition(lambda self: self.members())
    @rule(which=indexes, new=good_passwords)
    def change_password_at_home(self, which: int, new: str) -> None:
        """A patient logs in on two devices and exchanges the password on the second one."""
        _, name, password = latest(self.members(), which)
        self.log_in((name, name), password, "phone")
        self.log_in((name, name), password, "computer")
        if self.seats():
            self.change_password(0, None, new)

    @precondition(lambda self: self.seats())
    @rule(which=indexes, times=st.integers(1, 5))
    def guess_the_present_password(self, which: int, times: int) -> None:
        """Whoever sits at a patient's computer guesses, again and again."""
        for _ in range(times):
            self.change_password(which, NOBODYS, PASSWORD)

    @precondition(lambda self: self.members())
    @rule(which=indexes, times=st.integers(1, 4), new=addresses | good_passwords | answer_sets)
    def guess_around_a_change(self, which: int, times: int, new: str | Mapping[SecurityQuestion, str]) -> None:
        """A patient who is in doesn't remember the password at once, then does, and then forgets it again."""
        _, name, password = latest(self.members(), which)
        self.log_in((name, name), password, "phone")
        for said in (*[NOBODYS] * times, None, NOBODYS) if self.seats() else ():
            if not isinstance(new, str):
                self.set_security_answers(0, said, new)
            elif new in ADDRESSES:
                self.change_email(0, said, new)
            else:
                self.change_password(0, said, new)

    @precondition(lambda self: self.seats())
    @rule(which=indexes, password=st.none() | good_passwords, new=addresses)
    def change_email(self, which: int, password: str | None, new: str) -> None:
        """A patient, or whoever sits at their computer, asks for a new address; without ``password``, rightly."""
        somebody, seat, handle = latest(self.seats(), which)
        name, present = somebody.name or "", password or somebody.password or ""
        answer, _ = self._ask(
            lambda: handle.account.change_email(present, new),
            self.model.change_email(somebody, seat, present, new),
        )
        self._judge(name, answer)
        self._reach("a wrong present password locked", when=answer == "wrong_credentials: 0")
        self._reach("too many addresses were asked for", when=answer == "too_many_email_changes")

    @precondition(lambda self: self.members())
    @rule(which=indexes, offset=offsets, times=st.sampled_from((1, 1, 2, 6)))
    def change_email_at_home(self, which: int, offset: timedelta, times: int) -> None:
        """A patient logs in when asking for a new address is allowed, and asks for one after another."""
        somebody, name, password = latest(self.members(), which)
        self._wait_until(self.model.email_may_change_at(somebody) + offset)
        self.log_in((name, name), password, "computer")
        for number in range(times if self.seats() else 0):
            self.change_email(0, None, ADDRESSES[(which + number) % len(ADDRESSES)])

    @precondition(lambda self: self.members())
    @rule(which=indexes, offset=offsets, opened=st.integers(0, 2), doubts=rarely)
    def move(self, which: int, offset: timedelta, opened: int, *, doubts: bool) -> None:
        """A patient asks for a new address, opens the letter or not, and perhaps thinks of the password before."""
        self.change_email_at_home(which, offset, 1)
        self.work(limit=100, answer=Answer.SENT)
        if doubts and self.seats():
            self.change_password(0, None, latest(PASSWORDS, which))
        for _ in range(opened if self.letters("confirmation") else 0):
            self.confirm_email(0, forged=False)

    @precondition(lambda self: self.letters("confirmation"))
    @rule(which=indexes, forged=rarely)
    def confirm_email(self, which: int, *, forged: bool) -> None:
        """Somebody opens a letter to a new address, an old one perhaps."""
        somebody, secret, link = latest(self.letters("confirmation"), which)
        self._reach("a used confirmation was tried", when=link.fate == "used")
        self._ask(
            lambda: self.portal.confirm_email(forged_from(secret) if forged else secret),
            self.model.confirm_email(somebody, None if forged else link),
        )

    @precondition(lambda self: self.seats())
    @rule(which=indexes, password=st.none() | good_passwords, answers=answer_sets | st.just(WEAK_ANSWERS))
    def set_security_answers(self, which: int, password: str | None, answers: Mapping[SecurityQuestion, str]) -> None:
        """A patient, or whoever sits at their computer, sets other answers; without ``password``, rightly."""
        somebody, seat, handle = latest(self.seats(), which)
        name, present = somebody.name or "", password or somebody.password or ""
        answer, _ = self._ask(
            lambda: handle.account.set_security_answers(present, answers),
            self.model.set_security_answers(somebody, seat, present, answers),
        )
        self._judge(name, answer)
        self._reach("a wrong present password locked", when=answer == "wrong_credentials: 0")

    # The way back in

    @rule(who=typed)
    def forget_password(self, who: tuple[str, str]) -> None:
        """Somebody says that they forgot the password of a name."""
        name, spelling = who
        self._start(
            lambda: self.portal.recovery.forgot_password(spelling),
            self.model.subject_of_name(name),
            NoticeKind.PASSWORD_RESET,
        )

    @rule(email=addresses | st.integers(1, PATIENTS_MAX).map("patient-{}@example.org".format))
    def forget_username(self, email: str) -> None:
        """Somebody says who they are, and perhaps nobody is, or two are."""
        self._start(
            lambda: self.portal.recovery.forgot_username(person(email=email.upper(), **TIRED)),
            self.model.subject_of_email(email),
            NoticeKind.USERNAME_REMINDER,
        )

    def _start(self, call: Callable[[], recovery.Challenge], subject: Subject, tells: NoticeKind) -> None:
        """Whoever is asked is asked the same each time; patients are asked what they have answered."""
        had_closed = self.model.answer_counts[subject].locked_at is not None
        _, challenge = self._ask(call, self.model.start_recovery(subject, tells))
        if challenge is None:
            return
        self._reach("recovery opened again", when=had_closed)
        asked = self.model.challenges[-1]
        asked.id, asked.questions = challenge.id, challenge.questions
        known = frozenset(subject.answers if isinstance(subject, Person) else SecurityQuestion)
        agree("questions", predicted=QUESTIONS[tells], answered=len(known & {*asked.questions}))
        usual = self.asked.setdefault((subject, tells, known), asked.questions)
        agree("the same questions", predicted=usual, answered=asked.questions)

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
        self._reach("an expired question was answered", when=not asked.is_answered and is_over)
        self._reach("a right answer came while closed", when=is_right and answer == "recovery_closed")
        self._reach("a right answer had been replaced", when=was_right and not is_right and is_wrong)
        self._reach("a new answer to an old question was right", when=answer == DONE and not was_right)
        self._reach("an inactive patient answered rightly", when=is_right and is_wrong)
        self._reach("somebody's recovery closed" if somebody else "nobody's recovery closed", when=closes)
        if somebody and answer == DONE:
            waits = self.model.reset_may_be_mailed_at(somebody) > self.model.now
            self._reach("too many resets were mailed", when=waits)

    @precondition(lambda self: self.letters("reset"))
    @rule(which=indexes, new=st.none() | any_passwords, forged=rarely)
    def reset_password(self, which: int, new: str | None, *, forged: bool) -> None:
        """Somebody opens a letter, an old one perhaps, sets a password, without ``new`` another one, and logs in."""
        somebody, secret, link = latest(self.letters("reset"), which)
        name, wanted = somebody.name or "", new or another_than(somebody.password)
        was_locked, live = self.model.is_locked(name), self._live(somebody)
        self._reach("a used reset was tried", when=link.fate == "used")
        answer, _ = self._ask(
            lambda: self.portal.recovery.reset_password(forged_from(secret) if forged else secret, wanted),
            self.model.reset_password(somebody, None if forged else link, wanted),
        )
        if answer == DONE:
            self._forget(name)
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
                self.forget_username(somebody.email)
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

    # The sessions

    @precondition(lambda self: self.seats())
    @rule(which=indexes, forged=rarely)
    def resume(self, which: int, *, forged: bool) -> None:
        """The next request of any session there ever was, or of one that looks like it."""
        somebody, seat, handle = latest(self.seats(), which)
        token = forged_from(handle.token) if forged else handle.token
        _, resumed = self._ask(lambda: self.portal.resume(token), self.model.resume(seat, forged=forged))
        if resumed is not None:
            agree("whose it is", predicted=somebody.id, answered=resumed.patient_id)
            seat.handle = resumed

    @precondition(lambda self: self.seats())
    @rule(which=indexes, offset=offsets)
    def work_all_day(self, which: int, offset: timedelta) -> None:
        """A patient is never idle for long, until the session is about to be too old, or just is."""
        _, seat, _ = latest(self.seats(), which)
        idle, (_, too_old_at) = self.policy.sessions.idle, self.model.ends_of(seat)
        for _ in range(REQUESTS_A_DAY_MAX):
            left = too_old_at + offset - self.model.now
            if not self.model.is_live(seat) or left <= timedelta(0):
                return
            self._wait_until(self.model.now + min(idle - INSTANT, left))
            self.resume(which, forged=False)

    @precondition(lambda self: self.seats())
    @rule(which=indexes, offset=offsets)
    def be_idle(self, which: int, offset: timedelta) -> None:
        """A patient comes back when the session is about to be over, or just is."""
        _, seat, _ = latest(self.seats(), which)
        over_at, _ = self.model.ends_of(seat)
        self._wait_until(over_at + offset)
        self.resume(which, forged=False)

    @precondition(lambda self: self.seats())
    @rule(which=indexes)
    def log_off(self, which: int) -> None:
        """A patient logs off, perhaps once more."""
        somebody, seat, handle = latest(self.seats(), which)
        self._ask(handle.log_off, self.model.log_off(somebody, seat))

    @precondition(lambda self: self.seats())
    @rule(which=indexes, other=indexes)
    def log_off_device(self, which: int, other: int) -> None:
        """A patient ends the session of some device, perhaps of this one; a stranger's leads to nothing."""
        somebody, seat, handle = latest(self.seats(), which)
        owner, wanted, theirs = latest(self.seats(), other)
        token = parsed(theirs.token, field="token")
        assert token is not None
        prediction = self.model.log_off_device(somebody, seat, wanted if owner is somebody else None)
        self._ask(lambda: handle.account.log_off_device(SessionId(token.id)), prediction)
        self._reach("another device was logged off", when=prediction.effect is not None and wanted is not seat)

    @precondition(lambda self: self.seats())
    @rule(which=indexes)
    def log_off_everywhere(self, which: int) -> None:
        """A patient logs off on every device."""
        somebody, seat, handle = latest(self.seats(), which)
        self._ask(handle.log_off_everywhere, self.model.log_off_everywhere(somebody, seat))

    @precondition(lambda self: self.seats())
    @rule(which=indexes)
    def see_devices(self, which: int) -> None:
        """A patient looks where they are logged in."""
        somebody, this, handle = latest(self.seats(), which)
        live = sorted((s for s in somebody.seats if self.model.is_live(s)), key=lambda s: (s.started_at, s.number))
        predicted = [(seat.device, seat.started_at, seat.seen_at, seat is this) for seat in live]
        _, page = self._ask(handle.account.devices, self.model.look(this))
        if page is not None:
            answered = [(d.name, d.started_at, d.last_seen_at, d.is_this) for d in page.items]
            agree("devices", predicted=predicted, answered=answered)

    @precondition(lambda self: self.seats())
    @rule(which=indexes, limit=st.sampled_from((1, 3, 200)))
    def see_history(self, which: int, limit: int) -> None:
        """A patient reads what happened to their account, page by page."""
        somebody, seat, handle = latest(self.seats(), which)
        predicted, answered, cursor = somebody.history[::-1], [], None
        for _ in range(0, len(predicted), limit):
            call = partial(handle.account.history, limit=limit, cursor=cursor)
            _, page = self._ask(call, self.model.look(seat))
            if page is None:
                return
            answered += [(entry.at, entry.what, entry.by, entry.device) for entry in page.items]
            cursor = page.next_cursor
        agree("history", predicted=(predicted, None), answered=(answered, cursor))

    # Time and mishap

    @rule(by=st.sampled_from((INSTANT, SEEN_EVERY - INSTANT, SEEN_EVERY, LEASE)))
    def time_passes(self, by: timedelta) -> None:
        """The clock goes on, never back."""
        self._wait_until(self.model.now + by)

    @precondition(lambda self: self.mailed)
    @rule(which=indexes, offset=offsets)
    def let_a_letter_lie(self, which: int, offset: timedelta) -> None:
        """The clock goes to where a link that was mailed is about to end, or just has."""
        _, _, link = latest(self.mailed, which)
        over_at = self.model.link_ends_at(link)
        if over_at is not None and self.model.is_open(link):
            self._wait_until(over_at + offset)

    @precondition(lambda self: self.model.edges())
    @rule(which=indexes, offset=offsets)
    def time_passes_to_an_edge(self, which: int, offset: timedelta) -> None:
        """The clock goes to where something ends or is due: just before, there, or just after."""
        edges = self.model.edges()
        self._wait_until(edges[which % len(edges)] + offset)

    @rule(after=st.integers(0, 2))
    def a_commit_will_fail(self, after: int) -> None:
        """The database will fail at the end of a transaction."""
        self.store.good_commits = after

    # What always holds

    @invariant()
    def nobody_is_let_in_while_locked(self) -> None:
        """The right password of a locked name is answered like any other, and changes nothing."""
        agree("let in while locked", predicted=[], answered=self.let_in_while_locked)
        for name in filter(self.model.is_locked, SPELLINGS):
            holder = self.model.holder(name)
            password = holder.password if holder and holder.password else PASSWORD
            self._ask(partial(self.portal.log_in, name, password), Prediction("account_locked"))

    @invariant()
    def nobody_is_asked_while_recovery_is_closed(self) -> None:
        """Be they known or not."""
        for name in SPELLINGS:
            if self.model.is_closed(self.model.subject_of_name(name)):
                self._ask(partial(self.portal.recovery.forgot_password, name), Prediction("recovery_closed"))

    @invariant()
    def at_most_so_many_wrong_answers_between_two_clearings(self) -> None:
        """Four, unless the policy says otherwise."""
        for count in self.wrong_answers.values():
            if count > self.policy.lockout.attempts:
                raise AssertionError(f"{count} wrong passwords were answered with no clearing between them")

    @invariant()
    def an_ended_session_never_resumes(self) -> None:
        """Neither its token nor its handle lets anybody in."""
        for _, seat, handle in self.seats():
            if not self.model.is_live(seat):
                by_idleness, by_age = (not seat.is_over and self.model.now >= end for end in self.model.ends_of(seat))
                self._reach("a session ended by idleness", when=by_idleness and not by_age)
                self._reach("a session ended by age", when=by_age and not by_idleness)
                self._ask(partial(self.portal.resume, handle.token), Prediction("session_ended"))
                self._ask(handle.account.devices, Prediction("session_ended"))

    @invariant()
    def exactly_the_open_links_work(self) -> None:
        """Every letter of them, each on its own page; one of a kind at most, and an invitation alone."""
        for somebody in self.model.people:
            letters = [(secret, link) for whose, secret, link in self.mailed if whose is somebody]
            working = {
                *((link, "invitation") for secret, link in letters if self._activates(secret)),
                *((link, "confirmation") for secret, link in letters if self._confirms(secret)),
                *((link, "reset") for secret, link in letters if self._resets(secret)),
            }
            predicted = {(link, link.kind) for _, link in letters if self.model.is_open(link)}
            agree("links that work", predicted=predicted, answered=working)
            kinds = [kind for _, kind in working]
            if len(kinds) > len({*kinds}) or ("invitation" in kinds and len(kinds) > 1):
                raise AssertionError("two links work at once")
        dead = {
            (link.kind, link.fate)
            for _, _, link in self.mailed
            if (link.fate == "open") != self.model.is_in_time(link)  # one end at a time: what it alone has ended
        }
        for end, situation in DEAD_LINKS.items():
            self._reach(situation, when=end in dead)

    # What there is

    def letters(self, kind: str) -> list[tuple[Person, str, Link]]:
        """Every secret of a link of this kind that was mailed: whose, and of which link; the earliest first."""
        return [letter for letter in self.mailed if letter[2].kind == kind]

    def members(self) -> list[tuple[Person, str, str]]:
        """Everybody who has an account, with their name and password."""
        return [(one, one.name, one.password) for one in self.model.people if one.name and one.password]

    def seats(self) -> list[tuple[Person, Seat, PatientAccess]]:
        """Every session there ever was, with its handle; the earliest first."""
        seats = [(one, seat, seat.handle) for one in self.model.people for seat in one.seats if seat.handle is not None]
        return sorted(seats, key=lambda found: found[1].number)

    # How it is done

    def _wait_until(self, moment: datetime) -> None:
        """The clock goes on, never back, and never so far that anything is forgotten."""
        super()._wait_until(min(moment, self.over_at))

    def _confirms(self, secret: str) -> bool:
        """Whether a letter would make the new address the patient's; the failing commit keeps it from being used."""
        good_commits, self.store.good_commits = self.store.good_commits, 0
        answer, _ = self._said(lambda: self.portal.confirm_email(secret))
        self.store.good_commits = good_commits
        return answer == "adapter_failed"

    def _resets(self, secret: str) -> bool:
        """Whether a letter would set a new password; looking says so."""
        answer, _ = self._said(lambda: self.portal.recovery.check(secret))
        return answer == DONE

    def _activates(self, secret: str) -> bool:
        """Whether a letter would make an account; the weak password keeps it from being used."""
        answer, _ = self._said(
            lambda: self.portal.activate(secret, username="nobody", password="tiny 7!", security_answers=ANSWERS)  # noqa: S106
        )
        return answer == weak("tiny 7!")

    def _live(self, somebody: Person) -> int:
        return sum(map(self.model.is_live, somebody.seats))

    def _forget(self, name: str) -> None:
        """A clearing, as far as it can be seen from outside."""
        self.wrong_answers[name] = 0
        self.locked_at.pop(name, None)

    def _judge(self, name: str, answer: str) -> None:
        """Keeps the ledger of what was answered, which knows nothing of the model's counts."""
        ends = self.model.policy.lockout.unlock_after
        is_over = ends is not None and name in self.locked_at and self.model.now >= self.locked_at[name] + ends
        if is_over:
            self._forget(name)
        if answer.startswith("wrong_credentials"):
            self.wrong_answers[name] += 1
            if self.wrong_answers[name] == self.policy.lockout.attempts:
                self.locked_at[name] = self.model.now
        elif answer == DONE:
            if self.wrong_answers[name] >= self.policy.lockout.attempts:
                self.let_in_while_locked.append(name)
            self._forget(name)
