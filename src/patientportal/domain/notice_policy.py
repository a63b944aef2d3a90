"""What a practice chooses about telling people: which notices, how, when, and for how long that is tried."""

import re
from datetime import time, timedelta

from attrs import field, frozen

from patientportal.domain.values.emails import email_address
from patientportal.domain.values.quiet_hours import QuietHours
from patientportal.domain.values.settings import duration, yes_or_no

from .errors import BadInputError, ConfigurationError

SHORTEST_PATIENCE, LONGEST_PATIENCE = timedelta(hours=1), timedelta(days=30)
A_NIGHT = timedelta(days=1)  # however long the quiet hours, and however long clocks make them
_CALLING_CODE = re.compile("[1-9][0-9]{0,2}")  # ITU-T E.164, 6.2.1
_TRUNK_PREFIX = re.compile("[0-9]{0,3}")
# Our own: what is reminded of more often is read no more, and what is longer ahead is no reminder.
REMINDERS_MAX = 10
A_MINUTE, REMINDER_MAX = timedelta(minutes=1), timedelta(days=90)


@frozen(kw_only=True)
class DigestPolicy:
    """Where and when the practice is told, once a day, how much waits for it: numbers alone.

    Attributes:
        email: an address of the practice.
        at: from which time of the day on, as the clocks of its zone show it; naive.
    """

    email: str = field(repr=False)
    at: time = time(7)

    def __attrs_post_init__(self) -> None:
        try:
            is_kept = email_address(self.email) == self.email
        except (BadInputError, TypeError):
            is_kept = False
        if not is_kept:  # said without the address: it may be somebody's own
            raise ConfigurationError(setting="notices.digest", reason="its email is no e-mail address")
        if type(self.at) is not time or self.at.tzinfo is not None:
            raise ConfigurationError(setting="notices.digest", reason="its at must be a naive time of the day")


@frozen(kw_only=True)
class NoticePolicy:
    """Which notices are sent (those that protect an account always are), how, when, and for how long that is tried.

    Attributes:
        new_log_in: whether the patient is told of each log-in.
        patience: how long after it was made a notice is given up that couldn't be sent, an hour to thirty days; five
            days (RFC 5321, 4.5.4.1).
        link_patience: the same of one with a link to a new password, a username or a new address, which somebody
            waits for; at most ``patience``.
        texts: whether patients may choose text messages; the notifier then has to take them (``docs/notifiers.md``).
        calling_code: the country's, of phone numbers that are written without one (ITU-T E.164), such as ``1``;
            ``None``: only numbers that begin with a ``+`` get texts.
        trunk_prefix: the digits that such numbers begin with, and that a call from abroad leaves out, such as ``0``;
            with the calling code ``1`` there is none to give.
        calendar_entries: whether mails about a visit bring it for the patient's calendar, which needs the extra
            ``ical``.
        quiet_hours: when no text messages are sent, by the practice's clocks; ``None``: they are at any time. From nine
            in the evening to eight in the morning, as 47 CFR 64.1200(c)(1) has it for calls.
        reminders: how long before a visit begins its patient is reminded of it; at most ten different times, in whole
            minutes, 90 days at most; none: nobody is.
        digest: where and when the practice is told how much waits for it; ``None``: nowhere.
    """

    new_log_in: bool = False
    patience: timedelta = timedelta(days=5)
    link_patience: timedelta = timedelta(hours=24)
    texts: bool = False
    calling_code: str | None = None
    trunk_prefix: str = ""
    calendar_entries: bool = False
    quiet_hours: QuietHours | None = QuietHours(begin=time(21), end=time(8))
    reminders: tuple[timedelta, ...] = (timedelta(days=2),)
    digest: DigestPolicy | None = None

    def __attrs_post_init__(self) -> None:
        for name in ("new_log_in", "texts", "calendar_entries"):
            yes_or_no(f"notices.{name}", getattr(self, name))
        self._check_patience()
        if self.calling_code is not None:
            _check_digits("notices.calling_code", self.calling_code, _CALLING_CODE)
        _check_digits("notices.trunk_prefix", self.trunk_prefix, _TRUNK_PREFIX)
        if self.quiet_hours is not None and not isinstance(self.quiet_hours, QuietHours):
            raise ConfigurationError(setting="notices.quiet_hours", reason="must be QuietHours")
        self._check_reminders()
        if self.digest is not None and not isinstance(self.digest, DigestPolicy):
            raise ConfigurationError(setting="notices.digest", reason="must be a DigestPolicy")

    def _check_patience(self) -> None:
        for name in ("patience", "link_patience"):
            setting, value = f"notices.{name}", getattr(self, name)
            duration(setting, value)
            if not SHORTEST_PATIENCE <= value <= LONGEST_PATIENCE:
                raise ConfigurationError(setting=setting, reason="must be from an hour to thirty days")
        if self.link_patience > self.patience:
            raise ConfigurationError(setting="notices.link_patience", reason="longer than notices.patience")
        if self.texts and self.quiet_hours is not None and self.patience < A_NIGHT:
            raise ConfigurationError(setting="notices.patience", reason="shorter than a day, and texts wait at night")

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


def _check_digits(setting: str, value: object, pattern: re.Pattern[str]) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ConfigurationError(setting=setting, reason="must be a few digits")
