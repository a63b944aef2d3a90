"""What people type into a portal: names, passwords, answers and addresses, and which of them are weak."""

from collections.abc import Mapping
from datetime import timedelta

from hypothesis import strategies as st

from patientportal.domain.accounts.security_questions import SecurityQuestion
from patientportal.testing.world import ANSWERS, BORN, PASSWORD

SPELLINGS = {
    "countess": ("countess", "Countess", "COUNTESS ", "\uff43ountess"),
    "zo\u00eb": ("zo\u00eb", "ZO\u00cb", "zoe\u0308"),
    "\u043c\u0430\u0440\u0438\u044f": ("\u043c\u0430\u0440\u0438\u044f", "\u00a0\u041c\u0430\u0440\u0438\u044f"),
}
"""Every name there is, and how each is typed."""
TYPED = [(name, spelling) for name, spellings in SPELLINGS.items() for spelling in spellings]
PASSWORDS = (PASSWORD, "marble otter 7 sings!", "copper lantern 19 hums")
NOBODYS = "not anybody's 99"
WEAK_PASSWORDS = {
    "tiny 7!": ("too_short",),
    "violet kettle drifts": ("no_digit",),
    "violetkettle42drifts": ("no_special",),
    "Password123!": ("common",),
    "old byron's kettle 42": ("personal",),
}
"""Passwords that the default policy refuses to anybody called Byron, and why."""
OTHER_ANSWERS = {question: f"{answer} the second" for question, answer in ANSWERS.items()}
OTHER_QUESTIONS = {SecurityQuestion.FAVOURITE_DISH: "Pancakes", SecurityQuestion.CHILDHOOD_FRIEND: "Mary"}
ANSWER_SETS = (ANSWERS, OTHER_ANSWERS, OTHER_QUESTIONS)
NOT_BORN = BORN - timedelta(days=1)
NO_ANSWERS: Mapping[SecurityQuestion, str] = {}
WEAK_ANSWERS = {SecurityQuestion.FIRST_PET: "x", SecurityQuestion.FIRST_STREET: "Harbour Lane"}
TIRED = {"Byron": "B\u00fdron", "Byron King": "BYRON-KING", "O'Byron": "o\u2019byron"}
"""Every last name there is, and how it is typed in a hurry; so is the first name, which everybody has in common."""
TIRED_FIRST_NAME = "ADA"
FOUND = {
    "byron": ("Byron", "Byron King"),
    "King": ("Byron King",),
    "Byron\u00a0K\u00edng": ("Byron King",),
    "O\u02bcBYRON": ("O'Byron",),
    "King Byron": (),
    "Byr": (),
}
"""What the desk types for a last name, and which of them it finds."""
ADDRESSES = ("home@example.org", "work@m\u00fcller.example", "work@xn--mller-kva.example", "mother@example.org")

typed: st.SearchStrategy[tuple[str, str]] = st.sampled_from(TYPED)
good_passwords: st.SearchStrategy[str] = st.sampled_from(PASSWORDS)
any_passwords: st.SearchStrategy[str] = good_passwords | st.sampled_from(sorted(WEAK_PASSWORDS))
devices: st.SearchStrategy[str] = st.sampled_from(("phone", "computer", ""))
last_names: st.SearchStrategy[str] = st.sampled_from(sorted(TIRED))
addresses: st.SearchStrategy[str] = st.sampled_from(ADDRESSES)
answer_sets: st.SearchStrategy[dict[SecurityQuestion, str]] = st.sampled_from(ANSWER_SETS)


def another_than(password: str | None) -> str:
    """A good password that isn't this one."""
    return next(other for other in PASSWORDS if other != password)


def mailbox(address: str) -> str:
    """What two spellings of an address have in common, as Python's own codec has it."""
    local_part, _, domain = address.partition("@")
    return f"{local_part}@{domain.encode('idna').decode().lower()}"


def forged_from(secret: str) -> str:
    """Another secret that looks like one; in no digit alone, as numbered secrets differ by those."""
    return secret[:-1] + ("x" if secret[-1].lower() != "x" else "y")


def weak(password: str, *more: str) -> str:
    """How a weak password is answered."""
    return f"weak_password: {', '.join((*WEAK_PASSWORDS.get(password, ()), *more))}"
