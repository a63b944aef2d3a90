"""A notifier that keeps what it was given, for tests."""

import threading

from patientportal.ports.notifier import Answer, Message


class RecordingNotifier:
    """Keeps every message in ``messages``, in order, and answers what ``answers`` says (``SENT`` when empty)."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.answers: list[Answer] = []
        self._lock = threading.Lock()

    def send(self, message: Message) -> Answer:
        """See ``Notifier.send``."""
        with self._lock:
            self.messages.append(message)
            return self.answers.pop(0) if self.answers else Answer.SENT
