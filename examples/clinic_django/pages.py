"""The pages of patients, and one of the practice."""

import secrets
from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import path
from django.utils.datastructures import MultiValueDictKeyError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

import patientportal as pp
from clinic_django.portal import make
from patientportal import http, words

Shown = dict[str, object]
View = Callable[..., HttpResponse]

portal = make()
urlpatterns = [path("staff/log-in", LoginView.as_view(template_name="staff_log_in.html"))]


def page(asked: HttpRequest, template: str, shown: Shown, error: pp.PortalError | None = None) -> HttpResponse:
    language = words.choose(accept=asked.headers.get("Accept-Language"), practice="en-US")
    status, headers, said = http.refusal(error, language) if error else (200, {}, None)
    html = render_to_string(template, {"said": said, "language": language, "typed": asked.POST, **shown}, asked)
    return HttpResponse(html, status=status, headers=headers)


def go(to: str, cookie: str = "") -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": to} | ({"Set-Cookie": cookie} if cookie else {}))


def at(
    where: str, *methods: str, form: str = "", shown: Callable[..., Shown] = lambda *_, **__: {}
) -> Callable[[View], View]:
    """Puts a view at an address; one with a form is shown, sent, and shown again with what is wrong in it."""

    def put(view: View) -> View:
        def answered(asked: HttpRequest, **named: str) -> HttpResponse:
            template, about = "refused.html", Shown()
            if not http.is_allowed(asked.method or "", asked.headers, {portal.origin}):
                return HttpResponse(status=403)
            try:
                about, template = shown(asked, **named), form or template
                answer = page(asked, form, about) if form and asked.method != "POST" else view(asked, **named)
            except MultiValueDictKeyError:
                answer = HttpResponse(status=400)
            except pp.SessionEndedError:
                answer = go("/log-in", http.cookie(None) if http.cookie_name() in asked.COOKIES else "")
            except pp.PortalError as error:
                answer = page(asked, template, about, error)
            for name, value in http.SECURITY_HEADERS.items():
                answer.headers.setdefault(name, value)
            return answer

        guarded = require_http_methods(methods or (["GET", "HEAD", "POST"] if form else ["GET", "HEAD"]))(answered)
        urlpatterns.append(path(where, csrf_exempt(login_required(guarded) if where.startswith("staff/") else guarded)))
        return view

    return put


def me(asked: HttpRequest) -> pp.PatientAccess:
    return portal.resume(asked.COOKIES.get(http.cookie_name(), ""))


@at("log-in", form="log_in.html")
def log_in(asked: HttpRequest) -> HttpResponse:
    device = asked.headers.get("User-Agent", "")
    return go("/visits", http.cookie(portal.log_in(asked.POST["username"], asked.POST["password"], device=device)))


@at("log-off", "POST")
def log_off(asked: HttpRequest) -> HttpResponse:
    me(asked).log_off()
    return go("/log-in", http.cookie(None))


@at("devices")
def devices(asked: HttpRequest) -> HttpResponse:
    return page(asked, "devices.html", {"devices": me(asked).account.devices()})


@at("devices/<session_id>/log-off", "POST")
def log_off_device(asked: HttpRequest, session_id: pp.SessionId) -> HttpResponse:
    me(asked).account.log_off_device(session_id)
    return go("/devices")


def ask(asked: HttpRequest, challenge: pp.Challenge | None) -> HttpResponse:
    return page(asked, "answer.html" if challenge else "sent.html", {"challenge": challenge})


@at("forgot-password", form="forgot_password.html")
def forgot_password(asked: HttpRequest) -> HttpResponse:
    return ask(asked, portal.recovery.forgot_password(asked.POST["username"]))


@at("forgot-username", form="forgot_username.html")
def forgot_username(asked: HttpRequest) -> HttpResponse:
    born = http.read_day(asked.POST["date_of_birth"], field="date_of_birth")
    texts = {name: asked.POST[name] for name in ("first_name", "last_name", "email")}
    return ask(asked, portal.recovery.forgot_username(pp.PersonalInformation(**texts, date_of_birth=born)))


