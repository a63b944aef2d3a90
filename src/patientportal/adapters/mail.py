"""A notice as a mail: written once, whatever sends it then."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email import policy
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from attrs import field, frozen

from patientportal.adapters.calendar_files import FILE_NAME, MEDIA_TYPE, calendar_file, method_of
from patientportal.adapters.mail_words import MailWords, best_words
from patientportal.domain.errors import BadInputError, ConfigurationError
from patientportal.domain.patients.phones import usable_phone
from patientportal.domain.values.emails import email_address, routed
from patientportal.domain.values.text import line
from patientportal.ports.notifier import Message

PRACTICE_MAX = 100
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@frozen(kw_only=True)
class Attachment:
    """A file that a mail brings along.

    Attributes:
        name: the file's.
        media_type: such as ``text/calendar``.
        parameters: what stands beside that, such as ``method``.
        content: the file.
    """

    name: str
    media_type: str
    parameters: Mapping[str, str]
    content: bytes = field(repr=False)


@frozen(kw_only=True)
class Mail:
    """A mail that is written, and not sent yet.

    Attributes:
        id: the same at every try.
        to: the one address, as mail servers take it: its domain in A-labels where its mailbox is ASCII.
        sender: the practice's name and the address that the mail comes from.
        reply_to: where an answer goes; ``None``: to the sender.
        subject: one line.
        text: as plain text.
        page: the same as HTML.
        attachments: the visit for the patient's calendar, where the policy wants it; else none.
        headers: what else stands above it: ``Date``, ``Message-ID``, ``Auto-Submitted``, ``Content-Language``.
    """

    id: str
    to: str = field(repr=False)
    sender: Address
    reply_to: Address | None
    subject: str = field(repr=False)
    text: str = field(repr=False)
    page: str = field(repr=False)
    attachments: tuple[Attachment, ...]
    headers: Mapping[str, str]

    def as_email(self) -> EmailMessage:
        """The whole mail, as the standard library holds one."""
        mail = EmailMessage(policy=policy.SMTP if self.to.isascii() else policy.SMTPUTF8)
        mail["From"] = self.sender
        mail["To"] = self.to
        if self.reply_to is not None:
            mail["Reply-To"] = self.reply_to
        mail["Subject"] = self.subject
        mail.set_content(self.text, cte="quoted-printable")
        mail.add_alternative(self.page, subtype="html", cte="quoted-printable")
        for one in self.attachments:
            main, _, sub = one.media_type.partition("/")
            mail.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name, params=dict(one.parameters))
        for name, value in self.headers.items():  # last, as the parts take such headers with them
            mail[name] = value
        return mail


@frozen(kw_only=True)
class Letterhead:
    """What stands on every mail of a practice.

    Attributes:
        sender: its name and the address that mail comes from.
        reply_to: where answers go; ``None``: to the sender.
        phone: the number to call it under; ``None``: the mails name none.
        words: the texts, one set a language; the first is the practice's own.
        clock: now, as an aware ``datetime``.
    """

    sender: Address
    reply_to: Address | None
    phone: str | None
    words: tuple[MailWords, ...]
    clock: Callable[[], datetime] = field(repr=False)

    def mail(self, message: Message) -> Mail | None:
        """The mail; ``None`` where a link is missing, or the address can't stand in a header as it is."""
        try:
            address = email_address(message.to_email or "")
            route = routed(address)
            to = route if route.isascii() else address  # so that only a mailbox beyond ASCII needs SMTPUTF8
            words = best_words(self.words, message.language)
            letter = words.letter(message, practice=self.sender.display_name, phone=self.phone)
        except (ValueError, KeyError):
            return None
        if not _is_read_as_it_is(to) or not _ID.fullmatch(message.id):
            return None
        return Mail(
            id=message.id,
            to=to,
            sender=self.sender,
            reply_to=self.reply_to,
            subject=letter.subject,
            text=letter.text,
            page=letter.page,
            attachments=self._attachments(message),
            headers={
                "Date": format_datetime(self.clock()),
                "Message-ID": f"<{message.id}@{self.sender.domain}>",
                "Auto-Submitted": "auto-generated",  # RFC 3834, 5: nobody's vacation answers it
                "Content-Language": letter.language,
            },
        )

    def _attachments(self, message: Message) -> tuple[Attachment, ...]:
        if message.entry is None:
            return ()
        content = calendar_file(
            message.entry, practice=self.sender.display_name, email=self.sender.addr_spec, now=self.clock()
        )
        parameters = {"method": method_of(message.entry), "charset": "utf-8"}
        return (Attachment(name=FILE_NAME, media_type=MEDIA_TYPE, parameters=parameters, content=content),)


def _is_read_as_it_is(address: str) -> bool:
    """Whether a mail program reads this address in a header; of ``=?utf-8?q?eve?=@example.org`` it reads another."""
    read: dict[str, Any] = {"defects": []}
    AddressHeader.parse(address, read)
    return [one.addr_spec for group in read["groups"] for one in group.addresses] == [address]


def letterhead(
    *,
    sender: str,
    practice: str,
    reply_to: str | None,
    phone: str | None,
    words: Sequence[MailWords],
    clock: Callable[[], datetime],
) -> Letterhead:
    """A practice's letterhead, checked.

    Raises:
        ConfigurationError: one of these can't be used.
    """
    if "=?" in f"{sender}{practice}{reply_to}":
        raise ConfigurationError(setting="sender", reason="=? would be read as an encoded word (RFC 2047)")
    languages = [one.language.lower() for one in words]
    if not languages or len(set(languages)) < len(languages):
        raise ConfigurationError(setting="words", reason="there must be one set a language, and one at least")
    try:
        name = line(practice, field="practice", at_most=PRACTICE_MAX)
        return Letterhead(
            sender=_address(sender, name=name, setting="sender"),
            reply_to=None if reply_to is None else _address(reply_to, name=name, setting="reply_to"),
            phone=None if phone is None else usable_phone(phone),
            words=tuple(words),
            clock=clock,
        )
    except BadInputError as error:
        raise ConfigurationError(setting=error.field, reason=error.problem) from None


def _address(address: str, *, name: str, setting: str) -> Address:
    username, _, domain = routed(email_address(address, field=setting)).rpartition("@")
    if not username.isascii():
        raise ConfigurationError(
            setting=setting, reason="must be ASCII before the @, as not every server takes another"
        )
    return Address(display_name=name, username=username, domain=domain)
