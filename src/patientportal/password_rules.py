"""What the practice asks of a new password, for the form in which one is chosen."""

from patientportal.application.environment import Environment
from patientportal.domain.accounts import passwords
from patientportal.domain.accounts.passwords import PasswordProblem


class PasswordRules:
    """The rules of a new password, without words: each is the problem that a password which breaks it has."""

    def __init__(self, env: Environment) -> None:
        self._env = env

    def all(self) -> tuple[PasswordProblem, ...]:
        """Every rule, in the order in which problems are told, such as ``too_short`` with its 12 characters.

        Whether a password is ``personal`` or ``unchanged`` only its owner's own attempt finds out.
        """
        return passwords.rules(self._env.policy.passwords)

    def problems(self, password: str) -> tuple[PasswordProblem, ...]:
        """Everything that keeps this from being anybody's new password; nothing is kept, counted or hashed.

        Args:
            password: what was typed so far.

        Returns:
            All at once; empty where it is good for whoever's name and birth date it isn't built on.

        Raises:
            BadInputError: it can't be a password: ``empty``, ``too_long`` or ``bad_character``.
        """
        text = passwords.usable(password)
        return passwords.problems_for_anybody(
            text, is_listed=self._env.common_passwords.contains(text), policy=self._env.policy.passwords
        )
