"""What an app puts a portal on HTTP with, in any framework: statuses, problems, JSON, the cookie, and who may ask."""

from patientportal.http.answers import SECURITY_HEADERS, cookie, cookie_name, download
from patientportal.http.forms import read_answers, read_day, read_link
from patientportal.http.problems import problem
from patientportal.http.requests import idempotency_key, is_allowed
from patientportal.http.schemas import schema
from patientportal.http.statuses import headers_of, status_of
from patientportal.http.views import VIEWS, to_json

__all__ = [
    "SECURITY_HEADERS",
    "VIEWS",
    "cookie",
    "cookie_name",
    "download",
    "headers_of",
    "idempotency_key",
    "is_allowed",
    "problem",
    "read_answers",
    "read_day",
    "read_link",
    "schema",
    "status_of",
    "to_json",
]
