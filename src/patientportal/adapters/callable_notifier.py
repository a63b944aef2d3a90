"""A notifier that writes each mail and leaves the sending to a function of the host's."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from patientportal.adapters.mail import Mail, letterhead
from patientportal.adapters.mail_words import ENGLISH, MailWords
from patientportal.adapters.system import utc_now
from patientportal.domain.told import Channel
from patientportal.ports.notifier import Answer, Message

_log = logging.getLogger("patientportal")


class CallableNotifier:
    """Gives each mail, written, to a function: a framework's own mail, or a provider's programming interface.

    Args:
        send: sends one mail within a few minutes, thread-safe, and says what became of it; ``None``: it was handed
            over. An exception counts as ``Answer.LATER``.
        sender: the address that mail comes from.
        practice: its name, for the sender and in the texts.
        phone: the number to call it under, for the texts; ``None``: they name none.
        reply_to: the address that answers go to; ``None``: to the sender.
        words: the texts, one set a language; the first is the practice's own.
        clock: now, as an aware ``datetime``.

    Raises:
        ConfigurationError: one of these can't be used.
    """

    def __init__(
        self,
        send: Callable[[Mail], Answer | None],
        *,
        sender: str,
        practice: str,
        phone: str | None = None,
        reply_to: str | None = None,
        words: Sequence[MailWords] = (ENGLISH,),
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._send = send
        self._letterhead = letterhead(
            sender=sender, practice=practice, reply_to=reply_to, phone=phone, words=words, clock=clock
        )

    def send(self, message: Message) -> Answer:
        """See ``Notifier.send``."""
        if message.channel is not Channel.EMAIL:
            _log.warning("asked to mail a text message")
            return Answer.LATER
        mail = self._letterhead.mail(message)
        if mail is None:
            _log.warning("mail can't be written")
            return Answer.NEVER
        answer = self._send(mail)
        return Answer.SENT if answer is None else answer
