"""An error as the answer to a request: Problem Details for HTTP APIs (RFC 9457)."""

import json
import math
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import fields

from patientportal import PortalError, TooBusyError
from patientportal.http.statuses import is_ours, status_of
from patientportal.http.views import to_json

if TYPE_CHECKING:
    from patientportal.words import Language

_NOTHING: Mapping[str, str] = MappingProxyType({})


def problem(
    error: PortalError,
    language: "Language | str | None" = None,
    *,
    type_base: str | None = None,
    rename: Mapping[str, str] = _NOTHING,
) -> tuple[int, dict[str, str], bytes]:
    """The answer to a request that an error ended: its status, headers and body (RFC 9457).

    The body has ``code`` and, in ``data``, what the error carries; in a language also ``detail`` and, by the fields of
    the form, ``fields``. Of what is the server's fault (5xx) only the code is told. ``Retry-After`` stands where the
    error knows.

    Args:
        error: what was raised.
        language: from ``words.choose`` or a tag of BCP 47; ``None``: no words. With one, ``patientportal[words]`` is
            needed.
        type_base: what ``type`` begins with, before the code: a page of yours, such as
            ``"https://portal.example/problems#"``; ``None``: ``about:blank``.
        rename: what the form calls its fields in ``fields``, as ``words.say`` has it.

    Raises:
        TypeError: it is no ``PortalError``.
        ImportError: ``language`` is given, and Babel isn't installed.

    >>> from patientportal import BadInputError
    >>> status, headers, body = problem(BadInputError(field="last_name", problem="too_long", limit=100), "en")
    >>> status, headers["Content-Type"], json.loads(body)["fields"]
    (422, 'application/problem+json', {'last_name': ['Too long. Type 100 characters or fewer.']})
    """
    status = status_of(error)
    body: dict[str, Any] = {
        "type": "about:blank" if type_base is None else f"{type_base}{error.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": error.code,
    }
    headers = {"Content-Type": "application/problem+json", "Cache-Control": "no-store"}
    data = {one.name: to_json(getattr(error, one.name)) for one in fields(type(error))}
    if data and not is_ours(status):
        body["data"] = data
    if language is not None:
        from patientportal.words import say

        said = say(error, language, rename=rename)
        body["detail"] = said.summary
        if said.fields:
            body["fields"] = said.fields
    if isinstance(error, TooBusyError):
        headers["Retry-After"] = str(math.ceil(error.retry_after.total_seconds()))
    return status, headers, json.dumps(body, ensure_ascii=False).encode()
