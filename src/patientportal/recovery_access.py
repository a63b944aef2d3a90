"""Account recovery, for those who can't log in; known and unknown people are answered alike."""

from collections.abc import Mapping
from datetime import date

from patientportal.application.accounts import recovery
from patientportal.application.accounts.recovery import Challenge
from patientportal.application.environment import Environment
from patientportal.application.support import requests
from patientportal.domain.accounts.security_questions import SecurityQuestion
from patientportal.domain.patients.personal import PersonalInformation


class RecoveryAccess:
    """Help with a username and a password. Put a limit per address on the pages that call it."""

    def __init__(self, env: Environment) -> None:
        self._env = env

    def forgot_password(self, username: str) -> Challenge | None:
        """Asks a security question, always the same one for a username; an unknown username is asked one, too.

        It works while the account is locked. Nothing is kept of it, so that a stranger who asks takes nothing from the
        patient. Where the practice asks no questions (``Policy.recovery.by_question``), a link is mailed at once if
        somebody has that name, and no second one while a letter with a link works or is on its way, nor more than
        ``mails_an_hour``.

        Args:
            username: in any case and width; spaces around it are trimmed.

        Returns:
            What is asked; ``None``: nothing is, and if somebody has that name, a link is on its way.

        Raises:
            BadInputError: what was typed can't be a username.
            RecoveryClosedError: questions about this name were answered wrongly four times within a day.
        """
        return recovery.forgot_password(self._env, username)

    def forgot_username(self, personal: PersonalInformation) -> Challenge | None:
        """Asks two security questions of the patient with this name, birth date and e-mail; also if there is none.

        Where the practice asks no questions, the username is mailed at once, with a link, as by ``forgot_password``.

        Case, accents and punctuation are ignored. Only active patients with an account are looked among, so that one
        who was registered twice is found; if two of these match equally, neither does.

        Args:
            personal: what was typed; ``Policy.recovery`` says what of it must match.

        Returns:
            What is asked; ``None``: nothing is, and if somebody is that, a letter is on its way.

        Raises:
            RecoveryClosedError: questions about this person were answered wrongly four times within a day.
        """
        return recovery.forgot_username(self._env, personal)

    def answer(self, challenge_id: str, answers: Mapping[SecurityQuestion, str] | Mapping[str, str]) -> None:
        """After right answers, a link for a new password is mailed to the patient's address; wrong answers count.

        After a forgotten username the mail contains it. Beyond five mails within an hour the answer is the same, but
        none is sent.

        Args:
            challenge_id: ``Challenge.id``.
            answers: each ``SecurityQuestion`` (or its value) that was asked to its answer.

        Raises:
            BadInputError: an answer can't be used, or these aren't the questions that were asked. Nothing was counted.
            ChallengeInvalidError: it is unknown or too old, a link was mailed since it was asked, or the practice asks
                no questions any more: ask again.
            RecoveryClosedError: there were four wrong answers within a day. Nothing was checked or counted.
            WrongAnswerError: one is wrong. It was counted.
            TooBusyError: too many answers are being hashed. Nothing was counted.
        """
        recovery.answer(self._env, challenge_id, answers)

    def reset_password(self, link_secret: str, new_password: str, *, date_of_birth: date | None = None) -> None:
        """Sets a new password: the lock ends, and so do every session and every other link. It doesn't log in.

        Args:
            link_secret: what the mailed link ends with, or a printed code.
            new_password: as ``Policy.passwords`` says, and another than the present one.
            date_of_birth: the patient's, asked for with a printed code alone.

        Raises:
            BadInputError: it can't be a password.
            LinkInvalidError: the link is unknown, used, ended or too old.
            CodeInvalidError: a code is, or the birth date isn't its patient's.
            WeakPasswordError: with every problem. The link stays usable.
            TooBusyError: too many passwords are being hashed. The link stays usable.
        """
        recovery.reset_password(self._env, link_secret, new_password, date_of_birth=date_of_birth)

    def ask_support(self, contact: str, message: str) -> None:
        """Sends support a request from somebody who can't log in; always answered alike, even if nobody will see it.

        At most five requests a day from a contact are kept, and 200 open ones in all.

        Args:
            contact: how to reach them, one line of at most 254 characters.
            message: 1 to 2,000 characters.

        Raises:
            BadInputError: one of them can't be used.
        """
        requests.ask_as_stranger(self._env, contact=contact, message=message)
