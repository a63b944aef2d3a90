"""The hours of a day in which nobody's phone should ring, by the clocks of a place."""

from datetime import datetime, time, timedelta

from attrs import frozen

from patientportal.domain.errors import ConfigurationError

from .zones import clocks

_A_MINUTE = timedelta(minutes=1)


@frozen(kw_only=True)
class QuietHours:
    """From one time of the day to another, on the same day or the next, by what the clocks show.

    Attributes:
        begin: the first moment that is quiet.
        end: the first that isn't any more.

    Raises:
        ConfigurationError: one of them isn't a time of the day in whole minutes and without a zone, or they are the
            same.
    """

    begin: time
    end: time

    def __attrs_post_init__(self) -> None:
        for value in (self.begin, self.end):
            given: object = value
            if not isinstance(given, time) or given != time(given.hour, given.minute):
                raise ConfigurationError(setting="quiet_hours", reason="must be times of the day, in whole minutes")
        if self.begin == self.end:
            raise ConfigurationError(setting="quiet_hours", reason="must end at another time than they begin")

    def over_at(self, now: datetime, *, zone: str) -> datetime:
        """The first moment, from this one on, at which the clocks show a time that isn't quiet.

        Minute by minute, as clocks may skip the end, or show it twice: a thousand steps in a millisecond.

        Args:
            now: UTC.
            zone: whose clocks; an IANA name.
        """
        moment, there = now, clocks(zone)
        while self._hold(moment.astimezone(there).time()):
            moment = moment.replace(second=0, microsecond=0) + _A_MINUTE
        return moment

    def _hold(self, shown: time) -> bool:
        if self.begin < self.end:
            return self.begin <= shown < self.end
        return shown >= self.begin or shown < self.end
