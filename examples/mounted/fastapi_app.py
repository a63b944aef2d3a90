"""The reference portal inside a FastAPI app: patients under /portal, and its desk for whoever the app has let in."""

import os
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import RedirectResponse
from starlette.middleware.sessions import SessionMiddleware

from patientportal import Role, StaffId, StaffMember, open_portal_from_env
from patientportal.web import create_app

STAFF = {"susan": ("Susan Desk", {Role.FRONT_DESK})}

app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key=os.environ["SECRET_KEY"], session_cookie="staff")


@app.post("/staff/log-in")
def log_in(request: Request, name: Annotated[str, Form()]) -> RedirectResponse:
    """Stands for your own log-in of staff."""
    request.session["staff"] = name
    return RedirectResponse("/portal/desk", 303)


def staff(request: Request) -> StaffMember | None:
    """Who of the staff asks, by the app's own session."""
    known = STAFF.get(request.session.get("staff", ""))
    return known and StaffMember(id=StaffId(request.session["staff"]), name=known[0], roles=frozenset(known[1]))


app.mount("/portal", create_app(open_portal_from_env(), practice="Lake Clinic", staff=staff))
