"""An error as the answer to a request: Problem Details for HTTP APIs (RFC 9457), or what a page of HTML shows of it."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from attrs import fields

from patientportal import PortalError
from patientportal.http.statuses import gravest, headers_of, is_ours, leaves, status_of
from patientportal.http.views import to_json

if TYPE_CHECKING:
    from patientportal.words import Language, Said

_NOTHING: Mapping[str, str] = MappingProxyType({})


def problem(
    error: PortalError | ExceptionGroup[Exception],
    language: "Language | str | None" = None,
    *,
    type_base: str | None = None,
    rename: Mapping[str, str] = _NOTHING,
) -> tuple[int, dict[str, str], bytes]:
    """The answer to a request that an error ended: its status, headers and body (RFC 9457).

    The body has ``code`` and, in ``data``, what the error carries; in a language also ``detail`` and, by the fields of
    the form, ``fields``. Of what is the server's fault (5xx) only the code is told. ``Retry-After`` stands where the
    error knows. Several errors of one form are answered as the gravest of them, with each one's code and data in
    ``errors`` and the words of all.

    Args:
        error: what was raised, or several of one form together: ``ExceptionGroup("", [...])``.
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
    status, worst = status_of(error), gravest(error)
    body: dict[str, Any] = {
        "type": "about:blank" if type_base is None else f"{type_base}{worst.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        **_told(worst),
    }
    if isinstance(error, ExceptionGroup):
        body["errors"] = [_told(one) for one in leaves(error)]
    if language is not None:
        from patientportal.words import say

        said = say(error, language, rename=rename)
        body["detail"] = said.summary
        if said.fields:
            body["fields"] = said.fields
    headers = {"Content-Type": "application/problem+json", "Cache-Control": "no-store", **headers_of(error)}
    return status, headers, json.dumps(body, ensure_ascii=False).encode()


def refusal(
    error: PortalError | ExceptionGroup[Exception], language: "Language | str", *, rename: Mapping[str, str] = _NOTHING
) -> tuple[int, dict[str, str], "Said"]:
    """The same answer for a page of HTML: its status, headers, and what people read, which your template shows.

    Args:
        error: as ``problem`` takes it.
        language: the same; ``patientportal[words]`` is needed.
        rename: the same.

    Raises:
        TypeError: it is no ``PortalError``, or the group holds one that isn't.

    >>> from patientportal import BadInputError
    >>> status, headers, said = refusal(BadInputError(field="last_name", problem="too_long", limit=100), "en")
    >>> status, headers, said.summary
    (422, {}, 'Last name: Too long. Type 100 characters or fewer.')
    """
    from patientportal.words import say

    return status_of(error), headers_of(error), say(error, language, rename=rename)


def _told(error: PortalError) -> dict[str, Any]:
    """Its code, and what it carries where that is the asker's to know."""
    data = {one.name: to_json(getattr(error, one.name)) for one in fields(type(error))}
    return {"code": error.code, **({"data": data} if data and not is_ours(status_of(error)) else {})}
