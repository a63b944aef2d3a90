"""E-mail addresses: of every script that domain names can hold, kept in one form, and one whatever their spelling."""

import unicodedata
from collections import defaultdict

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patientportal.domain.errors import BadInputError
from patientportal.domain.values.emails import email_address, routed

A_LABEL_OF_63 = "\u00fc" + "a" * 55


def refusal(address: object) -> tuple[str, int | None]:
    with pytest.raises(BadInputError) as caught:
        email_address(address)
    assert caught.value.field == "email"
    assert caught.value.__context__ is None
    return caught.value.problem, caught.value.limit


def letters_and_marks() -> dict[str, list[str]]:
    """By the first word of their names, which for most is their script: at most some hundreds of each."""
    found = defaultdict(list)
    for point in range(0x80, 0x110000):
        if unicodedata.category(chr(point))[0] in "LM":
            found[unicodedata.name(chr(point), "NAMELESS").split()[0]].append(chr(point))
    return {word: some[:: 1 + len(some) // 300] for word, some in found.items()}


SCRIPTS = letters_and_marks()


def domains(word: str) -> list[str]:
    letters = [c for c in SCRIPTS[word] if unicodedata.category(c)[0] == "L"] or ["a"]
    return [f"{c if c in letters else letters[0] + c}{letters[-1]}.example" for c in SCRIPTS[word]]


def a_labels(domain: str) -> str | None:
    """What idna itself makes of it."""
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return None


@pytest.mark.parametrize(
    ("typed", "kept", "as_routed"),
    [
        ("Ada@Example.ORG", "Ada@Example.ORG", "Ada@example.org"),
        ("ada@M\u00dcLLER.example", "ada@m\u00fcller.example", "ada@xn--mller-kva.example"),
        ("ada@mu\u0308ller.example", "ada@m\u00fcller.example", "ada@xn--mller-kva.example"),
        ("ada@XN--MLLER-KVA.example", "ada@XN--MLLER-KVA.example", "ada@xn--mller-kva.example"),
        ("ada@stra\u00dfe.example", "ada@stra\u00dfe.example", "ada@xn--strae-oqa.example"),
        ("ada@\uff45xample.org", "ada@example.org", "ada@example.org"),
        ("ada@\u4f8b\u3002\u4e2d\u56fd", "ada@\u4f8b.\u4e2d\u56fd", "ada@xn--fsq.xn--fiqs8s"),
        ("ada@\u092d\u093e\u0930\u0924", "ada@\u092d\u093e\u0930\u0924", "ada@xn--h2brj9c"),
        ("\u0930\u093e\u092e@xn--h2brj9c", "\u0930\u093e\u092e@xn--h2brj9c", "\u0930\u093e\u092e@xn--h2brj9c"),
        ("\u0915\u094d\u200d\u0937@a.example",) * 3,  # a joiner where its script needs it
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645@a.example",) * 3,
        ("ada@\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example",) * 2 + ("ada@xn--mgba3gch31f060k.example",),
        ("\u200fada@\u05d3.example\u200e", "ada@\u05d3.example", "ada@xn--7db.example"),
        ("\u0e01\u0e31\u0e19@a.example",) * 3,
        ("ada@a_b.example", "ada@a_b.example", "ada@a_b.example"),
        ("ada@ab--c.example", "ada@ab--c.example", "ada@ab--c.example"),
        (
            f"ada@{A_LABEL_OF_63}.example",
            f"ada@{A_LABEL_OF_63}.example",
            f"ada@{idna.encode(A_LABEL_OF_63).decode()}.example",
        ),
    ],
    ids=ascii,
)
def test_an_address_is_kept_readable_and_routed_in_a_labels(typed: str, kept: str, as_routed: str) -> None:
    assert email_address(typed) == kept == email_address(kept)
    assert routed(kept) == as_routed == routed(email_address(as_routed))


@pytest.mark.parametrize("word", sorted(SCRIPTS))
def test_a_domain_of_any_script_is_taken_where_domain_names_can_hold_it_and_nowhere_else(word: str) -> None:
    for domain in domains(word):
        name = a_labels(domain)
        if name is None:
            assert refusal(f"ada@{domain}") == ("bad_format", None)
        else:
            assert routed(email_address(f"ada@{domain}")) == f"ada@{name}" == email_address(f"ada@{name}")


def test_that_tries_thousands_of_domains_of_more_than_a_hundred_scripts() -> None:
    held = {word: sum(a_labels(domain) is not None for domain in domains(word)) for word in SCRIPTS}
    assert sum(map(bool, held.values())) > 130
    assert sum(held.values()) > 8000


def test_a_local_part_holds_letters_and_marks_of_every_script() -> None:
    unseen = {"\u115f", "\u1160", "\u3164", "\uffa0", "\U00013441", "\U00013442"}
    for letter in (c for of in SCRIPTS.values() for c in of if c not in unseen):
        local_part = unicodedata.normalize("NFC", f"a{letter}")
        assert email_address(f"a{letter}@a.example") == f"{local_part}@a.example"


@pytest.mark.parametrize(
    ("address", "problem", "limit"),
    [
        ("ada@\U0001f600.example", "bad_format", None),
        ("ada@xn--e28h.example", "bad_format", None),  # the same, an emoji
        ("ada@xn--a.example", "bad_format", None),
        ("ada@xn--abc-.example", "bad_format", None),
        ("ada@a\u2488.example", "bad_format", None),  # no mapping leads to a name
        ("ada@\u0301a.example", "bad_format", None),
        ("ada@-\u00fc.example", "bad_format", None),
        ("ada@\u00fc_a.example", "bad_format", None),
        ("ada@\u00fc..example", "bad_format", None),
        ("ada@\u00fc.", "bad_format", None),
        ("ada@\u3002\u00fc", "bad_format", None),
        ("ada@a\u200db.example", "bad_format", None),
        ("ada@\u05d0a.example", "bad_format", None),
        ("ada@\u00fc@a.example", "bad_format", None),
        ("a\u200dda@a.example", "bad_format", None),
        ("\u200cada@a.example", "bad_format", None),
        ("ada\u200b@a.example", "bad_format", None),
        ("\u3164@a.example", "bad_format", None),
        ("a\u00a0b@a.example", "bad_format", None),
        ("ada\u202e@a.example", "bad_character", None),
        ("\u00e9" * 33 + "@a.example", "too_long", 64),
        ("x" * 65 + "@a.example", "too_long", 64),
        (f"ada@{'a' * 64}.example", "too_long", 63),
        (f"ada@{A_LABEL_OF_63}a.example", "too_long", 63),
        (f"ada@{'a.' * 124}example", "too_long", 254),
        ("ada@" + f"{A_LABEL_OF_63}." * 4 + "example", "too_long", 254),
        ("\u00e9" * 10_000_000, "too_long", 254),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_what_mail_servers_cannot_take_is_refused(address: str, problem: str, limit: int | None) -> None:
    assert refusal(address) == (problem, limit)


def test_the_longest_address_has_254_bytes_as_it_is_routed() -> None:
    domain = f"{A_LABEL_OF_63}.{A_LABEL_OF_63}.{'b' * 58}.org"
    longest = f"{'x' * (253 - len(routed('@' + domain)[1:]))}@{domain}"
    assert (len(idna.encode(A_LABEL_OF_63)), len(routed(longest))) == (63, 254)
    assert email_address(longest) == longest
    assert refusal(longest.replace("bb.org", "bbb.org")) == ("too_long", 254)


@given(st.text(max_size=12), st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=3).map(".".join))
def test_a_kept_address_is_its_own_kept_form_and_its_route_leads_to_the_same(local_part: str, domain: str) -> None:
    try:
        kept = email_address(f"{local_part}@{domain}")
    except BadInputError:
        return
    assert email_address(kept) == kept
    assert routed(email_address(routed(kept))) == routed(kept)
