"""Strategies for people and what they type: names, addresses, usernames, passwords and answers."""

import string
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from attrs import frozen
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from patientportal.domain.accounts import passwords as password_rules
from patientportal.domain.accounts import sessions as session_rules
from patientportal.domain.accounts import usernames as username_rules
from patientportal.domain.accounts.common_passwords import is_common
from patientportal.domain.accounts.passwords import PasswordProblem, PasswordProblemCode
from patientportal.domain.accounts.security_questions import SecurityQuestion
from patientportal.domain.errors import BadInputError
from patientportal.domain.patients.personal import PersonalInformation, is_built_on
from patientportal.domain.policy import PasswordPolicy
from patientportal.domain.staff import Role, StaffMember
from patientportal.domain.values.emails import email_address
from patientportal.domain.values.known_days import KnownDay, PartialDate
from patientportal.domain.values.sameness import comparable
from patientportal.testing.strategies.values import EARLIEST, lines, patient_ids, staff_ids

_LETTERS = "kvqxzjwmpfbgytchdlnrsueoaiKVQXZJWMPFBGYTCHDLNRSUEOAIßżñжшдλ中"
_DIGITS = "7294068135٣"
_SPECIALS = " -!?%&/()=+*#_.,;:~€§😀"


def names() -> SearchStrategy[str]:
    """First and last names."""
    return lines()


def emails() -> SearchStrategy[str]:
    """E-mail addresses in the form in which they are kept, a few of them in other scripts than Latin."""
    ascii_only = st.from_regex(r"[a-z0-9][a-z0-9_.+-]{0,30}@([a-z0-9]{1,12}\.){1,3}[a-z]{2,8}", fullmatch=True)
    words = st.sampled_from(_BLOCKS).flatmap(
        lambda block: st.text(st.characters(min_codepoint=block[0], max_codepoint=block[1]), min_size=1, max_size=12)
    )
    a_labels = st.sampled_from(["xn--h2brj9c", "xn--mller-kva.example"])
    return ascii_only | st.builds("{}@{}".format, words, words | a_labels).filter(_is_email).map(email_address)


def _is_email(text: str) -> bool:
    try:
        email_address(text)
    except BadInputError:
        return False
    return True


def phones() -> SearchStrategy[str]:
    """Phone numbers as people and exports write them: separators and digits of any script, with an extension or not."""
    digits = st.characters(categories=["Nd"]) | st.sampled_from(string.digits)
    groups = st.lists(st.text(digits, min_size=1, max_size=5), min_size=1, max_size=4)
    separators = st.sampled_from([" ", "-", ".", "/", "", "\u00a0", "\u2011", "\u2013", "\u200e"])
    countries = st.sampled_from(["", "+44 ", "(+44) ", "tel:+1-", "\uff0b81 ", "+49 (0)"])
    extensions = st.sampled_from(["", "", " x12", " ext. 89", "#123", ";ext=7", ", extension 1234"])
    numbers = st.builds(str.join, separators, groups)
    return st.builds("{}{}{}".format, countries, numbers, extensions)


def languages() -> SearchStrategy[str]:
    """Tags of languages that are accepted."""
    return st.sampled_from(["en", "de", "es-MX", "zh-Hant-TW", "haw"])


def postal_codes() -> SearchStrategy[str]:
    """Postal codes that are accepted."""
    return st.from_regex(r"[0-9A-Z][0-9A-Za-z -]{0,13}[0-9A-Z]", fullmatch=True)


def external_ids() -> SearchStrategy[str]:
    """Keys of hospitals for their patients: any line of text."""
    return lines()


def birth_dates() -> SearchStrategy[KnownDay]:
    """Birth dates, known whole or in part."""
    whole = st.dates(date(1880, 1, 1), EARLIEST.date())
    in_part = st.builds(PartialDate, st.integers(1880, EARLIEST.year - 1), st.none() | st.integers(1, 12))
    return whole | in_part


def personal_information() -> SearchStrategy[PersonalInformation]:
    """Who somebody is."""
    return st.builds(
        PersonalInformation,
        first_name=names() | st.just(""),
        last_name=names(),
        date_of_birth=st.none() | birth_dates(),
        email=st.none() | emails(),
        phone=st.none() | phones(),
        postal_code=st.none() | postal_codes(),
        language=st.none() | languages(),
    )


def usernames() -> SearchStrategy[str]:
    """Usernames that are accepted, as they may be typed: any case, width and composition."""
    any_script = st.characters(categories=["L"])
    of_one = st.sampled_from(_BLOCKS).map(lambda block: st.characters(min_codepoint=block[0], max_codepoint=block[1]))
    letters = of_one.flatmap(
        lambda script: st.text(script | st.sampled_from(string.digits + "._-"), min_size=1, max_size=32)
    )
    latin = st.text(st.sampled_from(string.ascii_letters + string.digits + "._-@"), min_size=1, max_size=32)
    return st.one_of(latin, letters, st.text(any_script, min_size=1, max_size=3)).filter(_is_username)


def _is_username(text: str) -> bool:
    try:
        username_rules.chosen(text)
    except BadInputError:
        return False
    return True


def normal_usernames() -> SearchStrategy[str]:
    """Usernames in the form under which they are kept."""
    return usernames().map(username_rules.normalised)


def spellings(username: str) -> SearchStrategy[str]:
    """Ways of typing one username: other case, width and composition, and what keyboards leave around it."""
    name = username_rules.normalised(username)
    wide = {code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)}
    forms = {name, name.upper(), name.title(), name.translate(wide), unicodedata.normalize("NFD", name)}
    typed = st.sampled_from(sorted(form for form in forms if _leads_to(form, name)))
    around = st.text(" \t\n\u00a0\u200b\u200f\ufeff", max_size=2)
    return st.builds("{}{}{}".format, around, typed, around)


