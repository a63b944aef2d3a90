"""A notifier that prints: for trials, where no mail should be sent."""

import sys
from typing import TextIO

from attrs import evolve

from patientportal.adapters.mail_words import ENGLISH
from patientportal.adapters.text_words import ENGLISH_TEXTS
from patientportal.domain.told import Channel
from patientportal.ports.notifier import Answer, Message


class ConsoleNotifier:
    """Prints the English text of each message as one line, without its address or number; its link only when told to.

    Args:
        print_links: whether links are shown. Whoever reads them can use them.
        to: where it prints; ``None``: standard output.
    """

    def __init__(self, *, print_links: bool = False, to: TextIO | None = None) -> None:
        self._print_links = print_links
        self._to = to

    def send(self, message: Message) -> Answer:
        """See ``Notifier.send``."""
        if message.link is not None and not self._print_links:
            message = evolve(message, link="(link hidden)")
        if message.channel is Channel.TEXT:
            label, text = "[text]", ENGLISH_TEXTS.text(message, practice="your practice")
        else:
            label, text = "[mail]", ENGLISH.letter(message, practice="your practice").text
        print(label, " ".join(text.split()), file=self._to or sys.stdout)
        return Answer.SENT
