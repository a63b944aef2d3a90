"""A patient portal inside Flask: the pages of its patients, and one of the practice."""

import json
import os
import secrets
from collections.abc import Callable, Mapping

from flask import Flask, Response, abort, redirect, render_template, request, session
from flask.typing import ResponseReturnValue as Answer
from werkzeug.security import check_password_hash, generate_password_hash

import patientportal as pp
from clinic_flask.portal import make
from patientportal import http, words

portal = make()
app = Flask(__name__)
app.config.from_file(os.environ["CLINIC_SETTINGS"], load=json.load)  # SECRET_KEY, and STAFF: your directory's place
app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax", MAX_CONTENT_LENGTH=65_536)
STAFF = app.config["STAFF"]
NOBODY = {"password": generate_password_hash(secrets.token_urlsafe())}
for write in (words.day, words.label, words.moment, words.money):
    app.add_template_filter(write)


@app.before_request
def ask_where_it_comes_from() -> None:
    if not http.is_allowed(request.method, request.headers, {portal.origin}):
        abort(403)


@app.after_request
def secure(response: Response) -> Response:
    for name, value in http.SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def page(template: str, error: pp.PortalError | None = None, /, **shown: object) -> Answer:
    language = words.choose(accept=request.headers.get("Accept-Language"), practice="en-US")
    status, headers, said = http.refusal(error, language) if error else (200, {}, None)
    about = {"said": said, "language": language, "typed": request.form, "zone": portal.policy.zone, **shown}
    html = render_template(template, **about)
    return html, status, headers


@app.errorhandler(pp.PortalError)
def refuse(error: pp.PortalError, template: str = "refused.html", /, **shown: object) -> Answer:
    if not isinstance(error, pp.SessionEndedError):
        return page(template, error, **shown)
    return enter(None, "/log-in") if http.cookie_name() in request.cookies else redirect("/log-in", 303)


def form(path: str, template: str, shown: Callable[..., dict[str, object]] = dict) -> Callable[..., object]:
    """A page with a form: shown, sent, and shown again with what is wrong in it."""

    def registered(act: Callable[..., Answer]) -> object:
        def view(**named: str) -> Answer:
            try:
                return act(request.form, **named) if request.method == "POST" else page(template, **shown(**named))
            except pp.PortalError as error:
                return refuse(error, template, **shown(**named))

        return app.route(path, methods=["GET", "POST"], endpoint=act.__name__)(view)

    return registered


def me() -> pp.PatientAccess:
    return portal.resume(request.cookies.get(http.cookie_name(), ""))


def enter(who: pp.PatientAccess | None, to: str) -> Answer:
    return redirect(to, 303), {"Set-Cookie": http.cookie(who)}


@form("/log-in", "log_in.html")
def log_in(typed: Mapping[str, str]) -> Answer:
    return enter(portal.log_in(typed["username"], typed["password"], device=request.user_agent.string), "/visits")


@app.post("/log-off")
def log_off() -> Answer:
    me().log_off()
    return enter(None, "/log-in")


@app.get("/devices")
def devices() -> Answer:
    return page("devices.html", devices=me().account.devices())


@app.post("/devices/<session_id>/log-off")
def log_off_device(session_id: pp.SessionId) -> Answer:
    me().account.log_off_device(session_id)
    return redirect("/devices", 303)


def asked(challenge: pp.Challenge | None) -> Answer:
    return page("answer.html", challenge=challenge) if challenge else page("sent.html")


@form("/forgot-password", "forgot_password.html")
def forgot_password(typed: Mapping[str, str]) -> Answer:
    return asked(portal.recovery.forgot_password(typed["username"]))


@form("/forgot-username", "forgot_username.html")
def forgot_username(typed: Mapping[str, str]) -> Answer:
    born = http.read_day(typed["date_of_birth"], field="date_of_birth")
    texts = {name: typed[name] for name in ("first_name", "last_name", "email")}
    return asked(portal.recovery.forgot_username(pp.PersonalInformation(**texts, date_of_birth=born)))


