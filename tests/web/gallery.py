"""An application of one page that has every component in use."""

from pathlib import Path

from jinja2 import ChainableUndefined, ChoiceLoader, Environment, FileSystemLoader, PackageLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from patientportal.http import SECURITY_HEADERS
from tests.web.browser import STATIC

templates = Environment(
    loader=ChoiceLoader([FileSystemLoader(Path(__file__).parent / "templates"), PackageLoader("nhsuk_frontend_jinja")]),
    autoescape=True,
    undefined=ChainableUndefined,
)


def gallery() -> Starlette:
    """The page at ``/``; with ``?errors`` it has one, with ``?idle=300`` a session of so many seconds."""

    def page(request: Request) -> Response:
        query = request.query_params
        html = templates.get_template("gallery.html").render(errors="errors" in query, idle=query.get("idle"))
        return HTMLResponse(html, headers=dict(SECURITY_HEADERS))

    return Starlette(routes=[Route("/", page), Mount("/static", StaticFiles(directory=STATIC))])
