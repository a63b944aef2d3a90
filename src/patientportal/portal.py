"""The front door: the object that a host holds."""

import threading
from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType, TracebackType
from typing import Self

from patientportal import observing
from patientportal.application.accounts import activation, checking, email_change, log_in, sessions
from patientportal.application.accounts.checking import CheckedLink
from patientportal.application.audit import audit, restoring
from patientportal.application.audit.audit import Health
from patientportal.application.audit.restoring import AfterRestore
from patientportal.application.environment import LINK_PATHS, Environment, LinkForm
from patientportal.application.worker import rounds
from patientportal.application.worker import work as worker
from patientportal.application.worker.work import Worked
from patientportal.checked import (
    checked_base_url,
    checked_key,
    checked_link_form,
    checked_link_paths,
    checked_new_secret,
    checked_observer,
    checked_payments,
    checked_policy,
    origin_of,
)
from patientportal.domain.accounts.links import Purpose
from patientportal.domain.accounts.security_questions import SecurityQuestion
from patientportal.domain.ids import PatientId
from patientportal.domain.policy import Policy
from patientportal.domain.staff import StaffMember
from patientportal.domain.values.numbers import whole
from patientportal.password_rules import PasswordRules
from patientportal.patient_access import PatientAccess
from patientportal.ports.common_passwords import CommonPasswords
from patientportal.ports.hashing import PasswordHasher
from patientportal.ports.notifier import Notifier
from patientportal.ports.observer import Observer
from patientportal.ports.payments import PaymentProcessor
from patientportal.ports.store import Store
from patientportal.practice_access import PracticeAccess
from patientportal.recovery_access import RecoveryAccess

WORK_LIMIT_MAX = 10_000
_NO_ANSWERS: Mapping[str, str] = MappingProxyType({})


def _never() -> bool:
    return False


def _ignored(_: Worked) -> None:
    """Nobody wants to know."""


