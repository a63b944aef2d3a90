"""Which way a notice goes, and whether that way is open now."""

from datetime import datetime

from attrs import field, frozen

from patientportal.domain.patients.notice_choices import chosen
from patientportal.domain.patients.patients import PersonalRecord
from patientportal.domain.patients.phones import textable
from patientportal.domain.policy import Policy
from patientportal.domain.told import Channel

from .notices import Delivery


@frozen(kw_only=True)
class Way:
    """The way of one notice.

    Attributes:
        channel: by which it goes.
        to: the address or number; ``None``: there is none.
    """

    channel: Channel
    to: str | None = field(repr=False)


def text_number(record: PersonalRecord, policy: Policy) -> str | None:
    """The number that a patient's text messages go to; ``None``: they get none.

    Args:
        record: theirs.
        policy: the practice's limits.
    """
    limits = policy.notices
    if not limits.texts:
        return None
    return textable(record.personal.phone, calling_code=limits.calling_code, trunk_prefix=limits.trunk_prefix)


def way(delivery: Delivery, *, record: PersonalRecord, to_email: str | None, policy: Policy) -> Way:
    """The way that the patient wants; by e-mail, where they can't be texted.

    Args:
        delivery: the notice.
        record: the patient's.
        to_email: where its mail goes.
        policy: the practice's limits.
    """
    wanted = chosen(record.notices, delivery.kind)
    if wanted is Channel.NONE:
        return Way(channel=Channel.NONE, to=None)
    if wanted is Channel.TEXT and delivery.channel is not Channel.EMAIL:
        number = text_number(record, policy)
        if number is not None:
            return Way(channel=Channel.TEXT, to=number)
    return Way(channel=Channel.EMAIL, to=to_email)


def begins_at(channel: Channel, *, visit_at: datetime | None, now: datetime, policy: Policy) -> datetime:
    """From when on a notice may go this way: a text message waits for the end of the quiet hours.

    One about a visit that begins before that doesn't: who comes in vain is worse off than who is woken.

    Args:
        channel: by which it goes.
        visit_at: when the visit begins that it is about, if it is about one.
        now: UTC.
        policy: the practice's limits.
    """
    quiet = policy.notices.quiet_hours
    if channel is not Channel.TEXT or quiet is None:
        return now
    over = quiet.over_at(now, zone=policy.zone)
    return now if visit_at is not None and now <= visit_at <= over else over
