"""A username is the same whatever keyboards and copying leave around it."""

from patientportal.domain.accounts.usernames import normalised
from patientportal.domain.errors import BadInputError
from tests.domain.accounts.around import AROUND, ZWJ, ZWNJ

HALANT = "\u0915\u094d"


def outcome(name: str) -> str | None:
    try:
        return normalised(name)
    except BadInputError:
        return None


def test_what_nobody_sees_around_a_name_makes_no_difference() -> None:
    assert len(AROUND) > 300
    for c in sorted(AROUND):
        assert {outcome(f"{c}Maria"), outcome(f"maria{c}"), outcome(f"{c} maria{c}{c}")} == {"maria"}, ascii(c)
        assert outcome(f"ma{c}ria") is None, ascii(c)
        assert outcome(f"{c}{HALANT}{c}") == HALANT != ""


def test_a_joiner_that_ends_a_name_is_part_of_it_where_it_may_stand() -> None:
    assert {outcome(f"{ZWNJ}{HALANT}{ZWJ}"), outcome(f" {HALANT}{ZWJ}\u00a0\u200b")} == {HALANT + ZWJ}
    assert outcome(HALANT + ZWJ + ZWNJ) == HALANT + ZWJ
    assert outcome("\u0639\u0644\u06cc" + ZWNJ) == "\u0639\u0644\u06cc"
