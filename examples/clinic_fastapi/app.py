"""A patient portal inside FastAPI: an API for patients' apps, pages for mailed links, and one of the practice."""

import asyncio
import json
import os
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Annotated

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi import Body, Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from starlette.middleware.sessions import SessionMiddleware

import patientportal as pp
from clinic_fastapi.portal import make
from patientportal import http, words

OWN = json.loads(Path(os.environ["CLINIC_SETTINGS"]).read_text())  # SECRET_KEY, and STAFF: your directory's place
NOBODY = {"password": PasswordHasher().hash(os.urandom(16))}
FORMS = {"/activate": "activate.html", "/reset-password": "reset_password.html", "/staff/log-in": "staff_log_in.html"}
Text = Annotated[str, Body(embed=True)]

portal = make()
# No /docs and /redoc: their pages load scripts of other hosts.
app = FastAPI(docs_url=None, redoc_url=None, responses={422: http.responses(None, pp.BadInputError)[422]})
app.mount("/static", StaticFiles(directory=Path(__file__).with_name("static")))
app.add_middleware(SessionMiddleware, secret_key=OWN["SECRET_KEY"], https_only=True, max_age=None)
app.add_middleware(http.guarded, origins={portal.origin})
app.add_exception_handler(VerifyMismatchError, lambda *_: Response(status_code=403))
templates = Jinja2Templates(Path(__file__).with_name("templates"))
templates.env.filters |= {"label": words.label, "moment": words.moment}


def language(request: Request) -> words.Language:
    return words.choose(accept=request.headers.get("Accept-Language"), practice="en-US")


def page(request: Request, template: str, error: pp.PortalError | None = None, **shown: object) -> Response:
    status, headers, said = http.refusal(error, language(request)) if error else (200, {}, None)
    typed = getattr(request.state, "typed", {})
    about = {"said": said, "language": language(request), "typed": typed, "questions": [*pp.SecurityQuestion], **shown}
    return templates.TemplateResponse(request, template, about, status, headers)


@app.exception_handler(pp.PortalError)
async def refuse(request: Request, error: pp.PortalError) -> Response:
    if isinstance(error, pp.TooBusyError):
        await asyncio.sleep(error.retry_after.total_seconds())  # who waits here holds no thread
    if request.url.path.startswith("/api/"):
        return problem(request, error)
    return page(request, FORMS.get(request.url.path, "refused.html"), error)


@app.exception_handler(RequestValidationError)
def unreadable(request: Request, error: RequestValidationError) -> Response:
    faults = [pp.BadInputError(field=str(one["loc"][-1]), problem="bad_format") for one in error.errors()]
    return problem(request, ExceptionGroup("request", faults))


def problem(request: Request, error: pp.PortalError | ExceptionGroup[Exception]) -> Response:
    status, headers, body = http.problem(error, language(request))
    return Response(body, status, headers)


def me(request: Request) -> pp.PatientAccess:
    return portal.resume(request.cookies.get(http.cookie_name(), ""))


@app.post("/api/log-in", responses=http.responses(None, pp.WrongCredentialsError, pp.AccountLockedError))
def log_in(request: Request, username: Text, password: Text) -> Response:
    who = portal.log_in(username, password, device=request.headers.get("User-Agent", ""))
    return Response(status_code=204, headers={"Set-Cookie": http.cookie(who)})


@app.post("/api/log-off", responses=http.responses(None, pp.SessionEndedError))
def log_off(request: Request) -> Response:
    me(request).log_off()
    return Response(status_code=204, headers={"Set-Cookie": http.cookie(None)})


@app.get("/api/devices", responses=http.responses(pp.Page[pp.Device], pp.SessionEndedError))
def devices(request: Request, cursor: str | None = None) -> Response:
    return JSONResponse(http.to_json(me(request).account.devices(cursor=cursor)))


@app.post("/api/devices/{session_id}/log-off", responses=http.responses(None, pp.NotFoundError))
def log_off_device(request: Request, session_id: pp.SessionId) -> Response:
    me(request).account.log_off_device(session_id)
    return Response(status_code=204)


@app.post("/api/forgot-password", responses=http.responses(pp.Challenge | None, pp.RecoveryClosedError))
def forgot_password(username: Text) -> Response:
    return JSONResponse(http.to_json(portal.recovery.forgot_password(username)))


@app.post("/api/forgot-username", responses=http.responses(pp.Challenge | None, pp.RecoveryClosedError))
def forgot_username(first_name: Text, last_name: Text, email: Text, date_of_birth: Annotated[date, Body()]) -> Response:
    who = pp.PersonalInformation(first_name=first_name, last_name=last_name, email=email, date_of_birth=date_of_birth)
    return JSONResponse(http.to_json(portal.recovery.forgot_username(who)))


