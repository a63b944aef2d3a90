"""A notifier that prints: for trials, where no mail should leave the house."""

import sys
from typing import TextIO

from patientportal.domain.notices import NoticeKind
from patientportal.ports.notifier import Answer, Message

WORDS = {
    NoticeKind.INVITATION: "your practice invites you to its patient portal. Choose your username and password:",
    NoticeKind.ACCOUNT_LOCKED: "your account was locked after too many wrong passwords. Your practice can help.",
    NoticeKind.PASSWORD_CHANGED: "your password was changed. If that wasn't you, call your practice.",
    NoticeKind.NEW_LOG_IN: "somebody logged in to your account. If that wasn't you, call your practice.",
    NoticeKind.CONFIRM_EMAIL: "please confirm your new e-mail address:",
    NoticeKind.EMAIL_CHANGE_REQUESTED: "a new e-mail address was asked for. If that wasn't you, call your practice.",
    NoticeKind.EMAIL_CHANGED: "your e-mail address was changed. If that wasn't you, call your practice.",
}


class ConsoleNotifier:
    """Prints each message, without its address; its link only when told to.

    Args:
        print_links: whether links are shown. They let whoever reads them in.
        to: where it prints; ``None``: standard output.
    """

    def __init__(self, *, print_links: bool = False, to: TextIO | None = None) -> None:
        self._print_links = print_links
        self._to = to

    def send(self, message: Message) -> Answer:
        """See ``Notifier.send``."""
        text = f"[mail] {message.to_name}, {WORDS[message.kind]}"
        if message.link is not None:
            text += f" {message.link if self._print_links else '(link hidden)'}"
        print(text, file=self._to or sys.stdout)
        return Answer.SENT
