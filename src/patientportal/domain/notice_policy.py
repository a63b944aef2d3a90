"""What a practice chooses about telling people: which notices, when, and for how long that is tried."""

from datetime import timedelta

from attrs import frozen

from patientportal.domain.values.settings import duration, yes_or_no

from .errors import ConfigurationError

SHORTEST_PATIENCE, LONGEST_PATIENCE = timedelta(hours=1), timedelta(days=30)
# Our own: what is reminded of more often is read no more, and what is longer ahead is no reminder.
REMINDERS_MAX = 10
A_MINUTE, REMINDER_MAX = timedelta(minutes=1), timedelta(days=90)


@frozen(kw_only=True)
class NoticePolicy:
    """Which notices are sent (those that protect an account always are), and for how long that is tried.

    Attributes:
        new_log_in: whether the patient is told of each log-in.
        patience: how long after it was made a notice is given up that couldn't be sent, an hour to thirty days; five
            days (RFC 5321, 4.5.4.1).
        link_patience: the same of one with a link to a new password, a username or a new address, which somebody
            waits for; at most ``patience``.
        reminders: how long before a visit begins its patient is reminded of it; at most ten different times, in whole
            minutes, 90 days at most; none: nobody is.
    """

    new_log_in: bool = False
    patience: timedelta = timedelta(days=5)
    link_patience: timedelta = timedelta(hours=24)
    reminders: tuple[timedelta, ...] = (timedelta(days=2),)

    def __attrs_post_init__(self) -> None:
        yes_or_no("notices.new_log_in", self.new_log_in)
        for name in ("patience", "link_patience"):
            setting, value = f"notices.{name}", getattr(self, name)
            duration(setting, value)
            if not SHORTEST_PATIENCE <= value <= LONGEST_PATIENCE:
                raise ConfigurationError(setting=setting, reason="must be from an hour to thirty days")
        if self.link_patience > self.patience:
            raise ConfigurationError(setting="notices.link_patience", reason="longer than notices.patience")
        self._check_reminders()

    def _check_reminders(self) -> None:
        setting = "notices.reminders"
        if not isinstance(self.reminders, tuple):
            raise ConfigurationError(setting=setting, reason="must be a tuple of timedeltas")
        for before in self.reminders:
            duration(setting, before)
            if before % A_MINUTE or before > REMINDER_MAX:
                raise ConfigurationError(setting=setting, reason="must be whole minutes, and 90 days at most")
        if len(self.reminders) > REMINDERS_MAX or len(set(self.reminders)) < len(self.reminders):
            raise ConfigurationError(setting=setting, reason="must be ten at most, each another one")
