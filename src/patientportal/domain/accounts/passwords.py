"""What a password must be like: every problem at once, each with a code and the number it breaks."""

import unicodedata
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum, unique
from typing import ClassVar

from attrs import field, frozen

from patientportal.domain.errors import BadInputError, RefusedError
from patientportal.domain.patients.personal import PersonalInformation, is_built_on
from patientportal.domain.policy import PasswordPolicy
from patientportal.domain.values.text import bounded

from .common_passwords import is_common

PASSWORD_BYTES_MAX = 1024


@unique
class PasswordProblemCode(StrEnum):
    """Why a new password is refused."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NO_LETTER = "no_letter"
    NO_DIGIT = "no_digit"
    NO_SPECIAL = "no_special"
    COMMON = "common"
    PERSONAL = "personal"
    UNCHANGED = "unchanged"


@frozen
class PasswordProblem:
    """One reason, and the number that it breaks.

    Attributes:
        code: what is wrong.
        limit: the fewest or most characters (of that sort, where it is about a sort); ``None`` without a number.
    """

    code: PasswordProblemCode
    limit: int | None = None


@frozen(kw_only=True)
class WeakPasswordError(RefusedError):
    """The new password isn't good enough. Nothing was changed; a link stays usable.

    Attributes:
        problems: all of them, in the order of ``PasswordProblemCode``.
    """

    code: ClassVar[str] = "weak_password"
    problems: tuple[PasswordProblem, ...]


@frozen(kw_only=True)
class Verification:
    """A password that was checked outside any transaction: against which password, and whether it matched.

    Attributes:
        against: the stored hash (or the decoy) it was compared with.
        password_changed_at: when the account's password became that one, which tells it from any other, whatever form
            its hash takes meanwhile; ``None`` for a decoy.
        matched: whether it fits.
    """

    against: str = field(repr=False)
    password_changed_at: datetime | None
    matched: bool


def usable(password: object, *, field: str = "password") -> str:
    """The password in the form that is measured, compared and hashed: NFKC (NIST SP 800-63B-4, 3.1.1.2).

    Args:
        password: at most 1,024 bytes of UTF-8, checked before anything is computed.
        field: its name, for the error.

    Raises:
        TypeError: it isn't a ``str``.
        BadInputError: ``empty``, ``too_long`` or ``bad_character`` (NUL, a lone surrogate).
    """
    text = unicodedata.normalize("NFKC", bounded(password, field=field, at_most_bytes=PASSWORD_BYTES_MAX))
    if not text:
        raise BadInputError(field=field, problem="empty")
    return text


def problems(
    password: str, *, username: str, personal: PersonalInformation, is_listed: bool, policy: PasswordPolicy
) -> tuple[PasswordProblem, ...]:
    """Everything that keeps this from being a patient's new password; empty when it is good.

    Args:
        password: in the form that ``usable`` gives.
        username: the patient's, normalised.
        personal: what is known of the patient.
        is_listed: whether it is on the practice's list of common passwords.
        policy: what the practice asks for.
    """
    found = problems_for_anybody(password, is_listed=is_listed, policy=policy)
    if policy.refuse_personal and is_built_on(password, username=username, personal=personal):
        return (*found, PasswordProblem(PasswordProblemCode.PERSONAL))
    return found


def problems_for_anybody(password: str, *, is_listed: bool, policy: PasswordPolicy) -> tuple[PasswordProblem, ...]:
    """Everything that keeps this from being a new password, whoever's it is to be."""
    return tuple(_problems(password, policy, is_listed=is_listed))


def rules(policy: PasswordPolicy) -> tuple[PasswordProblem, ...]:
    """Every problem that a new password may have, with the number that it breaks; ``unchanged`` always is one."""
    asked = {
        PasswordProblemCode.NO_LETTER: policy.composition,
        PasswordProblemCode.NO_DIGIT: policy.composition,
        PasswordProblemCode.NO_SPECIAL: policy.composition,
        PasswordProblemCode.COMMON: policy.refuse_common,
        PasswordProblemCode.PERSONAL: policy.refuse_personal,
    }
    limits = {
        PasswordProblemCode.TOO_SHORT: policy.min_length,
        PasswordProblemCode.TOO_LONG: policy.max_length,
        PasswordProblemCode.NO_LETTER: 1,
        PasswordProblemCode.NO_DIGIT: 1,
        PasswordProblemCode.NO_SPECIAL: 1,
    }
    return tuple(PasswordProblem(code, limits.get(code)) for code in PasswordProblemCode if asked.get(code, True))


def _problems(password: str, policy: PasswordPolicy, *, is_listed: bool) -> Iterator[PasswordProblem]:
    if len(password) < policy.min_length:
        yield PasswordProblem(PasswordProblemCode.TOO_SHORT, policy.min_length)
    if len(password) > policy.max_length:
        yield PasswordProblem(PasswordProblemCode.TOO_LONG, policy.max_length)
    if policy.composition:
        yield from _composition_problems(password)
    if policy.refuse_common and (is_listed or is_common(password)):
        yield PasswordProblem(PasswordProblemCode.COMMON)


def _composition_problems(password: str) -> Iterator[PasswordProblem]:
    categories = {unicodedata.category(character) for character in password}
    if not any(category.startswith("L") for category in categories):
        yield PasswordProblem(PasswordProblemCode.NO_LETTER, 1)
    if "Nd" not in categories:
        yield PasswordProblem(PasswordProblemCode.NO_DIGIT, 1)
    if not any(category.startswith(("P", "S", "Z")) for category in categories):
        yield PasswordProblem(PasswordProblemCode.NO_SPECIAL, 1)
