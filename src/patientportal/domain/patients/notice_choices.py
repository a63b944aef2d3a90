"""How a patient wants to be told: by e-mail, by a text message or not at all, of each thing that they may choose."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from attrs import frozen

from patientportal.domain.errors import BadInputError
from patientportal.domain.told import BY_CHOICE, Channel, NoticeKind


@frozen(kw_only=True)
class NoticeChoice:
    """What a patient chose of one kind of notice.

    Attributes:
        kind: the code of a ``NoticeKind``; a newer release may know more of them than this one.
        channel: how it comes.
    """

    kind: str
    channel: Channel


def chosen(choices: Sequence[NoticeChoice], kind: NoticeKind) -> Channel:
    """How a notice of this kind is to come: by e-mail, unless its patient has chosen otherwise and may.

    Args:
        choices: theirs.
        kind: of the notice.
    """
    found = (one.channel for one in choices if one.kind == kind and kind in BY_CHOICE)
    return next(found, Channel.EMAIL)


def choices_of(choices: Sequence[NoticeChoice]) -> tuple[NoticeChoice, ...]:
    """How each kind of notice comes of which a patient may choose.

    Args:
        choices: theirs.
    """
    return tuple(NoticeChoice(kind=kind, channel=chosen(choices, kind)) for kind in sorted(BY_CHOICE))


def usable_choices(value: object) -> Mapping[NoticeKind, Channel]:
    """What somebody chose, by the kind of notice; members or their values.

    Raises:
        TypeError: it isn't a mapping of ``str`` to ``str``.
        BadInputError: ``empty``; ``unknown``: no such kind or channel; ``not_offered``: a kind that always is mailed.
    """
    if not isinstance(value, Mapping):
        raise TypeError(f"notices must be a mapping, not {type(value).__name__}")
    if not value:
        raise BadInputError(field="notices", problem="empty")
    choices = {_member(_KINDS, kind): _member(_CHANNELS, channel) for kind, channel in value.items()}
    if not BY_CHOICE.issuperset(choices):
        raise BadInputError(field="notices", problem="not_offered")
    return choices


_KINDS = {kind.value: kind for kind in NoticeKind}
_CHANNELS = {channel.value: channel for channel in Channel}
_T = TypeVar("_T")


def _member(members: Mapping[str, _T], value: object) -> _T:
    if not isinstance(value, str):
        raise TypeError(f"a notice and its channel must be str, not {type(value).__name__}")
    if value not in members:
        raise BadInputError(field="notices", problem="unknown")
    return members[value]
