"""The mails of a language: the same texts of the core's notices, from the catalogue."""

from functools import partial

from patientportal import MailWords, NoticeKind, Words
from patientportal.words.catalogues import Language
from patientportal.words.choosing import language_of
from patientportal.words.formats import moment


def mails(language: Language | str) -> MailWords:
    """What the mails say in a language, for ``SmtpNotifier(words=...)``; times are written by its country's habits.

    Args:
        language: from ``choose`` or ``load``, or a tag of BCP 47; of ``es-US`` the texts are those of every ``es``.

    Raises:
        ConfigurationError: a text of a language of your own can't be used in a mail.
    """
    language = language_of(language)
    kinds = {
        kind: Words(language.text(f"mail.{kind}.subject"), language.text(f"mail.{kind}.body")) for kind in NoticeKind
    }
    return MailWords(
        language.tag,
        kinds,
        greeting=language.text("mail.greeting"),
        closing=language.text("mail.closing"),
        when=partial(moment, language=language),
    )
