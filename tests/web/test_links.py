"""Mailed links and printed codes in browsers: told early when they are over, in no address, and used by nobody else."""

import logging
import re

import pytest
from starlette.testclient import TestClient

from patientportal import InvitationPolicy, LinkForm, Policy, Portal, Purpose, RecordingNotifier, RecoveryPolicy
from patientportal.testing import (
    BORN,
    PASSWORD,
    FrozenClock,
    activated,
    desk,
    invited,
    last_link_secret,
    portal,
)
from patientportal.web import create_app
from patientportal.web.pages.links import secret_in

HERE = {"Origin": "https://portal.example", "Sec-Fetch-Site": "same-origin"}
BIRTH_DATE = {"date_of_birth-year": str(BORN.year), "date_of_birth-month": "12", "date_of_birth-day": "10"}
ACCOUNT = {
    "filled_in": "yes",
    **BIRTH_DATE,
    "username": "grace",
    "password": PASSWORD,
    "question_1": "first_pet",
    "answer_1": "Mopsy",
    "question_2": "first_school",
    "answer_2": "Harbour Lane",
}
NEW = "amber ladder 77 hums"


class World:
    """A portal, its mailbox and its clock."""

    def __init__(self, **given: object) -> None:
        self.mailbox, self.clock = RecordingNotifier(), FrozenClock()
        self.portal: Portal = portal(notifier=self.mailbox, clock=self.clock, **given)  # type: ignore[arg-type]

    def browser(self) -> TestClient:
        app = create_app(self.portal, practice="Lake Clinic", phone="+1 207 555 0100")
        return TestClient(app, base_url="https://portal.example", headers=HERE, follow_redirects=False)

    def mailed(self) -> str:
        self.portal.work()
        return last_link_secret(self.mailbox)


def title(page: str) -> str:
    return page.partition("<h1>")[2].partition("</h1>")[0]


def faults(page: str) -> list[str]:
    return re.findall(r'<a href="#([\w.]+)"', page)


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
        assert title(page) == "Make your account"
        assert "12 to 128 characters" in page
        assert "old password" not in page
        done = grace.post("/activate", data=ACCOUNT)
        assert done.headers["location"] == "/log-in"
        assert "Your account is ready." in grace.get("/log-in").text
        assert grace.post("/log-in", data={"username": "grace", "password": PASSWORD}).status_code == 303
        assert "data-link" in grace.get("/activate").text
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
    assert faults(nothing.text) == [
        "date_of_birth",
        "username",
        "password",
        "question_1",
        "answer_1",
        "question_2",
        "answer_2",
    ]
    assert set(faults(some.text)) == {"date_of_birth", "password", "question_1", "answer_2"}
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
        assert faults(answer.text) == [fault]
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
    assert faults(last.text) == []
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


@pytest.mark.parametrize("form", LinkForm)
def test_a_new_password_is_chosen_with_a_mailed_link(form: LinkForm) -> None:
    world = World(link_form=form, policy=Policy(zone="UTC", recovery=RecoveryPolicy(by_question=False)))
    ada = activated(world.portal, world.mailbox, "ada")
    world.portal.recovery.forgot_password("ada")
    secret = world.mailed()
    with world.browser() as browser:
        browser.get(f"/reset-password/{secret}") if form is LinkForm.PATH else browser.post(
            "/reset-password", data={"link": secret}
        )
        assert "not your old password" in browser.get("/reset-password").text
        weak = browser.post("/reset-password", data={"filled_in": "yes", "new_password": "ada"})
        assert (weak.status_code, faults(weak.text)[0]) == (422, "new_password")
        old = browser.post("/reset-password", data={"filled_in": "yes", "new_password": ada.password})
        assert "This is your old password." in old.text
        done = browser.post("/reset-password", data={"filled_in": "yes", "new_password": NEW})
        assert done.headers["location"] == "/log-in"
        assert "You have a new password." in browser.get("/log-in").text
        assert browser.post("/log-in", data={"username": "ada", "password": NEW}).status_code == 303


def test_a_printed_code_sets_a_new_password_with_the_birth_date() -> None:
    world = World()
    ada = activated(world.portal, world.mailbox, "ada")
    code = desk(world.portal).support.print_password_reset(ada.patient_id).code
    with world.browser() as browser:
        browser.post("/reset-password", data={"link": code})
        assert code.replace("-", "") in browser.get("/reset-password").text.replace("-", "")
        typed = {"filled_in": "yes", "link": code, "new_password": NEW}
        assert faults(browser.post("/reset-password", data=typed).text) == ["date_of_birth"]
        assert browser.post("/reset-password", data=typed | BIRTH_DATE).status_code == 303


