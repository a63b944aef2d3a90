"""A notifier that gives each message to the notifier of its channel."""

import logging
from collections.abc import Mapping

from patientportal.domain.errors import ConfigurationError
from patientportal.domain.told import Channel
from patientportal.ports.notifier import Answer, Message, Notifier

_log = logging.getLogger("patientportal")


class RoutingNotifier:
    """Sends mails by one notifier and text messages by another.

    Args:
        notifiers: by channel: ``EMAIL``, and ``TEXT`` where ``Policy.notices.texts`` allows them.

    Raises:
        ConfigurationError: there is none for mails, or one for no channel.
    """

    def __init__(self, notifiers: Mapping[Channel, Notifier]) -> None:
        if Channel.EMAIL not in notifiers or not {Channel.EMAIL, Channel.TEXT}.issuperset(notifiers):
            raise ConfigurationError(setting="notifier", reason="give one for EMAIL and, for text messages, for TEXT")
        self._notifiers = dict(notifiers)

    def send(self, message: Message) -> Answer:
        """See ``Notifier.send``; what has no notifier is tried again later, as that is the set-up's fault."""
        notifier = self._notifiers.get(message.channel)
        if notifier is None:
            _log.warning("no notifier sends text messages")
            return Answer.LATER
        return notifier.send(message)
