"""A patient portal inside Flask: the pages of its patients, and one of the practice."""

import json
import os
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask, Response, abort, redirect, render_template, request, session
from flask.typing import ResponseReturnValue as Answer
from werkzeug.security import check_password_hash

from clinic_flask.portal import make
from patientportal import AppointmentId, Challenge, Money, PatientAccess, Pay, PersonalInformation, PortalError
from patientportal import PracticeAccess, Purpose, Role, SecurityQuestion, SessionEndedError, SessionId, SlotId, StaffId
from patientportal import StaffMember, StatementId
from patientportal.http import SECURITY_HEADERS, cookie, cookie_name, download, headers_of, is_allowed, read_day
from patientportal.http import status_of
from patientportal.words import choose, day, label, moment, money, say, time

Typed = Mapping[str, str]

portal = make()
app = Flask(__name__)
app.secret_key = Path(os.environ["CLINIC_KEY_FILE"]).read_bytes()
app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax", MAX_CONTENT_LENGTH=65_536)
app.jinja_env.filters.update(day=day, label=label, moment=moment, money=money, time=time)


@app.before_request
def ask_where_it_comes_from() -> None:
    if not is_allowed(request.method, request.headers, {portal.origin}):
        abort(403)


@app.after_request
def secure(response: Response) -> Response:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


@app.errorhandler(SessionEndedError)
def log_in_again(_: SessionEndedError) -> Answer:
    return enter(None, "/log-in") if cookie_name() in request.cookies else redirect("/log-in", 303)


@app.errorhandler(PortalError)
def refused(error: PortalError) -> Answer:
    return page("problem.html", error)


def page(template: str, error: PortalError | None = None, **shown: object) -> Answer:
    language = choose(accept=request.headers.get("Accept-Language"), practice="en-US")
    said = say(error, language) if error else None
    html = render_template(template, said=said, language=language, typed=request.form, **shown)
    return (html, status_of(error), headers_of(error)) if error else html


def form(path: str, template: str, shown: Callable[..., Mapping[str, object]] = dict) -> Callable[..., object]:
    """A page with a form: GET shows it, POST acts, and what is refused stands beside what was typed."""

    def registered(act: Callable[..., Answer]) -> object:
        def view(**named: str) -> Answer:
            if request.method != "POST":
                return page(template, **shown(**named))
            try:
                return act(request.form, **named)
            except SessionEndedError:
                raise
            except PortalError as error:
                return page(template, error, **shown(**named))

        return app.route(path, methods=["GET", "POST"], endpoint=act.__name__)(view)

    return registered


def me() -> PatientAccess:
    return portal.resume(request.cookies.get(cookie_name(), ""))


def enter(who: PatientAccess | None, to: str) -> Answer:
    return redirect(to, 303), {"Set-Cookie": cookie(who)}


@form("/log-in", "log_in.html")
def log_in(typed: Typed) -> Answer:
    return enter(portal.log_in(typed["username"], typed["password"], device=request.user_agent.string), "/visits")


@app.post("/log-off")
def log_off() -> Answer:
    me().log_off()
    return enter(None, "/log-in")


@app.get("/devices")
def devices() -> Answer:
    return page("devices.html", devices=me().account.devices())


@app.post("/devices/<session_id>/log-off")
def log_off_device(session_id: str) -> Answer:
    me().account.log_off_device(SessionId(session_id))
    return redirect("/devices", 303)


def asked(challenge: Challenge | None) -> Answer:
    return page("answer.html", challenge=challenge) if challenge else page("sent.html")


def answers(typed: Typed) -> dict[SecurityQuestion, str]:
    return {one: typed[f"security_answers.{one}"] for one in SecurityQuestion if typed.get(f"security_answers.{one}")}


def link_secret(typed: Typed) -> str:
    return typed["link_secret"].rpartition("#")[2]  # or the whole link, where no script ran


@form("/forgot-password", "forgot_password.html")
def forgot_password(typed: Typed) -> Answer:
    return asked(portal.recovery.forgot_password(typed["username"]))


@form("/forgot-username", "forgot_username.html")
def forgot_username(typed: Typed) -> Answer:
    born = read_day(typed["date_of_birth"], field="date_of_birth")
    names = {name: typed[name] for name in ("first_name", "last_name")}
    return asked(
        portal.recovery.forgot_username(PersonalInformation(**names, date_of_birth=born, email=typed["email"]))
    )


@form("/answer", "answer.html")
def answer(typed: Typed) -> Answer:
    portal.recovery.answer(typed["challenge"], answers(typed))
    return page("sent.html")
