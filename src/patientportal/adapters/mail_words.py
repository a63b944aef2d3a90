"""What the mails say: one set of texts a language, checked before the first one is sent."""

import html
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from string import Template
from types import MappingProxyType
from typing import Protocol, TypeVar

from attrs import asdict, field, fields, frozen

from patientportal.domain.errors import ConfigurationError
from patientportal.domain.notices.digests import Digest
from patientportal.domain.told import WITH_LINK, WITH_USERNAME, WITH_VISIT, NoticeKind
from patientportal.domain.values.zones import comes_twice
from patientportal.ports.notifier import Message

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[0-9A-Za-z]{1,8})*")
_EVERYWHERE = frozenset({"name", "practice", "contact"})
_PAGE = Template(
    '<!DOCTYPE html>\n<html lang="$language" dir="auto">\n<head><meta charset="utf-8"><title>$subject</title></head>\n'
    "<body>\n$paragraphs\n</body>\n</html>\n"
)

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_NOON = 12


def _english_time(there: datetime) -> str:
    """As people write it in the United States, whatever the process's locale is."""
    day = f"{_DAYS[there.weekday()]}, {_MONTHS[there.month - 1]} {there.day}, {there.year}"
    half = "AM" if there.hour < _NOON else "PM"
    zone = f" {there:%Z}" if comes_twice(there) else ""
    return f"{day}, {there.hour % _NOON or _NOON}:{there:%M} {half}{zone}"


@frozen
class Words:
    """What one kind of mail says.

    Attributes:
        subject: one line; it may hold ``$practice`` alone, as subjects are shown on locked screens.
        body: paragraphs between empty lines; it may hold ``$name``, ``$practice`` and, where the mail carries one,
            ``$link`` and ``$username``; of a visit, ``$when`` and ``$where``; in the practice's digest, a name for each
            of its numbers (``Digest``). ``$contact`` is the practice's name, with its phone number where that is known.
            A dollar sign is written ``$$``.
    """

    subject: str
    body: str


def _kept(words: Mapping[NoticeKind, Words]) -> Mapping[NoticeKind, Words]:
    return MappingProxyType(dict(words))


@frozen(kw_only=True)
class Letter:
    """What one mail says, filled in.

    Attributes:
        language: the tag of the texts.
        subject: one line.
        text: as plain text.
        page: the same as HTML.
    """

    language: str
    subject: str = field(repr=False)
    text: str = field(repr=False)
    page: str = field(repr=False)


