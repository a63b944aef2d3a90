"""The list of common passwords that is shipped: what it holds, what it costs, and that it comes with the library."""

import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.resources import files

import pytest
from attrs import define

from patientportal import CommonPasswords, Portal, RecordingNotifier, WeakPasswordError, open_portal
from patientportal.adapters.common_passwords import FILE, HASH_BYTES, ShippedPasswords
from patientportal.testing import ANSWERS, BORN, asked, invited
from tools.make_common_passwords import MOST_COMMON, POLICIES, chosen, satisfies

LISTED = ("Juninho1999@", "gaga_123_gaga", "deflep27-starwars", "sasha_007", "4rdf_king7", "password", "JUNINHO1999@")
SHIPPED = ShippedPasswords()


@pytest.mark.parametrize("password", LISTED)
def test_what_is_common_is_on_the_list_in_any_case(password: str) -> None:
    assert SHIPPED.contains(password)


def test_what_is_not_common_is_not() -> None:
    assert not any(SHIPPED.contains(secrets.token_urlsafe(9)) for _ in range(10_000))
    assert not SHIPPED.contains("")
    assert not SHIPPED.contains("violet kettle 42 drifts")


def test_the_file_is_part_of_the_library_sorted_and_so_long_that_chance_is_one_in_ten_million() -> None:
    raw = files("patientportal.adapters").joinpath(FILE.name).read_bytes()
    hashes = [raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)]
    assert hashes == sorted(set(hashes))
    assert {len(one) for one in hashes} == {HASH_BYTES}
    assert len(hashes) > 18_000
    assert len(hashes) / 256**HASH_BYTES < 1e-7


def test_a_look_up_takes_microseconds_and_the_import_reads_nothing() -> None:
    begun = time.perf_counter()
    for _ in range(1_000):
        SHIPPED.contains("violet kettle 42 drifts")
    assert time.perf_counter() - begun < 0.2, "200 microseconds each"
    assert "_hashes" not in vars(ShippedPasswords())


def test_a_list_is_chosen_by_each_policys_most_common_ones() -> None:
    numbers = [f"{number:08}" for number in range(MOST_COMMON + 10)]
    words = ["short", "word-and-1", *numbers, "a-later-1"]
    assert list(chosen(words)) == ["word-and-1", *numbers[: MOST_COMMON - 1], "a-later-1"]
    assert len(POLICIES) == 16
    assert [satisfies("word-and-1", policy) for policy in POLICIES[:6]] == [True] * 6


@define
class MyList:
    """A host's own list, which says what it was asked."""

    asked: list[str]

    def contains(self, password: str) -> bool:
        self.asked.append(password)
        return password == "forget me not 1815"


def test_a_host_may_give_a_list_of_its_own() -> None:
    mine: CommonPasswords = MyList([])
    box = RecordingNotifier()
    with open_portal("memory://", zone="UTC", notifier=box, common_passwords=mine) as portal:
        _, link = invited(portal, box)
        activate = activating(portal, link)
        assert activate("forget me not 1815") == ["common"]
        assert activate("Juninho1999@") == []


def test_a_listed_password_is_refused_wherever_one_is_chosen() -> None:
    box = RecordingNotifier()
    with open_portal("memory://", zone="UTC", notifier=box) as portal:
        _, link = invited(portal, box)
        activate = activating(portal, link)
        assert activate("Juninho1999@") == ["common"]
        assert activate("violet kettle 42 drifts") == []
        me = portal.log_in("countess", "violet kettle 42 drifts")
        with pytest.raises(WeakPasswordError):
            me.account.change_password("violet kettle 42 drifts", "gaga_123_gaga")
        challenge = asked(portal.recovery.forgot_password("countess"))
        portal.recovery.answer(challenge.id, {question: ANSWERS[question] for question in challenge.questions})
        portal.work()
        with pytest.raises(WeakPasswordError):
            portal.recovery.reset_password(str(box.messages[-1].link).partition("#")[2], "deflep27-starwars")


def activating(portal: Portal, link: str) -> Callable[[str], list[str]]:
    def activate(password: str) -> list[str]:
        try:
            portal.activate(link, date_of_birth=BORN, username="countess", password=password, security_answers=ANSWERS)
        except WeakPasswordError as refusal:
            return [problem.code for problem in refusal.problems]
        return []

    return activate


def test_the_library_needs_no_list_to_be_imported() -> None:
    code = "import sys, patientportal; patientportal.Policy; print('patientportal.adapters' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - ourselves
    assert ran.stdout == "False\n"
