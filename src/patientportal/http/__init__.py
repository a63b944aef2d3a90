"""What an app puts a portal on HTTP with, in any framework: statuses, problems, JSON, the cookie, and who may ask."""

from patientportal.http.answers import SECURITY_HEADERS, cookie, cookie_name, download
from patientportal.http.asgi import guarded
from patientportal.http.forms import read_answers, read_challenge, read_day, read_link
from patientportal.http.problems import problem, refusal
from patientportal.http.requests import idempotency_key, is_allowed
from patientportal.http.schemas import responses, schema
from patientportal.http.statuses import status_of
from patientportal.http.views import VIEWS, to_json

__all__ = [
    "SECURITY_HEADERS",
    "VIEWS",
    "cookie",
    "cookie_name",
    "download",
    "guarded",
    "idempotency_key",
    "is_allowed",
    "problem",
    "read_answers",
    "read_challenge",
    "read_day",
    "read_link",
    "refusal",
    "responses",
    "schema",
    "status_of",
    "to_json",
]
