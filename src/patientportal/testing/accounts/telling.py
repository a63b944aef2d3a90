"""The part of the machine for the worker and the clock: what is due is told, letters lie around, commits fail."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from patientportal.application.worker.work import Worked
from patientportal.domain.accounts.links import Purpose
from patientportal.domain.ids import DeliveryId
from patientportal.domain.notices.notices import DeliveryStatus
from patientportal.domain.told import NoticeKind
from patientportal.ports.notifier import Answer, Message
from patientportal.testing.accounts.kept import Letter, Notice, Person
from patientportal.testing.accounts.machine_base import AccountsMachine, patients
from patientportal.testing.accounts.model_sessions import SEEN_EVERY
from patientportal.testing.accounts.model_telling import LEASE
from patientportal.testing.accounts.typed import weak
from patientportal.testing.machine_base import DONE, INSTANT, agree, indexes, latest, offsets, rarely
from patientportal.testing.world import BORN, secret_of

DEAD_LINKS = {
    ("invitation", "open"): "an expired link was tried",
    ("invitation", "replaced"): "an earlier invitation was tried",
    ("invitation", "new address"): "an invitation to another address was tried",
    ("invitation", "mistaken"): "an invitation was tried after wrong birth dates",
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

answers: st.SearchStrategy[Answer] = st.sampled_from((Answer.SENT, Answer.SENT, *Answer))


class TellingMachine(AccountsMachine):
    """What happens while nobody asks: the worker tells, the clock goes on, the database fails, and links end."""

    @rule(limit=st.sampled_from((1, 100)), answer=answers)
    def work(self, limit: int, answer: Answer) -> None:
        """A worker tells what is due; every message and every number was predicted."""
        before, commits = len(self.notifier.messages), self.store.commits
        work = self.model.work(limit=limit, answer=answer, good_commits=self.store.good_commits)
        self.notifier.answers = [answer] * limit
        worked = Worked(sent=work.sent, postponed=work.postponed, given_up=work.given_up)
        said = self._said(lambda: self.portal.work(limit=limit))
        expected = ("adapter_failed", None) if work.fails else (DONE, worked)
        agree("work", predicted=expected, answered=said)
        agree("commits", predicted=commits + work.commits, answered=self.store.commits)
        self._reach("a commit failed", when=work.fails)
        self._reach("a delivery couldn't be begun", when=work.stuck)
        self._reach("the mail server was out of reach", when=work.told and answer is Answer.UNREACHED)
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
                letter = Letter(notice.person, secret_of(message.link), notice.link, self.model.now)
                self.mailed.append(letter)

    # What staff see, and do about it

    @invariant()
    def staff_see_what_was_given_up(self) -> None:
        """All of it, the oldest first, and nothing else; and a monitor that there is some."""
        given_up = sorted(self.model.given_up, key=lambda notice: notice.number)
        for reason in (None, DeliveryStatus.DEAD, DeliveryStatus.UNREACHABLE):
            seen = self.desk.audit.undelivered(reason=reason, limit=200).items
            answered = [(one.patient_id, one.kind, one.tries) for one in seen if reason in {None, one.reason}]
            of_reason = [one for one in given_up if reason in {None, self._reason(one)}]
            predicted = [(one.person.id, one.kind, one.tries) for one in of_reason]
            agree("undelivered", predicted=predicted, answered=answered)
        is_dead = any(not one.is_unreachable for one in given_up)
        agree("health", predicted=is_dead, answered=self.portal.health().has_undelivered)
        self._reach("a notice had nowhere to go", when=any(one.is_unreachable for one in given_up))

    def _reason(self, notice: Notice) -> DeliveryStatus:
        return DeliveryStatus.UNREACHABLE if notice.is_unreachable else DeliveryStatus.DEAD

    @precondition(lambda self: self.model.given_up)
    @rule(which=indexes, again=st.booleans())
    def see_to_what_was_given_up(self, which: int, *, again: bool) -> None:
        """Staff have a notice sent again that was given up, or let it be."""
        notice, delivery_id = self._given_up(which)
        if again:
            answer, _ = self._ask(lambda: self.desk.audit.deliver_again(delivery_id), self.model.deliver_again(notice))
            self._reach("a notice's link was over", when=answer == "notice_link_over")
            self._reach("a notice was sent again", when=answer == DONE)
        else:
            answer, _ = self._ask(lambda: self.desk.audit.dismiss(delivery_id), self.model.dismiss(notice))
            self._reach("a notice was dismissed", when=answer == DONE)

    def _given_up(self, which: int) -> tuple[Notice, DeliveryId]:
        given_up = sorted(self.model.given_up, key=lambda notice: notice.number)
        number = which % len(given_up)
        return given_up[number], self.desk.audit.undelivered(limit=200).items[number].delivery_id

    @rule(somebody=patients, offset=offsets, answer=st.sampled_from((Answer.LATER, Answer.UNREACHED)))
    def mail_is_down(self, somebody: Person, offset: timedelta, answer: Answer) -> None:
        """Somebody is to get a link, and the mail server isn't there, until patience is nearly or quite over."""
        in_vain = self.model.send_password_reset if somebody.name else self.model.invite
        ask = self.desk.support.send_password_reset if somebody.name else self.desk.patients.invite
        self._ask(lambda: ask(somebody.id), in_vain(somebody))
        self.work(limit=100, answer=answer)
        if self.model.notices:
            self._wait_until(self.model.tried_until(self.model.notices[-1]) + offset)
            untold = len(self.model.given_up)
            self.work(limit=100, answer=Answer.SENT)
            self._reach("patience was over", when=len(self.model.given_up) > untold)

    # Time and mishap

    @rule(by=st.sampled_from((INSTANT, SEEN_EVERY - INSTANT, SEEN_EVERY, LEASE)))
    def time_passes(self, by: timedelta) -> None:
        """The clock goes on, never back."""
        self._wait_until(self.model.now + by)

    @precondition(lambda self: self.mailed)
    @rule(which=indexes, offset=offsets)
    def let_a_letter_lie(self, which: int, offset: timedelta) -> None:
        """The clock goes to where a letter is about to be too old, or just is."""
        letter = latest(self.mailed, which)
        if self.model.works(letter):
            self._wait_until(letter.told_at + self.model.works_for(letter.link) + offset)

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
    def exactly_the_open_links_work(self) -> None:
        """Every letter of them, each on its own page; one of a kind at most, and an invitation alone."""
        for somebody in self.model.people:
            letters = [letter for letter in self.mailed if letter.person is somebody]
            working = {
                *((letter, "invitation") for letter in letters if self._activates(letter.secret)),
                *((letter, "confirmation") for letter in letters if self._confirms(letter.secret)),
                *((letter, "reset") for letter in letters if self._resets(letter)),
            }
            predicted = {(letter, letter.link.kind) for letter in letters if self.model.works(letter)}
            agree("letters that work", predicted=predicted, answered=working)
            found = {letter.link for letter, _ in working}
            kinds = {(link.kind, link.is_printed) for link in found}
            if len(found) > len(kinds) or (len(found) > 1 and any(link.kind == "invitation" for link in found)):
                raise AssertionError("two links work at once")
        dead = {
            (letter.link.kind, letter.link.fate)
            for letter in self.mailed
            if (letter.link.fate == "open") != self.model.is_in_time(letter)  # what one end alone has ended
        }
        for end, situation in DEAD_LINKS.items():
            self._reach(situation, when=end in dead)

    def _confirms(self, secret: str) -> bool:
        """Whether a letter would make the new address the patient's; the failing commit keeps it from being used."""
        good_commits, self.store.good_commits = self.store.good_commits, 0
        answer, _ = self._said(lambda: self.portal.confirm_email(secret))
        self.store.good_commits = good_commits
        return answer == "adapter_failed"

    def _resets(self, letter: Letter) -> bool:
        """Whether a letter would set a new password; looking says so, and with a code a weak one."""
        if not letter.link.is_printed:
            _, checked = self._said(lambda: self.portal.check_link(letter.secret))
            return checked is not None and checked.purpose is Purpose.PASSWORD_RESET
        good_commits, self.store.good_commits = self.store.good_commits, None
        answer, _ = self._said(
            lambda: self.portal.recovery.reset_password(letter.secret, "tiny 7!", date_of_birth=BORN)
        )
        self.store.good_commits = good_commits
        return answer == weak("tiny 7!")

    def _activates(self, secret: str) -> bool:
        """Whether a letter would make an account; the weak password keeps it from being used."""
        good_commits, self.store.good_commits = self.store.good_commits, None
        answer, _ = self._said(
            lambda: self.portal.activate(
                secret,
                date_of_birth=BORN,
                username="nobody",
                password="tiny 7!",  # noqa: S106 - of nobody
                security_answers=self.wanted_answers,
            )
        )
        self.store.good_commits = good_commits
        return answer == weak("tiny 7!")