@form("/answer", "answer.html", lambda: {"challenge": http.read_challenge(request.form)})
def answer(typed: Mapping[str, str]) -> Answer:
    portal.recovery.answer(typed["challenge"], http.read_answers(typed))
    return page("sent.html")


@form(f"/{portal.link_paths[pp.Purpose.PASSWORD_RESET]}", "reset_password.html")
def reset_password(typed: Mapping[str, str]) -> Answer:
    portal.recovery.reset_password(http.read_link(typed["link"]), typed["password"])
    return redirect("/log-in", 303)


@form(f"/{portal.link_paths[pp.Purpose.INVITATION]}", "activate.html", lambda: {"questions": [*pp.SecurityQuestion]})
def activate(typed: Mapping[str, str]) -> Answer:
    born, answers = http.read_day(typed["date_of_birth"], field="date_of_birth"), http.read_answers(typed)
    chosen = {name: typed[name] for name in ("username", "password")}
    portal.activate(http.read_link(typed["link"]), date_of_birth=born, security_answers=answers, **chosen)
    return redirect("/log-in", 303)


@app.get("/visits")
def visits() -> Answer:
    mine = me().appointments
    cursor = request.args.get("cursor")
    return page("visits.html", ahead=mine.upcoming(), past=mine.past(cursor=cursor), slots=mine.open_slots())


@app.post("/visits/book")
def book() -> Answer:
    me().appointments.book(pp.SlotId(request.form["slot_id"]), request.form["reason"])
    return redirect("/visits", 303)


@app.post("/visits/<appointment_id>/cancel")
def cancel(appointment_id: pp.AppointmentId) -> Answer:
    me().appointments.cancel(appointment_id)
    return redirect("/visits", 303)


@app.get("/statements")
def statements() -> Answer:
    mine = me().statements
    return page("statements.html", statements=mine.all(cursor=request.args.get("cursor")), payments=mine.payments())


@app.get("/statements/<statement_id>/document")
def document(statement_id: pp.StatementId) -> Answer:
    status, headers, body = http.download(me().statements.document(statement_id), "statement")
    return body, status, headers


def bill(statement_id: pp.StatementId) -> dict[str, object]:
    return {"bill": me().statements.get(statement_id), "key": secrets.token_urlsafe(16)}


@form("/statements/<statement_id>/pay", "pay.html", bill)
def pay(typed: Mapping[str, str], statement_id: pp.StatementId) -> Answer:
    amount = pp.Money.parse(typed["amount"], typed["currency"]) if typed["amount"] else pp.Pay.FULL
    me().statements.pay(statement_id, amount, source=typed["source"], idempotency_key=typed["key"])
    return redirect("/statements", 303)


def desk() -> pp.PracticeAccess:
    """The practice's side, for whoever the host has let in; the portal checks their roles at each call."""
    name = session.get("staff")
    if name not in STAFF:
        abort(redirect("/staff/log-in", 303))
    roles = frozenset(map(pp.Role, STAFF[name]["roles"]))
    return portal.practice(pp.StaffMember(id=name, name=STAFF[name]["name"], roles=roles))


@form("/staff/log-in", "staff_log_in.html")
def staff_log_in(typed: Mapping[str, str]) -> Answer:
    if not check_password_hash(STAFF.get(typed["username"], NOBODY)["password"], typed["password"]):
        abort(403)
    session["staff"] = typed["username"]
    return redirect("/staff/day", 303)


@app.get("/staff/day")
def day() -> Answer:
    on = http.read_day(request.args.get("on", ""), field="on")
    provider_id = pp.StaffId(request.args.get("provider", "")) or None
    return page("staff_day.html", on=on, visits=desk().appointments.of_day(provider_id, on))


@app.post("/staff/visits/<appointment_id>/came")
def came(appointment_id: pp.AppointmentId) -> Answer:
    visits = desk().appointments
    visits.mark_fulfilled(appointment_id)
    return redirect(f"/staff/day?on={visits.get(appointment_id).starts_at:%Y-%m-%d}", 303)