def _leads_to(form: str, name: str) -> bool:
    return _is_username(form) and username_rules.normalised(form) == name


@st.composite
def passwords(
    draw: DrawFn,
    policy: PasswordPolicy | None = None,
    *,
    username: str = "",
    personal: PersonalInformation | None = None,
) -> str:
    """Passwords that satisfy a policy: letters, digits and specials in any order.

    Args:
        draw: given by Hypothesis.
        policy: what the practice asks for; ``None``: the defaults.
        username: the patient's, on which it won't be built.
        personal: the patient's, on whom it won't be built.
    """
    wanted = policy or PasswordPolicy()
    letters = "".join(draw(st.lists(st.sampled_from(_LETTERS), min_size=6, max_size=20, unique=True)))
    at = draw(st.integers(0, len(letters)))
    needed = draw(st.sampled_from(_DIGITS)) + draw(st.sampled_from(_SPECIALS))
    others = draw(st.text(_LETTERS + _DIGITS + _SPECIALS, max_size=40))
    found = letters[:at] + needed + letters[at:] + others
    found += (_LETTERS * (1 + wanted.min_length // len(_LETTERS)))[: max(0, wanted.min_length - len(found))]
    return draw(st.just(found).filter(lambda text: not is_common(text) and not _is_about(text, username, personal)))


def _is_about(password: str, username: str, personal: PersonalInformation | None) -> bool:
    return personal is not None and is_built_on(password, username=username, personal=personal)


_BLOCKS = (
    (0xE0, 0x17F),
    (0x3B1, 0x3C9),
    (0x430, 0x44F),
    (0x5D0, 0x5EA),
    (0x904, 0x939),
    (0x3041, 0x3096),
    (0x4E00, 0x9FFF),
)


@frozen(kw_only=True)
class WeakPassword:
    """A password that is refused, and a problem that is among those that come back."""

    text: str
    problem: PasswordProblem


@st.composite
def weak_passwords(
    draw: DrawFn, policy: PasswordPolicy | None = None, *, personal: PersonalInformation | None = None
) -> WeakPassword:
    """Passwords that a policy refuses, each with the problem that was put into it.

    Args:
        draw: given by Hypothesis.
        policy: what the practice asks for; ``None``: the defaults.
        personal: the patient's; with it, some hold their e-mail address.
    """
    wanted = policy or PasswordPolicy()
    good = draw(passwords(wanted))
    too_short = good[: draw(st.integers(1, wanted.min_length - 1))]
    too_long = (good * (1 + wanted.max_length // len(good)))[: wanted.max_length + draw(st.integers(1, 9))]
    flaws: list[tuple[PasswordProblemCode, int | None, str]]
    flaws = [(PasswordProblemCode.TOO_SHORT, wanted.min_length, too_short)]
    if len(too_long.encode()) <= password_rules.PASSWORD_BYTES_MAX:
        flaws.append((PasswordProblemCode.TOO_LONG, wanted.max_length, too_long))
    if wanted.composition:
        flaws.append((PasswordProblemCode.NO_LETTER, 1, _replaced(good, _LETTERS, "7")))
        flaws.append((PasswordProblemCode.NO_DIGIT, 1, _replaced(good, _DIGITS, "k")))
        flaws.append((PasswordProblemCode.NO_SPECIAL, 1, _replaced(good, _SPECIALS, "v")))
    if wanted.refuse_common:
        common = draw(st.sampled_from(("Password", "letmein", "qwertyuiop", "Sunshine")))
        flaws.append((PasswordProblemCode.COMMON, None, common + "!1" * (wanted.min_length // 2)))
    email = "" if personal is None else personal.email or ""
    if wanted.refuse_personal and _is_about(good + email, "", personal):
        flaws.append((PasswordProblemCode.PERSONAL, None, good + email))
    code, limit, text = draw(st.sampled_from(flaws))
    return WeakPassword(text=text, problem=PasswordProblem(code, limit))


def _replaced(text: str, characters: str, by: str) -> str:
    return text.translate({ord(character): by for character in characters})


def security_answers() -> SearchStrategy[dict[SecurityQuestion, str]]:
    """Answers that ``activate`` accepts: two or more; none has a digit, so that none is a password."""
    words = st.text(string.ascii_letters + "äéñжλ中", min_size=1, max_size=12)
    answers = st.builds("{} of {}".format, words, words)
    answered = st.tuples(st.sampled_from(SecurityQuestion), answers)
    return st.lists(answered, min_size=2, unique_by=(itemgetter(0), lambda said: comparable(said[1]))).map(dict)


def device_names() -> SearchStrategy[str]:
    """What a host calls a device, the empty name included."""
    return lines(min_size=0).map(session_rules.device_name)


def staff_members() -> SearchStrategy[StaffMember]:
    """Somebody of the practice, with one role or more."""
    return st.builds(
        StaffMember,
        id=staff_ids(),
        name=names(),
        roles=st.frozensets(st.sampled_from(Role), min_size=1),
        patient_id=st.none() | patient_ids(),
    )


BY_TYPE: Mapping[Any, Callable[[], SearchStrategy[Any]]] = MappingProxyType(
    {
        PersonalInformation: personal_information,
        StaffMember: staff_members,
    }
)
"""What ``st.from_type`` answers with, by the type asked for."""
