"""Who looked at a patient's record, and who was refused: facts like any other (HIPAA, 45 CFR 164.312(b))."""

from typing import ClassVar

from attrs import frozen

from patientportal.domain.errors import RefusedError
from patientportal.domain.events import Event
from patientportal.domain.outcomes import happened


@frozen(kw_only=True)
class RecordViewed(Event):
    """Staff looked at what the practice keeps of one patient.

    Attributes:
        verb: by which call, as in ``PERMITTED``.
    """

    name: ClassVar[str] = "record_viewed"
    verb: str


@frozen(kw_only=True)
class StaffRefused(Event):
    """Staff wanted to do what none of their roles permits, or what nobody does to their own account.

    Attributes:
        verb: what, as in ``PERMITTED``.
        code: of the refusal.
    """

    name: ClassVar[str] = "staff_refused"
    verb: str
    code: str


@frozen(kw_only=True)
class Viewed:
    """They may see it, and it is known that they did."""

    event: RecordViewed = happened()


@frozen(kw_only=True)
class Refused:
    """They may not, and it is known that they wanted to."""

    event: StaffRefused = happened()


def view(verb: str) -> Viewed:
    """Whoever looks at one patient is kept with it, at every call."""
    return Viewed(event=RecordViewed(verb=verb))


def refuse(verb: str, refusal: RefusedError) -> Refused:
    """Whoever is refused is kept with what they wanted."""
    return Refused(event=StaffRefused(verb=verb, code=refusal.code))
