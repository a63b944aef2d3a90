"""One connection carries many mails, and one that is unclear is never used again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from patientportal import Answer
from patientportal.adapters import smtp
from patientportal.testing import FrozenClock
from tests.adapters.smtp.mails import SECOND, message, said
from tests.adapters.smtp.servers import DROP, HANG, LOG_IN, Notifying, Served


@pytest.mark.parametrize(
    ("said_to", "becomes"),
    [
        ({"MAIL": "550 no"}, (Answer.UNREACHED, "sender refused (550)")),
        ({"MAIL": "450 no"}, (Answer.UNREACHED, "sender refused (450)")),
        ({"RCPT": "450 no"}, (Answer.LATER, "recipient refused (450)")),
        ({"RCPT": "530 log in"}, (Answer.UNREACHED, "recipient refused (530)")),
        ({"RCPT": "550 no"}, (Answer.NEVER, "recipient refused (550)")),
        ({"RCPT": "550 5.1.1 no such user"}, (Answer.NEVER, "recipient refused (550)")),
        ({"RCPT": "554 5.7.1 relay access denied"}, (Answer.LATER, "recipient refused (554)")),
        ({"DATA": "451 no"}, (Answer.LATER, "message refused (451)")),
        ({"DATA": "554 no"}, (Answer.NEVER, "message refused (554)")),
    ],
)
def test_a_refused_mail_leaves_the_connection_to_the_next(
    served: Served,
    notifying: Notifying,
    caplog: pytest.LogCaptureFixture,
    said_to: dict[str, str],
    becomes: tuple[Answer, str],
) -> None:
    post, port = served()
    notifier = notifying(port)
    notifier.send(message())
    post.says = said_to
    assert notifier.send(message()) is becomes[0]
    assert said(caplog) == [f"smtp: {becomes[1]}"]
    post.says = {}
    assert notifier.send(message()) is Answer.SENT
    assert len(post.peers) == 2
    assert len(set(post.peers)) == 1


@pytest.mark.parametrize(
    ("verb", "says"),
    [(verb, says) for verb in ("MAIL", "RCPT", "DATA") for says in (DROP, "421 bye", "334 what?")] + [("RCPT", HANG)],
)
def test_an_unclear_connection_is_never_used_again(served: Served, notifying: Notifying, verb: str, says: str) -> None:
    post, port = served()
    notifier = notifying(port, timeout=SECOND)
    notifier.send(message())
    post.says = {verb: says}
    assert notifier.send(message()) is (Answer.UNREACHED if verb == "MAIL" else Answer.LATER)
    post.says = {}
    assert notifier.send(message()) is Answer.SENT
    assert len(post.peers) == len(set(post.peers)) == 2


def test_a_mail_whose_receipt_was_lost_comes_again_under_the_same_id(served: Served, notifying: Notifying) -> None:
    post, port = served()
    notifier = notifying(port)
    post.says = {"TAKEN": DROP}
    assert notifier.send(message()) is Answer.LATER
    post.says = {}
    assert notifier.send(message()) is Answer.SENT
    first, second = post.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_a_connection_that_cannot_be_reset_is_not_used_again(served: Served, notifying: Notifying) -> None:
    post, port = served()
    notifier = notifying(port)
    notifier.send(message())
    post.says = {"RCPT": "550 no", "RSET": DROP}
    assert notifier.send(message()) is Answer.NEVER
    post.says = {}
    assert notifier.send(message()) is Answer.SENT
    assert len(set(post.peers)) == 2


def test_a_refused_log_in_is_the_set_ups_fault_and_no_mails(
    served: Served, notifying: Notifying, caplog: pytest.LogCaptureFixture
) -> None:
    post, port = served()
    notifier = notifying(port, username="mailer", password="wrong-canary")
    assert notifier.send(message()) is Answer.UNREACHED
    assert post.mails == []
    assert said(caplog) == ["smtp: log-in refused (535)"]


OURS = (
    "550 5.7.26 unauthenticated mail isn't accepted from this domain",
    "550 5.7.509 the sending domain does not pass DMARC",
    "554 5.7.1 client host blocked",
    "550 5.1.8 sender address rejected: domain not found",
    "550 5.1.90 you've reached your daily limit",
    "554 5.2.252 SendAsDenied",
    "550 5.3.2 system not accepting network messages",
    "550 5.4.5 daily user sending quota exceeded",
    "550 relay not permitted",
    "554 Relay access denied",
    "550 5.0.0 relaying denied",
    "554 Message rejected: Email address is not verified. The following identities failed the check",
    "550 The from address does not match a verified Sender Identity.",
    "550 Sandbox subdomains are for test purposes only",
    "554 Your account is not allowed to send",
    "550 SPF check failed",
    "552 message limit reached for this account",
)
"""What is said of who sends, as servers and providers write it, with and without a status of RFC 3463."""

THEIRS = (
    "550 5.1.1 no such user",
    "550 5.1.1 <relay.limit@example.org>: recipient address rejected",
    "551 5.1.6 the mailbox has moved",
    "550 5.2.1 mailbox disabled",
    "552 5.2.2 mailbox full: quota exceeded",
    "550 5.4.1 recipient address rejected: access denied",
    "552 5.3.4 message too big",
    "550 5.6.0 can't be read",
    "550 Unrouteable address",
    "550 no such user here",
)
"""What is said of the recipient or the mail."""


@pytest.mark.parametrize("step", ["RCPT", "DATA", "TAKEN"])
def test_a_refusal_of_the_sender_or_the_set_up_is_never_the_letters_fault_at_whatever_step(
    served: Served, notifying: Notifying, step: str
) -> None:
    post, port = served()
    notifier = notifying(port)
    for answers, expected in ((OURS, Answer.LATER), (THEIRS, Answer.NEVER)):
        for says in answers:
            post.says = {step: says}
            assert notifier.send(message()) is expected, says
    post.says = {}
    assert notifier.send(message()) is Answer.SENT


@pytest.mark.parametrize("says", OURS + THEIRS)
def test_whatever_is_said_of_the_sender_before_there_is_a_recipient_holds_for_every_mail(
    served: Served, notifying: Notifying, says: str
) -> None:
    post, port = served()
    post.says = {"MAIL": says}
    assert notifying(port).send(message()) is Answer.UNREACHED


def test_many_messages_go_over_one_connection(served: Served, notifying: Notifying) -> None:
    post, port = served()
    notifier = notifying(port, **LOG_IN)
    assert {notifier.send(message(number)) for number in range(20)} == {Answer.SENT}
    assert len(post.mails) == 20
    assert len(set(post.peers)) == len(post.log_ins) == 1


@pytest.mark.parametrize("says", [DROP, "421 too long idle"])
def test_a_connection_that_the_server_gave_up_is_replaced(served: Served, notifying: Notifying, says: str) -> None:
    post, port = served()
    notifier = notifying(port)
    notifier.send(message())
    post.says = {"NOOP": says}
    assert notifier.send(message()) is Answer.SENT
    assert len(set(post.peers)) == 2


def test_a_connection_that_was_idle_for_long_is_replaced_unasked(served: Served, notifying: Notifying) -> None:
    post, port = served()
    clock = FrozenClock()
    notifier = notifying(port, clock=clock)
    for pause in (timedelta(0), smtp.IDLE_MAX, smtp.IDLE_MAX + SECOND, -SECOND):
        clock.advance(pause)
        assert notifier.send(message()) is Answer.SENT
    assert len(set(post.peers)) == 3
    assert post.peers[0] == post.peers[1]


def test_a_closed_notifier_opens_the_next_connection_when_it_is_needed(served: Served, notifying: Notifying) -> None:
    post, port = served()
    notifier = notifying(port)
    notifier.close()
    notifier.send(message())
    notifier.close()
    notifier.close()
    assert notifier.send(message()) is Answer.SENT
    assert len(set(post.peers)) == 2


def test_the_connection_of_another_process_is_not_used(served: Served, notifying: Notifying) -> None:
    post, port = served()
    notifier = notifying(port)
    notifier.send(message())
    notifier._session_process += 1
    notifier.send(message())
    assert len(set(post.peers)) == 2


def test_eight_threads_send_at_once(served: Served, notifying: Notifying) -> None:
    post, port = served()
    notifier = notifying(port)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: notifier.send(message(number)), range(40)))
    assert set(answers) == {Answer.SENT}
    assert {mail["Message-ID"] for mail in post.mails} == {f"<0198-{number}@clinic.example>" for number in range(40)}
    assert len(set(post.peers)) == 1


def test_an_interrupted_answer_is_not_taken_for_the_next_mails(
    served: Served, notifying: Notifying, monkeypatch: pytest.MonkeyPatch
) -> None:
    post, port = served()
    notifier = notifying(port)
    notifier.send(message())

    def interrupted(_: object) -> tuple[int, bytes]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("smtplib.SMTP.getreply", interrupted)
        notifier.send(message())
    assert notifier.send(message()) is Answer.SENT
    assert len(set(post.peers)) == 2
