"""Keys of forms: the same again under one is what it was before, and nothing else is asked for under it."""

from enum import StrEnum
from typing import ClassVar, Generic, Protocol, TypeVar

from attrs import frozen

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.outcomes import Unchanged

from .text import typed

KEY_MAX = 255


class Kept(Protocol):
    """What a key may stand for: anything of a patient's with an id."""

    @property
    def id(self) -> str:
        """Its own."""


T = TypeVar("T", bound=Kept)


@frozen(kw_only=True)
class IdempotencyKeyReusedError(RefusedError):
    """The key stands for something else of this patient's than what is asked for under it. Nothing changed.

    Attributes:
        what: what it stands for: ``appointment``, ``appointment_request``, ``message``, ``payment``, ``refund``,
            ``renewal``, ``statement`` or ``support_request``.
        id: of that.
        status: where that stands; ``None`` for a message and for what support was asked.
    """

    code: ClassVar[str] = "idempotency_key_reused"
    what: str
    id: str
    status: StrEnum | None = None


@frozen(kw_only=True)
class Repeated(Unchanged, Generic[T]):
    """The same was asked for before: there it is, as it is now, and nothing is saved.

    Attributes:
        kept: what it became.
    """

    kept: T


def usable_key(key: object) -> str | None:
    """A key against doing one thing twice: 1 to 255 characters, compared as they are; or none.

    Raises:
        TypeError: it is neither a ``str`` nor ``None``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character``.
    """
    if key is None:
        return None
    text = typed(key, field="idempotency_key", at_most=KEY_MAX)
    if not text:
        raise BadInputError(field="idempotency_key", problem="empty")
    if len(text) > KEY_MAX:
        raise BadInputError(field="idempotency_key", problem="too_long", limit=KEY_MAX)
    return text


def repeated(kept: T, *, what: str, before: object, asked: object, status: StrEnum | None = None) -> Repeated[T]:
    """What a key stands for, asked for once more; whatever became of it.

    Args:
        kept: what the patient has under the key.
        what: what that is, for the refusal.
        before: what was asked for then.
        asked: what is asked for now.
        status: where it stands, for the refusal.

    Raises:
        IdempotencyKeyReusedError: something else is asked for.
    """
    if before != asked:
        raise IdempotencyKeyReusedError(what=what, id=kept.id, status=status)
    return Repeated(kept=kept)
