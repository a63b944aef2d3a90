"""The reference portal beside a Django site: patients under /portal, and its desk for whoever Django has let in."""

from importlib import import_module

from a2wsgi import ASGIMiddleware
from django.conf import settings
from django.contrib.auth import get_user
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.http import HttpRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from patientportal import Role, StaffId, StaffMember, open_portal_from_env
from patientportal.web import create_app


def staff(request: Request) -> StaffMember | None:
    """Who of the staff asks: whoever Django has logged in, with a role for each group that is called like one."""
    close_old_connections()  # Django does that for its own requests alone
    theirs = HttpRequest()
    theirs.session = import_module(settings.SESSION_ENGINE).SessionStore(request.cookies.get("sessionid"))
    user = get_user(theirs)
    if not user.is_staff:
        return None
    roles = {Role(name) for name in user.groups.values_list("name", flat=True) if name in set(Role)}
    return StaffMember(id=StaffId(str(user.pk)), name=user.get_full_name() or user.username, roles=frozenset(roles))


django_asgi, django_wsgi = get_asgi_application(), get_wsgi_application()
pages = create_app(open_portal_from_env(), practice="Lake Clinic", staff=staff)

asgi = Starlette(
    routes=[
        Route("/portal", lambda _: RedirectResponse("/portal/", 308)),
        Mount("/portal", pages),
        Mount("/", django_asgi),
    ]
)
wsgi = DispatcherMiddleware(django_wsgi, {"/portal": ASGIMiddleware(pages)})
