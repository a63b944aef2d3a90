"""The limits that a practice may choose; the defaults are the mission's numbers."""

from datetime import timedelta
from typing import Self

from attrs import frozen

from patientportal.domain.values.settings import duration, whole, yes_or_no
from patientportal.domain.values.zones import is_zone

from .errors import ConfigurationError
from .notice_policy import NoticePolicy

# NIST SP 800-63B-4, 3.2.2: at most 100 consecutive failed attempts on one account.
ATTEMPTS_MAX = 100
# Our own: a shorter lock is none.
UNLOCK_AFTER_MIN = timedelta(minutes=1)
# NIST SP 800-63B-4, 3.1.1.2: never fewer than 8 characters; verifiers accept at least 64.
PASSWORD_LENGTH_FLOOR = 8
PASSWORD_LENGTH_ACCEPTED_AT_LEAST = 64
PASSWORD_LENGTH_CEILING = 1024
OPEN_REQUESTS_MAX = VISITS_AHEAD_MAX = 100
# Our own: whoever knows how old somebody is has one chance in 365 at each guess.
BIRTH_DATE_ATTEMPTS_MAX = 10
# Our own: a letter that lies around for a quarter of a year is nobody's any more.
INVITATION_MAX = timedelta(days=90)
# NIST SP 800-63B-4, 4.2.1.2: a code sent to an e-mail address is valid for 24 hours at most.
LINK_TO_EMAIL_MAX = timedelta(hours=24)
# The same: one sent by post for 21 days.
PAPER_MAX = timedelta(days=21)


@frozen(kw_only=True)
class LockoutPolicy:
    """How many wrong passwords lock an account, and what ends the lock.

    Attributes:
        attempts: the wrong attempt that locks; the mission's four. 1 to 100 (NIST SP 800-63B-4).
        unlock_after: how long a lock lasts, a minute or more; ``None``: until a reset or support ends it. A hundred
            wrong passwords in a row lock for good, whatever this says (NIST SP 800-63B-4, 3.2.2).
    """

    attempts: int = 4
    unlock_after: timedelta | None = None

    def __attrs_post_init__(self) -> None:
        whole("lockout.attempts", self.attempts, at_least=1, at_most=ATTEMPTS_MAX)
        if self.unlock_after is not None:
            duration("lockout.unlock_after", self.unlock_after)
            if self.unlock_after < UNLOCK_AFTER_MIN:
                raise ConfigurationError(setting="lockout.unlock_after", reason="must be a minute or more")


@frozen(kw_only=True)
class PasswordPolicy:
    """What a new password must be like.

    Attributes:
        min_length: the fewest characters after NFKC; at least 8 (NIST SP 800-63B-4).
        max_length: the most characters; at least 64 (OWASP ASVS 5.0, 6.2.9).
        composition: whether it mixes letters, digits and special characters (the mission).
        refuse_common: whether common passwords are refused (OWASP ASVS 5.0, 6.2.4).
        refuse_personal: whether one built on the patient's own names, e-mail, username or birth date is.
    """

    min_length: int = 12
    max_length: int = 128
    composition: bool = True
    refuse_common: bool = True
    refuse_personal: bool = True

    def __attrs_post_init__(self) -> None:
        whole(
            "passwords.max_length",
            self.max_length,
            at_least=PASSWORD_LENGTH_ACCEPTED_AT_LEAST,
            at_most=PASSWORD_LENGTH_CEILING,
        )
        whole("passwords.min_length", self.min_length, at_least=PASSWORD_LENGTH_FLOOR, at_most=self.max_length)
        for name in ("composition", "refuse_common", "refuse_personal"):
            yes_or_no(f"passwords.{name}", getattr(self, name))


@frozen(kw_only=True)
class SessionPolicy:
    """How long a log-in lasts.

    Attributes:
        idle: it ends when nothing was asked for this long.
        absolute: it ends this long after the log-in, whatever was asked; at least ``idle``.
    """

    idle: timedelta = timedelta(minutes=15)
    absolute: timedelta = timedelta(hours=8)

    def __attrs_post_init__(self) -> None:
        duration("sessions.idle", self.idle)
        duration("sessions.absolute", self.absolute)
        if self.idle > self.absolute:
            raise ConfigurationError(setting="sessions.idle", reason="longer than sessions.absolute")


