"""The patient's own account: password, address, security questions, devices and history."""

from collections.abc import Mapping

from patientportal.application.accounts import activation, corrections, email_change, sessions
from patientportal.application.accounts.corrections import Profile
from patientportal.application.accounts.sessions import Device, SessionToken, SignedIn
from patientportal.application.audit import history
from patientportal.application.audit.history import HistoryEntry
from patientportal.application.environment import Environment
from patientportal.application.pages import Page
from patientportal.domain.accounts.security_questions import SecurityQuestion
from patientportal.domain.ids import SessionId
from patientportal.domain.told import Channel, NoticeKind


class AccountAccess:
    """The patient's own account."""

    def __init__(self, env: Environment, who: SignedIn, token: SessionToken) -> None:
        self._env = env
        self._who = who
        self._token = token

    def change_password(self, current: str, new: str) -> str:
        """Changes the password and ends every other session; a wrong present one counts toward the lock.

        This session goes on under a new token (OWASP ASVS 5.0, 7.2.4), and the one before is dead.

        Args:
            current: the present one, to re-authenticate.
            new: as ``Policy.passwords`` says, and another than the present one.

        Returns:
            The new token, for the cookie; ``PatientAccess.token`` is the same.

        Raises:
            BadInputError: one of them can't be a password. Nothing was counted.
            SessionEndedError: this session is over.
            WeakPasswordError: with every problem of the new one. Nothing was counted.
            WrongCredentialsError: the present one is wrong. It was counted.
            AccountLockedError: too many were.
            TooBusyError: too many passwords are being hashed. Nothing was counted.
            ConflictError: the password was changed again and again meanwhile. Nothing was counted.
        """
        self._token.text = activation.change_password(self._env, self._who, current=current, new=new)
        return self._token.text

    def change_email(self, password: str, new: str) -> None:
        """Mails a link to the new address, which confirms it, and a warning to the present one.

        A newer request ends the link of an earlier one, and so does a changed password.

        Args:
            password: the present one, to re-authenticate; a wrong one counts toward the lock.
            new: the address, at most 254 bytes as it is routed.

        Raises:
            BadInputError: the password can't be one, or ``new`` can't be an address or is the present one.
            SessionEndedError: this session is over.
            WrongCredentialsError: the password is wrong. It was counted.
            AccountLockedError: too many were.
            TooManyEmailChangesError: five changes were asked for within an hour.
            TooBusyError: too many passwords are being hashed. Nothing was counted.
            ConflictError: the password was changed again and again meanwhile. Nothing was counted.
        """
        email_change.change_email(self._env, self._who, password=password, new=new)

    def set_security_answers(self, password: str, answers: Mapping[SecurityQuestion, str] | Mapping[str, str]) -> None:
        """Replaces the security questions and answers; all of them.

        Args:
            password: the present one, to re-authenticate; a wrong one counts toward the lock.
            answers: ``SecurityQuestion`` (or its value) to answer, at least two.

        Raises:
            BadInputError: the password or an answer can't be used, or there are fewer than two answers.
            SessionEndedError: this session is over.
            NoQuestionsError: the practice asks no security questions. Nothing was counted.
            WeakAnswersError: with every problem. Nothing was counted.
            WrongCredentialsError: the password is wrong. It was counted.
            AccountLockedError: too many were.
            TooBusyError: too many passwords are being hashed. Nothing was counted.
            ConflictError: the password was changed again and again meanwhile. Nothing was counted.
        """
        activation.set_security_answers(self._env, self._who, password=password, answers=answers)

    def security_questions(self) -> tuple[SecurityQuestion, ...]:
        """Which security questions the patient has answered; none: where the practice asks, they can't answer any.

        Raises:
            SessionEndedError: this session is over.
        """
        return activation.questions_of(self._env, self._who)

    def profile(self) -> Profile:
        """What the practice knows of the patient; what is wrong in it, the desk puts right.

        Raises:
            SessionEndedError: this session is over.
        """
        return corrections.profile(self._env, self._who)

    def set_language(self, language: str | None) -> None:
        """Chooses the language that mails are written in, where the practice has words in it.

        Args:
            language: a tag of BCP 47 such as ``de`` or ``es-MX``; ``None``: the practice's own.

        Raises:
            BadInputError: ``language`` can't be a tag.
            SessionEndedError: this session is over.
        """
        corrections.set_language(self._env, self._who, language)

    def set_notices(self, notices: Mapping[NoticeKind, Channel] | Mapping[str, str]) -> None:
        """Chooses how to be told of some things: by e-mail, by a text message or not at all; of the others, as before.

        What protects the account or lets somebody in always comes by e-mail, and so does what can't be texted: where
        ``Profile.texts_to`` is ``None``, or the provider refuses the number.

        Args:
            notices: the way by the kind of notice, members or their values; ``Profile.notices`` has every kind.

        Raises:
            BadInputError: ``notices`` is empty; there is no such kind or way; or that kind always comes by e-mail.
            SessionEndedError: this session is over.
            TextsNotOfferedError: the practice sends no text messages.
        """
        corrections.set_notices(self._env, self._who, notices)

    def devices(self, *, limit: int = 50, cursor: str | None = None) -> Page[Device]:
        """Where the patient is logged in now, the earliest first.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            SessionEndedError: this session is over.
        """
        return sessions.devices(self._env, self._who, limit=limit, cursor=cursor)

    def log_off_device(self, session_id: SessionId) -> None:
        """Ends the session of one device, such as a phone that was lost; repeating it changes nothing.

        Args:
            session_id: of ``devices``; this session's own ends this one.

        Raises:
            NotFoundError: the patient has no such session.
            SessionEndedError: this session is over.
        """
        sessions.log_off_device(self._env, self._who, session_id)

    def history(self, *, limit: int = 50, cursor: str | None = None) -> Page[HistoryEntry]:
        """What happened to the account, refused log-ins included, and who looked at the record; the latest first.

        Somebody of the practice who looked several times on a day is on a page once for each area that they looked at.

        Args:
            limit: 1 to 200.
            cursor: of the page before.

        Raises:
            BadInputError: ``limit`` or ``cursor``.
            SessionEndedError: this session is over.
        """
        return history.own(self._env, self._who, limit=limit, cursor=cursor)

    def __repr__(self) -> str:
        return f"AccountAccess({self._who.patient_id})"
