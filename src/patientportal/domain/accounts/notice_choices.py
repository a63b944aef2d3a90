"""A patient chooses how they are told of what doesn't protect their account."""

from collections.abc import Mapping
from typing import ClassVar

from attrs import evolve, frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.outcomes import Unchanged, changed, happened
from patientportal.domain.patients.notice_choices import NoticeChoice
from patientportal.domain.patients.patients import PersonalRecord
from patientportal.domain.policy import Policy
from patientportal.domain.told import Channel, NoticeKind


@frozen(kw_only=True)
class NoticesChosen(Event):
    """A patient chose how they are told of some things.

    Attributes:
        kinds: the codes of the notices of which they chose otherwise than before.
    """

    name: ClassVar[str] = "notices_chosen"
    kinds: tuple[str, ...]


@frozen(kw_only=True)
class TextsNotOfferedError(RefusedError):
    """The practice sends no text messages. Nothing changed."""

    code: ClassVar[str] = "texts_not_offered"


@frozen(kw_only=True)
class NoticesSet:
    """The patient is told as they want it."""

    record: PersonalRecord = changed()
    event: NoticesChosen = happened()


def set_notices(
    record: PersonalRecord, *, choices: Mapping[NoticeKind, Channel], policy: Policy
) -> NoticesSet | Unchanged:
    """A patient chooses how they are told of some things; of the others, as before.

    Args:
        record: theirs.
        choices: in the form that ``usable_choices`` gives.
        policy: the practice's limits.

    Raises:
        TextsNotOfferedError: text messages are among them, and the practice sends none.
    """
    if Channel.TEXT in choices.values() and not policy.notices.texts:
        raise TextsNotOfferedError
    before = {one.kind: one.channel for one in record.notices}
    changes = {
        kind.value: channel for kind, channel in choices.items() if before.get(kind, Channel.EMAIL) is not channel
    }
    if not changes:
        return Unchanged()
    after = before | changes
    notices = tuple(NoticeChoice(kind=kind, channel=after[kind]) for kind in sorted(after))
    return NoticesSet(record=evolve(record, notices=notices), event=NoticesChosen(kinds=tuple(sorted(changes))))
