"""What text messages say: one set of texts a language, each short enough for one message of a phone."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from string import Template
from types import MappingProxyType

from attrs import field, frozen

from patientportal.domain.errors import ConfigurationError
from patientportal.domain.told import BY_CHOICE, WITH_VISIT, NoticeKind
from patientportal.domain.values.zones import comes_twice
from patientportal.ports.notifier import Message

# 3GPP TS 23.038, 6.2.1: the default alphabet, and what takes two of its septets. One message has 160 of them
# (TS 23.040, 9.2.3.16), or 70 units of UTF-16 where any letter is in neither.
_ONE_SEPTET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWO_SEPTETS = frozenset("^{}\\[~]|€\f")
SEPTETS_MAX, UNITS_MAX = 160, 70
_NOON = 12


def septets(text: str) -> int | None:
    """How much of a message a text fills, in the alphabet of phones; ``None``: it has letters that aren't in it."""
    if not _TWO_SEPTETS.union(_ONE_SEPTET).issuperset(text):
        return None
    return len(text) + sum(letter in _TWO_SEPTETS for letter in text)


def is_one_message(text: str) -> bool:
    """Whether a text goes into one message of a phone."""
    filled = septets(text)
    return len(text.encode("utf-16-le")) // 2 <= UNITS_MAX if filled is None else filled <= SEPTETS_MAX


def for_phones(text: str) -> str:
    """The same text without the accents that the alphabet of phones lacks, if it is written in that otherwise.

    >>> for_phones("Clínica Muñoz")
    'Clinica Muñoz'
    """
    plain = "".join(one if one in _ONE_SEPTET else _without_marks(one) for one in unicodedata.normalize("NFC", text))
    return text if septets(plain) is None else plain


def _without_marks(letter: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(one))


def _kept(words: Mapping[NoticeKind, str]) -> Mapping[NoticeKind, str]:
    return MappingProxyType(dict(words))


@frozen
class TextWords:
    """Every text message in one language. It says that something happened, never what, and holds no link.

    Attributes:
        language: its tag (BCP 47), such as ``es``.
        words: of each kind of which a patient may choose; it holds ``$practice`` and, of a visit, may hold ``$when``.
        when: writes the time of a visit, given as the clocks there show it.

    Raises:
        ConfigurationError: a kind has no words, or its words don't say who writes, or a placeholder is unknown.
    """

    language: str
    words: Mapping[NoticeKind, str] = field(converter=_kept, repr=False)
    when: Callable[[datetime], str] = field(repr=False)

    def __attrs_post_init__(self) -> None:
        for kind in sorted(BY_CHOICE):
            template = Template(self.words.get(kind, ""))
            names = set(template.get_identifiers()) if template.is_valid() else set()
            allowed = {"practice", "when"} if kind in WITH_VISIT else {"practice"}
            if "practice" not in names or not names <= allowed:
                reason = f"{self.language}: {kind}: must hold $practice, and nothing else but a visit's $when"
                raise ConfigurationError(setting="words", reason=reason)

    def text(self, message: Message, *, practice: str) -> str:
        """One text message, filled in, in letters that phones have where that can be.

        Args:
            message: who is told what.
            practice: its name, a short one.

        Raises:
            KeyError: there are no words of its kind, or the message comes without its visit.
        """
        return self._filled(message.kind, practice=practice, visit_at=message.visit_at)

    def check_length(self, *, practice: str) -> None:
        """That each text goes into one message of a phone, whenever the visit is.

        Raises:
            ConfigurationError: one doesn't, with the name of this practice.
        """
        for kind in sorted(BY_CHOICE):
            for moment in _a_year() if kind in WITH_VISIT else [None]:
                if not is_one_message(self._filled(kind, practice=practice, visit_at=moment)):
                    reason = f"{self.language}: {kind}: is longer than one message: shorten the practice's name"
                    raise ConfigurationError(setting="practice", reason=reason)

    def _filled(self, kind: NoticeKind, *, practice: str, visit_at: datetime | None) -> str:
        values = {"practice": practice}
        if visit_at is not None:
            values["when"] = self.when(visit_at)
        return for_phones(Template(self.words[kind]).substitute(values))


def _a_year() -> Iterator[datetime]:
    """A time with many digits on each day of a year."""
    yield from (datetime(2028, 1, 1, 22, 58) + timedelta(days=days) for days in range(366))  # noqa: DTZ001 - of any place


def _written(days: str, months: str, *, month_first: bool, halves: tuple[str, str]) -> Callable[[datetime], str]:
    """How a language writes a time in few letters, by its short names of days and months."""

    def when(there: datetime) -> str:
        month, day = months.split()[there.month - 1], str(there.day)
        date = f"{month} {day}" if month_first else f"{day} {month}"
        hour = f"{there.hour % _NOON or _NOON}:{there:%M} {halves[there.hour >= _NOON]}"
        zone = f" {there:%Z}" if comes_twice(there) else ""
        return f"{days.split()[there.weekday()]} {date}, {hour}{zone}"

    return when


ENGLISH_TEXTS = TextWords(
    "en",
    {
        NoticeKind.NEW_MESSAGE: "$practice: you have a new message. Log in to the patient portal to read it.",
        NoticeKind.VISIT_BOOKED: "$practice: your visit is booked for $when. Log in to see more.",
        NoticeKind.VISIT_CANCELLED: "$practice: your visit on $when was cancelled. Log in to see more.",
        NoticeKind.VISIT_RESCHEDULED: "$practice: your visit was moved. It is now on $when. Log in to see more.",
        NoticeKind.VISIT_REMINDER: "$practice: we see you on $when. Log in to see more.",
        NoticeKind.REQUEST_CLOSED: "$practice: your request for a visit was closed. Log in to see more.",
        NoticeKind.STATEMENT_AVAILABLE: "$practice: a statement is ready for you. Log in to see it.",
    },
    when=_written(
        "Mon Tue Wed Thu Fri Sat Sun",
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
        month_first=True,
        halves=("AM", "PM"),
    ),
)
"""The text messages in English."""

SPANISH_TEXTS = TextWords(
    "es",
    {
        NoticeKind.NEW_MESSAGE: "$practice: tiene un mensaje nuevo. Entre al portal del paciente para leerlo.",
        NoticeKind.VISIT_BOOKED: "$practice: su cita es el $when. Entre al portal para ver más.",
        NoticeKind.VISIT_CANCELLED: "$practice: su cita del $when fue cancelada. Entre al portal para ver más.",
        NoticeKind.VISIT_RESCHEDULED: "$practice: su cita fue cambiada. Ahora es el $when. Entre al portal para verla.",
        NoticeKind.VISIT_REMINDER: "$practice: recuerde su cita del $when. Entre al portal para ver más.",
        NoticeKind.REQUEST_CLOSED: "$practice: su solicitud de cita fue cerrada. Entre al portal para ver más.",
        NoticeKind.STATEMENT_AVAILABLE: "$practice: tiene un nuevo estado de cuenta. Entre al portal para verlo.",
    },
    when=_written(
        "lun mar mié jue vie sáb dom",
        "ene feb mar abr may jun jul ago sep oct nov dic",
        month_first=False,
        halves=("a.m.", "p.m."),
    ),
)
"""The text messages in Spanish."""
