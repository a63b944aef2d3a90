"""Mailed links and printed codes in browsers: in no address, and used up by nobody but their patient."""

import logging

import pytest

from patientportal import LinkForm, Policy, Purpose, RecoveryPolicy
from patientportal.testing import activated, desk, invited
from patientportal.web.pages.links import secret_in
from tests.web.reading import faults
from tests.web.world import ACCOUNT, BIRTH_DATE, World

NEW = "amber ladder 77 hums"


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
        assert (weak.status_code, faults(weak)[0]) == (422, "new_password")
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
        assert faults(browser.post("/reset-password", data=typed)) == ["date_of_birth"]
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
        assert browser.get("/activate").status_code == 200
        assert 'name="new_password"' in browser.get("/reset-password").text


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


def test_links_stay_below_the_mount() -> None:
    world = World(link_form=LinkForm.PATH)
    _, secret = invited(world.portal, world.mailbox)
    with world.browser(mount="/portal") as grace:
        opened = grace.get(f"/portal/activate/{secret}")
        assert opened.headers["location"] == "/portal/activate"
        assert "; Path=/portal/activate; " in opened.headers["set-cookie"]
        assert 'action="/portal/activate"' in grace.get("/portal/activate").text
        assert grace.post("/portal/activate", data=ACCOUNT).headers["location"] == "/portal/log-in"
        asked = grace.post("/portal/help/password", data={"username": "grace"})
        assert asked.headers["location"] == "/portal/help/question"
        assert grace.get("/portal/help/question").status_code == 200


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