class Portal:
    """A patient portal, built from what the host gives it. Thread-safe; create one per process, after any fork.

    Most hosts call ``open_portal`` instead, which fills in everything that has a usual answer.

    Args:
        store: keeps everything.
        notifier: sends notices; ``None``: ``work`` raises ``ConfigurationError`` when there is something to send.
        hasher: hashes passwords and answers.
        common_passwords: lists passwords that are refused because many people use them.
        payments: charges what patients pay; ``None``: ``pay`` raises ``ConfigurationError``.
        policy: the practice's limits.
        secret_key: at least 32 random bytes, the same in every process; submitted names, and the tokens that patients
            pay with, are stored as HMACs under it.
        link_base_url: what mailed links begin with; https, or http for this machine. An international domain name
            stands in its ASCII form (``xn--...``).
        link_form: where in a link its secret stands.
        link_paths: which page below ``link_base_url`` a kind of link leads to, where it isn't ``activate``,
            ``confirm-email`` or ``reset-password``: ``{Purpose.INVITATION: "account/activate"}``.
        clock: returns the current time, aware.
        new_id: returns fresh ids, at most 64 of letters, digits, ``-`` and ``_``.
        new_secret: returns at least 256 random bits as base64url.
        observe: told of every call, for metrics (``docs/observing.md``); ``None``: nobody is, at no cost.

    Raises:
        ConfigurationError: ``payments``, ``secret_key``, ``link_base_url``, ``link_form``, ``link_paths``,
            ``new_secret`` or ``observe`` can't be used.
    """

    def __init__(
        self,
        *,
        store: Store,
        notifier: Notifier | None,
        hasher: PasswordHasher,
        common_passwords: CommonPasswords,
        payments: PaymentProcessor | None = None,
        policy: Policy,
        secret_key: bytes,
        link_base_url: str,
        link_form: LinkForm = LinkForm.FRAGMENT,
        link_paths: Mapping[Purpose, str] = LINK_PATHS,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        new_secret: Callable[[], str],
        observe: Observer | None = None,
    ) -> None:
        self._env = Environment(
            store=store,
            notifier=notifier,
            hasher=hasher,
            common_passwords=common_passwords,
            payments=checked_payments(payments),
            policy=checked_policy(policy),
            secret_key=checked_key(secret_key),
            link_base_url=checked_base_url(link_base_url),
            link_form=checked_link_form(link_form),
            link_paths=checked_link_paths(link_paths),
            clock=clock,
            new_id=new_id,
            new_secret=checked_new_secret(new_secret),
            observe=checked_observer(observe),
        )
        if observe is not None:
            observing.observe(self, "portal")

    def activate(
        self,
        link_secret: str,
        *,
        date_of_birth: date | None = None,
        username: str,
        password: str,
        security_answers: Mapping[SecurityQuestion, str] | Mapping[str, str] = _NO_ANSWERS,
    ) -> PatientId:
        """An invited patient chooses a username, a password and answers to at least two security questions.

        Whoever holds the link says the patient's birth date first (``Policy.invitations.ask_birth_date``); the fourth
        wrong one ends it. Where none are asked (``Policy.recovery.by_question``), no security answers are taken.

        Args:
            link_secret: what the mailed link ends with, behind ``#`` or the last ``/`` (``LinkForm``); or a code.
            date_of_birth: the patient's, where it is asked for; with a printed code it is.
            username: 1 to 64 characters of one script (UTS 39); case, width and spaces around
                it make no difference (RFC 8265).
            password: as ``Policy.passwords`` says.
            security_answers: ``SecurityQuestion`` (or its value) to answer; none where no questions are asked.

        Returns:
            Whose account it is. It doesn't log in.

        Raises:
            BadInputError: a username or an answer can't be used, there are fewer than two answers, or the birth date is
                asked for and none is given.
            NoQuestionsError: there are answers, and the practice asks no questions. The link stays usable.
            LinkInvalidError: the link is unknown, used, ended or too old.
            WrongBirthDateError: it isn't the patient's. It was counted.
            CodeInvalidError: a printed code is unknown, used, ended or too old, or the birth date isn't its patient's.
            UsernameTakenError: somebody has the name. The link stays usable.
            WeakPasswordError: with every problem. The link stays usable.
            WeakAnswersError: with every problem. The link stays usable.
            TooBusyError: too many passwords are being hashed. The link stays usable.
        """
        return activation.activate(
            self._env,
            link_secret=link_secret,
            date_of_birth=date_of_birth,
            username=username,
            password=password,
            security_answers=security_answers,
        )

    def check_link(self, link_secret: str) -> CheckedLink:
        """Looks at a link for the page that it leads to; that doesn't use it up.

        Of a printed code nothing is told: whether there is such a one, whoever uses it learns with the birth date.

        Args:
            link_secret: what the mailed link ends with, or a code.

        Returns:
            What it is for, and what it takes.

        Raises:
            LinkInvalidError: the mailed link is unknown, used, ended or too old, or it is neither.
        """
        return checking.check(self._env, link_secret)

    @property
    def policy(self) -> Policy:
        """The practice's limits, as they were given."""
        return self._env.policy

    @property
    def now(self) -> datetime:
        """The present by the portal's own clock, UTC: what a page calls today."""
        return self._env.now()

    @property
    def payments(self) -> PaymentProcessor | None:
        """Who charges what patients pay, as it was given; ``None``: nobody does."""
        return self._env.payments

    @property
    def link_base_url(self) -> str:
        """What mailed links begin with: where the pages stand."""
        return self._env.link_base_url

    @property
    def link_paths(self) -> Mapping[Purpose, str]:
        """Which page below ``link_base_url`` each kind of mailed link leads to, for an app's routes."""
        return self._env.link_paths

    @property
    def origin(self) -> str:
        """Where the pages stand that mailed links lead to, as browsers name it: ``https://portal.example``."""
        return origin_of(self._env.link_base_url)

    @property
    def passwords(self) -> PasswordRules:
        """What is asked of a new password, for the form in which one is chosen."""
        return PasswordRules(self._env)

    @property
    def recovery(self) -> RecoveryAccess:
        """Account recovery, for those who can't log in."""
        return RecoveryAccess(self._env)

    def confirm_email(self, link_secret: str) -> None:
        """Confirms a new e-mail address: from now on it is the patient's, and every other link is invalid.

        A mail scanner that opens the link changes nothing: call this when the patient presses a button.

        Args:
            link_secret: what the mailed link ends with.

        Raises:
            LinkInvalidError: the link is unknown, used, ended or too old.
        """
        email_change.confirm_email(self._env, link_secret)

    def log_in(self, username: str, password: str, *, device: str = "") -> PatientAccess:
        """Logs a patient in. A wrong password counts; the fourth in a row locks (``Policy.lockout``).

        Args:
            username: in any case and width; spaces around it are trimmed.
            password: the patient's.
            device: what the patient will recognise it by, such as "phone" or what the browser calls itself; cleaned
                of what one line can't hold, and cut at 100 characters.

        Raises:
            BadInputError: what was typed can't be a username or password. Nothing was counted.
            WrongCredentialsError: one of them is wrong. It was counted.
            AccountLockedError: too many were. Nothing was checked or counted.
            TooBusyError: too many passwords are being hashed. Nothing was counted.
            ConflictError: the password was changed again and again meanwhile. Nothing was counted.
        """
        who, token = log_in.log_in(self._env, username=username, password=password, device=device)
        return PatientAccess(self._env, who, token)

    def resume(self, session_token: str, *, extend: bool = True) -> PatientAccess:
        """The same session, in the next request; that extends it by ``Policy.sessions.idle``.

        Args:
            session_token: ``PatientAccess.token`` of the log-in.
            extend: ``False`` for what a page asks by itself, with nobody there: it keeps no session alive.

        Raises:
            SessionEndedError: it has ended, or there is no such session.
        """
        return PatientAccess(self._env, sessions.resume(self._env, session_token, extend=extend), session_token)

    def practice(self, member: StaffMember) -> PracticeAccess:
        """The practice's side, for a member of staff whom the host has authenticated.

        Raises:
            TypeError: it isn't a ``StaffMember``.
        """
        if not isinstance(member, StaffMember):
            raise TypeError(f"member must be StaffMember, not {type(member).__name__}")
        return PracticeAccess(self._env, member)

    def work(self, *, limit: int = 100, stop: Callable[[], bool] = _never) -> Worked:
        """Concludes what has become due, sends the notices that are waiting, and deletes old records.

        Patients whom a migration or a newer rule of names has left behind are made findable.

        Call it often, from as many workers as you like, on any machines. A worker may be stopped or killed at any
        moment: another one takes over what it had begun, after five minutes at most. Where the notifier can reach
        nobody, the call sends nothing more, and a later one tries again.

        Args:
            limit: how many notices at most, 1 to 10,000.
            stop: asked before each notice; True ends the call.

        Returns:
            How many were sent, postponed and given up, and how much was concluded, deleted and made findable.

        Raises:
            BadInputError: ``limit`` is out of range.
            ConfigurationError: there is something to send and no notifier.
        """
        whole(limit, field="limit", at_least=1, at_most=WORK_LIMIT_MAX)
        if not callable(stop):
            raise TypeError("stop must be a function")
        return worker.work(self._env, limit=limit, stop=stop)

    def work_until(self, stop: threading.Event, *, progress: Callable[[Worked], object] = _ignored) -> Worked:
        """Works until it is told to stop: in a thread or a process of its own, as many of them as you like.

        A pause of at most 15 seconds follows a round that told nobody. A database that can't be reached for a while
        doesn't end it: that is a warning on the logger ``patientportal``, and it tries again.

        Args:
            stop: once it is set, it ends after the notice that is under way.
            progress: is told of each round.

        Returns:
            All that was done.

        Raises:
            ConfigurationError: there is something to send and no notifier.
        """
        if not isinstance(stop, threading.Event):
            raise TypeError(f"stop must be threading.Event, not {type(stop).__name__}")
        if not callable(progress):
            raise TypeError("progress must be a function")
        return rounds.work_until(lambda: self.work(limit=rounds.A_ROUND, stop=stop.is_set), stop, progress=progress)

    def health(self) -> Health:
        """How long work has been waiting: for a monitor. It raises what the store raises."""
        return audit.health(self._env)

    def after_restore(self) -> AfterRestore:
        """Ends every session and every open link, of everybody: once, after a backup was put back.

        A backup knows nothing of what was logged off, used or ended after it. ``python -m patientportal restore`` has
        done it; call this where the database was put back by other means (``docs/restore.md``).

        Returns:
            What was ended, and what to compare with the payment processor.
        """
        return restoring.after_restore(self._env)

    def close(self) -> None:
        """Closes the store's connections; a second time does nothing."""
        self._env.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Portal({type(self._env.store).__name__}, zone={self._env.policy.zone!r})"
