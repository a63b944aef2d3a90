"""What a portal will answer, in a few lists: the model of ``PortalMachine``, with the mission's rules told once more.

It imports no rule: all that it shares with the library are the policy's numbers.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from attrs import define, field

from patientportal.domain.accounts.security_questions import SecurityQuestion
from patientportal.domain.events import ActorKind
from patientportal.domain.ids import PatientId
from patientportal.domain.policy import Policy
from patientportal.domain.told import NoticeKind
from patientportal.patient_access import PatientAccess
from patientportal.ports.notifier import Answer
from patientportal.testing.fakes import FrozenClock
from patientportal.testing.machine_base import DONE, Prediction, nothing

LEASE, FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(minutes=1), timedelta(hours=6)
TRIES_MAX = 12
ASKED_MAX = 20
SEEN_EVERY = timedelta(minutes=1)
EMAIL_CHANGES_MAX, EMAIL_CHANGES_WITHIN = 5, timedelta(hours=1)
RESETS_WITHIN = timedelta(hours=1)
QUESTIONS_KEPT_FOR = timedelta(days=1)
QUESTIONS = {NoticeKind.PASSWORD_RESET: 1, NoticeKind.USERNAME_REMINDER: 2}
"""What recovery may have mailed, and how many questions it asks before."""
SPELLINGS = {
    "countess": ("countess", "Countess", "COUNTESS", "\uff43ountess"),
    "zo\u00eb": ("zo\u00eb", "ZO\u00cb", "zoe\u0308"),
    "\u043c\u0430\u0440\u0438\u044f": ("\u043c\u0430\u0440\u0438\u044f", "\u041c\u0430\u0440\u0438\u044f"),
}
"""Every name there is, and how each is typed."""
WEAK_PASSWORDS = {
    "tiny 7!": ("too_short",),
    "violet kettle drifts": ("no_digit",),
    "violetkettle42drifts": ("no_special",),
    "Password123!": ("common",),
    "old byron's kettle 42": ("personal",),
}
"""Passwords that the default policy refuses to anybody called Byron, and why."""
WEAK_ANSWERS = {SecurityQuestion.FIRST_PET: "x", SecurityQuestion.FIRST_STREET: "Harbour Lane"}


@define(eq=False)
class Link:
    """An invitation, a confirmation of a new address, a reset of the password; its time runs from the first telling on.

    Attributes:
        kind: "invitation", "confirmation" or "reset".
        made_at: when it was asked for.
        proposed: the address that a confirmation confirms; empty for the others.
        fate: "open" until it is "used", or what ended it: it was "replaced", a "new password", a "reset", a "new
            address", the patient was "shut out". Time leaves it "open".
    """

    kind: str
    made_at: datetime
    proposed: str = ""
    first_told_at: datetime | None = None
    fate: str = "open"


@define(eq=False)
class Seat:
    """A session, and the handle that a patient has on it."""

    number: int
    device: str
    started_at: datetime
    seen_at: datetime
    is_over: bool = False
    handle: PatientAccess | None = None


@define(eq=False)
class Person:
    """A patient, as far as they matter here.

    Attributes:
        email_changes: when a new address was asked for; the earliest first.
        history: when, what, by whom, on which device; the earliest first.
    """

    id: PatientId
    email: str
    is_active: bool = True
    name: str | None = None
    password: str | None = None
    answers: Mapping[SecurityQuestion, str] = field(factory=dict)
    links: list[Link] = field(factory=list)
    email_changes: list[datetime] = field(factory=list)
    seats: list[Seat] = field(factory=list)
    history: list[tuple[datetime, str, ActorKind, str | None]] = field(factory=list)

    def __repr__(self) -> str:
        return f"<{self.email}>"


Subject = Person | str
"""Whom recovery is about: a patient with an account, or the name or the address that was typed."""


@define(eq=False)
class Challenge:
    """Questions that were asked.

    Attributes:
        tells: what right answers have mailed.
        answers: the right ones when it was asked.
        id: as it was handed out, which is known only afterwards.
        questions: as they were asked, which is known only afterwards.
    """

    subject: Subject
    tells: NoticeKind
    answers: Mapping[SecurityQuestion, str]
    started_at: datetime
    is_answered: bool = False
    is_forgotten: bool = False
    id: str = ""
    questions: tuple[SecurityQuestion, ...] = ()


@define
class Count:
    """Wrong passwords for a name, or wrong answers about somebody, be they known or not; and since when they shut."""

    wrong: int = 0
    locked_at: datetime | None = None


@define(eq=False)
class Notice:
    """Something to be told, to a given address or else to the one that the patient has when it is told."""

    number: int
    person: Person
    kind: NoticeKind
    link: Link | None
    given_email: str | None
    due_at: datetime
    tries: int = 0
    message_id: str | None = None

    @property
    def to_email(self) -> str:
        """Where it goes if it is told now."""
        return self.given_email or self.person.email

    @property
    def username(self) -> str | None:
        """What it says, if it reminds of it."""
        return self.person.name if self.kind is NoticeKind.USERNAME_REMINDER else None


@define
class Work:
    """What a call of ``work`` will have told by its end or its failure.

    Attributes:
        good_commits: after how many one more fails, once; ``None``: none does.
        stuck: how many notices couldn't be begun.
        fails: whether the call will raise.
    """

    good_commits: int | None
    told: list[Notice] = field(factory=list)
    sent: int = 0
    postponed: int = 0
    given_up: int = 0
    swept: int = 0
    stuck: int = 0
    commits: int = 0
    fails: bool = False

    def commit(self) -> bool:
        """Whether one more commit will succeed."""
        if self.commits == self.good_commits:
            self.good_commits = None
            return False
        self.commits += 1
        return True


class Model:
    """A portal in a few lists; each method says what the call of its name will answer, given what happened so far."""

    def __init__(self, policy: Policy, clock: FrozenClock) -> None:
        self.policy = policy
        self.clock = clock
        self.people: list[Person] = []
        self.counts: dict[str, Count] = {name: Count() for name in SPELLINGS}
        self.challenges: list[Challenge] = []
        self.answer_counts: defaultdict[Subject, Count] = defaultdict(Count)
        self.notices: list[Notice] = []
        self._number = 0

    @property
    def now(self) -> datetime:
        """Where the clock stands."""
        return self.clock()

    def holder(self, name: str) -> Person | None:
        """Whose name this is."""
        return next((person for person in self.people if person.name == name), None)

    def lock_ends_at(self, name: str) -> datetime | None:
        """When time alone ends the lock of a name."""
        locked_at, after = self.counts[name].locked_at, self.policy.lockout.unlock_after
        return None if locked_at is None or after is None else locked_at + after

    def is_locked(self, name: str) -> bool:
        """Whether every attempt on this name is answered alike."""
        ends = self.lock_ends_at(name)
        return self.counts[name].locked_at is not None and (ends is None or self.now < ends)

    def is_live(self, seat: Seat) -> bool:
        """Whether a session lets its patient in."""
        return not seat.is_over and self.now < min(self.ends_of(seat))

    def ends_of(self, seat: Seat) -> tuple[datetime, datetime]:
        """When a session ends by idleness, and by age."""
        return seat.seen_at + self.policy.sessions.idle, seat.started_at + self.policy.sessions.absolute

    def link_ends_at(self, link: Link) -> datetime | None:
        """When a link ends by itself."""
        valid_for = {
            "invitation": self.policy.invitations.valid_for,
            "confirmation": self.policy.email_changes.valid_for,
            "reset": self.policy.recovery.link_valid_for,
        }[link.kind]
        return None if link.first_told_at is None else link.first_told_at + valid_for

    def is_open(self, link: Link) -> bool:
        """Whether a link can be used."""
        return link.fate == "open" and self.is_in_time(link)

    def is_in_time(self, link: Link) -> bool:
        """Whether a link could be used, as far as time goes."""
        ends = self.link_ends_at(link)
        return ends is None or self.now < ends

    def email_may_change_at(self, person: Person) -> datetime:
        """From when on a patient may ask for one more address."""
        counted = person.email_changes[-EMAIL_CHANGES_MAX:]
        return self.now if len(counted) < EMAIL_CHANGES_MAX else counted[0] + EMAIL_CHANGES_WITHIN

    def subject_of_name(self, name: str) -> Subject:
        """Whom a forgotten password is about."""
        return self.holder(name) or name

    def subject_of_email(self, email: str) -> Subject:
        """Whom a forgotten username is about: here people differ in their addresses alone, and two match nobody."""
        same = [person for person in self.people if person.email.casefold() == email.casefold()]
        return same[0] if len(same) == 1 and same[0].name else email.casefold()

    def recovery_opens_at(self, subject: Subject) -> datetime | None:
        """When whoever was closed out may be asked again, or could."""
        closed_at = self.answer_counts[subject].locked_at
        return None if closed_at is None else closed_at + self.policy.recovery.reopen_after

    def is_closed(self, subject: Subject) -> bool:
        """Whether nobody is asked about somebody."""
        opens_at = self.recovery_opens_at(subject)
        return opens_at is not None and self.now < opens_at

    def challenge_ends_at(self, challenge: Challenge) -> datetime:
        """Until when questions may be answered."""
        return challenge.started_at + self.policy.recovery.answer_within

    def reset_may_be_mailed_at(self, person: Person) -> datetime:
        """From when on right answers have one more link mailed."""
        at_most = self.policy.recovery.mails_an_hour
        made = [link.made_at for link in person.links if link.kind == "reset"][-at_most:]
        return self.now if len(made) < at_most else made[0] + RESETS_WITHIN

    def edges(self) -> list[datetime]:
        """The moments ahead at which something ends or is due."""
        seats = [seat for person in self.people for seat in person.seats if self.is_live(seat)]
        ends = [
            *(end for seat in seats for end in self.ends_of(seat)),
            *(self.link_ends_at(link) for person in self.people for link in person.links if self.is_open(link)),
            *(self.email_may_change_at(person) for person in self.people),
            *(self.reset_may_be_mailed_at(person) for person in self.people),
            *(self.recovery_opens_at(subject) for subject in list(self.answer_counts)),
            *(self.challenge_ends_at(challenge) for challenge in self.challenges if not challenge.is_answered),
            *(self.lock_ends_at(name) for name in self.counts),
            *(notice.due_at for notice in self.notices),
        ]
        return sorted({end for end in ends if end is not None and end > self.now})

    # What each call will answer

    def register(self, email: str) -> Prediction:
        """Anybody may be registered; who they are is known only afterwards."""

        def effect() -> None:
            somebody = Person(id=PatientId(""), email=email)
            self.people.append(somebody)
            self._invite(somebody, "patient_registered")

        return Prediction(DONE, effect)

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

    def activate(
        self, person: Person, link: Link | None, name: str, password: str, answers: Mapping[SecurityQuestion, str]
    ) -> Prediction:
        """The link first, then the name, the password, the answers."""
        if link is None or not self._opens(link, "invitation"):
            return Prediction("link_invalid")
        if self.holder(name):
            return Prediction("username_taken")
        if password in WEAK_PASSWORDS:
            return Prediction(weak(password))
        if answers is WEAK_ANSWERS:
            return Prediction("weak_answers")

        def effect() -> None:
            person.name, person.password, person.answers = name, password, answers
            link.fate = "used"
            self.counts[name] = Count()
            self.note(person, "account_activated", ActorKind.PATIENT)

        return Prediction(DONE, effect)

    def log_in(self, name: str, password: str, device: str) -> Prediction:
        """A lock comes first; only the right password of an active patient lets in."""
        person = self.holder(name)
        if self.is_locked(name):
            return Prediction("account_locked")
        if person is None or not person.is_active or person.password != password:
            return self._wrong(name, ActorKind.ANONYMOUS)

        def effect() -> None:
            self.counts[name] = Count()
            person.seats.append(Seat(self._next(), device, self.now, self.now))
            self.note(person, "logged_in", ActorKind.PATIENT, device)

        return Prediction(DONE, effect)

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
        if new == person.email:
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
            self._tell(person, NoticeKind.EMAIL_CHANGE_REQUESTED, given_email=person.email)

        return Prediction(DONE, effect)

    def confirm_email(self, person: Person, link: Link | None) -> Prediction:
        """Whoever has the open link has the address."""
        if link is None or not self._opens(link, "confirmation"):
            return Prediction("link_invalid")

        def effect() -> None:
            link.fate = "used"
            self._move(person, link.proposed, ActorKind.PATIENT)

        return Prediction(DONE, effect)

    def write_down_email(self, person: Person, new: str) -> Prediction:
        """The practice needs no confirmation, and may do so as often as it likes; that counts for nothing."""

        def effect() -> None:
            self._move(person, new, ActorKind.STAFF)

        return Prediction(DONE, nothing if new == person.email else effect)

    def set_security_answers(
        self, person: Person, seat: Seat, password: str, answers: Mapping[SecurityQuestion, str]
    ) -> Prediction:
        """The session, the lock, the answers, and only then whether the password is right."""
        if not self.is_live(seat):
            return Prediction("session_ended")
        name = person.name or ""
        if self.is_locked(name):
            return Prediction("account_locked")
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

    def start_recovery(self, subject: Subject, tells: NoticeKind) -> Prediction:
        """Anybody is asked, known or not, as long as it isn't closed for them; beyond twenty at a time, in vain."""
        if self.is_closed(subject):
            return Prediction("recovery_closed")

        def effect() -> None:
            answers = subject.answers if isinstance(subject, Person) else {}
            in_vain = sum(self._may_be_answered(one) for one in self.challenges if one.subject == subject) >= ASKED_MAX
            self.challenges.append(
                Challenge(subject, tells, answers, self.now, is_answered=in_vain, is_forgotten=in_vain)
            )

        return Prediction(DONE, effect)

    def _may_be_answered(self, challenge: Challenge) -> bool:
        return not challenge.is_answered and self.now < self.challenge_ends_at(challenge)

    def answer(self, challenge: Challenge | None, given: Mapping[SecurityQuestion, str]) -> Prediction:
        """The challenge, then whether recovery is closed, and only then whether this is what is stored by now."""
        if challenge is None or not self._may_be_answered(challenge):
            return Prediction("challenge_invalid")
        person = challenge.subject
        if self.is_closed(person):
            return Prediction("recovery_closed")
        if isinstance(person, str) or not person.is_active or not _is_right(given, person.answers):
            return self._answer_wrong(person)

        def effect() -> None:
            self.answer_counts[person] = Count()
            challenge.is_answered = True
            self.note(person, "recovery_answered", ActorKind.ANONYMOUS)
            if self.now >= self.reset_may_be_mailed_at(person):
                self._send_reset(person, challenge.tells)

        return Prediction(DONE, effect)

    def reset_password(self, person: Person, link: Link | None, new: str) -> Prediction:
        """Whoever has the open link has the account, and nobody else does."""
        if link is None or not self._opens(link, "reset"):
            return Prediction("link_invalid")
        if new in WEAK_PASSWORDS or new == person.password:
            return Prediction(weak(new, *(("unchanged",) if new == person.password else ())))

        def effect() -> None:
            link.fate, person.password = "used", new
            self.counts[person.name or ""] = Count()
            self._end_links(person, "reset")
            self._end_seats(person)
            self.note(person, "password_reset", ActorKind.PATIENT)
            self._tell(person, NoticeKind.PASSWORD_CHANGED)

        return Prediction(DONE, effect)

    def send_password_reset(self, person: Person) -> Prediction:
        """Support may send as many as it likes."""
        if person.name is None:
            return Prediction("not_found")
        if not person.is_active:
            return Prediction("patient_inactive")

        def effect() -> None:
            self._send_reset(person, NoticeKind.PASSWORD_RESET)
            self.note(person, "password_reset_sent", ActorKind.STAFF)

        return Prediction(DONE, effect)

    def resume(self, seat: Seat, *, forged: bool) -> Prediction:
        """A live session goes on, and that is written down once a minute."""
        if forged or not self.is_live(seat):
            return Prediction("session_ended")
        if self.now - seat.seen_at < min(SEEN_EVERY, self.policy.sessions.idle / 4):
            return Prediction(DONE)

        def effect() -> None:
            seat.seen_at = self.now

        return Prediction(DONE, effect)

    def log_off(self, person: Person, seat: Seat) -> Prediction:
        """Always done; the first time is worth a note."""

        def effect() -> None:
            if not seat.is_over:
                seat.is_over = True
                self.note(person, "logged_off", ActorKind.PATIENT, seat.device)

        return Prediction(DONE, effect)

    def log_off_device(self, person: Person, seat: Seat, wanted: Seat | None) -> Prediction:
        """Whoever is in may end any session of theirs; once is worth a note."""
        if not self.is_live(seat):
            return Prediction("session_ended")
        if wanted is None:
            return Prediction("not_found")

        def effect() -> None:
            if not wanted.is_over:
                wanted.is_over = True
                self.note(person, "device_logged_off", ActorKind.PATIENT, seat.device)

        return Prediction(DONE, effect)

    def log_off_everywhere(self, person: Person, seat: Seat) -> Prediction:
        """Whoever is in may end all."""
        if not self.is_live(seat):
            return Prediction("session_ended")

        def effect() -> None:
            self._end_seats(person)
            self.note(person, "logged_off_everywhere", ActorKind.PATIENT, seat.device)

        return Prediction(DONE, effect)

    def look(self, seat: Seat) -> Prediction:
        """Whoever is in may look, and that changes nothing."""
        return Prediction(DONE if self.is_live(seat) else "session_ended")

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

    def unlock(self, person: Person) -> Prediction:
        """Whatever was counted is forgotten."""
        name = person.name
        if name is None:
            return Prediction("not_found")

        def effect() -> None:
            self.counts[name] = Count()
            self.note(person, "unlocked", ActorKind.STAFF)

        return Prediction(DONE, nothing if self.counts[name] == Count() else effect)

    def work(self, *, limit: int, answer: Answer, good_commits: int | None) -> Work:
        """Tells what is due, the longest due first, and forgets old questions; it has happened when the call is made.

        Each commit marks what was told and begins what is next. Where it fails, what was told is marked alone, and what
        couldn't be begun waits; the last mark that fails fails the call, and so does not even finding that there is
        nothing more.

        Args:
            limit: how many notices at most.
            answer: what the notifier will say.
            good_commits: after how many one fails; ``None``: none does.
        """
        done = Work(good_commits)
        due = sorted((n for n in self.notices if n.due_at <= self.now), key=lambda n: (n.due_at, n.number))
        told: Notice | None = None
        for notice in (*due, None)[:limit]:
            is_saved = done.commit()
            if told is not None:
                done.commits += not is_saved
                self._mark(told, answer, done)
            told = None
            if is_saved and notice is not None:
                told = notice if self._begin(notice, done) else None
            elif notice is not None:
                self._wait_stuck(notice, done)
            elif not is_saved:
                done.fails = True
        if told is not None:
            done.fails = not done.commit()
            if not done.fails:
                self._mark(told, answer, done)
        if not done.fails:
            self._sweep(limit, done)
        return done

    def _sweep(self, limit: int, done: Work) -> None:
        kept = [challenge for challenge in self.challenges if not challenge.is_forgotten]
        old = [one for one in kept if self.now >= self.challenge_ends_at(one) + QUESTIONS_KEPT_FOR][:limit]
        done.fails = bool(old) and not done.commit()
        for challenge in () if done.fails else old:
            challenge.is_forgotten = True
            done.swept += 1

    def _wait_stuck(self, notice: Notice, done: Work) -> None:
        notice.tries += 1
        done.stuck += 1
        done.commit()
        self._postpone(notice, done)

    def _begin(self, notice: Notice, done: Work) -> bool:
        dead_link = notice.link is not None and not self.is_open(notice.link)
        pointless = dead_link or not notice.person.is_active
        if pointless or notice.tries == TRIES_MAX:
            done.given_up += not pointless
            self.notices.remove(notice)
            return False
        done.told.append(notice)
        notice.tries += 1
        notice.due_at = self.now + LEASE
        if notice.link is not None and notice.link.first_told_at is None:
            notice.link.first_told_at = self.now
        return True

    def _mark(self, notice: Notice, answer: Answer, done: Work) -> None:
        if answer is Answer.LATER:
            self._postpone(notice, done)
            return
        done.sent += answer is Answer.SENT
        done.given_up += answer is Answer.NEVER
        self.notices.remove(notice)

    def _postpone(self, notice: Notice, done: Work) -> None:
        if notice.tries < TRIES_MAX:
            done.postponed += 1
            notice.due_at = self.now + min(FIRST_PAUSE * 2 ** (notice.tries - 1), LONGEST_PAUSE)
            return
        done.given_up += 1
        self.notices.remove(notice)

    # What becomes so

    def note(self, person: Person, what: str, by: ActorKind, device: str | None = None) -> None:
        """An entry of somebody's history."""
        person.history.append((self.now, what, by, device))

    def _note_of(self, subject: Subject, what: str) -> None:
        """Nobody's history is kept."""
        if isinstance(subject, Person):
            self.note(subject, what, ActorKind.ANONYMOUS)

    def _opens(self, link: Link, kind: str) -> bool:
        return link.kind == kind and self.is_open(link)

    def _answer_wrong(self, subject: Subject) -> Prediction:
        count = self.answer_counts[subject]
        wrong = 1 if count.locked_at else count.wrong + 1
        left = self.policy.recovery.attempts - wrong

        def effect() -> None:
            self.answer_counts[subject] = Count(wrong, None if left else self.now)
            self._note_of(subject, "answer_wrong" if left else "recovery_closed")

        return Prediction(f"wrong_answer: {left}", effect)

    def _send_reset(self, person: Person, tells: NoticeKind) -> None:
        self._end_links(person, "replaced", kind="reset")
        person.links.append(Link("reset", self.now))
        self._tell(person, tells, person.links[-1])

    def _wrong(self, name: str, by: ActorKind, device: str | None = None) -> Prediction:
        count = self.counts[name]
        wrong = 1 if count.locked_at else count.wrong + 1
        left = self.policy.lockout.attempts - wrong

        def effect() -> None:
            self.counts[name] = Count(wrong, None if left else self.now)
            person = self.holder(name)
            if person is not None:
                self.note(person, "log_in_failed" if left else "locked_out", by, device)
                if not left:
                    self._tell(person, NoticeKind.ACCOUNT_LOCKED)

        return Prediction(f"wrong_credentials: {left}", effect)

    def _invite(self, person: Person, what: str) -> None:
        person.links.append(Link("invitation", self.now))
        self.note(person, what, ActorKind.STAFF)
        self._tell(person, NoticeKind.INVITATION, person.links[-1])

    def _tell(
        self, person: Person, kind: NoticeKind, link: Link | None = None, *, given_email: str | None = None
    ) -> None:
        self.notices.append(Notice(self._next(), person, kind, link, given_email, self.now))

    def _move(self, person: Person, new: str, by: ActorKind) -> None:
        former, person.email = person.email, new
        self._end_links(person, "new address")
        self.note(person, "email_changed", by)
        self._tell(person, NoticeKind.EMAIL_CHANGED, given_email=former)

    def _end_links(self, person: Person, fate: str, *, kind: str | None = None) -> None:
        for link in person.links:
            if link.fate == "open" and kind in {None, link.kind}:
                link.fate = fate

    def _end_seats(self, person: Person) -> None:
        for seat in person.seats:
            seat.is_over = True

    def _next(self) -> int:
        self._number += 1
        return self._number


def _is_right(given: Mapping[SecurityQuestion, str], stored: Mapping[SecurityQuestion, str]) -> bool:
    return all(question in stored and stored[question].casefold() == given[question].casefold() for question in given)


def weak(password: str, *more: str) -> str:
    """How a weak password is answered."""
    return f"weak_password: {', '.join((*WEAK_PASSWORDS.get(password, ()), *more))}"
