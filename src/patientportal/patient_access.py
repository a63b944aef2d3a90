"""The patient's side: a handle is a capability, and everything it reaches is the patient's own."""

from collections.abc import Mapping

from patientportal.application import accounts, email_change, sessions, support
from patientportal.application.accounts import HistoryEntry
from patientportal.application.outside import Outside
from patientportal.application.pages import Page
from patientportal.application.sessions import Device, SignedIn
from patientportal.application.support import OwnRequest
from patientportal.domain.ids import PatientId, SupportRequestId
from patientportal.domain.recovery import SecurityQuestion


class PatientAccess:
    """A patient who is in. Each call checks the session and raises ``SessionEndedError`` when it is over."""

    def __init__(self, outside: Outside, who: SignedIn, token: str) -> None:
        self._outside = outside
        self._who = who
        self._token = token

    @property
    def account(self) -> "AccountAccess":
        """The patient's password, address, security questions, devices and history."""
        return AccountAccess(self._outside, self._who)

    @property
    def support(self) -> "SupportAccess":
        """What the patient asks support for."""
        return SupportAccess(self._outside, self._who)

    @property
    def token(self) -> str:
        """What ``Portal.resume`` takes; a secret, for a cookie that is Secure, HttpOnly and SameSite."""
        return self._token

    @property
    def patient_id(self) -> PatientId:
        """Whose records these are."""
        return self._who.patient_id

    def log_off(self) -> None:
        """Ends this session for good, at once. A second time changes nothing."""
        sessions.log_off(self._outside, self._who)

    def log_off_everywhere(self) -> None:
        """Ends every session of the patient, this one included.

        Raises:
            SessionEndedError: this session is over.
        """
        sessions.log_off_everywhere(self._outside, self._who)

    def __repr__(self) -> str:
        return f"PatientAccess({self._who.patient_id})"


class AccountAccess:
    """The patient's own account."""

    def __init__(self, outside: Outside, who: SignedIn) -> None:
        self._outside = outside
        self._who = who

    def change_password(self, current: str, new: str) -> None:
        """Exchanges the password and ends every other session; a wrong present one counts toward the lock.

        Args:
            current: the present one, said again.
            new: as ``Policy.passwords`` says, and another than the present one.

        Raises:
            BadInputError: one of them can't be a password. Nothing was counted.
            SessionEndedError: this session is over.
            WeakPasswordError: with every problem of the new one. Nothing was counted.
            WrongCredentialsError: the present one is wrong. It was counted.
            AccountLockedError: too many were.
            TooBusyError: too many passwords are being hashed. Nothing was counted.
            ConflictError: the password was changed again and again meanwhile. Nothing was counted.
        """
        accounts.change_password(self._outside, self._who, current=current, new=new)

    def change_email(self, password: str, new: str) -> None:
        """Has a link mailed to the new address, and a warning to the present one; the link makes it the patient's.

        A newer request ends the link of an earlier one, and so does a changed password.

        Args:
            password: the present one, said again; a wrong one counts toward the lock.
            new: the address, at most 254 characters.

        Raises:
            BadInputError: the password can't be one, or ``new`` can't be an address or is the present one.
            SessionEndedError: this session is over.
            WrongCredentialsError: the password is wrong. It was counted.
            AccountLockedError: too many were.
            TooManyEmailChangesError: five changes were asked for within an hour.
            TooBusyError: too many passwords are being hashed. Nothing was counted.
            ConflictError: the password was changed again and again meanwhile. Nothing was counted.
        """
        email_change.change_email(self._outside, self._who, password=password, new=new)

    def set_security_answers(self, password: str, answers: Mapping[SecurityQuestion, str] | Mapping[str, str]) -> None:
        """Replaces the security questions and answers; all of them.

        Args:
            password: the present one, said again; a wrong one counts toward the lock.
            answers: ``SecurityQuestion`` (or its value) to answer, at least two.

        Raises:
            BadInputError: the password or an answer can't be used, or there are fewer than two answers.
            SessionEndedError: this session is over.
            WeakAnswersError: with every problem. Nothing was counted.
            WrongCredentialsError: the password is wrong. It was counted.
            AccountLockedError: too many were.
            TooBusyError: too many passwords are being hashed. Nothing was counted.
            ConflictError: the password was changed again and again meanwhile. Nothing was counted.
        """
        accounts.set_security_answers(self._outside, self._who, password=password, answers=answers)

    def devices(self, *, limit: int = 50, cursor: str | None = None) -> Page[Device]:
        """Where the patient is logged in now, the earliest first.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            SessionEndedError: this session is over.
        """
        return sessions.devices(self._outside, self._who, limit=limit, cursor=cursor)

    def history(self, *, limit: int = 50, cursor: str | None = None) -> Page[HistoryEntry]:
        """What happened to the account, refused log-ins included, the latest first.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            SessionEndedError: this session is over.
        """
        return accounts.history(self._outside, self._who, limit=limit, cursor=cursor)

    def __repr__(self) -> str:
        return f"AccountAccess({self._who.patient_id})"


class SupportAccess:
    """What the patient asks the practice's support for."""

    def __init__(self, outside: Outside, who: SignedIn) -> None:
        self._outside = outside
        self._who = who

    def ask(self, message: str) -> SupportRequestId:
        """Asks support for something; at most five requests are open at a time.

        Args:
            message: 1 to 2,000 characters.

        Raises:
            BadInputError: it can't be used.
            SessionEndedError: this session is over.
            TooManySupportRequestsError: five requests are open.
        """
        return support.ask(self._outside, self._who, message)

    def requests(self, *, limit: int = 50, cursor: str | None = None) -> Page[OwnRequest]:
        """What the patient asked for, the latest first.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            SessionEndedError: this session is over.
        """
        return support.requests(self._outside, self._who, limit=limit, cursor=cursor)

    def __repr__(self) -> str:
        return f"SupportAccess({self._who.patient_id})"
