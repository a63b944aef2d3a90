"""The part of the model for the worker: which notices it tells."""

from datetime import timedelta

from patientportal.ports.notifier import Answer
from patientportal.testing.accounts.kept import Notice, Work
from patientportal.testing.accounts.model_base import AccountsModel

LEASE, FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(minutes=1), timedelta(hours=6)
TRIES_MAX = 12


class TellingModel(AccountsModel):
    """What a call of ``work`` tells, puts off and gives up."""

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
            elif notice is not None:
                self._wait_stuck(notice, done)
            elif not is_saved:
                done.fails = True
        if told is not None:
            done.fails = not done.commit()
            if not done.fails:
                self._mark(told, answer, done)
        return done

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
