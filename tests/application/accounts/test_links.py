"""Links as they are mailed: behind a fragment, or in the path where the host wants that."""

from collections.abc import Callable
from typing import Any

import pytest

from patientportal import (
    ConfigurationError,
    LinkForm,
    Policy,
    Portal,
    PracticeAccess,
    Purpose,
    RecordingNotifier,
    open_portal,
)
from patientportal.testing import ANSWERS, BORN, PASSWORD, CheapHasher, Member, person

BEFORE = {LinkForm.FRAGMENT: "#", LinkForm.PATH: "/"}


@pytest.fixture
def mailing(portal_with: Callable[..., Portal]) -> Callable[[Any], Portal]:
    """Opens another portal on the same store, with links of a form."""
    return lambda form: portal_with(link_form=form)


def the_link(notifier: RecordingNotifier) -> str:
    (link,) = (message.link for message in notifier.messages if message.link)
    return link


@pytest.mark.parametrize("form", LinkForm)
def test_an_invitations_secret_stands_where_the_host_wants_it(
    mailing: Callable[[Any], Portal],
    practice: PracticeAccess,
    notifier: RecordingNotifier,
    form: LinkForm,
) -> None:
    patient_id = practice.patients.register(person())
    portal = mailing(form)
    portal.work()
    start, _, secret = the_link(notifier).rpartition(BEFORE[form])
    assert start == "https://portal.example/activate"
    assert (
        portal.activate(secret, date_of_birth=BORN, username="countess", password=PASSWORD, security_answers=ANSWERS)
        == patient_id
    )


@pytest.mark.parametrize("form", LinkForm)
def test_the_secret_of_a_new_address_stands_there_too(
    mailing: Callable[[Any], Portal],
    practice: PracticeAccess,
    notifier: RecordingNotifier,
    member: Member,
    form: LinkForm,
) -> None:
    portal = mailing(form)
    portal.log_in(member.username, PASSWORD).account.change_email(PASSWORD, "new@example.org")
    portal.work()
    start, _, secret = the_link(notifier).rpartition(BEFORE[form])
    assert start == "https://portal.example/confirm-email"
    portal.confirm_email(secret)
    assert practice.patients.get(member.patient_id).personal.email == "new@example.org"


@pytest.mark.parametrize("form", LinkForm)
def test_a_link_leads_to_the_page_that_the_host_says_and_else_to_the_usual_one(
    portal_with: Callable[..., Portal], practice: PracticeAccess, notifier: RecordingNotifier, form: LinkForm
) -> None:
    practice.patients.register(person())
    portal = portal_with(link_form=form, link_paths={Purpose.INVITATION: "account/join.html"})
    portal.work()
    start, _, _ = the_link(notifier).rpartition(BEFORE[form])
    assert start == "https://portal.example/account/join.html"
    assert portal.link_paths == {
        Purpose.INVITATION: "account/join.html",
        Purpose.EMAIL_CHANGE: "confirm-email",
        Purpose.PASSWORD_RESET: "reset-password",
    }
    with pytest.raises(TypeError):
        portal.link_paths[Purpose.INVITATION] = "evil"  # type: ignore[index] # as a careless host would


NO_PATHS = [
    "",
    "/",
    "/join",
    "join/",
    "a//b",
    "..",
    "a/../b",
    ".",
    "a/.b",
    "join?x=",
    "join#",
    "a b",
    "a%2fb",
    "jo\N{LATIN SMALL LETTER I WITH ACUTE}n",
    "a\n",
    "x" * 201,
    1,
    None,
]


@pytest.mark.parametrize("path", NO_PATHS, ids=repr)
def test_what_is_no_path_is_refused(portal_with: Callable[..., Portal], path: object) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        portal_with(link_paths={Purpose.INVITATION: path})
    assert (refusal.value.setting, refusal.value.reason) == ("link_paths", "must be paths such as account/activate")


@pytest.mark.parametrize("paths", [None, [], "join", {"invitation": "join"}, {Purpose.INVITATION: "reset-password"}])
def test_two_kinds_of_links_lead_to_two_pages_and_nothing_else_is_a_kind(
    portal_with: Callable[..., Portal], paths: object
) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        portal_with(link_paths=paths)
    assert refusal.value.setting == "link_paths"


@pytest.mark.parametrize("form", [None, "path", "fragment", "query", 1, LinkForm])
def test_a_form_that_is_none_is_refused(mailing: Callable[[Any], Portal], form: object) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        mailing(form)
    assert refusal.value.setting == "link_form"


def test_a_portal_may_be_opened_with_either_form_and_no_other() -> None:
    for form in LinkForm:
        open_portal("memory://", zone="UTC", hasher=CheapHasher(), link_form=form).close()
    with pytest.raises(ConfigurationError) as refusal:
        open_portal(
            "memory://",
            policy=Policy(zone="UTC"),
            hasher=CheapHasher(),
            link_form="path",  # type: ignore[arg-type] # as a careless host would
        )
    assert refusal.value.setting == "link_form"
