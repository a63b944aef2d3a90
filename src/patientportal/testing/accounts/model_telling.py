"""The part of the model for the worker: which notices it tells."""

from datetime import datetime, timedelta

from patientportal.domain.events import ActorKind
from patientportal.domain.told import NoticeKind
from patientportal.ports.notifier import Answer
from patientportal.testing.accounts.kept import Link, Notice, Work
from patientportal.testing.accounts.model_base import AccountsModel
from patientportal.testing.machine_base import DONE, Prediction

LEASE, FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(minutes=1), timedelta(hours=1)
UNANSWERED_MAX = 12
AWAITED = {NoticeKind.PASSWORD_RESET, NoticeKind.USERNAME_REMINDER, NoticeKind.CONFIRM_EMAIL}
MISSED = {("confirmation", "new password"), ("confirmation", "reset")}
"""What somebody still waits for though it ended, beside what ended with an address or stayed untold."""


class TellingModel(AccountsModel):
    """What a call of ``work`` tells, puts off and gives up, and what staff do about that."""

    def work(self, *, limit: int, answer: Answer, good_commits: int | None) -> Work:
        """Tells what is due, the longest due first; it has happened when the call is made.

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
                if told is not None and answer is Answer.UNREACHED:
                    break
            elif notice is not None:
                self._wait_stuck(notice, done)
            elif not is_saved:
                done.fails = True
        if told is not None:
            done.fails = not done.commit()
            if not done.fails:
                self._mark(told, answer, done)
        return done

    def tried_until(self, notice: Notice) -> datetime:
        """When patience with a notice is over."""
        notices = self.policy.notices
        return notice.waits_since + (notices.link_patience if notice.kind in AWAITED else notices.patience)

    def _wait_stuck(self, notice: Notice, done: Work) -> None:
        notice.tries += 1
        notice.unanswered += 1
        done.stuck += 1
        done.commit()
        if notice.unanswered == UNANSWERED_MAX or self.now >= self.tried_until(notice):
            self._give_up(notice, done)
        else:
            self._postpone(notice, done)

    def _begin(self, notice: Notice, done: Work) -> bool:
        link = notice.link
        is_ended = link is not None and link.fate != "open" and not self.is_missed(link)
        if not notice.person.is_active or notice.is_gone or is_ended:
            self.notices.remove(notice)
            return False
        if link is not None and link.fate != "open":
            self._give_up(notice, done)
            return False
        if notice.to_email is None:
            notice.is_unreachable = True
            self.notices.remove(notice)
            self.given_up.append(notice)
            if link is not None and not self.has_letter(link):
                link.fate = "untold"
            return False
        if notice.unanswered == UNANSWERED_MAX or self.now >= self.tried_until(notice):
            self._give_up(notice, done)
            if link is not None and not self.has_letter(link):
                link.fate = "untold"
            return False
        done.told.append(notice)
        notice.tries += 1
        notice.unanswered += 1
        notice.due_at = self.now + LEASE
        if link is not None:
            link.told_at.append(self.now)
        return True

    def is_missed(self, link: Link) -> bool:
        """Whether somebody waits for a link that is over."""
        return link.fate in {"new address", "untold", "mistaken"} or (link.kind, link.fate) in MISSED

    def _mark(self, notice: Notice, answer: Answer, done: Work) -> None:
        match answer:
            case Answer.LATER:
                notice.unanswered = 0
                self._postpone(notice, done)
            case Answer.UNREACHED:
                notice.tries -= 1
                notice.unanswered = 0
                notice.due_at = self.now + FIRST_PAUSE
                done.postponed += 1
            case Answer.NEVER:
                self._give_up(notice, done)
            case Answer.SENT:
                done.sent += 1
                self.notices.remove(notice)

    def _postpone(self, notice: Notice, done: Work) -> None:
        done.postponed += 1
        notice.due_at = self.now + min(FIRST_PAUSE * 2 ** min(notice.tries - 1, 10), LONGEST_PAUSE)

    def _give_up(self, notice: Notice, done: Work) -> None:
        done.given_up += 1
        self.notices.remove(notice)
        self.given_up.append(notice)

    def deliver_again(self, notice: Notice) -> Prediction:
        """What was given up is as if it were new, unless its patient is shut out or its link is over."""
        if not notice.person.is_active:
            return Prediction("patient_inactive")
        if notice.link is not None and self.is_over(notice, notice.link):
            return Prediction("notice_link_over")

        def effect() -> None:
            self.given_up.remove(notice)
            self.notices.append(notice)
            notice.is_unreachable = False
            notice.waits_since = notice.due_at = self.now
            notice.tries = notice.unanswered = 0
            self.note(notice.person, "notice_sent_again", ActorKind.STAFF)

        return Prediction(DONE, effect)

    def is_over(self, notice: Notice, link: Link) -> bool:
        """Whether no new letter can make anything of a link."""
        return link.fate != "open" or (self.now >= self.tried_until(notice) and not self.has_letter(link))

    def dismiss(self, notice: Notice) -> Prediction:
        """Nobody is reminded of it any more."""

        def effect() -> None:
            self.given_up.remove(notice)
            self.note(notice.person, "notice_dismissed", ActorKind.STAFF)

        return Prediction(DONE, effect)
