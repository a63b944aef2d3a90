"""What the mails say: one set of texts a language, checked before the first one is sent."""

import html
import re
from collections.abc import Mapping, Sequence
from string import Template
from types import MappingProxyType

from attrs import field, frozen

from patientportal.domain.errors import ConfigurationError
from patientportal.domain.told import WITH_LINK, WITH_USERNAME, WITH_VISIT, NoticeKind
from patientportal.ports.notifier import Message

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[0-9A-Za-z]{1,8})*")
_PAGE = Template(
    '<!DOCTYPE html>\n<html lang="$language" dir="auto">\n<head><meta charset="utf-8"><title>$subject</title></head>\n'
    "<body>\n$paragraphs\n</body>\n</html>\n"
)


@frozen
class Words:
    """What one kind of mail says.

    Attributes:
        subject: one line; it may hold ``$practice`` alone, as subjects are shown on locked screens.
        body: paragraphs between empty lines; it may hold ``$name``, ``$practice`` and, where the mail carries one,
            ``$link`` and ``$username``; of a visit, ``$when`` and ``$where``. A dollar sign is written ``$$``.
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
        greeting: how each mail begins; it may hold ``$name`` and ``$practice``.
        closing: how each ends; it may hold the same.

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
    closing: str = field(default="Kind regards,\n$practice", repr=False)

    def __attrs_post_init__(self) -> None:
        if not _LANGUAGE.fullmatch(self.language):
            raise ConfigurationError(setting="words", reason="the language isn't a tag of BCP 47, such as es or es-MX")
        self._check(self.greeting, {"name", "practice"}, what="greeting")
        self._check(self.closing, {"name", "practice"}, what="closing")
        for kind in NoticeKind:
            self._check_kind(kind)

    def letter(self, message: Message, *, practice: str) -> Letter:
        """One mail, filled in; names and links appear as literal text, whatever they look like.

        Args:
            message: who is told what.
            practice: its name.

        Raises:
            KeyError: the message comes without the link or the visit that its kind carries.
        """
        words = self.words[message.kind]
        body = f"{self.greeting}\n\n{words.body.strip()}\n\n{self.closing}"
        values = {"name": message.to_name, "practice": practice}
        if message.link is not None:
            values["link"] = message.link
        if message.username is not None:
            values["username"] = message.username
        if message.visit_at is not None and message.visit_place is not None:
            values |= {"when": f"{message.visit_at:%Y-%m-%d %H:%M %Z}", "where": message.visit_place}
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
        of_visit = {"when", "where"} if kind in WITH_VISIT else set()
        self._check(words.body, {"name", "practice"} | needed | of_visit, what=f"{kind}: body")
        for name in sorted(needed - set(Template(words.body).get_identifiers())):
            raise self._wrong(kind, f"the body needs a ${name}")

    def _check(self, text: str, allowed: set[str], *, what: str) -> None:
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


def best_words(sets: Sequence[MailWords], language: str | None) -> MailWords:
    """The set that suits a language best by the lookup of RFC 4647, 3.4: ``es-MX``, then ``es``, else the first."""
    by_language = {one.language.lower(): one for one in sets}
    tag = (language or "").lower()
    while tag:
        if tag in by_language:
            return by_language[tag]
        tag = tag.rpartition("-")[0]
    return sets[0]


_NOT_YOU = "If that wasn't you, please call $practice."

ENGLISH = MailWords(
    "en",
    {
        NoticeKind.INVITATION: Words(
            "Your invitation to the patient portal of $practice",
            "$practice invites you to its patient portal. Choose your username and password here:\n\n$link\n\n"
            "Please don't pass this mail on: whoever has the link can use it.",
        ),
        NoticeKind.ACCOUNT_LOCKED: Words(
            "Your account was locked",
            "Your account at the patient portal of $practice was locked after too many wrong passwords.\n\n"
            "Please call $practice: they can unlock it.",
        ),
        NoticeKind.PASSWORD_CHANGED: Words(
            "Your password was changed",
            f"The password of your account at the patient portal of $practice was changed.\n\n{_NOT_YOU}",
        ),
        NoticeKind.NEW_LOG_IN: Words(
            "Somebody logged in to your account",
            f"Somebody logged in to your account at the patient portal of $practice.\n\n{_NOT_YOU}",
        ),
        NoticeKind.CONFIRM_EMAIL: Words(
            "Please confirm your e-mail address",
            "This address was given as the new one of an account at the patient portal of $practice. "
            "Please confirm it here:\n\n$link\n\nIf that wasn't you, there is nothing to do.",
        ),
        NoticeKind.EMAIL_CHANGE_REQUESTED: Words(
            "A new e-mail address was asked for",
            "Somebody asked to change the e-mail address of your account at the patient portal of $practice.\n\n"
            f"{_NOT_YOU}",
        ),
        NoticeKind.PASSWORD_RESET: Words(
            "A new password for your account",
            "A new password was asked for, for your account at the patient portal of $practice. Choose it here, soon:"
            f"\n\n$link\n\nYour present password works until then. {_NOT_YOU}",
        ),
        NoticeKind.PASSWORD_RESET_PRINTED: Words(
            "A code for a new password was printed",
            "$practice printed a code for a new password, for your account at its patient portal. Whoever has it and "
            f"knows your birth date can use it.\n\nYour present password works until then. {_NOT_YOU}",
        ),
        NoticeKind.USERNAME_REMINDER: Words(
            "Your username",
            "Your username at the patient portal of $practice is:\n\n$username\n\n"
            f"If you need a new password too, choose it here, soon:\n\n$link\n\n{_NOT_YOU}",
        ),
        NoticeKind.DETAILS_CORRECTED: Words(
            "Your details were corrected",
            "$practice has corrected what it keeps of you, such as a name or a phone number. Log in to its patient "
            f"portal to see what it is now.\n\n{_NOT_YOU}",
        ),
        NoticeKind.SECURITY_ANSWERS_CHANGED: Words(
            "Your security questions were changed",
            f"The security questions of your account at the patient portal of $practice were changed.\n\n{_NOT_YOU}",
        ),
        NoticeKind.NEW_MESSAGE: Words(
            "You have a new message",
            "You have a new message at the patient portal of $practice. Log in to read it.",
        ),
        NoticeKind.VISIT_BOOKED: Words(
            "Your visit is booked",
            "Your visit is booked:\n\n$when\n$where\n\n"
            "Log in to the patient portal of $practice to see more, to move it or to cancel it.",
        ),
        NoticeKind.VISIT_CANCELLED: Words(
            "Your visit was cancelled",
            "This visit was cancelled:\n\n$when\n$where\n\nLog in to the patient portal of $practice to see more.",
        ),
        NoticeKind.VISIT_RESCHEDULED: Words(
            "Your visit was moved",
            "Your visit was moved. It is now:\n\n$when\n$where\n\n"
            "Log in to the patient portal of $practice to see more, to move it or to cancel it.",
        ),
        NoticeKind.VISIT_REMINDER: Words(
            "Your visit is soon",
            "We look forward to seeing you:\n\n$when\n$where\n\n"
            "If you can't come, log in to the patient portal of $practice to move your visit or to cancel it, "
            "or call $practice.",
        ),
        NoticeKind.REQUEST_CLOSED: Words(
            "Your request for an appointment was closed",
            "Your request for an appointment was closed. Log in to the patient portal of $practice to see more.",
        ),
        NoticeKind.STATEMENT_AVAILABLE: Words(
            "A statement is available",
            "A statement is available at the patient portal of $practice. Log in to see it.",
        ),
        NoticeKind.EMAIL_CHANGED: Words(
            "Your e-mail address was changed",
            "The e-mail address of your account at the patient portal of $practice was changed. "
            f"Mail will no longer come to this one.\n\n{_NOT_YOU}",
        ),
    },
)
"""The texts in English."""
