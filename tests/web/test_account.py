"""The account in a browser: who they are, what lets them in, how they are told, and where they are in."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from patientportal import (
    Channel,
    LockoutPolicy,
    NoticeKind,
    NoticePolicy,
    Policy,
    Portal,
    RecordingNotifier,
    RecoveryPolicy,
    SecurityQuestion,
)
from patientportal.testing import PASSWORD, FrozenClock, Member, activated, last_link_secret, portal
from tests.web.patients import logged_in
from tests.web.reading import faults, words

NEW = "amber saddle 77 whispers!"


@pytest.fixture
def mailbox() -> RecordingNotifier:
    return RecordingNotifier()


@pytest.fixture
def one(mailbox: RecordingNotifier) -> Portal:
    texts = NoticePolicy(texts=True, calling_code="1")
    return portal(
        notifier=mailbox,
        clock=FrozenClock(),
        policy=Policy(zone="America/New_York", notices=texts, lockout=LockoutPolicy(attempts=2)),
    )


@pytest.fixture
def member(one: Portal, mailbox: RecordingNotifier) -> Member:
    return activated(one, mailbox, "ada", phone="+1 207 555 0123", postal_code="04101")


@pytest.fixture
def ada(one: Portal, member: Member) -> Iterator[TestClient]:
    with logged_in(one, member.username) as browser:
        yield browser


def test_it_says_who_they_are_and_how_what_is_wrong_is_put_right(ada: TestClient) -> None:
    assert "Name Ada Byron Username ada E-mail address ada.byron@example.org" in words(ada.get("/account"))
    page = ada.get("/account/details")
    said = words(page)
    assert "Birth date December 10, 1980" in said
    assert "Phone number +1 207 555 0123 ZIP code 04101" in said
    assert 'href="/support/ask"' in page.text
    assert "+1 207 555 0100" in said


def test_a_new_password_keeps_this_browser_logged_in_and_no_other(ada: TestClient, one: Portal) -> None:
    with logged_in(one) as other:
        form = {"current": PASSWORD, "new_password": NEW}
        assert ada.post("/account/password", data=form).headers["location"] == "/account"
        assert "Your password is changed." in words(ada.get("/account"))
        assert other.get("/account").headers["location"].startswith("/log-in")
    logged_in(one, password=NEW).close()


@pytest.mark.parametrize(
    ("typed", "status", "at"),
    [
        ({}, 422, ["current", "new_password"]),
        ({"current": PASSWORD, "new_password": "short"}, 409, ["new_password"]),
        ({"current": PASSWORD, "new_password": PASSWORD}, 409, ["new_password"]),
        ({"current": PASSWORD, "new_password": "b" * 200}, 409, ["new_password"]),
        ({"current": "c" * 2000, "new_password": NEW}, 422, ["current"]),
        ({"current": "a wrong guess", "new_password": NEW}, 409, []),
    ],
)
def test_a_password_that_cannot_be_taken_says_why_at_its_field_and_never_comes_back(
    ada: TestClient, typed: dict[str, str], status: int, at: list[str]
) -> None:
    answer = ada.post("/account/password", data=typed)
    assert (answer.status_code, faults(answer)) == (status, at)
    assert "There is a problem" in words(answer)
    assert not [value for value in typed.values() if value in answer.text]


def test_wrong_passwords_lock_the_account_and_that_is_said(ada: TestClient) -> None:
    form = {"password": "a wrong guess", "email": "new@example.org"}
    assert "You can try one more time." in words(ada.post("/account/email", data=form))
    assert "Your account is now locked." in words(ada.post("/account/email", data=form))
    assert "Your account is locked" in words(ada.post("/account/email", data=form | {"password": PASSWORD}))


def test_a_new_address_waits_until_its_link_is_opened(ada: TestClient, one: Portal, mailbox: RecordingNotifier) -> None:
    assert "You open the link within 24 hours." in words(ada.get("/account/email"))
    form = {"password": PASSWORD, "email": "new@example.org"}
    assert ada.post("/account/email", data=form).headers["location"] == "/account"
    said = words(ada.get("/account"))
    assert "We sent a link to your new address." in said
    assert "ada.byron@example.org" in said
    one.work()
    one.confirm_email(last_link_secret(mailbox))
    assert "new@example.org" in words(ada.get("/account"))


@pytest.mark.parametrize(
    ("typed", "status", "at"),
    [
        ({}, 422, ["email", "password"]),
        ({"password": PASSWORD, "email": "not an address"}, 422, ["email"]),
        ({"password": PASSWORD, "email": "ada.byron@example.org"}, 422, ["email"]),
        ({"password": "a wrong guess", "email": "new@example.org"}, 409, []),
    ],
)
def test_an_address_that_cannot_be_taken_says_why_and_stays_in_its_field(
    ada: TestClient, typed: dict[str, str], status: int, at: list[str]
) -> None:
    answer = ada.post("/account/email", data=typed)
    assert (answer.status_code, faults(answer)) == (status, at)
    assert f'value="{typed.get("email", "")}"' in answer.text or not typed
    assert "New entry" not in words(answer)


def test_too_many_new_addresses_are_refused(ada: TestClient) -> None:
    for number in range(5):
        ada.post("/account/email", data={"password": PASSWORD, "email": f"new{number}@example.org"})
    answer = ada.post("/account/email", data={"password": PASSWORD, "email": "new5@example.org"})
    assert (answer.status_code, "Please wait an hour." in words(answer)) == (409, True)


def test_questions_are_answered_anew_and_no_answer_is_ever_shown(ada: TestClient, one: Portal) -> None:
    assert "Mopsy" not in ada.get("/account/questions").text
    form = {"password": PASSWORD, "answers.favourite_book": "Emma", "answers.favourite_dish": "Dumplings"}
    assert ada.post("/account/questions", data=form).headers["location"] == "/account"
    me = one.log_in("ada", PASSWORD)
    assert set(me.account.security_questions()) == {SecurityQuestion.FAVOURITE_BOOK, SecurityQuestion.FAVOURITE_DISH}
    said = words(ada.get("/account/questions"))
    assert "Now we ask you: Which book did you love first? Which dish" in said
    assert "Emma" not in said


@pytest.mark.parametrize(
    ("typed", "status", "at"),
    [
        ({}, 422, "password"),
        ({"password": PASSWORD}, 422, "answers"),
        ({"password": PASSWORD, "answers.first_pet": "Rex"}, 422, "answers"),
        ({"password": PASSWORD, "answers.first_pet": "abc", "answers.first_street": "ada"}, 409, "answers.first_pet"),
        ({"password": PASSWORD, "answers.first_pet": "a\x00b", "answers.first_street": "Elm"}, 422, "answers"),
    ],
)
def test_answers_that_cannot_be_taken_say_why_and_stay(
    ada: TestClient, typed: dict[str, str], status: int, at: str
) -> None:
    answer = ada.post("/account/questions", data=typed)
    assert (answer.status_code, faults(answer)) == (status, [at])
    kept = [value for name, value in typed.items() if name != "password" and "\x00" not in value]
    assert all(f'value="{value}"' in answer.text for value in kept)
    assert PASSWORD not in answer.text


def test_a_practice_that_asks_no_questions_has_no_form_for_them(mailbox: RecordingNotifier) -> None:
    policy = Policy(zone="America/New_York", recovery=RecoveryPolicy(by_question=False))
    one = portal(notifier=mailbox, clock=FrozenClock(), policy=policy)
    activated(one, mailbox, "ada")
    with logged_in(one) as ada:
        assert "/account/questions" not in ada.get("/account").text
        answer = ada.get("/account/questions")
        assert (answer.status_code, "We do not use security questions." in words(answer)) == (409, True)


def test_a_language_holds_for_the_pages_and_for_what_is_mailed(ada: TestClient, one: Portal) -> None:
    answer = ada.post("/account/language", data={"language": "es"})
    assert answer.headers["location"] == "/account"
    assert "Su idioma está cambiado." in words(ada.get("/account"))
    assert one.log_in("ada", PASSWORD).account.profile().personal.language == "es"


@pytest.mark.parametrize("language", ["", "tlh", "es\r\nSet-Cookie: a=b"])
def test_another_language_is_refused_at_the_field(ada: TestClient, language: str) -> None:
    answer = ada.post("/account/language", data={"language": language})
    assert (answer.status_code, faults(answer)) == (422, ["language"])


def test_they_choose_how_they_are_told_of_each_kind(ada: TestClient, one: Portal) -> None:
    assert "We send text messages to +12075550123." in words(ada.get("/account/notices"))
    form = {"notices-new_message": "text", "notices-statement_available": "none"}
    assert ada.post("/account/notices", data=form).headers["location"] == "/account"
    chosen = {choice.kind: choice.channel for choice in one.log_in("ada", PASSWORD).account.profile().notices}
    assert chosen[NoticeKind.NEW_MESSAGE] is Channel.TEXT
    assert chosen[NoticeKind.STATEMENT_AVAILABLE] is Channel.NONE
    assert chosen[NoticeKind.VISIT_BOOKED] is Channel.EMAIL


@pytest.mark.parametrize("form", [{}, {"notices-new_message": "pigeon"}, {"notices-account_locked": "none"}])
def test_a_choice_that_there_is_not_is_refused(ada: TestClient, form: dict[str, str]) -> None:
    answer = ada.post("/account/notices", data=form)
    assert (answer.status_code, faults(answer)) == (422, ["notices"])
    assert 'id="notices"' in answer.text


def test_a_practice_that_sends_no_texts_offers_none(mailbox: RecordingNotifier) -> None:
    one = portal(notifier=mailbox, clock=FrozenClock())
    activated(one, mailbox, "ada")
    with logged_in(one) as ada:
        assert "text message" not in words(ada.get("/account/notices")).replace("An e-mail or a text message", "")
        answer = ada.post("/account/notices", data={"notices-new_message": "text"})
        assert (answer.status_code, "We do not send text messages." in words(answer)) == (409, True)
