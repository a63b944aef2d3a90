"""The way back in: how much an answer and a new password cost above the hashes that they need."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from benchmarks.database import CLOCK, Bench, bench
from benchmarks.measure import ROUNDS, Figure, Pairs, timed
from patientportal.adapters.recording import RecordingNotifier
from patientportal.testing import ANSWERS, CheapHasher, asked, desk

PASSWORDS = ("amber lantern 77 drifts", "cobalt anchor 88 sings")
BETWEEN_MAILS = timedelta(minutes=13)  # so that none is one too many
GOAL_MS = 2.0


def figures(effort: float) -> Iterator[Figure]:
    """With a hasher that costs nothing, on SQLite that waits for the disk."""
    hasher = CheapHasher()
    hashed = hasher.hash("mopsy")
    each = max(1, int(200 * effort) // ROUNDS)
    with bench(hasher=hasher) as one:
        pairs = Pairs(
            [
                [_pair(partial(_answer, one), lambda: hasher.verify("mopsy", hashed)) for _ in range(each)]
                for _ in range(ROUNDS)
            ]
        )
        yield pairs.difference("answer - verification, free hasher", unit="ms", goal=GOAL_MS, durability=one.durability)
        pairs = Pairs(
            [
                [
                    _pair(partial(_reset, one, at), lambda: (hasher.verify("mopsy", hashed), hasher.hash("mopsy")))
                    for at in range(each)
                ]
                for _ in range(ROUNDS)
            ]
        )
        yield pairs.difference(
            "reset - verification and hash, free hasher", unit="ms", goal=GOAL_MS, durability=one.durability
        )


def _pair(prepared: Callable[[], Callable[[], object]], theirs: Callable[[], object]) -> tuple[int, int]:
    """Ours is prepared before it is timed: a question must be asked, a link mailed."""
    CLOCK.advance(BETWEEN_MAILS)
    return timed(prepared()), timed(theirs)


def _answer(one: Bench) -> Callable[[], object]:
    challenge = asked(one.portal.recovery.forgot_password(one.member.username))
    answers = {question: ANSWERS[question] for question in challenge.questions}
    return partial(one.portal.recovery.answer, challenge.id, answers)


def _reset(one: Bench, at: int) -> Callable[[], object]:
    notifier = one.portal._env.notifier  # noqa: SLF001 - the bench's own
    assert isinstance(notifier, RecordingNotifier)
    desk(one.portal).support.send_password_reset(one.member.patient_id)
    one.portal.work(limit=10_000)
    link = str(next(mail.link for mail in reversed(notifier.messages) if mail.link)).partition("#")[2]
    return partial(one.portal.recovery.reset_password, link, PASSWORDS[at % 2])
