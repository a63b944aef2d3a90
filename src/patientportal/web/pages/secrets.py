"""What lets the patient in and back in: the password, the e-mail address, the security questions."""

from starlette.responses import Response

from patientportal import NoQuestionsError, Purpose, SecurityQuestion
from patientportal.web.languages import N_
from patientportal.web.pages.links import path_to
from patientportal.web.screens import Screen
from patientportal.web.visitor import Visitor


def show_password(visitor: Visitor) -> Response:
    """The form for another password, and what it must be like."""
    return visitor.show("account/password.html")


def change_password(visitor: Visitor) -> Response:
    """Changes it; this browser stays logged in, under a new token."""
    visitor.form.need("current", "new_password")
    visitor.me.account.change_password(visitor.form["current"], visitor.form["new_password"])
    visitor.keep_session(visitor.me)
    return visitor.go("/account", flash="password_changed")


def show_email(visitor: Visitor) -> Response:
    """The form for another address, and what happens next."""
    return visitor.show(
        "account/email.html",
        email=visitor.me.account.profile().personal.email,
        confirm=path_to(visitor, Purpose.EMAIL_CHANGE),
        hours=int(visitor.portal.policy.email_changes.valid_for.total_seconds() // 3600),
    )


def change_email(visitor: Visitor) -> Response:
    """Mails a link to the new address; the old one holds until it is opened."""
    visitor.form.need("email", "password")
    visitor.me.account.change_email(visitor.form["password"], visitor.form["email"])
    return visitor.go("/account", flash="email_change_requested")


def show_questions(visitor: Visitor) -> Response:
    """The form for other questions and answers; the kept answers are never shown."""
    if not visitor.portal.policy.recovery.by_question:
        raise NoQuestionsError
    return visitor.show(
        "account/questions.html", questions=list(SecurityQuestion), chosen=visitor.me.account.security_questions()
    )


def set_questions(visitor: Visitor) -> Response:
    """Replaces all questions and answers."""
    visitor.form.need("password")
    typed = {question: visitor.form[f"answers.{question}"] for question in SecurityQuestion}
    answers = {question: answer for question, answer in typed.items() if answer.strip()}
    visitor.me.account.set_security_answers(visitor.form["password"], answers)
    return visitor.go("/account", flash="questions_set")


SCREENS = (
    Screen(
        "/account/password",
        show_password,
        change_password,
        hashes=True,
        rename={"new": "new_password", "password": "new_password"},
        says={"password_changed": N_("Your password is changed. All your other devices are logged off.")},
    ),
    Screen(
        "/account/email",
        show_email,
        change_email,
        hashes=True,
        rename={"new": "email"},
        says={
            "email_change_requested": N_(
                "We sent a link to your new address. Open it to confirm the address. Until then we use the old one."
            )
        },
    ),
    Screen(
        "/account/questions",
        show_questions,
        set_questions,
        hashes=True,
        rename={"security_answers": "answers"},
        says={"questions_set": N_("Your security questions are changed.")},
    ),
)
