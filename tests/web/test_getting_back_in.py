"""The way back in: from a lock to a new password, for who forgot either or both; nobody learns who has an account."""

import re

import pytest

from patientportal import Asker, Policy, RecoveryPolicy
from patientportal.testing import ANSWERS, PASSWORD, activated, desk
from tests.web.reading import faults
from tests.web.world import World

ADA = {
    "first_name": "Ada",
    "last_name": "Byron",
    "date_of_birth-year": "1980",
    "date_of_birth-month": "12",
    "date_of_birth-day": "10",
    "email": "ada.byron@example.org",
}
NOBODY = ADA | {"last_name": "Nobody"}


def adas(policy: Policy | None = None) -> World:
    """A portal at which Ada can log in."""
    world = World(policy=policy)
    activated(world.portal, world.mailbox, "ada")
    return world


def asked(page: str) -> list[str]:
    return re.findall(r'<input[^>]* id="(\w+)" name="\1"', page)


def answers(page: str, **otherwise: str) -> dict[str, str]:
    right = {question.value: answer for question, answer in ANSWERS.items()}
    return {name: otherwise.get(name, right.get(name, "Paris")) for name in asked(page)}


def test_somebody_who_is_locked_out_gets_back_in() -> None:
    world = adas()
    with world.browser() as ada:
        for left in (3, 2):
            page = ada.post("/log-in", data={"username": "ada", "password": "wrong"}).text
            assert f"You can try {left} more times." in page
        assert "You can try one more time." in ada.post("/log-in", data={"username": "ada", "password": "wrong"}).text
        ada.post("/log-in", data={"username": "ada", "password": "wrong"})
        locked = ada.post("/log-in", data={"username": "ada", "password": PASSWORD})
        assert "<h1>Your account is locked</h1>" in locked.text
        assert "/help/support" in locked.text
        assert 'action="/help/password"' in locked.text
        assert 'name="username" value="ada"' in locked.text
        assert ada.post("/help/password", data={"username": "ada"}).headers["location"] == "/help/question"
        before = world.mails()
        question = ada.get("/help/question").text
        assert "/help/support" in question
        sent = ada.post("/help/question", data=answers(question))
        assert sent.headers["location"] == "/help/sent"
        assert "30 minutes" in ada.get("/help/sent").text
        assert world.mails() == before + 1
        assert ada.get("/help/question").headers["location"] == "/help"


def test_a_forgotten_username_is_mailed_after_two_answers() -> None:
    world = adas()
    before = world.mails()
    with world.browser() as ada:
        assert ada.post("/help/username", data=ADA).headers["location"] == "/help/question"
        page = ada.get("/help/question").text
        assert len(asked(page)) == 2
        none = ada.post("/help/question", data={})
        assert (none.status_code, faults(none)) == (422, asked(page))
        assert "What was the name of your first pet? Please fill this in." in none.text
        assert ada.post("/help/question", data=answers(page)).status_code == 303
    assert world.mails() == before + 1
    assert world.mailbox.messages[-1].username == "ada"


@pytest.mark.parametrize("by_question", [True, False])
@pytest.mark.parametrize(
    ("path", "known", "unknown"),
    [
        ("/help/password", {"username": "ada"}, {"username": "nobody"}),
        ("/help/username", ADA, NOBODY),
    ],
)
def test_nobody_learns_whether_there_is_an_account(
    *, by_question: bool, path: str, known: dict[str, str], unknown: dict[str, str]
) -> None:
    world = adas(Policy(zone="UTC", recovery=RecoveryPolicy(by_question=by_question)))
    seen = []
    for typed in (known, unknown):
        with world.browser() as somebody:
            first = somebody.post(path, data=typed)
            page = somebody.get(first.headers["location"])
            wrong = somebody.post("/help/question", data=dict.fromkeys(asked(page.text), "wrong"))
            cookies = [re.sub(r"=[^;]*;", "=…;", one, count=1) for one in first.headers.get_list("set-cookie")]
            shape = (first.status_code, first.headers["location"], cookies, len(asked(page.text)))
            seen.append((*shape, wrong.status_code, "You can try 3 more times." in wrong.text))
    assert seen[0] == seen[1]


def test_wrong_answers_are_counted_down_and_then_there_is_another_way() -> None:
    world = adas()
    with world.browser() as somebody:
        somebody.post("/help/password", data={"username": "ada"})
        (name,) = asked(somebody.get("/help/question").text)
        tries = [somebody.post("/help/question", data={name: "<b>Rex</b>"}) for _ in range(4)]
        assert {one.status_code for one in tries} == {409}
        assert "You can try 2 more times." in tries[1].text
        assert 'value="&lt;b&gt;Rex&lt;/b&gt;"' in tries[1].text
        assert asked(tries[3].text) == []
        assert "call us now" in tries[3].text
        closed = somebody.post("/help/password", data={"username": "ada"})
        assert closed.status_code == 409
        assert "too many wrong answers" in closed.text
        assert "/help/support" in closed.text