@frozen(kw_only=True)
class InvitationPolicy:
    """How long an invitation works, and what whoever holds one has to know.

    Attributes:
        valid_for: counted from each time that it is sent; at most 90 days.
        paper_valid_for: how long a printed code works, for a new password too; at most 21 days (NIST SP 800-63B-4,
            4.2.1.2).
        ask_birth_date: whether activation asks for the patient's birth date beside a mailed link; beside a printed code
            it always does.
        attempts: the wrong birth date that ends a link, 1 to 10.
    """

    valid_for: timedelta = timedelta(days=7)
    paper_valid_for: timedelta = timedelta(days=14)
    ask_birth_date: bool = True
    attempts: int = 4

    def __attrs_post_init__(self) -> None:
        duration("invitations.valid_for", self.valid_for)
        if self.valid_for > INVITATION_MAX:
            raise ConfigurationError(setting="invitations.valid_for", reason="must be 90 days at most")
        duration("invitations.paper_valid_for", self.paper_valid_for)
        if self.paper_valid_for > PAPER_MAX:
            raise ConfigurationError(setting="invitations.paper_valid_for", reason="must be 21 days at most")
        yes_or_no("invitations.ask_birth_date", self.ask_birth_date)
        whole("invitations.attempts", self.attempts, at_least=1, at_most=BIRTH_DATE_ATTEMPTS_MAX)


@frozen(kw_only=True)
class RecoveryPolicy:
    """How somebody who forgot a username or a password gets back in.

    Attributes:
        by_question: whether a link is mailed only for right answers to security questions. Without: for a username, or
            for personal information, that fits; nothing is asked, and no answers are kept. NIST SP 800-63B-4, 3.1.1.2
            forbids security questions.
        attempts: the wrong answer that closes recovery by question; the mission's four. 1 to 100.
        reopen_after: how long it stays closed.
        answer_within: how long a question may be answered.
        link_valid_for: how long a mailed link works, from its own sending; at most 24 hours (NIST SP 800-63B-4,
            4.2.1.2).
        mails_an_hour: how many links recovery mails to a patient within an hour at most, 1 to 100.
        match_first_name: whether a forgotten username needs the first name beside the last name and the birth date.
        match_email: whether it needs the e-mail address.
        own_address_wait: how long whoever at the practice changed a patient's address may not have a link for a new
            password sent to it; ``None``: they may at once.
    """

    by_question: bool = True
    attempts: int = 4
    reopen_after: timedelta = timedelta(hours=24)
    answer_within: timedelta = timedelta(minutes=15)
    link_valid_for: timedelta = timedelta(minutes=30)
    mails_an_hour: int = 5
    match_first_name: bool = True
    match_email: bool = True
    own_address_wait: timedelta | None = timedelta(hours=24)

    def __attrs_post_init__(self) -> None:
        whole("recovery.attempts", self.attempts, at_least=1, at_most=ATTEMPTS_MAX)
        whole("recovery.mails_an_hour", self.mails_an_hour, at_least=1, at_most=ATTEMPTS_MAX)
        for name in ("reopen_after", "answer_within", "link_valid_for"):
            duration(f"recovery.{name}", getattr(self, name))
        if self.link_valid_for > LINK_TO_EMAIL_MAX:
            raise ConfigurationError(setting="recovery.link_valid_for", reason="must be 24 hours at most")
        if self.own_address_wait is not None:
            duration("recovery.own_address_wait", self.own_address_wait)
        for name in ("by_question", "match_first_name", "match_email"):
            yes_or_no(f"recovery.{name}", getattr(self, name))


@frozen(kw_only=True)
class EmailChangePolicy:
    """How long the link works that confirms a new e-mail address.

    Attributes:
        valid_for: counted from each time that it is sent; at most 24 hours (NIST SP 800-63B-4, 4.2.1.2).
    """

    valid_for: timedelta = timedelta(hours=24)

    def __attrs_post_init__(self) -> None:
        duration("email_changes.valid_for", self.valid_for)
        if self.valid_for > LINK_TO_EMAIL_MAX:
            raise ConfigurationError(setting="email_changes.valid_for", reason="must be 24 hours at most")


@frozen(kw_only=True)
class RenewalPolicy:
    """How long a patient waits for a decision about a medication.

    Attributes:
        expires_after: since the request; then it expires, and the patient is told.
    """

    expires_after: timedelta = timedelta(days=14)

    def __attrs_post_init__(self) -> None:
        duration("renewals.expires_after", self.expires_after)


@frozen(kw_only=True)
class PaymentPolicy:
    """What may be paid, and when the outcome of a payment is checked.

    Attributes:
        overdue_payable: whether a statement may be paid after its due date, without having been sent again first.
        reconcile_after: how long after the processor's own timeout a worker checks a payment.
    """

    overdue_payable: bool = False
    reconcile_after: timedelta = timedelta(minutes=5)

    def __attrs_post_init__(self) -> None:
        yes_or_no("payments.overdue_payable", self.overdue_payable)
        duration("payments.reconcile_after", self.reconcile_after)


