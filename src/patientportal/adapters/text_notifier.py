"""A notifier that writes each text message and leaves the sending to a function of the host's."""

import logging
from collections.abc import Callable, Sequence

from attrs import field, frozen

from patientportal.adapters.mail_words import best_words
from patientportal.adapters.text_words import ENGLISH_TEXTS, SPANISH_TEXTS, TextWords
from patientportal.domain.errors import BadInputError, ConfigurationError
from patientportal.domain.ids import PatientId
from patientportal.domain.told import Channel
from patientportal.domain.values.text import line
from patientportal.ports.notifier import Answer, Message

PRACTICE_MAX = 40
_log = logging.getLogger("patientportal")


@frozen(kw_only=True)
class TextMessage:
    """A text message that is written, and not sent yet.

    Attributes:
        id: the same at every try: the provider's idempotency key.
        patient_id: whom it tells.
        to_phone: the number, by ITU-T E.164, such as ``+12025550123``.
        text: one message of a phone: 160 characters of its alphabet, or 70 of any.
        language: the tag of the text.
    """

    id: str
    patient_id: PatientId
    to_phone: str = field(repr=False)
    text: str = field(repr=False)
    language: str


class TextNotifier:
    """Gives each text message, written, to a function that knows a provider.

    Args:
        send: sends one text message within a few minutes, thread-safe, and says what became of it; ``None``: it was
            handed over; ``NEVER``: that number gets none, or its owner wants none, and a mail goes out in its place.
            An exception counts as ``Answer.LATER``.
        practice: its name, at most 40 characters, so short that each text goes into one message.
        words: the texts, one set a language; the first is the practice's own.

    Raises:
        ConfigurationError: one of these can't be used.
    """

    def __init__(
        self,
        send: Callable[[TextMessage], Answer | None],
        *,
        practice: str,
        words: Sequence[TextWords] = (ENGLISH_TEXTS, SPANISH_TEXTS),
    ) -> None:
        self._send = send
        self._words = tuple(words)
        languages = {one.language.lower() for one in words}
        if not languages or len(languages) < len(words):
            raise ConfigurationError(setting="words", reason="there must be one set a language, and one at least")
        try:
            self._practice = line(practice, field="practice", at_most=PRACTICE_MAX)
        except BadInputError as error:
            raise ConfigurationError(setting=error.field, reason=error.problem) from None
        for one in words:
            one.check_length(practice=self._practice)

    def send(self, message: Message) -> Answer:
        """See ``Notifier.send``."""
        if message.channel is not Channel.TEXT or message.to_phone is None:
            _log.warning("text messages: asked to send something else")
            return Answer.LATER
        words = best_words(self._words, message.language)
        text = TextMessage(
            id=message.id,
            patient_id=message.patient_id,
            to_phone=message.to_phone,
            text=words.text(message, practice=self._practice),
            language=words.language,
        )
        answer = self._send(text)
        return Answer.SENT if answer is None else answer
