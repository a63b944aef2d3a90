"""An invited patient's browser: told early when the link is over, and nothing typed is lost."""

import pytest

from patientportal import InvitationPolicy, LinkForm, Policy, RecoveryPolicy
from patientportal.testing import PASSWORD, activated, desk, invited
from tests.web.reading import faults
from tests.web.world import ACCOUNT, World


@pytest.mark.parametrize("form", LinkForm)
def test_an_invitation_is_opened_used_and_over(form: LinkForm) -> None:
    world = World(link_form=form)
    _, secret = invited(world.portal, world.mailbox)
    with world.browser() as grace:
        if form is LinkForm.PATH:
            opened = grace.get(f"/activate/{secret}")
        else:
            assert "data-link" in grace.get("/activate").text
            opened = grace.post("/activate", data={"link": f" <https://portal.example/activate#{secret}> "})
        assert (opened.status_code, opened.headers["location"]) == (303, "/activate")
        assert opened.headers["set-cookie"].partition("; ")[2] == (
            "Path=/activate; Max-Age=1800; Secure; HttpOnly; SameSite=Lax"
        )
        page = grace.get("/activate").text
        assert "<h1>Make your account</h1>" in page
        assert "12 to 128 characters" in page
        assert "old password" not in page
        done = grace.post("/activate", data=ACCOUNT)
        assert done.headers["location"] == "/log-in"
        assert "Your account is ready." in grace.get("/log-in").text
        assert grace.post("/log-in", data={"username": "grace", "password": PASSWORD}).status_code == 303
        assert "data-link" in grace.get("/activate").text
        twice = grace.post("/activate", data=ACCOUNT | {"link": secret})
        assert "Log in, if you have used it before" in twice.text
        again = grace.post("/activate", data={"link": secret})
        assert again.status_code == 409
        assert "does not work any more" in again.text


def test_everything_that_is_missing_is_told_at_once_and_what_was_typed_stays() -> None:
    world = World()
    _, secret = invited(world.portal, world.mailbox)
    with world.browser() as grace:
        grace.get(f"/activate/{secret}")
        nothing = grace.post("/activate", data={"filled_in": "yes"})
        some = grace.post(
            "/activate",
            data=ACCOUNT | {"date_of_birth-month": "13", "password": "short", "answer_2": "", "question_1": ""},
        )
    assert nothing.status_code == 422
    assert faults(nothing) == [
        "date_of_birth",
        "username",
        "password",
        "question_1",
        "answer_1",
        "question_2",
        "answer_2",
    ]
    assert set(faults(some)) == {"date_of_birth", "password", "question_1", "answer_2"}
    assert "Answer to the second question: Please fill this in." in some.text
    assert 'value="grace"' in some.text
    assert 'value="Mopsy"' in some.text
    assert "short" not in some.text.replace("too short", "")


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ({"date_of_birth-day": "11"}, "date_of_birth"),
        ({"username": "ada"}, "username"),
        ({"username": "gr\u0430ce"}, "username"),
        ({"password": "byron-byron-1815"}, "password"),
        ({"answer_1": "Ada"}, "answer_1"),
        ({"answer_2": "Mopsy"}, "answer_2"),
        ({"question_1": "shoe_size"}, "answer_1"),
        ({"answer_2": "a" * 1025}, "answer_1"),
    ],
)
def test_what_the_library_refuses_is_said_at_its_field(typed: dict[str, str], fault: str) -> None:
    world = World()
    activated(world.portal, world.mailbox, "ada")
    _, secret = invited(world.portal, world.mailbox, email="grace@example.org")
    with world.browser() as grace:
        grace.get(f"/activate/{secret}")
        answer = grace.post("/activate", data=ACCOUNT | typed)
        assert answer.status_code in {409, 422}
        assert faults(answer) == [fault]
        assert f'id="{fault}"' in answer.text
        assert grace.post("/activate", data=ACCOUNT).status_code == 303


