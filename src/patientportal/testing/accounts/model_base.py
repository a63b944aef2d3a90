"""What every part of the model of accounts stands on: its lists, what they say now, and what becomes so."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta

from patientportal.domain.events import ActorKind
from patientportal.domain.policy import Policy
from patientportal.domain.told import NoticeKind
from patientportal.testing.accounts.kept import Challenge, Count, Letter, Link, Notice, Person, Seat, Subject
from patientportal.testing.accounts.typed import SPELLINGS
from patientportal.testing.fakes import FrozenClock
from patientportal.testing.machine_base import Prediction, nothing
from patientportal.testing.world import BORN

IN_A_ROW_MAX = 100
LOCK_TOLD_EVERY = timedelta(hours=1)


class AccountsModel:
    """A portal in a few lists; a part of one topic is a subclass that says what its calls will answer."""

    def __init__(self, policy: Policy, clock: FrozenClock) -> None:
        self.policy: Policy = policy
        self.clock: FrozenClock = clock
        self.people: list[Person] = []
        self.counts: dict[str, Count] = {name: Count() for name in SPELLINGS}
        self.challenges: list[Challenge] = []
        self.answer_counts: defaultdict[Subject, Count] = defaultdict(Count)
        self.notices: list[Notice] = []
        self.given_up: list[Notice] = []
        self._number: int = 0

    @property
    def now(self) -> datetime:
        """Where the clock stands."""
        return self.clock()

    def holder(self, name: str) -> Person | None:
        """Whose name this is."""
        return next((person for person in self.people if person.name == name), None)

    def lock_ends_at(self, name: str) -> datetime | None:
        """When time alone ends the lock of a name."""
        count, after = self.counts[name], self.policy.lockout.unlock_after
        is_for_good = after is None or count.in_a_row >= IN_A_ROW_MAX
        return None if count.locked_at is None or is_for_good else count.locked_at + (after or timedelta(0))

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

    def works_for(self, link: Link) -> timedelta:
        """How long each letter with this link is good for."""
        if link.is_printed:
            return self.policy.invitations.paper_valid_for
        return {
            "invitation": self.policy.invitations.valid_for,
            "confirmation": self.policy.email_changes.valid_for,
            "reset": self.policy.recovery.link_valid_for,
        }[link.kind]

    def has_letter(self, link: Link) -> bool:
        """Whether any letter with this link is in its time."""
        return any(self.now < told_at + self.works_for(link) for told_at in link.told_at)

    def is_in_time(self, letter: Letter) -> bool:
        """Whether a letter could be used, as far as time goes."""
        return self.now < letter.told_at + self.works_for(letter.link)

    def works(self, letter: Letter) -> bool:
        """Whether a letter can be used."""
        return letter.link.fate == "open" and self.is_in_time(letter)

    def challenge_ends_at(self, challenge: Challenge) -> datetime:
        """Until when questions may be answered."""
        return challenge.started_at + self.policy.recovery.answer_within

    # What becomes so

    def note(self, person: Person, what: str, by: ActorKind, device: str | None = None) -> None:
        """An entry of somebody's history."""
        person.history.append((self.now, what, by, device))

    def _print(self, person: Person, kind: str, what: str) -> None:
        """A link on paper, which is there at once; nobody mails it."""
        self._end_links(person, "replaced", kind=kind)
        person.links.append(Link(kind, self.now, is_printed=True, told_at=[self.now]))
        self.note(person, what, ActorKind.STAFF)

    def refused_code(self, letter: Letter | None, kind: str, born: date) -> Prediction | None:
        """Whoever has a code and doesn't say the birth date is answered as if there were no such code."""
        if letter is None or not self._opens(letter, kind):
            return Prediction("code_invalid", nothing)
        return None if born == BORN else Prediction("code_invalid", self._mistake(letter.person, letter.link)[1])

    def _mistake(self, person: Person, link: Link) -> tuple[int, Callable[[], None]]:
        """A wrong birth date counts on the link; one too many ends it, and staff see a letter that came to nothing."""
        left = self.policy.invitations.attempts - link.wrong_dates - 1

        def effect() -> None:
            link.wrong_dates += 1
            self.note(person, "birth_date_wrong", ActorKind.ANONYMOUS)
            if not left:
                link.fate = "mistaken"
                is_invitation = link.kind == "invitation"
                self._tell(person, NoticeKind.INVITATION if is_invitation else NoticeKind.PASSWORD_RESET, link)

        return left, effect

    def _opens(self, letter: Letter, kind: str) -> bool:
        return letter.link.kind == kind and self.works(letter)

    def _wrong(self, name: str, by: ActorKind, device: str | None = None) -> Prediction:
        count = self.counts[name]
        wrong = 1 if count.locked_at else count.wrong + 1
        in_a_row = count.in_a_row + 1
        left = min(self.policy.lockout.attempts - wrong, IN_A_ROW_MAX - in_a_row)

        def effect() -> None:
            self.counts[name] = Count(
                wrong, None if left else self.now, in_a_row, has_locked=count.has_locked or not left
            )
            person = self.holder(name)
            if person is not None:
                self.note(person, "log_in_failed" if left else "locked_out", by, device)
                if not left and (person.lock_told_at is None or self.now >= person.lock_told_at + LOCK_TOLD_EVERY):
                    person.lock_told_at = self.now
                    self._tell(person, NoticeKind.ACCOUNT_LOCKED)

        return Prediction(f"wrong_credentials: {left}", effect)

    def _tell(
        self, person: Person, kind: NoticeKind, link: Link | None = None, *, given_email: str | None = None
    ) -> None:
        self.notices.append(Notice(self._next(), person, kind, link, given_email, self.now, self.now))

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
