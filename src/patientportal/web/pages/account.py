"""The patient's account: who the practice thinks they are, in which language it writes, and how it tells them."""

from collections.abc import Iterator

from starlette.responses import Response

from patientportal import BadInputError, Channel, NoticeKind
from patientportal.web.languages import LANGUAGES, N_
from patientportal.web.screens import Screen
from patientportal.web.visitor import LANGUAGE_COOKIE, LANGUAGE_SECONDS, Visitor


def show(visitor: Visitor) -> Response:
    """Where everything of the account is found."""
    return visitor.show(
        "account/overview.html",
        profile=visitor.me.account.profile(),
        asks_questions=visitor.portal.policy.recovery.by_question,
    )


def show_details(visitor: Visitor) -> Response:
    """What the practice knows of them, and how it is put right."""
    return visitor.show("account/details.html", profile=visitor.me.account.profile())


def show_language(visitor: Visitor) -> Response:
    """The languages."""
    return visitor.show("account/language.html")


def set_language(visitor: Visitor) -> Response:
    """Writes to them in a language, and shows the pages in it."""
    visitor.form.need("language")
    language = visitor.form["language"]
    if language not in LANGUAGES:
        raise BadInputError(field="language", problem="unknown")
    visitor.me.account.set_language(language)
    visitor.keep(LANGUAGE_COOKIE, language, seconds=LANGUAGE_SECONDS)
    return visitor.go("/account", flash="language_set")


def show_notices(visitor: Visitor) -> Response:
    """How they are told of each kind of thing."""
    profile = visitor.me.account.profile()
    offers_texts = visitor.portal.policy.notices.texts
    channels = [one for one in Channel if one is not Channel.TEXT or offers_texts]
    return visitor.show(
        "account/notices.html",
        choices=[(NoticeKind(one.kind), one.channel) for one in profile.notices],
        channels=channels,
        offers_texts=offers_texts,
        texts_to=profile.texts_to,
        email=profile.personal.email,
    )


def set_notices(visitor: Visitor) -> Response:
    """Tells them as they want it, from now on."""
    visitor.me.account.set_notices(dict(_chosen(visitor)))
    return visitor.go("/account", flash="notices_set")


def _chosen(visitor: Visitor) -> Iterator[tuple[str, str]]:
    for one in visitor.me.account.profile().notices:
        if channel := visitor.form[f"notices-{one.kind}"]:
            yield one.kind, channel


SCREENS = (
    Screen("/account", show),
    Screen("/account/details", show_details),
    Screen("/account/language", show_language, set_language, says={"language_set": N_("Your language is changed.")}),
    Screen("/account/notices", show_notices, set_notices, says={"notices_set": N_("We will tell you as you chose.")}),
)