def test_the_last_wrong_birth_date_says_that_the_link_is_over_and_the_way_on() -> None:
    world = World(policy=Policy(zone="America/New_York", invitations=InvitationPolicy(attempts=2)))
    _, secret = invited(world.portal, world.mailbox)
    with world.browser() as somebody:
        somebody.get(f"/activate/{secret}")
        first = somebody.post("/activate", data=ACCOUNT | {"date_of_birth-day": "11"})
        assert "You can try one more time." in first.text
        last = somebody.post("/activate", data=ACCOUNT | {"date_of_birth-day": "12"})
    assert "The link has ended." in last.text
    assert faults(last) == []
    assert "/help/support" in last.text
    assert 'name="username"' not in last.text


def test_an_expired_link_is_told_before_anything_is_typed() -> None:
    world = World()
    _, secret = invited(world.portal, world.mailbox)
    world.clock.advance(Policy(zone="UTC").invitations.valid_for)
    with world.browser() as grace:
        page = grace.get(grace.get(f"/activate/{secret}").headers["location"])
        assert page.status_code == 409
        assert "does not work any more" in page.text
        assert 'name="username"' not in page.text
        assert "does not work" not in grace.get("/activate").text


def test_without_a_birth_date_or_questions_none_are_asked() -> None:
    policy = Policy(
        zone="UTC", invitations=InvitationPolicy(ask_birth_date=False), recovery=RecoveryPolicy(by_question=False)
    )
    world = World(policy=policy)
    _, secret = invited(world.portal, world.mailbox)
    with world.browser() as grace:
        grace.get(f"/activate/{secret}")
        page = grace.get("/activate").text
        assert 'name="date_of_birth-day"' not in page
        assert "question" not in page
        few = {"filled_in": "yes", "username": "grace", "password": PASSWORD}
        assert grace.post("/activate", data=few).status_code == 303


def test_a_printed_code_is_typed_and_corrected_without_losing_the_rest() -> None:
    world = World()
    patient_id, _ = invited(world.portal, world.mailbox)
    code = desk(world.portal).patients.print_invitation(patient_id).code
    with world.browser() as grace:
        assert grace.post("/activate", data={"link": "0000-0000-0000"}).status_code == 303
        wrong = grace.post("/activate", data=ACCOUNT | {"link": "0000-0000-0000"})
        assert wrong.status_code == 409
        assert "The code or the birth date is wrong" in wrong.text
        assert 'value="grace"' in wrong.text
        assert grace.post("/activate", data=ACCOUNT | {"link": ""}).status_code == 422
        assert grace.post("/activate", data=ACCOUNT | {"link": code.lower().replace("-", " ")}).status_code == 303


def test_another_link_can_be_used_on_a_computer_of_several() -> None:
    world = World()
    _, first = invited(world.portal, world.mailbox)
    _, second = invited(world.portal, world.mailbox, email="ben@example.org")
    with world.browser() as browser:
        browser.get(f"/activate/{first}")
        assert "Use another link" in browser.get("/activate").text
        forgotten = browser.post("/activate", data={"link": "", "another": "yes"})
        assert "data-link" in browser.get(forgotten.headers["location"]).text
        assert 'name="username"' not in browser.get("/activate").text
        browser.get(f"/activate/{second}")
        assert browser.post("/activate", data=ACCOUNT).status_code == 303
        browser.get(f"/activate/{first}")
        assert 'name="username"' in browser.get("/activate").text


def test_whoever_takes_half_an_hour_pastes_the_link_again_and_keeps_what_was_typed() -> None:
    world = World()
    _, secret = invited(world.portal, world.mailbox)
    with world.browser() as grace:
        late = grace.post("/activate", data=ACCOUNT)
        assert (late.status_code, faults(late)) == (422, ["link"])
        assert 'value="grace"' in late.text
        assert grace.post("/activate", data=ACCOUNT | {"link": f"https://portal.example/#{secret}"}).status_code == 303