@frozen
class MailWords:
    """Every text in one language. A mail says that something happened, never what.

    Attributes:
        language: its tag (BCP 47), such as ``es`` or ``es-MX``.
        words: each kind's.
        greeting: how each mail begins; it may hold ``$name``, ``$practice`` and ``$contact``.
        closing: how each ends; it may hold the same.
        when: writes the time of a visit as people do there, given as its clocks show it; where they show it twice
            that day, with what tells the two apart.

    Raises:
        ConfigurationError: a kind has no words, a link is missing or extra, a placeholder is unknown, a ``$`` stands
            alone, or a subject isn't one line.

    >>> MailWords("es", {})
    Traceback (most recent call last):
    patientportal.domain.errors.ConfigurationError: configuration: words: es: invitation: there are no words
    """

    language: str
    words: Mapping[NoticeKind, Words] = field(converter=_kept, repr=False)
    greeting: str = field(default="Hello $name,", repr=False)
    closing: str = field(default="Kind regards,\n$contact", repr=False)
    when: Callable[[datetime], str] = field(default=_english_time, repr=False)

    def __attrs_post_init__(self) -> None:
        if not _LANGUAGE.fullmatch(self.language):
            raise ConfigurationError(setting="words", reason="the language isn't a tag of BCP 47, such as es or es-MX")
        self._check(self.greeting, _EVERYWHERE, what="greeting")
        self._check(self.closing, _EVERYWHERE, what="closing")
        for kind in NoticeKind:
            self._check_kind(kind)

    def letter(self, message: Message, *, practice: str, phone: str | None = None) -> Letter:
        """One mail, filled in; names and links appear as literal text, whatever they look like.

        Args:
            message: who is told what.
            practice: its name.
            phone: its phone number, as people write it there; ``None``: mails name the practice alone.

        Raises:
            KeyError: the message comes without the link or the visit that its kind carries.
        """
        words = self.words[message.kind]
        body = f"{self.greeting}\n\n{words.body.strip()}\n\n{self.closing}"
        contact = practice if phone is None else f"{practice} ({phone})"
        values = {"name": message.to_name or practice, "practice": practice, "contact": contact}
        if message.link is not None:
            values["link"] = message.link
        if message.username is not None:
            values["username"] = message.username
        if message.digest is not None:
            values |= {name: str(number) for name, number in asdict(message.digest).items()}
        if message.visit_at is not None and message.visit_place is not None:
            values |= {"when": self.when(message.visit_at), "where": message.visit_place}
        subject = Template(words.subject).substitute(practice=practice)
        page = _PAGE.substitute(
            language=self.language, subject=html.escape(subject), paragraphs=_paragraphs(body, values)
        )
        return Letter(language=self.language, subject=subject, text=Template(body).substitute(values) + "\n", page=page)

    def _check_kind(self, kind: NoticeKind) -> None:
        words = self.words.get(kind)
        if words is None:
            raise self._wrong(kind, "there are no words")
        if words.subject.splitlines() != [words.subject] or not words.subject.strip():
            raise self._wrong(kind, "the subject must be one line")
        self._check(words.subject, {"practice"}, what=f"{kind}: subject")
        needed = {name for name, kinds in {"link": WITH_LINK, "username": WITH_USERNAME}.items() if kind in kinds}
        if kind is NoticeKind.PRACTICE_DIGEST:
            needed |= {one.name for one in fields(Digest)}
        of_visit = {"when", "where"} if kind in WITH_VISIT else set()
        self._check(words.body, _EVERYWHERE | needed | of_visit, what=f"{kind}: body")
        for name in sorted(needed - set(Template(words.body).get_identifiers())):
            raise self._wrong(kind, f"the body needs a ${name}")

    def _check(self, text: str, allowed: frozenset[str] | set[str], *, what: str) -> None:
        template = Template(text)
        if not text.strip():
            raise self._wrong(what, "is empty")
        if not template.is_valid():
            raise self._wrong(what, "has a $ that begins no placeholder; a dollar sign is written $$")
        for name in template.get_identifiers():
            if name not in allowed:
                raise self._wrong(what, f"may not hold ${name}")

    def _wrong(self, what: str, reason: str) -> ConfigurationError:
        return ConfigurationError(setting="words", reason=f"{self.language}: {what}: {reason}")


def _paragraphs(body: str, values: Mapping[str, str]) -> str:
    """The same text as HTML; the template and the values are escaped apart, and filled in once."""
    escaped = {name: html.escape(value) for name, value in values.items()}
    if "link" in escaped:
        escaped["link"] = f'<a href="{escaped["link"]}">{escaped["link"]}</a>'
    paragraphs = [html.escape(one).replace("\n", "<br>\n") for one in re.split(r"\n\s*\n", body)]
    return Template("\n".join(f"<p>{one}</p>" for one in paragraphs)).substitute(escaped)


class InLanguage(Protocol):
    """A set of texts in one language."""

    @property
    def language(self) -> str:
        """Its tag."""


W = TypeVar("W", bound=InLanguage)


def best_words(sets: Sequence[W], language: str | None) -> W:
    """The set that suits a language best by the lookup of RFC 4647, 3.4: ``es-MX``, then ``es``, else the first."""
    by_language = {one.language.lower(): one for one in sets}
    tag = (language or "").lower()
    while tag:
        if tag in by_language:
            return by_language[tag]
        tag = tag.rpartition("-")[0]
    return sets[0]


_NOT_YOU = "If you did not do this, please call us."

