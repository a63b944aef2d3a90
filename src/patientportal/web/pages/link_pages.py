"""What patients do with a mailed link or a printed code: activate, choose a new password, confirm an address."""

from collections.abc import Iterator, Mapping
from functools import partial
from types import MappingProxyType

from starlette.responses import Response

from patientportal import CheckedLink, Purpose, SecurityQuestion, WeakPasswordError
from patientportal.web.forms import together
from patientportal.web.languages import N_
from patientportal.web.pages.links import LinkPage
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor

QUESTIONS = (tuple(SecurityQuestion)[::2], tuple(SecurityQuestion)[1::2])
"""From which one each is chosen: two lists, so that nobody chooses the same one twice."""
_SAYS: Mapping[Purpose, tuple[str, str, str]] = MappingProxyType(
    {
        Purpose.INVITATION: ("/log-in", "activated", N_("Your account is ready. Please log in.")),
        Purpose.PASSWORD_RESET: ("/log-in", "password_set", N_("You have a new password. Please log in with it.")),
        Purpose.EMAIL_CHANGE: ("/", "email_confirmed", N_("Your new e-mail address is confirmed.")),
    }
)


def show_activation(visitor: Visitor, link: CheckedLink, code: str) -> Response:
    """The form of an invited patient."""
    return visitor.show(
        "getting_in/activate.html", link=link, code=code, questions=QUESTIONS if _asks_questions(visitor) else ()
    )


def activate(visitor: Visitor, link: CheckedLink, secret: str) -> None:
    """Makes the account."""
    form = visitor.form
    numbers = range(1, len(QUESTIONS) + 1) if _asks_questions(visitor) else ()
    visitor.names["security_answers"] = "answer_1"
    visitor.names |= {f"security_answers.{form[f'question_{number}']}": f"answer_{number}" for number in numbers}
    together(
        partial(form.need, *_birth_date(link)),
        partial(form.date, "date_of_birth"),
        partial(form.need, "username", "password"),
        partial(_good_password, visitor, form["password"]),
        partial(form.need, *(f"{name}_{number}" for number in numbers for name in ("question", "answer"))),
    )
    visitor.portal.activate(
        secret,
        date_of_birth=form.date("date_of_birth"),
        username=form["username"],
        password=form["password"],
        security_answers={form[f"question_{number}"]: form[f"answer_{number}"] for number in numbers},
    )


def show_reset(visitor: Visitor, link: CheckedLink, code: str) -> Response:
    """The form for a new password."""
    return visitor.show("getting_in/reset.html", link=link, code=code)


def reset(visitor: Visitor, link: CheckedLink, secret: str) -> None:
    """Sets the new password."""
    form = visitor.form
    together(
        partial(form.need, *_birth_date(link)),
        partial(form.date, "date_of_birth"),
        partial(form.need, "new_password"),
        partial(_good_password, visitor, form["new_password"]),
    )
    born = form.date("date_of_birth")
    visitor.portal.recovery.reset_password(secret, form["new_password"], date_of_birth=born)


def show_confirmation(visitor: Visitor, link: CheckedLink, code: str) -> Response:
    """The button that confirms a new address; a mail scanner that opens the link presses none."""
    return visitor.show("getting_in/confirm_email.html", link=link, code=code)


def confirm(visitor: Visitor, _: CheckedLink, secret: str) -> None:
    """From now on the new address is the patient's."""
    visitor.portal.confirm_email(secret)


def screens(paths: Mapping[Purpose, str]) -> Iterator[Screen]:
    """The pages to which mailed links lead, with the secret and without.

    Args:
        paths: of each, below where links begin.
    """
    for purpose, title, show, use in (
        (Purpose.INVITATION, N_("Make your account"), show_activation, activate),
        (Purpose.PASSWORD_RESET, N_("Choose a new password"), show_reset, reset),
        (Purpose.EMAIL_CHANGE, N_("Confirm your new e-mail address"), show_confirmation, confirm),
    ):
        then, flash, said = _SAYS[purpose]
        page = LinkPage(purpose, f"/{paths[purpose]}", title=title, form=show, use=use, then=(then, flash))
        rename = {"link_secret": "link"} | ({"password": "new_password"} if purpose is Purpose.PASSWORD_RESET else {})
        yield Screen(page.path, page.show, page.do, who=Who.ANYBODY, hashes=True, rename=rename, says={flash: said})
        yield Screen(f"{page.path}/{{secret}}", page.arrive, who=Who.ANYBODY)


def _asks_questions(visitor: Visitor) -> bool:
    return visitor.portal.policy.recovery.by_question


def _birth_date(link: CheckedLink) -> tuple[str, ...]:
    return ("date_of_birth",) if link.asks_birth_date else ()


def _good_password(visitor: Visitor, password: str) -> None:
    """Whatever can be said of a password without knowing whose it is, beside what else is wrong with the form."""
    problems = visitor.portal.passwords.problems(password) if password.strip() else ()
    if problems:
        raise WeakPasswordError(problems=problems)
