"""The port of measuring: who is told of every call of a portal's faces, for metrics and traces."""

from collections.abc import Callable
from typing import TypeAlias

from attrs import frozen


@frozen(kw_only=True)
class Observed:
    """One call that has ended; nothing in it is about anybody.

    Attributes:
        verb: which one, of a closed list: ``portal.log_in``, ``me.appointments.book``, ``desk.statements.upload`` ...
        outcome: ``done``, the code of the error (``docs/errors.md``), or the name of an exception that isn't ours.
        seconds: how long it took.
    """

    verb: str
    outcome: str
    seconds: float


Observer: TypeAlias = Callable[[Observed], object]
"""Called in the caller's thread once a call has ended; what it raises is a warning in the log and nothing more."""
