"""What a use case reaches: the ports, the policy, the portal's key, and the clock and chance as callables."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum, unique
from types import MappingProxyType

from attrs import field, frozen

from patientportal.domain.accounts.links import Purpose
from patientportal.domain.policy import Policy
from patientportal.ports.common_passwords import CommonPasswords
from patientportal.ports.hashing import PasswordHasher
from patientportal.ports.notifier import Notifier
from patientportal.ports.observer import Observer
from patientportal.ports.payments import PaymentProcessor
from patientportal.ports.store import Store


@unique
class LinkForm(StrEnum):
    """Where in a mailed link its secret stands.

    A fragment stays in the browser and reaches no server's log; a path works without a script on the page.
    """

    FRAGMENT = "fragment"
    PATH = "path"


LINK_PATHS: Mapping[Purpose, str] = MappingProxyType(
    {
        Purpose.INVITATION: "activate",
        Purpose.EMAIL_CHANGE: "confirm-email",
        Purpose.PASSWORD_RESET: "reset-password",
    }
)
"""Which page a mailed link leads to, where the host doesn't say."""


@frozen(kw_only=True)
class Environment:
    """Everything that a portal was given.

    Attributes:
        store: keeps.
        notifier: tells; ``None``: nothing can be told.
        hasher: hashes.
        common_passwords: lists what many people use.
        payments: charges; ``None``: nothing can be paid.
        policy: the practice's limits.
        secret_key: at least 32 bytes.
        link_base_url: what links begin with.
        link_form: where in a link its secret stands.
        link_paths: which page below ``link_base_url`` each kind leads to.
        clock: an aware datetime.
        new_id: a fresh id, at most 64 of letters, digits, ``-`` and ``_``.
        new_secret: at least 256 random bits as base64url.
        observe: told of every call; ``None``: nobody is.
    """

    store: Store = field(repr=False)
    notifier: Notifier | None = field(repr=False)
    hasher: PasswordHasher = field(repr=False)
    common_passwords: CommonPasswords = field(repr=False)
    payments: PaymentProcessor | None = field(repr=False)
    policy: Policy
    secret_key: bytes = field(repr=False)
    link_base_url: str
    link_form: LinkForm
    link_paths: Mapping[Purpose, str]
    clock: Callable[[], datetime] = field(repr=False)
    new_id: Callable[[], str] = field(repr=False)
    new_secret: Callable[[], str] = field(repr=False)
    observe: Observer | None = field(repr=False)

    def now(self) -> datetime:
        """The clock's time, in UTC.

        Raises:
            TypeError: the host's clock gave something else than a datetime.
            ValueError: it gave a naive one.
        """
        now = self.clock()
        if type(now) is datetime and now.tzinfo is UTC:
            return now
        if not isinstance(now, datetime):
            raise TypeError(f"the clock must give datetime, not {type(now).__name__}")
        if now.utcoffset() is None:
            raise ValueError("the clock must give aware datetimes")
        return now.astimezone(UTC)