ENGLISH = MailWords(
    "en",
    {
        NoticeKind.INVITATION: Words(
            "Your invitation to the patient portal of $practice",
            "$practice invites you to its patient portal. Choose your username and password here:\n\n$link\n\n"
            "Please do not pass this mail on. Whoever has the link can use it.",
        ),
        NoticeKind.ACCOUNT_LOCKED: Words(
            "Your account is locked",
            "Somebody typed too many wrong passwords, so your account at $practice is locked. There are two ways to "
            "get back in:\n\n"
            "1. Do it yourself. Go to the page where you log in and say that you forgot your password. We will mail "
            "you a link to choose a new one.\n\n"
            "2. Call us: $contact. We can unlock your account.\n\n"
            "If it was not you who typed the passwords, please tell us.",
        ),
        NoticeKind.PASSWORD_CHANGED: Words(
            "Your password was changed",
            f"The password of your account at $practice was changed.\n\n{_NOT_YOU}",
        ),
        NoticeKind.NEW_LOG_IN: Words(
            "Somebody logged in to your account",
            f"Somebody logged in to your account at $practice.\n\n{_NOT_YOU}",
        ),
        NoticeKind.CONFIRM_EMAIL: Words(
            "Please confirm your e-mail address",
            "This address was given as the new one of an account at $practice. Please confirm it here:\n\n$link\n\n"
            "If you did not ask for this, you can do nothing and the address stays as it was.",
        ),
        NoticeKind.EMAIL_CHANGE_REQUESTED: Words(
            "A new e-mail address was asked for",
            f"Somebody asked to change the e-mail address of your account at $practice.\n\n{_NOT_YOU}",
        ),
        NoticeKind.PASSWORD_RESET: Words(
            "A new password for your account",
            "A new password was asked for, for your account at $practice. Choose it here, soon:\n\n$link\n\n"
            f"Your old password works until then. {_NOT_YOU}",
        ),
        NoticeKind.PASSWORD_RESET_PRINTED: Words(
            "A code for a new password was printed",
            "$practice printed a code for a new password, for your account at its patient portal. Whoever has it and "
            f"knows your birth date can use it.\n\nYour old password works until then. {_NOT_YOU}",
        ),
        NoticeKind.USERNAME_REMINDER: Words(
            "Your username",
            "Your username at $practice is:\n\n$username\n\n"
            f"If you need a new password too, choose it here, soon:\n\n$link\n\n{_NOT_YOU}",
        ),
        NoticeKind.DETAILS_CORRECTED: Words(
            "Your details were corrected",
            "$practice has corrected what it keeps about you, such as a name or a phone number. Log in to see what it "
            "is now.\n\nIf this is not right, please call us.",
        ),
        NoticeKind.SECURITY_ANSWERS_CHANGED: Words(
            "Your security questions were changed",
            f"The security questions of your account at $practice were changed.\n\n{_NOT_YOU}",
        ),
        NoticeKind.NEW_MESSAGE: Words(
            "You have a new message",
            "You have a new message from $practice. Log in to read it.",
        ),
        NoticeKind.VISIT_BOOKED: Words(
            "Your visit is booked",
            "Your visit is booked:\n\n$when\n$where\n\nLog in to see more, to move it or to cancel it. Or call us.",
        ),
        NoticeKind.VISIT_CANCELLED: Words(
            "Your visit was cancelled",
            "This visit was cancelled:\n\n$when\n$where\n\nLog in to see more, or call us.",
        ),
        NoticeKind.VISIT_RESCHEDULED: Words(
            "Your visit was moved",
            "Your visit was moved. It is now:\n\n$when\n$where\n\n"
            "Log in to see more, to move it or to cancel it. Or call us.",
        ),
        NoticeKind.VISIT_REMINDER: Words(
            "A reminder of your visit",
            "Please remember your visit:\n\n$when\n$where\n\n"
            "If you cannot come, please log in to move it or to cancel it. Or call us.",
        ),
        NoticeKind.REQUEST_CLOSED: Words(
            "Your request for a visit was closed",
            "Your request for a visit was closed. Log in to see more, or call us.",
        ),
        NoticeKind.STATEMENT_AVAILABLE: Words(
            "A statement is ready for you",
            "A statement from $practice is ready for you. Log in to see it.",
        ),
        NoticeKind.PRACTICE_DIGEST: Words(
            "What is waiting at $practice",
            "This is waiting in the patient portal:\n\n"
            "Requests for a visit: $visit_requests\n"
            "Requests to renew a medication: $renewals\n"
            "Requests for a statement: $statement_requests\n"
            "Other questions to support: $support_requests\n"
            "Payments that are not clear: $unclear_payments\n"
            "Notices that reached nobody: $undelivered\n\n"
            "Log in to see to them.",
        ),
        NoticeKind.EMAIL_CHANGED: Words(
            "Your e-mail address was changed",
            "The e-mail address of your account at $practice was changed. We will send no more mail to this one."
            f"\n\n{_NOT_YOU}",
        ),
    },
)
"""The texts in English. Those of other languages are in ``patientportal.words``."""
