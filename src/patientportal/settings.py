"""A portal by the settings of its process: one table for the app, the worker and the command line."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from attrs import define, evolve, field

from patientportal.adapters.mail_words import ENGLISH, MailWords
from patientportal.adapters.smtp import Security, SmtpNotifier
from patientportal.application.environment import LinkForm
from patientportal.assembly import open_portal
from patientportal.domain.accounts.links import Purpose
from patientportal.domain.errors import ConfigurationError
from patientportal.domain.policy import Policy
from patientportal.portal import Portal
from patientportal.ports.common_passwords import CommonPasswords
from patientportal.ports.hashing import PasswordHasher
from patientportal.ports.notifier import Notifier
from patientportal.ports.observer import Observer
from patientportal.ports.payments import PaymentProcessor

T = TypeVar("T")

PREFIX = "PATIENTPORTAL_"


def open_portal_from_env(
    *,
    url: str | None = None,
    policy: Policy | None = None,
    notifier: Notifier | None = None,
    hasher: PasswordHasher | None = None,
    common_passwords: CommonPasswords | None = None,
    payments: PaymentProcessor | None = None,
    observe: Observer | None = None,
    environ: Mapping[str, str] | None = None,
) -> Portal:
    """Opens a portal by the settings of the process, which ``docs/settings.md`` lists.

    Args:
        url: the database's; ``None``: the setting says it.
        policy: the practice's limits; ``None``: the defaults, in the zone of the settings.
        notifier: sends notices; ``None``: one for the mail server of the settings, if they name one.
        hasher: as ``open_portal`` has it.
        common_passwords: the same.
        payments: the same.
        observe: the same.
        environ: where the settings stand; ``None``: in the process's environment.

    Raises:
        ConfigurationError: a setting is missing or can't be used; ``setting`` is its name.
    """
    given = Settings(os.environ if environ is None else environ)
    with given.named(with_url=url is None):
        return open_portal(
            given.url() if url is None else url,
            zone=given.text("ZONE") if policy is None else None,
            policy=policy,
            notifier=given.notifier() if notifier is None and given.has("SMTP_HOST") else notifier,
            hasher=hasher,
            common_passwords=common_passwords,
            payments=payments,
            observe=observe,
            secret_key=given.file("SECRET_KEY"),
            link_base_url=given.text("LINK_BASE_URL"),
            link_form=given.one_of("LINK_FORM", {form.value: form for form in LinkForm}, LinkForm.FRAGMENT),
            link_paths=given.link_paths(),
        )


@define
class Settings:
    """Settings out of the environment; secrets out of files, because an environment is easily shown."""

    environ: Mapping[str, str] = field(repr=False)

    def url(self) -> str:
        """The database's, which may hold a password and then belongs in a file."""
        kept = self.file("URL", may_be_plain=True)
        return self.text("URL") if kept is None else self._as_text(kept, "URL")

    def notifier(self) -> SmtpNotifier:
        """For the mail server that they name."""
        password, token = self.file("SMTP_PASSWORD"), self.file("SMTP_TOKEN")
        with self.named():
            return SmtpNotifier(
                self.text("SMTP_HOST"),
                words=self.mails(),
                port=self.port("SMTP_PORT"),
                security=self.one_of("SMTP_SECURITY", _SECURITY, Security.STARTTLS),
                sender=self.text("SENDER"),
                practice=self.text("PRACTICE"),
                phone=self.environ.get(PREFIX + "PHONE"),
                reply_to=self.environ.get(PREFIX + "REPLY_TO"),
                username=self.environ.get(PREFIX + "SMTP_USERNAME"),
                password=None if password is None else self._as_text(password, "SMTP_PASSWORD"),
                token=None if token is None else self._token,
            )

    def link_paths(self) -> dict[Purpose, str]:
        """The page of each kind of link that they list: ``invitation=join,password_reset=account/new``."""
        listed = [one.partition("=") for one in self.environ.get(PREFIX + "LINK_PATHS", "").split(",") if one.strip()]
        found = {purpose.strip(): path.strip() for purpose, _, path in listed}
        if len(found) < len(listed) or not found.keys() <= set(Purpose):
            raise ConfigurationError(
                setting=PREFIX + "LINK_PATHS", reason=f"must be a path for some of {', '.join(Purpose)}"
            )
        return {Purpose(purpose): path for purpose, path in found.items()}

    def _token(self) -> str:
        """An access token, which another program renews: read again for each log-in."""
        return self._as_text(self.file("SMTP_TOKEN") or b"", "SMTP_TOKEN")

    def mails(self) -> tuple[MailWords, ...]:
        """The texts of mails in each language that they list (``en-US,es-US``); English, where they list none."""
        if not self.has("LANGUAGES"):
            return (ENGLISH,)
        try:
            from patientportal.words import mails
        except ImportError as error:
            raise ConfigurationError(setting=PREFIX + "LANGUAGES", reason=str(error)) from None
        found = {tag: mails(tag) for tag in map(str.strip, self.text("LANGUAGES").split(","))}
        for tag, words in found.items():
            if not tag.replace("-", "").isalnum() or words.language != tag.partition("-")[0]:
                raise ConfigurationError(setting=PREFIX + "LANGUAGES", reason="there are no words in one of these")
        return tuple(found.values())

    @contextmanager
    def named(self, *, with_url: bool = False) -> Iterator[None]:
        """Whatever can't be used within is told by the name of its setting; the URL, if it came from there."""
        try:
            yield
        except ConfigurationError as error:
            if error.setting not in _NAMES or (error.setting == "url" and not with_url):
                raise
            raise evolve(error, setting=_NAMES[error.setting]) from error.__cause__

    def has(self, name: str) -> bool:
        """Whether it is set, and not to nothing."""
        return bool(self.environ.get(PREFIX + name))

    def text(self, name: str) -> str:
        """What must be set."""
        if not self.has(name):
            raise ConfigurationError(setting=PREFIX + name, reason="is not set")
        return self.environ[PREFIX + name]

    def port(self, name: str) -> int | None:
        """A number, if it is set."""
        value = self.environ.get(PREFIX + name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit()):
            raise ConfigurationError(setting=PREFIX + name, reason="must be a number")
        return int(value[:6])

    def one_of(self, name: str, values: Mapping[str, T], usual: T) -> T:
        """One of a few words."""
        value = self.environ.get(PREFIX + name)
        if value is None:
            return usual
        if value not in values:
            raise ConfigurationError(setting=PREFIX + name, reason=f"must be one of {', '.join(values)}")
        return values[value]

    def file(self, secret: str, *, may_be_plain: bool = False) -> bytes | None:
        """What the file holds that is set for a secret; ``None`` without one."""
        name = f"{PREFIX}{secret}_FILE"
        if PREFIX + secret in self.environ and (name in self.environ or not may_be_plain):
            raise ConfigurationError(setting=PREFIX + secret, reason=f"belongs in a file, which {name} says")
        path = self.environ.get(name)
        if path is None:
            return None
        try:
            return Path(path).read_bytes()
        except (OSError, ValueError) as error:  # which names the file, and somebody may have set the secret itself
            why = getattr(error, "strerror", None) or "no file has such a name"
            raise ConfigurationError(setting=name, reason=f"its file can't be read: {why}") from None

    def _as_text(self, content: bytes, secret: str) -> str:
        try:
            return content.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            raise ConfigurationError(setting=f"{PREFIX}{secret}_FILE", reason="its file holds no text") from None


_SECURITY = {security.name.lower(): security for security in Security}
_NAMES = {
    "url": PREFIX + "URL",
    "zone": PREFIX + "ZONE",
    "link_base_url": PREFIX + "LINK_BASE_URL",
    "link_paths": PREFIX + "LINK_PATHS",
    "secret_key": PREFIX + "SECRET_KEY_FILE",
    "host": PREFIX + "SMTP_HOST",
    "port": PREFIX + "SMTP_PORT",
    "security": PREFIX + "SMTP_SECURITY",
    "sender": PREFIX + "SENDER",
    "practice": PREFIX + "PRACTICE",
    "phone": PREFIX + "PHONE",
    "reply_to": PREFIX + "REPLY_TO",
    "password": PREFIX + "SMTP_PASSWORD_FILE",
    "token": PREFIX + "SMTP_TOKEN_FILE",
}
"""What the library calls a value, and which setting gives it."""