@app.post("/api/answer", responses=http.responses(None, pp.WrongAnswerError, pp.ChallengeInvalidError))
def answer(challenge_id: Text, answers: Annotated[dict[str, str], Body()]) -> Response:
    portal.recovery.answer(challenge_id, answers)
    return Response(status_code=204)


@app.get("/api/visits", responses=http.responses(pp.Page[pp.Visit], pp.SessionEndedError))
def visits(request: Request, cursor: str | None = None) -> Response:
    return JSONResponse(http.to_json(me(request).appointments.upcoming(cursor=cursor)))


@app.get("/api/slots", responses=http.responses(pp.Page[pp.OpenSlot], pp.SessionEndedError))
def slots(request: Request, cursor: str | None = None) -> Response:
    return JSONResponse(http.to_json(me(request).appointments.open_slots(cursor=cursor)))


@app.post("/api/visits", responses=http.responses(pp.Visit, pp.SlotTakenError, pp.VisitsOverlapError))
def book(request: Request, slot_id: Text, reason: Text = "") -> Response:
    mine = me(request).appointments
    return JSONResponse(http.to_json(mine.get(mine.book(pp.SlotId(slot_id), reason))))


@app.post("/api/visits/{appointment_id}/cancel", responses=http.responses(None, pp.NotFoundError, pp.NotBookedError))
def cancel(request: Request, appointment_id: pp.AppointmentId) -> Response:
    me(request).appointments.cancel(appointment_id)
    return Response(status_code=204)


@app.get("/api/statements", responses=http.responses(pp.Page[pp.StatementDetails], pp.SessionEndedError))
def statements(request: Request, cursor: str | None = None) -> Response:
    return JSONResponse(http.to_json(me(request).statements.all(cursor=cursor)))


@app.get("/api/statements/{statement_id}/document", response_class=Response)
def document(request: Request, statement_id: pp.StatementId) -> Response:
    status, headers, body = http.download(me(request).statements.document(statement_id), "statement")
    return Response(body, status, headers)


@app.post("/api/statements/{bill_id}/pay", responses=http.responses(pp.PaymentDetails, pp.AmountExceedsBalanceError))
def pay(request: Request, bill_id: pp.StatementId, amount: Text, currency: Text, source: Text) -> Response:
    key, money = http.idempotency_key(request.headers), pp.Money.parse(amount, currency)
    paid = me(request).statements.pay(bill_id, money, source=source, idempotency_key=key)
    return JSONResponse(http.to_json(paid))


def show(request: Request) -> Response:
    return page(request, FORMS[request.url.path])


for where in FORMS:
    app.get(where, include_in_schema=False)(show)


async def read(request: Request) -> dict[str, str]:
    request.state.typed = typed = defaultdict(str, {name: str(value) for name, value in (await request.form()).items()})
    return typed


Typed = Annotated[dict[str, str], Depends(read)]


@app.post("/activate", include_in_schema=False)
def activate(request: Request, typed: Typed) -> Response:
    link, born = http.read_link(typed["link"]), http.read_day(typed["date_of_birth"], field="date_of_birth")
    chosen = {name: typed[name] for name in ("username", "password")}
    portal.activate(link, date_of_birth=born, security_answers=http.read_answers(typed), **chosen)
    return page(request, "done.html")


@app.post("/reset-password", include_in_schema=False)
def reset_password(request: Request, typed: Typed) -> Response:
    portal.recovery.reset_password(http.read_link(typed["link"]), typed["password"])
    return page(request, "done.html")


@app.post("/staff/log-in", include_in_schema=False)
def staff_log_in(request: Request, typed: Typed) -> Response:
    PasswordHasher().verify(OWN["STAFF"].get(typed["username"], NOBODY)["password"], typed["password"])
    request.session["staff"] = typed["username"]
    return RedirectResponse("/staff/day", 303)


def desk(request: Request) -> pp.PracticeAccess:
    """The practice's side, for whom the host has let in; the portal checks their roles at each call."""
    name = request.session.get("staff", "")
    if name not in OWN["STAFF"]:
        raise HTTPException(303, headers={"Location": "/staff/log-in"})
    roles = frozenset(map(pp.Role, OWN["STAFF"][name]["roles"]))
    return portal.practice(pp.StaffMember(id=name, name=OWN["STAFF"][name]["name"], roles=roles))


@app.get("/staff/day", include_in_schema=False)
def day(request: Request, on: str = "", provider: str = "") -> Response:
    visits = desk(request).appointments.of_day(pp.StaffId(provider) or None, http.read_day(on, field="on"))
    return page(request, "staff_day.html", on=on, visits=visits)


@app.post("/staff/visits/{appointment_id}/came", include_in_schema=False)
def came(request: Request, appointment_id: pp.AppointmentId) -> Response:
    visits = desk(request).appointments
    visits.mark_fulfilled(appointment_id)
    return RedirectResponse(f"/staff/day?on={visits.get(appointment_id).starts_at:%Y-%m-%d}", 303)