@at("answer", form="answer.html", shown=lambda asked: {"challenge": http.read_challenge(asked.POST)})
def answer(asked: HttpRequest) -> HttpResponse:
    portal.recovery.answer(asked.POST["challenge"], http.read_answers(asked.POST))
    return page(asked, "sent.html", {})


@at(portal.link_paths[pp.Purpose.PASSWORD_RESET], form="reset_password.html")
def reset_password(asked: HttpRequest) -> HttpResponse:
    portal.recovery.reset_password(http.read_link(asked.POST["link"]), asked.POST["password"])
    return go("/log-in")


@at(
    portal.link_paths[pp.Purpose.INVITATION],
    form="activate.html",
    shown=lambda _: {"questions": [*pp.SecurityQuestion]},
)
def activate(asked: HttpRequest) -> HttpResponse:
    typed, answers = asked.POST, http.read_answers(asked.POST)
    born, link = http.read_day(typed["date_of_birth"], field="date_of_birth"), http.read_link(typed["link"])
    chosen = {name: typed[name] for name in ("username", "password")}
    portal.activate(link, date_of_birth=born, security_answers=answers, **chosen)
    return go("/log-in")


@at("visits")
def visits(asked: HttpRequest) -> HttpResponse:
    mine, cursor = me(asked).appointments, asked.GET.get("cursor")
    shown: Shown = {"ahead": mine.upcoming(), "past": mine.past(cursor=cursor), "slots": mine.open_slots()}
    return page(asked, "visits.html", shown)


@at("visits/book", "POST")
def book(asked: HttpRequest) -> HttpResponse:
    me(asked).appointments.book(pp.SlotId(asked.POST["slot_id"]), asked.POST["reason"])
    return go("/visits")


@at("visits/<appointment_id>/cancel", "POST")
def cancel(asked: HttpRequest, appointment_id: pp.AppointmentId) -> HttpResponse:
    me(asked).appointments.cancel(appointment_id)
    return go("/visits")


@at("statements")
def statements(asked: HttpRequest) -> HttpResponse:
    mine, cursor = me(asked).statements, asked.GET.get("cursor")
    return page(asked, "statements.html", {"statements": mine.all(cursor=cursor), "payments": mine.payments()})


@at("statements/<statement_id>/document")
def document(asked: HttpRequest, statement_id: pp.StatementId) -> HttpResponse:
    status, headers, body = http.download(me(asked).statements.document(statement_id), "statement")
    return HttpResponse(body, status=status, headers=headers)


def bill(asked: HttpRequest, statement_id: pp.StatementId) -> Shown:
    return {"bill": me(asked).statements.get(statement_id), "key": secrets.token_urlsafe(16)}


@at("statements/<statement_id>/pay", form="pay.html", shown=bill)
def pay(asked: HttpRequest, statement_id: pp.StatementId) -> HttpResponse:
    amount = pp.Money.parse(asked.POST["amount"], asked.POST["currency"]) if asked.POST["amount"] else pp.Pay.FULL
    me(asked).statements.pay(statement_id, amount, source=asked.POST["source"], idempotency_key=asked.POST["key"])
    return go("/statements")


def desk(asked: HttpRequest) -> pp.PracticeAccess:
    """The practice's side, for whom Django has let in; some of its groups are called as the portal's roles."""
    name = asked.user.get_username()
    roles = frozenset(pp.Role(group.name) for group in asked.user.groups.filter(name__in=[*pp.Role]))
    if not roles:
        raise pp.NotPermittedError(verb="any")
    return portal.practice(pp.StaffMember(id=name, name=asked.user.get_full_name() or name, roles=roles))


@at("staff/day")
def day(asked: HttpRequest) -> HttpResponse:
    on = http.read_day(asked.GET.get("on", ""), field="on")
    visits = desk(asked).appointments.of_day(pp.StaffId(asked.GET.get("provider", "")) or None, on)
    return page(asked, "staff_day.html", {"on": on, "visits": visits})


@at("staff/visits/<appointment_id>/came", "POST")
def came(asked: HttpRequest, appointment_id: pp.AppointmentId) -> HttpResponse:
    visits = desk(asked).appointments
    visits.mark_fulfilled(appointment_id)
    return go(f"/staff/day?on={visits.get(appointment_id).starts_at:%Y-%m-%d}")