@frozen(kw_only=True)
class AppointmentPolicy:
    """What patients may do about visits; the practice isn't bound by it.

    Attributes:
        cancel_notice: how long before its beginning a patient may still give up a visit; ``None``: until it begins.
        grace: how long after it was booked they may do so all the same, until it begins; ``None``: not at all.
        book_notice: how long before its beginning a slot can still be booked; ``None``: until it begins.
        horizon: how far ahead a slot may begin that can be booked; ``None``: as far as there are any.
        most_ahead: how many booked visits may lie ahead of a patient when they book one, that one included, 1 to 100;
            ``None``: any number.
        open_requests: how many requests for an appointment a patient may have open, 1 to 100.
    """

    cancel_notice: timedelta | None = None
    grace: timedelta | None = timedelta(minutes=15)
    book_notice: timedelta | None = None
    horizon: timedelta | None = None
    most_ahead: int | None = None
    open_requests: int = 3

    def __attrs_post_init__(self) -> None:
        for name in ("cancel_notice", "grace", "book_notice", "horizon"):
            if getattr(self, name) is not None:
                duration(f"appointments.{name}", getattr(self, name))
        if self.most_ahead is not None:
            whole("appointments.most_ahead", self.most_ahead, at_least=1, at_most=VISITS_AHEAD_MAX)
        if self.book_notice is not None and self.horizon is not None and self.horizon < self.book_notice:
            raise ConfigurationError(setting="appointments.horizon", reason="shorter than appointments.book_notice")
        whole("appointments.open_requests", self.open_requests, at_least=1, at_most=OPEN_REQUESTS_MAX)


@frozen(kw_only=True)
class Policy:
    """The limits that the practice has chosen; checked when created.

    Attributes:
        zone: the practice's IANA zone, such as ``America/New_York``, looked up once in the time zone database. It
            has no default.
        lockout: wrong passwords and locks.
        passwords: what a new password must be like.
        sessions: how long a log-in lasts.
        invitations: how long an invitation works, and what whoever holds one has to know.
        recovery: how somebody gets back in.
        email_changes: how long the confirmation of a new address works.
        renewals: how long a patient waits for a decision about a medication.
        payments: what may be paid, and when a worker checks a payment.
        notices: which notices are sent, how, when, and for how long that is tried.
        appointments: what patients may do about visits.

    Raises:
        ConfigurationError: a limit is unsafe or contradicts another one; it names the setting.

    >>> Policy(zone="Europe/Berlin").lockout.attempts
    4
    """

    zone: str
    lockout: LockoutPolicy = LockoutPolicy()
    passwords: PasswordPolicy = PasswordPolicy()
    sessions: SessionPolicy = SessionPolicy()
    invitations: InvitationPolicy = InvitationPolicy()
    recovery: RecoveryPolicy = RecoveryPolicy()
    email_changes: EmailChangePolicy = EmailChangePolicy()
    renewals: RenewalPolicy = RenewalPolicy()
    payments: PaymentPolicy = PaymentPolicy()
    notices: NoticePolicy = NoticePolicy()
    appointments: AppointmentPolicy = AppointmentPolicy()

    def __attrs_post_init__(self) -> None:
        if not is_zone(self.zone):
            raise ConfigurationError(setting="zone", reason="not the name of an IANA time zone")
        for name, section in _SECTIONS.items():
            if not isinstance(getattr(self, name), section):
                raise ConfigurationError(setting=name, reason=f"must be a {section.__name__}")

    @classmethod
    def nist(cls, *, zone: str) -> Self:
        """The ready-made alternative of NIST SP 800-63B-4: 15 characters, no composition, no security questions.

        >>> Policy.nist(zone="Europe/Berlin").passwords.min_length
        15
        """
        return cls(
            zone=zone,
            passwords=PasswordPolicy(min_length=15, composition=False),
            recovery=RecoveryPolicy(by_question=False),
        )


_SECTIONS = {
    "lockout": LockoutPolicy,
    "passwords": PasswordPolicy,
    "sessions": SessionPolicy,
    "invitations": InvitationPolicy,
    "recovery": RecoveryPolicy,
    "email_changes": EmailChangePolicy,
    "renewals": RenewalPolicy,
    "payments": PaymentPolicy,
    "notices": NoticePolicy,
    "appointments": AppointmentPolicy,
}