def test_questions_that_are_too_old_are_asked_again() -> None:
    world = adas()
    with world.browser() as ada:
        ada.post("/help/password", data={"username": "ada"})
        page = ada.get("/help/question").text
        world.clock.advance(world.portal.policy.recovery.answer_within)
        late = ada.post("/help/question", data=answers(page))
        assert "Start again" in late.text
        assert asked(late.text) == []


@pytest.mark.parametrize("questions", ["", "shoe_size", "first_pet.first_school.first_street", "first_dish"])
def test_what_the_browser_kept_is_not_believed(questions: str) -> None:
    world = adas()
    before = world.mails()
    with world.browser() as somebody:
        somebody.post("/help/password", data={"username": "ada"})
        kept = f"challenge={somebody.cookies['challenge']}; questions={questions}"
        somebody.cookies.clear()
        answer = somebody.post("/help/question", data={"first_pet": "Mopsy"}, headers={"Cookie": kept})
        assert answer.status_code in {303, 422}
        assert answer.headers.get("location", "/help") == "/help"
    assert world.mails() == before


def test_without_questions_a_link_is_mailed_at_once() -> None:
    world = adas(
        Policy(zone="UTC", recovery=RecoveryPolicy(by_question=False, match_email=False, match_first_name=False))
    )
    before = world.mails()
    with world.browser() as ada:
        assert ada.post("/help/password", data={"username": "ada"}).headers["location"] == "/help/sent"
        assert world.mails() == before + 1
        assert asked(ada.get("/help/username").text)[:1] == ["last_name"]
        assert "email" not in asked(ada.get("/help/username").text)
        assert ada.get("/help/question").headers["location"] == "/help"
        assert ada.post("/help/question", data={"first_pet": "Mopsy"}).headers["location"] == "/help"


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({}, ["last_name", "date_of_birth", "email"]),
        (ADA | {"last_name": "", "first_name": ""}, ["last_name"]),
        (ADA | {"date_of_birth-day": "31", "date_of_birth-month": "2"}, ["date_of_birth"]),
        (ADA | {"date_of_birth-day": ""}, ["date_of_birth"]),
        (ADA | {"date_of_birth-year": "1815"}, ["date_of_birth"]),
        (ADA | {"email": "ada"}, ["email"]),
        (ADA | {"first_name": "A" * 101}, ["first_name"]),
    ],
)
def test_who_somebody_is_is_checked_at_its_fields(typed: dict[str, str], wrong: list[str]) -> None:
    world = adas()
    with world.browser() as somebody:
        answer = somebody.post("/help/username", data=typed)
    assert answer.status_code == 422
    assert faults(answer) == wrong
    assert all(f'id="{name}"' in answer.text for name in wrong)


def test_who_has_one_name_types_it_into_either_field() -> None:
    world = adas()
    with world.browser() as somebody:
        for name in ("first_name", "last_name"):
            typed = ADA | {"first_name": "", "last_name": ""} | {name: "Plato"}
            assert somebody.post("/help/username", data=typed).status_code == 303


def test_somebody_asks_the_practice_for_help() -> None:
    world = adas()
    with world.browser() as somebody:
        nothing = somebody.post("/help/support", data={"message": "  "})
        assert faults(nothing) == ["contact", "message"]
        long = somebody.post("/help/support", data={"contact": "207 555 0199", "message": "a" * 2001})
        assert (long.status_code, 'value="207 555 0199"' in long.text) == (422, True)
        done = somebody.post("/help/support", data={"contact": "207 555 0199", "message": "Please let me in"})
        assert "We have your message." in somebody.get(done.headers["location"]).text
    waiting = desk(world.portal).support.open_requests(of=Asker.STRANGERS).items
    assert [one.message for one in waiting] == ["Please let me in"]


@pytest.mark.parametrize(
    "path", ["/help", "/help/password", "/help/username", "/help/question", "/activate", "/log-in"]
)
def test_somebody_of_the_practice_can_be_asked_from_everywhere(path: str) -> None:
    world = adas()
    with world.browser() as somebody:
        somebody.post("/help/password", data={"username": "ada"})
        page = somebody.get(path).text
    assert "/help/support" in page or 'href="/help"' in page