@pytest.mark.parametrize("form", LinkForm)
def test_a_new_address_is_confirmed_by_a_button_alone(form: LinkForm) -> None:
    world = World(link_form=form)
    ada = activated(world.portal, world.mailbox, "ada")
    me = world.portal.log_in("ada", ada.password)
    me.account.change_email(password=ada.password, new="ada@new.example")
    secret = world.mailed()
    with world.browser() as browser:
        browser.get(f"/confirm-email/{secret}") if form is LinkForm.PATH else browser.post(
            "/confirm-email", data={"link": secret}
        )
        assert "Confirm this address" in browser.get("/confirm-email").text
        assert me.account.profile().personal.email == "ada.byron@example.org"
        browser.post("/log-in", data={"username": "ada", "password": ada.password})
        done = browser.post("/confirm-email", data={"filled_in": "yes"})
        assert "Your new e-mail address is confirmed." in browser.get(done.headers["location"]).text
        assert browser.post("/confirm-email", data={"link": "ABCD-EFGH-JKMN"}).status_code == 303
        assert browser.post("/confirm-email", data={"filled_in": "yes", "link": "ABCD-EFGH-JKMN"}).status_code == 409


def test_what_is_confirmed_is_still_said_where_the_session_has_ended() -> None:
    world = World()
    ada = activated(world.portal, world.mailbox, "ada")
    with world.browser() as browser:
        browser.post("/log-in", data={"username": "ada", "password": ada.password})
        world.portal.log_in("ada", ada.password).account.change_email(password=ada.password, new="ada@new.example")
        secret = world.mailed()
        world.clock.advance(world.portal.policy.sessions.idle)
        browser.post("/confirm-email", data={"link": secret})
        home = browser.get(browser.post("/confirm-email", data={"filled_in": "yes"}).headers["location"])
        assert "Your new e-mail address is confirmed." in browser.get(home.headers["location"]).text


def test_a_link_given_on_another_page_leads_to_its_own() -> None:
    world = World(policy=Policy(zone="UTC", recovery=RecoveryPolicy(by_question=False)))
    activated(world.portal, world.mailbox, "ada")
    world.portal.recovery.forgot_password("ada")
    secret = world.mailed()
    with world.browser() as browser:
        opened = browser.post("/activate", data={"link": secret})
        assert opened.headers["location"] == "/reset-password"
        browser.get(f"/activate/{secret}")
        assert browser.get("/activate").headers["location"] == "/reset-password"
        assert 'name="new_password"' in browser.get("/reset-password").text


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
        assert (late.status_code, faults(late.text)) == (422, ["link"])
        assert 'value="grace"' in late.text
        assert grace.post("/activate", data=ACCOUNT | {"link": f"https://portal.example/#{secret}"}).status_code == 303


def test_scanners_that_open_links_use_nothing_up_and_leave_no_secret_anywhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    world = World(link_form=LinkForm.PATH)
    _, secret = invited(world.portal, world.mailbox)
    with world.browser() as scanner:
        for _ in range(3):
            opened = scanner.get(f"/activate/{secret}")
            assert secret not in opened.headers["location"]
            assert scanner.head(f"/activate/{secret}").status_code == 303
        assert scanner.post(f"/activate/{secret}", data=ACCOUNT).status_code == 405
        assert (
            scanner.post("/activate", data=ACCOUNT, headers={"Sec-Fetch-Site": "none", "Origin": "null"}).status_code
            == 403
        )
        page = scanner.get("/activate")
        assert secret not in page.text
        assert page.headers["referrer-policy"] == "same-origin"
    with world.browser() as grace:
        grace.get(f"/activate/{secret}")
        assert grace.post("/activate", data=ACCOUNT).status_code == 303
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert secret.rpartition(".")[2] not in "".join(record.getMessage() for record in ours)


def test_links_lead_where_the_host_says() -> None:
    world = World(link_paths={Purpose.INVITATION: "account/new"})
    _, secret = invited(world.portal, world.mailbox)
    with world.browser() as grace:
        assert 'href="/account/new"' in grace.get("/log-in").text
        assert grace.get(f"/account/new/{secret}").headers["location"] == "/account/new"
        assert grace.post("/account/new", data=ACCOUNT).status_code == 303


@pytest.mark.parametrize("odd", ["..%2f..%2fetc", "%00", "é", "a b", "x" * 9000, "%0d%0aSet-Cookie:%20a=b", "a;b=c"])
def test_odd_links_are_only_links_that_do_not_work(odd: str) -> None:
    world = World()
    with world.browser() as somebody:
        opened = somebody.get(f"/activate/{odd}")
        assert opened.status_code in {303, 404}
        if opened.status_code == 303:
            assert len(opened.headers.get_list("set-cookie")) == 1
            assert somebody.get("/activate").status_code in {200, 409}


@pytest.mark.parametrize(
    "typed",
    [
        "{}",
        " {} ",
        "https://portal.example/activate#{}",
        "<https://portal.example/portal/activate/{}>.",
        "https://eu.scanner.example/?url=https%3A%2F%2Fportal.example%2Factivate%23{}&data=05%7C02",
    ],
)
def test_a_link_is_found_however_it_was_copied(typed: str) -> None:
    secret = f"p-1.l-2.{'s' * 43}"
    assert secret_in(typed.format(secret)) == secret
