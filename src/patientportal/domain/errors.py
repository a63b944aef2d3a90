"""The families of errors: what went wrong, in a stable code, and never a secret or a personal value."""

from datetime import timedelta
from typing import Any, ClassVar

from attrs import fields, frozen


@frozen(kw_only=True)
class PortalError(Exception):
    """The base of everything that the library raises on purpose.

    ``code`` is stable and documented in ``docs/errors.md``; data stands in fields; ``str()`` is the code.
    """

    code: ClassVar[str] = "portal_error"

    def __str__(self) -> str:
        return self.code

    def __reduce__(self) -> tuple[Any, ...]:
        values = {field.name: getattr(self, field.name) for field in fields(type(self))}
        return _rebuilt, (type(self), values)


def _rebuilt(cls: type[PortalError], values: dict[str, Any]) -> PortalError:
    return cls(**values)


@frozen(kw_only=True)
class RefusedError(PortalError):
    """A rule said no: show it to the person. Nothing was changed."""

    code: ClassVar[str] = "refused"


@frozen(kw_only=True)
class BadInputError(PortalError, ValueError):
    """What was typed can't be used. Nothing was touched.

    Attributes:
        field: the argument's name.
        problem: why, as a code: ``empty``, ``too_short``, ``too_long``, ``bad_character``,
            ``bad_format``, ``unknown``, ``in_future``, ``in_past``, ``too_early``, ``too_late``, ``too_few``,
            ``too_many``, ``mixed_scripts``, ``out_of_range``, ``out_of_order``, ``no_slot``, ``other_currency``,
            ``inactive``, ``not_offered``.
        limit: the number that was broken, where there is one; of a length, in the unit of ``docs/limits.md``.
    """

    code: ClassVar[str] = "bad_input"
    field: str
    problem: str
    limit: int | None = None

    def __str__(self) -> str:
        limit = "" if self.limit is None else f" ({self.limit})"
        return f"{self.code}: {self.field}: {self.problem}{limit}"


@frozen(kw_only=True)
class NotFoundError(PortalError):
    """There is no such thing, or it isn't yours: both are answered alike."""

    code: ClassVar[str] = "not_found"
    what: str


@frozen(kw_only=True)
class ConflictError(PortalError):
    """Someone saved first. Nothing happened, and retrying is safe."""

    code: ClassVar[str] = "conflict"


@frozen(kw_only=True)
class TooBusyError(PortalError):
    """A bounded queue is full, or its wait ran out. Nothing was counted, and retrying later is safe.

    Attributes:
        queue: which one: ``hashing`` or ``store``.
        retry_after: when it is worth asking again, for HTTP's ``Retry-After``.
    """

    code: ClassVar[str] = "too_busy"
    queue: str
    retry_after: timedelta = timedelta(seconds=1)


@frozen(kw_only=True)
class OutcomeUnknownError(PortalError):
    """The answer was lost, and asking brought none: the change may have been saved or not. Look before you repeat.

    Attributes:
        reason: the database's code for what happened, free of values; empty where it had none.
    """

    code: ClassVar[str] = "outcome_unknown"
    reason: str = ""


@frozen(kw_only=True)
class AdapterError(PortalError):
    """Something outside failed. Nothing was saved.

    Attributes:
        adapter: which adapter.
        reason: its code for what happened, free of values.
    """

    code: ClassVar[str] = "adapter_failed"
    adapter: str
    reason: str

    def __str__(self) -> str:
        return f"{self.code}: {self.adapter}: {self.reason}"


@frozen(kw_only=True)
class ConfigurationError(PortalError):
    """The set-up is wrong: the host's developer must fix it.

    Attributes:
        setting: what is wrong.
        reason: why, in plain words.
    """

    code: ClassVar[str] = "configuration"
    setting: str
    reason: str

    def __str__(self) -> str:
        return f"{self.code}: {self.setting}: {self.reason}"
