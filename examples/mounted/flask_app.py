"""The reference portal inside a Flask app: patients under /portal, and its desk for whoever the app has let in."""

import os

from a2wsgi import ASGIMiddleware
from flask import Flask, redirect, request, session
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature
from starlette.requests import Request
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Response

from patientportal import Role, StaffId, StaffMember, open_portal_from_env
from patientportal.web import create_app

STAFF = {"susan": ("Susan Desk", {Role.FRONT_DESK})}

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]


@app.post("/staff/log-in")
def log_in() -> Response:
    """Stands for your own log-in of staff."""
    session["staff"] = request.form["name"]
    return redirect("/portal/desk", 303)


def staff(request: Request) -> StaffMember | None:
    """Who of the staff asks, by the app's own session: the portal stands beside Flask, so its cookie is read here."""
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    try:
        name = serializer.loads(request.cookies.get("session", "")).get("staff", "") if serializer else ""
    except BadSignature:
        return None
    known = STAFF.get(name)
    return known and StaffMember(id=StaffId(name), name=known[0], roles=frozenset(known[1]))


pages = create_app(open_portal_from_env(), practice="Lake Clinic", staff=staff, hashing_waiting=4)
application = DispatcherMiddleware(app, {"/portal": ASGIMiddleware(pages)})
