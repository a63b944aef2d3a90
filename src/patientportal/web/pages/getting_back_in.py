"""Need help with your username and password? Nobody learns here whether somebody has an account."""

from starlette.responses import Response

from patientportal import Challenge, ChallengeInvalidError, PersonalInformation, Purpose, SecurityQuestion
from patientportal.web.languages import N_
from patientportal.web.pages.links import path_to
from patientportal.web.screens import Screen, Who
from patientportal.web.visitor import Visitor

CHALLENGE_COOKIE, QUESTIONS_COOKIE, CHALLENGE_SECONDS = "challenge", "questions", 15 * 60
_BY_VALUE = {question.value: question for question in SecurityQuestion}


def show_help(visitor: Visitor) -> Response:
    """What can be the matter, and where each goes on."""
    return visitor.show("getting_in/help.html", activate=path_to(visitor, Purpose.INVITATION))


def show_password(visitor: Visitor) -> Response:
    """The form of who forgot a password, or is locked out."""
    return visitor.show("getting_in/forgot_password.html", reset=path_to(visitor, Purpose.PASSWORD_RESET))


def forgot_password(visitor: Visitor) -> Response:
    """Asks a question, or has a link mailed."""
    visitor.form.need("username")
    return _asked(visitor, visitor.portal.recovery.forgot_password(visitor.form["username"]))


def show_username(visitor: Visitor) -> Response:
    """The form of who forgot a username."""
    return visitor.show("getting_in/forgot_username.html", policy=visitor.portal.policy.recovery)


def forgot_username(visitor: Visitor) -> Response:
    """Asks two questions, or has a letter mailed."""
    form, policy = visitor.form, visitor.portal.policy.recovery
    last_name = () if form["first_name"].strip() else ("last_name",)  # who has one name may type it into either
    form.need(*last_name, "date_of_birth", *(("email",) if policy.match_email else ()))
    personal = PersonalInformation(
        first_name=form["first_name"].strip(),
        last_name=form["last_name"].strip(),
        date_of_birth=form.date("date_of_birth"),
        email=form["email"] if policy.match_email else None,
    )
    return _asked(visitor, visitor.portal.recovery.forgot_username(personal))


def show_question(visitor: Visitor) -> Response:
    """What is asked, and another way for whom that doesn't help."""
    questions = _questions(visitor)
    if not questions:
        return visitor.go("/help")
    is_over = isinstance(visitor.error, ChallengeInvalidError) or visitor.is_last_attempt
    return visitor.show("getting_in/question.html", questions=questions, is_over=is_over)


def answer(visitor: Visitor) -> Response:
    """Has a link mailed for right answers."""
    questions = _questions(visitor)
    if not questions:
        return visitor.go("/help")
    names = [question.value for question in questions]
    visitor.names["security_answers"] = names[0]
    visitor.form.need(*names)
    challenge_id = visitor.request.cookies.get(CHALLENGE_COOKIE, "")
    visitor.portal.recovery.answer(challenge_id, {name: visitor.form[name] for name in names})
    for name in (CHALLENGE_COOKIE, QUESTIONS_COOKIE):
        visitor.keep(name, "", seconds=0, path="/help")
    return visitor.go("/help/sent")


def show_sent(visitor: Visitor) -> Response:
    """What to do now, whether or not anything was mailed."""
    return visitor.show(
        "getting_in/sent.html",
        valid_for=visitor.portal.policy.recovery.link_valid_for,
        reset=path_to(visitor, Purpose.PASSWORD_RESET),
    )


def show_support(visitor: Visitor) -> Response:
    """The form for somebody of the practice."""
    return visitor.show("getting_in/ask_support.html")


def ask_support(visitor: Visitor) -> Response:
    """Somebody of the practice will answer."""
    visitor.form.need("contact", "message")
    visitor.portal.recovery.ask_support(visitor.form["contact"], visitor.form["message"])
    return visitor.go("/help", flash="stranger_asked")


def _asked(visitor: Visitor, challenge: Challenge | None) -> Response:
    if challenge is None:
        return visitor.go("/help/sent")
    questions = ".".join(question.value for question in challenge.questions)
    for name, value in ((CHALLENGE_COOKIE, challenge.id), (QUESTIONS_COOKIE, questions)):
        visitor.keep(name, value, seconds=CHALLENGE_SECONDS, path="/help")
    return visitor.go("/help/question")


def _questions(visitor: Visitor) -> tuple[SecurityQuestion, ...]:
    """What was asked, as the browser kept it; whether that is so, the library knows when it is answered."""
    kept = visitor.request.cookies.get(QUESTIONS_COOKIE, "").split(".")
    return tuple(_BY_VALUE[name] for name in dict.fromkeys(kept) if name in _BY_VALUE)


SCREENS = (
    Screen("/help", show_help, who=Who.ANYBODY),
    Screen("/help/password", show_password, forgot_password, who=Who.ANYBODY, hashes=True),
    Screen("/help/username", show_username, forgot_username, who=Who.ANYBODY, hashes=True),
    Screen("/help/question", show_question, answer, who=Who.ANYBODY, hashes=True),
    Screen("/help/sent", show_sent, who=Who.ANYBODY),
    Screen(
        "/help/support",
        show_support,
        ask_support,
        who=Who.ANYBODY,
        hashes=True,
        says={"stranger_asked": N_("We have your message. We will get in touch with you.")},
    ),
)
