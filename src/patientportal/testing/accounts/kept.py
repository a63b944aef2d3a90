"""What the model of accounts keeps: patients, their links and sessions, questions, counts and notices."""

from collections.abc import Mapping
from datetime import datetime

from attrs import define, field

from patientportal.domain.accounts.security_questions import SecurityQuestion
from patientportal.domain.events import ActorKind
from patientportal.domain.ids import PatientId
from patientportal.domain.told import Channel, NoticeKind
from patientportal.patient_access import PatientAccess


@define(eq=False)
class Link:
    """An invitation, a confirmation of a new address, a reset of the password.

    Attributes:
        kind: "invitation", "confirmation" or "reset".
        made_at: when it was asked for.
        is_printed: whether it is on paper.
        proposed: the address that a confirmation confirms; empty for the others.
        told_at: when each of its letters was sent; the time of each runs from there.
        wrong_dates: how often a birth date was said with it that isn't the patient's.
        fate: "open" until it is "used", or what ended it: it was "replaced", a "new password", a "reset", a "new
            address", the patient was "shut out" or their "account ended", it stayed "untold", the birth date was
            "mistaken". Else time leaves it "open".
    """

    kind: str
    made_at: datetime
    proposed: str = ""
    told_at: list[datetime] = field(factory=list)
    wrong_dates: int = 0
    is_printed: bool = False
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
        wants: how they want to be told of messages.
        email_changes: when a new address was asked for; the earliest first.
        letters: which were mailed without a question: when, what they tell, with which link; the earliest first.
        history: when, what, by whom, on which device; the earliest first.
    """

    id: PatientId
    email: str | None
    last_name: str = "Byron"
    external_id: str | None = None
    language: str | None = None
    wants: Channel = Channel.EMAIL
    is_active: bool = True
    name: str | None = None
    password: str | None = None
    answers: Mapping[SecurityQuestion, str] = field(factory=dict)
    links: list[Link] = field(factory=list)
    email_changes: list[datetime] = field(factory=list)
    letters: list[tuple[datetime, NoticeKind, Link]] = field(factory=list)
    seats: list[Seat] = field(factory=list)
    history: list[tuple[datetime, str, ActorKind, str | None]] = field(factory=list)
    lock_told_at: datetime | None = None
    written_down_at: datetime | None = None

    def __repr__(self) -> str:
        return f"<{self.email}>"


@define(eq=False)
class Letter:
    """One of the mails with a link: to whom, its secret, and when it was sent."""

    person: Person
    secret: str
    link: Link
    told_at: datetime


Subject = Person | str
"""Whom recovery is about: a patient with an account, or the name or the address that was typed."""


@define(eq=False)
class Challenge:
    """Questions that were asked.

    Attributes:
        tells: what right answers have mailed.
        answers: the right ones when it was asked.
        id: as it was handed out.
        questions: as they were asked.
    """

    subject: Subject
    tells: NoticeKind
    answers: Mapping[SecurityQuestion, str]
    started_at: datetime
    id: str
    questions: tuple[SecurityQuestion, ...]


@define
class Count:
    """Wrong passwords for a name, or wrong answers about somebody, be they known or not; and since when they shut.

    Attributes:
        in_a_row: the wrong ones since a success or a clearing, whatever time ended in between.
        has_locked: whether they have locked since then.
    """

    wrong: int = 0
    locked_at: datetime | None = None
    in_a_row: int = 0
    has_locked: bool = False


@define(eq=False)
class Notice:
    """Something to be told, to a given address or else to the one that the patient has when it is told.

    Attributes:
        given_email: that address; empty where it was none.
        is_unreachable: whether it had nowhere to go.
        waits_since: since when it is new, or as if it were.
        tries: how often a worker began it and the mail server was there.
        unanswered: how often in a row nobody heard what came of that.
        is_gone: whether what it is about is kept no more.
    """

    number: int
    person: Person
    kind: NoticeKind
    link: Link | None
    given_email: str | None
    waits_since: datetime
    due_at: datetime
    tries: int = 0
    unanswered: int = 0
    is_gone: bool = False
    message_id: str | None = None
    is_unreachable: bool = False

    @property
    def to_email(self) -> str | None:
        """Where it goes if it is told now; ``None``: there is no address."""
        return (self.person.email if self.given_email is None else self.given_email) or None

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
